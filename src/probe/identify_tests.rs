//! Who is the service, case by case, in a process table that each test writes down itself?

use std::io::Write as _;
use std::path::PathBuf;

use super::*;
use crate::host::process::{Kin, Row};
use crate::model::Span;
use crate::model::service::Launch;

pub(super) const BOT: &str = "/usr/bin/python3 service.py";

/// A process table written down. pid 2000 is heal, 1900 the cron that started it.
#[derive(Default)]
pub(super) struct Table {
    pub(super) processes: Vec<Process>,
    cmdlines: Vec<(i32, Vec<u8>)>,
    pub(super) hidden: Vec<i32>,
    /// Who carries the mark of the last start.
    pub(super) marked: Vec<i32>,
    pub(super) named: Vec<i32>,
    pub(super) contained: Vec<i32>,
}

impl Table {
    pub(super) fn of(processes: Vec<Process>) -> Self {
        let cmdline =
            |process: &Process| -> Vec<u8> { process.args.iter().flat_map(|arg| arg.bytes().chain([0])).collect() };
        let cmdlines = processes.iter().map(|process| (process.identity.pid, cmdline(process))).collect();
        Self { processes, cmdlines, ..Self::default() }
    }
}

impl Processes for Table {
    fn rows(&self) -> Result<Vec<Row<'_>>, String> {
        // As /proc does: who has no command line has no row.
        let shown = self.cmdlines.iter().filter(|(_, cmdline)| !cmdline.is_empty());
        Ok(shown.map(|(pid, cmdline)| Row { pid: *pid, cmdline }).collect())
    }

    fn detail(&self, pid: i32) -> Detail {
        if self.hidden.contains(&pid) {
            return Detail::Hidden("permission denied".to_owned());
        }
        let found = self.processes.iter().find(|process| process.identity.pid == pid);
        found.map_or(Detail::Gone, |process| Detail::Seen(Box::new(process.clone())))
    }

    fn has_another_root(&self, pid: i32) -> bool {
        self.contained.contains(&pid)
    }

    fn has_variable(&self, pid: i32, variable: &str) -> bool {
        variable == "HEAL_INTENT=i1" && self.marked.contains(&pid)
    }

    fn carriers(&self, variable: &str) -> Vec<i32> {
        if variable == "HEAL_SERVICE=bot" { self.named.clone() } else { Vec::new() }
    }

    fn family(&self) -> Result<Vec<Kin>, String> {
        Ok(self.processes.iter().map(Process::kin).collect())
    }

    fn lineage(&self) -> &[i32] {
        &[2000, 1900, 1]
    }
}

pub(super) fn life(pid: i32, start: u64) -> Identity {
    Identity { pid, start, boot: crate::host::clock::boot_id().to_owned() }
}

/// A process of an hour in /srv/bot; its program is that of its first word.
pub(super) fn process(pid: i32, command: &str) -> Process {
    let args: Vec<String> = command.split(' ').filter(|arg| !arg.is_empty()).map(str::to_owned).collect();
    let exe = args.first().map(|program| PathBuf::from(program.replace("/python3", "/python3.11")));
    Process {
        identity: life(pid, 10_000),
        parent: 1,
        session: pid,
        state: 'S',
        age_ms: 3_600_000,
        exe,
        args,
        cwd: Some("/srv/bot".into()),
        uid: Some(1000),
    }
}

pub(super) fn child(pid: i32, parent: i32, command: &str) -> Process {
    Process { parent, session: parent, ..process(pid, command) }
}

pub(super) fn selector(text: &str) -> Selector {
    toml::from_str(text).expect("a selector")
}

pub(super) fn service(selector: Selector, start: Option<&str>) -> Service {
    let launch = start.map(|command| Launch {
        argv: command.split(' ').map(str::to_owned).collect(),
        cwd: "/srv/bot".into(),
        env: Default::default(),
        log: "/srv/bot/bot.log".into(),
        stop_grace: Span::secs(1),
    });
    Service { selector: Some(selector), launch, ..Service::named("bot") }
}

