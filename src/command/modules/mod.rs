//! Modules and their images.

pub mod dh;
pub mod lm;
pub mod lmi;
pub mod software;
