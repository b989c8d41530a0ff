//! Helpers that know nothing of the project: bounded readers, inputs and outputs, packs, hex text, Windows times, column
//! widths, cancelling.

pub mod bits;
pub mod bounded;
pub mod cancel;
pub mod disk;
pub mod elapsed;
pub mod files;
pub mod filetime;
pub mod float;
pub mod guid;
pub mod hex;
pub mod language;
pub mod links;
pub mod pack;
pub mod pieces;
pub mod sizes;
pub mod temporary;
pub mod width;
