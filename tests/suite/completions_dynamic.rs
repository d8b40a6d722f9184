//! Do real shells complete the names that stand in heal.toml? Each at a terminal of its own, with no files of the user's,
//! and the script that `heal completions` prints. What else a shell may ask, heal answers without one.

use std::process::{Command, Stdio};

use rexpect::session::{Options, PtySession, spawn_with_options};

use super::support::{Project, Ran};

/// A shell on a machine that is busy.
const PATIENCE: u64 = 30_000;

/// What a shell says when it is ready.
const PROMPT: &str = "READY> ";

const CONFIG: &str = r#"[project]
name = "x"

[service.trading-bot]
match = { executable = "python3", args_contain = "bot.py" }
probes.freshness = { kind = "fresh", path = "x.log", within = "5m" }

[service.zebra]
match = { executable = "zebra" }

[lock.runlock]
kind = "pid"
paths = ["run.lock"]

[state.positions]
path = "positions.json"

[host.probes]
disk = { kind = "disk", path = ".", warn_below = "1GB", critical_below = "512MB" }
"#;

/// Asks as the script of fish does.
fn ask(project: &Project, words: &[&str]) -> Ran {
    let words: Vec<&str> = ["--"].into_iter().chain(words.iter().copied()).collect();
    project.run(project.command(&words).env("COMPLETE", "fish"))
}

/// The candidates, without their descriptions and without flags.
fn names(ran: &Ran) -> Vec<&str> {
    let words = ran.stdout.lines().map(|line| line.split('\t').next().unwrap_or(line));
    words.filter(|word| !word.starts_with('-')).collect()
}

#[test]
fn names_stand_in_the_file_that_the_command_line_names() {
    let project = Project::new(CONFIG);
    project.write("other/heal.toml", "[project]\nname = \"y\"\n[service.elsewhere]\nmatch = { executable = \"x\" }\n");
    let table: [(&[&str], &[&str]); 15] = [
        (&["heal", "release", ""], &["trading-bot", "zebra"]),
        (&["heal", "release", "z"], &["zebra"]),
        (&["heal", "pause", ""], &["trading-bot", "zebra"]),
        (&["heal", "pause", "zebra", "t"], &["trading-bot"]),
        (&["heal", "resume", ""], &["trading-bot", "zebra"]),
        (&["heal", "hold", ""], &["trading-bot", "zebra"]),
        (&["heal", "restart", "z"], &["zebra"]),
        (&["heal", "lock", "--service", ""], &["trading-bot", "zebra"]),
        (&["heal", "check", "--only", ""], &["trading-bot", "zebra", "host"]),
        (&["heal", "heal", "--dry-run", "--only", "t"], &["trading-bot"]),
        (&["heal", "--config", "other/heal.toml", "release", ""], &["elsewhere"]),
        (&["heal", "release", "--config=other/heal.toml", ""], &["elsewhere"]),
        (&["heal", "--config", "nowhere.toml", "release", ""], &[]),
        (&["heal", "check", "--set", "lock."], &["lock.runlock.kind=", "lock.runlock.paths="]),
        (
            &["heal", "check", "--set", "service.trading-bot.probes.freshness.w"],
            &["service.trading-bot.probes.freshness.within="],
        ),
    ];
    for (words, expected) in table {
        let ran = ask(&project, words).exits(0);
        assert_eq!(names(&ran), expected, "{words:?}");
        assert_eq!(ran.stderr, "", "{words:?}");
    }
    let ran = ask(&project, &["heal", "--set", "state."]).exits(0);
    assert_eq!(names(&ran), ["state.positions.path="]);
    // From a folder below, the file above is found; nothing was written anywhere.
    let below = project.run(
        project
            .command(&["--", "heal", "release", "z"])
            .env("COMPLETE", "zsh")
            .env("_CLAP_COMPLETE_INDEX", "2")
            .current_dir(project.path("other/..")),
    );
    assert_eq!(below.exits(0).stdout, "zebra");
    assert!(!project.path("data").exists());
}

#[test]
fn a_file_that_cannot_be_read_completes_nothing_and_says_nothing() {
    for text in ["", "[service", "service = 3", "\0", "[service.\"`touch gone`\"]\nmatch = 1\n"] {
        let project = Project::new(text);
        let ran = ask(&project, &["heal", "release", ""]).exits(0);
        assert_eq!((names(&ran).len(), ran.stderr.as_str()), (0, ""), "{text}");
        assert!(!project.path("gone").exists());
    }
    let project = Project::new(CONFIG);
    std::fs::remove_file(project.path("heal.toml")).expect("removed");
    nix::unistd::mkfifo(&project.path("heal.toml"), nix::sys::stat::Mode::S_IRWXU).expect("made");
    let ran = ask(&project, &["heal", "release", ""]).exits(0);
    assert_eq!((names(&ran).len(), ran.stderr.as_str()), (0, ""), "a FIFO is not waited for");
    for words in [&[][..], &["heal"], &["heal", "nonsense", ""], &["heal", "\u{1b}", ""], &["", "", ""]] {
        ask(&project, words).exits(0);
    }
}

