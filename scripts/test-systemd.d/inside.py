"""Runs inside the container of scripts/test-systemd: one case after the other, each with a unit and a project of its own.

A case breaks something, runs heal, and compares what heal said and what systemd and the process table say afterwards.
"""

import os
import pwd
import signal
import subprocess
import sys
import time

from harness import HEAL, SERVICE, Unit, alive, answers, case, heal, main, project, sh, until

# --- what is dead or hung is restarted, by systemd ---------------------------------------------------------------------


@case("runs and answers: nothing is done")
def _():
    unit = Unit().start()
    pid = unit.pid()
    line = unit.heal().expect(0, "healthy")
    assert unit.pid() == pid
    return line


@case("killed: started again")
def _():
    unit = Unit().start()
    old, life = unit.pid(), unit.of("InvocationID")
    unit.kill()
    line = unit.heal().expect(0, outcome="healed")
    assert unit.pid() not in (0, old) and unit.of("InvocationID") != life
    return line


@case("hung (SIGSTOP): stopped and started again")
def _():
    unit = Unit().start()
    old = unit.pid()
    time.sleep(1.2)
    unit.kill(signal.SIGSTOP)
    line = unit.heal().expect(0, outcome="healed")
    assert not alive(old) and unit.pid() != old
    return line


@case("hung and deaf to TERM, TimeoutStopSec=60: KILL after stop_grace")
def _():
    unit = Unit("deaf", "TimeoutStopSec=60").start()
    old = unit.pid()
    time.sleep(1.2)
    unit.kill(signal.SIGSTOP)
    said = unit.heal()
    line = said.expect(0, outcome="healed")
    assert not alive(old) and said.took < 20, said.took
    return line


@case("a child of the old life holds up the stop: the group is killed")
def _():
    unit = Unit(section="TimeoutStopSec=60", execute="/bin/sh -c 'trap \"\" TERM; sleep 500 & trap - TERM; exec %s %d'" % (SERVICE, 8000 + Unit.number + 1)).start()
    old = unit.pid()
    time.sleep(1.2)
    unit.kill(signal.SIGSTOP)
    said = unit.heal()
    line = said.expect(0, outcome="healed")
    assert not alive(old) and said.took < 20, said.took
    return line


@case("the start limit is hit: reset-failed, then started")
def _():
    open("/run/broken", "w").write("1")
    unit = Unit("broken", "Restart=always\nRestartSec=50ms")
    unit.ctl("start", check=False)
    until(lambda: unit.of("ActiveState") == "failed", "systemd gives up")
    refused = unit.ctl("start", check=False)
    assert refused.returncode != 0, "systemd did not refuse it: the limit was not hit"
    os.unlink("/run/broken")
    said = unit.heal()
    verbs = [change["verb"] for change in said.act["changes"]]
    assert verbs == ["reset-failed", "restart"], verbs
    return said.expect(0, outcome="healed")


@case("systemd gave up, and still it does not start: failed, and said why")
def _():
    open("/run/broken", "w").write("7")
    unit = Unit("broken")
    unit.ctl("start", check=False)
    until(lambda: unit.of("ActiveState") == "failed", "it fails")
    said = unit.heal()
    os.unlink("/run/broken")
    line = said.expect(2, outcome="failed")
    assert "exit code 7" in line, line
    return line


@case("heal died between reset-failed and restart: not taken for a stop")
def _():
    unit = Unit().start()
    unit.kill()
    done = subprocess.run(
        [HEAL, "--config", f"{unit.folder}/heal.toml", "heal"], capture_output=True, env={**os.environ, "HEAL_TEST_DIE": "after-change"}
    )
    assert done.returncode == -9 and unit.of("ActiveState") == "inactive", (done, unit.of("ActiveState"))
    said = unit.heal("--dry-run")
    assert said.level == "unhealthy", said.line()
    return unit.heal().expect(0, outcome="healed")


# --- one owner ---------------------------------------------------------------------------------------------------------


@case("systemd restarts it by itself (RestartSec=30): heal waits")
def _():
    unit = Unit(section="Restart=always\nRestartSec=30").start()
    unit.kill()
    assert unit.of("SubState") == "auto-restart"
    line = unit.heal().expect(1, "starting")
    assert unit.of("SubState") == "auto-restart"
    return line


