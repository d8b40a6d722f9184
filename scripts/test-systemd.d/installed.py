"""Runs inside the container of scripts/test-systemd: what `heal install` writes, under a real systemd.

A case installs a project, waits for its timer, and compares what heal remembers with what systemd says.
"""

import json
import os
import pwd
import re
import subprocess
import sys
import time

from harness import HEAL, case, main, sh, until


def out(*argv, code=0, **more):
    """What a command says that ends with this code."""
    done = sh(*argv, check=False, **more)
    assert done.returncode == code, f"{' '.join(argv)}: {done.returncode}: {done.stderr}{done.stdout}"
    return done.stdout


LOOKS = """
[host.probes]
disk = {{ kind = "disk", path = ".", warn_below = "1KB" }}

[alert.file]
kind = "file"
path = "data/alerts.jsonl"
"""

STARTS = """
[service.app]
match = {{ executable = "sleep", args_contain = "{number}" }}
start = ["sleep", "{number}"]
restart_limit = "100 per 1h"

[alert.file]
kind = "file"
path = "logs/alerts.jsonl"
"""


class Project:
    number = 70000

    def __init__(self, name, lines, every="2s", home="/srv", user=None):
        Project.number += 1
        self.number, self.user, self.lines, self.name = Project.number, user, lines, name
        self.folder = f"{home}/{name}"
        os.makedirs(self.folder, exist_ok=True)
        self.every(every)
        if user:
            out("chown", "-R", f"{user}:", self.folder)

    def every(self, span):
        with open(f"{self.folder}/heal.toml", "w") as file:
            file.write(f'[project]\nname = "{self.name}"\n{self.lines.format(number=self.number)}\n[schedule]\nheal = "{span}"\n')

    def prefix(self):
        if not self.user:
            return []
        return ["runuser", "-u", self.user, "--", "env", f"XDG_RUNTIME_DIR=/run/user/{pwd.getpwnam(self.user).pw_uid}"]

    def heal(self, *words, code=0):
        return out(*self.prefix(), HEAL, "--config", f"{self.folder}/heal.toml", *words, code=code)

    def ctl(self, *words, code=0):
        return out(*self.prefix(), "systemctl", *(["--user"] if self.user else []), *words, code=code)

    def ticks(self):
        """When each of the last ticks ended, newest first, and how."""
        try:
            with open(f"{self.folder}/data/state/last-run") as file:
                last = json.load(file)
        except (FileNotFoundError, json.JSONDecodeError):
            return []
        return [(last["at"], last["exit_code"])] + [(one["at"], one["exit_code"]) for one in last.get("before", [])]

    def ticked(self, more):
        first = self.ticks()[0] if self.ticks() else None
        new = lambda: [one for one in self.ticks()][: ([one for one in self.ticks()] + [first]).index(first)]
        return until(lambda: len(new()) >= more and new(), f"{more} ticks: {self.ticks()}\n{self.ctl('status', f'heal-{self.name}.service', code=3)}")

    def doctor(self, about):
        done = subprocess.run(self.prefix() + [HEAL, "--config", f"{self.folder}/heal.toml", "doctor", "--json"], capture_output=True, text=True)
        return [one for one in json.loads(done.stdout)["items"] if one["about"] == about and one["health"] != "ok"]

    def app(self):
        """The processes of the service: heal starts it by its word, systemd by its whole path."""
        done = subprocess.run(["pgrep", "-f", f"^(/usr/bin/)?sleep {self.number}$"], capture_output=True, text=True)
        return done.stdout.split()


@case("a confined timer fires, ticks well, and doctor finds nothing to say")
def _():
    project = Project("looks", LOOKS)
    project.heal("install")
    codes = [code for _, code in project.ticked(3)]
    assert codes[:3] == [0, 0, 0], codes
    found = project.doctor("schedule") + project.doctor("ticks")
    assert not found, found
    unit = project.ctl("show", "heal-looks.service", "--property=Result,ExecMainStatus,ProtectSystem,ReadWritePaths")
    assert "Result=success" in unit and "ProtectSystem=strict" in unit and "/srv/looks/data" in unit, unit
    level = re.search(r"exposure level for .*: ([0-9.]+)", out("systemd-analyze", "security", "--no-pager", "heal-looks.service"))
    again = project.heal("install")
    assert "nothing to do" in again, again
    project.heal("uninstall")
    assert project.ctl("list-unit-files", "heal-looks*", "--no-legend", code=1) == ""
    assert not [name for name in os.listdir("/etc/systemd/system") if "looks" in name]
    assert not [name for name in os.listdir("/etc/systemd/system/timers.target.wants") if "looks" in name]
    return f"{len(codes)} ticks, all 0; exposure {level.group(1)}"


