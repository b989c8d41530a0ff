//! `!fltkd.*` on a forge dump whose filter manager gets minifilters laid out by hand, and a symbol table for them: the forge
//! has neither.

use crate::forge::{recorded, recorded_text, truth};
use crate::golden::run;
use crate::patched::Patched;
use crate::symbol_table::{self, basics, enumeration, number as bits, pointer, structure};

/// The filter manager's data, all zeros there, from its image's base.
const DATA: u64 = 0x3000;
/// Behind that, from its start.
const FRAME: u64 = 0x200;
const FILTER: u64 = 0x400;
const INSTANCE: u64 = 0x600;
const VOLUME: u64 = 0x800;
const TEXTS: u64 = 0xa00;
const OPERATIONS: u64 = 0xc00;

/// Offsets as in Windows 10 build 19041 (public symbols).
const R_LIST: u64 = 0x68;
const FRAME_LIST: u64 = 0x58;
const FRAME_LINKS: u64 = 8;
const FRAME_ID: u64 = 0x18;
const LOW: u64 = 0x20;
const HIGH: u64 = 0x30;
const REGISTERED: u64 = 0x48;
const ATTACHED: u64 = 0xc8;
const PRIMARY_LINK: u64 = 0x10;
const FILTER_NAME: u64 = 0x38;
const DEFAULT_ALTITUDE: u64 = 0x48;
const DRIVER: u64 = 0x60;
const FILTER_INSTANCES: u64 = 0x68;
const INSTANCE_ALTITUDE: u64 = 0x50;
const INSTANCE_NAME: u64 = 0x60;
const FILTER_LINK: u64 = 0x70;
const DEVICE_NAME: u64 = 0x60;
const VOLUME_INSTANCES: u64 = 0xa0;
const FILTER_FRAME: u64 = 0x30;
const FILTER_FLAGS: u64 = 0x58;
const FILTER_UNLOAD: u64 = 0x100;
const INSTANCE_SETUP: u64 = 0x108;
const FILTER_OPERATIONS: u64 = 0x1a8;
const INSTANCE_VOLUME: u64 = 0x38;
const INSTANCE_FILTER: u64 = 0x40;
const FILE_SYSTEM: u64 = 0x34;
const DEVICE: u64 = 0x38;

fn types() -> Vec<symbol_table::Owned> {
    let list = || structure("_LIST_ENTRY");
    let text = || structure("_UNICODE_STRING");
    let head = || structure("_FLT_RESOURCE_LIST_HEAD");
    let base = || ("Base", 0, structure("_FLT_OBJECT"));
    let mut types = basics();
    types.extend([
        ("_FLT_RESOURCE_LIST_HEAD", 0x80, vec![("rList", R_LIST, list()), ("rCount", 0x78, bits(32))]),
        ("_GLOBALS", 0x100, vec![("FrameList", FRAME_LIST, head())]),
        (
            "_FLT_OBJECT",
            0x30,
            vec![
                ("Flags", 0, bits(32)),
                ("PointerCount", 4, bits(32)),
                ("RundownRef", 8, bits(64)),
                ("PrimaryLink", PRIMARY_LINK, list()),
            ],
        ),
        (
            "_FLT_OPERATION_REGISTRATION",
            0x20,
            vec![
                ("MajorFunction", 0, bits(8)),
                ("Flags", 4, bits(32)),
                ("PreOperation", 8, bits(64)),
                ("PostOperation", 0x10, bits(64)),
            ],
        ),
        (
            "_FLTP_FRAME",
            0x150,
            vec![
                ("Links", FRAME_LINKS, list()),
                ("FrameID", FRAME_ID, bits(32)),
                ("AltitudeIntervalLow", LOW, text()),
                ("AltitudeIntervalHigh", HIGH, text()),
                ("RegisteredFilters", REGISTERED, head()),
                ("AttachedVolumes", ATTACHED, head()),
            ],
        ),
        (
            "_FLT_FILTER",
            0x150,
            vec![
                base(),
                ("Name", FILTER_NAME, text()),
                ("DefaultAltitude", DEFAULT_ALTITUDE, text()),
                ("DriverObject", DRIVER, bits(64)),
                ("InstanceList", FILTER_INSTANCES, head()),
                ("Frame", FILTER_FRAME, bits(64)),
                ("Flags", FILTER_FLAGS, enumeration("_FLT_FILTER_FLAGS")),
                ("FilterUnload", FILTER_UNLOAD, bits(64)),
                ("InstanceSetup", INSTANCE_SETUP, bits(64)),
                ("Operations", FILTER_OPERATIONS, pointer(structure("_FLT_OPERATION_REGISTRATION"))),
            ],
        ),
        (
            "_FLT_INSTANCE",
            0x100,
            vec![
                base(),
                ("Altitude", INSTANCE_ALTITUDE, text()),
                ("Name", INSTANCE_NAME, text()),
                ("FilterLink", FILTER_LINK, list()),
                ("Volume", INSTANCE_VOLUME, bits(64)),
                ("Filter", INSTANCE_FILTER, bits(64)),
                ("Flags", 0x48, bits(32)),
            ],
        ),
        (
            "_FLT_VOLUME",
            0x150,
            vec![
                base(),
                ("FileSystemType", FILE_SYSTEM, enumeration("_FLT_FILESYSTEM_TYPE")),
                ("DeviceObject", DEVICE, bits(64)),
                ("DeviceName", DEVICE_NAME, text()),
                ("InstanceList", VOLUME_INSTANCES, head()),
            ],
        ),
    ]);
    types
}