/// The answer in a word: `running 500`, `gone`, or `unknown: why`.
pub(super) fn answer(service: &Service, known: Option<&Identity>, table: &Table) -> String {
    let memory = Memory { known, started: known.map(|known| (known, "i1")), claims: None };
    match identify(service, Path::new("/srv/bot"), memory, table, false).0 {
        Who::Running { process, .. } => format!("running {}", process.identity.pid),
        Who::Gone { left, .. } if left.is_empty() => "gone".into(),
        Who::Gone { left, .. } => {
            format!("gone, left {:?}", left.iter().map(|one| one.identity.pid).collect::<Vec<_>>())
        }
        Who::Unknown { why } => format!("unknown: {why}"),
        Who::Unwatched => "unwatched".to_owned(),
    }
}

pub(super) const NAMES: &str = "executable = \"python3\"\nargs_contain = \"service.py\"\n";

fn by_names(processes: Vec<Process>) -> String {
    answer(&service(selector(NAMES), Some(BOT)), None, &Table::of(processes))
}

#[test]
fn a_program_is_known_by_its_name_in_all_its_spellings() {
    let table = [
        ("python3", "/usr/bin/python3", true),
        ("python3", "/opt/python3.12", true),
        ("python3", "/Library/Python.app/Contents/MacOS/Python", true), // FAILURES F17
        ("python", "/opt/python3.12", true),
        ("python3", "/usr/bin/python2.7", false),
        ("python3.1", "/opt/python3.12", false),
        ("python3", "/usr/bin/python3-config", false),
        ("python3", "/usr/bin/ipython3", false),
        ("bot", "/srv/bot/bot", true),
        ("bot", "/srv/bot/bot2", false), // another service beside it, not another version
        ("/srv/bot/bot", "/srv/bot/bot", true),
        ("/srv/bot/bot", "/srv/old/bot", false),
    ];
    for (name, exe, fits) in table {
        let mut one = process(500, "x service.py");
        one.args[0] = exe.to_owned();
        one.exe = Some(exe.into());
        let service = service(selector(&format!("executable = \"{name}\"")), Some(BOT));
        let expected = if fits { "running 500" } else { "gone" };
        assert_eq!(answer(&service, None, &Table::of(vec![one])), expected, "{name} and {exe}");
    }
}

#[test]
fn who_only_speaks_of_the_service_is_not_the_service() {
    for command in [
        "/usr/bin/tail -f service.py.log",
        "/usr/bin/vim service.py",
        "/bin/sh run_service.py.sh",
        "/bin/sh -c python3 service.py",
        "/usr/bin/less /srv/bot/service.py",
        "/usr/bin/pgrep -f python3 service.py",
        "/usr/bin/python3 other.py",
        "service.py",
        "",
    ] {
        assert_eq!(by_names(vec![process(500, command)]), "gone", "{command}");
        let both = vec![process(400, command), process(500, BOT)];
        assert_eq!(by_names(both), "running 500", "{command}");
    }
    // heal itself and its ancestors, whatever their arguments.
    assert_eq!(by_names(vec![process(2000, BOT), process(1900, BOT)]), "gone");
}

