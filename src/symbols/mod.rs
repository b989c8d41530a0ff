//! Symbols: PE images, PDBs and other sources of names and types, and how their files are found.

pub mod error;
pub mod module;
pub mod pe;

pub use error::SymbolError;
