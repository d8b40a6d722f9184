//! What does the word of a supervisor do to a judgement? Intent is respected, what the supervisor does by itself is not done
//! twice, and an exit code that a restart does not cure is known without trying. Pure.

use crate::host::supervisor::Told;
use crate::model::event::Moment;
use crate::model::report::{Level, Standing};
use crate::model::{Class, Outcome, Rules, ServiceHistory};

/// A supervisor that restarted it so often by itself does not get it to stay: somebody is to be told.
const RESTARTS: u32 = 3;

/// heal makes its first request to the supervisor within this time of its intent.
const FIRST_REQUEST_MS: i64 = 10_000;

/// The standing in the light of what the supervisor says.
pub(super) fn judge(standing: Standing, told: &Told, rules: &Rules, past: &ServiceHistory, now: &Moment) -> Standing {
    let respected = || guard!("what its operator wants is respected", !is_our_own(told, past, now));
    if let Some(wish) = told.wish.as_ref().filter(|_| respected()) {
        return Standing { level: Level::LeftAlone, class: None, summary: wish.clone() };
    }
    let dead = standing.class == Some(Class::Dead) && matches!(standing.level, Level::Unhealthy | Level::Degraded);
    if !dead {
        return standing;
    }
    let summary = |more: &str| format!("{}: {more}", standing.summary);
    if let Some(moving) = &told.moving {
        if told.restarts < RESTARTS {
            return Standing { level: Level::Starting, class: Some(Class::Dead), summary: summary(moving) };
        }
        let why = format!("{moving}, {} times so far; it does not stay", told.restarts);
        return Standing { summary: summary(&why), ..standing };
    }
    match told.exit {
        Some(code) if rules.hold_on_exit.contains(&code) && !is_forgiven(told, past, now) => {
            let why = format!("it ended with exit code {code}, which a restart does not cure (hold_on_exit)");
            Standing { class: Some(Class::Permanent), summary: summary(&why), ..standing }
        }
        _ => Standing { summary: summary(&told.state), ..standing },
    }
}

/// A person looked at this very end and said that it is put right. Where nobody says when it ended: nothing was started since.
fn is_forgiven(told: &Told, past: &ServiceHistory, now: &Moment) -> bool {
    let Some(released) = past.released.as_ref().filter(|released| released.boot == now.boot) else { return false };
    match told.changed_ms {
        Some(ended) => ended <= released.up,
        None => past.acts.last().is_none_or(|act| act.when.boot != now.boot || act.when.up <= released.up),
    }
}

/// A request that makes the supervisor forget a failure leaves the service as if its operator had stopped it. If heal died
/// before the next request, nobody stopped it.
fn is_our_own(told: &Told, past: &ServiceHistory, now: &Moment) -> bool {
    let Some(act) = past.acts.last().filter(|act| act.when.boot == now.boot) else { return false };
    let undone = matches!(act.outcome, None | Some(Outcome::Interrupted | Outcome::Failed));
    let since = told.changed_ms.map(|changed| changed - act.when.up);
    undone && since.is_some_and(|since| (0..FIRST_REQUEST_MS).contains(&since))
}

#[cfg(test)]
#[path = "supervised_tests.rs"]
mod tests;
