//! What does the exit code mean? Every code, once: monitoring-plugin codes for verdicts, sysexits for failures of the tool.

use std::str::FromStr;

use crate::error::{Error, Kind};
use crate::model::doctor::{Diagnosis, Health};
use crate::model::lock::Verdict;
use crate::model::mended::Outcome as Mended;
use crate::model::report::{Decision, Left, Level, Report, Subject};
use crate::model::state::Verdict as State;
use crate::model::sweep::{Fate, Swept, SweptLock};
use crate::model::{Outcome, Paused, Startup, Status, Sweep, Validation};

/// An exit code of heal. The order of the variants is the order in which the worst of several wins (DESIGN §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: healthy, healed and verified, or nothing to do.
    Fine,
    /// 1: degraded, healed but on probation, or done with a duty pending (an alert not delivered).
    Warning,
    /// 69: held or refused by a rule; nothing was changed, a person is needed.
    Held,
    /// 3: could not look.
    Unknown,
    /// 2: unhealthy remains.
    Critical,
    /// 74: input/output error, disk full.
    Io,
    /// 73: a file that has to be created cannot be.
    CannotCreate,
    /// 64: wrong usage of the command line.
    Usage,
    /// 65: input data refused.
    Data,
    /// 75: another recovery holds the lock; try again.
    Busy,
    /// 77: not permitted.
    NotPermitted,
    /// 78: `heal.toml` is missing or invalid.
    Config,
    /// 126: the command that heal was to run cannot be run.
    NotExecutable,
    /// 127: there is no such command.
    NoCommand,
    /// What a command ended with that `heal run` ran: its own code, 128 + the number of a signal, 125 to 127 as coreutils.
    Passed(u8),
    /// 70: a bug in heal.
    Bug,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
            Self::Usage => 64,
            Self::Data => 65,
            Self::Held => 69,
            Self::Bug => 70,
            Self::CannotCreate => 73,
            Self::Io => 74,
            Self::Busy => 75,
            Self::NotPermitted => 77,
            Self::Config => 78,
            Self::NotExecutable => 126,
            Self::NoCommand => 127,
            Self::Passed(code) => code,
        }
    }

    /// The number for a monitoring system, which knows four: what is held needs a person now, and a failure of our own says
    /// nothing about the service (plugin guidelines: anything else is "out of bounds").
    #[must_use]
    pub const fn plugin_code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Warning => 1,
            Self::Critical | Self::Held => 2,
            _ => 3,
        }
    }

    /// The `status` word of a JSON document.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Fine | Self::Passed(0) => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
            Self::Held => "held",
            Self::Busy => "busy",
            _ => "error",
        }
    }

    /// The code of a failure of our own.
    #[must_use]
    pub const fn of_error(error: &Error) -> Self {
        match error.kind {
            Kind::Usage => Self::Usage,
            Kind::Data => Self::Data,
            Kind::CannotCreate => Self::CannotCreate,
            Kind::Io | Kind::Unwritable => Self::Io,
            Kind::Busy => Self::Busy,
            Kind::Refused => Self::Held,
            Kind::NotPermitted => Self::NotPermitted,
            Kind::Config => Self::Config,
            Kind::NotExecutable => Self::NotExecutable,
            Kind::NoCommand => Self::NoCommand,
            Kind::Bug => Self::Bug,
        }
    }

    /// The code of a report: the worst subject wins, and an alert that reached nobody is a duty pending.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        // Nothing was looked at: that is not health.
        let states = report.states.iter().map(|one| of_verdict(one.judged.verdict)).max();
        let layout = report.layout.iter().map(|(_, one)| of_verdict(State::of(std::slice::from_ref(one)))).max();
        let subjects = report.subjects.iter().map(of_subject).max().max(states).max(layout).unwrap_or(Self::Unknown);
        let pending = !report.waiting.is_empty() || report.alerts.iter().any(|delivery| delivery.failure.is_some());
        let alarmed = report.subjects.iter().any(|subject| subject.alarm.is_some());
        // Whoever was left behind may do what the service does, a second time.
        let left = |subject: &Subject| subject.orphans.iter().any(|orphan| orphan.left != Left::Stopped);
        let untold = report.mended.iter().any(|one| matches!(one.outcome, Mended::Untold(_)));
        let pending = pending || untold;
        let least = if pending || alarmed || report.subjects.iter().any(left) { Self::Warning } else { Self::Fine };
        let locks = report.locks.iter().flat_map(|lock| &lock.files).map(of_cleared).max().unwrap_or(Self::Fine);
        subjects.max(least).max(locks).max(if report.unwritable.is_some() { Self::Io } else { Self::Fine })
    }
}

