//! Which directories, links and files have to be there? Plain data, as `[layout]` declares it.

use std::path::PathBuf;

/// The name under which the layout stands in reports, in the history and in alerts. No service can have it.
pub const SECTION: &str = "[layout]";

/// `[layout]`, checked and resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Directories that have to be there, parents first.
    pub directories: Vec<Placed>,
    /// Links, and what they may point to.
    pub links: Vec<Link>,
    /// Files that have to be there.
    pub files: Vec<Placed>,
}

/// A directory or a file of the layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Absolute.
    pub path: PathBuf,
    /// Its permissions; `None`: whatever they are.
    pub mode: Option<u32>,
    /// Its owner, by name; `None`: whoever it is.
    pub owner: Option<String>,
}

/// A link of the layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Absolute.
    pub path: PathBuf,
    /// What it may point to, absolute; one of these.
    pub targets: Vec<PathBuf>,
}
