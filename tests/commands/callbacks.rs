//! `!callbacks` on a forge dump in which the lists are laid out by hand, with a symbol table that says where they are: the
//! forge has none; and on a real dump that holds a record.

use crate::forge::{recorded, truth};
use crate::golden::{run, session};
use crate::patched::{Patched, offset};
use crate::shared::root_with;
use crate::symbol_table::{self, array, basics, pointer, structure};
use dumpscope::session::Session;
use serde_json::Value;
use tempfile::TempDir;

/// Where the lists' heads are laid: zeros at the end of the kernel's data.
const DATA: u64 = 0x9_3c70;
const PROCESS_COUNT: u64 = DATA;
const PROCESS_EX_COUNT: u64 = DATA + 4;
const REGISTRY: u64 = DATA + 0x10;
const NMI: u64 = DATA + 0x20;
const SHUTDOWN: u64 = DATA + 0x30;
const FILE_SYSTEM: u64 = DATA + 0x40;
const REASON: u64 = DATA + 0x50;
const PROCESS: u64 = DATA + 0x80;
const THREAD: u64 = DATA + 0x280;
const IMAGE: u64 = DATA + 0x2a0;
const THREAD_COUNT: u64 = DATA + 0x2c0;
const IMAGE_COUNT: u64 = DATA + 0x2c4;
const LAST_SHUTDOWN: u64 = DATA + 0x2d0;

/// The dump with all lists, and the addresses of the driver of somebody else and of a page for records.
fn laid_out() -> (Patched, u64, u64) {
    let truth = truth("wifi");
    let [nt, filter] = ["ntoskrnl.exe", "wlanflt.sys"].map(|name| recorded(&truth, "modules", name, "base"));
    let page = recorded(&truth, "objects", "pool big Filt", "address");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    dump.put(page, &[0; 0x1000]);
    // Two blocks in slots 0 and 2 of the table, references counted in the low bits; behind them something else.
    let blocks = [page + 0x20, page + 0x40];
    dump.put(nt + PROCESS_COUNT, &1u32.to_le_bytes());
    dump.put(nt + PROCESS_EX_COUNT, &1u32.to_le_bytes());
    dump.point(nt + PROCESS, blocks[0] | 0xf);
    dump.point(nt + PROCESS + 16, blocks[1] | 0x7);
    dump.point(nt + PROCESS + 24, page + 0x60);
    for (block, routine, context) in [(blocks[0], nt + 0x1200, 0), (blocks[1], filter + 0x1040, 6)] {
        dump.point(block + 8, routine);
        dump.point(block + 16, context);
    }
    // A registry callback in no module, with its altitude.
    let record = page + 0x100;
    dump.list(nt + REGISTRY, &[record]);
    dump.point(record + 0x20, 0x1234);
    dump.point(record + 0x28, filter + 0x10_0000);
    dump.unicode(record + 0x30, "385200.5", record + 0x48);
    // An NMI callback whose handle is its own address, and one that is none.
    let [first, second] = [page + 0x200, page + 0x240];
    dump.point(nt + NMI, first);
    for (at, next, handle) in [(first, second, first), (second, 0, page)] {
        dump.point(at, next);
        dump.point(at + 8, filter + 0x1100);
        dump.point(at + 0x18, handle);
    }
    // A device and a driver that are told.
    let device = recorded(&truth, "objects", "\\Device\\WlanFlt", "address");
    let driver = recorded(&truth, "objects", "\\Driver\\wlanflt", "address");
    let [packet, notification] = [page + 0x300, page + 0x340];
    dump.list(nt + SHUTDOWN, &[packet]);
    dump.point(packet + 0x10, device);
    dump.point(driver + offset("_DRIVER_OBJECT", "MajorFunction") + 0x10 * 8, filter + 0x1180);
    // The second one's routine lay in a module that is gone.
    let stale = notification + 0x40;
    dump.list(nt + FILE_SYSTEM, &[notification, stale]);
    let gone = recorded(&truth, "unloaded", "WdBoot.sys", "start") + 0x40;
    for (at, routine) in [(notification, filter + 0x1200), (stale, gone)] {
        dump.point(at + 0x10, driver);
        dump.point(at + 0x18, routine);
    }
    // Crash callbacks with a reason: one whose sum holds, and one whose sum does not.
    let [good, bad] = [page + 0x400, page + 0x440];
    dump.list(nt + REASON, &[good, bad]);
    dump.put(page + 0x480, b"wlan\0");
    for (at, wrong) in [(good, 0), (bad, 1)] {
        dump.point(at + 0x10, filter + 0x1300);
        dump.point(at + 0x18, page + 0x480);
        dump.point(at + 0x20, (filter + 0x1300).wrapping_add(2).wrapping_add(page + 0x480) + wrong);
        dump.put(at + 0x28, &2u32.to_le_bytes());
    }
    for (table, count, block, routine) in
        [(THREAD, THREAD_COUNT, page + 0x500, 0x1380), (IMAGE, IMAGE_COUNT, page + 0x520, 0x1400)]
    {
        dump.put(nt + count, &1u32.to_le_bytes());
        dump.point(nt + table, block | 0xf);
        dump.point(block + 8, filter + routine);
    }
    let last = page + 0x540;
    dump.list(nt + LAST_SHUTDOWN, &[last]);
    dump.point(last + 0x10, device);
    bug_check(&mut dump, page + 0x580, filter + 0x1480, page + 0x480);
    of_type(&mut dump, page + 0x600, nt + 0x1000, filter + 0x1100);
    // `\Callback\PowerState`, and who is called for it.
    let [directory, object, registration] = [page + 0x750, page + 0x950, page + 0x9a0];
    named(&mut dump, directory, page + 0x8b0, "Callback");
    named(&mut dump, object, page + 0x9e0, "PowerState");
    for (parent, entry, child) in [
        (recorded(&truth, "objects", "\\", "address"), page + 0x8c8, directory),
        (directory, page + 0x8e0, object),
    ] {
        // The first in its first bucket.
        let before = if parent == directory { 0 } else { dump.pointer(parent) };
        dump.point(entry, before);
        dump.point(entry + 8, child);
        dump.point(parent, entry);
    }
    dump.put(object, b"Call");
    dump.list(object + 0x10, &[registration]);
    for (at, value) in [(0x10, object), (0x18, filter + 0x1500), (0x20, 0x99)] {
        dump.point(registration + at, value);
    }
    (dump, filter, page)
}

