//! Stacks, frames and what is local to them.

pub mod dv;
pub mod f_minus;
pub mod f_plus;
mod fold;
pub mod frame;
pub mod k;
pub mod kframes;
mod parameters;
mod rows;
pub mod x;
