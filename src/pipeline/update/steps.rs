//! The steps of an update and of its way back. Each is an act behind an intent of its own, or is written down when it is done:
//! a run that is killed between two of them leaves what the next one goes on from.

use super::Made;
use super::draft::moved;
use super::hands::{Asker, in_hand, waits};
use crate::apply::{self, Plan};
use crate::config::{Config, Watched};
use crate::error::{Error, Kind, Result};
use crate::host::{clock, git};
use crate::journal::{DataDir, Journal, RecoveryLock};
use crate::model::not_updated::NotUpdated;
use crate::model::refused::Refused;
use crate::model::report::Act;
use crate::model::revert::{Ground, short};
use crate::model::update::{Advance, Phase, RUNG, Update, open};
use crate::model::{Change, Class, Event, History, Outcome, Service};
use crate::pipeline::look::Looker;
use crate::pipeline::pauses::Hands;
use crate::pipeline::plan::processes_of;
use crate::pipeline::{Options, act, crashes};
use crate::policy::revert::stands;
use crate::probe::identify::Who;
use crate::remedy::{self, Case};

/// What is known of the past: a dry run only reads it.
pub(super) enum Book<'a> {
    /// Of a dry run.
    Read(&'a History),
    /// Of a run that acts.
    Written(&'a mut Journal),
}

/// An update under way.
pub(super) struct Work<'a> {
    pub(super) config: &'a Config,
    pub(super) options: &'a Options,
    pub(super) dir: &'a DataDir,
    pub(super) journal: Book<'a>,
    /// Renewed for each step.
    pub(super) lock: Option<&'a mut RecoveryLock>,
    pub(super) made: &'a mut Made,
    /// It is a part of a tick: inside of a `heal lock` it waits as well.
    pub(super) ticking: bool,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        config: &'a Config,
        options: &'a Options,
        dir: &'a DataDir,
        journal: Book<'a>,
        lock: Option<&'a mut RecoveryLock>,
        made: &'a mut Made,
    ) -> Self {
        Self { config, options, dir, journal, lock, made, ticking: false }
    }
}

