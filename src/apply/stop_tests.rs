//! Who is ended with a service, and who is not? Real processes, and a table of them that may be a moment too old.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use super::*;
use crate::apply::{Plan, perform};
use crate::host::proc::Proc;
use crate::host::process::{Kin, Row};
use crate::journal::{DataDir, Journal};
use crate::model::{Change, Class, Event, Service};

/// The machine's own table, with rows that are not true any more.
#[derive(Default)]
struct Stale {
    real: Proc,
    rows: Mutex<Vec<Kin>>,
}

impl Processes for Stale {
    fn rows(&self) -> Result<Vec<Row<'_>>, String> {
        self.real.rows()
    }

    fn detail(&self, pid: i32) -> Detail {
        self.real.detail(pid)
    }

    fn family(&self) -> Result<Vec<Kin>, String> {
        let stale = self.rows.lock().expect("whole").clone();
        let mut family = self.real.family()?;
        family.retain(|kin| !stale.iter().any(|row| row.pid == kin.pid));
        family.extend(stale);
        Ok(family)
    }

    fn lineage(&self) -> &[i32] {
        self.real.lineage()
    }
}

/// A child that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Ended {
    fn spawn(program: &str, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        Self(command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts"))
    }

    fn life(&self) -> Identity {
        life(i32::try_from(self.0.id()).expect("a pid")).expect("it lives")
    }

    /// The pid that it prints.
    fn says(&mut self) -> i32 {
        let mut line = String::new();
        let mut out = std::io::BufReader::new(self.0.stdout.take().expect("piped"));
        std::io::BufRead::read_line(&mut out, &mut line).expect("read");
        line.trim().parse().expect("a pid")
    }
}

fn life(pid: i32) -> Option<Identity> {
    match Proc::default().detail(pid) {
        Detail::Seen(process) if !process.is_zombie() => Some(process.identity),
        _ => None,
    }
}

fn stops(lives: &[&Identity]) -> Vec<Change> {
    let stop = |identity: &&Identity| Change::StopProcess {
        identity: (*identity).clone(),
        command: "x".to_owned(),
        grace_ms: 700,
    };
    lives.iter().map(stop).collect()
}

/// Performs the changes for a service `app`, after these events.
fn performed(processes: &dyn Processes, events: Vec<Event>, changes: Vec<Change>) -> (Option<String>, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::open(DataDir::at(dir.path().join("data"))).expect("opened");
    for event in events {
        journal.record(event).expect("written");
    }
    let service = Service::named("app");
    let plan = Plan {
        service: &service,
        root: dir.path(),
        rung: "restart",
        cause: Class::Hung,
        changes,
        why: "a test".to_owned(),
        files: None,
        unheld: &crate::apply::Unasked,
        uncounted: false,
    };
    let failure = perform(&mut journal, processes, plan).expect("written").failure;
    let day = std::fs::read_dir(dir.path().join("data/journal")).expect("there").next().expect("a day").expect("read");
    (failure, std::fs::read_to_string(day.path()).expect("read"))
}

#[test]
fn a_number_that_was_given_away_after_the_table_was_read_is_nobodys_child() {
    let (main, stranger) = (Ended::spawn("sleep", &["7401"]), Ended::spawn("sleep", &["7402"]));
    let (one, two) = (main.life(), stranger.life());
    let stale = Stale::default();
    // Half a second ago a child of ours had this number.
    stale.rows.lock().expect("whole").push(Kin {
        pid: two.pid,
        parent: one.pid,
        session: two.pid,
        start: two.start - 1,
    });
    assert_eq!(performed(&stale, Vec::new(), stops(&[&one])).0, None);
    assert_eq!((life(one.pid), life(two.pid)), (None, Some(two)));
}

#[test]
fn the_same_life_under_another_parent_and_in_another_session_is_not_the_one_of_the_table() {
    let (main, stranger) = (Ended::spawn("sleep", &["7403"]), Ended::spawn("sleep", &["7404"]));
    let (one, two) = (main.life(), stranger.life());
    let stale = Stale::default();
    stale.rows.lock().expect("whole").push(Kin { pid: two.pid, parent: one.pid, session: one.pid, start: two.start });
    assert_eq!(performed(&stale, Vec::new(), stops(&[&one])).0, None);
    assert_eq!((life(one.pid), life(two.pid)), (None, Some(two)));
}

