//! `!ndiskd.*` on a forge dump that gets adapters, filters and protocols laid out by hand, and a symbol table for them: the
//! forge's own ndis keeps no lists.

mod network;
mod types;

use crate::forge::{recorded, truth};
use crate::golden::run;
use crate::patched::Patched;
use network::{VARIABLES, network, open};
use types::at;

const WIFI: &str = "assets/demo/wifi.dmp.gz";

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
    let list = recorded(&truth, "objects", "net buffer list", "address");
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
    let list = recorded(&truth, "objects", "net buffer list", "address");
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
