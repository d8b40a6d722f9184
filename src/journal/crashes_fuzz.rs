//! What holds of any bytes as a crash history? Read backwards in blocks, it says what it says read forwards line by line, and every
//! line that says nothing is counted.

use std::io::Cursor;

use super::{BLOCK, Backwards, LINE_LIMIT, Passed};
use crate::model::Stamp;
use crate::model::choices::Choices;
use crate::model::crash::{Crash, FORMAT};
use crate::model::event::Moment;

fn now() -> Moment {
    let at = Stamp::from_timestamp(1_795_687_200, 0).unwrap_or_default();
    Moment { at, up: 86_400_000, boot: "b".to_owned() }
}

fn backwards(text: &[u8]) -> Backwards<Cursor<&[u8]>> {
    let end = text.len() as u64;
    let file = Some(Cursor::new(text));
    Backwards { file, from: end, end, held: Vec::new(), too_long: false, passed: Passed::default(), now: now() }
}

/// The entries, newest first, and what was passed over: by lines, without blocks.
fn plainly(text: &[u8]) -> (Vec<Crash>, Passed) {
    let (mut found, mut passed) = (Vec::new(), Passed::default());
    for line in text.split(|byte| *byte == b'\n').rev() {
        let said = line.trim_ascii();
        if line.len() > LINE_LIMIT {
            passed.bad += 1;
        } else if !said.is_empty() {
            match serde_json::from_slice::<Crash>(said) {
                Ok(one) if one.v > FORMAT => passed.newer += 1,
                Ok(one) if one.moment.age_ms(&now()).is_none() => passed.untimely += 1,
                Ok(one) => found.push(one),
                Err(_) => passed.bad += 1,
            }
        }
    }
    (found, passed)
}

fn all(text: &[u8]) -> (Vec<Crash>, Passed) {
    let mut reader = backwards(text);
    let mut found = Vec::new();
    loop {
        match reader.older() {
            Ok(Some((one, age))) => {
                assert!(age >= 0);
                found.push(one);
            }
            Ok(None) => break,
            Err(error) => panic!("memory does not fail: {error}"),
        }
    }
    assert!(reader.whole() && reader.read() == text.len() as u64);
    (found, reader.passed)
}

/// See [`crate::fuzz::TARGETS`].
pub(crate) fn crash_history(data: &[u8]) {
    let mut choices = Choices::new(data);
    let (filled, at, with, by) = (choices.byte(), choices.byte(), choices.byte(), choices.below(64));
    let mut text = choices.rest().to_vec();
    // Now and then there is a line between them as long as a block, or as the longest that is kept.
    if filled < 32 {
        let at = usize::from(at).min(text.len());
        let about = [LINE_LIMIT, usize::try_from(BLOCK).unwrap_or_default() * 2][usize::from(filled & 1)];
        let filler = vec![if with < 128 { b' ' } else { with }; about - 32 + by];
        drop(text.splice(at..at, filler));
    }
    let (found, passed) = all(&text);
    assert_eq!((&found, passed), (&plainly(&text).0, plainly(&text).1));
    // Half a line behind them, closed by the next one, hides none of them.
    let whole = found.first().and_then(|one| serde_json::to_string(one).ok()).unwrap_or_default();
    let torn: String = whole.chars().take(by).filter(|_| by < whole.chars().count()).collect();
    if text.last().is_none_or(|byte| *byte == b'\n') {
        let more = [&text[..], torn.as_bytes(), b"\n"].concat();
        assert_eq!(all(&more).0, found, "a torn line hides whole ones");
    }
    // A window is the newest of them, and ends behind what is older.
    let longest = i64::from(at) * 60_000;
    let Ok(window) = backwards(&text).window(longest) else { panic!("memory does not fail") };
    let newest: Vec<Crash> = found.iter().take(window.entries.len()).rev().cloned().collect();
    assert!(window.entries == newest && window.covered);
    let young = |one: &&Crash| one.moment.boot == "b" && one.moment.age_ms(&now()).is_some_and(|age| age <= longest);
    let certain = found.iter().take_while(|one| one.moment.boot == "b").filter(young).count();
    assert!(window.entries.iter().filter(young).count() >= certain.min(window.entries.len().saturating_sub(1)));
    for one in &found {
        let written = |one: &Crash| serde_json::to_string(one).unwrap_or_default();
        let line = written(one);
        let Ok(read) = serde_json::from_str::<Crash>(&line) else { panic!("what was written is refused: {line}") };
        assert_eq!(written(&read), line);
    }
}
