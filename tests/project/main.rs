//! What holds for the project as a whole: its layers, its README and its table of bug checks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bugchecks_asset;
mod layers;
mod manners;
mod reference;
