//! What several dumps have in common: of one machine, whose crashes say together what none says alone.

mod joint;
mod machine;
mod summary;

pub use joint::joint;
pub use machine::{Compared, Machine};
pub use summary::{Place, Summary};
