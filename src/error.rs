//! What went wrong with heal itself? The one error type: kind, message, source, hint. Verdicts about services are not errors.

use std::fmt;

/// What kind of failure it is; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line is wrong.
    Usage,
    /// Input data was refused.
    Data,
    /// `heal.toml` is missing or invalid.
    Config,
    /// Another run holds the recovery lock.
    Busy,
    /// A rule says no: nothing was changed, a person has to decide.
    Refused,
    /// The system said no.
    NotPermitted,
    /// A file cannot be created.
    CannotCreate,
    /// Reading or writing failed.
    Io,
    /// heal's own data directory cannot be written: read-only, full, broken, or somebody else's.
    Unwritable,
    /// The command that heal was to run is there and cannot be run.
    NotExecutable,
    /// There is no such command as heal was to run.
    NoCommand,
    /// A bug in heal.
    Bug,
}

impl Kind {
    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Data => "data",
            Self::Config => "config",
            Self::Busy => "busy",
            Self::Refused => "refused",
            Self::NotPermitted => "not-permitted",
            Self::CannotCreate => "cannot-create",
            Self::Io | Self::Unwritable => "io",
            Self::NotExecutable | Self::NoCommand => "command",
            Self::Bug => "bug",
        }
    }
}

/// One fault among several: where it is and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `file:line:column`, or `--set KEY`.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// A failure of heal itself.
#[derive(Debug)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// What, where and why, in one sentence.
    pub message: String,
    /// The command to type next, or what to change.
    pub hint: Option<String>,
    /// All faults of an input that has several.
    pub faults: Vec<Fault>,
    /// The faults as a person reads them, with their source lines; replaces the plain list.
    pub rendered: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What most functions here return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind with its sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, faults: Vec::new(), rendered: None, source: None }
    }

    /// A system error while doing `what` ("cannot write /x/y"). Permission becomes 77, everything else 74.
    pub fn io(what: impl fmt::Display, source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::PermissionDenied => Kind::NotPermitted,
            _ => Kind::Io,
        };
        Self { source: Some(Box::new(source)), ..Self::new(kind, what.to_string()) }
    }

    /// A system error while writing what heal remembers. What stands in the way (a link, a device) is no such thing: that
    /// somebody put there.
    pub fn unwritable(what: impl fmt::Display, source: std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        const EIO: i32 = 5;
        let full = matches!(
            source.kind(),
            K::PermissionDenied | K::ReadOnlyFilesystem | K::StorageFull | K::QuotaExceeded | K::FileTooLarge
        );
        let unwritable = full || source.raw_os_error() == Some(EIO);
        let error = Self::io(what, source);
        if unwritable { error.of_kind(Kind::Unwritable) } else { error }
    }

    /// The same error, of another kind.
    #[must_use]
    pub fn of_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
