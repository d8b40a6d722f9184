//! How is a supervisor asked to restart what it owns? By its own tool, each call with a deadline. A restart is one request,
//! not a stop and a start: if heal dies in the middle of it, the supervisor goes on. Whether it helped is seen afterwards,
//! never taken from an exit code; only a refusal is believed.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::host::exec::Ended;
use crate::host::process::{Processes, ended_within, is_alive, watch};
use crate::host::supervisor::{complaint, launchd, systemd, tool};
use crate::model::Identity;
use crate::model::change::Verb;
use crate::model::unit::{Supervisor, UnitName};

/// A tool of a supervisor hands over a request and ends; one that hangs is ended.
const PATIENCE: Duration = Duration::from_secs(5);

/// After KILL, what is not gone within this time is not going (FAULTS C1).
const CONFIRM: Duration = Duration::from_secs(2);

/// How often it is asked whether the stop is over.
const NAP: Duration = Duration::from_millis(100);

/// `bootstrap` fails with this (EIO) while the end of the last life is not digested; trying again helps (FAILURES F26).
const NOT_YET: i32 = 5;

/// How often `bootstrap` is tried, and the pause between.
const LOADS: u32 = 3;
const LOAD_PAUSE: Duration = Duration::from_secs(1);

/// Which life is to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending<'a> {
    /// `None` when nothing runs.
    pub(super) life: Option<&'a Identity>,
    /// Milliseconds until KILL.
    pub(super) grace_ms: i64,
}

/// Asks, and where something runs waits until it is gone.
pub(super) fn ask(processes: &dyn Processes, unit: &UnitName, verb: &Verb, ending: Ending<'_>) -> Result<(), String> {
    match (unit.by, verb) {
        (Supervisor::Launchd, Verb::Restart) => {
            let target = launchd::target(&unit.name);
            request("launchctl", &launchd::command(&["kickstart", "-k", &target])).map(drop)
        }
        (Supervisor::Launchd, Verb::Bootstrap { plist }) => load(plist),
        (Supervisor::Systemd | Supervisor::SystemdUser, Verb::ResetFailed) => {
            systemctl(unit, &["reset-failed", "--", &unit.name]).map(drop)
        }
        (Supervisor::Systemd | Supervisor::SystemdUser, Verb::Restart) => restart(processes, unit, ending),
        (by, verb) => Err(format!("{} knows no {verb:?}", by.word())),
    }
}

fn restart(processes: &dyn Processes, unit: &UnitName, ending: Ending<'_>) -> Result<(), String> {
    let me = i32::try_from(std::process::id()).ok();
    if me.and_then(systemd::unit_of).as_ref() == Some(unit) {
        return Err(format!("heal itself runs inside {}: its restart would end heal in the middle of it", unit.name));
    }
    // The job is queued and heal goes on: its own deadlines count, not `TimeoutStopSec`.
    systemctl(unit, &["restart", "--no-block", "--", &unit.name])?;
    let Some(life) = ending.life else { return Ok(()) };
    let deadline = Instant::now() + Duration::from_millis(u64::try_from(ending.grace_ms).unwrap_or(0));
    wait(processes, life, deadline);
    // The main process is gone, or was given its time; others of its group may still hold up the stop.
    while is_stopping(unit)? {
        if Instant::now() < deadline {
            std::thread::sleep(NAP);
            continue;
        }
        // A group that systemd is stopping holds nobody new: the start comes only after the end of it.
        // Of processes that end while it counts them, systemd says an input/output error: whether they are gone is seen.
        let refused = systemctl(unit, &["kill", "--signal=KILL", "--", &unit.name]).err();
        return confirm(processes, unit, life).map_err(|why| refused.unwrap_or(why));
    }
    Ok(())
}

fn confirm(processes: &dyn Processes, unit: &UnitName, life: &Identity) -> Result<(), String> {
    let deadline = Instant::now() + CONFIRM;
    wait(processes, life, deadline);
    while is_stopping(unit)? {
        if Instant::now() >= deadline {
            let why = "still being stopped after KILL; systemd starts nothing beside it, and goes on by itself";
            return Err(format!("{} is {why}", unit.name));
        }
        std::thread::sleep(NAP);
    }
    Ok(())
}

/// Waits for the end of this very life, not for its number.
fn wait(processes: &dyn Processes, life: &Identity, deadline: Instant) {
    let watched = watch(life.pid);
    if is_alive(processes, life) == Some(false) {
        return;
    }
    match watched {
        Some(pidfd) => _ = ended_within(&pidfd, deadline.saturating_duration_since(Instant::now())),
        None => {
            while Instant::now() < deadline && is_alive(processes, life) == Some(true) {
                std::thread::sleep(NAP);
            }
        }
    }
}

fn is_stopping(unit: &UnitName) -> Result<bool, String> {
    systemd::show(unit).map(|raw| raw.of("ActiveState") == "deactivating")
}

fn load(plist: &Path) -> Result<(), String> {
    let plist = plist.to_str().ok_or("its property list has a name that is not UTF-8")?;
    let argv = launchd::command(&["bootstrap", &launchd::domain(), plist]);
    let mut tried = 1;
    loop {
        let ended = tool(&argv, PATIENCE)?;
        let code = ended.status.and_then(|status| status.code());
        if ended.ok() || ended.status.is_none() {
            return Ok(());
        }
        // Never `bootout`: it would end services that are well (FAILURES F26).
        if code != Some(NOT_YET) || tried == LOADS {
            return Err(complaint("launchctl bootstrap", &ended));
        }
        tried += 1;
        std::thread::sleep(LOAD_PAUSE);
    }
}

fn systemctl(unit: &UnitName, words: &[&str]) -> Result<Ended, String> {
    request("systemctl", &systemd::command(unit.by == Supervisor::SystemdUser, words))
}

/// A tool that did not end in time may have handed the request over all the same: what is seen decides.
fn request(name: &str, argv: &[String]) -> Result<Ended, String> {
    let ended = tool(argv, PATIENCE)?;
    if ended.status.is_some_and(|status| !status.success()) {
        let what = argv.iter().skip(1).find(|word| !word.starts_with("--")).map_or("", String::as_str);
        return Err(complaint(&format!("{name} {what}"), &ended));
    }
    Ok(ended)
}
