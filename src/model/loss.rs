//! What is lost by a repair of state? Said in so many words in the report, the journal and the alert: nothing, how much of how
//! much, or since when.

use super::{Stamp, rfc3339};

/// What a repair costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Every value that was there is there again.
    None,
    /// So many of so many elements, or lines.
    Elements {
        /// Dropped.
        lost: usize,
        /// That were there, dropped ones among them.
        of: usize,
    },
    /// All from a place on. How much there was behind it cannot be known from the bytes.
    Cut {
        /// Whole elements before it.
        kept: usize,
        /// The place.
        byte: usize,
    },
    /// What stood behind a whole document.
    Behind {
        /// Bytes.
        bytes: usize,
    },
    /// All that changed since a copy was taken.
    Restored {
        /// When it was taken.
        at: Stamp,
        /// Keys that the damaged file still shows and that are not in the copy, or not with that value; `None`: it shows none.
        later_keys: Option<usize>,
    },
    /// All that was there; the file begins anew.
    All,
    /// What the owner's own `fix` changed.
    Fixed {
        /// The invariant.
        invariant: String,
    },
}

impl Loss {
    /// Is nothing lost?
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("lossless"),
            Self::Elements { lost, of } => write!(f, "lossy: {lost} of {of} elements"),
            Self::Cut { kept, byte } => {
                let elements = if *kept == 1 { "element" } else { "elements" };
                write!(f, "lossy: {kept} whole {elements} kept, all from byte {byte} on lost")
            }
            Self::Behind { bytes } => write!(f, "lossy: the document is whole, {bytes} bytes behind it dropped"),
            Self::Restored { at, later_keys: Some(0) } => {
                write!(f, "restored from {}, no later key is known to be lost", rfc3339(*at))
            }
            Self::Restored { at, later_keys: Some(1) } => {
                write!(f, "restored from {}, 1 later key lost", rfc3339(*at))
            }
            Self::Restored { at, later_keys: Some(keys) } => {
                write!(f, "restored from {}, {keys} later keys lost", rfc3339(*at))
            }
            Self::Restored { at, later_keys: None } => {
                write!(f, "restored from {}, what changed since is lost", rfc3339(*at))
            }
            Self::All => f.write_str("lossy: nothing of it could be kept, it begins anew"),
            Self::Fixed { invariant } => write!(f, "changed by the `fix` of {invariant}"),
        }
    }
}
