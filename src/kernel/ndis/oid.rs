//! NDIS_OID_REQUEST: a question to an adapter, or an order.

use super::word;
use crate::debuggee::{Lack, Object, Scope};

/// A request that is worked on.
pub struct OidRequest<'s>(Object<'s>);

impl<'s> OidRequest<'s> {
    /// The name of its type, for links.
    pub const TYPE: &'static str = "ndis!_NDIS_OID_REQUEST";

    /// The request at an address.
    ///
    /// # Errors
    /// The symbols of ndis are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<OidRequest<'s>, Lack> {
        scope.object(OidRequest::TYPE, address).map(OidRequest)
    }

    /// The request that a pointer leads to.
    pub(super) fn behind(pointer: &Object<'s>) -> Result<OidRequest<'s>, Lack> {
        pointer.pointee_as(OidRequest::TYPE).map(OidRequest)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A pointer or a number of its own: `PortNumber`, `Timeout` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// `QueryInformation`, `SetInformation` ...
    pub fn kind(&self) -> Result<String, Lack> {
        word(&self.0.field("RequestType")?, "NdisRequest")
    }

    /// What it is about: an OID.
    pub fn oid(&self) -> Result<u64, Lack> {
        self.0.field("DATA.QUERY_INFORMATION.Oid")?.u64()
    }
}

/// The name of an OID, of those that every adapter knows or that its power needs; `None` for others.
pub fn oid_name(oid: u64) -> Option<&'static str> {
    OIDS.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

/// From ntddndis.h of the driver kit.
const OIDS: &[(u64, &str)] = &[
    (0x0001_0101, "OID_GEN_SUPPORTED_LIST"),
    (0x0001_0102, "OID_GEN_HARDWARE_STATUS"),
    (0x0001_0103, "OID_GEN_MEDIA_SUPPORTED"),
    (0x0001_0104, "OID_GEN_MEDIA_IN_USE"),
    (0x0001_0105, "OID_GEN_MAXIMUM_LOOKAHEAD"),
    (0x0001_0106, "OID_GEN_MAXIMUM_FRAME_SIZE"),
    (0x0001_0107, "OID_GEN_LINK_SPEED"),
    (0x0001_0108, "OID_GEN_TRANSMIT_BUFFER_SPACE"),
    (0x0001_0109, "OID_GEN_RECEIVE_BUFFER_SPACE"),
    (0x0001_010c, "OID_GEN_VENDOR_ID"),
    (0x0001_010d, "OID_GEN_VENDOR_DESCRIPTION"),
    (0x0001_010e, "OID_GEN_CURRENT_PACKET_FILTER"),
    (0x0001_010f, "OID_GEN_CURRENT_LOOKAHEAD"),
    (0x0001_0110, "OID_GEN_DRIVER_VERSION"),
    (0x0001_0111, "OID_GEN_MAXIMUM_TOTAL_SIZE"),
    (0x0001_0112, "OID_GEN_PROTOCOL_OPTIONS"),
    (0x0001_0113, "OID_GEN_MAC_OPTIONS"),
    (0x0001_0114, "OID_GEN_MEDIA_CONNECT_STATUS"),
    (0x0001_0115, "OID_GEN_MAXIMUM_SEND_PACKETS"),
    (0x0001_0116, "OID_GEN_VENDOR_DRIVER_VERSION"),
    (0x0001_0207, "OID_GEN_LINK_STATE"),
    (0x0001_0208, "OID_GEN_LINK_PARAMETERS"),
    (0x0001_0209, "OID_GEN_INTERRUPT_MODERATION"),
    (0x0002_0101, "OID_GEN_XMIT_OK"),
    (0x0002_0102, "OID_GEN_RCV_OK"),
    (0x0002_0103, "OID_GEN_XMIT_ERROR"),
    (0x0002_0104, "OID_GEN_RCV_ERROR"),
    (0x0002_0105, "OID_GEN_RCV_NO_BUFFER"),
    (0x0002_0106, "OID_GEN_STATISTICS"),
    (0x0101_0101, "OID_802_3_PERMANENT_ADDRESS"),
    (0x0101_0102, "OID_802_3_CURRENT_ADDRESS"),
    (0x0101_0103, "OID_802_3_MULTICAST_LIST"),
    (0x0101_0104, "OID_802_3_MAXIMUM_LIST_SIZE"),
    (0xfd01_0100, "OID_PNP_CAPABILITIES"),
    (0xfd01_0101, "OID_PNP_SET_POWER"),
    (0xfd01_0102, "OID_PNP_QUERY_POWER"),
    (0xfd01_0103, "OID_PNP_ADD_WAKE_UP_PATTERN"),
    (0xfd01_0104, "OID_PNP_REMOVE_WAKE_UP_PATTERN"),
    (0xfd01_0106, "OID_PNP_ENABLE_WAKE_UP"),
];