@case("systemd restarts it for the fourth time: critical, and still one owner")
def _():
    open("/run/broken", "w").write("1")
    unit = Unit("broken", "Restart=always\nRestartSec=1\nStartLimitIntervalSec=0")
    unit.ctl("start", check=False)
    until(lambda: int(unit.of("NRestarts")) >= 3 and unit.of("SubState") == "auto-restart", "it loops")
    said = unit.heal()
    os.unlink("/run/broken")
    unit.ctl("stop")
    return said.expect(2, "unhealthy")


@case("somebody runs it by hand beside its unit: unknown, nothing is started")
def _():
    port = 8000 + Unit.number + 1
    unit = Unit(keys=f'match = {{ executable = "python3", args_contain = "service.py {port}" }}').start()
    unit.heal().expect(0, "healthy")
    unit.kill()
    byhand = subprocess.Popen([*SERVICE.split(), str(unit.port)])
    answers(unit.port)
    line = unit.heal().expect(3, "unknown")
    assert unit.of("ActiveState") == "failed"
    byhand.kill()
    byhand.wait()
    return line


@case("`match` fits the child of the main process: the same service")
def _():
    port = 8000 + Unit.number + 1
    unit = Unit(execute=f"/bin/sh -c '{SERVICE} {port}; true'", keys=f'match = {{ executable = "python3", args_contain = "service.py {port}" }}').start()
    return unit.heal().expect(0, "healthy")


@case("`match` does not fit what the unit runs: unknown")
def _():
    unit = Unit(keys='match = { executable = "perl", args_contain = "service.pl" }').start()
    return unit.heal().expect(3, "unknown")


# --- intent is respected -----------------------------------------------------------------------------------------------


def left_alone(unit, word):
    said = unit.heal()
    line = said.expect(0, "left-alone")
    assert word in said.service["summary"], line
    assert unit.pid() == 0
    return line


@case("stopped by its operator")
def _():
    unit = Unit(section="Restart=always").start()
    unit.ctl("stop")
    line = left_alone(unit, "stopped by its operator")
    unit.start()
    unit.heal().expect(0, "healthy")
    return line


@case("masked")
def _():
    unit = Unit(folder="/usr/lib/systemd/system").start()
    unit.ctl("mask", "--now")
    return left_alone(unit, "masked")


@case("masked while it runs, and hung: left alone")
def _():
    unit = Unit(folder="/usr/lib/systemd/system").start()
    unit.ctl("mask")
    time.sleep(1.2)
    pid = unit.pid()
    unit.kill(signal.SIGSTOP)
    line = unit.heal().expect(0, "left-alone")
    assert unit.pid() == pid
    os.kill(pid, signal.SIGKILL)
    return line


@case("disabled and stopped")
def _():
    unit = Unit().start()
    unit.ctl("disable", "--now")
    return left_alone(unit, "disabled")


@case("stopped by its operator, ended with 143 (failed to systemd, Restart=always)")
def _():
    unit = Unit("shell", "Restart=always").start()
    unit.ctl("stop")
    assert unit.of("ActiveState") == "failed"
    return left_alone(unit, "stopped by its operator")


@case("stopped by its operator, KILL was needed (failed to systemd, Restart=on-failure)")
def _():
    unit = Unit("deaf", "Restart=on-failure\nTimeoutStopSec=1").start()
    unit.ctl("stop", check=False)
    assert (unit.of("ActiveState"), unit.of("Result")) == ("failed", "timeout")
    return left_alone(unit, "stopped by its operator")


@case("stopped by its operator between two automatic restarts")
def _():
    unit = Unit(section="Restart=always\nRestartSec=30").start()
    unit.kill()
    unit.ctl("stop")
    return left_alone(unit, "stopped by its operator")


@case("killed, though Restart=always was told not to (no stop): started again")
def _():
    unit = Unit(section="Restart=always\nRestartPreventExitStatus=SIGKILL").start()
    unit.kill()
    assert unit.of("ActiveState") == "failed"
    return unit.heal().expect(0, outcome="healed")


# --- what cannot be known is not acted upon ------------------------------------------------------------------------------


