//! How is a hung service cured? What is stale is stopped for good, confirmed dead, and the service started.
//! Where nothing runs any more, only the start is left of it.

use super::{Kind, cycle};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "stop-stale",
    about: "stop the hung process and its children (TERM, wait, KILL, confirm), then start it",
    propose: cycle,
};
