//! How long is a certificate good for? Of a file or of what an endpoint serves; the first that runs out counts. Whether anybody
//! trusts it is not asked: that is what an `http` probe on https:// finds out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::files::{self, Unread};
use crate::host::net::{self, NetError};
use crate::host::tls;
use crate::model::units::span_text;
use crate::model::{Class, Figure, Limit, Severity, Span, Stamp, Unit, redact, rfc3339};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "certificate",
    about: "how long the certificates of a file, or those that an endpoint serves, are still valid",
    example: r#"cert = { kind = "certificate", address = "127.0.0.1:8443", name = "example.org", warn_below = "14d", critical_below = "3d" }"#,
    parse,
    schema: Certificate::json_schema,
    class: Class::Resource,
    timeout: Span::secs(10),
};

/// What is warned about unless the table says otherwise: certbot renews 30 days before the end, so at 14 it failed for two
/// weeks (monitoring-plugins' example for check_http is `-C 30,14`).
const WARN_BELOW: Span = Span::secs(14 * 86_400);

/// And what is critical: a long weekend.
const CRITICAL_BELOW: Span = Span::secs(3 * 86_400);

/// Bytes of a certificate file. A bundle of all public roots is a quarter of that.
const MOST_BYTES: u64 = 1024 * 1024;

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// A PEM or DER file.
    file: Option<PathBuf>,
    /// `host:port` of a TLS server.
    address: Option<String>,
    /// The name that the server is asked for; the host of `address` unless said.
    name: Option<String>,
    /// Less time left than this is a warning; 14 days unless a limit is given.
    warn_below: Option<Span>,
    /// Less time left than this is critical; 3 days unless a limit is given.
    critical_below: Option<Span>,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let mut certificate = Certificate::deserialize(value)?;
    let refuse = |text: &str| Err(toml::de::Error::custom(text));
    match (&certificate.file, &certificate.address) {
        (Some(_), None) if certificate.name.is_some() => {
            return refuse("`name` is asked of an `address`, not of a `file`");
        }
        (Some(_), None) => {}
        (None, Some(address)) if net::host_and_port(address).is_none() => {
            return Err(toml::de::Error::custom(format!("`address` is not host:port: {address}")));
        }
        (None, Some(_)) if certificate.name.as_deref().is_some_and(|name| !tls::is_name(name)) => {
            return refuse("`name` is not a host name such as example.org");
        }
        (None, Some(_)) => {}
        _ => return refuse("a certificate probe has either `file` or `address`"),
    }
    if certificate.warn_below.is_none() && certificate.critical_below.is_none() {
        (certificate.warn_below, certificate.critical_below) = (Some(WARN_BELOW), Some(CRITICAL_BELOW));
    }
    match (certificate.warn_below, certificate.critical_below) {
        (Some(warn), Some(critical)) if warn < critical => {
            refuse("`warn_below` is less than `critical_below`: it would never warn")
        }
        _ => Ok(Arc::new(certificate)),
    }
}

/// When one certificate is valid, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Validity {
    subject: String,
    from: Stamp,
    until: Stamp,
}

impl Probe for Certificate {
    fn look(&self, scene: &Scene, timeout: Duration) -> Sight {
        let chain = match (&self.file, &self.address) {
            (Some(path), _) => read(&scene.root.join(path)),
            (None, Some(address)) => self.served(address, timeout),
            (None, None) => Err(Box::new(Sight::new(Judged::Unknown, "neither file nor address"))),
        };
        match chain {
            Ok(chain) => self.judge(&chain, scene.now.at),
            Err(sight) => *sight,
        }
    }

    /// What a server shows can only be seen while it runs.
    fn needs_process(&self) -> bool {
        self.address.is_some()
    }

    fn reads(&self) -> Vec<PathBuf> {
        self.file.clone().into_iter().collect()
    }
}

impl Certificate {
    fn served(&self, address: &str, timeout: Duration) -> Result<Vec<Validity>, Box<Sight>> {
        let host = net::host_and_port(address).map_or(address, |(host, _)| host);
        let chain =
            tls::chain(address, self.name.as_deref().unwrap_or(host), timeout).map_err(|error| match error {
                // Nobody who answers shows no certificate: whether anybody should is the question of other probes.
                NetError::Dead(why) | NetError::Untrusted(why) | NetError::Unknown(why) => {
                    Sight::new(Judged::Unknown, format!("{address}: {why}"))
                }
            })?;
        let chain: Result<Vec<Validity>, String> = chain.iter().map(|der| validity(der)).collect();
        let unreadable =
            |why| Sight::new(Judged::Bad(None), format!("{address} serves no readable certificate: {why}"));
        chain.map_err(|why| unreadable(why).into())
    }

