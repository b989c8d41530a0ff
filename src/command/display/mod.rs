//! The `d` family: memory as numbers, text, pointers with symbols, pointers with what they point at.
//!
//! [`mod@form`] says how each spelling lays out a row, [`rows`] makes a row of it; the other files are the commands.

mod again;
mod bits;
mod column;
mod form;
mod list;
mod numbers;
mod physical;
mod pointers;
mod range;
mod referenced;
mod rows;
mod text;

pub use again::SPEC as AGAIN;
pub use bits::SPEC as BITS;
pub use form::form;
pub use list::SPEC as LIST;
pub use numbers::SPEC as NUMBERS;
pub use physical::SPEC as PHYSICAL;
pub use pointers::SPEC as POINTERS;
pub use referenced::SPEC as REFERENCED;
pub use rows::{bytes_at, record};
pub use text::SPEC as TEXT;
