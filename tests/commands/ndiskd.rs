//! `!ndiskd.*` on a forge dump that gets adapters, filters and protocols laid out by hand, and a symbol table for them: the
//! forge's own ndis keeps no lists.

use crate::forge::{number, truth};
use crate::golden::run;
use crate::patched::Patched;
use crate::symbol_table::{self, array, basics, enumeration, number as bits, pointer, structure};
use dumpscope::session::Session;
use serde_json::Value;
use tempfile::TempDir;

const WIFI: &str = "assets/demo/wifi.dmp.gz";

/// Free room in the data of ndis, from its image's base, where its variables are put.
const VARIABLES: u64 = 0x3800;
/// Offsets as the public symbols of Windows 8 have them (NDIS 6.30); of the filter block as those of Windows 10 have them.
mod at {
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

fn types() -> Vec<symbol_table::Owned> {
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

const ENUMS: [symbol_table::Enumeration<'static>; 10] = [
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

/// Where everything was put.
struct Network {
    adapters: [u64; 2],
    filters: [u64; 3],
    filter_drivers: [u64; 2],
    drivers: [u64; 2],
    protocols: [u64; 2],
    opens: [u64; 2],
    /// The texts that the filters' names are.
    filter_names: u64,
    request: u64,
    /// Where the images of ndis, wlanflt, nwifi, tcpip begin.
    ndis: u64,
    wlanflt: u64,
    nwifi: u64,
    tcpip: u64,
    key: String,
}

fn recorded(truth: &Value, kind: &str, name: &str, key: &str) -> String {
    let found = truth[kind].as_array().unwrap().iter().find(|found| found["name"] == name);
    found.unwrap_or_else(|| panic!("{name}"))[key].as_str().unwrap().to_owned()
}

/// Puts a UNICODE_STRING, its characters behind it.
fn text(dump: &mut Patched, at: u64, text: &str, characters: u64) {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::try_from(bytes.len()).unwrap().to_le_bytes();
    dump.put(at, &[length, length].concat());
    dump.point(at + 8, characters);
    dump.put(characters, &bytes);
}

/// Two adapters: one of nwifi with two filters (wlanflt's, which is nearer to the protocols, and pacer's) and two protocols, which
/// works on a request; one that was removed, with wlanflt's filter alone.
fn network(dump: &mut Patched) -> Network {
    let truth = truth("wifi");
    let address = |kind: &str, name: &str, key: &str| number(&Value::from(recorded(&truth, kind, name, key)));
    let base = |name: &str| address("modules", name, "base");
    let big = address("objects", "pool big Filt", "address");
    // Four pages that handle tables took.
    let tables = number(&truth["pool"]["big"][0]["address"]);
    for at in (big..big + 0x3000).chain(tables..tables + 0x4000).step_by(8) {
        dump.point(at, 0);
    }
    let mut room = big + 0x20e0;
    let mut take = |size: u64| {
        room += size;
        room - size
    };
    let filters = [take(0x380), take(0x380), take(0x380)];
    let filter_drivers = [take(0x1f8), take(0x1f8)];
    let mut room = tables;
    let mut take = |size: u64| {
        room += size;
        room - size
    };
    let drivers = [take(0x400), take(0x400)];
    let protocols = [take(0x400), take(0x400)];
    let opens = [take(0x400), take(0x400)];
    let (request, attributes, mut texts) = (take(0x100), take(0x100), take(0x800));
    let found = Network {
        adapters: [big, big + at::adapter::SIZE],
        filters,
        filter_drivers,
        drivers,
        protocols,
        opens,
        filter_names: tables + 0x3a00,
        request,
        ndis: base("ndis.sys"),
        wlanflt: base("wlanflt.sys"),
        nwifi: base("nwifi.sys"),
        tcpip: base("tcpip.sys"),
        key: recorded(&truth, "modules", "ndis.sys", "pdb_key"),
    };
    let object = |name: &str| address("objects", name, "address");
    let mut names = |dump: &mut Patched, at: u64, name: &str| {
        text(dump, at, name, texts + 0x10);
        texts += 0x80;
    };
    // Variables.
    let variables = found.ndis + VARIABLES;
    for (index, first) in
        [found.adapters[0], drivers[0], filter_drivers[0], protocols[0]].into_iter().enumerate()
    {
        dump.point(variables + index as u64 * 8, first);
    }
    // Adapters.
    for (index, (adapter, name)) in
        found.adapters.into_iter().zip(["Contoso Wi-Fi 6", "Contoso USB Ethernet"]).enumerate()
    {
        dump.put(adapter + at::adapter::MAJOR, &[6, 30]);
        dump.point(adapter + at::adapter::CONTEXT, adapter + 0x40);
        dump.point(adapter + at::adapter::DRIVER, drivers[index]);
        dump.put(adapter + at::adapter::FLAGS, &0x2c00_9008_u32.to_le_bytes());
        dump.put(adapter + at::adapter::PNP_FLAGS, &0x0021_0021_u32.to_le_bytes());
        let place = tables + 0x3800 + index as u64 * 0x100;
        dump.point(adapter + at::adapter::NAME, place);
        text(dump, place, name, place + 0x10);
    }
    let [first, second] = found.adapters;
    dump.point(first + at::adapter::NEXT, second);
    dump.put(first + at::adapter::MEDIA, &16u32.to_le_bytes());
    dump.put(first + at::adapter::MEDIA_STATE, &1u32.to_le_bytes());
    dump.point(first + at::adapter::SEND_SPEED, 866_000_000);
    dump.point(first + at::adapter::RECEIVE_SPEED, u64::MAX);
    dump.put(first + at::adapter::PNP_STATE, &1u32.to_le_bytes());
    dump.put(first + at::adapter::RESETS, &[3, 0, 1, 0]);
    dump.put(first + at::adapter::STATE, &4u32.to_le_bytes());
    dump.put(first + at::adapter::MEDIUM, &9u32.to_le_bytes());
    dump.put(first + at::adapter::POWER, &1u32.to_le_bytes());
    dump.put(first + at::adapter::INTERFACE_STATE, &1u32.to_le_bytes());
    dump.point(first + at::adapter::DEVICE, object("\\Device\\NativeWiFi"));
    dump.point(first + at::adapter::PHYSICAL, object("\\Device\\NativeWiFi"));
    dump.point(first + at::adapter::ATTRIBUTES, attributes);
    dump.put(attributes + 0x58, &6u16.to_le_bytes());
    dump.put(attributes + 0x7a, &[0x18, 3, 0x73, 0xc1, 0xe8, 0x72]);
    dump.point(first + at::adapter::OID, request);
    dump.put(request + 0x20, &0xfd01_0101_u32.to_le_bytes());
    dump.put(request + 4, &1u32.to_le_bytes());
    dump.put(second + at::adapter::PNP_STATE, &6u32.to_le_bytes());
    dump.put(second + at::adapter::STATE, &9u32.to_le_bytes());
    // Drivers of adapters.
    for (index, name) in ["nwifi", "netusb"].into_iter().enumerate() {
        let driver = drivers[index];
        names(dump, driver + at::miniport::SERVICE, name);
        dump.point(driver + at::miniport::QUEUE, found.adapters[index]);
        dump.put(driver + at::miniport::CHARACTERISTICS + 6, &[4, 2]);
        dump.put(driver + 0x18, &[6, 30]);
        dump.point(driver + at::miniport::CHARACTERISTICS + 0x18, found.nwifi + 0x1000);
    }
    dump.point(drivers[0] + at::miniport::NEXT, drivers[1]);
    dump.point(drivers[0] + at::miniport::OBJECT, object("\\Driver\\nwifi"));
    // Filters.
    for (index, (name, driver)) in
        [("Wireless LAN Filter", "\\Driver\\wlanflt"), ("QoS Packet Scheduler", "\\Driver\\tcpip")]
            .into_iter()
            .enumerate()
    {
        let block = filter_drivers[index];
        names(dump, block + at::driver::CHARACTERISTICS + at::driver::NAME, name);
        dump.point(block + at::driver::OBJECT, object(driver));
        dump.put(block + at::driver::TYPE, &2u32.to_le_bytes());
        dump.put(block + at::driver::NEED, &1u32.to_le_bytes());
        dump.put(block + at::driver::CHARACTERISTICS + 4, &[6, 30, 1, 5]);
    }
    let characteristics = filter_drivers[0] + at::driver::CHARACTERISTICS;
    names(dump, characteristics + at::driver::SERVICE, "wlanflt");
    dump.point(characteristics + at::driver::SEND, found.wlanflt + 0x1010);
    dump.point(characteristics + at::driver::SEND_COMPLETE, found.tcpip + 0x1010);
    dump.point(filter_drivers[0] + at::driver::NEXT, filter_drivers[1]);
    dump.point(filter_drivers[0] + at::driver::QUEUE, filters[0]);
    dump.point(filter_drivers[1] + at::driver::QUEUE, filters[1]);
    dump.point(filters[0] + at::filter::NEXT, filters[2]);
    for (index, (driver, adapter, state)) in
        [(0, first, 4u32), (1, first, 4), (0, second, 2)].into_iter().enumerate()
    {
        let filter = filters[index];
        dump.point(filter + at::filter::DRIVER, filter_drivers[driver]);
        dump.point(filter + at::filter::ADAPTER, adapter);
        dump.point(filter + at::filter::CONTEXT, filter + 0x300);
        dump.put(filter + at::filter::STATE, &state.to_le_bytes());
        let name = found.filter_names + index as u64 * 0x100;
        dump.point(filter + at::filter::NAME, name);
        text(dump, name, ["Contoso Wi-Fi 6-Wireless LAN Filter-0000", "q", "w"][index], name + 0x10);
    }
    dump.point(first + at::adapter::HIGHEST, filters[0]);
    dump.point(filters[0] + at::filter::LOWER, filters[1]);
    dump.point(filters[1] + at::filter::HIGHER, filters[0]);
    dump.point(second + at::adapter::HIGHEST, filters[2]);
    // Protocols.
    for (index, name) in ["TCPIP", "NDISUIO"].into_iter().enumerate() {
        let (protocol, open) = (protocols[index], opens[index]);
        names(dump, protocol + at::protocol::NAME, name);
        dump.point(protocol + at::protocol::QUEUE, open);
        dump.point(open + at::open::ADAPTER, first);
        dump.point(open + at::open::PROTOCOL, protocol);
        dump.point(open + at::open::CONTEXT, open + 0x3f0);
    }
    dump.point(protocols[0] + at::protocol::NEXT, protocols[1]);
    dump.point(protocols[0] + at::protocol::BIND, found.tcpip + 0x1000);
    dump.point(first + at::adapter::OPEN_QUEUE, opens[0]);
    dump.point(opens[0] + at::open::NEXT_OF_ADAPTER, opens[1]);
    dump.put(opens[1] + at::open::STATE, &2u32.to_le_bytes());
    found
}

/// Opens the dump with a symbol table for its ndis.
fn open(dump: &Patched, network: &Network) -> (Session, TempDir) {
    let (mut session, folder) = dump.open();
    let types = types();
    let types: Vec<symbol_table::Structure<'_>> =
        types.iter().map(|(name, size, members)| (*name, *size, members.as_slice())).collect();
    let names = [
        ("ndisMiniportList", VARIABLES),
        ("ndisMiniDriverList", VARIABLES + 8),
        ("ndisFilterDriverList", VARIABLES + 0x10),
        ("ndisProtocolList", VARIABLES + 0x18),
    ];
    symbol_table::write_with(folder.path(), "ndis.pdb", &network.key, &names, &types, &ENUMS);
    run(&mut session, &format!(".sympath isf*{}", folder.path().display())).unwrap();
    run(&mut session, ".reload").unwrap();
    (session, folder)
}

#[test]
fn without_the_symbols_of_ndis_it_says_what_lacks() {
    let dump = Patched::new(WIFI);
    let (mut session, _folder) = dump.open();
    for command in [
        "netadapter",
        "minidriver",
        "filter",
        "filterdriver",
        "protocol",
        "mopen",
        "netadapter 1000",
        "oid",
        "nblpool 1000",
    ] {
        let why = run(&mut session, &format!("!ndiskd.{command}")).unwrap_err();
        assert!(why.contains("ndis") && why.contains("public symbols"), "{command}: {why}");
    }
}

#[test]
fn adapters_and_what_stands_above_them() {
    let mut dump = Patched::new(WIFI);
    let network = network(&mut dump);
    let (mut session, _folder) = open(&dump, &network);
    let [first, second] = network.adapters;
    let [driver, other] = network.drivers;
    let lines = run(&mut session, "!ndiskd.netadapter").unwrap();
    assert_eq!(
        lines,
        [
            "    Driver             NetAdapter          Name".to_owned(),
            format!("    {driver:016x}   {first:016x}    Contoso Wi-Fi 6  (nwifi)"),
            format!("    {other:016x}   {second:016x}    Contoso USB Ethernet"),
        ]
    );
    assert_eq!(run(&mut session, "!netadapter").unwrap(), lines);

    let lines = run(&mut session, &format!("!ndiskd.netadapter {first:x}")).unwrap();
    let has = |wanted: String| assert!(lines.contains(&wanted), "{wanted}\n{lines:#?}");
    for (label, value) in [
        ("Ndis API version", "v6.30".to_owned()),
        ("Driver", format!("{driver:016x} - nwifi  v4.2  (nwifi)")),
        ("Media type", "Native802_11".to_owned()),
        ("MAC address", "18-03-73-c1-e8-72".to_owned()),
        ("Miniport", "Running".to_owned()),
        ("Device PnP", "Started".to_owned()),
        ("Interface", "UP".to_owned()),
        ("Media", "Connected".to_owned()),
        ("Send link speed", "866 Mbit/s".to_owned()),
        ("Receive link speed", "unknown".to_owned()),
        ("Power", "D0".to_owned()),
        ("Total resets", "4 (by NDIS 3, by its driver 1)".to_owned()),
        ("Pending OID", format!("fd010101 OID_PNP_SET_POWER (SetInformation) {:016x}", network.request)),
        ("Flags", "2c009008".to_owned()),
    ] {
        has(format!("    {label:<19}{value}"));
    }
    let [tcpip, ndisuio] = network.protocols;
    let [open, paused] = network.opens;
    let [filter, below, _] = network.filters;
    let [wlanflt, pacer] = network.filter_drivers;
    let at = lines.iter().position(|line| line == "BINDINGS").unwrap();
    assert_eq!(
        lines[at + 2..at + 10],
        [
            "    Protocol list      Driver              Open               Context".to_owned(),
            format!(
                "    TCPIP              {tcpip:016x}    {open:016x}   {:016x}  Running  (tcpip)",
                open + 0x3f0
            ),
            format!(
                "    NDISUIO            {ndisuio:016x}    {paused:016x}   {:016x}  Paused",
                paused + 0x3f0
            ),
            String::new(),
            "    Filter list        Driver              Module             Context".to_owned(),
            "    Wireless LAN Filter".to_owned(),
            format!(
                "                       {wlanflt:016x}    {filter:016x}   {:016x}  Running  (wlanflt, third party)",
                filter + 0x300
            ),
            "    QoS Packet Scheduler".to_owned(),
        ]
    );
    assert_eq!(
        lines[at + 10],
        format!(
            "                       {pacer:016x}    {below:016x}   {:016x}  Running  (tcpip)",
            below + 0x300
        )
    );
    // A state without a name is shown as a number; what was not put there is null.
    let lines = run(&mut session, &format!("!ndiskd.miniport {second:x}")).unwrap();
    assert!(lines.contains(&"    Miniport           9".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"    Device PnP         SurpriseRemoved".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"    Pending OID        None".to_owned()), "{lines:#?}");

    let why = run(&mut session, &format!("!ndiskd.netadapter {driver:x}")).unwrap_err();
    assert!(why.contains("none of the 2 in the list"), "{why}");
}

#[test]
fn filters_by_driver_and_one_alone() {
    let mut dump = Patched::new(WIFI);
    let network = network(&mut dump);
    let (mut session, _folder) = open(&dump, &network);
    let ([first, second], [filter, below, paused]) = (network.adapters, network.filters);
    let [wlanflt, pacer] = network.filter_drivers;
    let lines = run(&mut session, "!ndiskd.filter").unwrap();
    assert_eq!(
        lines,
        [
            format!("{wlanflt:016x} - Wireless LAN Filter  (wlanflt, third party)"),
            format!("  Filter {filter:016x}, Miniport {first:016x} - Contoso Wi-Fi 6  Running"),
            format!("  Filter {paused:016x}, Miniport {second:016x} - Contoso USB Ethernet  Paused"),
            format!("{pacer:016x} - QoS Packet Scheduler  (tcpip)"),
            format!("  Filter {below:016x}, Miniport {first:016x} - Contoso Wi-Fi 6  Running"),
        ]
    );
    let lines = run(&mut session, &format!("!ndiskd.filter {below:x}")).unwrap();
    assert!(lines.contains(&format!("    Higher filter      {filter:016x}")), "{lines:#?}");
    assert!(lines.contains(&"    Lower filter       NULL".to_owned()), "{lines:#?}");
    let lines = run(&mut session, &format!("!ndiskd.filter {filter:x}")).unwrap();
    // The name is an Rtl::KString, of which the symbols say nothing.
    assert_eq!(lines[2], "    Contoso Wi-Fi 6-Wireless LAN Filter-0000");
    let lines = run(&mut session, &format!("!ndiskd.filterdriver {wlanflt:x}")).unwrap();
    let has = |wanted: String| assert!(lines.contains(&wanted), "{wanted}\n{lines:#?}");
    has("    Driver version     v1.5".to_owned());
    has("    Service            wlanflt".to_owned());
    has("    Type               Modifying, Mandatory".to_owned());
    has(format!("    {:<39}{:016x}  wlanflt+0x1010", "SendNetBufferListsHandler", network.wlanflt + 0x1010));
    let stranger = lines.iter().find(|line| line.contains("SendNetBufferListsCompleteHandler")).unwrap();
    assert!(stranger.contains(&format!("{:016x}  tcpip", network.tcpip + 0x1010)), "{stranger}");
    assert!(stranger.ends_with("<- not in the driver's image"), "{stranger}");
    has(format!("    {:<39}[None]", "ReceiveNetBufferListsHandler"));
    assert_eq!(
        lines.iter().filter(|line| line.contains("not in the driver's image")).count(),
        1,
        "{lines:#?}"
    );

    // A text that is not where an Rtl::KString keeps it is no name.
    dump.point(network.filter_names + 8, 0);
    let (mut session, _folder) = open(&dump, &network);
    let lines = run(&mut session, &format!("!ndiskd.filter {filter:x}")).unwrap();
    assert_eq!(lines[2], "    ????????");
    assert!(lines.last().unwrap().contains("is no counted text"), "{lines:#?}");
}

#[test]
fn drivers_protocols_and_bindings() {
    let mut dump = Patched::new(WIFI);
    let network = network(&mut dump);
    let (mut session, _folder) = open(&dump, &network);
    let [first, _] = network.adapters;
    let [driver, other] = network.drivers;
    let lines = run(&mut session, "!ndiskd.minidriver").unwrap();
    assert_eq!(lines, [format!("    {driver:016x} - nwifi  (nwifi)"), format!("    {other:016x} - netusb")]);
    let lines = run(&mut session, &format!("!ndiskd.minidriver {driver:x}")).unwrap();
    assert!(lines.contains(&format!("    {first:016x}   Contoso Wi-Fi 6")), "{lines:#?}");
    let [tcpip, ndisuio] = network.protocols;
    let [open, paused] = network.opens;
    let lines = run(&mut session, "!ndiskd.protocol").unwrap();
    assert_eq!(
        lines[..5],
        [
            format!("{tcpip:016x} - TCPIP  (tcpip)"),
            format!("  {open:016x} - Contoso Wi-Fi 6"),
            String::new(),
            format!("{ndisuio:016x} - NDISUIO"),
            format!("  {paused:016x} - Contoso Wi-Fi 6"),
        ]
    );
    let lines = run(&mut session, "!ndiskd.mopen").unwrap();
    assert_eq!(
        lines[..4],
        [
            format!("Open {open:016x}"),
            format!("  Miniport: {first:016x} - Contoso Wi-Fi 6"),
            format!("  Protocol: {tcpip:016x} - TCPIP"),
            "  State:    Running".to_owned(),
        ]
    );
}

#[test]
fn a_list_that_turns_back_ends_and_says_so() {
    let mut dump = Patched::new(WIFI);
    let network = network(&mut dump);
    let [first, second] = network.adapters;
    dump.point(second + at::adapter::NEXT, first);
    dump.point(network.filters[1] + at::filter::LOWER, network.filters[0]);
    let (mut session, _folder) = open(&dump, &network);
    let lines = run(&mut session, "!ndiskd.netadapter").unwrap();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(lines[3].contains("the network adapters: the list turns back"), "{lines:#?}");
    let lines = run(&mut session, &format!("!ndiskd.netadapter {first:x}")).unwrap();
    assert!(
        lines.iter().any(|line| line.contains("the filters of the adapter: the list turns back")),
        "{lines:#?}"
    );
}

#[test]
fn a_net_buffer_list_is_its_filter_s() {
    let truth = truth("wifi");
    let list = number(&Value::from(recorded(&truth, "objects", "net buffer list", "address")));
    for (which, wanted) in [
        (0, "the adapter Contoso Wi-Fi 6 of nwifi; the source handle is its own, "),
        (1, "the filter Wireless LAN Filter of wlanflt on Contoso Wi-Fi 6; the source handle is its own, "),
        (2, "the protocol TCPIP of tcpip on Contoso Wi-Fi 6; the source handle is its own, "),
    ] {
        let mut dump = Patched::new(WIFI);
        let network = network(&mut dump);
        let handle = [network.adapters[0], network.filters[0], network.opens[0]][which];
        dump.point(list + 0x78, handle);
        let (mut session, _folder) = open(&dump, &network);
        let lines = run(&mut session, &format!("!nbl {list:x}")).unwrap();
        let wanted = format!("    Whose it is: {wanted}{handle:016x}");
        assert!(lines.contains(&wanted), "{wanted}\n{lines:#?}");
    }
}

#[test]
fn what_adapters_and_filters_work_on() {
    let mut dump = Patched::new(WIFI);
    let network = network(&mut dump);
    let [first, _] = network.adapters;
    let [upper, lower, _] = network.filters;
    let request = network.request;
    // The lower filter works on the same request; its buffer, and how long it may take.
    dump.point(lower + at::filter::OID, request);
    dump.put(request + 8, &[7, 0, 0, 0, 4, 0, 0, 0]);
    dump.point(request + 0x28, 0xffff_a405_0000_1000);
    dump.put(request + 0x30, &4u32.to_le_bytes());
    let (mut session, _folder) = open(&dump, &network);
    let lines = run(&mut session, "!ndiskd.oid").unwrap();
    let told = format!("fd010101 OID_PNP_SET_POWER (SetInformation) {request:016x}");
    assert_eq!(
        lines,
        [
            "    Pending on         Address             Request".to_owned(),
            format!("    Filter             {lower:016x}    {told}  q"),
            format!("    Miniport           {first:016x}    {told}  Contoso Wi-Fi 6"),
        ]
    );
    assert!(!lines.join(" ").contains(&format!("{upper:016x}")));
    let lines = run(&mut session, &format!("!ndiskd.oid {request:x}")).unwrap();
    for (label, value) in [
        ("Request", told),
        ("Port", "7".to_owned()),
        ("Timeout in seconds", "4".to_owned()),
        ("Buffer", "ffffa40500001000, 4 bytes".to_owned()),
    ] {
        assert!(lines.contains(&format!("    {label:<19}{value}")), "{label}: {lines:#?}");
    }
    // Nothing is pending.
    dump.point(lower + at::filter::OID, 0);
    dump.point(first + at::adapter::OID, 0);
    let (mut session, _folder) = open(&dump, &network);
    assert_eq!(run(&mut session, "!ndiskd.oid").unwrap()[1], "    [No pending requests were found]");
}

/// Two pools and the head of their ring, which lies in the image of ndis; of the first, a list that is out and something that is
/// none.
#[test]
fn a_pool_tells_what_was_not_given_back() {
    let mut dump = Patched::new(WIFI);
    let network = network(&mut dump);
    // Behind what network() has put there.
    let [pool, second] = [0x1c00u64, 0x1e00].map(|at| network.protocols[0] + at);
    let [entry, strange] = [0x2000u64, 0x2100].map(|at| network.protocols[0] + at);
    let list = entry + 0x20;
    for at in (pool..strange + 0x100).step_by(8) {
        dump.point(at, 0);
    }
    dump.list(network.ndis + VARIABLES + 0x40, &[pool + 0x48, second + 0x48]);
    dump.list(second + 0x10, &[]);
    dump.list(pool + 0x10, &[entry + 8, strange + 8]);
    dump.point(pool + 0x28, network.adapters[0]);
    dump.point(pool + 0x30, network.wlanflt + 0x1010);
    dump.put(pool + 0x38, b"Mynb");
    dump.put(second + 0x38, b"Tcpn");
    dump.put(pool + 0x5c, &1514u32.to_le_bytes());
    // NdisPoolHandle, SourceHandle, Status.
    dump.point(list + 0x20, pool);
    dump.point(list + 0x78, network.filters[0]);
    dump.put(list + 0x8c, &0x103u32.to_le_bytes());
    dump.point(strange + 0x20 + 0x20, second);
    let (mut session, _folder) = open(&dump, &network);
    let lines = run(&mut session, &format!("!ndiskd.nblpool {pool:x}")).unwrap();
    let allocator = format!("{:016x} - wlanflt+0x1010", network.wlanflt + 0x1010);
    for (label, value) in [
        ("Ndis handle", format!("{pool:016x}")),
        ("Tag", "Mynb".to_owned()),
        ("Owner handle", format!("{:016x}", network.adapters[0])),
        ("Allocated by", allocator),
        ("Data size", "1514".to_owned()),
    ] {
        assert!(lines.contains(&format!("    {label:<19}{value}")), "{label}: {lines:#?}");
    }
    let at = lines.iter().position(|line| line == "ALLOCATED").unwrap();
    assert_eq!(lines[at + 2], "    NBL                Source              Status");
    assert_eq!(lines[at + 3], format!("    {list:016x}   {:016x}    00000103", network.filters[0]));
    assert!(lines[at + 4].contains("head of a net buffer list of the pool"), "{lines:#?}");
    let at = lines.iter().position(|line| line == "OTHER POOLS").unwrap();
    assert_eq!(lines[at + 3], format!("    {second:016x}   {:<20}Tcpn", "NULL"));
    assert_eq!(lines.len(), at + 4, "{lines:#?}");
    assert!(run(&mut session, "!ndiskd.nblpool").is_err());
}

/// golden/public/ndiskd.nb-3, whose values are put behind the list of the record.
#[test]
fn a_net_buffer_is_shown_with_its_memory() {
    let truth = truth("wifi");
    let list = number(&Value::from(recorded(&truth, "objects", "net buffer list", "address")));
    let (buffer, mdl, last) = (list + 0x90, list + 0xc8, list + 0x108);
    let mut dump = Patched::new(WIFI);
    for (at, value) in [
        (buffer, 0),
        (buffer + 8, mdl),
        (buffer + 0x18, mdl),
        (buffer + 0x28, 0xffff_df80_147e_4a40),
        (mdl, last),
        (mdl + 0x10, 0),
        (mdl + 0x18, 0xffff_df80_14bf_0024),
        (last, 0),
        (last + 0x10, 0),
        (last + 0x18, 0),
    ] {
        dump.point(at, value);
    }
    let small = |dump: &mut Patched, at: u64, value: u32| dump.put(at, &value.to_le_bytes());
    small(&mut dump, buffer + 0x10, 56);
    small(&mut dump, buffer + 0x14, 0x10020);
    small(&mut dump, buffer + 0x20, 0);
    for (mdl, bytes, offset) in [(mdl, 1514, 36), (last, 8, 0)] {
        dump.put(mdl + 0xa, &0xcu16.to_le_bytes());
        small(&mut dump, mdl + 0x28, bytes);
        small(&mut dump, mdl + 0x2c, offset);
    }
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!ndiskd.nb {buffer:x} -chain")).unwrap();
    let lines: Vec<String> = lines.iter().map(|line| line.trim_end().to_owned()).collect();
    let wanted = [
        format!("    NB                 {buffer:016x}    Next NB            NULL"),
        "    Length             10020               Source pool        ffffdf80147e4a40".into(),
        format!("    First MDL          {mdl:016x}    DataOffset         0"),
        "    Current MDL        [First MDL]         Current MDL offset 0n56".into(),
        format!("        MDL [current]      {mdl:016x}    MDL Flags          c"),
        "        MappedSystemVa     ffffdf8014bf0024    ByteCount          0n1514".into(),
        "        Process            [System process]    ByteOffset         0n36".into(),
        format!("        MDL                {last:016x}    MDL Flags          c"),
        "        MappedSystemVa     NULL                ByteCount          8".into(),
        "        Process            [System process]    ByteOffset         0".into(),
    ];
    assert_eq!(lines, wanted);
    assert_eq!(run(&mut session, &format!("!nb {buffer:x}")).unwrap().len(), 4);
    // A structure that is not there fails, and says which.
    let failed = run(&mut session, "!nb 10").unwrap_err().to_string();
    assert!(failed.contains("_NET_BUFFER.CurrentMdl of 0000000000000010"), "{failed}");
}
