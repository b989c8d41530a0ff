//! Kernel objects as build 19041 lays them out.

pub mod debugger_data;
pub mod io;
pub mod modules;
pub mod pool;
pub mod process;
pub mod processor;
pub mod thread;
pub mod types;
