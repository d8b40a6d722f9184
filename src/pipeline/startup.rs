//! What has to be right before a service starts? Files only, under the lock for files alone: no process is signalled or
//! started, and nobody who starts a service is waited for. The tick does the same before it looks at services.

use std::time::{Duration, Instant};

use crate::apply;
use crate::config::{Config, Mode};
use crate::error::{Kind, Result};
use crate::host::{clock, env};
use crate::journal::{DataDir, Journal, RecoveryLock, past};
use crate::model::mended::Outcome;
use crate::model::startup::Stats;
use crate::model::state::Verdict;
use crate::model::sweep::Fate;
use crate::model::{Layout, Report, Span, Startup};

use super::locks::tend_cold;
use super::mend;
use super::millis;
use super::pauses::Hands;
use super::states::validate_state;
use super::unfinished::{Leave, settle_files};

/// How long a start waits for another repair of files.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a tick does. There is another one in a minute, and services are waiting.
const PATIENCE_OF_TICKS: Duration = Duration::from_secs(2);

/// One thing that has to be right. Each runs with the repair lock held, and says what it did in the answer.
struct Phase {
    /// Is there anything for it to do, as far as can be seen at a glance? When nobody has, not even the lock is taken.
    concerns: fn(&Scene<'_>) -> bool,
    /// Does it, or in a dry run says what it would do. What goes wrong is in the answer.
    run: fn(&Scene<'_>, &mut Startup),
}

/// What a phase knows.
struct Scene<'a> {
    config: &'a Config,
    dir: &'a DataDir,
    dry_run: bool,
    /// A service is about to start on what is there.
    cold: bool,
}

/// In their order (DESIGN §6: finish or report intents → layout → locks → state → databases). One line for each.
const PHASES: [Phase; 4] = [
    Phase { concerns: is_missing, run: data_directory },
    Phase { concerns: has_intents, run: intents },
    Phase { concerns: has_locks, run: locks },
    Phase { concerns: has_state, run: state_files },
];

/// `heal heal --startup`.
///
/// # Errors
/// Another repair of files was in progress all the time, or the data directory is refused.
pub fn startup(config: &Config, dry_run: bool) -> Result<Startup> {
    let start = Instant::now();
    let dir = DataDir::at(config.data_dir.clone());
    let mut answer = empty(config, dry_run);
    let scene = Scene { config, dir: &dir, dry_run, cold: true };
    let locked = || if dry_run { Ok(None) } else { scene.lock("heal heal --startup", patience()).map(Some) };
    match locked() {
        Ok(lock) => {
            if matches!(lock, Some((_, true))) {
                created(dir.root(), &mut answer);
            }
            run(&scene, &mut answer);
        }
        // Losing the directory loses history, never the service (DESIGN §5).
        Err(error) if matches!(error.kind, Kind::Unwritable | Kind::Io | Kind::NotPermitted) => {
            answer.warnings.push(format!("{error}; heal can put nothing right until it can be written"));
        }
        Err(error) => return Err(error),
    }
    answer.duration_ms = millis(start);
    Ok(answer)
}

/// The same as a part of a tick, which has its root already. The lock is let go when this returns.
///
/// # Errors
/// The data directory cannot be written.
pub(super) fn files(config: &Config, dir: &DataDir, report: &mut Report) -> Result<()> {
    let scene = Scene { config, dir, dry_run: false, cold: false };
    if !PHASES.iter().any(|phase| (phase.concerns)(&scene)) {
        return Ok(());
    }
    let mut answer = empty(config, false);
    match scene.lock("heal heal", PATIENCE_OF_TICKS) {
        Ok(_lock) => run(&scene, &mut answer),
        Err(error) if error.kind == Kind::Busy => {
            answer.warnings.push(format!("{error}; files are put right by the next tick"));
        }
        Err(error) => return Err(error),
    }
    let trouble = [answer.critical, answer.failed, answer.refused, answer.warnings];
    report.warnings.extend(trouble.into_iter().flatten());
    Ok(())
}

fn empty(config: &Config, dry_run: bool) -> Startup {
    Startup {
        project: config.name.clone(),
        host: clock::hostname(),
        at: clock::now().at,
        duration_ms: 0,
        dry_run,
        healed: Vec::new(),
        failed: Vec::new(),
        refused: Vec::new(),
        critical: Vec::new(),
        stats: Stats::default(),
        unknown: Vec::new(),
        cautions: Vec::new(),
        lenient: config.mode == Mode::Paper,
        warnings: Vec::new(),
    }
}

impl Scene<'_> {
    /// The lock, and whether the directory that it stands in had to be made.
    fn lock(&self, purpose: &str, patience: Duration) -> Result<(RecoveryLock, bool)> {
        apply::refuse_links(&self.config.root, self.dir.root())?;
        let made = self.dir.create_root()?;
        Ok((RecoveryLock::take_within(&self.dir.repair_lock(), purpose, patience)?, made))
    }

