//! `!storagekd.*` on a forge dump in which one driver is renamed to the storage port and two others become its miniports, with an
//! adapter and a unit laid out by hand and a symbol table for them: the forge has no storage port.

use crate::forge::{number, recorded, recorded_text, truth};
use crate::golden::{run, session};
use crate::patched::{Patched, offset};
use crate::symbol_table::{self, array, basics, enumeration, number as bits, pointer, structure};

/// Offsets as the public symbols of Windows 10 order the members; distances are the table's own.
mod at {
    pub const UNIT_LIST: u64 = 0x80;
    pub const DRIVER: u64 = 0x10;
    pub const NEXT_UNIT: u64 = 0x38;
    pub const PLACE: u64 = 0x58;
    pub const INQUIRY: u64 = 0x70;
    pub const FLAGS: u64 = 0x80;
    pub const PENDING: u64 = 0x90;
    pub const QUEUE: u64 = 0xa0;
    pub const WAITING: u64 = 0x28;
    pub const NODES: u64 = 0x10;
    pub const NODE: u64 = 0x40;
    pub const LINK: u64 = 0x20;
    pub const START: u64 = 0x48;
}

struct Storage {
    adapter: u64,
    unit: u64,
    adapter_device: u64,
    unit_device: u64,
    requests: [u64; 2],
    irp: u64,
    key: String,
}

