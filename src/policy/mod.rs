//! How do we decide? Pure functions of findings, history, rules and now; no clock, no file, no process in here.

mod budget;
mod decide;
mod depend;
mod judge;
pub mod lock;
pub mod pattern;
mod rate;
pub mod revert;

pub use budget::{budget, budgets};
pub use decide::decide;
pub use depend::{Node, Tie, order, tied, ties};
pub use judge::{Look, follow, is_failing, judge};
pub use rate::alarm;
