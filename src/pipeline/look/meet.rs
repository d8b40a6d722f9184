//! Who is who? Each service by its supervisor, its `match` and what is remembered of it; a tick that finds all plainly well need
//! not search all processes for it.

use super::{Looker, Seen, apart, is_plainly_well, is_same, subject};
use std::sync::Arc;

use crate::config::Watched;
use crate::host::supervisor::{self, Answers, Told};
use crate::model::report::Considered;
use crate::model::{Finding, History, ServiceHistory};
use crate::pipeline::seen::was_plainly_well;
use crate::probe::identify::{Claims, Memory, Who, identify_in};
use crate::probe::index::Index;
use crate::probe::still::still;
use crate::probe::unit;

/// One service at a later look.
pub(in crate::pipeline) struct Again {
    pub(in crate::pipeline) who: Who,
    pub(in crate::pipeline) told: Option<Result<Told, String>>,
    pub(in crate::pipeline) findings: Vec<Finding>,
}

/// Who a service is, and what its supervisor says about it.
#[derive(Clone, Copy)]
pub(super) struct Met<'a> {
    pub(super) who: &'a Who,
    pub(super) told: Option<&'a Result<Told, String>>,
}

pub(super) fn answer<'a>(told: &'a Answers, watched: &Watched) -> Option<&'a Result<Told, String>> {
    told.get(watched.service.unit.as_ref()?)
}

impl<'a> Looker<'a> {
    /// Who is not plainly well is searched for among all processes before anything is said or done about it: where a second
    /// one fits as well, what was seen is not known to be of the service.
    pub(super) fn search(&self, seen: &mut Seen<'a>, index: &Index, history: &History) {
        let Some(watched) = seen.watched.filter(|_| !is_plainly_well(&seen.subject)) else { return };
        let past = history.service(watched.name());
        let told = seen.told.clone();
        let (who, considered) = self.who(index, watched, past, (&self.claims, told.as_ref()));
        if !matches!(*seen.who, Who::Running { .. }) || is_same(&seen.who, &who) {
            return;
        }
        let who = Arc::new(who);
        let subject = subject(watched.name(), &who, considered, self.options.explain, (past, &self.now));
        let jobs = self.jobs(&self.scene(), (watched.name(), past), &watched.probes, Some(&who), &self.notes);
        let looked = self.examine(jobs);
        *seen = Seen { told, ..Seen::new(subject, who, Some(watched)) };
        (seen.subject.findings, seen.notes) = apart(looked);
        let met = Met { who: &seen.who, told: seen.told.as_ref() };
        seen.subject.standing = self.judge(seen.watched, met, &seen.subject.findings, past);
    }

    /// Who runs as the service, now?
    pub(in crate::pipeline) fn who_again(&self, watched: &Watched, past: &ServiceHistory) -> Who {
        self.renewed().met_again(watched, past).0
    }

    /// Who that is, and what its supervisor says, now.
    pub(in crate::pipeline) fn met_again(
        &self,
        watched: &Watched,
        past: &ServiceHistory,
    ) -> (Who, Option<Result<Told, String>>) {
        let index = Index::new([&watched.service], false);
        let told = supervisor::ask(&watched.service.unit);
        let told = answer(&told, watched);
        (self.who(&index, watched, past, (&self.claims, told)).0, told.cloned())
    }

    /// Who is who: each on its own, then once more where that left a doubt which the others' answers may settle. A process
    /// that two services take for theirs is neither's until a person says whose it is.
    pub(super) fn identify_all(&self, index: &Index, history: &History, told: &Answers) -> Vec<(Who, Vec<Considered>)> {
        let one = |watched: &Watched, claims: &Claims| {
            if !watched.enabled {
                return (Who::Unwatched, Vec::new());
            }
            let past = history.service(watched.name());
            // Who has a supervisor is known by that, and asked for each time.
            let known = self.brief && watched.service.unit.is_none() && was_plainly_well(past);
            let still = known
                .then(|| self.memory(past, claims))
                .and_then(|memory| still(&watched.service, &self.config.root, memory, self.processes.as_ref()));
            still.map_or_else(
                || self.who(index, watched, past, (claims, answer(told, watched))),
                |who| (who, Vec::new()),
            )
        };
        let mut found: Vec<(Who, Vec<Considered>)> = self.watched().map(|watched| one(watched, &self.claims)).collect();
        let mut claims = self.claims.clone();
        for (watched, (who, _)) in self.watched().zip(&found) {
            if let Who::Running { process, .. } = who {
                claims.add(&process.identity, watched.name());
            }
        }
        for (watched, answer) in self.watched().zip(&mut found) {
            match &answer.0 {
                Who::Unknown { .. } => *answer = one(watched, &claims),
                Who::Running { process, .. } => {
                    if let Some(other) = claims.other(&process.identity, watched.name()) {
                        let pid = process.identity.pid;
                        let why = format!("pid {pid} fits [service.{other}] as well; narrow `match`");
                        answer.0 = Who::Unknown { why };
                    }
                }
                Who::Gone { .. } | Who::Unwatched => {}
            }
        }
        found
    }

    pub(super) fn who(
        &self,
        index: &Index,
        watched: &Watched,
        past: &ServiceHistory,
        (claims, told): (&Claims, Option<&Result<Told, String>>),
    ) -> (Who, Vec<Considered>) {
        let service = &watched.service;
        let memory = self.memory(past, claims);
        let (who, considered) = identify_in(index, service, &self.config.root, memory, self.processes.as_ref());
        let (Some(unit), Some(told)) = (&service.unit, told) else { return (who, considered) };
        let matched = service.selector.as_ref().map(|_| &who);
        (unit::identify(unit, told, matched, self.processes.as_ref()), considered)
    }

    fn memory<'m>(&self, past: &'m ServiceHistory, claims: &'m Claims) -> Memory<'m> {
        let started = past.started.as_ref().map(|(identity, intent)| (identity, intent.as_str()));
        Memory { known: past.known.as_ref(), started, claims: Some(claims) }
    }
}