#[test]
fn the_same_program_elsewhere_is_another_service() {
    let there = |cwd: Option<&str>, command: &str| Process { cwd: cwd.map(Into::into), ..process(500, command) };
    let doubt = "its directory does not tell whose it is";
    let table = [
        (Some("/srv/bot"), BOT, "running 500"),
        (Some("/srv/bot/sub"), BOT, "running 500"),
        (Some("/srv/other"), BOT, "gone"),
        (Some("/srv/bot2"), BOT, "gone"),
        (Some("/srv/other"), "/usr/bin/python3 /srv/bot/service.py", "running 500"),
        (Some("/"), "/usr/bin/python3 /srv/bot/service.py", "running 500"),
        (Some("/"), BOT, doubt),
        (None, BOT, doubt),
    ];
    for (cwd, command, expected) in table {
        let said = by_names(vec![there(cwd, command)]);
        assert!(
            said == expected || expected == doubt && said.starts_with("unknown") && said.contains(doubt),
            "{cwd:?} {command}: {said}"
        );
    }
    let contained = Table { contained: vec![500], ..Table::of(vec![there(Some("/"), BOT)]) };
    let said = |known| answer(&service(selector(NAMES), Some(BOT)), known, &contained);
    assert!(said(None) == "gone" && said(Some(&process(500, BOT).identity)) != "gone");
    // Where `match` says the directory, it decides; and a service that heal does not start may run anywhere.
    let said = |text: &str, start, cwd| {
        answer(&service(selector(&format!("{NAMES}{text}")), start), None, &Table::of(vec![there(Some(cwd), BOT)]))
    };
    assert_eq!(said("cwd = \"/\"", Some(BOT), "/"), "running 500");
    assert_eq!(said("cwd = \".\"", Some(BOT), "/srv/bot"), "running 500");
    assert_eq!(said("cwd = \"/srv/x\"", Some(BOT), "/srv/bot"), "gone");
    assert_eq!(said("", None, "/anywhere"), "running 500");
}

#[test]
fn several_are_one_only_if_one_begot_the_others() {
    let workers = vec![process(500, BOT), child(501, 500, BOT), child(502, 501, BOT)];
    assert_eq!(by_names(workers), "running 500");
    let two = by_names(vec![process(500, BOT), process(600, BOT)]);
    assert!(two.starts_with("unknown: 2 processes fit (pids 500, 600), at most 1 may"), "{two}");
    let allowed = service(selector(&format!("{NAMES}max_matches = 2")), Some(BOT));
    assert_eq!(answer(&allowed, None, &Table::of(vec![process(500, BOT), process(600, BOT)])), "running 500");
    // The wrapper that waits for it is not it.
    let wrapped = vec![process(499, "/bin/sh ./run.sh"), child(500, 499, BOT), child(501, 500, BOT)];
    assert_eq!(by_names(wrapped), "running 500");
}

#[test]
fn the_dead_the_young_the_foreign_and_the_hidden() {
    let zombie = Process { state: 'Z', args: vec![], exe: None, cwd: None, ..process(500, BOT) };
    assert_eq!(by_names(vec![zombie]), "gone");
    // A row read just before the process became one.
    let mut torn = Table::of(vec![process(500, BOT)]);
    torn.processes[0].state = 'Z';
    let plain = service(selector(NAMES), Some(BOT));
    assert_eq!(answer(&plain, None, &torn), "gone");
    torn.processes.clear();
    assert_eq!(answer(&plain, None, &torn), "gone");

    let mut hidden = Table::of(vec![process(500, BOT)]);
    hidden.hidden.push(500);
    assert_eq!(answer(&plain, None, &hidden), "unknown: pid 500 cannot be looked at: permission denied");

    let said = |text: &str| {
        answer(&service(selector(&format!("{NAMES}{text}")), Some(BOT)), None, &Table::of(vec![process(500, BOT)]))
    };
    assert_eq!(said("user = \"1000\""), "running 500");
    assert_eq!(said("user = \"root\""), "gone");
    assert_eq!(said("min_age = \"1h\""), "running 500");
    assert_eq!(said("min_age = \"2h\""), "gone");
}

