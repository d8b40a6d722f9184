//! What does the state of a unit mean for whoever would heal it? Pure: the properties that systemd showed, in; whether it
//! runs, moves by itself, is wanted as it is, or cannot be judged, out.

use super::Told;
use super::systemd::Raw;

/// systemd ends what takes longer to start or stop than `TimeoutStartSec` and `TimeoutStopSec`, 90 s unless said. After this
/// long it does not move, it is stuck.
const STUCK_MS: i64 = 5 * 60_000;

/// CLD_EXITED of waitid(2), as `ExecMainCode` has it.
const EXITED: i64 = 1;

/// Exit codes of what was ended by TERM or INT and says so like a shell: Java, Node and many a `run.sh`.
const BY_SIGNAL: [i64; 2] = [128 + 15, 128 + 2];

/// What a person types about a unit.
struct Ctl<'a> {
    tool: &'a str,
    unit: &'a str,
}

impl Ctl<'_> {
    fn to(&self, verb: &str) -> String {
        format!("`{} {verb} {}`", self.tool, self.unit)
    }
}

/// What a unit's properties say. `slept_ms` is what the clock of the boot is ahead of systemd's.
pub(super) fn told(raw: &Raw, user: bool, members: &[i32], slept_ms: i64, now_up: i64) -> Told {
    let main = raw.main();
    let changed_ms = match raw.number("StateChangeTimestampMonotonic") {
        0 => None,
        micros => Some(micros / 1_000 + slept_ms),
    };
    let exit = ended(raw).filter(|_| main.is_none()).filter(|_| raw.number("ExecMainCode") == EXITED);
    let told = Told {
        main,
        members: members.iter().copied().filter(|pid| Some(*pid) != main).collect(),
        state: state(raw),
        exit: exit.and_then(|code| i32::try_from(code).ok()),
        failed: raw.of("ActiveState") == "failed",
        life: Some(raw.of("InvocationID").to_owned()).filter(|id| !id.is_empty()),
        restarts: u32::try_from(raw.number("NRestarts")).unwrap_or(0),
        changed_ms,
        ..Told::default()
    };
    let ctl = Ctl { tool: if user { "systemctl --user" } else { "systemctl" }, unit: raw.of("Id") };
    let moving = moving(raw, changed_ms.map_or(0, |changed| now_up - changed));
    // Whose start is queued is not wanted down, unless nobody may start it.
    let wish = wish(raw, &ctl).filter(|_| moving.is_none() || raw.of("LoadState") == "masked");
    match (wish, doubt(raw, &ctl)) {
        (Some(wish), _) => Told { wish: Some(wish), moving, ..told },
        (None, doubt) => Told { doubt: doubt.filter(|_| moving.is_none()), moving, ..told },
    }
}

/// `failed (exit code 3)`.
fn state(raw: &Raw) -> String {
    let (active, result) = (raw.of("ActiveState"), raw.of("Result"));
    let detail = match (active, result) {
        ("failed", "exit-code") => ended(raw).map_or_else(|| result.to_owned(), |code| format!("exit code {code}")),
        ("failed", "signal") => ended(raw).map_or_else(|| result.to_owned(), |signal| format!("signal {signal}")),
        ("failed", _) => result.to_owned(),
        _ => raw.of("SubState").to_owned(),
    };
    if raw.of("LoadState") != "loaded" && active == "inactive" {
        return raw.of("LoadState").to_owned();
    }
    format!("{active} ({detail})")
}

/// The exit code or the signal of the last life.
fn ended(raw: &Raw) -> Option<i64> {
    (raw.number("ExecMainCode") != 0).then(|| raw.number("ExecMainStatus"))
}

/// systemd is at it by itself. One owner: nobody else starts or stops it meanwhile (FAULTS, "heal x supervisor").
fn moving(raw: &Raw, for_ms: i64) -> Option<String> {
    let (active, sub) = (raw.of("ActiveState"), raw.of("SubState"));
    if sub.starts_with("auto-restart") {
        return Some("systemd restarts it by itself (auto-restart)".to_owned());
    }
    if for_ms > STUCK_MS {
        return None;
    }
    match active {
        "deactivating" => Some(format!("systemd is stopping it ({sub})")),
        "activating" if raw.main().is_none() => Some(format!("systemd is starting it ({sub})")),
        "inactive" | "failed" if raw.number("Job") != 0 => Some("a job of systemd for it is queued".to_owned()),
        _ => None,
    }
}

