//! Would a monitoring system understand it? `--format nagios` is read back by the grammar of the plugin guidelines, by
//! Perl's Monitoring::Plugin, and by `negate` of the monitoring-plugins; and `--exit-map` comes last.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::expect;

use super::acting::{NAP, later, sleeper};
use super::support::{Project, Ran};

/// A page as a monitoring system takes it apart.
#[derive(Debug)]
struct Page {
    state: String,
    text: String,
    figures: Vec<Figure>,
}

#[derive(Debug, PartialEq)]
struct Figure {
    label: String,
    value: String,
    rest: Vec<String>,
}

/// `'label'=value[UOM];[warn];[crit];[min];[max]`, read strictly; all that is left of the text.
fn figure(text: &str) -> Result<(Figure, &str), String> {
    let wrong = |what: &str| format!("{what}: {text}");
    let (label, rest) =
        text.strip_prefix('\'').and_then(|text| text.split_once("'=")).ok_or_else(|| wrong("no quoted label"))?;
    if label.is_empty() || label.contains(['=', '\'', '|']) {
        return Err(wrong("a label"));
    }
    let (token, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut fields = token.split(';').map(str::to_owned);
    let value = fields.next().unwrap_or_default();
    let units = ["", "s", "us", "ms", "%", "B", "KB", "MB", "TB", "c"];
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    if value != "U" && !(is_number(digits) && units.contains(&&value[digits.len()..])) {
        return Err(wrong("a value"));
    }
    let rest_fields: Vec<String> = fields.collect();
    for (at, field) in rest_fields.iter().enumerate() {
        let right = field.is_empty() || if at < 2 { is_range(field) } else { at < 4 && is_number(field) };
        if !right {
            return Err(wrong("a limit"));
        }
    }
    Ok((Figure { label: label.to_owned(), value, rest: rest_fields }, rest))
}

fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(part)
}

/// `[@][start:][end]`, start not above end, `~` for minus infinity.
fn is_range(text: &str) -> bool {
    let text = text.strip_prefix('@').unwrap_or(text);
    let (start, end) = text.split_once(':').unwrap_or(("0", text));
    let low = match start {
        "~" | "" => Some(f64::NEG_INFINITY),
        start => start.parse().ok().filter(|_| is_number(start)),
    };
    let high = if end.is_empty() { Some(f64::INFINITY) } else { end.parse().ok().filter(|_| is_number(end)) };
    low.zip(high).is_some_and(|(low, high): (f64, f64)| low <= high && !(start.is_empty() && end.is_empty()))
}

fn page(text: &str) -> Result<Page, String> {
    let first = text.lines().next().ok_or("nothing")?;
    if first.len() > 1_024 || text.len() > 8_192 || !text.ends_with('\n') {
        return Err("too long, or no end of the line".to_owned());
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err("a control character".to_owned());
    }
    let (head, perf) = first.split_once(" | ").unwrap_or((first, ""));
    let (state, said) = head.strip_prefix("HEAL ").and_then(|head| head.split_once(": ")).ok_or("no state")?;
    if !["OK", "WARNING", "CRITICAL", "UNKNOWN"].contains(&state) || said.is_empty() {
        return Err(format!("the state: {state:?} {said:?}"));
    }
    let mut perf = perf.to_owned();
    for line in text.lines().skip(1) {
        // Behind the second bar are figures up to the end.
        if let Some((_, more)) = line.split_once(" | ") {
            perf = format!("{perf} {more}");
        }
    }
    let (mut rest, mut figures) = (perf.trim(), Vec::new());
    while !rest.is_empty() {
        let (one, left) = figure(rest)?;
        figures.push(one);
        rest = left.trim_start();
    }
    let labels: BTreeSet<&str> = figures.iter().map(|figure| figure.label.as_str()).collect();
    if labels.len() < figures.len() || text.matches('|').count() > 2 {
        return Err("a label twice, or a bar in the text".to_owned());
    }
    Ok(Page { state: state.to_owned(), text: said.to_owned(), figures })
}

/// The page of a run, whose state agrees with its code and which left stderr alone.
#[track_caller]
fn read(ran: &Ran) -> Page {
    let page = page(&ran.stdout).unwrap_or_else(|why| panic!("{why}\n{ran:?}"));
    let state = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::try_from(ran.code).expect("a code").min(3)];
    assert_eq!((page.state.as_str(), ran.stderr.as_str()), (state, ""), "{ran:?}");
    assert!(ran.code <= 3, "{ran:?}");
    page
}

#[test]
fn the_reader_is_strict() {
    for right in ["'a'=1", "'a b'=1.5s;;10", "'a'=1B;5:;@1:2;0;9", "'a'=U;~:3", "'a'=-1%;0;0;0;100"] {
        figure(right).unwrap_or_else(|why| panic!("{why}"));
    }
    for wrong in
        ["a=1", "'a'=", "'a'=1e5", "'a'=1x", "'a'=1;2;3;4;5;6", "'a'=1;5:2", "'a'=1;:", "'a'=1,5", "'a'=.5", "''=1"]
    {
        assert!(figure(wrong).is_err(), "{wrong}");
    }
    for wrong in ["OK: fine\n", "HEAL FINE: x\n", "HEAL OK: x", "HEAL OK: x | 'a'=1 'a'=2\n", "HEAL OK: \u{1b}[2J\n"] {
        assert!(page(wrong).is_err(), "{wrong}");
    }
}

