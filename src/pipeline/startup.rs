//! What has to be right before a service starts? Files only, under the lock for files alone: no process is signalled or
//! started, and nobody who starts a service is waited for. The tick does the same before it looks at services.

use std::time::{Duration, Instant};

use crate::apply;
use crate::config::Config;
use crate::error::{Kind, Result};
use crate::host::{clock, env};
use crate::journal::{DataDir, RecoveryLock};
use crate::model::startup::Stats;
use crate::model::{Report, Span, Startup};

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
}

/// In their order (DESIGN §6: finish or report intents → layout → locks → state → databases). One line for each.
const PHASES: [Phase; 1] = [Phase { concerns: is_missing, run: data_directory }];

/// `heal heal --startup`.
///
/// # Errors
/// Another repair of files was in progress all the time, or the data directory is refused.
pub fn startup(config: &Config, dry_run: bool) -> Result<Startup> {
    let start = Instant::now();
    let dir = DataDir::at(config.data_dir.clone());
    let mut answer = empty(config, dry_run);
    let scene = Scene { config, dir: &dir, dry_run };
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
    answer.duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(answer)
}

/// The same as a part of a tick, which has its root already. The lock is let go when this returns.
///
/// # Errors
/// The data directory cannot be written.
pub(super) fn files(config: &Config, dir: &DataDir, report: &mut Report) -> Result<()> {
    let scene = Scene { config, dir, dry_run: false };
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
    !scene.dir.missing().is_empty()
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
