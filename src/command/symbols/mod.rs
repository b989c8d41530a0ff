//! Symbols: what names mean, where their files come from.

pub mod chksym;
pub mod exepath;
pub mod ld;
pub mod ln;
pub mod lsa;
mod paths;
pub mod reload;
pub mod srcpath;
pub mod sym;
pub mod symfix;
pub mod symopt;
pub mod sympath;
pub mod x;
