//! Memory: the `d` family and the search.
//!
//! [`mod@form`] says how each spelling of `d` lays out a row, [`rows`] makes a row of it; the other files are the
//! commands, those of several spellings named by the first.

pub mod address;
mod address_map;
mod column;
pub mod d;
pub mod da;
pub mod db;
pub mod dl;
pub mod dpp;
pub mod dps;
pub mod dyb;
pub mod form;
pub mod memusage;
pub mod pfn;
pub mod physical;
pub mod pte;
pub mod ptov;
mod range;
pub mod rows;
pub mod s;
pub mod sysptes;
pub mod vm;
pub mod vtop;
pub mod what;
pub mod writemem;