impl Work<'_> {
    fn hands(&self) -> Hands {
        if self.ticking { Hands::of_tick(self.dir) } else { Hands::now(self.dir) }
    }

    /// Notes that the way back waits, if it does. What somebody held meanwhile is read anew.
    fn is_put_off(&mut self, update: &Update, asker: Asker, why: &str) -> Result<bool> {
        if let Book::Written(journal) = &mut self.journal {
            journal.read_again()?;
        }
        let past = (self.history(), &self.hands());
        let Some(by) = waits(self.config, past, update, asker) else { return Ok(false) };
        self.made.refused = Some(NotUpdated::HandsOff(by));
        self.made.detail = Some(why.to_owned());
        Ok(true)
    }

    pub(super) fn history(&self) -> &History {
        match &self.journal {
            Book::Read(history) => history,
            Book::Written(journal) => journal.history(),
        }
    }

    /// Writes it down; a dry run does not.
    pub(super) fn record(&mut self, event: Event) -> Result<()> {
        match &mut self.journal {
            Book::Read(_) => Ok(()),
            Book::Written(journal) => journal.record(event),
        }
    }

    fn stands(&mut self, commit: &str, phase: Phase, services: &[&Watched], detail: &str) -> Result<()> {
        let services = services.iter().map(|watched| watched.name().to_owned()).collect();
        (self.made.phase, self.made.detail) = (Some(phase), Some(detail.to_owned()));
        self.record(Event::UpdateStands { commit: commit.to_owned(), phase, services, detail: detail.to_owned() })
    }

    /// One more bounded step.
    fn begin(&mut self, what: &str) -> Result<()> {
        self.options.progress(what);
        match &mut self.lock {
            Some(lock) => lock.renew(&format!("heal update: {what}")),
            None => Ok(()),
        }
    }

    /// What an earlier run left in the middle goes back: it is not known whether what it built is whole. `false`: it waits.
    pub(super) fn finish(&mut self) -> Result<bool> {
        let Some(update) = open(&self.history().updates).cloned() else { return Ok(true) };
        match update.phase {
            Phase::Moved | Phase::Restarting => {
                self.back(&update, "the run that made it ended in the middle", false, Asker::Itself)
            }
            Phase::Unwell => self.back(&update, &update.detail, true, Asker::Itself),
            Phase::Returning if self.is_put_off(&update, Asker::Itself, &update.detail)? => Ok(false),
            Phase::Returning => self.rest(&update).map(|()| true),
            _ => Ok(true),
        }
    }

    /// Forward: the code, what is built from it, the services.
    pub(super) fn forward(&mut self, advance: Advance, services: &[&Watched]) -> Result<()> {
        let commit = advance.commit.clone();
        self.begin("moving the code")?;
        let first = services.first().map(|watched| &watched.service).cloned();
        let owner = first.unwrap_or_else(|| Service::named(&self.config.name));
        let why = advance.to_string();
        let code = vec![Change::UpdateRelease(Box::new(advance.clone()))];
        self.made.advance = Some(advance);
        if let Some(failed) = self.perform(&owner, code, &why)? {
            self.made.detail = Some(failed.clone());
            self.made.refused = Some(NotUpdated::Repository(Refused::Unreadable(failed)));
            return Ok(());
        }
        self.made.phase = Some(Phase::Moved);
        if let Some(failed) = self.build(&owner)? {
            return self.back_from(&commit, &format!("it could not be built: {failed}"), false);
        }
        self.stands(&commit, Phase::Restarting, services, &why)?;
        for watched in services {
            if let Some(failed) = self.restart(watched, &why)? {
                return self.back_from(&commit, &failed, true);
            }
        }
        let detail = match services.len() {
            0 => "no service of heal's runs it".to_owned(),
            _ => format!("it has to prove itself for {}", self.config.update.probation),
        };
        self.stands(&commit, Phase::Probation, services, &detail)
    }

    fn back_from(&mut self, commit: &str, why: &str, bad: bool) -> Result<()> {
        match open(&self.history().updates).filter(|one| one.commit == commit).cloned() {
            Some(update) => self.back(&update, why, bad, Asker::Itself).map(drop),
            None => Err(Error::new(Kind::Bug, "an update that was made is not in the journal")),
        }
    }

    /// Back: the code first, then what is built from it, then the services that may have run it. Somebody who moved the
    /// branch meanwhile has it. `bad`: it is not offered again. `false`: it waits, and of a bad one that is written down.
    pub(super) fn back(&mut self, update: &Update, why: &str, bad: bool, asker: Asker) -> Result<bool> {
        if self.is_put_off(update, asker, why)? {
            if bad && asker == Asker::Itself && update.phase != Phase::Unwell && !self.made.dry_run {
                self.stands(&update.commit, Phase::Unwell, &[], why)?;
            }
            return Ok(false);
        }
        let advance = match self.way_back(update) {
            Ok(advance) => advance,
            Err(refused @ NotUpdated::Elsewhere { .. }) if update.phase.is_open() && !self.made.dry_run => {
                let detail = format!("{why}; but {refused}");
                self.made.refused = Some(refused);
                return self.stands(&update.commit, Phase::Left, &[], &detail).map(|()| true);
            }
            Err(refused) => {
                self.made.refused = Some(refused);
                self.made.detail = Some(why.to_owned());
                return Ok(true);
            }
        };
        self.made.advance = Some(advance.clone());
        self.made.detail = Some(why.to_owned());
        if self.made.dry_run {
            return Ok(true);
        }
        self.begin("taking the code back")?;
        if bad {
            self.stands(&update.commit, Phase::Unwell, &[], why)?;
        }
        let owner = self.owner(update);
        let code = vec![Change::UpdateRelease(Box::new(advance))];
        if let Some(failed) = self.perform(&owner, code, why)? {
            self.made.refused = Some(NotUpdated::Repository(Refused::Unreadable(failed)));
            return Ok(true);
        }
        self.rest(&Update { detail: why.to_owned(), phase: Phase::Returning, bad, ..update.clone() }).map(|()| true)
    }

    fn way_back(&self, update: &Update) -> std::result::Result<Advance, NotUpdated> {
        let refused = NotUpdated::Repository;
        let repo = git::open(&self.config.root).map_err(refused)?;
        let ground = git::look(&repo).map_err(refused)?;
        let head = ground.head.clone().unwrap_or_default();
        if head != update.commit || ground.reference.as_deref() != Some(&update.reference) {
            return Err(NotUpdated::Elsewhere { head, commit: update.commit.clone() });
        }
        stands(None, &Ground { shallow: false, ..ground.clone() }).map_err(refused)?;
        moved(self.config, &ground, &update.base, true)
    }

    /// The rest of the way back, once the old code is there.
    fn rest(&mut self, update: &Update) -> Result<()> {
        let (owner, mut why) = (self.owner(update), update.detail.clone());
        if self.made.dry_run {
            self.made.detail = Some(why);
            return Ok(());
        }
        if let Some(failed) = self.build(&owner)? {
            why = format!("{why}; and what is built from the old code could not be built again: {failed}");
            self.made.warnings.push(format!("the old code is there, and could not be built: {failed}"));
        }
        self.made.restarted.clear();
        let config = self.config;
        let ran =
            config.services.iter().filter(|one| one.enabled && update.services.iter().any(|name| name == one.name()));
        for watched in ran {
            let because = format!("the update to {} was taken back", short(&update.commit));
            if let Some(failed) = self.restart(watched, &because)? {
                why = format!("{why}; with the old code: {failed}");
            }
        }
        let phase = if update.bad { Phase::RolledBack } else { Phase::Failed };
        self.stands(&update.commit, phase, &[], &why)
    }

    /// The service in whose name the code moves.
    fn owner(&self, update: &Update) -> Service {
        let found = self.config.services.iter().find(|watched| watched.name() == update.service);
        found.map_or_else(|| Service::named(&update.service), |watched| watched.service.clone())
    }

    /// Builds, if there is anything to build; why it failed.
    fn build(&mut self, owner: &Service) -> Result<Option<String>> {
        let rules = &self.config.update;
        if rules.build.is_empty() {
            return Ok(None);
        }
        self.begin("building")?;
        let changes = vec![Change::RunCommand { argv: rules.build.clone(), timeout_ms: rules.build_timeout.millis() }];
        self.perform(owner, changes, "what is built follows the code")
    }

    /// One act that no service has to prove; why it failed.
    fn perform(&mut self, service: &Service, changes: Vec<Change>, why: &str) -> Result<Option<String>> {
        let Book::Written(journal) = &mut self.journal else { return Ok(None) };
        let processes = crate::host::processes();
        let plan = plan(self.config, service, changes, why);
        let performed = apply::perform(journal, processes.as_ref(), plan)?;
        let outcome = if performed.failure.is_some() { Outcome::Failed } else { Outcome::Unchanged };
        let detail = performed.failure.clone().unwrap_or_else(|| why.to_owned());
        apply::conclude(journal, &performed, outcome, &detail)?;
        Ok(performed.failure.clone())
    }

    /// Restarts one service and looks at it; why it is not well. Who came into somebody's hands by now is left alone.
    fn restart(&mut self, watched: &Watched, why: &str) -> Result<Option<String>> {
        self.begin(&format!("restarting {}", watched.name()))?;
        let config = self.config;
        if let Book::Written(journal) = &mut self.journal {
            journal.read_again()?;
        }
        let off = in_hand(self.history(), &self.hands(), watched.name());
        if let Some(off) = off {
            self.made.warnings.push(format!("{} is not restarted: {off}", watched.name()));
            return Ok(None);
        }
        let only = Options { only: vec![watched.name().to_owned()], ..self.options.clone() };
        let Book::Written(journal) = &mut self.journal else { return Ok(None) };
        let looker = Looker::new(config, &only, journal.history(), self.dir, clock::now())?.ticking();
        let (who, told) = looker.met_again(watched, journal.history().service(watched.name()));
        let name = watched.name();
        if let Who::Unknown { why } = &who {
            return Ok(Some(format!("{name} was not restarted: unknown which process it is: {why}")));
        }
        let told = told.as_ref().and_then(|told| told.as_ref().ok());
        let processes = processes_of(&who);
        let case = Case { service: &watched.service, processes: &processes, locks: &[], told, taking: None };
        let changes = match remedy::propose(remedy::restart::KIND.name, &case) {
            Ok(changes) => changes,
            Err(why) => return Ok(Some(format!("{name} was not restarted: {why}"))),
        };
        let mut notes = looker.notes.clone();
        let begun = clock::now().at;
        let plan = plan(config, &watched.service, changes, why);
        let (done, mut performed) = act::act(journal, &looker, self.options, watched, plan, &mut notes)?;
        let recorded = crashes::after_act(journal, &looker, watched, (begun, &mut performed));
        self.made.warnings.extend(recorded.err().map(|error| error.to_string()));
        let bad = is_bad(&done).then(|| format!("{name}: {}", done.detail));
        self.made.restarted.push((name.to_owned(), done));
        Ok(bad)
    }
}

const fn is_bad(act: &Act) -> bool {
    !matches!(act.outcome, Outcome::Healed | Outcome::Probation)
}

/// An act of an update: it counts against no budget, since what a bad one leaves to be cured must find the budget whole.
fn plan<'a>(config: &'a Config, service: &'a Service, changes: Vec<Change>, why: &str) -> Plan<'a> {
    Plan {
        service,
        root: &config.root,
        rung: RUNG,
        cause: Class::Dead,
        changes,
        why: why.to_owned(),
        unheld: &apply::Unasked,
        files: None,
        uncounted: true,
    }
}
