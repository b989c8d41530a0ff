//! Names, types, lines and variables of a module, and the files they come from.
//!
//! Every source answers through [`types::TypeSource`] or [`source::SymbolSource`] and says what it is, so that an
//! answer can always be traced to where it came from. Nothing is loaded before it is asked for.

pub mod add;
pub mod address;
pub mod cabinet;
pub mod cache;
mod connection;
pub mod demangle;
pub mod doctor;
pub mod download;
pub mod error;
mod fetch_error;
mod find;
pub mod finder;
pub mod folders;
pub mod identity;
pub mod index;
mod inquiry;
pub mod isf;
pub mod layouts;
mod limits;
pub mod locate;
pub mod manifest;
pub mod module;
pub mod name;
pub mod observer;
pub mod path;
pub mod pdb;
pub mod pe;
pub mod pointer;
mod proxy;
pub mod registers;
pub mod search;
mod server;
pub mod source;
pub mod store;
pub mod symbol;
mod transfer;
pub mod types;
mod walk;
pub mod wildcard;
pub mod zip_store;

pub use error::SymbolError;
pub use finder::Finder;
pub use search::{Attempt, Found, Outcome, Search};
