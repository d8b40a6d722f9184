//! How is a service brought up again? Started if it is down, stopped first if it is not. The mildest rung: for what is dead.

use super::{Kind, cycle};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind { name: "restart", about: "start it again; stop it first if it runs", propose: cycle };
