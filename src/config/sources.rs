//! Where does a setting come from? From a place of the file, a flag, a variable, or from heal itself: what nobody said is a
//! default. Worked out only for `heal config show --origin`.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::{Faults, Place};
use super::resolve::Asked;

/// What kind of source it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// heal's own: nobody said otherwise.
    Default,
    /// heal.toml.
    File,
    /// A variable that heal.toml asks for.
    Environment,
    /// A variable whose name begins with HEAL__.
    Variable,
    /// A `--set`.
    Flag,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What kind of source it is.
    pub from: From,
    /// `heal.toml:5:17`, `--set`, `HEAL__…` or `env NAME`; `default` where there is no place.
    pub place: String,
}

/// Whence each setting came: the tree as it was resolved, which still knows the place of every value.
#[derive(Debug)]
pub struct Sources {
    document: Spanned<DeTable<'static>>,
    faults: Faults,
    asked: Vec<Asked>,
}

impl Sources {
    pub(super) const fn new(document: Spanned<DeTable<'static>>, faults: Faults, asked: Vec<Asked>) -> Self {
        Self { document, faults, asked }
    }

    /// Every setting of what `Config::show` says, with its key in parts, and where it comes from.
    #[must_use]
    pub fn of(&self, shown: &Value) -> Vec<(Vec<String>, Value, Source)> {
        let mut found = Vec::new();
        self.walk(shown, Some(self.document.get_ref()), &mut Vec::new(), &mut found);
        found
    }

    fn walk(
        &self,
        shown: &Value,
        written: Option<&DeTable<'static>>,
        path: &mut Vec<String>,
        found: &mut Vec<(Vec<String>, Value, Source)>,
    ) {
        for (key, value) in shown.as_object().into_iter().flatten() {
            let own = written.and_then(|table| table.get(key.as_str()));
            path.push(key.clone());
            match value {
                Value::Object(_) => self.walk(value, own.and_then(|own| own.get_ref().as_table()), path, found),
                value => {
                    let default = || Source { from: From::Default, place: "default".to_owned() };
                    let source = own.map_or_else(default, |own| self.source(own));
                    found.push((path.clone(), value.clone(), source));
                }
            }
            path.pop();
        }
    }

    fn source(&self, value: &Spanned<DeValue<'static>>) -> Source {
        let place = value.span();
        let shown = self.faults.place(&place);
        if let Some(over) = self.faults.over(&place) {
            let from = if over.is_variable() { From::Variable } else { From::Flag };
            // The key stands beside it.
            let place = if over.is_variable() { shown } else { "--set".to_owned() };
            return Source { from, place };
        }
        match self.asked.iter().find(|asked| within(&asked.place, &place)) {
            Some(Asked { name, set: true, .. }) => {
                Source { from: From::Environment, place: format!("env {name}, {shown}") }
            }
            Some(Asked { name, .. }) => Source { from: From::File, place: format!("{shown}, env {name} is not set") },
            None => Source { from: From::File, place: shown },
        }
    }
}

fn within(one: &Place, other: &Place) -> bool {
    one.start <= other.start && other.end <= one.end || other.start <= one.start && one.end <= other.end
}
