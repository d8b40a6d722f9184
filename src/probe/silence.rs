//! Since when is it silent, and could it speak at all? A signal that is missing may have been moved away a moment ago, and who
//! finds the disk full writes nothing, however well it works. Where a signal is there, its own age decides: `fresh`.

use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{Judged, Scene, Sight};
use crate::host::resources;
use crate::model::event::Moment;
use crate::model::units::span_text;
use crate::model::{Span, Stamp};

/// What a probe that waits for a signal keeps for its next look. While all is well it stays the same, so nothing is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    /// The signal was there when a tick last looked, and first at this time.
    there: Option<Moment>,
    /// It was not, and counts as missing from this time on.
    missing: Option<Moment>,
    /// It could not be written at this time.
    mute: Option<Moment>,
}

impl Note {
    /// What the last tick noted.
    pub(super) fn of(scene: &Scene) -> Self {
        scene.noted.as_ref().and_then(|note| Self::deserialize(note).ok()).unwrap_or_default()
    }

    /// The signal is there.
    pub(super) fn seen(&mut self, now: &Moment) {
        self.missing = None;
        self.there.get_or_insert_with(|| now.clone());
    }

    /// How long a signal has been missing at most, in milliseconds: from the latest of the start `up` ago, of the last change
    /// of its folder, and of the last look that saw it. Once it was found missing, what else happens in the folder says
    /// nothing any more: many signals may share it.
    pub(super) fn missing(&mut self, up: i64, changed: Option<SystemTime>, now: &Moment, tick: bool) -> i64 {
        let age = if let Some(since) = &self.missing {
            now.since(since)
        } else {
            let folder = changed.map(|changed| (now.at - Stamp::from(changed)).num_milliseconds().max(0));
            // Without ticks nobody knows for how long the note has been true.
            let seen = self.there.as_ref().map(|there| if tick { 0 } else { now.since(there) });
            folder.into_iter().chain(seen).fold(up, i64::min)
        };
        let age = age.min(up);
        if self.missing.is_none() {
            let at = now.at.checked_sub_signed(chrono::TimeDelta::milliseconds(age)).unwrap_or(now.at);
            self.missing = Some(Moment { at, up: now.up.saturating_sub(age), boot: now.boot.clone() });
        }
        self.there = None;
        age
    }

    /// The sight, unless it is bad and the service cannot write there, or could not a moment ago. With what was learned.
    pub(super) fn heard(mut self, scene: &Scene, within: Span, sight: Sight, places: &[&Path]) -> Sight {
        let bad = matches!(sight.judged, Judged::Bad(_));
        let sight = match bad.then(|| mute(scene, places)).flatten() {
            Some((place, why)) => {
                self.mute = Some(Moment::clone(&scene.now));
                let summary = format!("{}, but it cannot be written: {place}: {why}", sight.summary);
                Sight { judged: Judged::Unknown, summary, ..sight }
            }
            None => match self.mute.as_ref().map(|mute| scene.now.since(mute)) {
                Some(ago) if bad && ago <= within.millis() => {
                    let summary = format!("{}, and could not be written {} ago", sight.summary, span_text(ago));
                    Sight { judged: Judged::Skipped, summary, ..sight }
                }
                _ => sight,
            },
        };
        let nothing = self == Self::default() && scene.noted.is_none();
        if nothing { sight } else { sight.noting(&self) }
    }
}

/// Which of these, or the nearest folder that is there, cannot be written, and why?
fn mute(scene: &Scene, places: &[&Path]) -> Option<(String, &'static str)> {
    let process = scene.process();
    let (pid, root) = (process.map(|process| process.identity.pid), process.is_some_and(|who| who.uid == Some(0)));
    places.iter().find_map(|path| {
        // The file may be a link to another file system than that of its folder.
        let folder = path.ancestors().skip(1).find(|folder| folder.is_dir());
        let why = |place: &Path| resources::unwritable(place, pid, root).map(|why| (place.display().to_string(), why));
        why(path).or_else(|| folder.and_then(why))
    })
}

/// Why a signal is missing that a process of this age should have written, and yet counts as missing for this long alone.
pub(super) fn gone(silent: i64, up: i64, within: Span) -> Option<String> {
    let limit = within.millis();
    (silent <= limit && limit < up).then(|| format!("gone for {} at most", span_text(silent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn moment(minute: i64) -> Moment {
        let at = Stamp::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap_or_default();
        Moment { at, up: 10_000_000 + minute * MINUTE, boot: "b".to_owned() }
    }

    #[test]
    fn a_missing_signal_counts_from_the_latest_that_is_known() {
        let folder = |minute: i64| Some(SystemTime::from(moment(minute).at));
        let there = Note { there: Some(moment(10)), ..Note::default() };
        // What was noted, when the folder changed, a tick? Now is minute 100, the process started at 0.
        let table = [
            (Note::default(), None, true, 100),
            (Note::default(), folder(-50), true, 100),
            (Note::default(), folder(97), true, 3),
            (Note::default(), folder(120), true, 0), // dated in the future
            (there.clone(), folder(20), true, 0),
            (there.clone(), folder(20), false, 80), // nobody ticks: the note may be old
            (Note { missing: Some(moment(40)), ..Note::default() }, folder(99), true, 60), // others write there as well
            (Note { missing: Some(moment(-40)), ..Note::default() }, folder(99), true, 100), // of an earlier life
        ];
        for (mut note, changed, tick, expected) in table {
            let said = format!("{note:?} {changed:?} {tick}");
            assert_eq!(note.missing(100 * MINUTE, changed, &moment(100), tick), expected * MINUTE, "{said}");
            assert_eq!(note.missing(101 * MINUTE, folder(101), &moment(101), tick), (expected + 1) * MINUTE, "{said}");
        }
        let mut note = Note { missing: Some(moment(40)), ..Note::default() };
        note.seen(&moment(50));
        assert_eq!(note, Note { there: Some(moment(50)), ..Note::default() });
    }
}
