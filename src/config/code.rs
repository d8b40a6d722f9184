//! Where does the code come from, and how is it taken back? `[git]` and `[revert]`, checked.

use serde_json::{Value, json};
use toml::Spanned;

use super::faults::Faults;
use super::file::{self, Signing};
use super::typed::{self, Table};
use crate::model::{Rate, Span, redact};

/// All `after` commands together have to be done in this time: a run plans for 240 s, and has a service to start.
const AFTER_ALL: Span = Span::secs(120);

/// `[git]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Git {
    /// The remote.
    pub remote: String,
    /// The branch that has to be checked out; `None`: whatever is.
    pub branch: Option<String>,
}

impl Default for Git {
    fn default() -> Self {
        Self { remote: "origin".to_owned(), branch: None }
    }
}

/// `[revert]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reverting {
    /// `false`: never.
    pub enabled: bool,
    /// Push once the service is well again.
    pub push: bool,
    /// More than so many are not made.
    pub limit: Rate,
    /// Where every commit has to be signed.
    pub signing: Signing,
    /// Commands that follow, program and arguments.
    pub after: Vec<Vec<String>>,
    /// Each of them has this long.
    pub after_timeout: Span,
    /// Of a merge: the parent whose side stays; 0: not said.
    pub mainline: u32,
    /// Name and address of the author; `None`: git's own setting.
    pub identity: Option<(String, String)>,
}

impl Default for Reverting {
    fn default() -> Self {
        Self {
            enabled: true,
            push: false,
            // FAILURES F16, FAULTS E4.
            limit: Rate { count: 1, per: Span::secs(24 * 3600) },
            signing: Signing::Refuse,
            after: Vec::new(),
            after_timeout: Span::secs(60),
            mainline: 0,
            identity: None,
        }
    }
}

impl Git {
    /// For an editor.
    pub(super) fn defaults(&self) -> [(&'static str, Value); 1] {
        [("remote", json!(self.remote))]
    }

    pub(super) fn show(&self) -> Value {
        let mut shown = json!({"enabled": true, "remote": self.remote});
        if let Some(branch) = &self.branch {
            shown["branch"] = json!(branch);
        }
        shown
    }
}

impl Reverting {
    /// For an editor.
    pub(super) fn defaults(&self) -> [(&'static str, Value); 2] {
        [("limit", json!(self.limit)), ("after_timeout", json!(self.after_timeout))]
    }

    pub(super) fn show(&self) -> Value {
        let after: Vec<Vec<String>> = self.after.iter().map(|argv| redact::args(argv)).collect();
        let mut shown = json!({
            "enabled": self.enabled,
            "push": self.push,
            "limit": self.limit,
            "signing": self.signing,
            "after": after,
            "after_timeout": self.after_timeout,
        });
        if self.mainline > 0 {
            shown["mainline"] = json!(self.mainline);
        }
        if let Some((name, email)) = &self.identity {
            shown["identity"] = json!(format!("{name} <{email}>"));
        }
        shown
    }
}

fn place(table: &Table, key: &str) -> super::faults::Place {
    table.get_ref().get(key).map(Spanned::span).unwrap_or_default()
}

/// Names that `git` would read as an option, a range or an address are refused: they are handed to it as words.
fn is_ref(name: &str) -> bool {
    git2::Reference::is_valid_name(&format!("refs/heads/{name}")) && !name.starts_with('-')
}

pub(super) fn git(table: &Table, faults: &mut Faults) -> Option<Git> {
    let said = typed::read::<file::Git>(table, faults)?;
    if !said.enabled {
        return None;
    }
    for (key, name) in [("remote", &said.remote), ("branch", &said.branch)] {
        if let Some(name) = name.as_ref().filter(|name| !is_ref(name)) {
            let hint = if key == "remote" {
                "the name of one, such as \"origin\", as `git remote` lists them"
            } else {
                "its short name, such as \"main\""
            };
            faults.add(
                place(table, key),
                format!("`{key}` cannot be `{}`", name.escape_default()),
                Some(hint.to_owned()),
            );
        }
    }
    Some(Git { remote: said.remote.unwrap_or_else(|| Git::default().remote), branch: said.branch })
}

pub(super) fn revert(table: &Table, faults: &mut Faults) -> Option<Reverting> {
    let said = typed::read::<file::Revert>(table, faults)?;
    let usual = Reverting::default();
    let after_timeout = said.after_timeout.unwrap_or(usual.after_timeout);
    if said.after.iter().any(|argv| argv.first().is_none_or(String::is_empty)) {
        let hint = "each is written as [\"program\", \"argument\"]".to_owned();
        faults.add(place(table, "after"), "`after` holds an empty command", Some(hint));
    }
    let commands = u32::try_from(said.after.len()).unwrap_or(u32::MAX);
    if !said.after.is_empty() && after_timeout.times(commands) > AFTER_ALL {
        let message = format!("`after` may take {commands} times {after_timeout}; all together have {AFTER_ALL}");
        let key = if said.after_timeout.is_some() { "after_timeout" } else { "after" };
        faults.add(place(table, key), message, Some("shorten `after_timeout`".to_owned()));
    }
    if after_timeout.get().is_zero() {
        faults.add(place(table, "after_timeout"), "`after_timeout` of zero: nothing would ever be done in time", None);
    }
    if said.mainline == Some(0) {
        faults.add(place(table, "mainline"), "`mainline` counts from 1", None);
    }
    let identity = said.identity.as_deref().map(|text| {
        let parts = text.strip_suffix('>').and_then(|text| text.split_once('<'));
        let parts = parts.map(|(name, email)| (name.trim().to_owned(), email.trim().to_owned()));
        parts.filter(|(name, email)| git2::Signature::now(name, email).is_ok())
    });
    if matches!(identity, Some(None)) {
        let hint = "write it as \"Name <address>\"".to_owned();
        faults.add(place(table, "identity"), "`identity` is no name and address", Some(hint));
    }
    Some(Reverting {
        enabled: said.enabled,
        push: said.push,
        limit: said.limit.unwrap_or(usual.limit),
        signing: said.signing,
        after: said.after,
        after_timeout,
        mainline: said.mainline.unwrap_or(0),
        identity: identity.flatten(),
    })
}
