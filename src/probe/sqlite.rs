//! Does the database answer? It is read, written in a transaction that is taken back, and checked at its own pace. No byte
//! of it changes, and no file beside it: `check` only reads, a tick takes the write lock for a moment (see `host::sqlite`).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use toml::de::ValueDeserializer;

use super::identify::Who;
use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::sqlite::{Database, Mode, Stamp, Trouble};
use crate::model::units::{duration_text, span_text};
use crate::model::{Class, Severity, Span, redact};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "sqlite",
    about: "an SQLite database can be read and written, and is sound",
    example: r#"db = { kind = "sqlite", path = "data/bot.db", quick_check_every = "1h" }"#,
    parse,
    schema: Sqlite::json_schema,
    // A restart mends no database. Who knows that it frees a lock says `class = "hung"`.
    class: Class::Resource,
    timeout: Span::secs(10),
};

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sqlite {
    /// The database.
    path: PathBuf,
    /// Try a write as well, in a transaction that is rolled back.
    #[serde(default = "super::yes")]
    write: bool,
    /// How often `quick_check` reads all of it, if anything was written since; never, unless said.
    quick_check_every: Option<Span>,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let sqlite = Sqlite::deserialize(value)?;
    if sqlite.quick_check_every.is_some_and(|every| every < Span::secs(60)) {
        return Err(toml::de::Error::custom("`quick_check_every` is less than a minute: it reads the whole database"));
    }
    Ok(Arc::new(sqlite))
}

/// What is known at the next look: the last `quick_check`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    path: PathBuf,
    /// When, in milliseconds since 1970.
    at: i64,
    /// What the file looked like.
    stamp: Stamp,
    checked: Checked,
}

/// How a `quick_check` ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Checked {
    Sound,
    Wrong(String),
    Late,
}

impl Probe for Sqlite {
    fn look(&self, scene: &Scene, timeout: Duration) -> Sight {
        // Two waits for locks fit into it, and the end of a long check.
        let (busy, deadline) = (timeout / 4, Instant::now() + timeout * 9 / 10);
        let database = match Database::open(&scene.root.join(&self.path), busy, deadline) {
            Ok(database) => database,
            Err(trouble) => return self.judge(&trouble, "read", busy),
        };
        let written = match self.not_written(scene, &database) {
            None => match database.write() {
                Ok(()) => "written and rolled back".to_owned(),
                Err(trouble) => return self.judge(&trouble, "written", busy),
            },
            Some(why) => format!("not tried to write: {why}"),
        };
        let mut sight = Sight::new(Judged::Good, format!("read; {written}"));
        let note = self.checked(scene, &database);
        if let Some(Ok(note)) = &note {
            let ago = span_text(scene.now.at.timestamp_millis() - note.at);
            sight = match &note.checked {
                Checked::Sound => sight.with("quick_check", format!("ok {ago} ago")),
                Checked::Wrong(why) => {
                    let summary = format!("quick_check: {}", redact::line(why));
                    Sight::new(Judged::Bad(Some(Severity::Critical)), summary)
                        .with("found", format!("{ago} ago"))
                        .with("next", "keep its files, and restore a backup")
                }
                Checked::Late if database.mode == Mode::Rollback => Sight::new(
                    Judged::Unknown,
                    format!("quick_check did not end within 1s, {ago} ago, and while it reads nobody can commit"),
                )
                .with("next", "use WAL mode, or check a copy and leave `quick_check_every` out"),
                Checked::Late => Sight::new(
                    Judged::Unknown,
                    format!("quick_check did not end in time, {ago} ago; give it a longer `timeout` (60s at most)"),
                ),
            }
            .noting(note);
        }
        if let Some(Err(trouble)) = note {
            return self.judge(&trouble, "checked", busy);
        }
        let mode = match database.mode {
            Mode::Rollback => "rollback",
            Mode::Wal => "wal, open",
            Mode::WalClosed => "wal, closed",
            Mode::WalLeft => "wal, left by a process that ended without closing it",
        };
        sight.with("journal", mode)
    }

    fn needs_process(&self) -> bool {
        false
    }

    fn reads(&self) -> Vec<PathBuf> {
        vec![self.path.clone()]
    }
}

