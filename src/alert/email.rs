//! An e-mail: to an SMTP server, or to the machine's own `sendmail`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::template::{Template, Words, plain, words};
use super::text::{Count, body, cut, headline};
use super::{Channel, Kind};
use crate::model::alert::{Mail, Message, Parcel, Post, Privacy, word};
use crate::model::event::Notice;
use crate::model::{Secret, sanitize};

/// A subject is one line, and mail programs show about so much of it.
const SUBJECT: usize = 150;

/// More than anybody reads; servers refuse mail of some megabytes.
const BODY: usize = 100_000;

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "email",
    about: "an e-mail, by an SMTP server or by sendmail",
    example: "[alert.email]\nkind = \"email\"\nhost = \"smtp.example.org\"\nuser = \"bot\"\n\
              password = { file = \"secrets/smtp\" }\nfrom = \"bot@example.org\"\nto = [\"me@example.org\"]",
    parse,
    schema: Email::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The SMTP server; its certificate has to bear this name.
    host: Option<String>,
    /// Its port; else 587, with `tls = "tls"` 465, without TLS 25.
    port: Option<u16>,
    /// How the connection is kept private. `none` only for a server on this machine.
    #[serde(default)]
    tls: Privacy,
    /// Who logs in.
    user: Option<String>,
    /// With what.
    password: Option<Secret>,
    /// Instead of a server: a program that takes the mail as `sendmail -t` does.
    sendmail: Option<PathBuf>,
    /// Who sends it.
    from: String,
    /// Who gets it.
    to: Vec<String>,
    /// The text, as a Jinja template whose first line is the subject; else heal's own words.
    template: Option<Template>,
    /// A file of certificates that are trusted instead of the platform's.
    ca: Option<PathBuf>,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error> {
    let email = Email::deserialize(value)?;
    let wrong = |why: &str| Err(toml::de::Error::custom(why));
    match (&email.host, &email.sendmail) {
        (None, None) => return wrong("`host` is missing: the SMTP server, or `sendmail`, the program"),
        (Some(_), Some(_)) => return wrong("`sendmail` and `host` are two ways, and heal takes one"),
        _ => {}
    }
    if email.user.is_some() != email.password.is_some() {
        return wrong("`user` and `password` go together");
    }
    let local = email.host.as_deref().is_some_and(|host| {
        host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    });
    if email.tls == Privacy::None && email.host.is_some() && !local {
        return wrong("`tls` is none for a server that is not on this machine: everybody on the way could read it");
    }
    if email.port == Some(0) {
        return wrong("`port` is 0, on which nobody can listen");
    }
    if email.to.is_empty() {
        return wrong("`to` names nobody");
    }
    for address in email.to.iter().chain([&email.from]) {
        // Nothing may become a header of its own (FAULTS §3, 31).
        if address.parse::<lettre::message::Mailbox>().is_err() || address.chars().any(char::is_control) {
            let key = if address == &email.from { "from" } else { "to" };
            return wrong(&format!("`{key}` has `{}`, which is no address", address.escape_default()));
        }
    }
    Ok(Arc::new(email))
}

impl Channel for Email {
    fn render(&self, message: &Message, root: &Path) -> Parcel {
        let words = words(self.template.as_ref(), message, plain);
        let (subject, text) = match &words {
            Words::Owner(text) => (words.parts().0, format!("{}\n", cut(text, BODY, Count::Chars))),
            Words::Own(message) => {
                let title = sanitize::line(&message.title);
                (
                    format!("[heal] {}", headline(message)),
                    format!("{title}\n\n{}\n", cut(&body(message), BODY, Count::Chars)),
                )
            }
        };
        let subject = cut(&subject, SUBJECT, Count::Chars).replace('\n', " ");
        let host = super::identifier(&message.host);
        let incident = super::identifier(&message.incident);
        let opened = format!("<{incident}.{}@{host}.heal>", word(Notice::Opened));
        // An incident has one beginning, and may have several of all others: servers drop a mail whose id they know. Sent
        // once more after a failure, it is the same.
        let at = message.at.timestamp_millis();
        let (id, follows) = match message.notice {
            Notice::Opened | Notice::Warned => (opened, None),
            // These belong to no incident that was told of.
            Notice::Manual | Notice::Digest | Notice::Misconfigured | Notice::Frequent => {
                (format!("<{incident}.{}.{at}@{host}.heal>", word(message.notice)), None)
            }
            notice => (format!("<{incident}.{}.{at}@{host}.heal>", word(notice)), Some(opened)),
        };
        let port = match self.tls {
            Privacy::Starttls => 587,
            Privacy::Tls => 465,
            Privacy::None => 25,
        };
        let by = match &self.sendmail {
            Some(program) => Post::Program(root.join(program)),
            None => Post::Server {
                host: self.host.clone().unwrap_or_default(),
                port: self.port.unwrap_or(port),
                privacy: self.tls,
                login: self.user.clone().zip(self.password.clone()),
                ca: self.ca.as_ref().map(|ca| root.join(ca)),
            },
        };
        Parcel::Mail(Box::new(Mail {
            by,
            from: self.from.clone(),
            to: self.to.clone(),
            subject,
            body: text,
            id,
            follows,
            at: message.at,
        }))
    }

    fn program(&self) -> Option<(&str, Option<&str>)> {
        self.sendmail.as_ref().and_then(|program| program.to_str()).map(|program| (program, None))
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.password.iter().collect()
    }
}
