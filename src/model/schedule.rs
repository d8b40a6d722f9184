//! When is heal started, by whom, and what does that need in the world outside of the project? Plain data: times of day, the
//! programs that know them, and the few effects of which installing and removing a schedule consist.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::Span;

/// What starts heal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Manager {
    /// The machine's systemd.
    Systemd,
    /// A user's systemd.
    SystemdUser,
    /// launchd of macOS.
    Launchd,
    /// A user's crontab.
    Cron,
}

impl Manager {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Systemd, Self::SystemdUser, Self::Launchd, Self::Cron];

    /// Its word on the command line, behind `--`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::SystemdUser => "systemd-user",
            Self::Launchd => "launchd",
            Self::Cron => "cron",
        }
    }
}

/// A time of day, as the clock of the machine has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let part = |text: &str, most: u8| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u8>().ok().filter(|number| digits && *number <= most)
        };
        let read = text.split_once(':').and_then(|(hour, minute)| Some((part(hour, 23)?, part(minute, 59)?)));
        let (hour, minute) = read.ok_or_else(|| format!("`{text}` is not a time of day such as \"06:00\""))?;
        Ok(Self { hour, minute })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// When something is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Again and again, after so long.
    Every(Span),
    /// Every day at these times, in order and each once.
    At(Vec<Time>),
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(span) => write!(f, "every {span}"),
            Self::At(times) => {
                write!(f, "at {}", times.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// One line of `[schedule]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub name: String,
    /// Its value.
    pub when: When,
}

/// One thing that is done to the world outside of the project. What the texts say is not written into the journal: who
/// wants to know reads the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "kebab-case")]
pub enum Effect {
    /// Keep what somebody wrote by hand, in the data directory, before it is replaced or removed.
    Keep {
        /// The new copy.
        to: PathBuf,
        /// What it holds.
        #[serde(skip)]
        text: String,
    },
    /// Make the folder into which a service's output goes: its supervisor does not.
    Folder {
        /// Where.
        path: PathBuf,
    },
    /// Write a file, whole or not at all.
    Write {
        /// Where.
        path: PathBuf,
        /// What it will hold.
        #[serde(skip)]
        text: String,
        /// What it held when it was looked at; `None`: nothing of that name was there.
        #[serde(skip)]
        before: Option<String>,
    },
    /// Remove a file that heal wrote.
    Remove {
        /// Where.
        path: PathBuf,
        /// What it held when it was looked at.
        #[serde(skip)]
        before: String,
    },
    /// Replace the user's crontab, of which only heal's own lines differ.
    Crontab {
        /// The whole new text.
        #[serde(skip)]
        text: String,
        /// The whole text when it was looked at.
        #[serde(skip)]
        before: String,
    },
    /// Tell the manager about it.
    Run {
        /// Program and arguments.
        argv: Vec<String>,
    },
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep { to, .. } => write!(f, "keep what was edited by hand in {}", to.display()),
            Self::Folder { path } => write!(f, "make the folder {}", path.display()),
            Self::Write { path, before: None, .. } => write!(f, "write {}", path.display()),
            Self::Write { path, .. } => write!(f, "update {}", path.display()),
            Self::Remove { path, .. } => write!(f, "remove {}", path.display()),
            Self::Crontab { .. } => f.write_str("change heal's own lines in your crontab, and no other"),
            Self::Run { argv } => write!(f, "run `{}`", argv.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_written_in_one_way() {
        for text in ["00:00", "06:05", "23:59"] {
            assert_eq!(text.parse::<Time>().map(|time| time.to_string()).as_deref(), Ok(text));
        }
        for text in ["24:00", "6:00", "06:60", "06", "06:00:00", "+6:00", "", "ab:cd", "06:0a"] {
            let error = text.parse::<Time>().expect_err(text);
            assert!(error.contains("is not a time of day"), "{error}");
        }
    }

    #[test]
    fn texts_are_not_written_into_the_journal() {
        let effect = Effect::Write { path: "/x".into(), text: "secret".to_owned(), before: None };
        let line = serde_json::to_string(&effect).expect("serialises");
        assert_eq!(line, r#"{"effect":"write","path":"/x"}"#);
        assert!(serde_json::from_str::<Effect>(&line).is_ok());
    }
}
