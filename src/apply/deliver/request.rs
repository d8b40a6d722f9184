//! How does an alert leave by HTTP, and what does the answer mean? 2xx is taken; a server that is busy says when to come again;
//! one that refuses for good is not asked once more.

use std::path::Path;
use std::time::Duration;

use ring::hmac;

use super::secret::{Opened, open, unseal};
use crate::host::net::{self, NetError, Reply};
use crate::model::address::refused;
use crate::model::alert::{Again, Request, Undelivered};
use crate::model::digest::hex;
use crate::model::redact;

/// Nobody is kept waiting for longer because a server says so.
const MOST_MS: i64 = 6 * 3_600 * 1_000;

/// What is said of a refusal; a page of HTML says nothing.
const SAID: usize = 160;

/// Sends it, once.
pub(super) fn send(request: &Request, root: &Path, timeout: Duration) -> Result<(), Undelivered> {
    // What is missing here may be there a minute later: somebody puts it right.
    let missing = |why: String| Undelivered::later(why);
    let mut opened = Opened::default();
    let url = unseal(&request.url, root, &mut opened).map_err(missing)?;
    if request.url.secret.is_some() {
        refused(&url, request.allow_http).map_err(|why| missing(format!("its address {why}")))?;
    }
    let mut headers = Vec::with_capacity(request.headers.len() + 1);
    for (name, value) in &request.headers {
        headers.push((name.clone(), unseal(value, root, &mut opened).map_err(missing)?));
    }
    if let Some((name, key)) = &request.signature {
        let key = open(key, root).map_err(missing)?;
        opened.remember(&key);
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let tag = hmac::sign(&key, request.body.as_bytes());
        headers.push((name.clone(), format!("sha256={}", hex(tag.as_ref()))));
    }
    let body = request.body.as_bytes();
    let asked = net::Request { method: &request.method, url: &url, headers: &headers, body, timeout };
    let reply = net::http_trusting(&asked, request.ca.as_deref()).map_err(|error| match error {
        NetError::Dead(why) | NetError::Untrusted(why) | NetError::Unknown(why) => {
            Undelivered::later(opened.hide(&why))
        }
    })?;
    judge(&reply, &opened)
}

/// Did it arrive?
fn judge(reply: &Reply, opened: &Opened) -> Result<(), Undelivered> {
    // Before it is cut: half a secret would not be found.
    let said: String = opened.hide(&words(&reply.body)).chars().take(SAID).collect();
    let said = redact::line(&said);
    let why = format!("status {}{}{said}", reply.status, if said.is_empty() { "" } else { ": " });
    match reply.status {
        200..=299 => Ok(()),
        429 | 503 => Err(Undelivered { why, again: pause(reply).map_or(Again::Later, Again::After) }),
        // 408, 425 and what a server says of itself pass; what it says of the request does not.
        408 | 425 | 500..=599 => Err(Undelivered::later(why)),
        300..=399 => Err(Undelivered::never(format!("{why}; heal follows no redirect"))),
        _ => Err(Undelivered::never(why)),
    }
}

/// When the server wants to be asked again, in milliseconds: by the header, or as Telegram, Discord and Slack have it.
fn pause(reply: &Reply) -> Option<i64> {
    let seconds = |text: &str| text.trim().parse::<f64>().ok();
    let body: Option<serde_json::Value> = serde_json::from_str(&reply.body).ok();
    let field = |path: &str| body.as_ref()?.pointer(path)?.as_f64();
    let wait = reply.retry_after.as_deref().and_then(seconds);
    let wait = wait.or_else(|| field("/parameters/retry_after")).or_else(|| field("/retry_after"))?;
    if !wait.is_finite() || wait < 0.0 {
        return None;
    }
    // Checked right above and cut right here: nothing is lost that counts.
    #[expect(clippy::cast_possible_truncation, reason = "bounded")]
    let millis = (wait * 1_000.0).min(MOST_MS as f64).ceil() as i64;
    Some(millis)
}

/// What a server says in words: the description of its JSON, or its first line if that is no page.
fn words(body: &str) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let text = match &json {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => {
            let named = ["description", "message", "error"].into_iter().find_map(|key| value.get(key)?.as_str());
            named.unwrap_or_default().to_owned()
        }
        None => body.lines().next().filter(|line| !line.trim_start().starts_with('<')).unwrap_or_default().to_owned(),
    };
    text.chars().filter(|c| !c.is_control()).collect()
}

/// What is made of a reply: promises of what leaves here as a reason, whatever the server said.
#[cfg(any(test, fuzzing))]
pub(crate) fn fuzz(reply: &Reply) {
    let Err(undelivered) = judge(reply, &Opened::default()) else { return };
    assert!(!(200..300).contains(&reply.status));
    assert!(undelivered.why.chars().count() <= SAID + 64 && !undelivered.why.contains(char::is_control));
    if let Again::After(ms) = undelivered.again {
        assert!((0..=MOST_MS).contains(&ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_and_when_to_come_again() {
        let later = Again::Later;
        let table = [
            (200, None, "ok", None),
            (204, None, "", None),
            (429, Some("7"), "", Some((Again::After(7_000), "status 429"))),
            (
                429,
                None,
                r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#,
                Some((Again::After(7_000), "status 429: Too Many Requests: retry after 7")),
            ),
            (
                429,
                None,
                r#"{"message":"You are being rate limited.","retry_after":0.35,"global":false}"#,
                Some((Again::After(350), "status 429: You are being rate limited.")),
            ),
            (429, Some("1e300"), "", Some((Again::After(MOST_MS), "status 429"))),
            (429, Some("-5"), "", Some((later, "status 429"))),
            (429, Some("Wed, 21 Oct 2026 07:28:00 GMT"), "", Some((later, "status 429"))),
            (503, None, "<html>", Some((later, "status 503"))),
            (500, None, "oops\nmore", Some((later, "status 500: oops"))),
            (
                400,
                None,
                r#""at least one label pair required""#,
                Some((Again::Never, "status 400: at least one label pair required")),
            ),
            (404, None, "no_team", Some((Again::Never, "status 404: no_team"))),
            (302, None, "", Some((Again::Never, "status 302; heal follows no redirect"))),
            (100, None, "", Some((Again::Never, "status 100"))),
        ];
        for (status, retry_after, body, expected) in table {
            let reply =
                Reply { status, body: body.to_owned(), cut: false, retry_after: retry_after.map(str::to_owned) };
            let answer =
                judge(&reply, &Opened::default()).err().map(|undelivered| (undelivered.again, undelivered.why));
            let answer = answer.as_ref().map(|(again, why)| (*again, why.as_str()));
            assert_eq!(answer, expected, "{status} {body}");
        }
    }
}