/// A bug check callback, the only one: links, routine, buffer, length, component, sum.
fn bug_check(dump: &mut Patched, record: u64, routine: u64, component: u64) {
    let head = dump.before().target.variable("nt!KeBugCheckCallbackListHead").unwrap().0;
    dump.list(head, &[record]);
    let (buffer, length) = (record + 0x800, 0x40);
    for (at, value) in [(0x10, routine), (0x18, buffer), (0x20, length), (0x28, component)] {
        dump.point(record + at, value);
    }
    dump.point(record + 0x30, routine.wrapping_add(buffer).wrapping_add(length).wrapping_add(component));
}

/// Who is asked for handles to types: the type of types is a type like others. The registration follows the record.
fn of_type(dump: &mut Patched, record: u64, before: u64, after: u64) {
    let types = dump.before().target.variable("nt!ObpTypeObjectType").unwrap().0;
    let ty = dump.pointer(types);
    let registration = record + 0x80;
    dump.list(ty + offset("_OBJECT_TYPE", "CallbackList"), &[record]);
    for (at, value) in [(0x18, registration), (0x20, ty), (0x28, before), (0x30, after)] {
        dump.point(record + at, value);
    }
    dump.point(registration + 8, 0x77);
    dump.unicode(registration + 0x10, "321000", registration + 0x28);
}

/// The header of the object at `body`, with its name before it.
fn named(dump: &mut Patched, body: u64, buffer: u64, name: &str) {
    let header = body - offset("_OBJECT_HEADER", "Body");
    dump.put(header + offset("_OBJECT_HEADER", "InfoMask"), &[2]);
    let info = header - offset("_OBJECT_HEADER_NAME_INFO", "(size)");
    dump.unicode(info + offset("_OBJECT_HEADER_NAME_INFO", "Name"), name, buffer);
}

