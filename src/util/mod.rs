//! Helpers that know nothing of the project: bounded readers, walks along links, stopping, hex text, Windows times,
//! column widths.

pub mod bounded;
pub mod cancel;
pub mod filetime;
pub mod float;
pub mod guid;
pub mod hex;
pub mod language;
pub mod links;
pub mod width;
