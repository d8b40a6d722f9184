//! What holds of any bytes as a lock file? Garbage names nobody, so it is never stale; a name is in the bytes; and each form that
//! somebody may write is read as what they meant.

use super::super::life::{Here, life};
use super::{Named, Start, parse};
use crate::host::process::{Detail, Kin, PID_MAX, Processes, Row};
use crate::model::choices::Choices;
use crate::model::lock::Life;
use crate::probe::program::parse_pid;

const BOOT: &str = "11111111-2222-3333-4444-555555555555";

/// A machine of which nobody may see anything, or on which nobody runs.
#[derive(Clone, Copy, Debug)]
enum Machine {
    Hidden,
    Empty,
}

impl Processes for Machine {
    fn rows(&self) -> Result<Vec<Row<'_>>, String> {
        Ok(Vec::new())
    }
    fn detail(&self, _: i32) -> Detail {
        match self {
            Self::Hidden => Detail::Hidden("no".to_owned()),
            Self::Empty => Detail::Gone,
        }
    }
    fn family(&self) -> Result<Vec<Kin>, String> {
        Ok(Vec::new())
    }
    fn lineage(&self) -> &[i32] {
        &[]
    }
}

/// See [`crate::fuzz::TARGETS`].
pub(crate) fn pid_lock(data: &[u8]) {
    any(data);
    made_up(&mut Choices::new(data));
}

fn any(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(pid) = parse_pid(&text) {
        assert!(is_named(data, pid), "{pid} of {text:?}");
    }
    let Ok(named) = parse(data) else { return };
    assert!(named.pid > 1 && named.pid <= PID_MAX);
    assert!(is_named(data, named.pid) || text.contains('\\'), "{named:?} of {text:?}");
    let is_json = data.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0) == Some(&b'{');
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"\0.:-+_[]".contains(byte);
    assert!(is_json || data.iter().all(plain), "{named:?} of {text:?}");
    for machine in [Machine::Hidden, Machine::Empty] {
        let here = Here { processes: &machine, now_ms: 1_800_000_000_000, boot: BOOT, host: "mars", ticks: 100 };
        let life = life(&named, 0, &here);
        let stale = matches!(life, Life::Dead(_) | Life::Over(..));
        let elsewhere = named.host.as_ref().is_some_and(|host| {
            let first = host.split('.').next().unwrap_or_default();
            !first.eq_ignore_ascii_case("mars") && host != "localhost"
        });
        assert!(!(stale && elsewhere), "another machine's lock is stale: {text:?}");
        let rebooted = named.boot.as_ref().is_some_and(|boot| boot.len() == 36 && !boot.eq_ignore_ascii_case(BOOT));
        assert!(!stale || rebooted || matches!(machine, Machine::Empty), "who is not seen is not dead: {text:?}");
        assert!(!matches!(life, Life::Alive(_)), "nobody runs there");
    }
}

/// Does the number stand there, with no digit before or behind it but zeros before it?
fn is_named(data: &[u8], pid: i32) -> bool {
    let runs = data.split(|byte| !byte.is_ascii_digit());
    runs.map(|run| run.iter().copied().skip_while(|byte| *byte == b'0').collect::<Vec<u8>>())
        .any(|run| run == pid.to_string().as_bytes())
}

/// What a writer meant is what is read, in whatever form it was put.
fn made_up(choices: &mut Choices<'_>) {
    let most = u64::try_from(PID_MAX).unwrap_or_default() - 1;
    let pid = i32::try_from(2 + choices.number() % most).unwrap_or(2);
    let start = choices.number();
    let word: String = choices.text(12).chars().filter(char::is_ascii_alphanumeric).collect();
    let host = format!("h{word}");
    let named = |start, boot: Option<&str>, host: Option<&str>| Named {
        pid,
        start,
        boot: boot.map(str::to_owned),
        host: host.map(str::to_owned),
    };
    let ticks = start % 1_000_000_000;
    let seconds = 1_000_000_000 + start % 3_000_000_000;
    let epoch = i64::try_from(seconds * 1_000).ok().map(Start::Epoch);
    let json = serde_json::json!({"pid": pid, "start": ticks, "boot_id": word, "host": host}).to_string();
    let boot = Some(word.as_str()).filter(|word| !word.is_empty());
    let forms = [
        (pid.to_string(), Some(named(None, None, None))),
        (format!("{pid} {ticks}"), Some(named(Some(Start::Boot(ticks)), None, None))),
        (format!("{pid}\n{seconds}"), Some(named(epoch, None, None))),
        (format!("{pid} {seconds}.5"), Some(named(epoch, None, None))),
        (format!("{host}:{pid}"), Some(named(None, None, Some(&host)))),
        (json, boot.map(|boot| named(Some(Start::Boot(ticks)), Some(boot), Some(&host)))),
    ];
    for (text, meant) in forms {
        assert_eq!(parse(text.as_bytes()).ok(), meant, "{text}");
        let around = format!(" {text}\n\0");
        assert_eq!(parse(around.as_bytes()).ok(), meant, "{around:?}");
    }
}