impl Exit {
    /// The code of one act.
    #[must_use]
    pub const fn of_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Healed => Self::Fine,
            Outcome::Probation => Self::Warning,
            Outcome::Unchanged | Outcome::Failed | Outcome::Interrupted => Self::Critical,
        }
    }

    /// The code of an examination: the worst finding wins.
    #[must_use]
    pub fn of_diagnosis(diagnosis: &Diagnosis) -> Self {
        let of = |health| match health {
            Health::Ok => Self::Fine,
            Health::Warning => Self::Warning,
            Health::Unknown => Self::Unknown,
            Health::Critical => Self::Critical,
        };
        diagnosis.items.iter().map(|item| of(item.health)).max().unwrap_or(Self::Unknown)
    }

    /// The code of what is remembered, by the same rules as that of a look. A watchdog that came to a stop is a warning: what
    /// it remembers may have been over for long.
    #[must_use]
    pub fn of_status(status: &Status) -> Self {
        if status.ticks.last.is_empty() && status.services.iter().all(|one| !one.is_remembered) {
            return Self::Unknown;
        }
        // A journal that cannot be read in full may keep heal from acting at all.
        let lists = [&status.unfinished, &status.warnings];
        let duty =
            status.ticks.late.is_some() || !status.undelivered.is_empty() || lists.iter().any(|list| !list.is_empty());
        let duty = duty || status.services.iter().any(|one| one.alarm.is_some());
        let services = status.services.iter().map(|one| match (one.level, &one.next) {
            (level, _) if is_paused(level, one.paused.as_ref()) => Self::Warning,
            (Level::Disabled | Level::Healthy | Level::LeftAlone, _) => Self::Fine,
            (Level::Starting | Level::Degraded, _) => Self::Warning,
            (Level::Unknown, _) => Self::Unknown,
            (Level::Unhealthy, Some(Decision::Refuse { .. } | Decision::Hold { .. })) => Self::Held,
            (Level::Unhealthy | Level::Blocked, _) => Self::Critical,
        });
        services.max().unwrap_or(Self::Unknown).max(if duty { Self::Warning } else { Self::Fine })
    }
}

impl Exit {
    /// The code of a sweep: who lives may hold what he holds, but who asks for a lock by name waits for it; what is in doubt
    /// waits for a person (DESIGN §3, FAULTS 38).
    #[must_use]
    pub fn of_sweep(sweep: &Sweep) -> Self {
        let files = sweep.files().map(|(lock, file)| of_file(lock, file)).max().unwrap_or(Self::Fine);
        files.max(if sweep.unfinished.is_empty() { Self::Fine } else { Self::Warning })
    }

    /// The code of a look at state files.
    #[must_use]
    pub fn of_validation(validation: &Validation) -> Self {
        of_verdict(validation.verdict())
    }

    /// The code of a cold start, never 1: 0 says that the service may start, anything else that it may not, to
    /// `ExecStartPre=` and to `|| exit`.
    #[must_use]
    pub fn of_startup(startup: &Startup) -> Self {
        if !startup.critical.is_empty() {
            Self::Critical
        } else if !startup.refused.is_empty() {
            Self::Held
        } else if !startup.failed.is_empty() {
            Self::Io
        } else if !startup.may_start() {
            Self::Unknown
        } else {
            Self::Fine
        }
    }
}

/// What a verdict on a state file says.
const fn of_verdict(verdict: State) -> Exit {
    match verdict {
        State::Disabled | State::Valid | State::Unchanged => Exit::Fine,
        State::Warning => Exit::Warning,
        State::Unknown => Exit::Unknown,
        State::Invalid => Exit::Critical,
    }
}

/// What a tick made of a lock file. One that was let be when it came to it is looked at by the next tick.
const fn of_cleared(file: &Swept) -> Exit {
    match &file.fate {
        Fate::Failed(_) => Exit::Io,
        Fate::Broken(_) => Exit::Critical,
        Fate::Done(_) if file.judged.file.is_none() => Exit::Warning,
        Fate::Left | Fate::Refused(_) | Fate::Done(_) => Exit::Fine,
    }
}

fn of_file(lock: &SweptLock, file: &Swept) -> Exit {
    match (&file.fate, &file.judged.verdict) {
        (Fate::Failed(_), _) => Exit::Io,
        (Fate::Broken(_), _) => Exit::Critical,
        (Fate::Refused(_), _) | (Fate::Left, Verdict::Doubtful) => Exit::Held,
        (Fate::Left, Verdict::Held) if lock.asked => Exit::Held,
        // Only looked at: there is something to do.
        (Fate::Left, Verdict::Stale | Verdict::Recoverable | Verdict::Stoppable) => Exit::Warning,
        // The database itself is gone: what was saved of it waits for a person (FAULTS 40).
        (Fate::Done(_), Verdict::Stale) if file.judged.file.is_none() => Exit::Warning,
        (Fate::Left | Fate::Done(_), _) => Exit::Fine,
    }
}

/// `--exit-map 1=0,2=1`: other numbers for what starts heal and wants them. What is not named stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExitMap(Vec<(u8, u8)>);

impl ExitMap {
    /// The number that the process ends with instead of `code`.
    #[must_use]
    pub fn apply(&self, code: u8) -> u8 {
        self.0.iter().find(|(from, _)| *from == code).map_or(code, |(_, to)| *to)
    }
}