    fn judge(&self, chain: &[Validity], now: Stamp) -> Sight {
        let Some(first) = chain.iter().min_by_key(|one| one.until) else {
            return Sight::new(Judged::Bad(None), "there is no certificate in it");
        };
        let whose =
            if chain.len() == 1 { first.subject.clone() } else { format!("{} (of {})", first.subject, chain.len()) };
        let left = (first.until - now).num_milliseconds();
        let below = |limit: Option<Span>| limit.is_some_and(|limit| left < limit.millis());
        let until = rfc3339(first.until);
        let (judged, summary) = if let Some(early) = chain.iter().find(|one| one.from > now) {
            let wait = span_text((early.from - now).num_milliseconds());
            let bad = Judged::Bad(Some(Severity::Critical));
            (bad, format!("{} is not valid yet: it begins in {wait}", early.subject))
        } else if left < 0 {
            (Judged::Bad(Some(Severity::Critical)), format!("{whose} expired {} ago", span_text(-left)))
        } else if below(self.critical_below) {
            (Judged::Bad(Some(Severity::Critical)), format!("{whose} expires in {}", span_text(left)))
        } else if below(self.warn_below) {
            (Judged::Bad(Some(Severity::Warning)), format!("{whose} expires in {}", span_text(left)))
        } else {
            (Judged::Good, format!("{whose} is valid for another {}", span_text(left)))
        };
        let limit = |span: Option<Span>| span.map(|span| Limit::Below(span.get().as_secs_f64()));
        let figure = Figure {
            name: "left",
            #[expect(clippy::cast_precision_loss, reason = "seconds for graphs")]
            value: left as f64 / 1_000.0,
            unit: Unit::Seconds,
            warn: limit(self.warn_below),
            critical: limit(self.critical_below),
        };
        Sight::new(judged, summary).with("until", until).measured(figure)
    }
}

/// The certificates of a file, links followed: renewal is often a link that is set anew.
fn read(path: &Path) -> Result<Vec<Validity>, Box<Sight>> {
    let shown = path.display();
    let bytes = files::read(path, MOST_BYTES).map_err(|why| {
        let judged = if matches!(why, Unread::Missing) { Judged::Bad(None) } else { Judged::Unknown };
        Sight::new(judged, format!("{shown}: {why}"))
    })?;
    all_of(&bytes).map_err(|why| Sight::new(Judged::Bad(None), format!("{shown}: {why}")).into())
}

/// PEM blocks, keys and the like between them passed over; or else one certificate as DER.
fn all_of(bytes: &[u8]) -> Result<Vec<Validity>, String> {
    if !bytes.windows(11).any(|window| window == b"-----BEGIN ") {
        return Ok(vec![validity(bytes)?]);
    }
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(bytes) {
        let block = block.map_err(|error| format!("a block that cannot be read: {error}"))?;
        if block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE" {
            found.push(validity(&block.contents)?);
        }
    }
    if found.is_empty() { Err("it holds no certificate".to_owned()) } else { Ok(found) }
}

fn validity(der: &[u8]) -> Result<Validity, String> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| "it holds no certificate".to_owned())?;
    let validity = certificate.validity();
    let stamp = |seconds: i64| Stamp::from_timestamp(seconds, 0).ok_or("its validity is out of range");
    let subject = certificate.subject();
    let common = subject.iter_common_name().find_map(|name| name.as_str().ok()).map(str::to_owned);
    Ok(Validity {
        subject: redact::line(&common.unwrap_or_else(|| subject.to_string())),
        from: stamp(validity.not_before.timestamp())?,
        until: stamp(validity.not_after.timestamp())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn one(from: i64, until: i64) -> Validity {
        let at = |day: i64| Stamp::from_timestamp(day * DAY, 0).expect("in range");
        Validity { subject: format!("until {until}"), from: at(from), until: at(until) }
    }

    #[test]
    fn the_first_that_runs_out_counts() {
        let probe = Certificate {
            file: None,
            address: None,
            name: None,
            warn_below: Some(WARN_BELOW),
            critical_below: Some(CRITICAL_BELOW),
        };
        let now = Stamp::from_timestamp(1_000 * DAY, 0).expect("in range");
        let (warning, critical) = (Judged::Bad(Some(Severity::Warning)), Judged::Bad(Some(Severity::Critical)));
        let table: &[(&[Validity], Judged, &str)] = &[
            (&[one(900, 1_014)], Judged::Good, "until 1014 is valid for another 14d"),
            (&[one(900, 1_013)], warning, "until 1013 expires in 13d"),
            (&[one(900, 1_002)], critical, "until 1002 expires in 2d"),
            (&[one(900, 999)], critical, "until 999 expired 1d ago"),
            (&[one(1_001, 1_100)], critical, "until 1100 is not valid yet: it begins in 1d"),
            (&[one(900, 1_100), one(0, 1_004)], warning, "until 1004 (of 2) expires in 4d"),
            (&[], Judged::Bad(None), "there is no certificate in it"),
        ];
        for (chain, judged, summary) in table {
            let sight = probe.judge(chain, now);
            assert_eq!((sight.judged, sight.summary.as_str()), (*judged, *summary));
        }
        let figure = probe.judge(&[one(900, 1_001)], now).figures[0];
        assert_eq!((figure.name, figure.value, figure.warn), ("left", 86_400.0, Some(Limit::Below(14.0 * 86_400.0))));
    }

    #[test]
    fn what_is_no_certificate_is_told_from_one() {
        let pem = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/tls/server.pem")).expect("there");
        let key = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/tls/server-key.pem")).expect("there");
        let found = all_of(&pem).expect("a certificate");
        assert_eq!((found.len(), found[0].subject.as_str()), (1, "127.0.0.1"));
        assert_eq!(all_of(&[key.clone(), pem.clone()].concat()).expect("a certificate behind a key"), found);
        let der = Pem::iter_from_buffer(&pem).next().expect("a block").expect("readable").contents;
        assert_eq!(all_of(&der).expect("DER"), found);
        for wrong in [&key[..], b"", b"hello", &pem[..pem.len() / 2], &der[..der.len() / 2]] {
            assert!(all_of(wrong).is_err());
        }
    }
}