fn types() -> Vec<symbol_table::Owned> {
    let list = || structure("_LIST_ENTRY");
    let bytes = |count| array(count, bits(8));
    let mut types = basics();
    types.extend([
        (
            "_STOR_LOCKED_LIST",
            0x20,
            vec![("Lock", 0, bits(64)), ("List", 8, list()), ("Count", 0x18, bits(32))],
        ),
        ("_RAID_DRIVER_EXTENSION", 0x40, vec![("DriverObject", 8, bits(64))]),
        ("_RAID_POWER_STATE", 0x10, vec![("DeviceState", 4, bits(32))]),
        ("_RAID_ADAPTER_PARAMETERS", 0x40, vec![("BusType", 4, enumeration("_STORAGE_BUS_TYPE"))]),
        (
            "_STOR_IO_GATEWAY",
            0x40,
            vec![
                ("PendingIoCount", 0x18, bits(32)),
                ("OutstandingMax", 0x24, bits(32)),
                ("BusyCount", 0x28, bits(32)),
                ("PauseCount", 0x2c, bits(32)),
                ("Outstanding", 0x38, bits(32)),
            ],
        ),
        (
            "_RAID_ADAPTER_EXTENSION",
            0x200,
            vec![
                ("DeviceObject", 8, bits(64)),
                ("Driver", at::DRIVER, bits(64)),
                ("PhysicalDeviceObject", 0x20, bits(64)),
                ("PortNumber", 0x38, bits(32)),
                ("DeviceState", 0x58, enumeration("_DEVICE_STATE")),
                ("UnitList", at::UNIT_LIST, structure("_STOR_LOCKED_LIST")),
                ("Power", 0xa0, structure("_RAID_POWER_STATE")),
                ("Gateway", 0xc0, structure("_STOR_IO_GATEWAY")),
                ("Parameters", 0x100, structure("_RAID_ADAPTER_PARAMETERS")),
            ],
        ),
        ("_STOR_ADDR_BTL8", 0x10, vec![("Path", 8, bits(8)), ("Target", 9, bits(8)), ("Lun", 10, bits(8))]),
        (
            "_INQUIRYDATA",
            0x60,
            vec![
                ("VendorId", 8, bytes(8)),
                ("ProductId", 16, bytes(16)),
                ("ProductRevisionLevel", 32, bytes(4)),
            ],
        ),
        ("_STOR_SCSI_IDENTITY", 0x10, vec![("InquiryData", 0, pointer(structure("_INQUIRYDATA")))]),
        ("_UNIT_FLAGS", 8, vec![("Unresponsive", 1, bits(8)), ("Zombie", 2, bits(8))]),
        (
            "_EXTENDED_DEVICE_QUEUE",
            0x60,
            vec![
                ("PauseCount", 0x18, bits(32)),
                ("BusyCount", 0x1c, bits(32)),
                ("Frozen", 0x20, bits(8)),
                ("Locked", 0x21, bits(8)),
                ("DeviceList", at::WAITING, list()),
            ],
        ),
        ("_IO_QUEUE", 0x80, vec![("DeviceQueue", 0x10, structure("_EXTENDED_DEVICE_QUEUE"))]),
        ("_STOR_EVENT_QUEUE_NODE", at::NODE, vec![("List", 0, list())]),
        (
            "_STOR_EVENT_QUEUE",
            0x50,
            vec![("Queues", at::NODES, array(1, structure("_STOR_EVENT_QUEUE_NODE")))],
        ),
        (
            "_RAID_UNIT_EXTENSION",
            0x200,
            vec![
                ("DeviceObject", 8, bits(64)),
                ("Adapter", 0x18, bits(64)),
                ("DeviceState", 0x30, enumeration("_DEVICE_STATE")),
                ("NextUnit", at::NEXT_UNIT, list()),
                ("StorAddressBTL8", at::PLACE, structure("_STOR_ADDR_BTL8")),
                ("Identity", at::INQUIRY, structure("_STOR_SCSI_IDENTITY")),
                ("Flags", at::FLAGS, structure("_UNIT_FLAGS")),
                ("PendingQueue", at::PENDING, pointer(structure("_STOR_EVENT_QUEUE"))),
                ("IoQueue", at::QUEUE, structure("_IO_QUEUE")),
                ("MaxQueueDepth", 0x130, bits(32)),
                ("Power", 0x140, structure("_RAID_POWER_STATE")),
            ],
        ),
        ("_STOR_EVENT_QUEUE_ENTRY", 0x40, vec![("NextLink", 0, list()), ("StartTime", 0x28, bits(64))]),
        (
            "_EXTENDED_REQUEST_BLOCK",
            0x100,
            vec![
                ("PendingLink", at::LINK, structure("_STOR_EVENT_QUEUE_ENTRY")),
                ("Irp", 0x80, bits(64)),
                ("Srb", 0x88, bits(64)),
            ],
        ),
        ("_SCSI_REQUEST_BLOCK", 0x58, vec![("Function", 2, bits(8)), ("TimeOutValue", 0x14, bits(32))]),
        (
            "_STORAGE_REQUEST_BLOCK",
            0x80,
            vec![("SrbFunction", 0x14, bits(32)), ("TimeOutValue", 0x28, bits(32))],
        ),
    ]);
    types
}

const ENUMS: [symbol_table::Enumeration<'static>; 2] = [
    ("_DEVICE_STATE", &[("DeviceStateWorking", 2), ("DeviceStateSurpriseRemoval", 9)]),
    ("_STORAGE_BUS_TYPE", &[("BusTypeSata", 11), ("BusTypeNvme", 17)]),
];

