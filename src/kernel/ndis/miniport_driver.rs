//! _NDIS_M_DRIVER_BLOCK: the driver of network adapters.

use super::{driver, listed, version};
use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::DriverObject;

/// The driver of network adapters, as NDIS knows it.
pub struct MiniportDriver<'s>(pub(super) Object<'s>);

/// Its routines, as ndis.h names them (NDIS_MINIPORT_DRIVER_CHARACTERISTICS).
const HANDLERS: [&str; 17] = [
    "InitializeHandlerEx",
    "SetOptionsHandler",
    "HaltHandlerEx",
    "ShutdownHandlerEx",
    "UnloadHandler",
    "CheckForHangHandlerEx",
    "ResetHandlerEx",
    "PauseHandler",
    "RestartHandler",
    "OidRequestHandler",
    "CancelOidRequestHandler",
    "DirectOidRequestHandler",
    "CancelDirectOidRequestHandler",
    "DevicePnPEventNotifyHandler",
    "SendNetBufferListsHandler",
    "ReturnNetBufferListsHandler",
    "CancelSendHandler",
];

impl<'s> MiniportDriver<'s> {
    /// The name of its type, for links.
    pub const TYPE: &'static str = "ndis!_NDIS_M_DRIVER_BLOCK";

    /// All of them; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The symbols of ndis are not known, or the head of the list cannot be read.
    pub fn all(
        scope: &'s Scope<'s>,
    ) -> Result<impl Iterator<Item = Result<MiniportDriver<'s>, Lack>> + use<'s>, Lack> {
        let list = (MiniportDriver::TYPE, "NextDriver");
        let found = listed(scope, "ndis!ndisMiniDriverList", list, "the drivers of adapters")?;
        Ok(found.map(|block| block.map(MiniportDriver)))
    }

    /// The driver at an address.
    ///
    /// # Errors
    /// The symbols of ndis are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<MiniportDriver<'s>, Lack> {
        scope.object(MiniportDriver::TYPE, address).map(MiniportDriver)
    }

    /// Its address, which is its handle.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// The name of its service: `e1dexpress`.
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("ServiceName")?.text()
    }

    /// The path of its image.
    pub fn image(&self) -> Result<String, Lack> {
        self.0.field("ImageName")?.text()
    }

    /// Its driver object.
    pub fn driver(&self) -> Result<DriverObject<'s>, Lack> {
        driver(&self.0)
    }

    /// A pointer or a number of its own: `MiniportDriverContext`, `Flags` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The version of NDIS that it was written for, and its own.
    pub fn versions(&self) -> (Result<String, Lack>, Result<String, Lack>) {
        let own = || {
            let all = self.0.field("MiniportDriverCharacteristics")?;
            version(&all, "MajorDriverVersion", "MinorDriverVersion")
        };
        (version(&self.0, "MajorNdisVersion", "MinorNdisVersion"), own())
    }

    /// Its routines, by the names that ndis.h gives them; 0 where it has none.
    pub fn handlers(&self) -> impl Iterator<Item = (&'static str, Result<u64, Lack>)> + use<'_, 's> {
        HANDLERS.iter().map(|handler| {
            let at = self.0.field("MiniportDriverCharacteristics").and_then(|all| all.field(handler)?.u64());
            (*handler, at)
        })
    }
}