/// A host with a heartbeat, which is measured, and a command that says whatever it likes.
fn project() -> Project {
    Project::new(
        r#"[project]
name = "x"
[host.probes]
work = { kind = "beat", within = "5m", progress_within = "20m" }
say = { kind = "command", command = ["sh", "-c", "cat said 2>/dev/null; exit $(cat code)"], plugin = true }
"#,
    )
}

#[test]
fn every_verdict_is_a_page() {
    let project = project();
    project.write("code", "0");
    project.heal(&["beat", "host", "--progress", "1"]).exits(0);
    let ran = project.heal(&["check", "--format", "nagios"]).exits(0);
    let fine = read(&ran);
    assert_eq!(fine.text, "1 healthy");
    let labels: Vec<&str> = fine.figures.iter().map(|figure| figure.label.as_str()).collect();
    assert_eq!(labels[..4], ["services", "unhealthy", "unknown", "duration"]);
    let age = fine.figures.iter().find(|figure| figure.label == "host/work_age").expect("measured");
    assert!(age.value.ends_with('s') && age.rest == ["", "300"], "{age:?}");
    for (code, state) in [("1", 1), ("2", 2), ("3", 3)] {
        project.write("code", code);
        project.write("said", "a | 'evil'=1;2\n\u{1b}[2J and | more\n");
        for command in ["check", "heal"] {
            let page = read(&project.heal(&[command, "--format", "nagios", "--quiet"]).exits(state));
            assert!(
                page.text.starts_with("host ")
                    && page.text.contains(&format!("exit code {code}: a"))
                    && page.figures.iter().all(|figure| figure.label != "evil"),
                "{page:?}"
            );
        }
    }
    let stale = read(&later(&project, "6m", &["check", "--format=nagios"]).exits(2));
    assert!(stale.text.starts_with("host "), "{stale:?}");
}

