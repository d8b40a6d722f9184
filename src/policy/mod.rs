//! How do we decide? Pure functions of findings, history, rules and now; no clock, no file, no process in here.

mod budget;
mod decide;
mod depend;
mod judge;
pub mod lock;
pub mod pattern;
mod rate;
pub mod revert;
mod telling;
mod warn;

pub use budget::{budget, budgets};
pub use decide::{concluded, decide};
pub use depend::{Node, Tie, behind_no_more, order, stays_down, tied, ties};
pub use judge::{Look, follow, hands_off, is_failing, judge};
pub use pattern::wanted;
pub use rate::alarm;
pub use telling::{Appetite, Portion, Taste, also_due, channels, due, next, severity};