#[test]
fn a_dead_life_of_another_service_spares_nobody_and_a_living_one_does() {
    for (lives, spared) in [(false, false), (true, true)] {
        let mut main = Ended::spawn("sh", &["-c", "sleep 7405 & echo $!; exec sleep 7406"]);
        let child = life(main.says()).expect("it lives");
        let mut known = child.clone();
        known.boot = if lives { known.boot } else { "an earlier boot".to_owned() };
        let event = Event::Recognised { service: "other".to_owned(), identity: known };
        assert_eq!(performed(&Proc::default(), vec![event], stops(&[&main.life()])).0, None);
        assert_eq!(life(child.pid).is_some(), spared, "the other service lives: {lives}");
        if spared {
            stop(&Proc::default(), only(&child)).expect("ended with the test");
        }
    }
}

fn only(identity: &Identity) -> Stop<'_> {
    Stop { lives: vec![identity], last: None, grace: Duration::ZERO, others: Vec::new() }
}

#[test]
fn three_that_do_not_listen_cost_one_grace() {
    let mut deaf: Vec<Ended> = Vec::new();
    for _ in 0..3 {
        deaf.push(Ended::spawn("sh", &["-c", "trap '' TERM; echo $$; while :; do sleep 0.1; done"]));
    }
    let pids: Vec<i32> = deaf.iter_mut().map(Ended::says).collect();
    let lives: Vec<Identity> = pids.iter().filter_map(|pid| life(*pid)).collect();
    let start = Instant::now();
    let (failure, _) = performed(&Proc::default(), Vec::new(), stops(&lives.iter().collect::<Vec<_>>()));
    let took = start.elapsed();
    assert_eq!(failure, None);
    assert!(pids.iter().all(|pid| life(*pid).is_none()));
    assert!(took >= Duration::from_millis(700) && took < Duration::from_millis(1_400), "{took:?}");
}

#[test]
fn another_user_is_ended_as_a_descendant_but_not_as_a_mere_member_of_the_session() {
    let able = Command::new("setpriv").args(["--reuid", "65534", "true"]).status().is_ok_and(|status| status.success());
    if !able {
        return; // only root can become somebody else
    }
    for (script, ended) in [
        ("setpriv --reuid 65534 sleep 7407 & echo $!; exec sleep 7408", true),
        ("(setpriv --reuid 65534 sleep 7409 & echo $!); exec sleep 7410", false),
        ("(sleep 7411 & echo $!); exec sleep 7412", true),
    ] {
        let mut main = Ended::spawn("setsid", &["sh", "-c", script]);
        let member = main.says();
        let uid = || std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(format!("/proc/{member}")).expect("there"));
        let deadline = Instant::now() + Duration::from_secs(5);
        let parent = |pid: i32| match Proc::default().detail(pid) {
            Detail::Seen(process) => process.parent,
            _ => 0,
        };
        // It is no descendant only when the shell in between has ended.
        let between = || script.starts_with('(') && parent(parent(member)) == main.life().pid;
        while (between() || (script.contains("setpriv") && uid() == 0)) && Instant::now() < deadline {
            std::thread::yield_now();
        }
        stop(&Proc::default(), only(&main.life())).expect("stopped");
        assert_eq!(life(member).is_none(), ended, "{script}");
        if let Some(left) = life(member) {
            stop(&Proc::default(), only(&left)).expect("ended with the test");
        }
    }
}

#[test]
fn the_journal_never_reads_a_secret_of_the_start_command() {
    let argv = ["app", "--token=abc", "--password", "hunter2"].map(str::to_owned).to_vec();
    let start = Change::StartService { argv, cwd: "/".into(), log: "/dev/null".into() };
    let (_, text) = performed(&Proc::default(), Vec::new(), vec![start]);
    assert!(text.contains("--token=***"), "{text}");
    assert!(!text.contains("abc") && !text.contains("hunter2"), "{text}");
}
