//! How the blocks of NDIS lead to each other.

use super::adapter::NetAdapter;
use super::binding::NetBinding;
use super::chain;
use super::filter_driver::FilterDriver;
use super::filter_module::FilterModule;
use super::miniport_driver::MiniportDriver;
use super::protocol::NetProtocol;
use crate::debuggee::{Lack, Object};

/// What a pointer in a block leads to.
fn behind<'s>(block: &Object<'s>, member: &str, ty: &str) -> Result<Object<'s>, Lack> {
    block.field(member)?.pointee_as(ty)
}

/// The blocks of a list that hangs on a member of a block.
fn hanging<'s, T>(
    block: &Object<'s>,
    member: &str,
    list: (&str, &'static str),
    what: &'static str,
    of: fn(Object<'s>) -> T,
) -> Result<impl Iterator<Item = Result<T, Lack>> + use<'s, T>, Lack> {
    let first = block.field(member)?.u64()?;
    Ok(chain(block.scope(), first, list, what)?.map(move |block| block.map(of)))
}

impl<'s> NetAdapter<'s> {
    /// Its driver.
    pub fn driver(&self) -> Result<MiniportDriver<'s>, Lack> {
        behind(&self.0, "DriverHandle", MiniportDriver::TYPE).map(MiniportDriver)
    }

    /// The modules of filters on it, the one nearest to the protocols first; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The types are not known; its first filter cannot be read.
    pub fn filters(&self) -> Result<impl Iterator<Item = Result<FilterModule<'s>, Lack>> + use<'s>, Lack> {
        let list = (FilterModule::TYPE, "LowerFilter");
        hanging(&self.0, "HighestFilter", list, "the filters of the adapter", FilterModule)
    }

    /// What binds protocols to it; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The types are not known; its first binding cannot be read.
    pub fn bindings(&self) -> Result<impl Iterator<Item = Result<NetBinding<'s>, Lack>> + use<'s>, Lack> {
        let list = (NetBinding::TYPE, "MiniportNextOpen");
        hanging(&self.0, "OpenQueue", list, "the bindings of the adapter", NetBinding)
    }
}

impl<'s> MiniportDriver<'s> {
    /// Its adapters; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The types are not known; its first adapter cannot be read.
    pub fn adapters(&self) -> Result<impl Iterator<Item = Result<NetAdapter<'s>, Lack>> + use<'s>, Lack> {
        let list = (NetAdapter::TYPE, "NextMiniport");
        hanging(&self.0, "MiniportQueue", list, "the adapters of the driver", NetAdapter)
    }
}

impl<'s> FilterModule<'s> {
    /// Its driver.
    pub fn driver(&self) -> Result<FilterDriver<'s>, Lack> {
        behind(&self.0, "FilterDriver", FilterDriver::TYPE).map(FilterDriver)
    }

    /// The adapter that it is on.
    pub fn adapter(&self) -> Result<NetAdapter<'s>, Lack> {
        behind(&self.0, "Miniport", NetAdapter::TYPE).map(NetAdapter)
    }
}

impl<'s> FilterDriver<'s> {
    /// Its modules, one an adapter; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The types are not known; its first module cannot be read.
    pub fn modules(&self) -> Result<impl Iterator<Item = Result<FilterModule<'s>, Lack>> + use<'s>, Lack> {
        let list = (FilterModule::TYPE, "NextFilter");
        hanging(&self.0, "FilterQueue", list, "the modules of the filter driver", FilterModule)
    }
}

impl<'s> NetProtocol<'s> {
    /// What binds it to adapters; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The types are not known; its first binding cannot be read.
    pub fn bindings(&self) -> Result<impl Iterator<Item = Result<NetBinding<'s>, Lack>> + use<'s>, Lack> {
        let list = (NetBinding::TYPE, "ProtocolNextOpen");
        hanging(&self.0, "OpenQueue", list, "the bindings of the protocol", NetBinding)
    }
}

impl<'s> NetBinding<'s> {
    /// The protocol.
    pub fn protocol(&self) -> Result<NetProtocol<'s>, Lack> {
        behind(&self.0, "ProtocolHandle", NetProtocol::TYPE).map(NetProtocol)
    }

    /// The adapter.
    pub fn adapter(&self) -> Result<NetAdapter<'s>, Lack> {
        behind(&self.0, "MiniportHandle", NetAdapter::TYPE).map(NetAdapter)
    }
}
