//! What holds for the project as a whole: its layers, its README, its table of bug checks and its demos.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../assets/packer.rs"]
mod packer;

mod bugchecks_asset;
mod chinese_terms;
mod demos_asset;
mod layers;
mod manners;
mod pooltags_asset;
mod reference;
