#!/usr/bin/env python3
"""Small questions of scripts/demo that a shell cannot answer by itself.

    look.py path              the folder of this Python, or why it does not serve
    look.py port              a TCP port that is free at the moment
    look.py health PORT       the pid that GET /health answers with
    look.py heal              the heal among cargo's JSON messages (stdin)
    look.py incident          the open incident in `heal check --json` (stdin)
    look.py alerts            alerts as a person reads them (JSON lines, stdin)
    look.py started           pids that heal started (the journal, stdin)
"""

from __future__ import annotations

import json
import os
import socket
import sys
import urllib.request


def path() -> None:
    import http.server  # noqa: F401  (the service needs them)
    import sqlite3  # noqa: F401

    if sys.version_info < (3, 8):
        sys.exit(f"Python 3.8 or newer is needed, this is {sys.version.split()[0]}")
    folder = os.path.dirname(sys.executable)
    if not os.access(os.path.join(folder, "python3"), os.X_OK):
        sys.exit(f"there is no python3 beside {sys.executable}")
    print(folder)


def port() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        print(listener.getsockname()[1])


def health(number: str) -> None:
    no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with no_proxy.open(f"http://127.0.0.1:{number}/health", timeout=5) as answer:
        print(json.load(answer)["pid"])


def heal() -> None:
    messages = (json.loads(line) for line in sys.stdin if line.startswith("{"))
    found = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "heal"]
    print(found[-1])


def incident() -> None:
    (service,) = json.load(sys.stdin)["services"]
    if service["incident"]:
        print(service["incident"]["id"])


def alerts() -> None:
    for line in sys.stdin:
        alert = json.loads(line)
        print(f"{alert['level']:<8}  {alert['category']:<9}  {alert['message']}")
        if alert["action_required"]:
            print(f"{'':21}{alert['action_required']}")


def started() -> None:
    for line in sys.stdin:
        event = json.loads(line)
        if event["event"] == "started":
            print(event["identity"]["pid"])


if __name__ == "__main__":
    questions = (path, port, health, heal, incident, alerts, started)
    {question.__name__: question for question in questions}[sys.argv[1]](*sys.argv[2:])