/// Makes the session look into a folder with a table for its kernel.
fn tell_symbols(session: &mut Session, folder: &std::path::Path) {
    let key = truth("wifi")["modules"][0]["pdb_key"].as_str().unwrap().to_owned();
    let names = [
        ("PspCreateProcessNotifyRoutine", PROCESS),
        ("PspCreateProcessNotifyRoutineCount", PROCESS_COUNT),
        ("PspCreateProcessNotifyRoutineExCount", PROCESS_EX_COUNT),
        ("CallbackListHead", REGISTRY),
        ("KiNmiCallbackListHead", NMI),
        ("IopNotifyShutdownQueueHead", SHUTDOWN),
        ("IopFsNotifyChangeQueueHead", FILE_SYSTEM),
        ("KeBugCheckReasonCallbackListHead", REASON),
        ("PspCreateThreadNotifyRoutine", THREAD),
        ("PspCreateThreadNotifyRoutineCount", THREAD_COUNT),
        ("PspLoadImageNotifyRoutine", IMAGE),
        ("PspLoadImageNotifyRoutineCount", IMAGE_COUNT),
        ("IopNotifyLastChanceShutdownQueueHead", LAST_SHUTDOWN),
    ];
    // Where the forge's own symbols say that these are.
    let base = session.target.kernel_base().unwrap();
    let own =
        ["ObpTypeObjectType", "ObTypeIndexTable", "ObpRootDirectoryObject"].into_iter().filter_map(|name| {
            let (at, _) = session.target.variable(&format!("nt!{name}"))?;
            Some((name, at - base))
        });
    let names: Vec<(&str, u64)> = names.into_iter().chain(own).collect();
    let mut types = basics();
    let at = |ty: &'static str, member: &'static str, is: Value| (member, offset(ty, member), is);
    let void = || pointer(serde_json::json!({"kind": "base", "name": "void"}));
    let kind = |ty| at(ty, "Type", symbol_table::number(16));
    let driver = "_DRIVER_OBJECT";
    let name = at(driver, "DriverName", structure("_UNICODE_STRING"));
    types.push((driver, 0x150, vec![kind(driver), name, at(driver, "MajorFunction", array(28, void()))]));
    let device = "_DEVICE_OBJECT";
    types.push((device, 0x150, vec![kind(device), at(device, "DriverObject", pointer(structure(driver)))]));
    types.extend(object_types());
    let types: Vec<symbol_table::Structure<'_>> =
        types.iter().map(|(name, size, members)| (*name, *size, members.as_slice())).collect();
    symbol_table::write(folder, "ntkrnlmp.pdb", &key, &names, &types);
    run(session, &format!(".sympath isf*{}", folder.display())).unwrap();
    run(session, ".reload").unwrap();
}

/// What the object manager's structures need, at the places of build 19041.
fn object_types() -> Vec<symbol_table::Owned> {
    let at = |ty: &'static str, member: &'static str, is: Value| (member, offset(ty, member), is);
    let bits = symbol_table::number;
    let (ty, header, name) = ("_OBJECT_TYPE", "_OBJECT_HEADER", "_OBJECT_HEADER_NAME_INFO");
    let (directory, entry) = ("_OBJECT_DIRECTORY", "_OBJECT_DIRECTORY_ENTRY");
    let text = || structure("_UNICODE_STRING");
    let size = |ty| offset(ty, "(size)");
    let buckets = array(37, pointer(structure(entry)));
    let list = structure("_LIST_ENTRY");
    vec![
        (ty, size(ty), vec![at(ty, "Name", text()), at(ty, "Index", bits(8)), at(ty, "CallbackList", list)]),
        (
            header,
            size(header),
            vec![
                at(header, "TypeIndex", bits(8)),
                at(header, "InfoMask", bits(8)),
                at(header, "Body", bits(64)),
            ],
        ),
        ("_OBJECT_HEADER_CREATOR_INFO", size("_OBJECT_HEADER_CREATOR_INFO"), Vec::new()),
        (name, size(name), vec![at(name, "Name", text())]),
        (directory, size(directory), vec![at(directory, "HashBuckets", buckets)]),
        (
            entry,
            size(entry),
            vec![at(entry, "ChainLink", pointer(structure(entry))), at(entry, "Object", bits(64))],
        ),
    ]
}

fn opened(dump: &Patched) -> (Session, TempDir) {
    let (mut session, folder) = dump.open();
    tell_symbols(&mut session, folder.path());
    (session, folder)
}

/// A session on the dump with all lists, and the folder that holds it.
pub fn with_callbacks() -> (Session, TempDir) {
    opened(&laid_out().0)
}

