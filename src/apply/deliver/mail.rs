//! How does an alert leave as an e-mail? By SMTP, over TLS unless the server is on this machine, or by the machine's own sendmail;
//! what the server says decides whether it is tried again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use lettre::message::Message;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport};

use super::secret::open;
use crate::host::exec::{self, Job};
use crate::host::{clock, files};
use crate::model::alert::{Mail, Post, Privacy, Undelivered};
use crate::model::redact;

/// A bundle of certificates is some hundred kilobytes.
const CA_LIMIT: u64 = 4 * 1024 * 1024;

/// Sends it, once. `timeout` holds for each step; the whole is bounded by whoever calls.
pub(super) fn send(mail: &Mail, root: &Path, timeout: Duration) -> Result<(), Undelivered> {
    let message = message(mail).map_err(Undelivered::never)?;
    match &mail.by {
        Post::Server { host, port, privacy, login, ca } => {
            let login = login.as_ref().map(|(user, password)| Ok((user.clone(), open(password, root)?)));
            let login = login.transpose().map_err(|why: String| Undelivered::later(why))?;
            let tls = tls(host, *privacy, ca.as_deref()).map_err(Undelivered::later)?;
            let mut transport = SmtpTransport::builder_dangerous(host)
                .port(*port)
                .tls(tls)
                .timeout(Some(timeout))
                .hello_name(ClientId::Domain(clock::hostname()));
            if let Some((user, password)) = login {
                transport = transport.credentials(Credentials::new(user, password));
            }
            transport.build().send(&message).map(drop).map_err(|error| {
                // A server may repeat what it was sent.
                let why = redact::line(&error.to_string().replace(['\r', '\n'], " "));
                if error.is_permanent() { Undelivered::never(why) } else { Undelivered::later(why) }
            })
        }
        Post::Program(program) => {
            // -i: a line with a dot alone is text, not the end.
            let argv = [program.display().to_string(), "-i".to_owned(), "-t".to_owned()];
            let text = message.formatted();
            let job = Job { argv: &argv, cwd: root, env: &BTreeMap::new(), stdin: &text, timeout };
            let ended = exec::run(&job).map_err(Undelivered::later)?;
            let failed = || Undelivered::later(format!("{}: {}", ended.how(), ended.last_line()));
            if ended.ok() { Ok(()) } else { Err(failed()) }
        }
    }
}

fn message(mail: &Mail) -> Result<Message, String> {
    let wrong = |what: &str| format!("`{what}` is no address");
    let mut building = Message::builder()
        .from(mail.from.parse().map_err(|_| wrong("from"))?)
        .subject(mail.subject.clone())
        .message_id(Some(mail.id.clone()))
        .date(mail.at.into())
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN);
    for to in &mail.to {
        building = building.to(to.parse().map_err(|_| wrong("to"))?);
    }
    if let Some(follows) = &mail.follows {
        building = building.in_reply_to(follows.clone()).references(follows.clone());
    }
    building.body(mail.body.clone()).map_err(|error| error.to_string())
}

/// RFC 3834: nobody's holiday answers to it.
#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn tls(host: &str, privacy: Privacy, ca: Option<&Path>) -> Result<Tls, String> {
    if privacy == Privacy::None {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(ca) = ca {
        let pem = files::read(ca, CA_LIMIT).map_err(|error| format!("{}: {error}", ca.display()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|_| format!("{} holds no certificate", ca.display()))?;
        // Instead of the platform's, not beside them.
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    let parameters = parameters.build_rustls().map_err(|error| error.to_string())?;
    Ok(if privacy == Privacy::Tls { Tls::Wrapper(parameters) } else { Tls::Required(parameters) })
}