#[test]
fn what_waits_for_a_person_is_critical() {
    let project = sleeper("restart_limit = \"1 per 1h\"\nladder = [\"restart\"]\n");
    let config = project.read("heal.toml").replace(r#"["sleep", "86400"]"#, r#"["false"]"#);
    project.write("heal.toml", &config);
    let acted = read(&project.heal(&["heal", "--format", "nagios"]).exits(2));
    assert!(acted.text.starts_with("app failed by restart, was: not running"), "{acted:?}");
    later(&project, "1m", &["heal"]).exits(69);
    let held = read(&later(&project, "2m", &["heal", "--format", "nagios"]).exits(2));
    assert!(held.text.starts_with("app dead: not running (1 of 1)"), "{held:?}");
    let status = read(&later(&project, "2m", &["status", "--format", "nagios"]).exits(2));
    let acts = status.figures.iter().find(|figure| figure.label == "app_acts").expect("counted");
    assert_eq!((acts.value.as_str(), acts.rest.as_slice()), ("1", &["0".to_owned()][..]));
    assert!(status.figures.iter().any(|figure| figure.label == "last_tick_age"), "{status:?}");
}

#[test]
fn a_failure_of_heal_itself_is_unknown_in_one_line() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let nagios = ["--format", "nagios"];
    let mut said = String::new();
    let mut fails = |project: &Project, args: &[&str]| {
        let ran = project.heal(args).exits(3);
        assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (1, ""), "{ran:?}");
        read(&ran);
        said.push_str(&project.normalise(&ran.stdout));
    };
    fails(&project, &[&["check", "--onyl", "x"][..], &nagios].concat());
    fails(&project, &["check", "--only", "x|y", "--format=nagios"]);
    fails(&project, &[&nagios[..], &["release", "app"]].concat());
    fails(&project, &[&nagios[..], &["check", "--json"]].concat());
    fails(&project, &[&nagios[..], &["check", "--exit-map", "1"]].concat());
    fails(&project, &nagios);
    let lock = std::fs::OpenOptions::new().write(true).open(project.path("data/recovery-in-progress")).expect("there");
    fs2::FileExt::lock_exclusive(&lock).expect("taken");
    std::fs::write(project.path("data/recovery-in-progress"), "").expect("written");
    fails(&project, &[&["heal", "--quiet"][..], &nagios].concat());
    fails(&Project::new("[project]\nname = \"a|b\n"), &[&["status"][..], &nagios].concat());
    expect![[r#"
        HEAL UNKNOWN: unexpected argument '--onyl' found
        HEAL UNKNOWN: there is no service `x¦y` in [DIR]/heal.toml (it declares: app)
        HEAL UNKNOWN: `heal release` has no answer in the format nagios (it has human and json; check, heal and status have nagios as well)
        HEAL UNKNOWN: --json and --format nagios are two answers, and heal gives one (leave one of them out)
        HEAL UNKNOWN: invalid value '1' for '--exit-map <MAP>': `1` is not a pair such as 1=0; write 1=0,2=1 to map 1 to 0 and 2 to 1
        HEAL UNKNOWN: 'heal' requires a subcommand but one was not provided [subcommands: check, status, doctor, heal, clean-locks, validate-state, checkpoint, release, undo, update, pause, resume, hold, restart, lock, revert, crash, run, alert, beat, init, install, uninstall, config, completions, man]
        HEAL UNKNOWN: another recovery is in progress (try again when it is done)
        HEAL UNKNOWN: [DIR]/heal.toml has 1 fault: heal.toml:2:12: not TOML: the closing `"` of this text is missing (correct it and try again with `heal config check`)
    "#]].assert_eq(&said);
}

/// 40 probes, more than one line holds.
#[test]
fn many_figures_go_on_at_the_end() {
    let mut config = "[project]\nname = \"x\"\n[host.probes]\n".to_owned();
    for loop_ in 0..40 {
        config.push_str(&format!(
            "a-loop-with-a-long-name-{loop_} = {{ kind = \"beat\", within = \"5m\", loop = \"{loop_}\" }}\n"
        ));
    }
    let project = Project::new(&config);
    for loop_ in 0..40 {
        project.heal(&["beat", &format!("host/{loop_}")]).exits(0);
    }
    let ran = project.heal(&["check", "--format", "nagios"]).exits(0);
    assert_eq!(read(&ran).figures.len(), 4 + 40);
    assert!(ran.stdout.lines().last().is_some_and(|line| line.contains(" more figures | ")), "{ran:?}");
}

/// Real consumers, not our reading of the rules.
#[test]
fn others_understand_it_as_well() {
    let negate = "/usr/lib/nagios/plugins/negate";
    assert!(Path::new(negate).exists(), "scripts/test installs monitoring-plugins-basic");
    let mut project = sleeper("[service.app.probes]\nwork = { kind = \"beat\", within = \"5m\" }\n");
    let heal = env!("CARGO_BIN_EXE_heal");
    // Fine becomes critical, and the other way round; the word in the text follows (-s).
    let ran = project.run(&mut project.command_of(negate, &["-s", heal, "check", "--format", "nagios"]));
    assert_eq!((ran.code, ran.stdout.starts_with("HEAL OK: app ")), (0, true), "{ran:?}");
    project.spawn(&["sleep", NAP]);
    project.heal(&["beat", "app"]).exits(0);
    let ran = project.run(&mut project.command_of(negate, &["-s", heal, "check", "--format", "nagios"]));
    assert_eq!((ran.code, ran.stdout.starts_with("HEAL CRITICAL: 1 healthy | ")), (2, true), "{ran:?}");

    let page = project.heal(&["check", "--format", "nagios"]).exits(0).stdout;
    let perf = page.lines().next().and_then(|line| line.split_once(" | ")).expect("figures").1.to_owned();
    let script = r#"use Monitoring::Plugin::Performance;
        for (Monitoring::Plugin::Performance->parse_perfstring($ARGV[0])) {
            my $critical = $_->threshold->critical->is_set ? $_->threshold->critical->end : "none";
            print $_->label, " ", ($_->uom // ""), " $critical\n";
        }"#;
    let output = Command::new("perl").args(["-e", script, &perf]).stdin(Stdio::null()).output().expect("perl");
    assert!(output.status.success(), "scripts/test installs libmonitoring-plugin-perl: {output:?}");
    expect![[r#"
        services  none
        unhealthy  0
        unknown  none
        duration s none
        app/work_age s 300
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_map_comes_last_and_leaves_the_document_alone() {
    let project = project();
    project.write("code", "1");
    project.heal(&["beat", "host", "--progress", "1"]).exits(0);
    let nagios = ["check", "--format", "nagios"];
    let table: [(&[&str], &str, i32); 8] = [
        (&["check"], "1=0,2=1", 0),
        (&["check"], "2=1", 1),
        (&["check"], "1=75,75=0", 75),
        (&["check", "--only", "x"], "64=3", 3),
        (&["chekc"], "64=3", 3),
        (&["config", "check"], "0=7", 7),
        (&nagios, "1=0", 0),
        (&["check", "--only", "x", "--format", "nagios"], "3=1,64=2", 1),
    ];
    for (args, map, code) in table {
        project.heal(&[args, &["--exit-map", map]].concat()).exits(code);
        project.heal(&[args, &[&format!("--exit-map={map}")]].concat()).exits(code);
    }
    let document = project.heal(&["check", "--json", "--exit-map", "1=0"]).exits(0).json();
    assert_eq!((&document["exit_code"], &document["status"]), (&1.into(), &"warning".into()));
    for map in ["", "1", "1=256", "one=1", "1=0,1=2", "1=0,"] {
        let ran = project.heal(&["check", "--exit-map", map]).exits(64);
        assert!(ran.stderr.contains("--exit-map"), "{map}: {}", ran.stderr);
    }
}