impl FromStr for ExitMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |word: &str| {
            let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
            let number = word.parse().ok().filter(|_| digits);
            number.ok_or_else(|| format!("`{word}` is not an exit code, a number from 0 to 255"))
        };
        let mut pairs: Vec<(u8, u8)> = Vec::new();
        for pair in text.split(',') {
            let (from, to) = pair
                .split_once('=')
                .ok_or_else(|| format!("`{pair}` is not a pair such as 1=0; write 1=0,2=1 to map 1 to 0 and 2 to 1"))?;
            let (from, to) = (number(from.trim())?, number(to.trim())?);
            if pairs.iter().any(|(known, _)| *known == from) {
                return Err(format!("{from} is mapped twice"));
            }
            pairs.push((from, to));
        }
        Ok(Self(pairs))
    }
}

/// Is something wrong that nobody cures because of a pause? Whoever paused it is at work, so it is no emergency, and a pause is
/// for a while, so it is not fine either. Nor is a pause that cannot be read.
fn is_paused(level: Level, paused: Option<&Paused>) -> bool {
    paused.is_some_and(|paused| level == Level::LeftAlone || paused.unreadable)
}

fn of_subject(subject: &Subject) -> Exit {
    if let Some(act) = &subject.act {
        return Exit::of_outcome(act.outcome);
    }
    match (subject.standing.level, &subject.decision) {
        (level, _) if is_paused(level, subject.paused.as_ref()) => Exit::Warning,
        // What somebody wants as it is needs nobody: it is said, and no alarm.
        (Level::Disabled | Level::Healthy | Level::LeftAlone, _) => Exit::Fine,
        (Level::Starting | Level::Degraded, _) => Exit::Warning,
        (Level::Unknown, _) => Exit::Unknown,
        (Level::Unhealthy, Some(Decision::Refuse { .. } | Decision::Hold { .. })) => Exit::Held,
        (Level::Unhealthy | Level::Blocked, _) => Exit::Critical,
    }
}

/// The table of codes for the manual, from the one place where they are defined.
pub const TABLE: [(Exit, &str); 15] = [
    (Exit::Fine, "fine: healthy, healed and verified, or nothing to do"),
    (Exit::Warning, "warning: degraded, healed but on probation, or done with a duty pending"),
    (Exit::Critical, "critical: unhealthy remains"),
    (Exit::Unknown, "unknown: could not look"),
    (Exit::Usage, "wrong usage of the command line"),
    (Exit::Data, "input data refused"),
    (Exit::Held, "held or refused: a rule says no, a person is needed; nothing was changed"),
    (Exit::Bug, "a bug in heal"),
    (Exit::CannotCreate, "a file cannot be created"),
    (Exit::Io, "input/output error or disk full"),
    (Exit::Busy, "busy: another recovery holds the lock; try again"),
    (Exit::NotPermitted, "not permitted"),
    (Exit::Config, "heal.toml is missing or invalid"),
    (Exit::NotExecutable, "the command to run cannot be run"),
    (Exit::NoCommand, "the command to run does not exist"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_table_once_and_in_its_order() {
        let codes: Vec<u8> = TABLE.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 64, 65, 69, 70, 73, 74, 75, 77, 78, 126, 127]);
    }

    #[test]
    fn a_map_changes_what_it_names_and_nothing_else() {
        let map: ExitMap = "1=0, 2=1,69=255".parse().expect("right");
        let mapped = [0, 1, 2, 3, 69, 75].map(|code| map.apply(code));
        assert_eq!(mapped, [0, 0, 1, 3, 255, 75], "once, not until nothing changes any more");
        for (text, why) in [
            ("", "`` is not a pair"),
            ("1", "`1` is not a pair"),
            ("1=0,", "`` is not a pair"),
            ("1=256", "`256` is not an exit code"),
            ("-1=0", "`-1` is not an exit code"),
            ("+1=0", "`+1` is not an exit code"),
            ("1=", "`` is not an exit code"),
            ("1=0=2", "`0=2` is not an exit code"),
            ("1=0,1=2", "1 is mapped twice"),
        ] {
            let error = text.parse::<ExitMap>().expect_err(text);
            assert!(error.starts_with(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_monitoring_system_gets_one_of_four() {
        let codes: Vec<(u8, u8)> = TABLE.iter().map(|(exit, _)| (exit.code(), exit.plugin_code())).collect();
        assert_eq!(codes[..7], [(0, 0), (1, 1), (2, 2), (3, 3), (64, 3), (65, 3), (69, 2)]);
        assert!(codes[7..].iter().all(|(_, plugin)| *plugin == 3), "{codes:?}");
    }

    #[test]
    fn the_worst_code_wins_in_the_documented_order() {
        let order = [Exit::Bug, Exit::Config, Exit::NotPermitted, Exit::Io, Exit::Critical, Exit::Unknown, Exit::Held]
            .into_iter()
            .chain([Exit::Warning, Exit::Fine]);
        let sorted: Vec<Exit> = order.collect();
        assert!(sorted.windows(2).all(|pair| pair[0] > pair[1]), "{sorted:?}");
    }
}
