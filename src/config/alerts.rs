//! Whom does heal tell, and what of a section that is only half built? Reads `[alert.NAME]`, and sections of which some keys
//! do nothing yet.

use super::faults::Faults;
use super::service;
use super::typed::{self, Table};
use crate::alert;

/// A section of which only these keys are built so far.
pub(super) fn partly<T: for<'de> serde::Deserialize<'de>>(
    section: &str,
    keys: &[&str],
    mut table: Table,
    faults: &mut Faults,
) -> Option<T> {
    let built = typed::split_off(&mut table, keys);
    for key in table.get_ref().keys() {
        faults.note(key.span(), format!("[{section}] {} is not built yet and does nothing", key.get_ref()));
    }
    typed::read::<T>(&built, faults)
}

/// One channel.
pub(super) fn channel(name: &str, mut table: Table, faults: &mut Faults) -> Option<alert::Declared> {
    let kind = service::kind(name, &table, alert::KINDS.map(|kind| kind.name), &alert::PLANNED, faults);
    if let Some((planned, place)) = kind.as_ref().filter(|(kind, _)| alert::PLANNED.contains(&kind.as_str())) {
        faults.note(place.clone(), format!("alert kind `{planned}` is not built yet; {name} tells nobody"));
        return None;
    }
    let mut common = typed::split_off(&mut table, &alert::COMMON_KEYS);
    common.get_mut().remove("kind");
    let common = typed::read(&common, faults);
    let kind = kind.and_then(|(kind, _)| alert::KINDS.into_iter().find(|known| known.name == kind))?;
    let channel = typed::read_with(&table, &alert::COMMON_KEYS, kind.parse, faults);
    let settings = typed::settings(&table);
    Some(alert::Declared { name: name.to_owned(), kind, common: common?, settings, channel: channel? })
}
