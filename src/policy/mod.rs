//! How do we decide? Pure functions of findings, history, rules and now; no clock, no file, no process in here.

mod budget;
mod decide;
mod judge;

pub use budget::budget;
pub use decide::decide;
pub use judge::{Look, follow, judge};
