//! What holds of any text as a filter, and of any document? It is refused with a reason, or it can be asked; and whatever it asks,
//! there is an answer in time, from a child that is bounded, and that is no bug.

use super::{check, place};

/// See [`crate::fuzz::TARGETS`].
pub(crate) fn jq(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (filter, document) = text.split_once('\0').unwrap_or((&text, "{}"));
    assert_eq!(place(filter, filter), " (character 1)");
    match check(filter, &["limit"]) {
        Err(why) => assert!(!why.is_empty() && !why.contains("bug in heal"), "{why}"),
        Ok(()) => asked(filter, document),
    }
}

/// The fuzzer is started once more as heal is: see `tests/fuzz/fuzz.rs`.
#[cfg(not(test))]
fn asked(filter: &str, document: &str) {
    use std::time::{Duration, Instant};

    use super::{Held, holds, transform};

    let variables = [("limit", "100")];
    let (start, most) = (Instant::now(), Duration::from_secs(1));
    let held = holds(filter, &variables, document, most);
    let made = transform(filter, &variables, document, most);
    assert!(start.elapsed() < Duration::from_secs(8), "{filter} took {:?}", start.elapsed());
    let why = match &held {
        Held::Holds(_) => "",
        Held::Broken(why) | Held::Unknown(why) => why,
    };
    for why in [Some(why), made.as_ref().err().map(String::as_str)].into_iter().flatten() {
        assert!(!why.contains("could not be evaluated") && !why.contains("bug in heal"), "{filter}: {why}");
    }
    if let Ok(text) = made {
        let read = serde_json::from_str::<serde::de::IgnoredAny>(&text);
        assert!(read.is_ok(), "{filter} makes no JSON: {text}");
    }
}

/// There is no heal to be started among the tests; what stands in the corpora comes to an end.
#[cfg(test)]
fn asked(filter: &str, document: &str) {
    let variables = [("limit".to_owned(), "100".to_owned())];
    let answer = super::deep(|| super::one(filter, &variables, document).map(|value| value.to_string()));
    assert!(answer.is_ok(), "{filter}: {answer:?}");
}
