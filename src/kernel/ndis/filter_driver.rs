//! _NDIS_FILTER_DRIVER_BLOCK: a lightweight filter driver.

use super::{driver, listed, version, word};
use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::DriverObject;

/// A lightweight filter driver, as NDIS knows it.
pub struct FilterDriver<'s>(pub(super) Object<'s>);

/// Its routines, as ndis.h names them (NDIS_FILTER_DRIVER_CHARACTERISTICS).
const HANDLERS: [&str; 20] = [
    "SetOptionsHandler",
    "SetFilterModuleOptionsHandler",
    "AttachHandler",
    "DetachHandler",
    "RestartHandler",
    "PauseHandler",
    "SendNetBufferListsHandler",
    "SendNetBufferListsCompleteHandler",
    "CancelSendNetBufferListsHandler",
    "ReceiveNetBufferListsHandler",
    "ReturnNetBufferListsHandler",
    "OidRequestHandler",
    "OidRequestCompleteHandler",
    "CancelOidRequestHandler",
    "DevicePnPEventNotifyHandler",
    "NetPnPEventHandler",
    "StatusHandler",
    "DirectOidRequestHandler",
    "DirectOidRequestCompleteHandler",
    "CancelDirectOidRequestHandler",
];

impl<'s> FilterDriver<'s> {
    /// The name of its type, for links.
    pub const TYPE: &'static str = "ndis!_NDIS_FILTER_DRIVER_BLOCK";

    /// All filter drivers; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The symbols of ndis are not known, or the head of the list cannot be read.
    pub fn all(
        scope: &'s Scope<'s>,
    ) -> Result<impl Iterator<Item = Result<FilterDriver<'s>, Lack>> + use<'s>, Lack> {
        let list = (FilterDriver::TYPE, "NextFilterDriver");
        let found = listed(scope, "ndis!ndisFilterDriverList", list, "the filter drivers")?;
        Ok(found.map(|block| block.map(FilterDriver)))
    }

    /// The driver at an address.
    ///
    /// # Errors
    /// The symbols of ndis are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<FilterDriver<'s>, Lack> {
        scope.object(FilterDriver::TYPE, address).map(FilterDriver)
    }

    /// Its address, which is its handle.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// `QoS Packet Scheduler`
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("DefaultFilterCharacteristics.FriendlyName")?.text()
    }

    /// The name of its service: `Psched`.
    pub fn service(&self) -> Result<String, Lack> {
        self.0.field("DefaultFilterCharacteristics.ServiceName")?.text()
    }

    /// The path of its image.
    pub fn image(&self) -> Result<String, Lack> {
        self.0.field("ImageName")?.text()
    }

    /// Its driver object.
    pub fn driver(&self) -> Result<DriverObject<'s>, Lack> {
        driver(&self.0)
    }

    /// A pointer or a number of its own: `FilterDriverContext`, `Flags` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The version of NDIS that it was written for, and its own.
    pub fn versions(&self) -> (Result<String, Lack>, Result<String, Lack>) {
        let of =
            |major: &str, minor: &str| version(&self.0.field("DefaultFilterCharacteristics")?, major, minor);
        (of("MajorNdisVersion", "MinorNdisVersion"), of("MajorDriverVersion", "MinorDriverVersion"))
    }

    /// Whether it changes packets: `Modifying`, or only looks at them: `Monitoring`.
    pub fn kind(&self) -> Result<String, Lack> {
        word(&self.0.field("FilterType")?, "NdisFilterType")
    }

    /// Whether adapters need it: `Mandatory` or `Optional`.
    pub fn need(&self) -> Result<String, Lack> {
        word(&self.0.field("FilterRunType")?, "NdisFilterRunType")
    }

    /// Where it belongs among the filters: `compression`, `scheduler` ...
    pub fn class(&self) -> Result<String, Lack> {
        self.0.field("FilterClass")?.text()
    }

    /// Its routines, by the names that ndis.h gives them; 0 where it has none.
    pub fn handlers(&self) -> impl Iterator<Item = (&'static str, Result<u64, Lack>)> + use<'_, 's> {
        HANDLERS.iter().map(|handler| {
            let at = self.0.field("DefaultFilterCharacteristics").and_then(|all| all.field(handler)?.u64());
            (*handler, at)
        })
    }
}
