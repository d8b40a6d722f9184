//! Does heal work where cron, launchd or a broken parent would start it? No environment, odd masks, limits and signals.

use std::os::unix::fs::PermissionsExt;

use expect_test::expect;

use super::acting::{NAP, end, running, shell, sleeper, the_one};
use super::support::Project;

#[test]
fn without_environment_home_terminal_or_input_it_works_the_same() {
    let project = sleeper("");
    for setting in
        ["env -i", "env -i PATH=", "env -i PATH=/nowhere HOME=", "env -i TERM=xterm TZ=Nowhere/Nothing LANG=xx"]
    {
        let ran = shell(&project, &format!("exec {setting} \"$HEAL\" heal <&-"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{setting}: {ran:?}");
        end(the_one(&project, NAP));
        let text = project.read("heal.toml").replace("stable_for", "restart_limit = \"99 per 1h\"\nstable_for");
        if !project.read("heal.toml").contains("restart_limit") {
            project.write("heal.toml", &text);
        }
    }
    // With the demo service: its own path, interpreter and probes.
    let (project, _) = Project::with_service("");
    shell(&project, "exec env -i PATH= \"$HEAL\" heal <&- >&- 2>&-").exits(0);
    project.pid("app.pid");
}

#[test]
fn a_deleted_directory_needs_only_the_config_by_name() {
    let project = sleeper("");
    let go = "mkdir gone; cd gone; rmdir ../gone;";
    let ran = shell(&project, &format!("{go} \"$HEAL\" heal")).exits(78);
    expect![[r#"
        exit 78
        --- stdout
        --- stderr
        heal: the current directory does not exist any more
          name the file with --config
    "#]]
    .assert_eq(&ran.snapshot(&project));
    let config = project.path("heal.toml").display().to_string();
    shell(&project, &format!("{go} \"$HEAL\" heal --config '{config}'")).exits(0);
    the_one(&project, NAP);
}

#[test]
fn whatever_the_umask_what_is_written_is_private() {
    for (umask, passed_on) in [("000", "0002"), ("022", "0022"), ("077", "0077"), ("777", "0077")] {
        let project = sleeper("");
        shell(&project, &format!("umask {umask}; exec \"$HEAL\" heal")).exits(0);
        let mode = |path: &str| {
            let meta = std::fs::metadata(project.path(path)).unwrap_or_else(|error| panic!("{umask} {path}: {error}"));
            meta.permissions().mode() & 0o777
        };
        for path in ["data", "data/journal", "data/state"] {
            assert_eq!(mode(path), 0o700, "umask {umask}: {path}");
        }
        for path in
            ["data/recovery-in-progress", "data/state/now.json", "data/state/last-run", "data/operator_alerts.jsonl"]
        {
            assert_eq!(mode(path), 0o600, "umask {umask}: {path}");
        }
        assert_eq!(mode("data/output/app.log") & 0o007, 0, "umask {umask}");
        let status = std::fs::read_to_string(format!("/proc/{}/status", the_one(&project, NAP))).expect("readable");
        assert!(status.contains(&format!("Umask:\t{passed_on}")), "umask {umask}: {status}");
        project.heal(&["check"]).exits(0);
    }
}

#[test]
fn children_can_be_waited_for_under_a_parent_that_ignores_them() {
    let project = sleeper(
        "[alert.mail]\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"cat > mail.txt\"]\n\n[service.app.probes]\nask = { kind = \"command\", command = [\"/bin/sh\", \"-c\", \"exit 0\"] }",
    );
    let script = "import os, signal\n\
                  signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n\
                  signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n\
                  os.execv(os.environ['HEAL'], ['heal', 'heal'])\n";
    project.write("run.py", script);
    shell(&project, "exec /usr/bin/python3 run.py").exits(0);
    assert!(project.read("mail.txt").contains("\"opened\""));
    the_one(&project, NAP);
}

#[test]
fn with_few_descriptors_it_works_or_says_so_and_never_starts_a_second_one() {
    for limit in (4..=16).rev() {
        let project = sleeper("");
        project.heal(&["heal"]).exits(0);
        let pid = the_one(&project, NAP);
        let ran = shell(&project, &format!("ulimit -n {limit}; exec \"$HEAL\" heal"));
        assert!([0, 1, 3, 74, 78].contains(&ran.code), "{limit}: {ran:?}");
        assert!(limit < 12 || ran.code == 0, "{limit}: {ran:?}");
        assert_eq!(running(&project, NAP), [pid], "{limit}: {ran:?}");
        // And when it is dead: cured, or an error that says why. Never half.
        end(pid);
        let ran = shell(&project, &format!("ulimit -n {limit}; exec \"$HEAL\" heal"));
        assert!([0, 1, 2, 3, 74, 78].contains(&ran.code), "{limit}: {ran:?}");
        assert!(ran.code != 0 || running(&project, NAP).len() == 1, "{limit}: {ran:?}");
        assert!(limit < 16 || ran.code == 0, "{limit}: {ran:?}");
    }
}

#[test]
fn a_limit_on_file_sizes_is_an_error_and_no_death() {
    let project = sleeper("log = \"app.log\"");
    shell(&project, "ulimit -f 64; exec \"$HEAL\" heal").exits(0);
    end(the_one(&project, NAP));
    // The journal has no room left for one more line.
    shell(&project, "head -c 70000 /dev/zero | tr '\\0' '\\n' >> \"$(echo data/journal/*.jsonl)\"").exits(0);
    let ran = shell(&project, "ulimit -f 64; exec \"$HEAL\" heal").exits(74);
    assert!(ran.stdout.contains("cannot write the journal"), "{ran:?}");
    // It is positively dead: it is started all the same, and that is written down elsewhere.
    the_one(&project, NAP);
    assert!(project.journal_meanwhile().iter().any(|event| event["event"] == "started"));
}
