//! Opening dumps and images, whole, damaged and foreign.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/damage.rs"]
mod damage;
#[path = "../support/forge.rs"]
mod forge;
#[path = "../support/shared.rs"]
mod shared;
#[path = "../support/synth.rs"]
mod synth;

mod bad_dumps;
mod damaged_commands;
mod damaged_dumps;
mod damaged_images;
mod emulated_dumps;
mod images;
mod kdmp_oracle;
mod pe_images;
mod real_dumps;
