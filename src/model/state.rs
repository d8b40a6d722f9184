//! What is a state file, what can be wrong with it, and how sure is that? Plain data: `probe::state` reads and judges, the
//! repair acts on what was judged. What could not be looked at is unknown, and neither valid nor broken.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::finding::Severity;
use super::lock::FileId;
pub use super::problem::{Problem, Trouble};
use super::units::Bytes;

/// A larger file is not read unless `max_size` says so: it is unknown.
pub const MAX_SIZE: Bytes = Bytes(64_000_000);

/// How deep objects and lists may lie in each other: as deep as `serde_json` goes, more than any program writes, less than any
/// stack.
pub const MAX_DEPTH: usize = 127;

/// So many troubles of one file are told; more say no more.
pub const MOST_TROUBLES: usize = 20;

/// The name under which a state file stands in reports, in the history and in alerts. No service can have it.
#[must_use]
pub fn section(name: &str) -> String {
    format!("[state.{name}]")
}

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON document.
    Json,
    /// A JSON document in each line. Templates, invariants and the schema see a list of them.
    Jsonl,
    /// TOML.
    Toml,
}

impl Format {
    /// The word after `kind =`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Toml => "toml",
        }
    }
}

/// A way to put a file right. None is taken that `repair = […]` does not name; they are tried in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Repair {
    /// Adds what the template has and the file lacks.
    Merge,
    /// The newest copy in the vault that is valid.
    Backup,
    /// What is provably in the bytes.
    Salvage,
    /// The `fix` that the owner declared for a broken invariant.
    Fix,
    /// The template, as it stands.
    Template,
}

impl Repair {
    /// The word in `repair = […]`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Backup => "backup",
            Self::Salvage => "salvage",
            Self::Fix => "fix",
            Self::Template => "template",
        }
    }
}

/// What has to hold of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// Under which it is reported, such as `POSITION_CONFLICT`.
    pub id: String,
    /// A jq filter that answers true or false. `$name` is the document of the state of that name.
    pub jq: String,
    /// How bad it is when it is broken.
    pub severity: Severity,
    /// What it means when it is broken, for a person.
    pub message: String,
    /// A jq filter that makes a document of which it holds. Without one, a broken invariant is never repaired.
    pub fix: Option<String>,
}

/// Which version a document says it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The key at the top of the document that says it.
    pub key: String,
    /// The newest that is known here. A newer document is left as it is: whoever wrote it knows better.
    pub newest: u64,
}

/// `[state.NAME]`, checked and resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct StateFile {
    /// The name: the key of `[state.NAME]`.
    pub name: String,
    /// `false`: it is neither looked at nor repaired.
    pub enabled: bool,
    /// The file, absolute.
    pub path: PathBuf,
    /// What it is written in.
    pub format: Format,
    /// The JSON Schema that it has to fulfil, absolute.
    pub schema: Option<PathBuf>,
    /// What it begins as. Each of its keys has to be there, with a value of the same type.
    pub template: Option<Value>,
    /// Keys at the top that have to be there, beside those of the template.
    pub require: Vec<String>,
    /// Where it says which version it is of.
    pub version: Option<Version>,
    /// What has to hold of it, in the order of the file.
    pub invariants: Vec<Invariant>,
    /// What may be tried to put it right, in this order. Empty: a person does.
    pub repair: Vec<Repair>,
    /// May it be made from its template, or a copy, where it is missing?
    pub create: bool,
    /// A larger one is not read.
    pub max_size: Bytes,
    /// The application's own lock: held while the file is replaced.
    pub lock: Option<PathBuf>,
    /// Run after it was replaced: program and arguments.
    pub notify: Option<Vec<String>>,
    /// The service that it belongs to; `None` where that cannot be told.
    pub service: Option<String>,
}

impl StateFile {
    /// One of which nothing is asked but that its bytes are of this format.
    #[must_use]
    pub fn plain(name: &str, path: PathBuf, format: Format) -> Self {
        Self {
            name: name.to_owned(),
            enabled: true,
            path,
            format,
            schema: None,
            template: None,
            require: Vec::new(),
            version: None,
            invariants: Vec::new(),
            repair: Vec::new(),
            create: false,
            max_size: MAX_SIZE,
            lock: None,
            notify: None,
            service: None,
        }
    }
}

/// Which file, and which of its contents, without reading it: what a write changes changes one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The device and the inode.
    pub file: FileId,
    /// Bytes.
    pub size: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub mtime_ns: i128,
    /// When it was last changed in any way, in nanoseconds since 1970.
    pub ctime_ns: i128,
}

/// What a file was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Switched off.
    Disabled,
    /// All of it is as declared.
    Valid,
    /// It has not changed since it was last found valid.
    Unchanged,
    /// Only warnings.
    Warning,
    /// Something about it could not be looked at, and what was seen was right.
    Unknown,
    /// Something is wrong.
    Invalid,
}

impl Verdict {
    /// What these troubles come to.
    #[must_use]
    pub fn of(troubles: &[Trouble]) -> Self {
        let one = |trouble: &Trouble| match trouble {
            trouble if trouble.problem.is_unknown() => Self::Unknown,
            Trouble { severity: Severity::Critical, .. } => Self::Invalid,
            Trouble { severity: Severity::Warning, .. } => Self::Warning,
            Trouble { severity: Severity::Info, .. } => Self::Valid,
        };
        troubles.iter().map(one).max().unwrap_or(Self::Valid)
    }

    /// One word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Valid => "valid",
            Self::Unchanged => "unchanged",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Invalid => "invalid",
        }
    }

    /// Was it looked at whole, and is nothing critical about it? Only such a copy is worth keeping, only such a candidate is put
    /// in the place of what was there.
    #[must_use]
    pub const fn is_sound(self) -> bool {
        matches!(self, Self::Valid | Self::Warning)
    }
}

/// One state file, looked at and judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The name of its `[state.NAME]`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What it is written in.
    pub format: Format,
    /// Which file it was when it was looked at: to be compared again right before it is replaced. `None` where nothing could
    /// be opened.
    pub mark: Option<Mark>,
    /// What is wrong, in the order in which it was found.
    pub troubles: Vec<Trouble>,
    /// What that comes to.
    pub verdict: Verdict,
}
