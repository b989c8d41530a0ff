//! _NDIS_MINIPORT_BLOCK: a network adapter.

use super::oid::OidRequest;
use super::{listed, name, version, word};
use crate::debuggee::{Lack, Object, Scope};

/// A network adapter, with what stands between it and the protocols above.
#[derive(Clone)]
pub struct NetAdapter<'s>(pub(super) Object<'s>);

/// Bytes of a hardware address at most (NDIS_MAX_PHYS_ADDRESS_LENGTH, ntddndis.h).
const MOST_ADDRESS: u64 = 32;

impl<'s> NetAdapter<'s> {
    /// The name of its type, for links.
    pub const TYPE: &'static str = "ndis!_NDIS_MINIPORT_BLOCK";

    /// All adapters; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The symbols of ndis are not known, or the head of the list cannot be read.
    pub fn all(
        scope: &'s Scope<'s>,
    ) -> Result<impl Iterator<Item = Result<NetAdapter<'s>, Lack>> + use<'s>, Lack> {
        let list = (NetAdapter::TYPE, "NextGlobalMiniport");
        let found = listed(scope, "ndis!ndisMiniportList", list, "the network adapters")?;
        Ok(found.map(|block| block.map(NetAdapter)))
    }

    /// The adapter at an address.
    ///
    /// # Errors
    /// The symbols of ndis are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<NetAdapter<'s>, Lack> {
        scope.object(NetAdapter::TYPE, address).map(NetAdapter)
    }

    /// Its address, which is its handle.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// `Intel(R) Ethernet Connection I219-LM`
    pub fn name(&self) -> Result<String, Lack> {
        name::behind(&self.0.field("pAdapterInstanceName")?)
    }

    /// A pointer or a number of its own: `DeviceObject`, `Flags` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The version of NDIS that its driver was written for.
    pub fn ndis_version(&self) -> Result<String, Lack> {
        version(&self.0, "MajorNdisVersion", "MinorNdisVersion")
    }

    /// `Running`, `Paused`, `Halted` ...
    pub fn state(&self) -> Result<String, Lack> {
        word(&self.0.field("State")?, "NdisMiniport")
    }

    /// `Started`, `SurpriseRemoved` ...
    pub fn pnp_state(&self) -> Result<String, Lack> {
        word(&self.0.field("PnPDeviceState")?, "NdisPnPDevice")
    }

    /// `Connected`, `Disconnected`, `Unknown`
    pub fn media_state(&self) -> Result<String, Lack> {
        word(&self.0.field("MediaConnectState")?, "MediaConnectState")
    }

    /// Whether the interface is `UP`, `DOWN` ...
    pub fn interface_state(&self) -> Result<String, Lack> {
        word(&self.0.field("OperStatus")?, "NET_IF_OPER_STATUS_")
    }

    /// The power state of the device: PowerDeviceD0 is 1.
    pub fn power_state(&self) -> Result<u64, Lack> {
        self.number("CurrentDevicePowerState")
    }

    /// `802_3`, `Native802_11` ...
    pub fn media(&self) -> Result<String, Lack> {
        word(&self.0.field("MediaType")?, "NdisMedium")
    }

    /// `WirelessLan`, `Native802_11`, `Other` ...
    pub fn physical_medium(&self) -> Result<String, Lack> {
        word(&self.0.first_of(&["PhysicalMediumType", "MiniportPhysicalMediumType"])?, "NdisPhysicalMedium")
    }

    /// How often it was reset: by Windows, and by its driver.
    pub fn resets(&self) -> (Result<u64, Lack>, Result<u64, Lack>) {
        (self.number("InternalResetCount"), self.number("MiniportResetCount"))
    }

    /// Its hardware address: `18-03-73-c1-e8-72`.
    pub fn hardware_address(&self) -> Result<String, Lack> {
        let attributes = self.0.field("GeneralAttributes")?.pointee()?;
        let length = attributes.field("MacAddressLength")?;
        let count = length.u64()?;
        if count > MOST_ADDRESS {
            return Err(Lack::Shape { what: length.what(), wanted: "length of a hardware address" });
        }
        let bytes = attributes.field("CurrentMacAddress")?.bytes(usize::try_from(count).unwrap_or(0))?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join("-"))
    }

    /// The request that it works on; [`Lack::Null`] where on none.
    pub fn pending_oid(&self) -> Result<OidRequest<'s>, Lack> {
        OidRequest::behind(&self.0.field("PendingOidRequest")?)
    }
}
