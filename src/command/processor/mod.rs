//! Processors: what they run, what waits for them, what they are.

pub mod apc;
pub mod cpuid;
pub mod cpuinfo;
pub mod dg;
pub mod dpcs;
pub mod dpcwatchdog;
pub mod frozen;
pub mod gdt;
pub mod idt;
pub mod ipi;
pub mod irql;
pub mod mex_ready;
mod mex_rows;
pub mod mex_running;
pub mod mex_standby;
pub mod pcr;
pub mod prcb;
pub mod ready;
pub mod running;
pub mod smt;
pub mod timer;
