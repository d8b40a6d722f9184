//! Does the service answer over HTTP as it should? Status always, text of the body when asked for (FAILURES F23: a 500 is not healthy).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::body::Conditions;
use super::{Judged, Kind, Probe, Scene, Sight, time};
use crate::host::files;
use crate::host::net::{self, NetError, Reply};
use crate::model::{Bytes, Class, Sign, Span, redact};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "http",
    about: "an HTTP or HTTPS request is answered with the expected status, and a body with the expected values",
    example: r#"health = { kind = "http", url = "http://127.0.0.1:8080/health", json = { ".status" = "ok" }, jq = '.queue != null and .queue < 100' }"#,
    parse,
    schema: Table::json_schema,
    class: Class::Hung,
    timeout: Span::secs(10),
};

/// Its table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Table {
    /// What is asked for; without user and password.
    url: String,
    /// How it is asked for.
    #[serde(default = "get")]
    method: String,
    /// The expected status; any 2xx unless said.
    #[schemars(range(min = 100, max = 599))]
    status: Option<u16>,
    /// The body has to contain this.
    contains: Option<String>,
    /// Sent along; none that is a secret.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// A file whose content is sent.
    body_file: Option<PathBuf>,
    /// Paths in a JSON body, and what has to stand there.
    #[serde(default)]
    json: serde_json::Map<String, serde_json::Value>,
    /// A jq filter on a JSON body, which has to answer `true`.
    jq: Option<String>,
}

/// The probe.
#[derive(Debug)]
pub struct Http {
    table: Table,
    conditions: Conditions,
}

fn get() -> String {
    "GET".to_owned()
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let mut http = Table::deserialize(value)?;
    http.method.make_ascii_uppercase();
    net::check_url(&http.url).map_err(toml::de::Error::custom)?;
    net::check_status(http.status).map_err(toml::de::Error::custom)?;
    if let Some(name) = http.headers.keys().find(|name| redact::is_secret_name(name)) {
        return Err(toml::de::Error::custom(format!(
            "`headers` names `{name}`, which would hold a secret; secrets do not belong in heal.toml"
        )));
    }
    if !["GET", "HEAD", "POST", "PUT", "OPTIONS"].contains(&http.method.as_str()) {
        return Err(toml::de::Error::custom(format!("`method` cannot be {}", http.method)));
    }
    let conditions =
        Conditions::new(std::mem::take(&mut http.json), http.jq.take()).map_err(toml::de::Error::custom)?;
    if http.method == "HEAD" && !(conditions.is_empty() && http.contains.is_none()) {
        return Err(toml::de::Error::custom("`method` cannot be HEAD: the answer to it has no body to look at"));
    }
    Ok(Arc::new(Http { table: http, conditions }))
}

impl Probe for Http {
    fn sign(&self) -> Sign {
        Sign::Answer
    }

    /// Each step on the way to an address that need not be looked up has a deadline of its own.
    fn ends_in_time(&self) -> bool {
        self.table.body_file.is_none() && net::is_direct(&self.table.url)
    }

    fn look(&self, scene: &Scene, timeout: Duration) -> Sight {
        let start = Instant::now();
        let table = &self.table;
        let body = match &table.body_file {
            None => Vec::new(),
            Some(path) => match files::read(&scene.root.join(path), 1024 * 1024) {
                Ok(body) => body,
                Err(why) => return Sight::new(Judged::Unknown, format!("body_file {}: {why}", path.display())),
            },
        };
        let mut headers: Vec<(String, String)> = table.headers.clone().into_iter().collect();
        let typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !body.is_empty()
            && !typed
            && table.body_file.as_ref().is_some_and(|path| path.extension().is_some_and(|e| e == "json"))
        {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let request = net::Request { method: &table.method, url: &table.url, headers: &headers, body: &body, timeout };
        let answer = net::http(&request);
        let took = start.elapsed();
        let sight = self.judge(&answer, took, timeout.saturating_sub(took)).with("url", redact::line(&table.url));
        if answer.is_ok() { sight.measured(time(took)) } else { sight }
    }
}

impl Http {
    fn judge(&self, answer: &Result<Reply, NetError>, took: Duration, left: Duration) -> Sight {
        let table = &self.table;
        let ms = took.as_millis();
        let reply = match answer {
            Ok(reply) => reply,
            Err(NetError::Dead(why)) => return Sight::new(Judged::Bad(None), format!("{why} (after {ms} ms)")),
            // It answers, and another start would not change whom this machine trusts.
            Err(NetError::Untrusted(why)) => {
                let sight = Sight::new(Judged::Bad(None), format!("{why} (after {ms} ms)"));
                return sight.of_class(Class::Resource);
            }
            Err(NetError::Unknown(why)) => return Sight::new(Judged::Unknown, why.clone()),
        };
        let expected = table.status.map_or("2xx".to_owned(), |status| status.to_string());
        let right = table.status.map_or((200..300).contains(&reply.status), |status| status == reply.status);
        if !right {
            return Sight::new(Judged::Bad(None), format!("status {} instead of {expected}", reply.status));
        }
        if let Some(part) = &table.contains
            && !reply.body.contains(part)
        {
            if reply.cut {
                let limit = Bytes(net::BODY_LIMIT);
                return Sight::new(
                    Judged::Unknown,
                    format!("the first {limit} of the body lack `{part}`, and it goes on"),
                );
            }
            return Sight::new(Judged::Bad(None), format!("status {}, but the body lacks `{part}`", reply.status));
        }
        if let Some(unsatisfied) = self.conditions.judge(&reply.body, reply.cut, left) {
            let summary = format!("status {}, but {}", reply.status, unsatisfied.summary);
            return Sight { summary, ..unsatisfied };
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
            table: Table {
                url: String::new(),
                method: get(),
                status,
                contains: contains.map(str::to_owned),
                headers: BTreeMap::new(),
                body_file: None,
                json: serde_json::Map::new(),
                jq: None,
            },
            conditions: Conditions::default(),
        };
        let reply = |status, body: &str| Ok(Reply { status, body: body.to_owned(), cut: false, retry_after: None });
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
            assert_eq!(probe.judge(&answer, Duration::ZERO, Duration::ZERO).judged, expected, "{answer:?}");
        }
    }
}
