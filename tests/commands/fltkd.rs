//! `!fltkd.*` on a forge dump whose filter manager gets minifilters laid out by hand, and a symbol table for them: the forge
//! has neither.

use crate::forge::{number, truth};
use crate::golden::run;
use crate::patched::Patched;
use crate::symbol_table::{self, basics, number as bits, structure};
use serde_json::Value;

/// The filter manager's data, all zeros there, from its image's base.
const DATA: u64 = 0x3000;
/// Behind that, from its start.
const FRAME: u64 = 0x200;
const FILTER: u64 = 0x400;
const INSTANCE: u64 = 0x600;
const VOLUME: u64 = 0x800;
const TEXTS: u64 = 0xa00;

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

fn types() -> Vec<symbol_table::Owned> {
    let list = || structure("_LIST_ENTRY");
    let text = || structure("_UNICODE_STRING");
    let head = || structure("_FLT_RESOURCE_LIST_HEAD");
    let base = || ("Base", 0, structure("_FLT_OBJECT"));
    let mut types = basics();
    types.extend([
        ("_FLT_RESOURCE_LIST_HEAD", 0x80, vec![("rList", R_LIST, list()), ("rCount", 0x78, bits(32))]),
        ("_GLOBALS", 0x100, vec![("FrameList", FRAME_LIST, head())]),
        ("_FLT_OBJECT", 0x30, vec![("Flags", 0, bits(32)), ("PrimaryLink", PRIMARY_LINK, list())]),
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
            ],
        ),
        (
            "_FLT_VOLUME",
            0x150,
            vec![base(), ("DeviceName", DEVICE_NAME, text()), ("InstanceList", VOLUME_INSTANCES, head())],
        ),
    ]);
    types
}

fn recorded(truth: &Value, kind: &str, name: &str, key: &str) -> String {
    let found = truth[kind].as_array().unwrap().iter().find(|found| found["name"] == name);
    found.unwrap_or_else(|| panic!("{name}"))[key].as_str().unwrap().to_owned()
}

#[test]
fn minifilters_their_instances_and_volumes() {
    let truth = truth("scanner-1a");
    let base = number(&Value::from(recorded(&truth, "modules", "FLTMGR.SYS", "base")));
    let driver = number(&Value::from(recorded(&truth, "objects", "\\Driver\\vsfilter", "address")));
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
        let characters: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u16::try_from(characters.len()).unwrap().to_le_bytes();
        dump.put(place, &[length, length].concat());
        dump.point(place + 8, texts);
        dump.put(texts, &characters);
        texts += 0x40;
    }
    dump.put(at(FRAME) + FRAME_ID, &2u32.to_le_bytes());
    dump.point(at(FILTER) + DRIVER, driver);
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
    let key = recorded(&truth, "modules", "FLTMGR.SYS", "pdb_key");
    symbol_table::write(folder.path(), "fltmgr.pdb", &key, &[("FltGlobals", DATA)], &types);
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
    let lines = run(&mut session, "!software -q").unwrap();
    assert!(lines.contains(&"    minifilters: vsfilter at 328020".to_owned()), "{lines:#?}");

    // A list that does not come back to its head is told, and what was found stays.
    dump.point(at(FILTER) + PRIMARY_LINK, 0);
    let (mut session, folder) = dump.open();
    symbol_table::write(folder.path(), "fltmgr.pdb", &key, &[("FltGlobals", DATA)], &types);
    run(&mut session, &format!(".sympath isf*{}", folder.path().display())).unwrap();
    run(&mut session, ".reload").unwrap();
    let lines = run(&mut session, "!fltkd.filters").unwrap();
    assert_eq!(lines[2], filter("   "));
    assert!(lines.len() == 5 && lines[4].contains("FLT_RESOURCE_LIST_HEAD"), "{lines:#?}");
}
