//! What is a person told, and how is it packed? The message is the same for all channels; a parcel is what one of them sends.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Stamp;
use super::event::Notice;
use super::finding::Severity;

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How urgent.
    pub severity: Severity,
    /// What it is about.
    pub notice: Notice,
    /// `[project] name`.
    pub project: String,
    /// This machine.
    pub host: String,
    /// The service, or `host`.
    pub service: String,
    /// The incident; with the notice it is what an alert is told apart by.
    pub incident: String,
    /// One line.
    pub title: String,
    /// What was seen and done, in the order in which a person wants it.
    pub details: Vec<(String, String)>,
    /// What the person has to do, or nothing.
    pub action_required: Option<String>,
    /// When.
    pub at: Stamp,
}

/// One act of delivery, as plain data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// A line for a file.
    Line {
        /// Absolute path.
        path: PathBuf,
        /// One line, without its newline.
        line: String,
    },
    /// A command to run.
    Command {
        /// Program and arguments.
        argv: Vec<String>,
        /// Added to the clean environment.
        env: BTreeMap<String, String>,
        /// Given on standard input.
        stdin: String,
    },
}
