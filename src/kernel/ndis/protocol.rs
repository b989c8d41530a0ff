//! _NDIS_PROTOCOL_BLOCK: a protocol driver.

use super::{listed, version};
use crate::debuggee::{Lack, Object, Scope};

/// A protocol driver, as NDIS knows it.
pub struct NetProtocol<'s>(pub(super) Object<'s>);

/// Its routines that packets and events go through, as ndis.h names them.
const HANDLERS: [&str; 8] = [
    "BindAdapterHandlerEx",
    "UnbindAdapterHandlerEx",
    "NetPnPEventHandler",
    "StatusHandlerEx",
    "ReceiveNetBufferListsHandler",
    "SendNetBufferListsCompleteHandler",
    "OidRequestCompleteHandler",
    "DirectOidRequestCompleteHandler",
];

impl<'s> NetProtocol<'s> {
    /// The name of its type, for links.
    pub const TYPE: &'static str = "ndis!_NDIS_PROTOCOL_BLOCK";

    /// All protocols; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The symbols of ndis are not known, or the head of the list cannot be read.
    pub fn all(
        scope: &'s Scope<'s>,
    ) -> Result<impl Iterator<Item = Result<NetProtocol<'s>, Lack>> + use<'s>, Lack> {
        let list = (NetProtocol::TYPE, "NextProtocol");
        let found = listed(scope, "ndis!ndisProtocolList", list, "the protocols")?;
        Ok(found.map(|block| block.map(NetProtocol)))
    }

    /// The protocol at an address.
    ///
    /// # Errors
    /// The symbols of ndis are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<NetProtocol<'s>, Lack> {
        scope.object(NetProtocol::TYPE, address).map(NetProtocol)
    }

    /// Its address, which is its handle.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// `TCPIP`
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("Name")?.text()
    }

    /// The path of its image.
    pub fn image(&self) -> Result<String, Lack> {
        self.0.field("ImageName")?.text()
    }

    /// A pointer or a number of its own: `ProtocolDriverContext`, `Flags` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The version of NDIS that it was written for, and its own.
    pub fn versions(&self) -> (Result<String, Lack>, Result<String, Lack>) {
        (
            version(&self.0, "MajorNdisVersion", "MinorNdisVersion"),
            version(&self.0, "MajorDriverVersion", "MinorDriverVersion"),
        )
    }

    /// A routine in its driver: the block has no pointer to a driver object.
    pub fn routine(&self) -> Result<u64, Lack> {
        let known = HANDLERS.iter().filter_map(|handler| self.number(handler).ok());
        known
            .into_iter()
            .find(|&routine| routine != 0)
            .ok_or_else(|| Lack::Null { what: format!("every handler of {}", self.0.what()) })
    }

    /// Its routines, by the names that ndis.h gives them.
    pub fn handlers(&self) -> impl Iterator<Item = (&'static str, Result<u64, Lack>)> + use<'_, 's> {
        HANDLERS.iter().filter(|handler| self.0.has(handler)).map(|handler| (*handler, self.number(handler)))
    }
}
