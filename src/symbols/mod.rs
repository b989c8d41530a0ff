//! Names, types, lines and variables of a module, and the files they come from.
//!
//! Every source answers through [`types::TypeSource`] or [`source::SymbolSource`] and says what it is, so that an
//! answer can always be traced to where it came from. Nothing is loaded before it is asked for.

pub mod demangle;
pub mod error;
pub mod index;
pub mod isf;
pub mod layouts;
pub mod module;
pub mod name;
pub mod pdb;
pub mod pe;
pub mod registers;
pub mod source;
pub mod symbol;
pub mod types;
pub mod wildcard;

pub use error::SymbolError;