@case("a project whose folder has an awkward name")
def _():
    project = Project("awkward", LOOKS, home="/srv/a b%h $x 'q' ü")
    project.heal("install")
    project.ticked(2)
    assert not project.doctor("schedule")
    project.heal("uninstall")
    return project.folder


@case("a shorter interval holds at once, and a run that was killed before it told systemd is made good")
def _():
    project = Project("often", LOOKS, every="30s")
    project.heal("install")
    project.ticked(1)
    project.every("1s")
    assert [one["health"] for one in project.doctor("schedule")] == ["warning"]
    project.heal("install")
    project.ticked(5)
    with open("/etc/systemd/system/heal-often.timer") as file:
        text = file.read()
    project.every("2s")
    project.heal("install", "--no-enable")
    assert "NeedDaemonReload=yes" in project.ctl("show", "heal-often.timer", "--property=NeedDaemonReload")
    assert "known to systemd as it was" in project.doctor("schedule")[0]["said"], project.doctor("schedule")
    done = project.heal("install")
    assert "daemon-reload" in done, done
    assert not project.doctor("schedule") and "2s" in open("/etc/systemd/system/heal-often.timer").read() != text
    project.heal("uninstall")
    return "1s and 2s"


@case("a service that the tick starts outlives the tick and the schedule")
def _():
    project = Project("starts", STARTS)
    project.heal("install")
    until(lambda: project.ticks(), "the first tick")
    assert len(project.app()) == 1, project.heal("status", code=2)
    [first] = project.app()
    project.ticked(2)
    assert project.app() == [first]
    out("kill", "-9", first)
    until(project.app, "another one")
    [second] = project.app()
    project.ticked(2)
    project.heal("uninstall")
    time.sleep(1)
    assert project.app() == [second] and second != first
    return f"pid {first}, then {second}"


@case("a timer that a person stopped is seen, and enabled again by the same command")
def _():
    project = Project("stopped", LOOKS)
    project.heal("install")
    project.ticked(1)
    project.ctl("disable", "--now", "heal-stopped.timer")
    assert [one["health"] for one in project.doctor("schedule")] == ["critical"]
    project.heal("install")
    project.ticked(1)
    project.heal("uninstall")
    return "critical, then ticking"


@case("a user's own timer")
def _():
    project = Project("own", LOOKS, home="/home/bot", user="bot")
    said = project.heal("install")
    assert said.startswith("systemd-user starts heal"), said
    codes = [code for _, code in project.ticked(2)]
    assert set(codes) == {0} and not project.doctor("schedule"), codes
    project.heal("uninstall")
    left = [name for _, _, names in os.walk("/home/bot/.config/systemd/user") for name in names if "heal-own" in name]
    assert not left, left
    return said.splitlines()[0]


@case("the unit of a service itself, started by systemd, restarted when it fails")
def _():
    project = Project("itself", STARTS.replace("restart_limit", "stop_grace = \"3s\"\nrestart_limit"))
    said = project.heal("install", "--no-enable", "--service", "app")
    unit = "heal-itself-service-app.service"
    project.ctl("daemon-reload")
    project.ctl("start", unit)
    [pid] = project.app()
    assert f"MainPID={pid}" in project.ctl("show", unit, "--property=MainPID")
    out("kill", "-9", pid)
    until(lambda: "NRestarts=1" in project.ctl("show", unit, "--property=NRestarts"), "systemd restarts it", 15)
    project.heal("uninstall", "--service", "app")
    assert project.app(), "it runs on"
    project.heal("uninstall")
    return said.splitlines()[-2]


sys.exit(main())
