//! How is a rung of the owner's own taken? A command or a request, within its time; done means exit code 0 or the expected
//! status, and nothing more: whether it helped is seen by looking at the service.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::Plan;
use crate::host::exec::{self, Job};
use crate::host::net::{self, NetError, Request};
use crate::model::{Change, redact};

/// Makes the change. Anything but a change of one's own is refused.
pub(super) fn take(plan: &Plan<'_>, change: &Change) -> Result<(), String> {
    match change {
        Change::RunCommand { argv, timeout_ms } => {
            let service = plan.service.name.as_str();
            let told = [("HEAL_SERVICE", service), ("HEAL_RUNG", plan.rung), ("HEAL_REASON", &plan.why)];
            run(plan.root, &told, argv, time(*timeout_ms))
        }
        Change::SendRequest { method, url, body, status, timeout_ms } => {
            let headers = [("content-type".to_owned(), "application/json".to_owned())];
            let headers = if body.is_empty() { &[][..] } else { &headers[..] };
            let timeout = time(*timeout_ms);
            let reply = net::http(&Request { method, url, headers, body: body.as_bytes(), timeout });
            let reply = reply.map_err(|error| match error {
                NetError::Dead(why) | NetError::Untrusted(why) | NetError::Unknown(why) => {
                    format!("{method} {}: {why}", redact::line(url))
                }
            })?;
            let right = status.map_or((200..300).contains(&reply.status), |status| status == reply.status);
            let wanted = status.map_or("2xx".to_owned(), |status| status.to_string());
            let said = || format!("{method} {}: status {} instead of {wanted}", redact::line(url), reply.status);
            if right { Ok(()) } else { Err(said()) }
        }
        _ => Err("it is no rung of one's own".to_owned()),
    }
}

/// Runs a command of the owner's own, in the directory of `heal.toml`. What it is told stands in its environment: what comes
/// from outside is never passed as an argument (FAULTS §4.13).
pub(super) fn run(root: &Path, told: &[(&str, &str)], argv: &[String], timeout: Duration) -> Result<(), String> {
    let env: BTreeMap<String, String> =
        told.iter().map(|(name, value)| ((*name).to_owned(), value.replace('\0', " "))).collect();
    // A restart script exits and leaves what it started.
    let ended = exec::run_and_leave(&Job { argv, cwd: root, env: &env, stdin: b"", timeout })?;
    if ended.ok() {
        return Ok(());
    }
    let name = argv.first().map_or("", String::as_str);
    let last = redact::line(ended.last_line());
    let last: String = last.chars().take(200).collect();
    Err(format!("`{name}` {}{}{last}", ended.how(), if last.is_empty() { "" } else { ": " }))
}

fn time(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
