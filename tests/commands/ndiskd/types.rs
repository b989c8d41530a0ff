//! The types of ndis, as far as they are read.

use crate::symbol_table::{self, array, basics, enumeration, number as bits, pointer, structure};
use serde_json::Value;

/// Offsets as the public symbols of Windows 8 have them (NDIS 6.30); of the filter block as those of Windows 10 have them.
pub mod at {
    pub mod adapter {
        pub const SIZE: u64 = 0x1070;
        pub const CONTEXT: u64 = 0x18;
        pub const MAJOR: u64 = 0x20;
        pub const MINOR: u64 = 0x21;
        pub const OPEN_QUEUE: u64 = 0x38;
        pub const FLAGS: u64 = 0x78;
        pub const PNP_FLAGS: u64 = 0x7c;
        pub const MEDIA: u64 = 0x1d0;
        pub const MEDIA_STATE: u64 = 0x1e0;
        pub const SEND_SPEED: u64 = 0x318;
        pub const RECEIVE_SPEED: u64 = 0x320;
        pub const PNP_STATE: u64 = 0x5d8;
        pub const RESETS: u64 = 0x6e8;
        pub const DRIVER_RESETS: u64 = 0x6ea;
        pub const MEDIUM: u64 = 0x718;
        pub const HIGHEST: u64 = 0x810;
        pub const OID: u64 = 0x8b0;
        pub const STATE: u64 = 0x8d0;
        pub const ATTRIBUTES: u64 = 0xac0;
        pub const DRIVER: u64 = 0xf18;
        pub const DEVICE: u64 = 0xf70;
        pub const PHYSICAL: u64 = 0xf78;
        pub const NEXT: u64 = 0xf88;
        pub const NAME: u64 = 0xf90;
        pub const POWER: u64 = 0xf9c;
        pub const INTERFACE: u64 = 0x1048;
        pub const INTERFACE_STATE: u64 = 0x1060;
    }
    pub mod filter {
        pub const NEXT: u64 = 8;
        pub const DRIVER: u64 = 0x10;
        pub const CONTEXT: u64 = 0x18;
        pub const ADAPTER: u64 = 0x20;
        pub const NAME: u64 = 0x28;
        pub const FLAGS: u64 = 0x38;
        pub const STATE: u64 = 0x40;
        pub const LOWER: u64 = 0x70;
        pub const HIGHER: u64 = 0x78;
        pub const OID: u64 = 0xb0;
    }
    pub mod driver {
        pub const NEXT: u64 = 8;
        pub const OBJECT: u64 = 0x10;
        pub const QUEUE: u64 = 0x18;
        pub const CHARACTERISTICS: u64 = 0x60;
        pub const NAME: u64 = 0x10;
        pub const SERVICE: u64 = 0x30;
        pub const SEND: u64 = 0x70;
        pub const SEND_COMPLETE: u64 = 0x78;
        pub const RECEIVE: u64 = 0x88;
        pub const TYPE: u64 = 0x1d0;
        pub const NEED: u64 = 0x1d4;
    }
    pub mod miniport {
        pub const NEXT: u64 = 8;
        pub const QUEUE: u64 = 0x10;
        pub const OBJECT: u64 = 0x28;
        pub const CHARACTERISTICS: u64 = 0x70;
        pub const SERVICE: u64 = 0x1d8;
    }
    pub mod protocol {
        pub const NEXT: u64 = 0x10;
        pub const QUEUE: u64 = 0x18;
        pub const NAME: u64 = 0x48;
        pub const BIND: u64 = 0x60;
        pub const RECEIVE: u64 = 0xb0;
    }
    pub mod open {
        pub const ADAPTER: u64 = 0x10;
        pub const PROTOCOL: u64 = 0x18;
        pub const CONTEXT: u64 = 0x20;
        pub const NEXT_OF_ADAPTER: u64 = 0x188;
        pub const NEXT_OF_PROTOCOL: u64 = 0x190;
        pub const STATE: u64 = 0x31c;
    }
}

