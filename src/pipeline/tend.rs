//! What does a tick do about the layout and the state files? It judges them before it looks at services, keeps a copy of each sound
//! file that changed, repairs what may be repaired under the lock for files, and follows what is left as trouble of its own,
//! which is told like any other (DESIGN §6: file repair needs no failing service).

use std::time::{Duration, Instant};

use super::follow::{Followed, follow};
use super::look::Looker;
use super::mend::{self, Hand, Tries};
use super::pauses::hands_off;
use super::states::{self, Found};
use super::{Options, layout, locks};
use crate::config::{Config, Mode};
use crate::error::{Kind, Result};
use crate::journal::{Journal, Notes, RecoveryLock};
use crate::model::layout::SECTION;
use crate::model::mended::{Mended, Outcome};
use crate::model::state::{Trouble, Verdict, section};
use crate::model::{Class, Finding, History, Layout, Report, Severity, Sign, Verdict as Seen};
use crate::probe::state;

/// Of the 240 s of a run, so much may go by before no further file is repaired: services wait for it.
const SHARE: Duration = Duration::from_secs(120);

/// What is done, and with what.
struct Care<'a> {
    config: &'a Config,
    options: &'a Options,
    looker: &'a Looker<'a>,
    start: Instant,
    /// What was noted at the last tick.
    notes: Notes,
    /// What could not be put right.
    tries: Tries,
    /// Is the layout a part of what was asked for?
    layout: bool,
}