/// The driver of tcpip's device, which stands above another, becomes an adapter's; FLTMGR's volume a unit's.
fn storage(dump: &mut Patched) -> Storage {
    let truth = truth("readonly");
    let address = |name: &str| recorded(&truth, "objects", name, "address");
    let port = recorded(&truth, "modules", "isospace.sys", "base");
    let devices = truth["devices"].as_array().unwrap();
    let of = |driver: u64, attached: bool| {
        let found = devices.iter().rfind(|device| {
            number(&device["driver"]) == driver && (number(&device["attached_to"]) != 0) == attached
        });
        number(&found.unwrap()["address"])
    };
    let (above, below) = (address("\\Driver\\tcpip"), address("\\Driver\\FLTMGR"));
    let (adapter_device, unit_device) = (of(above, true), of(below, false));
    // Four pages that handle tables took.
    let room = number(&truth["pool"]["big"][0]["address"]);
    for at in (room..room + 0x2000).step_by(8) {
        dump.point(at, 0);
    }
    let (adapter, unit, extension, inquiry, queue) =
        (room, room + 0x200, room + 0x400, room + 0x480, room + 0x500);
    let requests = [room + 0x700, room + 0x800];
    let (old, new) = (room + 0x900, room + 0x980);
    let irp = number(&truth["irps"][0]["address"]);
    for driver in [above, below] {
        dump.point(driver + offset("_DRIVER_OBJECT", "MajorFunction") + 0xf * 8, port + 0x1010);
    }
    dump.point(adapter_device + offset("_DEVICE_OBJECT", "DeviceExtension"), adapter);
    dump.point(unit_device + offset("_DEVICE_OBJECT", "DeviceExtension"), unit);
    dump.point(adapter + 8, adapter_device);
    dump.point(adapter + at::DRIVER, extension);
    dump.point(extension + 8, above);
    dump.put(adapter + 0x38, &3u32.to_le_bytes());
    dump.put(adapter + 0x58, &2u32.to_le_bytes());
    dump.put(adapter + 0xa4, &1u32.to_le_bytes());
    for (at, value) in [(0x18u64, 4u32), (0x24, 1000), (0x28, 1), (0x2c, 2), (0x38, 7)] {
        dump.put(adapter + 0xc0 + at, &value.to_le_bytes());
    }
    dump.put(adapter + 0x104, &11u32.to_le_bytes());
    dump.list(adapter + at::UNIT_LIST + 8, &[unit + at::NEXT_UNIT]);
    dump.point(unit + 8, unit_device);
    dump.point(unit + 0x18, adapter);
    dump.put(unit + 0x30, &2u32.to_le_bytes());
    dump.put(unit + at::PLACE + 8, &[0, 1, 2]);
    dump.point(unit + at::INQUIRY, inquiry);
    dump.put(inquiry + 8, b"CONTOSO SAMPLE DISK     1.25");
    dump.put(unit + at::FLAGS + 1, &[1]);
    dump.put(unit + 0x130, &32u32.to_le_bytes());
    dump.put(unit + 0x144, &4u32.to_le_bytes());
    dump.put(unit + at::QUEUE + 0x10 + 0x18, &[5, 0, 0, 0, 6, 0, 0, 0, 1]);
    dump.list(
        unit + at::QUEUE + 0x10 + at::WAITING,
        &[irp + offset("_IRP", "Tail") + offset("_KDEVICE_QUEUE_ENTRY", "DeviceListEntry")],
    );
    // Two processors' queues with a request each, the later one first; what follows is no queue.
    dump.point(unit + at::PENDING, queue);
    for (node, request) in requests.into_iter().enumerate() {
        dump.list(queue + at::NODES + node as u64 * at::NODE, &[request + at::LINK]);
        dump.point(request + 0x80, irp);
    }
    dump.point(requests[0] + at::START, 2000);
    dump.point(requests[1] + at::START, 1000);
    dump.point(requests[0] + 0x88, old);
    dump.point(requests[1] + 0x88, new);
    dump.put(old + 0x14, &10u32.to_le_bytes());
    dump.put(new + 2, &[0x28]);
    dump.put(new + 0x14, &0x20u32.to_le_bytes());
    dump.put(new + 0x28, &30u32.to_le_bytes());
    let key = recorded_text(&truth, "modules", "isospace.sys", "pdb_key");
    Storage { adapter, unit, adapter_device, unit_device, requests, irp, key }
}

