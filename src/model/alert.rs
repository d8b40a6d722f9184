//! What is a person told, and how is it packed? The message is the same for all channels; a parcel is what one of them sends.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Stamp;
use super::event::Notice;
use super::finding::Severity;
use super::secret::{Sealed, Secret};

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// How urgent.
    pub severity: Severity,
    /// What it is about.
    pub notice: Notice,
    /// `[project] name`.
    pub project: String,
    /// This machine.
    pub host: String,
    /// The service, or `host`.
    pub service: String,
    /// The incident; with the notice it is what an alert is told apart by.
    pub incident: String,
    /// What stays the same when the same trouble comes again: by service, class and probe. Empty for what is no incident.
    #[serde(default)]
    pub fingerprint: String,
    /// One line.
    pub title: String,
    /// What was seen and done, in the order in which a person wants it.
    pub details: Vec<(String, String)>,
    /// What the person has to do, or nothing.
    pub action_required: Option<String>,
    /// Since when it is so: the beginning of the incident.
    pub since: Stamp,
    /// When this was said.
    pub at: Stamp,
}

/// One act of delivery, as plain data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// A line for a file.
    Line {
        /// Absolute path.
        path: PathBuf,
        /// One line, without its newline.
        line: String,
    },
    /// A command to run.
    Command {
        /// Program and arguments.
        argv: Vec<String>,
        /// Added to the clean environment.
        env: BTreeMap<String, String>,
        /// Given on standard input.
        stdin: String,
    },
    /// An HTTP request; a 2xx answer means that it arrived.
    Request(Box<Request>),
    /// An e-mail for an SMTP server.
    Mail(Box<Mail>),
    /// One datagram for a local socket, such as that of syslog.
    Datagram {
        /// The socket.
        socket: PathBuf,
        /// What is sent.
        text: String,
    },
    /// A note on the desktop of whoever runs heal.
    Note {
        /// One line.
        title: String,
        /// What stands below it.
        body: String,
        /// It stays until it is clicked away.
        urgent: bool,
    },
}

/// An HTTP request that carries an alert. Redirects are never followed: they would carry the secret elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, upper case.
    pub method: String,
    /// `https://…`
    pub url: Sealed,
    /// Names and values.
    pub headers: Vec<(String, Sealed)>,
    /// The body; empty for none.
    pub body: String,
    /// Signs the body, with HMAC-SHA256: the name of the header, and the key.
    pub signature: Option<(String, Secret)>,
    /// A file of certificates that are trusted instead of the platform's.
    pub ca: Option<PathBuf>,
    /// It may go without TLS to another machine.
    pub allow_http: bool,
}

/// An e-mail, and who takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who takes it.
    pub by: Post,
    /// `From:`
    pub from: String,
    /// `To:`
    pub to: Vec<String>,
    /// `Subject:`, one line.
    pub subject: String,
    /// The text.
    pub body: String,
    /// What the message is known by; the same message has the same one.
    pub id: String,
    /// The id of the message that began the incident, for one that follows it.
    pub follows: Option<String>,
    /// `Date:`
    pub at: Stamp,
}

/// Who takes a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Post {
    /// An SMTP server.
    Server {
        /// Its name, which its certificate has to bear.
        host: String,
        /// Its port.
        port: u16,
        /// How the connection is kept private.
        privacy: Privacy,
        /// User and password.
        login: Option<(String, Secret)>,
        /// A file of certificates that are trusted instead of the platform's.
        ca: Option<PathBuf>,
    },
    /// A program that reads the mail as `sendmail -t` does.
    Program(PathBuf),
}

/// How a connection to a mail server is kept private.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Privacy {
    /// STARTTLS, or nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None. Only for a server on this machine.
    None,
}

/// Why it did not arrive, and when it is worth to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// One line for a person; never a secret.
    pub why: String,
    /// When it is tried again.
    pub again: Again,
}

/// When a delivery is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// With growing pauses.
    Later,
    /// Not before so many milliseconds have passed: the other side said so.
    After(i64),
    /// Never as it is: the other side refused it for good (FAULTS 70, 71).
    Never,
}

impl Undelivered {
    /// It may work the next time.
    #[must_use]
    pub fn later(why: impl Into<String>) -> Self {
        Self { why: why.into(), again: Again::Later }
    }

    /// It will never work as it is.
    #[must_use]
    pub fn never(why: impl Into<String>) -> Self {
        Self { why: why.into(), again: Again::Never }
    }
}

/// The word for a notice, in every format.
#[must_use]
pub const fn word(notice: Notice) -> &'static str {
    match notice {
        Notice::Opened => "opened",
        Notice::Exhausted => "exhausted",
        Notice::Held => "held",
        Notice::Frequent => "frequent",
        Notice::Warned => "warned",
        Notice::Reminder => "reminder",
        Notice::Misconfigured => "misconfigured",
        Notice::Reverted => "reverted",
        Notice::Repaired => "repaired",
        Notice::Digest => "digest",
        Notice::Manual => "manual",
        Notice::Recovered => "recovered",
    }
}

/// A message that stands for all: templates are tried with it, channels are tested with it.
#[must_use]
pub fn sample() -> Message {
    Message {
        severity: Severity::Critical,
        notice: Notice::Opened,
        project: "example".to_owned(),
        host: "example.org".to_owned(),
        service: "web".to_owned(),
        incident: "sample/web".to_owned(),
        fingerprint: "5a4b3c2d".to_owned(),
        title: "web: \"not\" running".to_owned(),
        details: vec![("found".to_owned(), "no process fits".to_owned())],
        action_required: Some("heal check --only web --explain".to_owned()),
        since: Stamp::UNIX_EPOCH,
        at: Stamp::UNIX_EPOCH,
    }
}
