//! Program databases: types, names, lines, inlined functions and variables of a module.
//!
//! `pdb2` reads the container, the debug-information stream, symbol records, address maps and the annotations of inlined
//! functions. Type records and line sections are read here: types are wanted one at a time by number or name, and a
//! hostile file must not be able to make a reader panic, recurse or allocate by its own counts.

mod c13;
pub mod container;
mod debug_header;
pub mod file;
mod inline_index;
mod inline_sites;
mod inlines;
mod known_types;
mod leaf;
mod lines;
mod module;
mod msf;
mod names;
mod primitive;
mod procedure;
mod publics;
mod ranges;
mod recent;
mod records;
mod sorted_publics;
mod spot;
mod streams;
mod strings;
mod types;
mod udt;

pub use container::Identity;
pub use file::PdbFile;
