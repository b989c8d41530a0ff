//! Kernel objects as build 19041 lays them out.

pub mod counters;
pub mod debugger_data;
pub mod deferred;
pub mod io;
pub mod modules;
pub mod pool;
pub mod process;
pub mod processor;
pub mod ready;
pub mod resource;
pub mod thread;
pub mod timer;
pub mod types;
pub mod work;
