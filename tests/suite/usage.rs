//! What if something was mistyped, or nobody reads the answer? Help and usage errors (64, never clap's 2), closed and full outputs.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use expect_test::expect;

use super::support::Project;

const SUBCOMMANDS: &[&str] = &[
    "check",
    "status",
    "doctor",
    "heal",
    "clean-locks",
    "undo",
    "update",
    "restart",
    "pause",
    "resume",
    "hold",
    "release",
    "lock",
    "beat",
    "init",
    "install",
    "uninstall",
    "config",
    "completions",
    "man",
];

#[test]
fn the_help_of_heal() {
    let project = Project::new("");
    let ran = project.heal(&["-h"]).exits(0);
    expect![[r#"
        Keeps the services of one box alive: looks, decides, acts, verifies, remembers, exits

        Usage: heal [OPTIONS] <COMMAND>

        Look:
          check          Look at everything that is declared, and judge it; changes nothing
          status         Tell what is remembered: incidents, budgets, holds, pauses, the last acts and ticks; looks at nothing
          validate-state Look at directories, links and state files; say what is wrong, and where
          crash          Record starts, stops and crashes; say whether they are a pattern
          doctor         Tell whether heal itself is in order: schedule, ticks, clock, files, tools, channels; changes nothing

        Act:
          heal           One tick: look, decide, act one rung, verify, record, alert
          clean-locks    Clear locks that are proved stale; tell who holds the others
          revert         Take back the code that a service crashes with
          update         Bring the code forward to what was pushed, and back if that does not do well
          undo           Take back what a run changed
          checkpoint     Save states under numbers; prove and restore them
          restart        Start a service again, because you say so: verified, and not counted against its budget
          run            Run the command that is a service, and record when it starts, stops and crashes, and on which release
          pause          Keep heal's hands off services for a while: looked at and reported, never acted upon
          resume         End the pause of services, so that heal may act on them again
          hold           Hold a service until somebody releases it: no more acts, however long that takes
          release        End the hold of a service, so that heal may act on it again
          lock           Run a command, such as a deploy, while heal keeps its hands off
          alert          Send an alert, and see to those that wait
          beat           Write a heartbeat, from the work loop of a service

        Set up:
          init           Write a commented heal.toml into this directory (or where --config says)
          install        Have systemd, launchd or cron start heal, as `[schedule]` says
          uninstall      Remove what `heal install` wrote for this project
          config         Check heal.toml, show what it comes to, list what may stand in it
          completions    Print the completion script of a shell
          man            Print a page of the manual

        Options:
              --config <FILE>    Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)
              --set <KEY=VALUE>  Override a setting, such as service.bot.startup_grace=5m (else
                                 $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated
              --json             Print one JSON document instead of text
              --format <FORMAT>  Print the answer in this format [possible values: human, json, nagios]
              --exit-map <MAP>   End with other exit codes, such as 1=0,2=1
          -q, --quiet            Print nothing while all is well
              --color <WHEN>     Colour the text [possible values: auto, always, never]
          -h, --help             Print help (see more with '--help')
          -V, --version          Print version
    "#]]
    .assert_eq(&ran.stdout);
    let long = project.heal(&["--help"]).exits(0).stdout;
    for code in ["   0  fine", "  64  wrong usage", "  78  heal.toml is missing"] {
        assert!(long.contains(code), "{long}");
    }
    assert_eq!(project.heal(&["-V"]).exits(0).stdout, format!("heal {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_subcommand_has_help_that_says_what_it_does() {
    let project = Project::new("");
    for name in SUBCOMMANDS {
        for flag in ["-h", "--help"] {
            let help = project.heal(&[name, flag]).exits(0).stdout;
            assert!(help.contains(&format!("Usage: heal {name}")), "{help}");
            // What stands in the source for its readers must not reach the user's help.
            assert!(!help.contains("commands::") && !help.starts_with("See "), "{help}");
        }
    }
    for name in ["check", "show", "kinds"] {
        project.heal(&["config", name, "--help"]).exits(0);
    }
}

#[test]
fn nothing_typed() {
    let project = Project::new("");
    let ran = project.heal::<&str>(&[]).exits(64);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.starts_with("heal: a subcommand is missing\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Usage: heal [OPTIONS] <COMMAND>"), "{}", ran.stderr);
    project.heal(&["config"]).exits(64);
}

#[test]
fn help_is_understood_as_a_word_too() {
    let project = Project::new("");
    for (word, flag) in [(&["help"][..], &["--help"][..]), (&["help", "check"], &["check", "--help"])] {
        assert_eq!(project.heal(word).exits(0).stdout, project.heal(flag).exits(0).stdout);
    }
}

#[test]
fn what_was_mistyped_is_named() {
    let project = Project::new("");
    let said = |args: &[&str]| {
        let ran = project.heal(args).exits(64);
        assert_eq!(ran.stdout, "", "{args:?}");
        format!("$ heal {}\n{}\n", args.join(" "), ran.stderr.trim_end())
    };
    let all: String = [
        &["chek"][..],
        &["check", "--onyl", "x"],
        &["check", "--only"],
        &["check", "surplus"],
        &["release"],
        &["check", "--config", "a", "--config", "b"],
        &["--format", "xml", "check"],
        &["completions", "tcsh"],
        &["man", "chekc"],
        &["config", "chek"],
    ]
    .into_iter()
    .map(said)
    .collect();
    expect![[r#"
        $ heal chek
        heal: unrecognized subcommand 'chek'

          tip: some similar subcommands exist: 'checkpoint', 'check'

        Usage: heal [OPTIONS] <COMMAND>

        For more information, try '--help'.
        $ heal check --onyl x
        heal: unexpected argument '--onyl' found

          tip: a similar argument exists: '--only'

        Usage: heal check --only <NAME>

        For more information, try '--help'.
        $ heal check --only
        heal: a value is required for '--only <NAME>' but none was supplied

        For more information, try '--help'.
        $ heal check surplus
        heal: unexpected argument 'surplus' found

        Usage: heal check [OPTIONS]

        For more information, try '--help'.
        $ heal release
        heal: the following required arguments were not provided: <SERVICE>

        Usage: heal release <SERVICE>

        For more information, try '--help'.
        $ heal check --config a --config b
        heal: the argument '--config <FILE>' cannot be used multiple times

        Usage: heal check [OPTIONS]

        For more information, try '--help'.
        $ heal --format xml check
        heal: invalid value 'xml' for '--format <FORMAT>' [possible values: human, json, nagios]

        For more information, try '--help'.
        $ heal completions tcsh
        heal: invalid value 'tcsh' for '<SHELL>' [possible values: bash, elvish, fish, powershell, zsh]

          tip: a similar value exists: 'zsh'

        For more information, try '--help'.
        $ heal man chekc
        heal: there is no page heal-chekc
          pages: heal, heal-check, heal-status, heal-doctor, heal-heal, heal-clean-locks, heal-validate-state, heal-checkpoint, heal-checkpoint-save, heal-checkpoint-restore, heal-checkpoint-list, heal-checkpoint-verify, heal-release, heal-undo, heal-update, heal-update-check, heal-update-apply, heal-update-rollback, heal-update-status, heal-update-history, heal-pause, heal-resume, heal-hold, heal-restart, heal-lock, heal-revert, heal-crash, heal-crash-log, heal-crash-pattern, heal-crash-history, heal-run, heal-alert, heal-alert-test, heal-alert-flush, heal-alert-list, heal-alert-ack, heal-alert-preview, heal-beat, heal-init, heal-install, heal-uninstall, heal-config, heal-config-check, heal-config-show, heal-config-kinds, heal-config-schema, heal-completions, heal-man
        $ heal config chek
        heal: unrecognized subcommand 'chek'

          tip: some similar subcommands exist: 'schema', 'check'

        Usage: heal config [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]].assert_eq(&all);
}

#[test]
fn every_path_of_failure_is_one_document_with_json() {
    let project = Project::new("[project]\n");
    let table: [(&[&str], i32, &str); 14] = [
        (&["--json"], 64, "usage"),
        (&["--json", "chek"], 64, "usage"),
        (&["check", "--json", "--bogus"], 64, "usage"),
        (&["--format", "json", "chek"], 64, "usage"),
        (&["--format=json", "check", "x"], 64, "usage"),
        (&["--json", "--format", "xml", "check"], 64, "usage"),
        (&["config", "--json"], 64, "usage"),
        (&["release", "--json"], 64, "usage"),
        (&["man", "--json", "nothing"], 64, "usage"),
        (&["completions", "--json", "tcsh"], 64, "usage"),
        (&["check", "--json"], 78, "config"),
        (&["heal", "--json", "--quiet"], 78, "config"),
        (&["check", "--json", "--config", "missing.toml"], 78, "config"),
        (&["init", "--json"], 73, "cannot-create"),
    ];
    for (args, code, kind) in table {
        let ran = project.heal(args).exits(code);
        let document = ran.json();
        assert_eq!(document["error"]["kind"], kind, "{args:?}");
        assert_eq!(document["exit_code"], code, "{args:?}");
        assert_eq!(document["status"], "error", "{args:?}");
        assert!(document["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{args:?}");
        assert_eq!(ran.stderr, "", "{args:?}: a program reads one place");
    }
    // The command is the one that was meant, also when its arguments were wrong.
    assert_eq!(project.heal(&["check", "--json", "--bogus"]).json()["command"], "check");
    // An argument that is missing is named in the message: a program shows nothing else.
    let message = project.heal(&["release", "--json"]).json()["error"]["message"].clone();
    assert!(message.as_str().is_some_and(|message| message.contains("<SERVICE>")), "{message}");
}

#[test]
fn arguments_that_are_not_text() {
    let project = Project::new("[project]\nname = \"x\"\n");
    let odd = OsStr::from_bytes(b"\xff\xfe");
    project.heal(&[odd]).exits(64);
    project.heal(&[OsStr::new("check"), odd]).exits(64);
    project.heal(&[OsStr::new("check"), OsStr::new("--only"), odd]).exits(64);
    project.heal(&[OsStr::new("--set"), odd, OsStr::new("check")]).exits(64);
    // A file may be called so.
    let ran = project.heal(&[OsStr::new("--config"), odd, OsStr::new("check")]).exits(78);
    assert!(ran.stderr.contains("it does not exist"), "{}", ran.stderr);
    project.heal(&[OsStr::new("--json"), odd]).exits(64).json();
}

#[test]
fn empty_arguments() {
    let project = Project::new("[project]\nname = \"x\"\n");
    let table: [(&[&str], i32); 7] = [
        (&[""], 64),
        (&["--config", "", "check"], 64),
        (&["check", "--set", ""], 64),
        (&["check", "--only", ""], 64),
        (&["release", ""], 64),
        (&["man", ""], 64),
        (&["completions", ""], 64),
    ];
    for (args, code) in table {
        let ran = project.heal(args);
        assert_eq!(ran.code, code, "{args:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.starts_with("heal: "), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn control_characters_that_were_typed_do_not_reach_the_terminal() {
    let project = Project::new("");
    for args in
        [&["\u{1b}]0;evil\u{7}"][..], &["check", "--config", "\u{1b}[2J"], &["check", "--set", "a\u{1b}[2J.b..c=1"]]
    {
        let ran = project.heal(args);
        assert!(ran.code == 64 || ran.code == 78, "{args:?}: {}", ran.code);
        assert!(!ran.stderr.contains('\u{1b}'), "{args:?}: {:?}", ran.stderr);
    }
}

#[test]
fn an_answer_that_nobody_reads_is_no_failure() {
    let project = Project::new("[project]\nname = \"x\"\n");
    for args in
        [&["config", "kinds"][..], &["--help"], &["man"], &["completions", "bash"], &["config", "show", "--json"]]
    {
        // The reader is gone before heal writes: as `| head -0`, without the race.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = project.command(args).stdout(writer).stderr(Stdio::piped()).output().expect("runs");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn outputs_that_are_closed() {
    let project = Project::new("[project]\nname = \"x\"\n");
    for (script, code) in [
        ("\"$0\" config kinds >&-", 0),
        ("\"$0\" config kinds <&- >&- 2>&-", 0),
        ("\"$0\" chek 2>&-", 64),
        ("\"$0\" --json chek >&- 2>&-", 64),
    ] {
        let status = Command::new("/bin/sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_heal")])
            .current_dir(project.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("runs");
        assert_eq!(status.code(), Some(code), "{script}");
    }
}

#[test]
fn a_full_disk_is_74() {
    let project = Project::new("[project]\nname = \"x\"\n");
    for args in [&["config", "kinds"][..], &["--help"], &["man"], &["config", "check", "--json"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("there");
        let mut child = project.command(args).stdout(full).stderr(Stdio::piped()).spawn().expect("runs");
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("read");
        assert_eq!(child.wait().expect("ended").code(), Some(74), "{args:?}");
        assert_eq!(said, "heal: cannot write the answer: No space left on device (os error 28)\n", "{args:?}");
    }
}
