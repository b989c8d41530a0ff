//! Helpers that know nothing of the project: bounded readers, inputs and outputs, lines of text files, packs, texts, markup, hex text, Windows times, column
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
pub mod lines;
pub mod links;
pub mod markup;
pub mod order;
pub mod pack;
pub mod pieces;
pub mod sizes;
pub mod temporary;
pub mod texts;
pub mod width;
