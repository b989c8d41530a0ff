//! Stacks and the variables of frames, against what the emulator saw.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/forge.rs"]
mod forge;
#[path = "../support/golden.rs"]
mod golden;
#[path = "../support/shared.rs"]
mod shared;

mod blind_search;
mod frame_locals;
mod kernel_views;
mod locals_truth;
mod recorded_objects;
mod unwind_scan;
mod unwind_truth;
