//! Where the files of symbols are: search paths, stores, caches and servers, and what was tried.

pub mod add;
pub mod cabinet;
pub mod cache;
pub mod doctor;
mod find;
pub mod finder;
pub mod folders;
pub mod identity;
mod limits;
pub mod locate;
pub mod manifest;
pub mod observer;
mod outcome;
pub mod path;
pub mod server;
pub mod store;
mod walk;
pub mod zip_store;

pub use finder::Finder;
pub use outcome::{Attempt, Found, Outcome, Search};
