//! Helpers that know nothing of the project: bounded readers, hex text, Windows times, column widths.

pub mod bounded;
pub mod filetime;
pub mod float;
pub mod guid;
pub mod hex;
pub mod width;
