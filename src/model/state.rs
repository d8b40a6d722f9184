//! What is a state file, what can be wrong with it, and how sure is that? Plain data: `probe::state` reads and judges, the
//! repair acts on what was judged. What could not be looked at is unknown, and neither valid nor broken.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::finding::Severity;
use super::lock::FileId;
use super::units::Bytes;

/// A larger file is not read unless `max_size` says so: it is unknown.
pub const MAX_SIZE: Bytes = Bytes(64_000_000);

/// How deep objects and lists may lie in each other: as deep as `serde_json` goes, more than any program writes, less than any
/// stack.
pub const MAX_DEPTH: usize = 127;

/// So many troubles of one file are told; more say no more.
pub const MOST_TROUBLES: usize = 20;

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

/// What is wrong, each told apart from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// Nothing stands there.
    Missing,
    /// Something other than a regular file stands there: a link, a folder, a FIFO, a device.
    NotAFile,
    /// It could not be read: permission, an I/O error.
    Unreadable,
    /// It is larger than `max_size`.
    TooLarge,
    /// It changed while it was read.
    Changing,
    /// No byte, or only white space.
    Empty,
    /// It holds NUL bytes: what a crash leaves of a file whose data never reached the disk.
    NulFilled,
    /// It begins with a byte order mark.
    ByteOrderMark,
    /// It is not UTF-8: UTF-16, Latin-1, or no text.
    WrongEncoding,
    /// Merge-conflict markers of git.
    ConflictMarkers,
    /// It ends in the middle of a document.
    Truncated,
    /// A whole document, and behind it the end of an older, longer one.
    TornWrite,
    /// Several whole documents, one behind the other.
    Concatenated,
    /// A whole document, and something else behind it.
    TrailingGarbage,
    /// It is not what it should be written in, at some place in its midst.
    Syntax,
    /// Deeper than [`MAX_DEPTH`].
    TooDeep,
    /// It is JSON by the letter, and holds what not every reader takes: a number beyond the range of a double, half of a
    /// surrogate pair. What it means to its owner cannot be said.
    Unportable,
    /// The same key twice in an object: which value holds depends on who reads it.
    DuplicateKey,
    /// A list where an object belongs, or the like.
    WrongTopLevel,
    /// A key that the template, `require` or the schema wants is not there.
    MissingKey,
    /// A value of another type than the template or the schema wants.
    WrongType,
    /// The schema is not fulfilled in some other way.
    SchemaBroken,
    /// The schema could not be read or compiled, or reaches elsewhere.
    SchemaUnusable,
    /// It says that it is of a newer version than is known here.
    NewerVersion,
    /// An invariant does not hold.
    InvariantBroken,
    /// An invariant could not be evaluated: time, memory, no answer, several.
    InvariantUnknown,
    /// A directory, link or file of the layout is not as it should be.
    Layout,
}

impl Problem {
    /// The word for tables and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotAFile => "not-a-file",
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too-large",
            Self::Changing => "changing",
            Self::Empty => "empty",
            Self::NulFilled => "nul-filled",
            Self::ByteOrderMark => "byte-order-mark",
            Self::WrongEncoding => "wrong-encoding",
            Self::ConflictMarkers => "conflict-markers",
            Self::Truncated => "truncated",
            Self::TornWrite => "torn-write",
            Self::Concatenated => "concatenated",
            Self::TrailingGarbage => "trailing-garbage",
            Self::Syntax => "syntax",
            Self::TooDeep => "too-deep",
            Self::Unportable => "unportable",
            Self::DuplicateKey => "duplicate-key",
            Self::WrongTopLevel => "wrong-top-level",
            Self::MissingKey => "missing-key",
            Self::WrongType => "wrong-type",
            Self::SchemaBroken => "schema-broken",
            Self::SchemaUnusable => "schema-unusable",
            Self::NewerVersion => "newer-version",
            Self::InvariantBroken => "invariant-broken",
            Self::InvariantUnknown => "invariant-unknown",
            Self::Layout => "layout",
        }
    }

    /// Is it about the bytes themselves, so that there is no document to ask anything of?
    #[must_use]
    pub const fn is_of_bytes(self) -> bool {
        matches!(
            self,
            Self::Empty
                | Self::NulFilled
                | Self::ByteOrderMark
                | Self::WrongEncoding
                | Self::ConflictMarkers
                | Self::Truncated
                | Self::TornWrite
                | Self::Concatenated
                | Self::TrailingGarbage
                | Self::Syntax
                | Self::TooDeep
                | Self::Unportable
        )
    }

    /// Is it no answer at all: something could not be looked at?
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        matches!(
            self,
            Self::NotAFile
                | Self::Unreadable
                | Self::TooLarge
                | Self::Changing
                | Self::TooDeep
                | Self::Unportable
                | Self::SchemaUnusable
                | Self::NewerVersion
                | Self::InvariantUnknown
        )
    }
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub problem: Problem,
    /// How bad. Of no meaning for what is unknown.
    pub severity: Severity,
    /// Where: `line 3 column 7`, or the path of an element such as `.open_positions[3].size`.
    pub at: Option<String>,
    /// The byte at which it shows, for what is wrong with the bytes.
    pub byte: Option<u64>,
    /// The invariant that is broken.
    pub invariant: Option<String>,
    /// One line for a person.
    pub message: String,
}

impl Trouble {
    /// Something that is wrong and critical, at no place that could be named.
    #[must_use]
    pub fn new(problem: Problem, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { problem, severity: Severity::Critical, at: None, byte: None, invariant: None, message }
    }

    /// The same, at this place.
    #[must_use]
    pub fn at(self, place: impl Into<String>) -> Self {
        Self { at: Some(place.into()), ..self }
    }

    /// The same, only a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
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
