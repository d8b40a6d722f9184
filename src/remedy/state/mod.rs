//! How could a damaged state file be put right? Each way makes new content out of bytes, and touches nothing: whoever asked judges
//! what came out as if it had always been there, and only what is sound then may replace the file.

mod merge;
mod salvage;
mod scan;

pub use merge::{Merged, merge};
#[cfg(any(test, fuzzing))]
pub(crate) use salvage::fuzz::salvage as fuzz;
pub use salvage::{Salvaged, later_keys, salvage};