#[test]
fn every_list_is_shown_with_whose_its_routines_are() {
    let (dump, filter, page) = laid_out();
    let (mut session, _folder) = opened(&dump);
    let lines = run(&mut session, "!callbacks").unwrap();
    let expected = [
        "Process: 2".to_owned(),
        format!("  {:016x} nt+0x1200", page + 0x20),
        format!("* {:016x} wlanflt+0x1040", page + 0x40),
        "Registry: 1".to_owned(),
        format!("! {:016x} {:016x}", page + 0x100, filter + 0x10_0000),
        "NMI: 1 and more that are not known".to_owned(),
        format!("* {:016x} wlanflt+0x1100", page + 0x200),
        "Shutdown: 1".to_owned(),
        format!("* {:016x} wlanflt+0x1180", page + 0x300),
        "File system registered: 2".to_owned(),
        format!("* {:016x} wlanflt+0x1200", page + 0x340),
        format!("! {:016x} {:016x}", page + 0x380, 0xffff_f807_6b10_0040u64),
        "Bug check, with a reason: 1 and more that are not known".to_owned(),
        format!("* {:016x} wlanflt+0x1300", page + 0x400),
        "Thread: 1".to_owned(),
        format!("* {:016x} wlanflt+0x1380", page + 0x500),
        "Image: 1".to_owned(),
        format!("* {:016x} wlanflt+0x1400", page + 0x520),
        "Last chance at shutdown: 1".to_owned(),
        format!("* {:016x} wlanflt+0x1180", page + 0x540),
        "Bug check: 1".to_owned(),
        format!("* {:016x} wlanflt+0x1480", page + 0x580),
        "Handles to objects: 2".to_owned(),
        format!("  {:016x} nt+0x1000", page + 0x600),
        format!("* {:016x} wlanflt+0x1100", page + 0x600),
        "Named: 1".to_owned(),
        format!("* {:016x} wlanflt+0x1500", page + 0x9a0),
    ];
    for start in &expected {
        assert!(lines.iter().any(|line| line.starts_with(start)), "{start}: {lines:#?}");
    }
    for end in [
        "0000000000000006",
        " 0000000000001234 385200.5",
        " \\Driver\\wlanflt",
        " wlan secondary data",
        " in unloaded WdBoot.sys",
        "0000000000000099 PowerState",
        "0000000000000077 Type before 321000",
        "Type after 321000",
    ] {
        assert!(lines.iter().any(|line| line.ends_with(end)), "{end}: {lines:#?}");
    }
    // Nothing was made of the third block, and of the records that contradict themselves.
    for at in [page + 0x60, page + 0x240, page + 0x440] {
        assert!(!lines.iter().any(|line| line.contains(&format!(" {at:016x} "))), "{at:x}: {lines:#?}");
    }
    let one = run(&mut session, "!callbacks nmi").unwrap();
    assert_eq!(one[0], "NMI: 1 and more that are not known");
    assert!(run(&mut session, "!callbacks bananas").unwrap_err().contains("bananas"));
    let kinds =
        lines.iter().filter(|line| !line.starts_with([' ', '*', '!', '(']) && line.contains(": ")).count();
    assert!(kinds >= 12, "{lines:#?}");
}

/// What needs no kernel symbols: crash callbacks (the debugger data block names the list), and those of an object's type.
#[test]
fn without_symbols_the_debugger_data_block_and_the_types_lead_to_lists() {
    let truth = truth("wifi");
    let [nt, filter] = ["ntoskrnl.exe", "wlanflt.sys"].map(|name| recorded(&truth, "modules", name, "base"));
    let page = recorded(&truth, "objects", "pool big Filt", "address");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    dump.put(page, &[0; 0x1000]);
    dump.put(page + 0x80, b"tcpip\0");
    bug_check(&mut dump, page, filter + 0x1040, page + 0x80);
    let (buffer, record) = (page + 0x800, page + 0x100);
    of_type(&mut dump, record, nt + 0x1000, filter + 0x1100);
    let (mut session, _folder) = dump.open();

    let lines = run(&mut session, "!callbacks bugcheck").unwrap();
    assert_eq!(lines[0], "Bug check: 1");
    assert!(lines[1].starts_with(&format!("* {page:016x} wlanflt+0x1040")), "{lines:#?}");
    assert!(lines[1].ends_with(&format!("{buffer:016x} tcpip")), "{lines:#?}");
    let lines = run(&mut session, "!callbacks object").unwrap();
    assert_eq!(lines[0], "Handles to objects: 2");
    assert!(lines[1].starts_with(&format!("  {record:016x} nt")), "{lines:#?}");
    assert!(lines[1].ends_with("0000000000000077 Type before 321000"), "{lines:#?}");
    assert!(lines[2].starts_with(&format!("* {record:016x} wlanflt+0x1100")), "{lines:#?}");
    assert!(lines[2].ends_with("Type after 321000"), "{lines:#?}");
    assert!(run(&mut session, "!callbacks thread").unwrap_err().contains("nt!PspCreateThreadNotifyRoutine"));

    // A sum that does not hold.
    dump.point(page + 0x30, 1);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, "!callbacks bugcheck").unwrap();
    assert_eq!(lines[0], "Bug check: none is known");
    assert!(lines[1].contains("is no bug check callback"), "{lines:#?}");
}

/// A real triage dump that holds a record: its bytes say routine fffff803f6cb63a0, buffer ffffbb8eba2dc010, 0x26f8 bytes,
/// and a check sum that is their sum.
#[test]
fn a_record_of_a_real_dump() {
    let Some(shared) = root_with(&["dumps"]) else { return };
    let mut session = session(&shared.join("dumps/rizin-testbins-triage_arm64.dmp"));
    let lines = run(&mut session, "!callbacks bugcheck").unwrap();
    assert_eq!(lines[0], "Bug check: 1");
    assert!(lines[1].starts_with("  ffffbb8eba2de480 fvevol+0x63a0 "), "{lines:#?}");
    assert!(lines[1].ends_with(" ffffbb8eba2dc010"), "{lines:#?}");
}