const ENUMS: [symbol_table::Enumeration<'static>; 2] = [
    ("_FLT_FILTER_FLAGS", &[("FLTFL_MANDATORY_UNLOAD_IN_PROGRESS", 1), ("FLTFL_FILTERING_INITIATED", 2)]),
    ("_FLT_FILESYSTEM_TYPE", &[("FLT_FSTYPE_RAW", 1), ("FLT_FSTYPE_NTFS", 2)]),
];

#[test]
fn minifilters_their_instances_and_volumes() {
    let truth = truth("scanner-1a");
    let base = recorded(&truth, "modules", "FLTMGR.SYS", "base");
    let driver = recorded(&truth, "objects", "\\Driver\\vsfilter", "address");
    let mut dump = Patched::new("assets/demo/scanner-1a.dmp.gz");
    let at = |offset: u64| base + DATA + offset;
    let mut texts = at(TEXTS);
    for (place, text) in [
        (at(FRAME) + LOW, "0"),
        (at(FRAME) + HIGH, "409800"),
        (at(FILTER) + FILTER_NAME, "vsfilter"),
        (at(FILTER) + DEFAULT_ALTITUDE, "328020"),
        (at(INSTANCE) + INSTANCE_ALTITUDE, "328021.5"),
        (at(INSTANCE) + INSTANCE_NAME, "vsfilter Instance"),
        (at(VOLUME) + DEVICE_NAME, "\\Device\\HarddiskVolume3"),
    ] {
        dump.unicode(place, text, texts);
        texts += 0x40;
    }
    dump.put(at(FRAME) + FRAME_ID, &2u32.to_le_bytes());
    dump.point(at(FILTER) + DRIVER, driver);
    let image = recorded(&truth, "modules", "vsfilter.sys", "base");
    let device = recorded(&truth, "objects", "\\Device\\HarddiskVolume3", "address");
    let engine = recorded(&truth, "modules", "vscan.sys", "base");
    for (object, kind) in [(FILTER, 0x0200_0000_u32), (INSTANCE, 0x0100_0000), (VOLUME, 0x0400_0000)] {
        dump.put(at(object), &kind.to_le_bytes());
        dump.put(at(object) + 4, &11u32.to_le_bytes());
        dump.point(at(object) + 8, 0x3730);
    }
    dump.point(at(FILTER) + FILTER_FRAME, at(FRAME));
    dump.put(at(FILTER) + FILTER_FLAGS, &0x12u32.to_le_bytes());
    dump.point(at(FILTER) + FILTER_UNLOAD, image + 0x1010);
    dump.point(at(FILTER) + INSTANCE_SETUP, engine + 0x1010);
    dump.point(at(FILTER) + FILTER_OPERATIONS, at(OPERATIONS));
    for (index, (major, before, after)) in
        [(0u8, image + 0x1000, image + 0x1020), (0xed, 0, engine + 0x1020), (0x80, 1, 1)]
            .into_iter()
            .enumerate()
    {
        let operation = at(OPERATIONS) + index as u64 * 0x20;
        dump.put(operation, &[major]);
        dump.point(operation + 8, before);
        dump.point(operation + 0x10, after);
    }
    dump.point(at(INSTANCE) + INSTANCE_VOLUME, at(VOLUME));
    dump.point(at(INSTANCE) + INSTANCE_FILTER, at(FILTER));
    dump.put(at(VOLUME) + FILE_SYSTEM, &2u32.to_le_bytes());
    dump.point(at(VOLUME) + DEVICE, device);
    dump.list(at(FRAME_LIST + R_LIST), &[at(FRAME) + FRAME_LINKS]);
    dump.list(at(FRAME) + REGISTERED + R_LIST, &[at(FILTER) + PRIMARY_LINK]);
    dump.list(at(FRAME) + ATTACHED + R_LIST, &[at(VOLUME) + PRIMARY_LINK]);
    dump.list(at(FILTER) + FILTER_INSTANCES + R_LIST, &[at(INSTANCE) + FILTER_LINK]);
    dump.list(at(VOLUME) + VOLUME_INSTANCES + R_LIST, &[at(INSTANCE) + PRIMARY_LINK]);
    let (mut session, folder) = dump.open();
    let why = run(&mut session, "!fltkd.filters").unwrap_err();
    assert!(why.contains("FLTMGR"), "{why}");

    let types = types();
    let types: Vec<symbol_table::Structure<'_>> =
        types.iter().map(|(name, size, members)| (*name, *size, members.as_slice())).collect();
    let key = recorded_text(&truth, "modules", "FLTMGR.SYS", "pdb_key");
    symbol_table::write_with(folder.path(), "fltmgr.pdb", &key, &[("FltGlobals", DATA)], &types, &ENUMS);
    run(&mut session, &format!(".sympath isf*{}", folder.path().display())).unwrap();
    run(&mut session, ".reload").unwrap();

    let instance = |blanks: &str| {
        format!("{blanks}FLT_INSTANCE: {:016x} \"vsfilter Instance\" \"328021.5\"", at(INSTANCE))
    };
    let filter = |blanks: &str| {
        format!("{blanks}FLT_FILTER: {:016x} \"vsfilter\" \"328020\"  (third party)", at(FILTER))
    };
    let lines = run(&mut session, "!fltkd.filters").unwrap();
    let list = format!("Filter List: {:016x} \"Frame 2\"", at(FRAME) + REGISTERED + R_LIST);
    assert_eq!(lines, [String::new(), list, filter("   "), instance("      ")]);
    let lines = run(&mut session, "!fltkd.frames").unwrap();
    let list = format!("Frame List: {:016x}", at(FRAME_LIST + R_LIST));
    let frame = format!("   FLTP_FRAME: {:016x} \"Frame 2\" \"0 to 409800\"", at(FRAME));
    assert_eq!(lines, [String::new(), list, frame, filter("      "), instance("         ")]);
    let lines = run(&mut session, "!fltkd.volumes").unwrap();
    let list = format!("Volume List: {:016x} \"Frame 2\"", at(FRAME) + ATTACHED + R_LIST);
    let volume = format!("   FLT_VOLUME: {:016x} \"\\Device\\HarddiskVolume3\"", at(VOLUME));
    assert_eq!(lines, [String::new(), list, volume, instance("      ")]);
    let lines = run(&mut session, "!fltkd.instances").unwrap();
    let row = format!(
        "{:016x} 328021.5 vsfilter         {:<33} FSFilter Anti-Virus  (vsfilter, third party)",
        at(INSTANCE),
        "\\Device\\HarddiskVolume3"
    );
    assert_eq!(lines[1..], [row]);
    let lines = run(&mut session, &format!("!fltkd.filter {:x}", at(FILTER))).unwrap();
    let wanted = [
        format!("FLT_FILTER: {:016x} \"vsfilter\" \"328020\"  (vsfilter, third party)", at(FILTER)),
        format!("   FLT_OBJECT: {:016x}  [02000000] Filter", at(FILTER)),
        "      RundownRef               : 0x0000000000003730 (7064)".to_owned(),
        "      PointerCount             : 0x0000000b".to_owned(),
        format!("      PrimaryLink              : [{0:016x}-{0:016x}]", at(FRAME) + REGISTERED + R_LIST),
        format!("   Frame                    : {:016x} \"Frame 2\"", at(FRAME)),
        "   Flags                    : [00000012] FLTFL_FILTERING_INITIATED 0x10".to_owned(),
        "   Altitude                 : 328020 (FSFilter Anti-Virus)".to_owned(),
        format!("   DriverObject             : {driver:016x}"),
        format!("   FilterUnload             : {:016x} vsfilter+0x1010", image + 0x1010),
    ];
    assert_eq!(lines[..wanted.len()], wanted);
    let marked = |label: &str| lines.iter().find(|line| line.trim().starts_with(label)).unwrap().clone();
    assert!(marked("InstanceSetup").ends_with("<- not in the driver's image"), "{lines:#?}");
    assert_eq!(
        marked("IRP_MJ_CREATE"),
        format!("      {:<44} before vsfilter+0x1000  after vsfilter+0x1020", "IRP_MJ_CREATE")
    );
    assert!(marked("IRP_MJ_VOLUME_MOUNT").ends_with("<- not in the driver's image"), "{lines:#?}");
    let at_operations = lines.iter().position(|line| line == "   Operations               :").unwrap();
    assert_eq!(lines[at_operations + 3], "   Instances                :");
    assert_eq!(lines[at_operations + 4], format!("{}  \\Device\\HarddiskVolume3", instance("      ")));
    let lines = run(&mut session, &format!("!fltkd.instance {:x}", at(INSTANCE))).unwrap();
    assert_eq!(lines[0], instance(""));
    let has = |wanted: String| assert!(lines.contains(&wanted), "{wanted}\n{lines:#?}");
    has(format!("   Volume                   : {:016x} \"\\Device\\HarddiskVolume3\"", at(VOLUME)));
    has(format!("   Filter                   : {:016x} \"vsfilter\"  (vsfilter, third party)", at(FILTER)));
    let lines = run(&mut session, &format!("!fltkd.volume {:x}", at(VOLUME))).unwrap();
    let has = |wanted: String| assert!(lines.contains(&wanted), "{wanted}\n{lines:#?}");
    has("   FileSystemType           : NTFS".to_owned());
    has(format!("   DeviceObject             : {device:016x}"));
    has(format!("{}  (vsfilter, third party)  FSFilter Anti-Virus", instance("      ")));
    let why = run(&mut session, &format!("!fltkd.filter {:x}", at(VOLUME))).unwrap_err();
    assert!(why.contains("of another kind"), "{why}");
    let lines = run(&mut session, "!software -q").unwrap();
    assert!(lines.contains(&"    minifilters: vsfilter at 328020".to_owned()), "{lines:#?}");

    // A list that does not come back to its head is told, and what was found stays.
    dump.point(at(FILTER) + PRIMARY_LINK, 0);
    let (mut session, folder) = dump.open();
    symbol_table::write_with(folder.path(), "fltmgr.pdb", &key, &[("FltGlobals", DATA)], &types, &ENUMS);
    run(&mut session, &format!(".sympath isf*{}", folder.path().display())).unwrap();
    run(&mut session, ".reload").unwrap();
    let lines = run(&mut session, "!fltkd.filters").unwrap();
    assert_eq!(lines[2], filter("   "));
    assert!(lines.len() == 5 && lines[4].contains("FLT_RESOURCE_LIST_HEAD"), "{lines:#?}");
}