def not_acted_upon(unit, state):
    """The port says that something is wrong; whether it is to run nobody knows, so that a person is told and nothing is done."""
    said = unit.heal()
    said.expect(2, "unhealthy")
    process = next(one for one in said.service["findings"] if one["probe"] == "process")
    assert (process["status"], said.service["decision"]["do"]) == ("unknown", "wait"), said.service
    assert unit.of("ActiveState") == state
    return f"exit 2, {said.service['decision']['why']}"


@case("failed and disabled, which may be meant: nothing is done")
def _():
    unit = Unit(enable=False).start()
    unit.kill()
    return not_acted_upon(unit, "failed")


@case("its unit file is gone: nothing is done")
def _():
    unit = Unit(enable=False)
    os.unlink(unit.file)
    sh("systemctl", "daemon-reload")
    return not_acted_upon(unit, "inactive")


@case("enabled, and not started since boot: nothing is done")
def _():
    return not_acted_upon(Unit(), "inactive")


@case("hold_on_exit, known without starting it; released, it is tried again")
def _():
    open("/run/broken", "w").write("78")
    unit = Unit("broken", keys="hold_on_exit = [78]")
    unit.ctl("start", check=False)
    until(lambda: unit.of("ActiveState") == "failed", "it fails")
    life = unit.of("InvocationID")
    line = unit.heal().expect(69, "unhealthy")
    assert unit.of("InvocationID") == life, "it was started"
    os.unlink("/run/broken")
    sh(HEAL, "--config", f"{unit.folder}/heal.toml", "release", unit.name)
    unit.heal().expect(0, outcome="healed")
    return line


@case("without the right to restart it: failed, and nothing else happens")
def _():
    unit = Unit().start()
    unit.kill()
    sh("chown", "-R", "bot:", unit.folder)
    line = unit.heal(user="bot").expect(2, outcome="failed")
    assert unit.of("ActiveState") == "failed"
    return line


# --- the systemd of a user -----------------------------------------------------------------------------------------------


@case("a unit of a user's systemd, without XDG_RUNTIME_DIR: killed, started again; stopped, left alone")
def _():
    folder, home, port = "/srv/user", pwd.getpwnam("bot").pw_dir, 8900
    os.makedirs(f"{home}/.config/systemd/user", exist_ok=True)
    with open(f"{home}/.config/systemd/user/mine.service", "w") as file:
        file.write(f"[Service]\nExecStart={SERVICE} {port}\n[Install]\nWantedBy=default.target\n")
    project(folder, "mine", 'unit = "systemd-user:mine.service"', port)
    sh("chown", "-R", "bot:", home, folder)

    def ctl(*words):
        return sh("runuser", "-u", "bot", "--", "env", f"XDG_RUNTIME_DIR=/run/user/{pwd.getpwnam('bot').pw_uid}", "systemctl", "--user", *words).stdout.strip()

    ctl("daemon-reload")
    ctl("enable", "--now", "mine")
    answers(port)
    heal(folder, user="bot").expect(0, "healthy")
    os.kill(int(ctl("show", "--property=MainPID", "--value", "mine")), signal.SIGKILL)
    until(lambda: ctl("show", "--property=ActiveState", "--value", "mine") == "failed", "it fails")
    line = heal(folder, user="bot").expect(0, outcome="healed")
    ctl("stop", "mine")
    heal(folder, user="bot").expect(0, "left-alone")
    return line


# --- a tick that is itself a unit ------------------------------------------------------------------------------------------


def outlives(name, folder, port, ctl, unit_folder, more=""):
    """A oneshot starts a service by `start`; the oneshot ends, the service must not."""
    os.makedirs(unit_folder, exist_ok=True)
    with open(f"{unit_folder}/{name}.service", "w") as file:
        file.write(f"[Service]\nType=oneshot\n{more}ExecStart={HEAL} --config {folder}/heal.toml --json heal\n")
    ctl("daemon-reload")
    ctl("start", f"{name}.service")
    until(lambda: ctl("show", "--property=ActiveState", "--value", f"{name}.service") in ("inactive", "failed"), "the tick ends")
    answers(port)
    time.sleep(1)
    answers(port)
    pid = int(sh("pgrep", "-f", f"service.py {port}").stdout.split()[0])
    group = open(f"/proc/{pid}/cgroup").read().strip()
    assert group.endswith(".scope") and f"{name}.service" not in group, group
    return pid, group