impl Sqlite {
    /// Why no write is tried.
    fn not_written(&self, scene: &Scene, database: &Database) -> Option<&'static str> {
        let me = nix::unistd::geteuid();
        if !self.write {
            Some("`write = false`")
        } else if !scene.tick {
            Some("only a tick does")
        } else if matches!(scene.who.as_deref(), Some(Who::Gone { .. })) {
            // What it left behind is recovered by itself when it starts.
            Some("the service does not run")
        } else if matches!(database.mode, Mode::WalClosed | Mode::WalLeft) {
            // Its -wal and -shm would have to be made, or the -shm made anew.
            Some("nobody has it open")
        } else if !me.is_root() && me.as_raw() != database.owner {
            Some("it belongs to another user")
        } else {
            None
        }
    }

    /// The last `quick_check`, or the one that is due now.
    fn checked(&self, scene: &Scene, database: &Database) -> Option<Result<Note, Trouble>> {
        let every = self.quick_check_every?;
        let now = scene.now.at.timestamp_millis();
        let last = scene.noted.as_ref().and_then(|note| Note::deserialize(note).ok());
        if let Some(last) = last.filter(|last| !due(last, &self.path, &database.stamp, now, every)) {
            return Some(Ok(last));
        }
        let checked = match database.quick_check() {
            Ok(None) => Checked::Sound,
            Ok(Some(wrong)) => Checked::Wrong(wrong),
            Err(Trouble::Broken(wrong)) => Checked::Wrong(wrong),
            Err(Trouble::Late) => Checked::Late,
            Err(trouble) => return Some(Err(trouble)),
        };
        Some(Ok(Note { path: self.path.clone(), at: now, stamp: database.stamp, checked }))
    }

    fn judge(&self, trouble: &Trouble, what: &str, busy: Duration) -> Sight {
        let shown = self.path.display();
        let critical = Judged::Bad(Some(Severity::Critical));
        match trouble {
            Trouble::Missing(None) => Sight::new(critical, format!("{shown} does not exist")),
            Trouble::Missing(Some(end)) => Sight::new(
                critical,
                format!("{shown} does not exist, but its {end} does, and may hold its data"),
            )
            .with("next", format!("copy {shown}{end} away before anything opens the database: SQLite removes it")),
            Trouble::Empty(Some(end)) => Sight::new(
                critical,
                format!("{shown} is empty, but its {end} is not, and may hold its data"),
            )
            .with("next", format!("copy {shown}{end} away before anything opens the database: SQLite removes it")),
            Trouble::Empty(None) => Sight::new(
                Judged::Bad(Some(Severity::Warning)),
                format!("{shown} is empty: nothing was ever stored in it"),
            ),
            Trouble::Broken(why) => Sight::new(critical, format!("{shown}: {why}"))
                .with("next", "keep its files, and restore a backup; a restart mends no database"),
            Trouble::Unwritable(why) => Sight::new(critical, format!("{shown} cannot be written: {why}")),
            // A live writer, for there are no stale locks on a local disk: a long transaction is no fault yet.
            Trouble::Busy => {
                let waited = duration_text(busy);
                let summary = format!("{shown} could not be {what}: somebody has held its lock for {waited}");
                Sight::new(Judged::Bad(Some(Severity::Warning)), summary)
            }
            Trouble::Unfinished(end) => {
                let summary =
                    format!("{shown} was left unfinished, with its {end}; SQLite recovers it at the next start");
                Sight::new(Judged::Unknown, summary).with("next", format!("never remove {shown}{end}"))
            }
            Trouble::Late => Sight::new(Judged::Unknown, format!("{shown} could not be {what} in time")),
            Trouble::Failed(why) => Sight::new(Judged::Unknown, format!("{shown} could not be {what}: {why}")),
        }
    }
}

/// Is it time to check again? What was not written since is as sound as it was; what was wrong is looked at again as soon
/// as somebody changed it.
fn due(last: &Note, path: &std::path::Path, stamp: &Stamp, now: i64, every: Span) -> bool {
    let changed = last.stamp != *stamp;
    let old = now.abs_diff(last.at) >= every.millis().unsigned_abs();
    last.path != path
        || match last.checked {
            Checked::Sound => changed && old,
            Checked::Wrong(_) => changed || old,
            Checked::Late => old,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_due_when_something_was_written_and_the_time_has_come() {
        let every = Span::secs(3_600);
        let wrong = || Checked::Wrong("row 3 missing".to_owned());
        let (quiet, changed): (Stamp, Stamp) = ([1, 2, 3, 4], [1, 2, 3, 5]);
        let table = [
            (Checked::Sound, quiet, 7_200, false),
            (Checked::Sound, changed, 60, false),
            (Checked::Sound, changed, 3_600, true),
            (Checked::Sound, changed, -3_600, true), // the clock was set back
            (wrong(), quiet, 60, false),
            (wrong(), changed, 60, true),
            (wrong(), quiet, 3_600, true),
            (Checked::Late, changed, 60, false),
            (Checked::Late, quiet, 3_600, true),
        ];
        for (checked, stamp, seconds, expected) in table {
            let last = Note { path: "a.db".into(), at: 1_000_000_000, stamp: quiet, checked };
            let now = last.at + seconds * 1_000;
            assert_eq!(due(&last, "a.db".as_ref(), &stamp, now, every), expected, "{last:?} after {seconds} s");
            assert!(due(&last, "b.db".as_ref(), &stamp, now, every), "another database");
        }
    }
}
