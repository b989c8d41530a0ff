//! The driver framework (KMDF): its drivers and their devices.
//!
//! The types are those of Wdf01000's own symbols; what the members mean is told by the framework's published sources
//! (<https://github.com/microsoft/Windows-Driver-Frameworks>): the list of drivers hangs on FxLibraryGlobals.

mod device;
mod driver;

pub use device::WdfDevice;
pub use driver::WdfDriver;
