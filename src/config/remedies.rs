//! Which rungs does a service declare for itself? Checks and resolves `[service.NAME.remedies]`.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::de::DeValue;

use super::checks::check_name;
use super::faults::{Faults, Place, suggestion};
use super::{service, typed};
use crate::model::service::Remedy;
use crate::model::{Change, Class, Rate, Span};
use crate::remedy::{self, Custom};

/// A rung of a service's own, as it was declared.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The key of its table.
    pub name: String,
    /// Its kind.
    pub kind: Custom,
    /// `false`: it is passed over.
    pub enabled: bool,
    /// How long it may take.
    pub timeout: Span,
    /// Its own keys as they were written, for `heal config show`.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// What is done, and when.
    pub remedy: Remedy,
}

/// Keys that every remedy has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Common {
    /// `false`: it is passed over.
    #[serde(default = "yes")]
    enabled: bool,
    /// How long it may take.
    timeout: Option<Span>,
    /// The classes of trouble that it is tried for.
    on: Option<Vec<Class>>,
    /// How often it may be taken in a window.
    limit: Option<Rate>,
}

const fn yes() -> bool {
    true
}

const COMMON_KEYS: [&str; 5] = ["kind", "enabled", "timeout", "on", "limit"];

/// The longest that one may take: a run has 240 s for everything (DESIGN §5).
const MOST: Span = Span::secs(60);

/// A service's own rungs.
pub(super) struct Own {
    /// Every name that stands there, also of those that could not be read.
    names: Vec<String>,
    pub(super) declared: Vec<Declared>,
}

/// Reads `[service.NAME.remedies]`, with every fault in it.
pub(super) fn read(of: &str, value: Option<&Spanned<DeValue<'static>>>, faults: &mut Faults) -> Own {
    let shape = format!("[service.{of}.remedies]");
    let table = value.and_then(|value| typed::table(value, "remedies", &shape, faults));
    let names = table.iter().flat_map(|table| table.get_ref().keys()).map(|key| key.get_ref().to_string()).collect();
    let mut found = Own { names, declared: Vec::new() };
    for (name, place, table) in typed::tables(table.as_ref(), "a remedy", faults) {
        check_name(&name, "remedy", &place, faults);
        if remedy::is_named(&name) {
            let hint = "choose another name; the rungs that heal brings along cannot be replaced".to_owned();
            faults.add(place, format!("`{name}` is the name of a rung that heal brings along"), Some(hint));
            continue;
        }
        found.declared.extend(one(name, table, faults));
    }
    found
}

fn one(name: String, mut table: typed::Table, faults: &mut Faults) -> Option<Declared> {
    let kind = service::kind(&name, &table, remedy::CUSTOM.map(|kind| kind.name), &[], faults);
    let mut common = typed::split_off(&mut table, &COMMON_KEYS);
    common.get_mut().remove("kind");
    let place_of = |key: &str| common.get_ref().get(key).map(Spanned::span).unwrap_or_default();
    let (timeout_place, on_place) = (place_of("timeout"), place_of("on"));
    let common = typed::read::<Common>(&common, faults);
    if let Some(timeout) = common.as_ref().and_then(|common| common.timeout)
        && (timeout > MOST || timeout.get().is_zero())
    {
        let hint = format!("an act may take up to {MOST}: the whole run has four minutes");
        faults.add(timeout_place, format!("`timeout` is {timeout}"), Some(hint));
    }
    if common.as_ref().and_then(|common| common.on.as_ref()).is_some_and(|on| on.is_empty() || on.iter().any(never)) {
        let hint = "[\"dead\", \"hung\", \"resource\"] are the classes of trouble that an act may cure".to_owned();
        faults.add(on_place, "`on` names no class, or one for which heal never acts", Some(hint));
    }
    let kind: Custom = kind.and_then(|(kind, _)| remedy::CUSTOM.into_iter().find(|known| known.name == kind))?;
    let change = typed::read_with(&table, &COMMON_KEYS, kind.parse, faults);
    let settings = typed::settings(&table);
    let (common, change) = (common?, change?);
    let timeout = common.timeout.unwrap_or(kind.timeout);
    let on = common.on.unwrap_or_else(|| kind.on.to_vec());
    let remedy = Remedy { change: timed(change, timeout), on, limit: common.limit };
    Some(Declared { name, kind, enabled: common.enabled, timeout, settings, remedy })
}

const fn never(class: &Class) -> bool {
    matches!(class, Class::Unknown | Class::Dependency | Class::Permanent)
}

fn timed(mut change: Change, timeout: Span) -> Change {
    match &mut change {
        Change::RunCommand { timeout_ms, .. } | Change::SendRequest { timeout_ms, .. } => {
            *timeout_ms = timeout.millis()
        }
        _ => {}
    }
    change
}

/// Is every rung of the ladder one that there is?
pub(super) fn check_ladder(name: &str, ladder: &[String], own: &Own, place: &Place, faults: &mut Faults) {
    let built = remedy::built();
    for rung in ladder {
        let rung = rung.as_str();
        if built.contains(&rung) {
            continue;
        }
        if own.declared.iter().any(|own| own.name == rung && !own.enabled) {
            let why = "has `enabled = false` and is passed over";
            faults.note(place.clone(), format!("rung `{rung}` of [service.{name}] {why}"));
        } else if !own.names.iter().any(|name| name == rung) {
            let known = built.iter().copied().chain(own.names.iter().map(String::as_str));
            let hint = suggestion(rung, known);
            faults.add(place.clone(), format!("unknown rung `{rung}`"), hint);
        }
    }
    for own in own.declared.iter().filter(|own| !ladder.contains(&own.name)) {
        faults.note(
            place.clone(),
            format!("remedy `{}` of [service.{name}] stands in no ladder and is never taken", own.name),
        );
    }
}
