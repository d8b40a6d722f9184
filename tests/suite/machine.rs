//! A machine of its own for what is installed outside of a project: its folders, and stand-ins for systemctl, launchctl and
//! crontab that remember what they were told. The real ones are met in `schedule_real`.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::Project;

/// heal looks, and starts nothing: the unit is confined as far as it goes.
pub const LOOKS: &str = "[project]\nname = \"bot\"\n\n[host.probes]\ndisk = { kind = \"disk\", path = \".\", warn_below = \"1MB\" }\n\n[schedule]\nheal = \"60s\"\n";

/// heal starts a service itself.
pub const STARTS: &str = "[project]\nname = \"bot\"\n\n[service.app]\nmatch = { executable = \"sleep\", args_contain = \"86433\" }\nstart = [\"sleep\", \"86433\"]\n\n[schedule]\nheal = \"60s\"\n";

const SYSTEMCTL: &str = "#!/bin/sh
echo \"systemctl $*\" >>\"$HEAL_TEST_MACHINE/calls\"
[ \"$1\" = --user ] || [ \"$1\" = --system ] && shift
for unit; do :; done
case $1 in
    show)
        state='UnitFileState=disabled ActiveState=inactive'
        [ -e \"$HEAL_TEST_MACHINE/enabled/$unit\" ] && state='UnitFileState=enabled ActiveState=active'
        [ -e \"$HEAL_TEST_MACHINE/stale\" ] && state=\"$state NeedDaemonReload=yes\"
        for line in $state; do echo \"$line\"; done ;;
    enable) : >\"$HEAL_TEST_MACHINE/enabled/$unit\" ;;
    disable) rm -f \"$HEAL_TEST_MACHINE/enabled/$unit\" ;;
    daemon-reload) rm -f \"$HEAL_TEST_MACHINE/stale\" ;;
esac
";

const LAUNCHCTL: &str = "#!/bin/sh
echo \"launchctl $*\" >>\"$HEAL_TEST_MACHINE/calls\"
name=${2##*/} plist=${3##*/}
case $1 in
    print) [ -e \"$HEAL_TEST_MACHINE/enabled/$name\" ] || exit 113 ;;
    bootstrap) : >\"$HEAL_TEST_MACHINE/enabled/${plist%.plist}\" ;;
    bootout) rm \"$HEAL_TEST_MACHINE/enabled/$name\" ;;
esac
";

/// As that of Debian: another text for a user who has none, and a new file is moved over the old one.
const CRONTAB: &str = "#!/bin/sh
echo \"crontab $*\" >>\"$HEAL_TEST_MACHINE/calls\"
spool=$HEAL_TEST_MACHINE/spool
case $1 in
    -l) [ -e \"$spool\" ] || { echo 'no crontab for root' >&2; exit 1; }; cat \"$spool\" ;;
    -) cat >\"$spool.new\" && mv \"$spool.new\" \"$spool\" ;;
esac
";

/// A project on a machine with systemd, launchd and cron.
pub fn on_a_machine(config: &str) -> Project {
    let mut project = Project::new(config);
    for folder in ["run/systemd/system", "etc/systemd/system", "Library/LaunchDaemons", "enabled"] {
        fs::create_dir_all(project.path("machine").join(folder)).expect("created");
    }
    for (name, text) in [("systemctl", SYSTEMCTL), ("launchctl", LAUNCHCTL), ("crontab", CRONTAB)] {
        project.script(&format!("machine/bin/{name}"), text);
    }
    let root = project.path("machine").display().to_string();
    project.env("HEAL_TEST_MACHINE", &root).env("USER", "nobody-here");
    project
}

/// What the stand-ins were told, questions left out.
pub fn told(project: &Project) -> Vec<String> {
    let calls = fs::read_to_string(project.path("machine/calls")).unwrap_or_default();
    let asks = [" show ", " -l", " print "];
    calls.lines().filter(|line| !asks.iter().any(|ask| format!("{line} ").contains(ask))).map(str::to_owned).collect()
}

/// Everything that stands in a folder of the machine, hidden files too, with what it holds.
pub fn texts(project: &Project, folder: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(project.path("machine").join(folder)).expect("readable").flatten();
    let mut found: Vec<(PathBuf, String)> =
        entries.map(|entry| (entry.path(), fs::read_to_string(entry.path()).expect("text"))).collect();
    found.sort();
    found
}

/// The names alone.
pub fn names(project: &Project, folder: &str) -> Vec<String> {
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    texts(project, folder).iter().map(|(path, _)| name(path)).collect()
}

/// Where the stand-in of crontab keeps what it was given.
pub const SPOOL: &str = "machine/spool";

/// A line of the user's own in the crontab.
pub const OWN: &str = "1 1 * * * x\n";

/// Is the crontab the user's own line, with the whole of heal's block behind it or without?
pub fn keeps_own(project: &Project) -> bool {
    let crontab = project.read(SPOOL);
    crontab == OWN || crontab.starts_with(OWN) && crontab.ends_with("heal: end\n")
}

/// The folder of the machine's units.
pub const UNITS: &str = "etc/systemd/system";

/// As a snapshot shows it: what differs from run to run replaced.
pub fn shown(project: &Project, text: &str) -> String {
    let heal = fs::canonicalize(env!("CARGO_BIN_EXE_heal")).expect("built").display().to_string();
    let text = project.normalise(&text.replace(&heal, "[HEAL]"));
    let line = |line: &str| match line.split_once("heal-sum: ") {
        Some((before, sum)) => {
            format!("{before}heal-sum: [SUM]{}\n", sum.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}
