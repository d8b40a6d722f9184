"""What the cases of inside.py and installed.py need: units, projects, heal, and a table of what came of it."""

import json
import os
import pwd
import signal
import subprocess
import sys
import time

HEAL = "/heal/heal"
SERVICE = "/usr/bin/python3 /heal/service.py"
cases = []


def sh(*argv, check=True, **more):
    done = subprocess.run(argv, capture_output=True, text=True, **more)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(argv)}: {done.returncode}: {done.stderr}{done.stdout}")
    return done


def case(what):
    """Registers a case; its answer is one line for the table, an AssertionError is its failure."""

    def register(function):
        cases.append((what, function))
        return function

    return register


class Unit:
    """A unit of systemd, with a project whose heal.toml names it."""

    number = 0

    def __init__(self, words="", section="", keys="", enable=True, folder="/etc/systemd/system", execute=None):
        Unit.number += 1
        self.name, self.port = f"bot{Unit.number}", 8000 + Unit.number
        self.folder = f"/srv/{self.name}"
        execute = execute or f"{SERVICE} {self.port} {words}"
        self.file = f"{folder}/{self.name}.service"
        os.makedirs(os.path.dirname(self.file), exist_ok=True)
        with open(self.file, "w") as file:
            file.write(f"[Service]\nExecStart={execute}\n{section}\n[Install]\nWantedBy=multi-user.target\n")
        sh("systemctl", "daemon-reload")
        if enable:
            sh("systemctl", "enable", self.name)
        project(self.folder, self.name, f'unit = "systemd:{self.name}.service"\n{keys}', self.port)

    def ctl(self, *verb, check=True):
        return sh("systemctl", *verb, self.name, check=check)

    def start(self):
        self.ctl("start")
        answers(self.port)
        return self

    def of(self, key):
        return sh("systemctl", "show", f"--property={key}", "--value", self.name).stdout.strip()

    def pid(self):
        return int(self.of("MainPID"))

    def kill(self, number=signal.SIGKILL):
        os.kill(self.pid(), number)
        if number == signal.SIGKILL:
            until(lambda: self.of("ActiveState") != "active", "systemd sees the end")

    def heal(self, *words, **more):
        return heal(self.folder, *words, **more)


def project(folder, name, lines, port):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/heal.toml", "w") as file:
        file.write(
            f'[project]\nname = "{name}"\n\n[service.{name}]\nstartup_grace = "1s"\nstop_grace = "2s"\n{lines}\n\n'
            f'[service.{name}.probes]\n'
            f'answer = {{ kind = "http", url = "http://127.0.0.1:{port}/", timeout = "1s" }}\n'
        )


class Said:
    """What heal said."""

    def __init__(self, done, took):
        self.code, self.took = done.returncode, took
        try:
            self.document = json.loads(done.stdout)
            self.service = self.document["services"][0]
        except (ValueError, LookupError):
            raise AssertionError(f"{done.returncode}: {done.stdout}{done.stderr}")
        self.level, self.act = self.service["status"], self.service.get("act")

    def line(self):
        if self.act:
            return f"{self.act['outcome']} by {self.act['rung']}: {self.act['detail']}"
        return f"{self.level}{': ' if self.service['summary'] else ''}{self.service['summary']}"

    def expect(self, code, level=None, outcome=None):
        seen = (self.code, self.level, self.act and self.act["outcome"])
        wanted = (code, level or self.level, outcome)
        assert seen == wanted, f"{seen} instead of {wanted}: {json.dumps(self.service, indent=1)}"
        return f"exit {self.code}, {self.line()}"


def heal(folder, *words, user=None, env=None, command="heal"):
    argv = [HEAL, "--config", f"{folder}/heal.toml", "--json", command, *words]
    if user:
        argv = ["runuser", "-u", user, "--", *argv]
    start = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, env={**os.environ, **(env or {})})
    return Said(done, time.monotonic() - start)


def until(seen, what, limit=20):
    """Waits for it, and answers with what was seen."""
    deadline = time.monotonic() + limit
    while not (value := seen()):
        assert time.monotonic() < deadline, f"it never came to: {what}"
        time.sleep(0.05)
    return value


def answers(port):
    until(lambda: subprocess.run(["/usr/bin/python3", "-c", f"import urllib.request as r; r.urlopen('http://127.0.0.1:{port}', timeout=1)"], capture_output=True).returncode == 0, f"port {port} answers")


def alive(pid):
    return os.path.exists(f"/proc/{pid}")


def main():
    if sh("id", "bot", check=False).returncode:
        sh("useradd", "--create-home", "bot")
        sh("loginctl", "enable-linger", "bot")
    until(lambda: os.path.exists(f"/run/user/{pwd.getpwnam('bot').pw_uid}/systemd/private"), "the user's systemd runs", 30)
    failed, only = 0, sys.argv[1:]
    for what, run in cases:
        if only and not any(word in what for word in only):
            continue
        start = time.monotonic()
        try:
            mark, line = "ok", run()
        except (AssertionError, subprocess.TimeoutExpired, OSError, KeyError, TypeError, ValueError) as why:
            mark, line, failed = "FAILED", f"{type(why).__name__}: {why}", failed + 1
        print(f"{mark:<7}{time.monotonic() - start:5.1f} s  {what}\n                {line}", flush=True)
    print(f"\n{len(cases)} cases, {failed} failed", flush=True)
    return 1 if failed else 0
