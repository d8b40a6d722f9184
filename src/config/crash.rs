//! When are crashes more than single accidents? `[crash]`, checked.

use toml::Spanned;

use super::faults::Faults;
use super::file;
use super::typed::{self, Table};
use crate::model::crash::CrashRules;

/// What holds, with the defaults where the section says nothing.
pub(super) fn rules(table: &Table, faults: &mut Faults) -> Option<CrashRules> {
    let said = typed::read::<file::Crash>(table, faults)?;
    let usual = CrashRules::default();
    let release_age = said.release_age.unwrap_or(usual.release_age);
    if release_age.get().is_zero() {
        let place = table.get_ref().get("release_age").map(Spanned::span).unwrap_or_default();
        faults.add(place, "`release_age` of zero: no release would ever be young", Some("write \"1h\"".to_owned()));
    }
    Some(CrashRules {
        enabled: said.enabled,
        pattern: said.pattern.unwrap_or(usual.pattern),
        release_age,
        storm: said.storm.unwrap_or(usual.storm),
    })
}
