//! What holds of any bytes as a day of the journal? Whole lines count whatever stands between them; a torn one changes nothing;
//! and whoever reads in two goes knows what one who reads at once does.

use std::path::Path;

use super::{FORMAT, Past, fold};
use crate::model::choices::Choices;
use crate::model::{Entry, History};

/// What is appended after a crash: two lines as heal writes them.
const NEXT: &str = r#"{"v":1,"at":"2026-11-26T10:00:00.000Z","up":1000,"boot":"b","run":"r","event":"held","service":"bot","reason":"why"}"#;

fn read_from(text: &[u8], from: usize, past: &mut Past) {
    let done = fold(&text[from..], Path::new("2026-11-26.jsonl"), from as u64, past);
    assert!(done.is_ok(), "memory does not fail");
}

fn read(text: &[u8]) -> Past {
    let mut past = Past::default();
    read_from(text, 0, &mut past);
    past
}

fn end(past: &Past) -> usize {
    past.read.values().next().and_then(|end| usize::try_from(*end).ok()).unwrap_or_default()
}

/// How many lines were torn, and how many damaged.
fn unread(past: &Past) -> (u64, u64) {
    past.unread.values().fold((0, 0), |sum, one| (sum.0 + one.torn, sum.1 + one.damaged))
}

/// See [`crate::fuzz::TARGETS`].
pub(crate) fn journal(data: &[u8]) {
    let mut choices = Choices::new(data);
    let (torn_at, half) = (choices.below(NEXT.len()), choices.byte());
    let text = choices.rest();
    let past = read(text);
    // By lines, each for itself: what is an event counts, and everything else is counted.
    let (mut history, mut silent, mut newer) = (History::default(), 0, false);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let whole = line.ends_with(b"\n");
        let entry: Option<Entry> = serde_json::from_slice(line).ok();
        silent += u64::from(entry.is_none() && !line.iter().all(u8::is_ascii_whitespace) && whole);
        if let Some(entry) = entry {
            newer |= entry.v > FORMAT;
            history.apply(&entry);
            written_is_read(&entry);
        }
    }
    assert_eq!(past.history, history, "whole lines were forgotten");
    let (torn, damaged) = unread(&past);
    assert!(torn + damaged + u64::from(past.newer) >= u64::from(silent > 0), "a line was passed over in silence");
    assert!(past.newer || !newer);
    settled(&past.history);

    // As `append_line` leaves it: a tail is closed first. Then a crash tears the next line.
    let closed = if text.last().is_none_or(|byte| *byte == b'\n') { text.to_vec() } else { [text, b"\n"].concat() };
    let before = read(&closed);
    let torn = [&closed[..], &NEXT.as_bytes()[..torn_at]].concat();
    let after = read(&torn);
    assert_eq!(after.history, before.history, "a torn line changed what is known");
    assert_eq!(unread(&after), unread(&before), "an open tail may still be in the writing");
    let mended = [&torn[..], if torn_at > 0 { b"\n" } else { b"" }, NEXT.as_bytes(), b"\n"].concat();
    let (mended, plain) = (read(&mended), read(&[&closed[..], NEXT.as_bytes(), b"\n"].concat()));
    assert_eq!(mended.history, plain.history, "a torn line took the next one with it");
    assert_eq!(unread(&mended).1, unread(&plain).1, "what a crash leaves is no damage");
    assert_eq!(unread(&mended).0, unread(&plain).0 + u64::from(torn_at > 0));

    // In two goes.
    let lines = closed.split_inclusive(|byte| *byte == b'\n').take(usize::from(half) % 8).map(<[u8]>::len).sum();
    let mut twice = read(&closed[..lines]);
    assert_eq!(end(&twice), lines);
    read_from(&closed, lines, &mut twice);
    assert_eq!(twice.history, before.history);
    assert_eq!((unread(&twice), end(&twice)), (unread(&before), end(&before)));
}

/// A line is written with milliseconds, whatever it was read from.
fn written_is_read(entry: &Entry) {
    let written = |entry: &Entry| serde_json::to_string(entry).unwrap_or_default();
    let line = written(entry);
    let Ok(once) = serde_json::from_str::<Entry>(&line) else { panic!("what was written is refused: {line}") };
    assert_eq!(written(&once), line);
}

/// The snapshot of a history is the history, once its times have their milliseconds.
fn settled(history: &History) {
    let through = |history: &History| {
        let text = serde_json::to_string(history).unwrap_or_default();
        let Ok(read) = serde_json::from_str::<History>(&text) else { panic!("a snapshot is refused: {text}") };
        read
    };
    let once = through(history);
    assert_eq!(through(&once), once);
}
