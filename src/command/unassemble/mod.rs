//! `u`, `ub`, `uf`: code.

mod backward;
mod bounds;
mod extent;
mod forward;
mod function;
mod heading;

pub use backward::SPEC as BACKWARD;
pub use forward::SPEC as FORWARD;
pub use function::SPEC as FUNCTION;
