//! Is this a time for the way back? Taking code back moves it under every service that runs it, and restarts those of the update:
//! nothing of that is done while one of them is in somebody's hands, or somebody moves the code himself.
//!
//! Where it waits, no harm grows from it: the code is whole, of the new release until the branch moves back and of the old one
//! after that, and whoever is in no hands is healed by the ladder like any other. What was found against a release is kept
//! (`unwell`), so a cure meanwhile does not make it good.

use super::draft::runs;
use crate::config::{Config, Mode};
use crate::model::History;
use crate::model::refused::OBSERVES;
use crate::model::revert::short;
use crate::model::update::{Phase, Update, open};
use crate::pipeline::pauses::Hands;

/// Who asks for the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// A tick, or whatever comes before the next update.
    Itself,
    /// A person, who knows who is held: the code goes back, and the held are not restarted.
    Person,
}

/// Why this service is not touched now. What heal holds because of the code is in nobody's hands: other code ends that hold.
pub(super) fn in_hand(history: &History, hands: &Hands, service: &str) -> Option<String> {
    match history.service(service).held_by_code {
        true => hands.paused(service),
        false => hands.off(history, Some(service)),
    }
}

/// Why it waits.
pub(super) fn waits(
    config: &Config,
    (history, hands): (&History, &Hands),
    update: &Update,
    asker: Asker,
) -> Option<String> {
    if let Some(why) = hands.deploy() {
        return Some(why);
    }
    if update.services.is_empty() {
        // Nobody was restarted, and nobody will be; but the code of all of them goes back. One that waits for a person may
        // do so for weeks, in which the others would be left with code that may not be built.
        return runs(config).iter().find_map(|one| hands.paused(one.name()));
    }
    let ran = config.services.iter().map(|one| (one.name(), one.enabled));
    let mut ran = ran.filter(|(name, enabled)| *enabled && update.services.iter().any(|one| one == name));
    ran.find_map(|(name, _)| match asker {
        Asker::Itself => in_hand(history, hands, name),
        Asker::Person => hands.paused(name),
    })
}

/// The update that a killed run left, or that is to go back, and what it waits for.
pub(in crate::pipeline) fn unfinished(config: &Config, history: &History, hands: &Hands) -> Option<String> {
    let update = open(&history.updates).filter(|one| one.phase != Phase::Probation)?;
    let waits = match (config.mode, config.update.enabled) {
        (Mode::Observe, _) => format!("; {OBSERVES}"),
        (_, false) => "; it stays so while `[update] enabled` is false".to_owned(),
        _ => {
            let why = waits(config, (history, hands), update, Asker::Itself);
            why.map_or_else(String::new, |why| format!("; it waits: {why}"))
        }
    };
    Some(format!("the update to {} is {}: {}{waits}", short(&update.commit), update.phase.word(), update.detail))
}
