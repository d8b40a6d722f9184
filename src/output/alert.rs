//! How do we speak about alerts: what was told, what waits, which incidents are open, and what a channel would send.

use schemars::JsonSchema;
use serde::Serialize;

use super::sanitize;
use super::view::Time;
use crate::model::alert::Parcel;
use crate::model::event::Notice;
use crate::model::report::Delivery;
use crate::model::status::Undelivered;
use crate::model::units::span_text;
use crate::model::{Stamp, redact};

/// What became of an alert.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Told {
    /// What was delivered in this run, and what was not.
    pub deliveries: Vec<Delivered>,
    /// What waits for its channel, oldest first.
    pub waiting: Vec<Waits>,
    /// What was in the way of it.
    pub warnings: Vec<String>,
}

/// One delivery.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Delivered {
    /// The channel.
    pub channel: String,
    /// The first line of what was said.
    pub title: String,
    /// Why it did not arrive.
    pub failure: Option<String>,
}

/// A message that waits for its channel.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Waits {
    /// The channel.
    pub channel: String,
    /// The service that it is about.
    pub service: String,
    /// What it is about.
    pub notice: Notice,
    /// The first line of what is to be said.
    pub title: String,
    /// Since when it waits.
    pub since: Time,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the channel did not take it, the last time.
    pub why: Option<String>,
}

/// What is open, and what waits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// Incidents that are open.
    pub open: Vec<Open>,
    /// What waits for its channel, oldest first.
    pub waiting: Vec<Waits>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

/// An incident that is open.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Open {
    /// What it is acknowledged by.
    pub fingerprint: String,
    /// The service.
    pub service: String,
    /// Since when.
    pub since: Time,
    /// One line.
    pub summary: String,
    /// The channels that were told anything of it.
    pub told: Vec<String>,
    /// How often people were reminded.
    pub reminders: u32,
    /// A person knows of it.
    pub acknowledged: bool,
}

/// An incident that a person knows of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Acknowledged {
    /// The service.
    pub service: String,
    /// What it is known by.
    pub fingerprint: String,
    /// Until when; to its end when it is `null`.
    pub until: Option<Time>,
}

/// What would be sent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Previewed {
    /// By channel.
    pub channels: Vec<Preview>,
}

/// What one channel would send.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Preview {
    /// The channel.
    pub channel: String,
    /// What it would send, secrets masked.
    pub sends: String,
}

impl Told {
    /// What became of it.
    #[must_use]
    pub fn new(deliveries: &[Delivery], waiting: &[Undelivered], warnings: Vec<String>) -> Self {
        let delivered = deliveries.iter().map(|one| Delivered {
            channel: one.channel.clone(),
            title: one.title.clone(),
            failure: one.failure.clone(),
        });
        Self { deliveries: delivered.collect(), waiting: waiting.iter().map(Waits::from).collect(), warnings }
    }
}

impl From<&Undelivered> for Waits {
    fn from(one: &Undelivered) -> Self {
        Self {
            channel: one.channel.clone(),
            service: one.service.clone(),
            notice: one.notice,
            title: one.title.clone(),
            since: one.since.into(),
            attempts: one.attempts,
            why: one.why.clone(),
        }
    }
}

/// What was told, and what waits.
#[must_use]
pub fn told(deliveries: &[Delivery], waiting: &[Undelivered], now: Stamp) -> String {
    let line = |delivery: &Delivery| match &delivery.failure {
        None => format!("told      {}: {}", delivery.channel, delivery.title),
        Some(why) => format!("not told  {}: {why}", delivery.channel),
    };
    let lines: String = deliveries.iter().map(|delivery| format!("{}\n", sanitize::line(&line(delivery)))).collect();
    lines + &waits(waiting, now)
}

fn waits(waiting: &[Undelivered], now: Stamp) -> String {
    let line = |one: &Undelivered| {
        let age = span_text((now - one.since).num_milliseconds().max(0));
        let tries = if one.attempts == 1 { "1 try".to_owned() } else { format!("{} tries", one.attempts) };
        let why = one.why.as_ref().map(|why| format!(" ({tries}: {why})")).unwrap_or_default();
        format!("waits     {}: {}, for {age}{why}", one.channel, one.title)
    };
    waiting.iter().map(|one| format!("{}\n", sanitize::line(&line(one)))).collect()
}

/// What is open, and what waits.
#[must_use]
pub fn listed(listed: &Listed, waiting: &[Undelivered], now: Stamp) -> String {
    let mut text = String::new();
    for one in &listed.open {
        let told =
            if one.told.is_empty() { "nobody was told".to_owned() } else { format!("told {}", one.told.join(", ")) };
        let known = if one.acknowledged { "; acknowledged" } else { "" };
        let line = format!("open      {}  {}: {} ({told}{known})", one.fingerprint, one.service, one.summary);
        text.push_str(&format!("{}\n", sanitize::line(&line)));
    }
    text.push_str(&waits(waiting, now));
    text.push_str(&warned(&listed.warnings));
    if text.is_empty() {
        text.push_str("no incident is open and nothing waits\n");
    }
    text
}

/// What was in the way.
#[must_use]
pub fn warned(warnings: &[String]) -> String {
    warnings.iter().map(|warning| format!("warning   {}\n", sanitize::line(warning))).collect()
}

/// What would leave, for a person.
#[must_use]
pub fn shown(parcel: &Parcel) -> String {
    let space = |line: &str| if line.is_empty() { "" } else { "    " };
    let indent =
        |text: &str| text.lines().map(|line| format!("{}{}\n", space(line), sanitize::line(line))).collect::<String>();
    let text = match parcel {
        Parcel::Line { path, line } => format!("  a line in {}\n{}", path.display(), indent(line)),
        Parcel::Command { argv, env, stdin } => {
            let words = redact::command_line(argv);
            let variables = env.iter().map(|(name, value)| {
                if redact::is_secret_name(name) { format!("{name}=***\n") } else { format!("{name}={value}\n") }
            });
            format!("  run {words}\n{}{}", indent(&variables.collect::<String>()), indent(stdin))
        }
        Parcel::Request(request) => {
            let headers = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
            let signed = request.signature.as_ref().map(|(name, _)| format!("{name}: sha256=***\n"));
            let headers: String = headers.chain(signed).collect();
            let url = redact::line(&request.url.to_string());
            format!("  {} {url}\n{}{}", request.method, indent(&headers), indent(&request.body))
        }
        Parcel::Mail(mail) => {
            let head = format!("From: {}\nTo: {}\nSubject: {}\n\n", mail.from, mail.to.join(", "), mail.subject);
            format!("  an e-mail\n{}{}", indent(&head), indent(&mail.body))
        }
        Parcel::Datagram { socket, text } => format!("  to {}\n{}", socket.display(), indent(text)),
        Parcel::Note { title, body, .. } => format!("  a note\n{}{}", indent(title), indent(body)),
    };
    text.trim_end().to_owned()
}