    /// Where what is done is written down; `None` when it is only said what would be.
    fn journal(&self) -> Result<Option<Journal>> {
        let acts = !self.dry_run && self.config.mode != Mode::Observe;
        acts.then(|| Journal::open(self.dir.clone())).transpose()
    }

    /// Who is in a person's hands? Whoever has the journal open has read what was.
    fn away(&self, journal: Option<&Journal>) -> impl Fn(Option<&str>) -> Option<String> + use<> {
        let hands = Hands::now(self.dir);
        let read = || past(self.dir).map(|past| past.history).unwrap_or_default();
        let history = journal.map_or_else(read, |journal| journal.history().clone());
        move |service| hands.off(&history, service)
    }
}

/// A test cannot wait for half a minute; a release build does not read this.
fn patience() -> Duration {
    let shorter = if cfg!(debug_assertions) { env::var("HEAL_TEST_PATIENCE") } else { None };
    shorter.and_then(|text| text.parse::<Span>().ok()).map_or(PATIENCE, Span::get)
}

fn run(scene: &Scene<'_>, answer: &mut Startup) {
    for phase in PHASES.iter().filter(|phase| (phase.concerns)(scene)) {
        (phase.run)(scene, answer);
    }
}

fn is_missing(scene: &Scene<'_>) -> bool {
    !scene.dir.is_whole()
}

/// heal's own folders. That they cannot be made is heal's trouble, and not the service's.
fn data_directory(scene: &Scene<'_>, answer: &mut Startup) {
    let missing = scene.dir.missing();
    if !scene.dry_run
        && let Err(error) = scene.dir.create()
    {
        answer.warnings.push(error.to_string());
        return;
    }
    missing.iter().for_each(|folder| created(folder, answer));
}

fn created(folder: &std::path::Path, answer: &mut Startup) {
    answer.healed.push(format!("created {}", folder.display()));
    answer.stats.directories_created += 1;
}

/// What a run that died had begun. A tick finishes it in its own way.
fn has_intents(scene: &Scene<'_>) -> bool {
    scene.cold && past(scene.dir).is_ok_and(|past| !past.history.open_intents.is_empty())
}

/// Half of a change is no state to start on. Whoever has the recovery lock is at work on it: the tick that starts us, for one.
fn intents(scene: &Scene<'_>, answer: &mut Startup) {
    let resumed = (|| {
        let Some(mut journal) = scene.journal()? else {
            let leave = Leave::of(scene.config, &Hands::now(scene.dir));
            let why = |open| leave.why(open).unwrap_or_else(|| "it would be finished".to_owned());
            let open = past(scene.dir)?.history.open_intents;
            return Ok(open.values().map(|open| format!("{open}: {}", why(open))).collect());
        };
        let _recovery = match RecoveryLock::take(&scene.dir.lock(), "heal heal --startup") {
            Err(error) if error.kind == Kind::Busy => return Ok(Vec::new()),
            taken => taken?,
        };
        let lines = settle_files(scene.config, scene.dir, &mut journal);
        journal.save();
        lines
    })();
    answer
        .warnings
        .extend(resumed.unwrap_or_else(|error| vec![format!("{error}; what a run left cannot be finished")]));
}

/// A tick clears locks in its own way.
fn has_locks(scene: &Scene<'_>) -> bool {
    scene.cold && scene.config.locks.iter().any(|lock| lock.enabled)
}