/// Cares for all of it. The findings are in the report; what the next tick should know is the answer.
///
/// # Errors
/// The journal cannot be written, or the repair lock not be taken for another reason than that somebody has it.
pub(super) fn tend(
    config: &Config,
    options: &Options,
    (looker, start): (&Looker<'_>, Instant),
    journal: &mut Journal,
    report: &mut Report,
) -> Result<Notes> {
    let layout = options.asks(None) && config.layout != Layout::default();
    if config.states.is_empty() && !layout {
        return Ok(Notes::default());
    }
    let mut care =
        Care { config, options, looker, start, notes: looker.notes.clone(), tries: Tries::of(&looker.notes), layout };
    let (mut found, misplaced) = (care.look(), care.misplaced());
    report.layout = misplaced;
    if found.iter().any(Found::is_due) || !report.layout.is_empty() {
        found = care.put_right(found, journal, report)?;
    }
    care.follow(&found, journal, report)?;
    let mut fresh = Notes::default();
    states::remember(&found, &mut fresh);
    let Care { mut tries, .. } = care;
    tries.retain(|path| {
        let misplaced = report.layout.iter().any(|(one, _)| one == path);
        misplaced || found.iter().any(|one| one.is_broken() && one.file.path == path)
    });
    tries.remember(&looker.notes, &mut fresh);
    report.states = states::stated(found);
    Ok(fresh)
}

/// For those who only look.
pub(super) fn glance(config: &Config, options: &Options, notes: &Notes, report: &mut Report) {
    if options.asks(None) {
        report.layout = state::layout(&config.layout);
    }
    report.states = states::stated(states::look(config, options, notes, false));
}

/// For a dry run: also what would be repaired, and what is left to somebody.
///
/// # Errors
/// The journal cannot be read.
pub(super) fn plan(
    config: &Config,
    options: &Options,
    (looker, history): (&Looker<'_>, &History),
    report: &mut Report,
) -> Result<()> {
    glance(config, options, &looker.notes, report);
    let judged = report.states.iter().map(|one| one.judged.clone()).collect();
    let away = |service: Option<&str>| hands_off(history, &looker.pauses, &[], service);
    let mut tries = Tries::of(&looker.notes);
    let mut hand = Hand { dir: &looker.dir, journal: None, asked: false, away: &away, tries: Some(&mut tries) };
    report.mended = mend::everything(config, !report.layout.is_empty(), &mut hand, || Ok(judged))?;
    Ok(())
}

impl<'a> Care<'a> {
    fn look(&self) -> Vec<Found<'a>> {
        states::look(self.config, self.options, &self.notes, true)
    }

    fn misplaced(&self) -> Vec<(std::path::PathBuf, Trouble)> {
        if self.layout { state::layout(&self.config.layout) } else { Vec::new() }
    }

    /// Repairs what may be, and keeps a copy of what is sound. Answers with what is there then.
    fn put_right(
        &mut self,
        mut found: Vec<Found<'a>>,
        journal: &mut Journal,
        report: &mut Report,
    ) -> Result<Vec<Found<'a>>> {
        self.options.progress("looking after state files");
        let dir = journal.dir().clone();
        let path = dir.repair_lock();
        let _files = match RecoveryLock::take_within(&path, "heal heal", locks::PATIENCE) {
            Err(error) if error.kind == Kind::Busy => {
                report.warnings.push(format!("state files were not looked after: {error}"));
                return Ok(found);
            }
            taken => taken?,
        };
        let broken = !report.layout.is_empty() || found.iter().any(Found::is_broken);
        let mended = if broken { self.mend(&mut found, journal, report)? } else { Vec::new() };
        if mended.iter().any(Mended::is_done) {
            report.layout = self.misplaced();
            let told: Vec<(String, bool)> = found.iter().map(|one| (one.file.name.clone(), one.stated.news)).collect();
            found = self.look();
            for (one, (_, news)) in found.iter_mut().zip(told) {
                one.stated.news |= news;
            }
        }
        for one in &mut found {
            let mine = mended.iter().find(|mended| mended.path == one.file.path);
            if let Some(Mended { outcome: Outcome::Refused(why), lasting: true, .. }) = mine {
                one.noted.left = Some(why.clone());
            }
            if one.is_to_keep() {
                match mend::keep(self.config, &dir, &one.stated.judged) {
                    Ok(kept) => one.noted.kept = kept,
                    Err(why) => report.warnings.push(why),
                }
            }
        }
        report.mended = mended;
        Ok(found)
    }

    /// Repairs what may be, one after the other.
    fn mend(&mut self, found: &mut Vec<Found<'a>>, journal: &mut Journal, report: &Report) -> Result<Vec<Mended>> {
        let (dir, observes) = (journal.dir().clone(), self.config.mode == Mode::Observe);
        let mut mended = Vec::new();
        let (held, start) = (journal.history().clone(), self.start);
        let pauses = &self.looker.pauses;
        let away = |service: Option<&str>| {
            let late =
                (start.elapsed() > SHARE).then(|| "this run has no time left for it; the next tick goes on".into());
            late.or_else(|| hands_off(&held, pauses, &[], service))
        };
        let tries = Some(&mut self.tries);
        let mut hand = Hand { dir: &dir, journal: (!observes).then_some(journal), asked: false, away: &away, tries };
        if !report.layout.is_empty() {
            mended.extend(layout::put_right(self.config, &mut hand)?);
        }
        if found.iter().any(Found::is_broken) {
            // What was seen before the lock was had may be over.
            *found = states::look(self.config, self.options, &self.notes, true);
            let broken: Vec<_> =
                found.iter().filter(|one| one.is_broken()).map(|one| one.stated.judged.clone()).collect();
            mended.extend(mend::all(self.config, &broken, &mut hand)?);
        }
        Ok(mended)
    }

    /// What is wrong is trouble like that of a service: it begins, it is told, it ends after a while of health.
    fn follow(&self, found: &[Found<'_>], journal: &mut Journal, report: &mut Report) -> Result<()> {
        if self.layout {
            let troubles: Vec<(String, &Trouble)> = report
                .layout
                .iter()
                .map(|(path, trouble)| (format!("{}: ", self.config.short(path)), trouble))
                .collect();
            let worst = worst(&troubles).map(|(place, _)| place.clone());
            let says = |one: &&Mended| Some(format!("{}: ", self.config.short(&one.path))) == worst;
            let left = report.mended.iter().find(says).and_then(|one| one.outcome.why()).map(str::to_owned);
            let next = format!("{} validate-state", self.config.call_anywhere());
            let subject =
                follow(self.looker, followed(SECTION.to_owned(), "layout", (&troubles, left, next)), journal)?;
            report.subjects.extend(subject);
        }
        for one in found {
            let judged = &one.stated.judged;
            let place = self.config.short(&judged.path);
            let troubles: Vec<(String, &Trouble)> =
                judged.troubles.iter().map(|trouble| (format!("{place}: "), trouble)).collect();
            let now = report.mended.iter().find(|mended| mended.path == judged.path);
            let left = now.and_then(|mended| match &mended.outcome {
                Outcome::Would => Some(format!("heal only observes; it would repair it: {}", mended.how)),
                outcome => outcome.why().map(str::to_owned),
            });
            let left = left.or_else(|| one.noted.left.clone());
            let next = format!("{} validate-state {}", self.config.call_anywhere(), judged.name);
            let probe = judged.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let subject =
                follow(self.looker, followed(section(&judged.name), &probe, (&troubles, left, next)), journal)?;
            report.subjects.extend(subject);
        }
        Ok(())
    }
}

fn followed(
    name: String,
    probe: &str,
    (troubles, left, next): (&[(String, &Trouble)], Option<String>, String),
) -> Followed {
    let finding = finding(format!("{name}/{probe}"), troubles);
    Followed { name, finding, place: place_of(troubles), left, next }
}

/// The worst of it, as one answer.
fn finding(subject: String, troubles: &[(String, &Trouble)]) -> Finding {
    let verdict = |trouble: &Trouble| Verdict::of(std::slice::from_ref(trouble));
    let worst = worst(troubles);
    let summary = worst.map_or_else(
        || "as declared".to_owned(),
        |(_, trouble)| {
            let id = trouble.invariant.as_deref().map(|id| format!("{id}: ")).unwrap_or_default();
            let at = trouble.at.as_deref().map(|at| format!("{at}: ")).unwrap_or_default();
            let more = match troubles.len() {
                0 | 1 => String::new(),
                count => format!(" (and {} more)", count - 1),
            };
            format!("{id}{at}{}{more}", trouble.message)
        },
    );
    let verdict = match worst.map(|(_, trouble)| verdict(trouble)) {
        Some(Verdict::Invalid) => Seen::Unhealthy(Severity::Critical, Class::Resource),
        Some(Verdict::Unknown) => Seen::Unknown,
        Some(Verdict::Warning) => Seen::Unhealthy(Severity::Warning, Class::Resource),
        _ => Seen::Healthy,
    };
    let (evidence, figures) = (Vec::new(), Vec::new());
    Finding { subject, kind: "state", verdict, summary, evidence, figures, sign: Sign::Other, took_ms: 0 }
}

fn worst<'t>(troubles: &'t [(String, &'t Trouble)]) -> Option<&'t (String, &'t Trouble)> {
    // The first of equals is what was found first.
    troubles.iter().rev().max_by_key(|(_, trouble)| Verdict::of(std::slice::from_ref(*trouble)))
}

fn place_of(troubles: &[(String, &Trouble)]) -> String {
    worst(troubles).map(|(place, _)| place.clone()).unwrap_or_default()
}
