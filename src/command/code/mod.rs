//! Code, and how it is unwound.

mod bounds;
mod extent;
pub mod fnent;
mod fnent_arm64;
mod heading;
pub mod u;
pub mod ub;
pub mod uf;
