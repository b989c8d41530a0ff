//! Input and output: requests, devices, drivers, files.

pub mod devnode;
pub mod devobj;
pub mod devstack;
pub mod drvobj;
pub mod fileobj;
pub mod fltkd;
pub mod ioctldecode;
pub mod irp;
pub mod irpfind;
pub mod ndiskd;
pub mod poaction;
pub mod processirps;
mod stack_location;
pub mod storagekd;
pub mod wdfkd;
