//! What holds for the project as a whole: its layers and its README.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod layers;
mod reference;
