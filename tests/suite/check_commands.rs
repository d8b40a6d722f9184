//! What do the command, disk and memory probes say: exit codes, hangs, floods, programs that are missing, thresholds?

use std::time::Duration;

use crate::check::{about, finding, host};
use crate::support::{Project, alive, wait_for};

/// Looks at one host probe: exit code, status, summary.
fn look(probe: &str) -> (i32, String, String) {
    let ran = host(&format!("it = {{ {probe} }}")).heal(&["check", "--json"]);
    let answer = ran.json();
    let text = |key: &str| finding(&answer, "host", "it")[key].as_str().expect("text").to_owned();
    (ran.code, text("status"), text("summary"))
}

fn command(argv: &str, keys: &str) -> (i32, String, String) {
    look(&format!(r#"kind = "command", command = {argv}{keys}"#))
}

#[test]
fn exit_codes_are_verdicts() {
    let table = [
        (r#"["true"]"#, "", 0, "healthy", "exit code 0"),
        (r#"["false"]"#, "", 2, "unhealthy", "exit code 1"),
        (r#"["sh", "-c", "echo queue is 900 long; exit 4"]"#, "", 2, "unhealthy", "exit code 4: queue is 900 long"),
        (r#"["sh", "-c", "echo out; echo err >&2; exit 1"]"#, "", 2, "unhealthy", "exit code 1: err"),
        (r#"["sh", "-c", "exit 1"]"#, ", plugin = true", 1, "unhealthy", "exit code 1"),
        (r#"["sh", "-c", "exit 2"]"#, ", plugin = true", 2, "unhealthy", "exit code 2"),
        (r#"["sh", "-c", "exit 3"]"#, ", plugin = true", 3, "unknown", "exit code 3"),
        // The first line up to the bar is the message; then come figures, details, and figures again.
        (
            r#"["printf", '\nQUEUE OK - 5 waiting | q=5;10;20\nlong detail | r=1\ns=2\n']"#,
            ", plugin = true",
            0,
            "healthy",
            "exit code 0: QUEUE OK - 5 waiting",
        ),
        (
            r#"["sh", "-c", "echo noise >&2; echo 'QUEUE CRITICAL|q=500'; echo long detail; exit 2"]"#,
            ", plugin = true",
            2,
            "unhealthy",
            "exit code 2: QUEUE CRITICAL",
        ),
        (r#"["sh", "-c", "echo 'no socket' >&2; exit 3"]"#, ", plugin = true", 3, "unknown", "exit code 3: no socket"),
        (r#"["sh", "-c", "echo '| q=500'; exit 2"]"#, ", plugin = true", 2, "unhealthy", "exit code 2"),
        (r#"["sh", "-c", "kill -9 $$"]"#, "", 3, "unknown", "ended by signal 9"),
        (r#"["sh", "-c", "exit 127"]"#, "", 3, "unknown", "exit code 127"),
    ];
    for (argv, keys, code, status, summary) in table {
        assert_eq!(command(argv, keys), (code, status.to_owned(), summary.to_owned()), "{argv}{keys}");
    }
}

#[test]
fn a_program_that_is_missing_saw_nothing() {
    for (program, said) in [
        ("no-such-program-here", "`no-such-program-here` is not in PATH"),
        ("./missing.sh", "`./missing.sh` does not exist in"),
        ("/no/such/program", "`/no/such/program` does not exist"),
        ("/etc/passwd", "`/etc/passwd` is not executable"),
        ("heal.toml", "`heal.toml` is not in PATH"),
    ] {
        let (code, status, summary) = command(&format!(r#"["{program}"]"#), "");
        assert_eq!((code, status.as_str()), (3, "unknown"), "{program}: {summary}");
        assert!(summary.contains(said), "{program}: {summary}");
    }
}

#[test]
fn a_command_that_hangs_ends_at_its_deadline_with_its_children() {
    let project = host(
        r#"it = { kind = "command", command = ["sh", "-c", "trap '' TERM; sleep 601 & sleep 602"], timeout = "400ms" }"#,
    );
    let ran = project.heal(&["check", "--json"]).exits(3);
    assert!(ran.took >= Duration::from_millis(400) && ran.took < Duration::from_secs(10), "{ran:?}");
    let answer = ran.json();
    assert_eq!(finding(&answer, "host", "it")["summary"], "did not end in time and was killed");
    assert!(project.processes().is_empty(), "{:?}", project.processes());
}

#[test]
fn a_flood_of_output_is_read_to_its_end_and_shown_in_part() {
    // One line of two megabytes, then one of many lines: neither blocks the command nor fills the report.
    let wide =
        host(r#"it = { kind = "command", command = ["sh", "-c", "head -c 2000000 /dev/zero | tr '\\0' x; exit 1"] }"#);
    let ran = wide.heal(&["check", "--json"]).exits(2);
    assert!(ran.stdout.len() < 10_000, "{} bytes of answer", ran.stdout.len());
    let text = wide.heal(&["check"]).exits(2);
    assert!(text.stdout.len() < 4_000, "{} bytes of answer", text.stdout.len());

    let endless = host(r#"it = { kind = "command", command = ["yes"], timeout = "400ms" }"#);
    let ran = endless.heal(&["check", "--json"]).exits(3);
    assert!(ran.took < Duration::from_secs(10), "{ran:?}");
    assert!(endless.processes().is_empty());
}

#[test]
fn a_probe_command_gets_a_clean_environment_and_no_input() {
    let mut project = host(
        r#"it = { kind = "command", command = ["sh", "-c", "cat; echo $CANARY$GIVEN; exit 1"], env = { GIVEN = "yes" } }"#,
    );
    project.env("CANARY", "leaked");
    let answer = project.heal(&["check", "--json"]).exits(2).json();
    assert_eq!(finding(&answer, "host", "it")["summary"], "exit code 1: yes");
}

#[test]
fn secrets_in_the_output_of_a_probe_are_masked() {
    let (_, _, summary) = command(r#"["sh", "-c", "echo token=hunter2 at https://u:pw@example.org/; exit 1"]"#, "");
    assert!(!summary.contains("hunter2") && !summary.contains("pw@"), "{summary}");
}

#[test]
fn disk_and_memory_have_two_limits() {
    let (huge, none) = ("8EB", "1B");
    let table = [
        (format!(r#"kind = "disk", path = ".", warn_below = "{none}", critical_below = "{none}""#), 0, "healthy"),
        (format!(r#"kind = "disk", path = ".", warn_below = "{huge}", critical_below = "{none}""#), 1, "unhealthy"),
        (format!(r#"kind = "disk", path = ".", warn_below = "{huge}", critical_below = "{huge}""#), 2, "unhealthy"),
        (format!(r#"kind = "disk", path = "not/there", critical_below = "{none}""#), 3, "unknown"),
        (r#"kind = "memory", warn_above = "100%""#.to_owned(), 0, "healthy"),
        (r#"kind = "memory", warn_above = "0%", critical_above = "100%""#.to_owned(), 1, "unhealthy"),
        (r#"kind = "memory", critical_above = "0%""#.to_owned(), 2, "unhealthy"),
    ];
    for (probe, code, status) in table {
        let (got, said, summary) = look(&probe);
        assert_eq!((got, said.as_str()), (code, status), "{probe}: {summary}");
    }
}

#[test]
fn a_full_machine_is_no_reason_to_restart_a_service() {
    let mut project = Project::new(
        "[project]\nname = \"test\"\n\n[service.app]\nmatch = { executable = \"sleep\", args_contain = \"60061\" }\n\
         start = [\"/bin/sleep\", \"60061\"]\nstartup_grace = \"0s\"\n\n\
         [service.app.probes]\ndisk = { kind = \"disk\", path = \".\", critical_below = \"8EB\" }\n",
    );
    let pid = project.spawn(&["/bin/sleep", "60061"]);
    wait_for("it to be recognised", || {
        about(&project.heal(&["check", "--json"]).json(), "app")["process"]["pid"] == pid
    });
    let answer = project.heal(&["check", "--json"]).exits(2).json();
    assert_eq!(finding(&answer, "app", "disk")["class"], "resource");
    for _ in 0..2 {
        assert_ne!(project.heal(&["heal"]).code, 0);
    }
    assert!(alive(pid) && project.events("intent").is_empty(), "{:#?}", project.journal());
}