pub fn types() -> Vec<symbol_table::Owned> {
    let text = || structure("_UNICODE_STRING");
    let address = || bits(64);
    let handlers = |names: &[(&'static str, u64)]| -> Vec<(&'static str, u64, Value)> {
        names.iter().map(|(name, at)| (*name, *at, bits(64))).collect()
    };
    let mut types = basics();
    let mut characteristics = vec![
        ("MajorNdisVersion", 4, bits(8)),
        ("MinorNdisVersion", 5, bits(8)),
        ("MajorDriverVersion", 6, bits(8)),
        ("MinorDriverVersion", 7, bits(8)),
        ("FriendlyName", at::driver::NAME, text()),
        ("ServiceName", at::driver::SERVICE, text()),
    ];
    characteristics.extend(handlers(&[
        ("SendNetBufferListsHandler", at::driver::SEND),
        ("SendNetBufferListsCompleteHandler", at::driver::SEND_COMPLETE),
        ("ReceiveNetBufferListsHandler", at::driver::RECEIVE),
    ]));
    types.extend([
        ("_NDIS_FILTER_DRIVER_CHARACTERISTICS", 0xe0, characteristics),
        ("wistd::unique_ptr<Rtl::KString>", 8, vec![("__ptr_", 0, address())]),
        (
            "_NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES",
            0xe0,
            vec![("MacAddressLength", 0x58, bits(16)), ("CurrentMacAddress", 0x7a, array(32, bits(8)))],
        ),
        (
            "_QUERY",
            0x18,
            vec![
                ("Oid", 0, bits(32)),
                ("InformationBuffer", 8, address()),
                ("InformationBufferLength", 0x10, bits(32)),
            ],
        ),
        // As the public symbols of Windows 10 have them.
        (
            "_NDIS_NET_BUFFER_LIST_POOL",
            0x180,
            vec![
                ("AllocatedList", 0x10, structure("_LIST_ENTRY")),
                ("ContextSize", 0x22, bits(16)),
                ("OwnerHandle", 0x28, address()),
                ("Allocator", 0x30, address()),
                ("Tag", 0x38, bits(32)),
                ("Flags", 0x3c, bits(32)),
                ("GlobalNetBufferListPoolList", 0x48, structure("_LIST_ENTRY")),
                ("DataSize", 0x5c, bits(32)),
            ],
        ),
        ("_NDIS_ENTRY_HEADER", 0x20, vec![("Linkage", 8, structure("_LIST_ENTRY"))]),
        ("_DATA", 0x40, vec![("QUERY_INFORMATION", 0, structure("_QUERY"))]),
        (
            "_NDIS_OID_REQUEST",
            0x100,
            vec![
                ("RequestType", 4, enumeration("_NDIS_REQUEST_TYPE")),
                ("PortNumber", 8, bits(32)),
                ("Timeout", 0xc, bits(32)),
                ("DATA", 0x20, structure("_DATA")),
            ],
        ),
        (
            "_NDIS_MINIPORT_BLOCK",
            0x1448,
            vec![
                ("NextMiniport", 8, address()),
                ("MiniportAdapterContext", at::adapter::CONTEXT, address()),
                ("MajorNdisVersion", at::adapter::MAJOR, bits(8)),
                ("MinorNdisVersion", at::adapter::MINOR, bits(8)),
                ("OpenQueue", at::adapter::OPEN_QUEUE, address()),
                ("Flags", at::adapter::FLAGS, bits(32)),
                ("PnPFlags", at::adapter::PNP_FLAGS, bits(32)),
                ("MediaType", at::adapter::MEDIA, enumeration("_NDIS_MEDIUM")),
                ("MediaConnectState", at::adapter::MEDIA_STATE, enumeration("_NET_IF_MEDIA_CONNECT_STATE")),
                ("XmitLinkSpeed", at::adapter::SEND_SPEED, bits(64)),
                ("RcvLinkSpeed", at::adapter::RECEIVE_SPEED, bits(64)),
                ("PnPDeviceState", at::adapter::PNP_STATE, enumeration("_NDIS_PNP_DEVICE_STATE")),
                ("InternalResetCount", at::adapter::RESETS, bits(16)),
                ("MiniportResetCount", at::adapter::DRIVER_RESETS, bits(16)),
                ("PhysicalMediumType", at::adapter::MEDIUM, bits(32)),
                ("HighestFilter", at::adapter::HIGHEST, address()),
                ("PendingOidRequest", at::adapter::OID, address()),
                ("State", at::adapter::STATE, enumeration("_NDIS_MINIPORT_STATE")),
                (
                    "GeneralAttributes",
                    at::adapter::ATTRIBUTES,
                    pointer(structure("_NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES")),
                ),
                ("DriverHandle", at::adapter::DRIVER, address()),
                ("DeviceObject", at::adapter::DEVICE, address()),
                ("PhysicalDeviceObject", at::adapter::PHYSICAL, address()),
                ("NextGlobalMiniport", at::adapter::NEXT, address()),
                ("pAdapterInstanceName", at::adapter::NAME, pointer(text())),
                ("CurrentDevicePowerState", at::adapter::POWER, bits(32)),
                ("IfBlock", at::adapter::INTERFACE, address()),
                ("OperStatus", at::adapter::INTERFACE_STATE, enumeration("_NET_IF_OPER_STATUS")),
            ],
        ),
        (
            "_NDIS_FILTER_BLOCK",
            0x358,
            vec![
                ("NextFilter", at::filter::NEXT, address()),
                ("FilterDriver", at::filter::DRIVER, address()),
                ("FilterModuleContext", at::filter::CONTEXT, address()),
                ("Miniport", at::filter::ADAPTER, address()),
                ("FilterInstanceName", at::filter::NAME, structure("wistd::unique_ptr<Rtl::KString>")),
                ("Flags", at::filter::FLAGS, bits(32)),
                ("State", at::filter::STATE, enumeration("_NDIS_FILTER_STATE")),
                ("LowerFilter", at::filter::LOWER, address()),
                ("HigherFilter", at::filter::HIGHER, address()),
                ("PendingOidRequest", at::filter::OID, address()),
            ],
        ),
        (
            "_NDIS_FILTER_DRIVER_BLOCK",
            0x1f8,
            vec![
                ("NextFilterDriver", at::driver::NEXT, address()),
                ("DriverObject", at::driver::OBJECT, address()),
                ("FilterQueue", at::driver::QUEUE, address()),
                ("FilterDriverContext", 0x20, address()),
                ("Flags", 0x30, bits(32)),
                (
                    "DefaultFilterCharacteristics",
                    at::driver::CHARACTERISTICS,
                    structure("_NDIS_FILTER_DRIVER_CHARACTERISTICS"),
                ),
                ("FilterType", at::driver::TYPE, enumeration("_NDIS_FILTER_TYPE")),
                ("FilterRunType", at::driver::NEED, enumeration("_NDIS_FILTER_RUN_TYPE")),
                ("FilterClass", 0x1d8, text()),
                ("ImageName", 0x1e8, text()),
            ],
        ),
        (
            "_NDIS_MINIPORT_DRIVER_CHARACTERISTICS",
            0x98,
            vec![
                ("MajorDriverVersion", 6, bits(8)),
                ("MinorDriverVersion", 7, bits(8)),
                ("InitializeHandlerEx", 0x18, address()),
            ],
        ),
        (
            "_NDIS_M_DRIVER_BLOCK",
            0x3d8,
            vec![
                ("NextDriver", at::miniport::NEXT, address()),
                ("MiniportQueue", at::miniport::QUEUE, address()),
                ("MajorNdisVersion", 0x18, bits(8)),
                ("MinorNdisVersion", 0x19, bits(8)),
                ("Flags", 0x1a, bits(16)),
                ("DriverObject", at::miniport::OBJECT, address()),
                ("MiniportDriverContext", 0x40, address()),
                (
                    "MiniportDriverCharacteristics",
                    at::miniport::CHARACTERISTICS,
                    structure("_NDIS_MINIPORT_DRIVER_CHARACTERISTICS"),
                ),
                ("ServiceName", at::miniport::SERVICE, text()),
                ("ImageName", 0x350, text()),
            ],
        ),
        (
            "_NDIS_PROTOCOL_BLOCK",
            0x398,
            vec![
                ("ProtocolDriverContext", 8, address()),
                ("NextProtocol", at::protocol::NEXT, address()),
                ("OpenQueue", at::protocol::QUEUE, address()),
                ("MajorNdisVersion", 0x38, bits(8)),
                ("MinorNdisVersion", 0x39, bits(8)),
                ("MajorDriverVersion", 0x3a, bits(8)),
                ("MinorDriverVersion", 0x3b, bits(8)),
                ("Flags", 0x40, bits(32)),
                ("Name", at::protocol::NAME, text()),
                ("BindAdapterHandlerEx", at::protocol::BIND, address()),
                ("ReceiveNetBufferListsHandler", at::protocol::RECEIVE, address()),
                ("ImageName", 0x388, text()),
            ],
        ),
        (
            "_NDIS_COMMON_OPEN_BLOCK",
            0x3c8,
            vec![
                ("MiniportHandle", at::open::ADAPTER, address()),
                ("ProtocolHandle", at::open::PROTOCOL, address()),
                ("ProtocolBindingContext", at::open::CONTEXT, address()),
                ("MiniportNextOpen", at::open::NEXT_OF_ADAPTER, address()),
                ("ProtocolNextOpen", at::open::NEXT_OF_PROTOCOL, address()),
                ("State", at::open::STATE, enumeration("_NDIS_OPEN_STATE")),
            ],
        ),
    ]);
    types
}

pub const ENUMS: [symbol_table::Enumeration<'static>; 10] = [
    ("_NDIS_MINIPORT_STATE", &[("NdisMiniportRunning", 4), ("NdisMiniportPaused", 6)]),
    ("_NDIS_PNP_DEVICE_STATE", &[("NdisPnPDeviceStarted", 1), ("NdisPnPDeviceSurpriseRemoved", 6)]),
    (
        "_NET_IF_MEDIA_CONNECT_STATE",
        &[("MediaConnectStateConnected", 1), ("MediaConnectStateDisconnected", 2)],
    ),
    ("_NET_IF_OPER_STATUS", &[("NET_IF_OPER_STATUS_UP", 1), ("NET_IF_OPER_STATUS_DOWN", 2)]),
    ("_NDIS_MEDIUM", &[("NdisMedium802_3", 0), ("NdisMediumNative802_11", 16)]),
    ("_NDIS_FILTER_STATE", &[("NdisFilterPaused", 2), ("NdisFilterRunning", 4)]),
    ("_NDIS_FILTER_TYPE", &[("NdisFilterTypeMonitoring", 1), ("NdisFilterTypeModifying", 2)]),
    ("_NDIS_FILTER_RUN_TYPE", &[("NdisFilterRunTypeMandatory", 1), ("NdisFilterRunTypeOptional", 2)]),
    ("_NDIS_OPEN_STATE", &[("NdisOpenStateRunning", 0), ("NdisOpenStatePaused", 2)]),
    ("_NDIS_REQUEST_TYPE", &[("NdisRequestQueryInformation", 0), ("NdisRequestSetInformation", 1)]),
];