#[test]
fn what_may_not_be_seen_is_no_proof_of_death() {
    let unseen = Process { exe: None, cwd: None, uid: None, ..process(500, "bot service.py") };
    for text in [
        "args_contain = \"service.py\"\nuser = \"no-such-user-here\"",
        "args_contain = \"service.py\"\nuser = \"1000\"",
        "args_contain = \"service.py\"\ncwd = \".\"",
        "args_contain = \"service.py\"",
        "executable = \"/srv/bot/bot\"",
    ] {
        let said = answer(&service(selector(text), Some(BOT)), None, &Table::of(vec![unseen.clone()]));
        assert!(said.starts_with("unknown: pid 500 runs"), "{text}: {said}");
    }
    // But not everybody whom heal may not see could be the service.
    let stranger = Process { exe: None, ..process(500, "/usr/sbin/sshd -D") };
    let by_path = service(selector("executable = \"/srv/bot/bot\""), Some(BOT));
    assert_eq!(answer(&by_path, None, &Table::of(vec![stranger])), "gone");
}

/// With a pidfile that holds `content`; `None` for no file.
pub(super) fn by_pidfile(
    names: &str,
    start: Option<&str>,
    content: &str,
    known: Option<&Identity>,
    table: &Table,
) -> String {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(content.as_bytes()).expect("written");
    let text = format!("{names}pidfile = {:?}\n", file.path());
    answer(&service(selector(&text), start), known, table)
}

#[test]
fn a_pidfile_counts_only_with_who_runs_there() {
    let table = |other: &str| Table::of(vec![process(500, BOT), process(600, other)]);
    let said = |content: &str, table: &Table| by_pidfile(NAMES, Some(BOT), content, None, table);
    // It names the service, nobody, or a stranger who has the number now.
    assert_eq!(said("500", &table("/usr/bin/vim")), "running 500");
    assert_eq!(said("700", &table("/usr/bin/vim")), "running 500");
    assert_eq!(said("600", &table("/usr/bin/vim")), "running 500");
    assert_eq!(said("600", &Table::of(vec![process(600, "/usr/bin/vim")])), "gone");
    // It names a worker of the service: the service is its ancestor.
    let family = Table::of(vec![process(500, BOT), child(501, 500, "/usr/bin/python3 service.py worker")]);
    assert_eq!(said("501", &family), "running 500");
    // It names one, and another one fits.
    let both = said("600", &table(BOT));
    assert!(both.starts_with("unknown: 2 processes fit"), "{both}");
    // Nothing in it can be a pid, or it is one of ours: that settles nothing, whoever runs.
    for content in ["", "1", "0", "-1", "99999999999", "12 34", "garbage", "2000", "1900"] {
        let said = said(content, &table("/usr/bin/vim"));
        assert!(said.starts_with("unknown: the pidfile"), "{content}: {said}");
    }
    // A zombie is nobody.
    let mut dead = Table::of(vec![process(500, BOT)]);
    dead.processes[0].state = 'Z';
    assert_eq!(said("500", &dead), "gone");
    let mut hidden = Table::of(vec![process(500, BOT)]);
    hidden.hidden.push(500);
    assert!(said("500", &hidden).starts_with("unknown: pid 500 of the pidfile"));
}

