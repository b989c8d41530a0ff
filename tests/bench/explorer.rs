//! What somebody at the explorer waits for: the first screen, a key while the dump is searched; and what it takes while
//! nothing happens and after a million lines.
//!
//! `cargo bench --bench explorer` runs the program on a pseudo-terminal and prints each measurement beside its goal. Times
//! depend on the machine: only ratios, and bytes that are written while nothing happens, decide whether the run fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

#[cfg(unix)]
mod explorer_times;
#[cfg(unix)]
mod grow;
#[cfg(unix)]
#[allow(dead_code)]
mod pool_crowd;
#[cfg(unix)]
#[allow(dead_code)]
mod report;
#[cfg(unix)]
#[path = "../support/terminal.rs"]
mod terminal;

fn main() {
    #[cfg(unix)]
    explorer_times::measure();
}