#[test]
fn adapters_units_and_their_requests() {
    let mut dump = Patched::new("assets/demo/readonly.dmp.gz");
    let found = storage(&mut dump);
    dump.rename("isospace.sys", "storport.sys");
    let (mut session, folder) = dump.open();
    // Without symbols: what devices and drivers tell, and what lacks.
    let lines = run(&mut session, "!storagekd.storadapter").unwrap();
    let line = |device: u64| lines.iter().find(|line| line.contains(&format!("{device:016x}"))).unwrap();
    assert!(line(found.adapter_device).contains("  adapter  \\Driver\\tcpip"), "{lines:#?}");
    assert!(line(found.unit_device).contains("  unit     \\Driver\\FLTMGR"), "{lines:#?}");
    assert!(lines.last().unwrap().contains("public symbols of storport"), "{lines:#?}");
    let why = run(&mut session, &format!("!storagekd.storunit {:x}", found.unit)).unwrap_err();
    assert!(why.contains("public symbols of storport"), "{why}");

    let types = types();
    let types: Vec<symbol_table::Structure<'_>> =
        types.iter().map(|(name, size, members)| (*name, *size, members.as_slice())).collect();
    symbol_table::write_with(folder.path(), "isospace.pdb", &found.key, &[], &types, &ENUMS);
    run(&mut session, &format!(".sympath isf*{}", folder.path().display())).unwrap();
    run(&mut session, ".reload").unwrap();
    let lines = run(&mut session, "!storagekd.storadapter").unwrap();
    let row = format!(
        "{:<18} {:016x} {:016x} Working     1  (tcpip)",
        "\\Driver\\tcpip", found.adapter_device, found.adapter
    );
    assert_eq!(lines[2..3], [row], "{lines:#?}");
    for typed in [found.adapter, found.adapter_device] {
        let lines = run(&mut session, &format!("!storadapter {typed:x}")).unwrap();
        let has = |wanted: &str| assert!(lines.contains(&wanted.to_owned()), "{wanted}\n{lines:#?}");
        has("Driver              \\Driver\\tcpip  (tcpip)");
        has("Bus                 Sata");
        has("State               Working");
        has("Power               D0");
        has("Outstanding         7 of at most 1000");
        has("Wait for adapter    4");
        has("Pauses, busy        2, 1");
        let product = format!("{:<28}", "CONTOSO SAMPLE DISK");
        has(&format!("  {:016x}  0:1:2     {product}  Working  outstanding 2  Unresponsive", found.unit));
    }
    let lines = run(&mut session, &format!("!storagekd.storunit {:x}", found.unit_device)).unwrap();
    let has = |wanted: String| assert!(lines.contains(&wanted), "{wanted}\n{lines:#?}");
    has("UNIT                0:1:2  CONTOSO SAMPLE DISK 1.25".to_owned());
    has("State               Working: Unresponsive".to_owned());
    has("Power               D3".to_owned());
    has("Queue               32 at most, paused 5, busy 6, frozen 1, locked 0".to_owned());
    let [later, earlier] = found.requests;
    let at = lines.iter().position(|line| line == "Outstanding: 2").unwrap();
    assert_eq!(
        lines[at + 1..at + 5],
        [
            format!("  {earlier:016x}  IRP {:016x}  RESET_LOGICAL_UNIT  time 30 s  start 3e8", found.irp),
            format!("  {later:016x}  IRP {:016x}  EXECUTE_SCSI  time 10 s  start 7d0", found.irp),
            "Waiting:".to_owned(),
            format!("  IRP {:016x}", found.irp),
        ]
    );
    let why = run(&mut session, &format!("!storagekd.storunit {:x}", found.adapter)).unwrap_err();
    assert!(why.contains("no storage unit lies at"), "{why}");
}

#[test]
fn a_dump_without_the_storage_port_says_so() {
    let mut session = session(&crate::forge::root().join("assets/demo/wifi.dmp.gz"));
    for command in ["!storagekd.storadapter", "!storagekd.storunit 1000"] {
        let why = run(&mut session, command).unwrap_err();
        assert!(why.contains("storport"), "{why}");
    }
}
