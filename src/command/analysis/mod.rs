//! The crash as a whole.

pub mod analyze;
pub mod bugcheck;
pub mod common;
pub mod crash;
pub mod di;
pub mod exr;
pub mod history;
pub mod lastevent;
pub mod report;
