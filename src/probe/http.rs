//! Does the service answer over HTTP as it should? Status always, text of the body when asked for (FAILURES F23: a 500 is not healthy).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::files;
use crate::host::net::{self, NetError, Reply};
use crate::model::{Class, Sign, Span, redact};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "http",
    about: "an HTTP or HTTPS request is answered with the expected status",
    example: r#"health = { kind = "http", url = "http://127.0.0.1:8080/health", status = 200, timeout = "5s" }"#,
    parse,
    schema: Http::json_schema,
    class: Class::Hung,
    timeout: Span::secs(10),
};

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// What is asked for; without user and password.
    url: String,
    /// How it is asked for.
    #[serde(default = "get")]
    method: String,
    /// The expected status; any 2xx unless said.
    status: Option<u16>,
    /// The body has to contain this.
    contains: Option<String>,
    /// Sent along; none that is a secret.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// A file whose content is sent.
    body_file: Option<PathBuf>,
}

fn get() -> String {
    "GET".to_owned()
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let mut http = Http::deserialize(value)?;
    http.method.make_ascii_uppercase();
    net::check_url(&http.url).map_err(toml::de::Error::custom)?;
    if let Some(name) = http.headers.keys().find(|name| redact::is_secret_name(name)) {
        return Err(toml::de::Error::custom(format!(
            "`headers` names `{name}`, which would hold a secret; secrets do not belong in heal.toml"
        )));
    }
    if !["GET", "HEAD", "POST", "PUT", "OPTIONS"].contains(&http.method.as_str()) {
        return Err(toml::de::Error::custom(format!("`method` cannot be {}", http.method)));
    }
    Ok(Arc::new(http))
}

impl Probe for Http {
    fn sign(&self) -> Sign {
        Sign::Answer
    }

    fn look(&self, scene: &Scene, timeout: Duration) -> Sight {
        let body = match &self.body_file {
            None => Vec::new(),
            Some(path) => match files::read(&scene.root.join(path), 1024 * 1024) {
                Ok(body) => body,
                Err(why) => return Sight::new(Judged::Unknown, format!("body_file {}: {why}", path.display())),
            },
        };
        let mut headers: Vec<(String, String)> = self.headers.clone().into_iter().collect();
        let typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !body.is_empty()
            && !typed
            && self.body_file.as_ref().is_some_and(|path| path.extension().is_some_and(|e| e == "json"))
        {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let request = net::Request { method: &self.method, url: &self.url, headers: &headers, body: &body, timeout };
        let start = Instant::now();
        let answer = net::http(&request);
        self.judge(&answer, start.elapsed()).with("url", redact::line(&self.url))
    }
}

impl Http {
    fn judge(&self, answer: &Result<Reply, NetError>, took: Duration) -> Sight {
        let ms = took.as_millis();
        let reply = match answer {
            Ok(reply) => reply,
            Err(NetError::Dead(why)) => return Sight::new(Judged::Bad(None), format!("{why} (after {ms} ms)")),
            Err(NetError::Unknown(why)) => return Sight::new(Judged::Unknown, why.clone()),
        };
        let expected = self.status.map_or("2xx".to_owned(), |status| status.to_string());
        let right = self.status.map_or((200..300).contains(&reply.status), |status| status == reply.status);
        if !right {
            return Sight::new(Judged::Bad(None), format!("status {} instead of {expected}", reply.status));
        }
        if let Some(part) = &self.contains
            && !reply.body.contains(part)
        {
            return Sight::new(Judged::Bad(None), format!("status {}, but the body lacks `{part}`", reply.status));
        }
        Sight::new(Judged::Good, format!("status {} in {ms} ms", reply.status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_body_decide() {
        let http = |status, contains: Option<&str>| Http {
            url: String::new(),
            method: get(),
            status,
            contains: contains.map(str::to_owned),
            headers: BTreeMap::new(),
            body_file: None,
        };
        let reply = |status, body: &str| Ok(Reply { status, body: body.to_owned() });
        let dead = Err(NetError::Dead("refused".to_owned()));
        let unknown = Err(NetError::Unknown("no name".to_owned()));
        let table = [
            (http(None, None), reply(200, ""), Judged::Good),
            (http(None, None), reply(204, ""), Judged::Good),
            (http(None, None), reply(302, ""), Judged::Bad(None)),
            (http(None, None), reply(500, ""), Judged::Bad(None)),
            (http(Some(401), None), reply(401, ""), Judged::Good),
            (http(Some(200), None), reply(204, ""), Judged::Bad(None)),
            (http(None, Some("ok")), reply(200, "all ok"), Judged::Good),
            (http(None, Some("ok")), reply(200, "down"), Judged::Bad(None)),
            (http(None, None), dead, Judged::Bad(None)),
            (http(None, None), unknown, Judged::Unknown),
        ];
        for (probe, answer, expected) in table {
            assert_eq!(probe.judge(&answer, Duration::ZERO).judged, expected, "{answer:?}");
        }
    }
}
