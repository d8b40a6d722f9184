//! to be replaced
