//! Does the body say what it should? Values at paths of a JSON body, and a jq filter on it. A body that is no JSON is broken; a filter
//! that finds no answer says nothing about the service.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Judged, Sight, fresh};
use crate::host::jq::{self, Held};
use crate::host::net;
use crate::model::{Bytes, redact};

/// What a JSON body has to satisfy.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    /// Paths such as `.status` or `.workers[0].state`, and the value that has to stand there.
    json: Map<String, Value>,
    /// A jq filter that has to answer `true`.
    jq: Option<String>,
}

impl Conditions {
    /// From the keys `json` and `jq` of a probe.
    ///
    /// # Errors
    /// Says which of them is wrong, and how.
    pub(super) fn new(json: Map<String, Value>, jq: Option<String>) -> Result<Self, String> {
        if let Some((path, _)) = json.iter().find(|(path, _)| !is_path(path)) {
            return Err(format!(
                "`json` has the path {path:?}, which is not written like \".status\" or \".workers[0].state\""
            ));
        }
        if let Some((path, _)) = json.iter().find(|(_, value)| value.is_object() || value.is_array()) {
            return Err(format!("`json` compares {path:?} with more than one value; that is a question for `jq`"));
        }
        if let Some(filter) = &jq {
            jq::check(filter, &[]).map_err(|why| format!("`jq` is not a filter: {why}"))?;
        }
        Ok(Self { json, jq })
    }

    /// Is there nothing to satisfy?
    pub(super) fn is_empty(&self) -> bool {
        self.json.is_empty() && self.jq.is_none()
    }

    /// The first condition that is not satisfied; `None` when all are. `cut`: the body went on.
    pub(super) fn judge(&self, body: &str, cut: bool, left: Duration) -> Option<Sight> {
        if self.is_empty() {
            return None;
        }
        if cut {
            let limit = Bytes(net::BODY_LIMIT);
            return Some(Sight::new(Judged::Unknown, format!("the body is larger than {limit}: it cannot be judged")));
        }
        let bad = |summary: String| Some(Sight::new(Judged::Bad(None), summary));
        let value: Value = match serde_json::from_str(body) {
            Ok(value) => value,
            Err(error) => {
                return bad(format!("the body is not JSON (line {}, column {})", error.line(), error.column()));
            }
        };
        for (path, expected) in &self.json {
            match fresh::at_path(&value, path) {
                None => return bad(format!("the body has no {path}")),
                Some(found) if same(found, expected) => {}
                // What a service shows of itself may hold what is nobody else's business.
                Some(_) if path.split(['.', '[']).any(redact::is_secret_name) => {
                    return bad(format!("{path} is not what it should be"));
                }
                Some(found) => return bad(format!("{path} is {} instead of {expected}", short(found))),
            }
        }
        match jq::holds(self.jq.as_ref()?, &[], body, left) {
            Held::Holds(true) => None,
            Held::Holds(false) => bad(format!("`{}` does not hold", self.jq.as_deref().unwrap_or_default())),
            Held::Broken(why) => bad(format!("the body is not what `jq` asks about: {}", redact::line(&why))),
            Held::Unknown(why) => Some(Sight::new(Judged::Unknown, why)),
        }
    }
}

/// `.a.b[0]`
fn is_path(path: &str) -> bool {
    let part = |part: &str| {
        let (key, indices) = part.find('[').map_or((part, ""), |at| part.split_at(at));
        let index = |one: &str| one.strip_suffix(']').is_some_and(|number| number.parse::<usize>().is_ok());
        let indices_fit = indices.is_empty() || indices[1..].split('[').all(index);
        indices_fit && !(key.is_empty() && indices.is_empty())
    };
    path.strip_prefix('.').is_some_and(|rest| rest.split('.').all(part))
}

/// 1 and 1.0 are the same number, however they were written.
fn same(found: &Value, expected: &Value) -> bool {
    found == expected || (found.is_f64() || expected.is_f64()) && found.as_f64() == expected.as_f64()
}

fn short(value: &Value) -> String {
    let text = redact::line(&value.to_string());
    if text.chars().count() <= 80 {
        return text;
    }
    text.chars().take(79).chain(['…']).collect()
}

/// What conditions make of any body: an answer that does not depend on how often it is asked, and never a secret.
#[cfg(any(test, fuzzing))]
pub(crate) fn fuzz(reply: &net::Reply) {
    let wanted = serde_json::json!({".status": "ok", ".workers[0].up": true, ".n": 1.5, ".token": "x"});
    let conditions = Conditions { json: wanted.as_object().cloned().unwrap_or_default(), jq: None };
    let said = || conditions.judge(&reply.body, reply.cut, Duration::ZERO);
    let once = said().map(|sight| (sight.judged, sight.summary));
    assert_eq!(once, said().map(|sight| (sight.judged, sight.summary)));
    let Some((judged, summary)) = once else {
        assert!(!reply.cut && serde_json::from_str::<Value>(&reply.body).is_ok_and(|body| body["status"] == "ok"));
        return;
    };
    assert!(judged == Judged::Bad(None) || reply.cut && judged == Judged::Unknown);
    assert!(summary.chars().count() < 200, "{summary}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_paths_are_compared() {
        let conditions = |json: Value| Conditions::new(json.as_object().cloned().unwrap_or_default(), None);
        let said = |json: Value, body: &str, cut: bool| {
            let conditions = conditions(json).expect("paths");
            conditions.judge(body, cut, Duration::ZERO).map(|sight| (sight.judged, sight.summary))
        };
        let body = r#"{"status": "ok", "queue": 3.0, "workers": [{"up": true}], "none": null}"#;
        let good = serde_json::json!({".status": "ok", ".queue": 3, ".workers[0].up": true});
        assert_eq!(said(good.clone(), body, false), None);
        assert_eq!(said(serde_json::json!({}), "not JSON", true), None);
        assert_eq!(said(good.clone(), body, true).expect("bad").0, Judged::Unknown);
        let table = [
            (serde_json::json!({".status": "up"}), body, ".status is \"ok\" instead of \"up\""),
            (serde_json::json!({".token": 1}), r#"{"token": "hunter2"}"#, ".token is not what it should be"),
            (serde_json::json!({".queue": 4}), body, ".queue is 3.0 instead of 4"),
            (serde_json::json!({".queue": "3"}), body, ".queue is 3.0 instead of \"3\""),
            (serde_json::json!({".workers[1].up": true}), body, "the body has no .workers[1].up"),
            (serde_json::json!({".none": false}), body, ".none is null instead of false"),
            (good, "<html>", "the body is not JSON (line 1, column 1)"),
        ];
        for (json, body, expected) in table {
            assert_eq!(said(json, body, false), Some((Judged::Bad(None), expected.to_owned())));
        }
        for wrong in ["status", "", ".", ".a..b", ".a[x]", ".a[0", ".a[]"] {
            assert!(conditions(serde_json::json!({wrong: 1})).is_err(), "{wrong}");
        }
        assert!(conditions(serde_json::json!({".a": [1]})).is_err());
    }
}
