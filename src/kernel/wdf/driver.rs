//! _FX_DRIVER_GLOBALS: what the framework keeps of a driver.

use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::DriverObject;

/// A driver that is bound to the framework.
pub struct WdfDriver<'s>(Object<'s>);

impl<'s> WdfDriver<'s> {
    /// The name of its type.
    pub const TYPE: &'static str = "Wdf01000!_FX_DRIVER_GLOBALS";

    /// All drivers of the framework; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The symbols of Wdf01000 are not known, or its variables cannot be read.
    pub fn all(
        scope: &'s Scope<'s>,
    ) -> Result<impl Iterator<Item = Result<WdfDriver<'s>, Lack>> + use<'s>, Lack> {
        // What types there are says more than that a variable is not known.
        scope.find_type(WdfDriver::TYPE)?;
        let library = scope.global_of("Wdf01000!FxLibraryGlobals", "Wdf01000!FxLibraryGlobalsType")?;
        let drivers = library.field("FxDriverGlobalsList")?.list(WdfDriver::TYPE, "Linkage")?;
        Ok(drivers.map(|driver| driver.map(WdfDriver)))
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A pointer or a number of its own: `ImageAddress`, `FxVerifierOn` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The name of its service: `HDAudBus`.
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("Public.DriverName")?.text()
    }

    /// The version of the framework that it was written for: `1.15.0`.
    pub fn version(&self) -> Result<String, Lack> {
        let version = self.0.field("WdfBindInfo")?.pointee()?.field("Version")?;
        let part = |member: &str| version.field(member)?.u64();
        Ok(format!("{}.{}.{}", part("Major")?, part("Minor")?, part("Build")?))
    }

    /// The driver object behind it.
    pub fn driver(&self) -> Result<DriverObject<'s>, Lack> {
        let driver = self.0.field("Driver")?.pointee()?;
        let pointer = driver.field("m_DriverObject")?;
        match pointer.u64()? {
            0 => Err(Lack::Null { what: pointer.what() }),
            at => DriverObject::at(self.0.scope(), at),
        }
    }
}
