//! _NDIS_FILTER_BLOCK: a filter on an adapter.

use super::oid::OidRequest;
use super::{name, word};
use crate::debuggee::{Lack, Object, Scope};

/// A filter driver's module on one adapter.
pub struct FilterModule<'s>(pub(super) Object<'s>);

impl<'s> FilterModule<'s> {
    /// The name of its type, for links.
    pub const TYPE: &'static str = "ndis!_NDIS_FILTER_BLOCK";

    /// The module at an address.
    ///
    /// # Errors
    /// The symbols of ndis are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<FilterModule<'s>, Lack> {
        scope.object(FilterModule::TYPE, address).map(FilterModule)
    }

    /// Its address, which is its handle.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Its name: `Intel(R) Ethernet-QoS Packet Scheduler-0000`.
    pub fn name(&self) -> Result<String, Lack> {
        name::behind(&self.0.field("FilterInstanceName")?)
    }

    /// A pointer or a number of its own: `FilterModuleContext`, `Flags` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// `Running`, `Paused`, `Detached` ...
    pub fn state(&self) -> Result<String, Lack> {
        word(&self.0.field("State")?, "NdisFilter")
    }

    /// The request that it works on; [`Lack::Null`] where on none.
    pub fn pending_oid(&self) -> Result<OidRequest<'s>, Lack> {
        OidRequest::behind(&self.0.field("PendingOidRequest")?)
    }
}
