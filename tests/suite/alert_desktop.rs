//! Does a note reach a desktop? A session bus of its own, and a server on it that shows notes as a desktop does; what is sent
//! goes through notify-send, as on every desktop.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::support::{Project, wait_for};

/// A session bus in the project's directory, where systemd would have it, and whoever shows notes on it. Ends with the test.
struct Desktop {
    bus: Child,
    shows: Option<Child>,
    project: Project,
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in self.shows.iter_mut().chain([&mut self.bus]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Desktop {
    fn new() -> Self {
        let mut project =
            Project::new("[project]\nname = \"test\"\n\n[alert.me]\nkind = \"desktop\"\ntimeout = \"2s\"\n");
        let address = format!("unix:path={}", project.path("bus").display());
        let bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--address", &address])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let bus = bus.expect("dbus-daemon is installed; scripts/test installs it");
        wait_for("the bus", || project.path("bus").exists());
        // cron knows no more than this of a session.
        project.env("XDG_RUNTIME_DIR", &project.path("").display().to_string());
        Self { bus, shows: None, project }
    }

    /// From here on somebody shows notes, or refuses them in these words.
    fn show(&mut self, refusal: Option<&str>) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/servers.d/notify.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).arg(self.project.path("")).args(refusal);
        command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.project.path("bus").display()));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("python3 is installed");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("readable");
        self.shows = Some(child);
        assert_eq!(line, "ready\n", "are python3-dbus and python3-gi installed?");
    }

    fn notes(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.project.path("notes.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
    }
}

#[test]
fn a_note_is_shown_as_it_was_said_and_nothing_in_it_is_markup() {
    let mut desktop = Desktop::new();
    desktop.show(None);
    let urgent = [
        "alert",
        "--severity",
        "critical",
        "--detail",
        "log=<b>5 & 6</b> \u{1b}[31m C:\\new\\033[31m",
        "--",
        "-x <i>down</i>",
    ];
    desktop.project.heal(&urgent).exits(0);
    desktop.project.heal(&["alert", "calm"]).exits(0);
    let notes = desktop.notes();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert_eq!((&notes[0]["app"], &notes[0]["urgency"]), (&"heal".into(), &2.into()));
    // The title is plain text by the specification, the body is not.
    assert_eq!(notes[0]["summary"], "CRITICAL -x <i>down</i>");
    let body = notes[0]["body"].as_str().expect("text");
    assert!(body.contains("log: &lt;b&gt;5 &amp; 6&lt;/b&gt; \\u{1b}[31m C:\\new\\033[31m"), "{body}");
    assert_eq!((&notes[1]["summary"], &notes[1]["urgency"]), (&"WARNING calm".into(), &1.into()));
}

#[test]
fn where_nobody_shows_it_a_note_waits_and_is_shown_later() {
    let mut desktop = Desktop::new();
    let ran = desktop.project.heal(&["alert", "hello"]).exits(1);
    assert!(ran.stdout.contains("not told  me: notify-send "), "{ran:?}");
    assert!(ran.took.as_secs() < 8, "{ran:?}");
    desktop.show(None);
    desktop.project.heal(&["alert", "flush"]).exits(0);
    let notes = desktop.notes();
    assert!(notes.len() == 1 && notes[0]["summary"] == "WARNING hello", "{notes:?}");
}

#[test]
fn a_desktop_that_refuses_is_said_with_its_words() {
    let mut desktop = Desktop::new();
    desktop.show(Some("too many notes"));
    let ran = desktop.project.heal(&["alert", "hello"]).exits(1);
    assert!(ran.stdout.contains("not told  me: notify-send ") && ran.stdout.contains("too many notes"), "{ran:?}");
}
