//! What holds of any text as a heal.toml? It is refused with places, or what it comes to can be shown; and what is shown is a
//! heal.toml that comes to the same.

use std::path::Path;

use super::{Config, Sources, parse};

/// Nothing stands there: what a path leads to must not decide.
const ROOT: &str = "/nonexistent/project";

fn read(text: &str) -> Option<(Config, Sources)> {
    match parse(&Path::new(ROOT).join("heal.toml"), Path::new(ROOT), text, &[]) {
        Ok((config, sources)) => Some((config, sources)),
        Err(error) => {
            assert!(error.kind == crate::error::Kind::Config, "{error}");
            assert!(!error.faults.is_empty(), "refused, and nobody knows where: {error}");
            for fault in &error.faults {
                let mut place = fault.place.rsplit(':');
                let mut number = || place.next().and_then(|number| number.parse::<usize>().ok());
                let (Some(column), Some(line)) = (number(), number()) else { panic!("no place: {}", fault.place) };
                let lines = text.split('\n').count();
                assert!(column > 0 && line > 0 && line <= lines, "{} of {lines} lines", fault.place);
                assert!(!fault.message.is_empty());
            }
            None
        }
    }
}

/// See [`crate::fuzz::TARGETS`].
pub(crate) fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some((config, sources)) = read(&text) else { return };
    let shown = config.show();
    assert!(sources.of(&shown).len() > 1, "what holds comes from somewhere");
    let Ok(rendered) = toml::to_string_pretty(&shown) else { panic!("it cannot be shown: {shown}") };
    // What is masked is not what it was.
    if rendered.contains("***") {
        return;
    }
    let Some((again, _)) = read(&rendered) else { panic!("what is shown is refused:\n{rendered}") };
    assert_eq!(again.show(), shown);
}