#[test]
fn a_pidfile_alone_needs_a_tie_to_the_service() {
    let wrapped = |script: &str| Table::of(vec![process(499, script), child(500, 499, BOT)]);
    let start = Some("./run.sh --fast");
    let said = |content: &str, known: Option<&Identity>, table: &Table| by_pidfile("", start, content, known, table);
    // A wrapper that waits, behind its interpreter; and one that became the service.
    assert_eq!(said("500", None, &wrapped("/bin/sh ./run.sh --fast")), "running 500");
    assert_eq!(said("500", None, &wrapped("/usr/bin/env bash ./run.sh --fast")), "running 500");
    let became = Table::of(vec![process(500, BOT)]);
    assert_eq!(said("500", Some(&life(500, 10_000)), &became), "running 500");
    // Any other life under that number is a stranger.
    for known in [None, Some(life(500, 9_999)), Some(life(400, 1))] {
        let answer = said("500", known.as_ref(), &became);
        assert!(!answer.starts_with("running"), "{known:?}: {answer}");
    }
    let mut other_boot = life(500, 10_000);
    other_boot.boot = "another".to_owned();
    assert!(!said("500", Some(&other_boot), &became).starts_with("running"));
    // Its session is the one that heal gave to the last life, though the parents are gone.
    let mut orphan = Table::of(vec![Process { session: 499, ..process(500, BOT) }]);
    assert!(
        !said("500", Some(&life(499, 9_000)), &orphan).starts_with("running"),
        "without the mark it is only a number"
    );
    orphan.marked.push(500);
    assert_eq!(said("500", Some(&life(499, 9_000)), &orphan), "running 500");
    assert!(!said("500", Some(&life(499, 10_001)), &orphan).starts_with("running"), "older than its session");
    // Almost the start command, or the start command elsewhere.
    for script in ["/bin/sh ./run.sh", "/bin/sh ./run.sh --fast --more", "/bin/sh ./run2.sh --fast", "/usr/bin/vim x"] {
        let answer = said("500", None, &wrapped(script));
        assert!(answer.starts_with("unknown") && answer.contains("nothing ties it"), "{script}: {answer}");
    }
    let mut elsewhere = wrapped("/bin/sh ./run.sh --fast");
    elsewhere.processes[0].cwd = Some("/srv/other".into());
    assert!(said("500", None, &elsewhere).starts_with("unknown"));
    // Nobody's pidfile: a twin elsewhere that was started by the same words is no doubt, one in our directory is.
    let orphans =
        |cwd: &str| Table::of(vec![Process { cwd: Some(cwd.into()), ..process(499, "/bin/sh ./run.sh --fast") }]);
    assert_eq!(said("77", None, &orphans("/srv/other")), "gone");
    assert!(said("77", None, &orphans("/")).starts_with("unknown"));
    assert_eq!(said("77", None, &orphans("/srv/bot")), "running 499");
    // Whoever else the program's name brings up is nobody to doubt about.
    for command in ["/usr/bin/vim ./run.sh", "/bin/sh ./run.sh --slow", "/usr/bin/tail -f run.sh.log"] {
        assert_eq!(said("77", None, &Table::of(vec![process(499, command)])), "gone", "{command}");
    }
    // A cron job of ours that was started by the same script is not followed up to heal.
    let ours = Table::of(vec![process(1900, "/bin/sh ./run.sh --fast"), child(500, 1900, BOT)]);
    assert!(said("500", None, &ours).starts_with("unknown"));
}

#[test]
fn a_pidfile_that_is_no_file_is_never_waited_for() {
    let folder = tempfile::tempdir().expect("a directory");
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("made");
    let table = Table::of(vec![process(500, BOT)]);
    let said = |path: &Path| answer(&service(selector(&format!("{NAMES}pidfile = {path:?}")), Some(BOT)), None, &table);
    for path in [fifo.as_path(), folder.path()] {
        let text = said(path);
        assert!(text.starts_with("unknown: the pidfile") && text.ends_with("it is not a regular file"), "{text}");
    }
    assert_eq!(said(&folder.path().join("missing")), "running 500");
}

#[test]
fn only_explain_names_every_candidate_and_the_reason() {
    let processes =
        vec![process(500, BOT), process(600, "/usr/bin/tail -f service.py"), process(700, "/usr/bin/python3 x.py")];
    let table = Table::of(processes);
    let list = |explain| -> Vec<(i32, bool, String)> {
        let (_, list) =
            identify(&service(selector(NAMES), Some(BOT)), Path::new("/srv/bot"), Memory::default(), &table, explain);
        list.into_iter().map(|one| (one.pid, one.fits, one.reason)).collect()
    };
    let full = list(true);
    let reasons = [
        (500, true, "match".to_owned()),
        (600, false, "its program is not python3".to_owned()),
        (700, false, "its arguments do not contain `service.py`".to_owned()),
    ];
    assert_eq!(full, reasons);
    assert_eq!(list(false), []);
}