#[test]
fn a_variable_that_was_left_behind_does_not_keep_heal_from_its_work() {
    let mut project = Project::new(CONFIG);
    for shell in ["bash", "zsh", "nonsense", "1"] {
        project.env("COMPLETE", shell);
        assert!(project.heal(&["config", "check"]).exits(0).stdout.contains("is right"), "{shell}");
        project.heal(&["check", "--only", "nobody"]).exits(64);
    }
    let ran = project.env("COMPLETE", "tcsh").heal::<&str>(&[]).exits(64);
    assert!(ran.stderr.contains("it can be: bash, elvish, fish, powershell, zsh"), "{}", ran.stderr);
    project.env("COMPLETE", "0").heal::<&str>(&[]).exits(64);
}

#[test]
fn both_ways_to_the_script_print_the_same() {
    let project = Project::new("");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let asked = project.run(project.command::<&str>(&[]).env("COMPLETE", shell)).exits(0).stdout;
        assert_eq!(project.heal(&["completions", shell]).exits(0).stdout, asked, "{shell}");
        assert!(asked.contains("COMPLETE") && asked.contains(env!("CARGO_BIN_EXE_heal")), "{shell}: {asked}");
    }
}

/// A shell at a terminal, in the project, with heal in its PATH.
fn shell(project: &Project, argv: &[&str]) -> PtySession {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_heal")).parent().expect("a folder");
    let mut command: Command = project.command_of(argv[0], &argv[1..]);
    command
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()))
        .env("HOME", project.path("home"))
        .env("ZDOTDIR", project.path("home"))
        .env("XDG_CONFIG_HOME", project.path("home"))
        .env("XDG_DATA_HOME", project.path("home"))
        .env("TERM", "dumb")
        .env("LC_ALL", "C.UTF-8")
        .env("PS1", PROMPT)
        // Else it is applied after the terminal was put in its place.
        .stdin(Stdio::inherit());
    std::fs::create_dir_all(project.path("home")).expect("created");
    let options = Options::new().timeout_ms(Some(PATIENCE)).strip_ansi_escape_codes(true);
    let mut session = spawn_with_options(command, options).unwrap_or_else(|error| panic!("{}: {error}", argv[0]));
    // A shell may take no notice of a hang-up.
    session.process_mut().set_kill_timeout(Some(200));
    session
}

/// Tells a shell what to load, and completes in it. What was completed is then run: only heal itself says that it knows the
/// service, and it is typed by nobody.
#[track_caller]
fn completes(argv: &[&str], load: &str, listed: &str) {
    let project = Project::new(CONFIG);
    let mut session = shell(&project, argv);
    let mut expect = |typed: &str, told: &str| {
        session.send(typed).expect("typed");
        session.flush().expect("sent");
        let heard = session.exp_string(told);
        heard.unwrap_or_else(|error| panic!("{argv:?}: after {typed:?}, no {told:?}: {error}"));
    };
    // What was typed is echoed: the answer has to differ from the question.
    expect(&format!("{load} && echo loa''ded\n"), "loaded");
    // What is typed before the line editor reads may be lost to it.
    expect("", PROMPT);
    expect("heal release tra\t\n", "trading-bot was not held; nothing to do");
    expect("", PROMPT);
    expect("heal check --only z\t\n", "zebra (dead)");
    expect("", PROMPT);
    // Several fit: bash and zsh list them, fish puts the first one on the line.
    expect("heal release \t\t", listed);
}

#[test]
fn bash_completes_names() {
    completes(&["bash", "--norc", "--noprofile", "-i"], "source <(heal completions bash)", "zebra");
}

#[test]
fn zsh_completes_names() {
    completes(
        &["zsh", "-f", "-i"],
        "autoload -Uz compinit && compinit -D -u && source <(heal completions zsh)",
        "zebra",
    );
}

#[test]
fn fish_completes_names() {
    completes(
        &["fish", "--no-config", "-i"],
        "function fish_prompt; echo 'READY> '; end; heal completions fish | source",
        "trading-bot",
    );
}
