//! What Windows' own drivers keep, and a command each shows by its address.

/// A structure of NDIS, of the filter manager, of the storage port or of the driver framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Structure {
    /// A network adapter.
    NetAdapter,
    /// A driver of network adapters.
    NetDriver,
    /// A filter's module on an adapter.
    NetFilter,
    /// A driver of such filters.
    NetFilterDriver,
    /// A protocol driver.
    NetProtocol,
    /// A minifilter.
    MiniFilter,
    /// An instance of a minifilter.
    FilterInstance,
    /// A volume, as the filter manager knows it.
    FilterVolume,
    /// A host adapter of the storage port.
    StorageAdapter,
    /// A unit behind one.
    StorageUnit,
    /// A device of the driver framework, by its handle.
    WdfDevice,
}

impl Structure {
    /// The command that shows one, and the type that it has.
    pub(super) fn shown_by(self) -> (&'static str, &'static str) {
        match self {
            Structure::NetAdapter => ("!ndiskd.netadapter", "ndis!_NDIS_MINIPORT_BLOCK"),
            Structure::NetDriver => ("!ndiskd.minidriver", "ndis!_NDIS_M_DRIVER_BLOCK"),
            Structure::NetFilter => ("!ndiskd.filter", "ndis!_NDIS_FILTER_BLOCK"),
            Structure::NetFilterDriver => ("!ndiskd.filterdriver", "ndis!_NDIS_FILTER_DRIVER_BLOCK"),
            Structure::NetProtocol => ("!ndiskd.protocol", "ndis!_NDIS_PROTOCOL_BLOCK"),
            Structure::MiniFilter => ("!fltkd.filter", "FLTMGR!_FLT_FILTER"),
            Structure::FilterInstance => ("!fltkd.instance", "FLTMGR!_FLT_INSTANCE"),
            Structure::FilterVolume => ("!fltkd.volume", "FLTMGR!_FLT_VOLUME"),
            Structure::StorageAdapter => ("!storagekd.storadapter", "storport!_RAID_ADAPTER_EXTENSION"),
            Structure::StorageUnit => ("!storagekd.storunit", "storport!_RAID_UNIT_EXTENSION"),
            Structure::WdfDevice => ("!wdfkd.wdfdevice", "Wdf01000!FxDevice"),
        }
    }
}
