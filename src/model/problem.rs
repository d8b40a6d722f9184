//! What is wrong with a state file, each told apart from the others, and where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Severity;

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
    /// Deeper than [`crate::model::state::MAX_DEPTH`].
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
