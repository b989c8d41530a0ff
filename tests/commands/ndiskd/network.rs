//! The network that is laid out in the dump.

use super::types::{ENUMS, at, types};
use crate::forge::{number, recorded, recorded_text, truth};
use crate::golden::run;
use crate::patched::Patched;
use crate::symbol_table::{self};
use dumpscope::session::Session;
use tempfile::TempDir;

/// Free room in the data of ndis, from its image's base, where its variables are put.
pub const VARIABLES: u64 = 0x3800;

/// Where everything was put.
pub struct Network {
    pub adapters: [u64; 2],
    pub filters: [u64; 3],
    pub filter_drivers: [u64; 2],
    pub drivers: [u64; 2],
    pub protocols: [u64; 2],
    pub opens: [u64; 2],
    /// The texts that the filters' names are.
    pub filter_names: u64,
    pub request: u64,
    /// Where the images of ndis, wlanflt, nwifi, tcpip begin.
    pub ndis: u64,
    pub wlanflt: u64,
    pub nwifi: u64,
    pub tcpip: u64,
    pub key: String,
}

/// Two adapters: one of nwifi with two filters (wlanflt's, which is nearer to the protocols, and pacer's) and two protocols, which
/// works on a request; one that was removed, with wlanflt's filter alone.
pub fn network(dump: &mut Patched) -> Network {
    let truth = truth("wifi");
    let address = |kind: &str, name: &str, key: &str| recorded(&truth, kind, name, key);
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
        key: recorded_text(&truth, "modules", "ndis.sys", "pdb_key"),
    };
    let object = |name: &str| address("objects", name, "address");
    let mut names = |dump: &mut Patched, at: u64, name: &str| {
        dump.unicode(at, name, texts + 0x10);
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
        dump.unicode(place, name, place + 0x10);
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
        dump.unicode(name, ["Contoso Wi-Fi 6-Wireless LAN Filter-0000", "q", "w"][index], name + 0x10);
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
pub fn open(dump: &Patched, network: &Network) -> (Session, TempDir) {
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
