//! Which files is the journal in? One a day, named by it, oldest first.

use std::path::PathBuf;

use chrono::NaiveDate;

use super::DataDir;
use crate::error::{Error, Kind, Result};
use crate::host;
use crate::model::Stamp;

/// A file of a day that is to come may be as large as this: a year's worth of lines would never be let go.
const AHEAD: u64 = 16 * 1024 * 1024;

/// The file to write to: today's, but never one older than the newest there is. After a clock that was ahead for a
/// moment, what is written now still comes last.
pub(super) fn today(dir: &DataDir, now: Stamp) -> Result<PathBuf> {
    let named = |day: NaiveDate| dir.journal().join(day.format("%Y-%m-%d.jsonl").to_string());
    let today = named(now.date_naive());
    let Some(newest) = days(dir)?.pop().filter(|newest| *newest > today) else { return Ok(today) };
    let full = host::files::stat(&newest).is_ok_and(|meta| meta.len() >= AHEAD);
    let day = newest.file_stem().and_then(|stem| stem.to_str()?.parse::<NaiveDate>().ok());
    Ok(day.filter(|_| full).and_then(|day| day.succ_opt()).map_or(newest, named))
}

/// The files of the journal, oldest first.
pub(super) fn days(dir: &DataDir) -> Result<Vec<PathBuf>> {
    Ok(names(dir)?.into_iter().map(|name| dir.journal().join(name)).collect())
}

/// Their names.
pub(super) fn names(dir: &DataDir) -> Result<Vec<String>> {
    let folder = dir.journal();
    let names = match host::folders::names(&folder) {
        Ok(names) => names,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let what = format!("cannot read the journal {}", folder.display());
            return Err(Error::io(what, error).of_kind(Kind::Io));
        }
    };
    let ours = names.into_iter().filter_map(|name| name.into_string().ok()).filter(|name| is_ours(name));
    let mut ours: Vec<String> = ours.collect();
    ours.sort();
    Ok(ours)
}

/// Is it a name that heal gives, `2026-11-22.jsonl`? Another file in the folder is somebody else's, or was moved aside.
pub(super) fn is_ours(name: &str) -> bool {
    name.strip_suffix(".jsonl").is_some_and(|day| {
        let digit = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
        day.len() == 10 && day.bytes().enumerate().all(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_to_come_does_not_take_in_a_year() {
        let temp = tempfile::tempdir().expect("a directory");
        let dir = DataDir::at(temp.path().to_owned());
        dir.create().expect("made");
        let file = |name: &str| dir.journal().join(name);
        let next = |name: &str, len: u64| {
            std::fs::File::create(file(name)).expect("made").set_len(len).expect("set");
            today(&dir, Stamp::default()).expect("readable")
        };
        assert_eq!(next("1969-12-31.jsonl", AHEAD), file("1970-01-01.jsonl"), "its own day has room for all of it");
        assert_eq!(next("2031-02-28.jsonl", AHEAD - 1), file("2031-02-28.jsonl"));
        assert_eq!(next("2031-02-28.jsonl", AHEAD), file("2031-03-01.jsonl"));
    }
}
