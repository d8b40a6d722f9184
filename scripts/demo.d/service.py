#!/usr/bin/env python3
"""A small but real service: the patient in heal's demo and end-to-end tests.

It lives in its working directory: app.pid, logs/service.log,
state/heartbeat.json, data/app.session (SQLite, WAL), and it answers
GET /health on 127.0.0.1. The work loop is the main thread; HTTP is answered by
other threads, so a hung service still says 200, as real ones do.

Files in control/ make it ill:

    crash        die with a traceback, status 1                     (one-shot)
    hang         stop working, port still open                      (one-shot)
    exit         exit with the status written in it
    slow-start   wait the seconds written in it before opening anything
    ignore-term  ignore SIGTERM; once seen, for the life of the process
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import json
import os
import select
import signal
import socketserver
import sqlite3
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

HOST = "127.0.0.1"
PIDFILE = Path("app.pid")
LOG = Path("logs/service.log")
HEARTBEAT = Path("state/heartbeat.json")
DATABASE = Path("data/app.session")
CONTROL = Path("control")


def now() -> str:
    """The current time, RFC 3339 in UTC."""
    stamp = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")


def replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new, never half."""
    scratch = path.with_name(path.name + ".tmp")
    scratch.write_text(text)
    os.replace(scratch, path)


def remove_own_pidfile() -> None:
    """Remove the pidfile, unless a successor has already put its own pid there."""
    with contextlib.suppress(FileNotFoundError):
        if PIDFILE.read_text() == f"{os.getpid()}\n":
            PIDFILE.unlink()


def told_once(name: str) -> bool:
    """Whether control/<name> existed; it no longer does."""
    with contextlib.suppress(FileNotFoundError):
        (CONTROL / name).unlink()
        return True
    return False


def told_value(name: str) -> str | None:
    """What control/<name> says; an empty file is one still being written."""
    with contextlib.suppress(FileNotFoundError):
        return (CONTROL / name).read_text().strip() or None
    return None


class StopSignals:
    """SIGTERM and SIGINT, delivered as bytes on a pipe.

    Waiting on the pipe has no gap in which a signal could go unnoticed, and
    never interrupts a piece of work half-way.
    """

    def __init__(self) -> None:
        self._ignore_term = False
        self._reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: None)

    def poll_ignore_term(self) -> bool:
        """Whether SIGTERM is to be ignored, now that control/ was looked at."""
        self._ignore_term |= (CONTROL / "ignore-term").exists()
        return self._ignore_term

    def wait(self, seconds: float | None = None) -> bool:
        """Wait (for ever, if not told how long): True once asked to stop."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._reader], [], [], left)[0]:
                return False
            for signum in os.read(self._reader, 64):
                if signum == signal.SIGINT:
                    return True
                if signum == signal.SIGTERM and not self.poll_ignore_term():
                    return True


class HealthHandler(http.server.BaseHTTPRequestHandler):
    """Answers GET /health."""

    timeout = 5

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/health":
            self.send_error(404)
            return
        health = {"status": "ok", "pid": os.getpid(), "progress": self.server.progress}
        body = json.dumps(health).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args) -> None:
        """Keep stderr quiet."""


class HealthServer(http.server.ThreadingHTTPServer):
    """The HTTP side. It knows the work only by the last progress it was given."""

    allow_reuse_address = True  # a restart need not wait for TIME_WAIT
    allow_reuse_port = False  # but two services must not share the port

    def __init__(self, port: int) -> None:
        """Take the port; requests are answered inside a with block only."""
        self.progress = 0
        super().__init__((HOST, port), HealthHandler)

    def __enter__(self) -> HealthServer:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exc) -> None:
        self.shutdown()
        self.server_close()

    def server_bind(self) -> None:
        """Bind without HTTPServer's reverse DNS look-up, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address

    def handle_error(self, request, client_address) -> None:
        """A client that hung up early is not worth a traceback."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def open_database() -> sqlite3.Connection:
    """Open the database, creating or recovering it as needed."""
    db = sqlite3.connect(DATABASE)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE IF NOT EXISTS work (n INTEGER PRIMARY KEY, ts TEXT NOT NULL)")
    db.commit()
    return db


def work_once(db: sqlite3.Connection) -> int:
    """Do one piece of work, leave its traces, and return the progress made.

    Progress is the number of the last committed row: it survives restarts.
    """
    stamp = now()
    with db:
        progress = db.execute("INSERT INTO work (ts) VALUES (?)", (stamp,)).lastrowid
    heartbeat = {"last_heartbeat_ts": stamp, "progress": progress}
    replace(HEARTBEAT, json.dumps(heartbeat) + "\n")
    with LOG.open("a") as log:  # reopened each time: safe to rotate
        log.write(f"{stamp} INFO work done progress={progress}\n")
    return progress


def work(db: sqlite3.Connection, server: HealthServer, stop: StopSignals, interval: float) -> int:
    """Work until told to stop; return the exit status."""
    while True:
        stop.poll_ignore_term()
        if status := told_value("exit"):
            return int(status)
        if told_once("crash"):
            raise RuntimeError("told to crash by control/crash")
        if told_once("hang"):
            stop.wait()
            return 0
        server.progress = work_once(db)
        if stop.wait(interval):
            return 0


def run(port: int, interval: float) -> int:
    """Start, work, stop; return the exit status."""
    for directory in (LOG.parent, HEARTBEAT.parent, DATABASE.parent, CONTROL):
        directory.mkdir(exist_ok=True)
    stop = StopSignals()
    stop.poll_ignore_term()
    if status := told_value("exit"):
        return int(status)
    if stop.wait(float(told_value("slow-start") or 0)):
        return 0
    try:
        server = HealthServer(port)
    except OSError as error:
        print(f"service.py: cannot listen on {HOST}:{port}: {error}", file=sys.stderr)
        return 1
    with contextlib.closing(open_database()) as db:
        server.progress = db.execute("SELECT ifnull(max(n), 0) FROM work").fetchone()[0]
        replace(PIDFILE, f"{os.getpid()}\n")
        with server:
            exit_status = work(db, server, stop, interval)
    if exit_status == 0:
        remove_own_pidfile()
    return exit_status


def main() -> int:
    parser = argparse.ArgumentParser(description="The patient in heal's demo.")
    parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "18080")
    parser.add_argument("--interval", type=float, default=0.5, metavar="SECONDS")
    args = parser.parse_args()
    return run(args.port, args.interval)


if __name__ == "__main__":
    sys.exit(main())