/// Locks that are proved stale: a service may refuse to start over them. One that somebody holds, or that is in doubt, is for
/// the service to judge.
fn locks(scene: &Scene<'_>, answer: &mut Startup) {
    let swept = scene.journal().and_then(|mut journal| {
        let away = scene.away(journal.as_ref());
        let swept = tend_cold(scene.config, journal.as_mut(), &away);
        if let Some(journal) = &mut journal {
            journal.save();
        }
        swept
    });
    let swept = swept.unwrap_or_else(|error| {
        answer.warnings.push(format!("{error}; no lock can be cleared"));
        Vec::new()
    });
    for (lock, file) in swept.iter().flat_map(|lock| lock.files.iter().map(move |file| (lock, file))) {
        let line = format!("{} [lock.{}]", file.judged.path.display(), lock.name);
        match &file.fate {
            Fate::Done(seen) => {
                answer.healed.push(format!("{line}: {}; {seen}", file.judged.why));
                answer.stats.locks_cleared += 1;
            }
            Fate::Left => answer.healed.push(format!("would clear {line}: {}", file.judged.why)),
            Fate::Refused(why) => answer.cautions.push(format!("{line} was not cleared: {why}")),
            Fate::Broken(why) => answer.critical.push(format!("{line}: {why}")),
            Fate::Failed(why) => answer.failed.push(format!("{line} cannot be cleared: {why}")),
        }
    }
}

/// A tick looks at state in its own way.
fn has_state(scene: &Scene<'_>) -> bool {
    scene.cold && !(scene.config.states.is_empty() && scene.config.layout == Layout::default())
}

/// The layout and the state files: what may be put right is, and then everything is judged as it stands.
fn state_files(scene: &Scene<'_>, answer: &mut Startup) {
    let judge = || validate_state(scene.config, &[]);
    let mended = scene.journal().and_then(|mut journal| {
        // Whoever starts now needs it now: what failed a minute ago is tried again.
        let away = scene.away(journal.as_ref());
        let mut hand = mend::Hand { dir: scene.dir, journal: journal.as_mut(), asked: false, away: &away, tries: None };
        let mended = mend::everything(scene.config, true, &mut hand, || Ok(judge()?.files));
        if let Some(journal) = &mut journal {
            journal.save();
        }
        mended
    });
    let mended = mended.unwrap_or_else(|error| {
        answer.warnings.push(format!("{error}; no state file can be put right"));
        Vec::new()
    });
    for one in &mended {
        let loss = one.loss.as_ref().map(|loss| format!("; {loss}")).unwrap_or_default();
        let line = format!("{}: {}{loss}", one.path.display(), one.how);
        match &one.outcome {
            Outcome::Done => answer.healed.push(line),
            Outcome::Would => answer.healed.push(format!("would repair {line}")),
            Outcome::Untold(why) => {
                answer.healed.push(line);
                answer.cautions.push(format!("{}: {why}", one.path.display()));
            }
            // That it is still broken is said below.
            Outcome::Refused(_) | Outcome::Failed(_) => continue,
        }
        answer.stats.count(one);
    }
    let seen = match judge() {
        Ok(seen) => seen,
        Err(error) => return answer.unknown.push(error.to_string()),
    };
    let left = |path: &std::path::Path| mended.iter().find(|one| one.path == path).and_then(|one| one.outcome.why());
    let layout = seen.layout.iter().flatten().map(|(path, trouble)| (path, trouble, left(path)));
    let files =
        seen.files.iter().flat_map(|file| file.troubles.iter().map(|trouble| (&file.path, trouble, left(&file.path))));
    for (path, trouble, left) in layout.chain(files) {
        let id = trouble.invariant.as_deref().map(|id| format!("{id}: ")).unwrap_or_default();
        let at = trouble.at.as_deref().map(|at| format!("{at}: ")).unwrap_or_default();
        let left = left.map(|why| format!("; not repaired: {why}")).unwrap_or_default();
        let line = format!("{}: {id}{at}{}{left}", path.display(), trouble.message);
        match Verdict::of(std::slice::from_ref(trouble)) {
            Verdict::Invalid => answer.critical.push(line),
            Verdict::Unknown => answer.unknown.push(line),
            Verdict::Warning => answer.cautions.push(line),
            Verdict::Disabled | Verdict::Valid | Verdict::Unchanged => {}
        }
    }
    if !scene.dry_run {
        answer.warnings.extend(mend::keep_sound(scene.config, scene.dir, &seen.files));
    }
}
