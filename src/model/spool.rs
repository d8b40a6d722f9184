//! What waits to be told? One item is one message and the channels that have not taken it yet. Pure: how several that wait for
//! the same channel become one, and how long a channel that failed is left alone.

use serde::{Deserialize, Serialize};

use super::alert::{Again, Message, Undelivered};
use super::event::{Moment, Notice};
use super::finding::Severity;
use super::units::span_text;

/// Pauses after the first, second, … failure of a channel, in milliseconds; the last one for ever (FAULTS G2).
const PAUSES: [i64; 5] = [60_000, 120_000, 300_000, 900_000, 3_600_000];

/// When an urgent message was taken by nobody for so long, in milliseconds, the next channel takes over, and it is shouted into
/// the machine's own log.
pub const LATE: i64 = 600_000;

/// A message that is told later than this says how old it is, in milliseconds: younger ones were told at once.
const OLD: i64 = 120_000;

/// A message, and who has not taken it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// When it was put here.
    pub queued: Moment,
    /// Which of several with the same notice: reminders are counted.
    #[serde(default)]
    pub nth: u32,
    /// What is to be told.
    pub message: Message,
    /// The channels that have not taken it.
    pub waiting: Vec<Waiting>,
    /// Channels that it was given to because another one did not take it.
    #[serde(default)]
    pub stood_in: Vec<String>,
    /// Channels that took it: none of them gets it a second time because another one did not.
    #[serde(default)]
    pub told: Vec<String>,
    /// A channel took it: somebody knows.
    #[serde(default)]
    pub taken: bool,
    /// A channel refused it for good.
    #[serde(default)]
    pub refused: bool,
    /// Nobody took it for so long, or whoever could refused it, that it went into the machine's own log.
    #[serde(default)]
    pub shouted: bool,
}

/// A channel that has not taken a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its name.
    pub channel: String,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// When it was last tried, and for how many milliseconds it is left alone since.
    #[serde(default)]
    pub resting: Option<(Moment, i64)>,
    /// Why it did not take it.
    #[serde(default)]
    pub why: Option<String>,
}

impl Waiting {
    /// Not tried yet.
    #[must_use]
    pub fn new(channel: &str) -> Self {
        Self { channel: channel.to_owned(), attempts: 0, resting: None, why: None }
    }

    /// It did not take it.
    pub fn failed(&mut self, why: &str, again: Again, now: &Moment) {
        let pause = PAUSES[usize::try_from(self.attempts).unwrap_or(usize::MAX).min(PAUSES.len() - 1)];
        self.attempts = self.attempts.saturating_add(1);
        self.why = Some(why.to_owned());
        match again {
            Again::Later => self.resting = Some((now.clone(), pause)),
            Again::After(millis) => self.resting = Some((now.clone(), millis)),
            // Whoever keeps it takes it out.
            Again::Never => {}
        }
    }

    /// May it be tried now?
    #[must_use]
    pub fn is_due(&self, now: &Moment) -> bool {
        let rests = self.resting.as_ref().is_some_and(|(since, pause)| now.since(since) < *pause);
        !guard!("a channel that failed rests", rests)
    }
}

impl Item {
    /// The file's name: by age, and by what it says, so that the same is never put there twice.
    #[must_use]
    pub fn name(&self) -> String {
        let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let incident: String = self.message.incident.chars().map(safe).take(100).collect();
        let notice = super::alert::word(self.message.notice);
        // What was put there in the same moment: the older incident before the one that follows it, so that nobody reads
        // "recovered" last while it is down; and of one incident how it began before how it went on.
        let rank = self.message.notice as u8;
        format!("{:014}-{incident}-{rank}-{notice}-{}.json", self.queued.at.timestamp_millis().max(0), self.nth)
    }

    /// Is it about this?
    #[must_use]
    pub fn says(&self, incident: &str, notice: Notice, nth: u32) -> bool {
        self.message.incident == incident && self.message.notice == notice && self.nth == nth
    }

    /// A channel took it; of the list alone nobody knows.
    pub fn took(&mut self, channel: &str, somebody: bool) {
        self.waiting.retain(|waiting| waiting.channel != channel);
        self.taken |= somebody;
        self.told.push(channel.to_owned());
    }

