//! Why was a repair not made? What a rule forbids, what is broken, and what the system refused are different things: a person, a
//! file and a disk.

/// Why a repair was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A rule says no, or it could not be seen whether one does: nothing was changed.
    Refused(String),
    /// What was to be repaired is damaged, and heal does not mend it.
    Broken(String),
    /// The system said no: no space, no permission, an I/O error. Nothing is lost.
    Io(String),
    /// The system said no in the middle, and also to taking it back. Nothing is lost; a later run finds out and finishes.
    Stuck(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Refused(why) | Self::Broken(why) | Self::Io(why) | Self::Stuck(why)) = self;
        f.write_str(why)
    }
}
