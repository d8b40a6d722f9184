//! Does something accept connections? A TCP address or a Unix stream socket; connects and closes again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::{Judged, Kind, Probe, Scene, Sight, time};
use crate::host::net::{self, NetError};
use crate::model::{Class, Span};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "tcp",
    about: "a TCP address or a Unix socket accepts a connection",
    example: r#"port = { kind = "tcp", address = "127.0.0.1:5432" }"#,
    parse,
    schema: Tcp::json_schema,
    class: Class::Hung,
    timeout: Span::secs(5),
};

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tcp {
    /// `host:port`.
    address: Option<String>,
    /// Path of a Unix stream socket.
    unix: Option<PathBuf>,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let tcp = Tcp::deserialize(value)?;
    match (&tcp.address, &tcp.unix) {
        (Some(address), None) => {
            if net::host_and_port(address).is_none() {
                return Err(toml::de::Error::custom(format!("`address` is not host:port: {address}")));
            }
        }
        (None, Some(_)) => {}
        _ => return Err(toml::de::Error::custom("a tcp probe has either `address` or `unix`")),
    }
    Ok(Arc::new(tcp))
}

impl Probe for Tcp {
    fn look(&self, scene: &Scene, timeout: Duration) -> Sight {
        let start = Instant::now();
        let (target, answer) = match (&self.address, &self.unix) {
            (Some(address), _) => (address.clone(), net::tcp(address, timeout)),
            (None, Some(path)) => (path.display().to_string(), net::unix(&scene.root.join(path), timeout)),
            (None, None) => return Sight::new(Judged::Unknown, "neither address nor unix"),
        };
        judge(&target, &answer, start.elapsed())
    }

    fn glance(&self, _scene: &Scene) -> Option<Sight> {
        let start = Instant::now();
        let address = self.address.as_ref()?;
        net::accepts_here(address).then(|| judge(address, &Ok(()), start.elapsed()))
    }
}

fn judge(target: &str, answer: &Result<(), NetError>, took: Duration) -> Sight {
    match answer {
        Ok(()) => {
            Sight::new(Judged::Good, format!("{target} accepts (in {} ms)", took.as_millis())).measured(time(took))
        }
        Err(NetError::Dead(why) | NetError::Untrusted(why)) => {
            Sight::new(Judged::Bad(None), format!("{target}: {why}"))
        }
        Err(NetError::Unknown(why)) => Sight::new(Judged::Unknown, format!("{target}: {why}")),
    }
}
