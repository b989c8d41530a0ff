//! Program databases: types, names, lines, inlined functions and variables of a module.
//!
//! `pdb2` reads the container, the debug-information stream, symbol records and line programs. Type records are read
//! here: they are wanted one at a time by number or name, and a hostile file must not be able to make the reader
//! recurse or allocate by its own counts.

pub mod container;
pub mod file;
mod inlines;
mod leaf;
mod lines;
mod module;
mod names;
mod primitive;
mod procedure;
mod publics;
mod ranges;
mod records;
mod types;
mod udt;

pub use container::Identity;
pub use file::PdbFile;
