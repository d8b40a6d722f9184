//! Which lines of the journal are about this? Read line by line, so that a journal of any size takes no more memory than what is
//! looked for; of the others no more is read than of which kind they are. What cannot be read as a line is passed over.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::DataDir;
use super::days::days;
use super::snapshot::LINE_LIMIT;
use crate::error::{Error, Kind, Result};
use crate::model::Entry;

/// Is a line of this kind wanted? Both as they stand there: the kind is the word after `"event":`, empty where it is not told.
pub(super) type Wanted<'w> = dyn Fn(&str, &str) -> bool + 'w;

/// Hands over what is wanted, oldest first.
///
/// # Errors
/// The journal is there and cannot be read.
pub fn each(dir: &DataDir, wanted: &Wanted<'_>, take: &mut dyn FnMut(Entry)) -> Result<()> {
    for path in days(dir)? {
        let read = File::open(&path).and_then(|file| of(file, wanted).try_for_each(|entry| entry.map(&mut *take)));
        read.map_err(|error| unreadable(&path, error))?;
    }
    Ok(())
}

/// What is wanted of each day, the newest day first; within a day the oldest first. Who finds it there reads no further.
///
/// # Errors
/// As [`each`].
pub fn newest_days<'d>(dir: &DataDir, wanted: &'d Wanted<'d>) -> Result<impl Iterator<Item = Result<Vec<Entry>>> + 'd> {
    Ok(days(dir)?.into_iter().rev().map(move |path| {
        let read = File::open(&path).and_then(|file| of(file, wanted).collect());
        read.map_err(|error| unreadable(&path, error))
    }))
}

/// What is wanted of one file.
pub(super) fn of<'w>(file: File, wanted: &'w Wanted<'w>) -> impl Iterator<Item = io::Result<Entry>> + 'w {
    let (mut reader, mut line) = (BufReader::new(file), Vec::new());
    std::iter::from_fn(move || {
        loop {
            line.clear();
            match (&mut reader).take(LINE_LIMIT).read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            let Ok(text) = std::str::from_utf8(&line) else { continue };
            if wanted(kind(text), text)
                && let Ok(entry) = serde_json::from_str(text)
            {
                return Some(Ok(entry));
            }
        }
    })
}

/// Of which kind is it? What heal writes has its kind before anything that a person or a program could have written.
fn kind(line: &str) -> &str {
    let rest = line.split_once("\"event\":\"").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split_once('"')).map_or("", |(kind, _)| kind)
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::io(format_args!("cannot read the journal {}", path.display()), error).of_kind(Kind::Io)
}
