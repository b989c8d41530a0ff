//! _NDIS_OPEN_BLOCK: the binding of a protocol to an adapter.

use super::word;
use crate::debuggee::{Lack, Object};

/// The binding of a protocol to an adapter.
pub struct NetBinding<'s>(pub(super) Object<'s>);

impl NetBinding<'_> {
    /// The name of its type: what all bindings begin with.
    pub const TYPE: &'static str = "ndis!_NDIS_COMMON_OPEN_BLOCK";

    /// Its address, which is its handle.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A pointer or a number of its own: `ProtocolBindingContext`, `OpenFlags` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// `Running`, `Paused` ...
    pub fn state(&self) -> Result<String, Lack> {
        word(&self.0.field("State")?, "NdisOpenState")
    }
}