    /// A channel did not take it. Its `fallback` takes over what is refused, and what did not get through for some minutes.
    /// `false`: it does not wait for this channel.
    pub fn failed(&mut self, channel: &str, why: &Undelivered, fallback: Option<&str>, now: &Moment) -> bool {
        let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.channel == channel) else { return false };
        waiting.failed(&why.why, why.again, now);
        let (refused, late) = (why.again == Again::Never, now.since(&self.queued) >= LATE);
        if let Some(next) = fallback.filter(|next| (refused || late) && self.of(next).is_none())
            && !guard!("a fallback is not told twice", self.stood_in.iter().chain(&self.told).any(|one| one == next))
        {
            self.stood_in.push(next.to_owned());
            self.waiting.push(Waiting::new(next));
        }
        if refused {
            self.refused = true;
            self.waiting.retain(|waiting| waiting.channel != channel);
        }
        true
    }

    /// How this channel waits for it.
    #[must_use]
    pub fn of(&self, channel: &str) -> Option<&Waiting> {
        self.waiting.iter().find(|waiting| waiting.channel == channel)
    }
}

/// What a channel is told when several messages about one incident wait for it: one, that says how it stands. The items are in
/// the order of their age, and there is at least one.
#[must_use]
pub fn merged(items: &[&Item], now: &Moment) -> Option<Message> {
    let trouble = |item: &&&Item| item.message.notice != Notice::Recovered;
    let over = items.iter().rfind(|item| item.message.notice == Notice::Recovered);
    let first = items.first()?;
    let mut message = match items.iter().filter(trouble).max_by_key(|item| item.message.severity) {
        // The latest of the most urgent ones: max_by_key takes the last of several.
        Some(item) => item.message.clone(),
        None => return Some(aged(over?.message.clone(), now.since(&first.queued))),
    };
    if let Some(over) = over {
        let lasted = over.message.details.iter().find(|(name, _)| name == "downtime").map(|(_, value)| value.as_str());
        let how = lasted.map_or_else(|| "over by now".to_owned(), |lasted| format!("over, it lasted {lasted}"));
        message.title = format!("{} ({how})", message.title);
        message.details.retain(|(name, _)| name != "next");
        message.action_required = None;
        message.severity = message.severity.min(Severity::Warning);
    }
    Some(aged(message, now.since(&first.queued)))
}

fn aged(mut message: Message, age: i64) -> Message {
    if age >= OLD {
        let ago = span_text(age);
        message.title = format!("{} [{ago} ago]", message.title);
        message.details.push(("delayed".to_owned(), format!("this channel could not be told for {ago}")));
    }
    message
}

/// Most lines of a digest; the rest is counted.
const LINES: usize = 40;

/// What a channel is told instead of many messages.
#[must_use]
pub fn digest(items: &[&Item], limit: u32, now: &Moment) -> Option<Message> {
    let last = items.last()?;
    let severity = items.iter().map(|item| item.message.severity).max().unwrap_or(Severity::Warning);
    let lines = items.iter().rev().take(LINES).rev().map(|item| {
        let at = super::rfc3339(item.message.at);
        (
            at,
            format!(
                "{}{}",
                if item.message.notice == Notice::Recovered { "recovered: " } else { "" },
                item.message.title
            ),
        )
    });
    let mut details: Vec<(String, String)> = lines.collect();
    if items.len() > LINES {
        details.insert(0, ("left out".to_owned(), format!("{} older messages", items.len() - LINES)));
    }
    Some(Message {
        severity,
        notice: Notice::Digest,
        service: super::service::HOST.to_owned(),
        incident: format!("digest/{}", last.message.incident),
        fingerprint: String::new(),
        title: format!("{} messages in one: there were more than {limit} within an hour", items.len()),
        details,
        action_required: last.message.action_required.clone(),
        since: items.first().map_or(now.at, |item| item.message.at),
        at: now.at,
        ..last.message.clone()
    })
}

#[cfg(test)]
#[path = "spool_tests.rs"]
mod tests;