@case("a oneshot tick starts a service without a unit, which outlives the tick")
def _():
    folder, port = "/srv/tick", 8910
    loose(folder, port)
    pid, group = outlives("tick", folder, port, lambda *words: sh("systemctl", *words).stdout.strip(), "/etc/systemd/system")
    said = heal(folder)
    line = said.expect(said.code, "healthy")
    assert said.service["process"]["pid"] == pid and said.code in (0, 1)
    # From a shell, which is no unit, it is stopped and started as ever.
    os.kill(pid, signal.SIGKILL)
    heal(folder).expect(0, outcome="healed")
    return f"{line}, in {group.rsplit('/', 1)[-1]}"


def loose(folder, port):
    """A project whose service has no unit."""
    words = f'start = ["{SERVICE.split()[0]}", "/heal/service.py", "{port}"]'
    project(folder, "loose", f'{words}\nmatch = {{ executable = "python3", args_contain = "service.py {port}" }}', port)


@case("the same in a unit of the machine with User=: the user's systemd gives it a home")
def _():
    folder, port = "/srv/asbot", 8912
    loose(folder, port)
    sh("chown", "-R", "bot:", folder)
    pid, group = outlives("asbot", folder, port, lambda *words: sh("systemctl", *words).stdout.strip(), "/etc/systemd/system", "User=bot\n")
    assert "/user@" in group, group
    return f"pid {pid} in {group.rsplit('/', 1)[-1]}"


@case("the same for a user without a systemd of his own: refused, and said what would help")
def _():
    folder, port = "/srv/asother", 8913
    loose(folder, port)
    sh("useradd", "other")
    sh("chown", "-R", "other:", folder)
    with open("/etc/systemd/system/asother.service", "w") as file:
        file.write(f"[Service]\nType=oneshot\nUser=other\nExecStart={HEAL} --config {folder}/heal.toml heal\n")
    sh("systemctl", "daemon-reload")
    sh("systemctl", "start", "asother", check=False)
    said = sh("journalctl", "-u", "asother", "-o", "cat").stdout
    assert "loginctl enable-linger other" in said and "KillMode=process" in said, said
    with open("/etc/systemd/system/asother.service", "a") as file:
        file.write("KillMode=process\n")
    sh("systemctl", "daemon-reload")
    sh("systemctl", "start", "asother", check=False)
    answers(port)
    return next(line.strip() for line in said.splitlines() if "enable-linger" in line)


@case("the same under the systemd of a user")
def _():
    folder, port, home = "/srv/usertick", 8911, pwd.getpwnam("bot").pw_dir
    loose(folder, port)
    sh("chown", "-R", "bot:", folder)

    def ctl(*words):
        return sh("runuser", "-u", "bot", "--", "env", f"XDG_RUNTIME_DIR=/run/user/{pwd.getpwnam('bot').pw_uid}", "systemctl", "--user", *words).stdout.strip()

    pid, group = outlives("utick", folder, port, ctl, f"{home}/.config/systemd/user")
    return f"pid {pid} in {group.rsplit('/', 1)[-1]}"


@case("ExecStartPre=heal heal --startup: no deadlock with the tick that restarts it")
def _():
    unit = Unit(section="")
    with open(unit.file) as file:
        text = file.read().replace("[Service]\n", f"[Service]\nExecStartPre={HEAL} --config {unit.folder}/heal.toml heal --startup\n")
    with open(unit.file, "w") as file:
        file.write(text)
    sh("systemctl", "daemon-reload")
    unit.start()
    unit.kill()
    return unit.heal().expect(0, outcome="healed")


# --- heal init -------------------------------------------------------------------------------------------------------------


@case("heal init --unit proposes a section that loads and looks")
def _():
    unit = Unit().start()
    folder = f"/srv/init{unit.port}"
    os.makedirs(folder)
    sh(HEAL, "init", "--unit", unit.name, cwd=folder)
    text = open(f"{folder}/heal.toml").read()
    assert f'unit = "systemd:{unit.name}.service"' in text and str(unit.port) in text, text
    heal(folder, command="check").expect(0, "healthy")
    unit.kill()
    # What `heal init` writes only observes, until a person has read it.
    return heal(folder, env={"HEAL__PROJECT__MODE": "live"}).expect(0, outcome="healed")


sys.exit(main())
