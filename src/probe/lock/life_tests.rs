use super::*;
use crate::host::process::{Kin, Row};
use crate::model::Identity;

const BOOT: &str = "11111111-2222-3333-4444-555555555555";
const OTHER: &str = "99999999-2222-3333-4444-555555555555";

/// A machine with pid 7 alive since a minute, 8 a zombie, 9 hidden, 11 in a time namespace, and 20 known as 12 in a container.
#[derive(Debug)]
struct Machine;

impl Processes for Machine {
    fn rows(&self) -> Result<Vec<Row<'_>>, String> {
        Ok(Vec::new())
    }
    fn detail(&self, pid: i32) -> Detail {
        let state = match pid {
            7 | 11 => 'S',
            8 => 'Z',
            9 => return Detail::Hidden("no".to_owned()),
            _ => return Detail::Gone,
        };
        Detail::Seen(Box::new(Process {
            identity: Identity { pid, start: 940_000, boot: BOOT.to_owned() },
            parent: 1,
            session: pid,
            state,
            age_ms: 60_000,
            exe: None,
            args: vec!["bot".to_owned()],
            cwd: None,
            uid: None,
        }))
    }
    fn family(&self) -> Result<Vec<Kin>, String> {
        Ok(Vec::new())
    }
    fn namesakes(&self, pid: i32) -> Result<Vec<i32>, String> {
        match pid {
            12 => Ok(vec![20]),
            13 => Err("hidden".to_owned()),
            _ => Ok(Vec::new()),
        }
    }
    fn shares_clock(&self, pid: i32) -> Option<bool> {
        Some(pid != 11)
    }
    fn lineage(&self) -> &[i32] {
        &[]
    }
}

/// The decision table: holder dead, alive, number given away, other boot, other host, in doubt.
#[test]
fn only_what_is_known_to_be_over_is() {
    let now = 1_800_000_000_000;
    let here = Here { processes: &Machine, now_ms: now, boot: BOOT, host: "mars.example.org", ticks: 100 };
    let named = |pid, start, boot: Option<&str>, host: Option<&str>| Named {
        pid,
        start,
        boot: boot.map(str::to_owned),
        host: host.map(str::to_owned),
    };
    let at = |ms| Some(Start::Epoch(now + ms));
    let ticks = |count| Some(Start::Boot(count));
    let table = [
        (named(99, None, None, None), "dead"),
        (named(8, None, None, None), "dead"), // a zombie waits for its parent alone
        (named(7, None, None, None), "alive"),
        (named(7, ticks(940_000), None, None), "alive"),
        (named(7, ticks(9_400), None, None), "alive"),     // in seconds
        (named(7, ticks(9_400_120), None, None), "alive"), // in milliseconds
        (named(7, ticks(940_001), None, None), "over"),
        (named(7, ticks(5), None, None), "over"),
        (named(7, at(-61_000), None, None), "alive"),
        (named(7, at(-10_000), None, None), "alive"), // the lock was written later
        (named(7, at(-600_000), None, None), "doubtful"),
        (named(7, ticks(940_000), Some(BOOT), None), "alive"),
        (named(7, ticks(940_000), Some(&BOOT.to_uppercase()), None), "alive"),
        (named(7, ticks(940_000), Some(OTHER), None), "over"),
        (named(99, None, Some(OTHER), None), "over"),
        (named(7, None, Some("unknown-boot"), None), "unnamed"),
        (named(99, None, None, Some("venus")), "unnamed"),
        (named(99, None, Some(OTHER), Some("venus")), "unnamed"),
        (named(99, None, None, Some("mars.example.com")), "unnamed"),
        (named(99, None, None, Some("mars")), "dead"),
        (named(99, None, None, Some("MARS.example.org")), "dead"),
        (named(99, None, None, Some("localhost")), "dead"),
        (named(9, None, None, None), "doubtful"),
        (named(11, ticks(5), None, None), "doubtful"),
        (named(12, None, None, None), "doubtful"),
        (named(13, None, None, None), "doubtful"),
    ];
    for (named, expected) in table {
        let life = life(&named, now, &here);
        let word = match &life {
            Life::Unnamed(_) => "unnamed",
            Life::Dead(_) => "dead",
            Life::Over(..) => "over",
            Life::Alive(_) => "alive",
            Life::Doubtful(_) => "doubtful",
        };
        assert_eq!(word, expected, "{named:?}: {life:?}");
    }
    // Written before pid 7 began: whoever wrote it had another life, or the clock was set.
    assert!(matches!(life(&named(7, None, None, None), now - 600_000, &here), Life::Doubtful(_)));
}
