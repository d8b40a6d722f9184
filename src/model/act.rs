//! What did heal do to a service, as far as budgets ask?

use serde::{Deserialize, Serialize};

use super::event::{Moment, Outcome};
use super::finding::Class;

/// One act, for budgets and pauses between acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// When the intent was written.
    pub when: Moment,
    /// The rung.
    pub rung: String,
    /// What it was taken for.
    #[serde(default)]
    pub cause: Option<Class>,
    /// How it ended; `None` while nobody knows.
    pub outcome: Option<Outcome>,
}
