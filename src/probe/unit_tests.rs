use super::*;
use crate::host::process::{Kin, Row};
use crate::model::Identity;

const BOT: &str = "/usr/bin/python3 service.py";

/// Whom a supervisor may name. pid 2000 is heal itself.
struct Table(Vec<Process>);

impl Processes for Table {
    fn rows(&self) -> Result<Vec<Row<'_>>, String> {
        Err("nobody searches: the supervisor says who it is".to_owned())
    }

    fn detail(&self, pid: i32) -> Detail {
        let found = self.0.iter().find(|process| process.identity.pid == pid);
        found.map_or(Detail::Gone, |process| Detail::Seen(Box::new(process.clone())))
    }

    fn family(&self) -> Result<Vec<Kin>, String> {
        Ok(self.0.iter().map(Process::kin).collect())
    }

    fn lineage(&self) -> &[i32] {
        &[2000, 1]
    }
}

fn process(pid: i32, parent: i32, command: &str) -> Process {
    Process {
        identity: Identity { pid, start: u64::try_from(pid).unwrap_or(0), boot: "boot".to_owned() },
        parent,
        session: pid,
        state: 'S',
        age_ms: 3_600_000,
        exe: None,
        args: command.split(' ').map(str::to_owned).collect(),
        cwd: None,
        uid: Some(1000),
    }
}

fn told(main: Option<i32>, members: &[i32], state: &str) -> Result<Told, String> {
    Ok(Told { main, members: members.to_vec(), state: state.to_owned(), ..Told::default() })
}

fn found(pid: i32) -> Who {
    let parent = if pid == 101 { 100 } else { 1 };
    Who::Running { process: Box::new(process(pid, parent, BOT)), how: "match".to_owned(), also: Vec::new() }
}

fn gone() -> Who {
    Who::Gone { why: "no process fits".to_owned(), left: Vec::new() }
}

fn doubtful() -> Who {
    Who::Unknown { why: "2 processes fit".to_owned() }
}

/// 100 is a `run.sh`, 101 its child, 200 a stranger.
fn table() -> Table {
    Table(vec![
        process(100, 1, "/bin/sh run.sh"),
        process(101, 100, BOT),
        process(200, 1, BOT),
        process(2000, 1900, "heal"),
    ])
}

fn who(told: &Result<Told, String>, matched: Option<&Who>) -> String {
    let unit = "systemd:bot.service".parse().expect("a name");
    match identify(&unit, told, matched, &table()) {
        Who::Running { process, .. } => format!("runs {}", process.identity.pid),
        Who::Gone { .. } => "gone".to_owned(),
        Who::Unknown { why } => format!("unknown: {why}"),
        Who::Unwatched => "unwatched".to_owned(),
    }
}

#[test]
fn the_supervisor_and_match_have_to_agree() {
    let (up, down) = ("active (running)", "failed (signal 9)");
    let runs = told(Some(100), &[101], up);
    let fails = told(None, &[], down);
    let doubt = Ok(Told { doubt: Some("not-found".to_owned()), ..Told::default() });
    let silent = Err("systemctl did not end in time".to_owned());
    let table: [(_, Option<Who>, &str); 19] = [
        (&runs, None, "runs 100"),
        (&runs, Some(found(100)), "runs 100"),
        (&runs, Some(found(101)), "runs 100"),
        (&told(Some(100), &[], up), Some(found(101)), "runs 100"), // a child, wherever systemd counts it
        (&runs, Some(found(200)), "unknown: systemd names pid 100, but pid 200"),
        (&runs, Some(gone()), "unknown: systemd names pid 100 `/bin/sh run.sh`, which does not fit `match`"),
        (&runs, Some(doubtful()), "unknown: systemd names pid 100, but 2 processes fit"),
        (&told(Some(300), &[], up), None, "unknown: systemd names pid 300, which has ended"),
        (&told(Some(2000), &[], up), None, "unknown: systemd names pid 2000, which started heal"),
        (&fails, None, "gone"),
        (&fails, Some(gone()), "gone"),
        (&fails, Some(found(200)), "unknown: systemd says failed (signal 9) of bot.service, but pid 200"),
        (&fails, Some(doubtful()), "unknown: systemd says failed (signal 9) of bot.service, but 2 processes fit"),
        // Up, and no main process: the oldest that it counts, or nobody who could be looked at.
        (&told(None, &[101, 100], up), None, "runs 100"),
        (&told(None, &[], "active (exited)"), None, "unknown: systemd says active (exited)"),
        // A helper of the stop is not the service.
        (&told(None, &[101], "deactivating (stop-post)"), None, "gone"),
        (&doubt, None, "unknown: not-found"),
        (&doubt, Some(gone()), "unknown: not-found"),
        (&silent, Some(found(100)), "unknown: systemd:bot.service cannot be looked at: systemctl did not end"),
    ];
    for (told, matched, expected) in table {
        let who = who(told, matched.as_ref());
        assert!(who.starts_with(expected), "{told:?} {matched:?}: {who}");
    }
}
