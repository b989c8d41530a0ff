//! Modules and their images.

mod cells;
pub mod dh;
pub mod lm;
pub mod lmi;
pub mod mods;
pub mod software;