/// Intent is respected (DESIGN §6): does somebody want it as it is?
fn wish(raw: &Raw, ctl: &Ctl<'_>) -> Option<String> {
    if raw.of("LoadState") == "masked" {
        return Some(format!("masked; {} ends that", ctl.to("unmask")));
    }
    let active = raw.of("ActiveState");
    let disabled = raw.of("UnitFileState") == "disabled";
    if raw.of("LoadState") != "loaded" || raw.main().is_some() {
        return None;
    }
    // Whatever the result was: what failed and is then stopped, between two restarts, keeps its result.
    if active == "inactive" {
        // Never begun in this boot: nobody stopped it.
        let begun = raw.number("InactiveExitTimestampMonotonic") != 0;
        let refused = raw.of("ConditionResult") == "no" && begun;
        return match (disabled, begun) {
            _ if refused => Some("its unit has a condition that is not met".to_owned()),
            (true, _) => Some(format!("disabled and not running; {} ends that", ctl.to("enable --now"))),
            (false, true) => Some(format!("stopped by its operator, or done by itself; {} ends that", ctl.to("start"))),
            // A unit of no target is started by somebody or by another unit; so far nobody did.
            (false, false) if !is_enabled(raw) => {
                Some(format!("not started since boot; {} starts it", ctl.to("start")))
            }
            (false, false) => None,
        };
    }
    (active == "failed" && !disabled && stopped_by_force(raw))
        .then(|| format!("stopped by its operator, if not gently ({}); {} ends that", state(raw), ctl.to("start")))
}

fn is_enabled(raw: &Raw) -> bool {
    matches!(raw.of("UnitFileState"), "enabled" | "enabled-runtime")
}

/// A stop that had to be forced, or whose exit code says "by TERM", is a failure to systemd. It restarts by itself what fails,
/// if it is to, unless it was asked to stop it: of what was up and is not restarted, somebody stopped it.
fn stopped_by_force(raw: &Raw) -> bool {
    let would_restart = matches!(raw.of("Restart"), "always" | "on-failure");
    would_restart && was_up(raw) && looks_stopped(raw)
}

fn looks_stopped(raw: &Raw) -> bool {
    let by_code = raw.of("Result") == "exit-code" && ended(raw).is_some_and(|code| BY_SIGNAL.contains(&code));
    raw.of("Result") == "timeout" || by_code
}

/// Was it ever up in its last life?
fn was_up(raw: &Raw) -> bool {
    let up = raw.number("ActiveEnterTimestampMonotonic");
    up != 0 && up >= raw.number("InactiveExitTimestampMonotonic")
}

/// Why it cannot be said whether it should run, or whether it does.
fn doubt(raw: &Raw, ctl: &Ctl<'_>) -> Option<String> {
    if raw.main().is_some() {
        return None;
    }
    match (raw.of("LoadState"), raw.of("ActiveState")) {
        ("loaded", "failed") if raw.of("UnitFileState") == "disabled" => Some(format!(
            "it is {} and disabled, which may be meant: {}, or {}",
            state(raw),
            ctl.to("enable --now"),
            ctl.to("reset-failed")
        )),
        // Here systemd would not have restarted it anyway: a stop and a stray TERM look alike.
        ("loaded", "failed") if looks_stopped(raw) && was_up(raw) && raw.of("Result") != "timeout" => Some(format!(
            "it is {}: stopped by its operator, or ended by somebody else's TERM: {}, or {}",
            state(raw),
            ctl.to("start"),
            ctl.to("reset-failed")
        )),
        ("loaded", "inactive") => Some(format!(
            "it is enabled, but systemd has not started it since boot, and heal does not know why: {}",
            ctl.to("start")
        )),
        ("loaded", _) => None,
        (load, _) => Some(format!("systemd says {load} of it: correct `unit`, or `{} daemon-reload`", ctl.tool)),
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
