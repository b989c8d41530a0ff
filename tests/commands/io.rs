//! `!irp`, `!irpfind`, `!devobj`, `!devstack`, `!drvobj`, `!fileobj`, `!ioctldecode` on the forge's dumps, against what the
//! emulator recorded, on dumps changed by hand, and with the values of public samples.

use crate::forge::{cases, number, truth};
use crate::golden::{run, session, words};
use crate::patched::{Patched, offset};
use dumpscope::session::Session;
use serde_json::Value;

const WIFI: &str = "tests/data/wifi-full.dmp.gz";

fn list<'t>(truth: &'t Value, name: &str) -> &'t [Value] {
    truth[name].as_array().map_or(&[], Vec::as_slice)
}

/// The whole dumps of all cases that record devices, with their records.
fn whole() -> impl Iterator<Item = (Session, Value)> {
    cases().into_iter().filter_map(|(_, truth, dumps)| {
        let dump = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage"))?;
        (!list(&truth, "devices").is_empty()).then(|| (session(dump), truth))
    })
}

/// A pointer as the commands print it: a null one has eight digits.
fn pointer(value: u64) -> String {
    format!("{value:08x}")
}

/// The device that is recorded as attached to this one.
fn upper(truth: &Value, device: u64) -> Option<u64> {
    let devices = list(truth, "devices").iter();
    devices
        .clone()
        .find(|above| number(&above["attached_to"]) == device)
        .map(|above| number(&above["address"]))
}

#[test]
fn devices_are_those_of_the_record() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        for device in list(&truth, "devices") {
            let (at, driver) = (number(&device["address"]), number(&device["driver"]));
            let lines = run(&mut session, &format!("!devobj {at:x}")).unwrap();
            assert_eq!(lines[0], format!("Device object ({at:016x}) is for:"));
            let name = device["name"].as_str().unwrap_or_default();
            assert!(lines[1].starts_with(&format!(" {name} \\")), "{lines:#?}");
            assert!(lines[1].ends_with(&format!(" DriverObject {driver:016x}")), "{lines:#?}");
            let lower = number(&device["attached_to"]);
            let attached = |label: &str| lines.iter().find(|line| line.starts_with(label));
            let address = |line: &String| line.split_whitespace().nth(2).unwrap().to_owned();
            assert_eq!(
                attached("AttachedTo (Lower)").map(address),
                (lower != 0).then(|| pointer(lower)),
                "{lines:#?}"
            );
            let above = upper(&truth, at);
            assert_eq!(attached("AttachedDevice (Upper)").map(address), above.map(pointer), "{lines:#?}");
            compared += 1;
        }
    }
    assert!(compared >= 5, "only {compared} devices");
}

#[test]
fn a_stack_is_the_same_from_each_of_its_devices() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        for device in list(&truth, "devices") {
            let at = number(&device["address"]);
            // From the bottom upwards by the record.
            let mut bottom = at;
            while let Some(found) = list(&truth, "devices").iter().find(|d| number(&d["address"]) == bottom) {
                match number(&found["attached_to"]) {
                    0 => break,
                    below => bottom = below,
                }
            }
            let mut expected = vec![bottom];
            while let Some(above) = upper(&truth, *expected.last().unwrap()) {
                expected.push(above);
            }
            expected.reverse();
            let lines = run(&mut session, &format!("!devstack {at:x}")).unwrap();
            assert_eq!(lines[0], "  !DevObj           !DrvObj            !DevExt           ObjectName");
            let rows = &lines[1..=expected.len()];
            for (row, device) in rows.iter().zip(&expected) {
                let mark = if *device == at { "> " } else { "  " };
                assert!(row.starts_with(&format!("{mark}{device:016x}  \\Driver\\")), "{lines:#?}");
            }
            assert!(!lines.iter().any(|line| line.contains("not known")), "{lines:#?}");
            compared += 1;
        }
    }
    assert!(compared >= 5, "only {compared} stacks");
}

#[test]
fn drivers_list_the_devices_of_the_record() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        for device in list(&truth, "devices") {
            let driver = number(&device["driver"]);
            let by_address = run(&mut session, &format!("!drvobj {driver:x} 3")).unwrap();
            assert_eq!(by_address[0], format!("Driver object ({driver:016x}) is for:"));
            let name = by_address[1].trim().to_owned();
            for asked in [name.as_str(), name.rsplit('\\').next().unwrap()] {
                assert_eq!(run(&mut session, &format!("!drvobj {asked} 3")).unwrap(), by_address, "{asked}");
            }
            let at = by_address.iter().position(|line| line == "Device Object list:").unwrap();
            let devices = words(&by_address[at + 1]);
            let mine: Vec<String> = list(&truth, "devices")
                .iter()
                .filter(|other| number(&other["driver"]) == driver)
                .map(|other| pointer(number(&other["address"])))
                .collect();
            assert_eq!(devices.len(), mine.len(), "{by_address:#?}");
            assert!(mine.iter().all(|one| devices.contains(&one.as_str())), "{by_address:#?}");
            let routines = by_address.iter().filter(|line| line.starts_with('[')).count();
            assert_eq!(routines, 28, "{by_address:#?}");
            compared += 1;
        }
    }
    assert!(compared >= 5, "only {compared} drivers");
}

#[test]
fn requests_are_those_of_the_record() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        let found = run(&mut session, "!irpfind").unwrap();
        for irp in list(&truth, "irps") {
            let (at, current) = (number(&irp["address"]), irp["current"].as_u64().unwrap());
            let levels = list(irp, "levels");
            let lines = run(&mut session, &format!("!irp {at:x}")).unwrap();
            assert!(
                lines[0]
                    .starts_with(&format!("Irp is active with {} stacks {current} is current", levels.len())),
                "{lines:#?}"
            );
            let thread = number(&irp["thread"]);
            assert!(lines[1].contains(&format!(" Thread {thread:016x}:  Irp stack trace.")), "{lines:#?}");
            for (index, level) in levels.iter().enumerate() {
                let four = &lines[3 + index * 4..7 + index * 4];
                let mark = if index as u64 + 1 == current { ">[" } else { " [" };
                assert!(four[0].starts_with(mark), "{four:#?}");
                let control = level["control"].as_u64().unwrap();
                if number(&level["device"]) != 0 {
                    let major = level["major"].as_u64().unwrap();
                    assert!(four[0].contains(&format!("({major:x}), N/A(0)]")), "{four:#?}");
                }
                let numbers = words(&four[1]);
                assert_eq!(numbers[1], format!("{control:x}"), "{four:#?}");
                assert_eq!(numbers[2], pointer(number(&level["device"])), "{four:#?}");
                assert_eq!(numbers[3], pointer(number(&level["file"])), "{four:#?}");
                let (completion, context) = (number(&level["completion"]), number(&level["context"]));
                assert_eq!(numbers[4], format!("{}-{}", pointer(completion), pointer(context)), "{four:#?}");
                assert_eq!(four[1].ends_with("pending"), control & 1 != 0, "{four:#?}");
                assert_eq!(four[1].contains("Success Error Cancel"), control & 0xe0 == 0xe0, "{four:#?}");
            }
            // The search finds it without any list.
            let row = found.iter().find(|line| line.starts_with(&pointer(at))).unwrap();
            let holder = number(&levels[usize::try_from(current).unwrap() - 1]["device"]);
            assert!(row.contains(&format!("[{thread:016x}] irpStack: (")), "{row}");
            assert!(row.contains(&format!("  {holder:016x} [ \\Driver\\")), "{row}");
            let last = lines.last().unwrap();
            assert!(last.contains(&format!("(device {holder:016x})")), "{last}");
            compared += 1;
        }
        let count = format!("{} shown; 0 found that are completed.", list(&truth, "irps").len());
        assert_eq!(found.last(), Some(&count));
    }
    assert!(compared >= 2, "only {compared} requests");
}

#[test]
fn the_search_heeds_its_criterion() {
    let truth = truth("wifi");
    let mut session = session(&crate::forge::root().join(WIFI));
    let irps = list(&truth, "irps");
    let at = |index: usize| pointer(number(&irps[index]["address"]));
    let device = number(&irps[0]["levels"][1]["device"]);
    let file = number(&irps[1]["levels"][0]["file"]);
    for (criterion, wanted) in [
        (format!("device {device:x}"), vec![at(0), at(1)]),
        (format!("fileobject {file:x}"), vec![at(1)]),
        ("driver wlanflt".to_owned(), vec![at(0)]),
        ("thread 1234".to_owned(), vec![]),
        ("arg 123456789".to_owned(), vec![]),
    ] {
        let lines = run(&mut session, &format!("!irpfind {criterion}")).unwrap();
        let rows: Vec<&str> = lines[1..lines.len() - 1].iter().map(|line| words(line)[0]).collect();
        assert!(wanted.iter().all(|irp| rows.contains(&irp.as_str())), "{criterion}: {lines:#?}");
        assert_eq!(rows.len(), wanted.len(), "{criterion}: {lines:#?}");
    }
    assert!(run(&mut session, "!irpfind colour 1").is_err());
}

/// The values of the sample of bug check 0x9F in Microsoft's documentation, put into a request of the forge; what differs is
/// the address, the driver's name, and the meaning of the arguments, which the sample does not have.
#[test]
fn a_power_request_reads_as_in_the_documentation() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let irp = number(&list(&truth, "irps")[0]["address"]);
    let device = number(&list(&truth, "devices")[4]["address"]);
    let (size, location) = (0xd0, 0x48);
    dump.put(irp + offset("_IRP", "StackCount"), &[7]);
    dump.put(irp + offset("_IRP", "CurrentLocation"), &[6]);
    dump.point(irp + 0x98, 0);
    // The locations cross the end of a page.
    for at in (0..7 * location).step_by(8) {
        dump.point(irp + size + at, 0);
    }
    let at = irp + size + 5 * location;
    dump.put(at, &[0x16, 2, 0, 0xe1]);
    for (index, value) in [0x16600u64, 1, 4, 6].into_iter().enumerate() {
        dump.point(at + 8 + index as u64 * 8, value);
    }
    dump.point(at + offset("_IO_STACK_LOCATION", "DeviceObject"), device);
    dump.point(irp + size + 6 * location + 0x40, 0xffff_fa80_0ad0_0170);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!irp {irp:x}")).unwrap();
    assert_eq!(lines[0], format!("Irp is active with 7 stacks 6 is current (= 0x{at:x})"));
    assert_eq!(lines[1], " No Mdl: No System Buffer: Thread 00000000:  Irp stack trace.");
    assert_eq!(lines[2], "     cmd  flg cl Device   File     Completion-Context");
    for unused in 0..5 {
        let four = &lines[3 + unused * 4..7 + unused * 4];
        assert_eq!(four[0], " [N/A(0), N/A(0)]");
        assert_eq!(four[1], "            0  0 00000000 00000000 00000000-00000000");
        assert_eq!(four[2], "");
        assert_eq!(four[3].trim_start(), "Args: 00000000 00000000 00000000 00000000");
    }
    assert_eq!(lines[23], ">[IRP_MJ_POWER(16), IRP_MN_SET_POWER(2)]");
    assert_eq!(lines[24], format!("            0 e1 {device:016x} 00000000 00000000-00000000    pending"));
    assert_eq!(
        lines[26].trim_start(),
        "Args: 00016600 00000001 00000004 00000006  device to D3, action ShutdownOff"
    );
    assert_eq!(lines[28], "            0  0 00000000 00000000 00000000-fffffa800ad00170");
}

#[test]
fn what_is_no_request_is_not_shown_as_one() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let irps = list(&truth, "irps");
    let (first, second) = (number(&irps[0]["address"]), number(&irps[1]["address"]));
    let device = number(&list(&truth, "devices")[0]["address"]);
    // The current location lies far beyond the last one; a count that no request has.
    dump.put(first + offset("_IRP", "CurrentLocation"), &[9]);
    dump.put(second + offset("_IRP", "StackCount"), &[0xff]);
    let (mut session, _folder) = dump.open();
    for (at, counts) in [(first, "location 9 of 3"), (second, "location 1 of 255"), (device, "type 3 ")] {
        let lines = run(&mut session, &format!("!irp {at:x}")).unwrap();
        assert!(lines[0].starts_with("IRP signature does not match, probably not an IRP: "), "{lines:#?}");
        assert!(lines[0].contains(counts), "{lines:#?}");
        assert_eq!(lines.len(), 1);
    }
    let found = run(&mut session, "!irpfind").unwrap();
    assert_eq!(found.last().unwrap(), "0 shown; 0 found that are completed.");
    let why = run(&mut session, "!devobj ffffa4058c032db0").unwrap();
    assert!(why[0].contains("is no device object: its type is 6"), "{why:#?}");
}

#[test]
fn a_completed_request_is_told_and_counted() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let irp = number(&list(&truth, "irps")[0]["address"]);
    dump.put(irp + offset("_IRP", "CurrentLocation"), &[4]);
    // The pointer moves with the number.
    dump.point(irp + 0xb8, irp + 0xd0 + 3 * 0x48);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!irp {irp:x}")).unwrap();
    assert!(lines[0].starts_with("Irp is active with 3 stacks 4 is current"), "{lines:#?}");
    assert_eq!(lines[1], "Irp is completed.");
    assert_eq!(lines.last().unwrap(), "No driver has the request: it is completed.");
    let lines = run(&mut session, "!irpfind").unwrap();
    assert_eq!(lines.last().unwrap(), "1 shown; 1 found that are completed; -a shows those, too.");
    let lines = run(&mut session, "!irpfind -a").unwrap();
    let row = lines.iter().find(|line| line.starts_with(&pointer(irp))).unwrap();
    assert!(row.ends_with("] Irp is complete (CurrentLocation 4 > StackCount 3)"), "{row}");
}

#[test]
fn links_of_devices_that_turn_back_end() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let devices: Vec<u64> = list(&truth, "devices").iter().map(|device| number(&device["address"])).collect();
    let [.., bottom, middle, top] = devices[..] else { panic!("five devices") };
    // The top is attached to by the bottom, and the bottom's driver's list of devices comes back.
    dump.point(top + offset("_DEVICE_OBJECT", "AttachedDevice"), bottom);
    dump.point(devices[0] + offset("_DEVICE_OBJECT", "NextDevice"), bottom);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!devstack {middle:x}")).unwrap();
    assert!(
        lines[0].starts_with("What is above is not known: the devices above: the list turns back"),
        "{lines:#?}"
    );
    assert!(lines.len() < 10, "{lines:#?}");
    let driver = number(&list(&truth, "devices")[0]["driver"]);
    let lines = run(&mut session, &format!("!drvobj {driver:x}")).unwrap();
    let last = lines.last().unwrap();
    assert!(
        last.starts_with("not all devices are known: the devices of the driver: the list turns back"),
        "{last}"
    );
}

#[test]
fn routines_elsewhere_are_told_apart() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let module = |name: &str| {
        let modules = list(&truth, "modules").iter();
        let found =
            modules.clone().find(|module| module["name"].as_str().unwrap().eq_ignore_ascii_case(name));
        number(&found.unwrap_or_else(|| panic!("{name}"))["base"])
    };
    let device = list(&truth, "devices").iter().find(|device| device["name"] == "WlanFlt").unwrap();
    let driver = number(&device["driver"]);
    let routine = |major: u64| driver + offset("_DRIVER_OBJECT", "MajorFunction") + major * 8;
    dump.point(routine(0), module("wlanflt.sys") + 0x1000);
    dump.point(routine(3), module("ndis.sys") + 0x1000);
    dump.point(routine(4), module("tcpip.sys") + 0x1000);
    dump.point(routine(0xe), 0xffff_a405_8c03_2db0);
    dump.point(routine(0x16), 0);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!drvobj {driver:x} 2")).unwrap();
    let row = |major: &str| lines.iter().find(|line| line.starts_with(major)).unwrap();
    assert!(!row("[00]").contains("<-") && row("[00]").contains("wlanflt"), "{lines:#?}");
    assert!(row("[03]").ends_with("(network driver library)"), "{lines:#?}");
    assert!(row("[04]").ends_with("<- not in the driver's image: in tcpip"), "{lines:#?}");
    assert!(row("[0e]").ends_with("<- not in the driver's image: in no loaded module"), "{lines:#?}");
    assert!(row("[16]").ends_with("00000000"), "{lines:#?}");
    assert!(!row("[01]").contains("<-"), "the kernel's own default is no hook: {lines:#?}");
    let last = lines.last().unwrap();
    assert!(last.starts_with("2 of the routines lie neither in the driver's image"), "{last}");
    for name in ["IRP_MJ_WRITE (in tcpip)", "IRP_MJ_DEVICE_CONTROL (in no loaded module)"] {
        assert!(last.contains(name), "{last}");
    }
}

#[test]
fn a_driver_object_with_wild_pointers_says_what_it_lacks() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let driver = number(&list(&truth, "devices")[0]["driver"]);
    for member in ["DeviceObject", "DriverExtension", "FastIoDispatch", "DriverStart"] {
        dump.point(driver + offset("_DRIVER_OBJECT", member), 0xffff_dead_beef_0000);
    }
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!drvobj {driver:x} 7"));
    let text = lines.map_or_else(|why| why, |lines| lines.join("\n"));
    assert!(text.contains("_DRIVER_EXTENSION") && text.contains("ffffdead"), "{text}");
    assert!(text.contains("not all devices are known: _DEVICE_OBJECT.NextDevice"), "{text}");
}

/// The sample of `!ioctldecode` in Microsoft's documentation; the device types that no public header has are left out.
#[test]
fn control_codes_are_taken_apart() {
    let mut session = session(&crate::forge::root().join(WIFI));
    let lines = run(&mut session, "!ioctldecode 0x220003").unwrap();
    assert_eq!(
        lines,
        [
            "",
            "IOCTL_INTERNAL_USB_SUBMIT_URB",
            "",
            "Device Type    : 0x22 (FILE_DEVICE_USB) (FILE_DEVICE_UNKNOWN)",
            "Method         : 0x3 METHOD_NEITHER",
            "Access         : FILE_ANY_ACCESS",
            "Function       : 0x0",
        ]
    );
    let lines = run(&mut session, "!ioctldecode 1280ce").unwrap();
    assert_eq!(lines[1], "Unknown IOCTL  : 0x1280ce");
    assert_eq!(lines[3], "Device Type    : 0x12 (FILE_DEVICE_NETWORK)");
    assert_eq!(lines[5], "Access         : FILE_WRITE_ACCESS");
    assert!(run(&mut session, "!ioctldecode 123456789a").is_err());
    assert!(run(&mut session, "!ioctldecode").is_err());
}

#[test]
fn files_tell_their_path_and_device() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let irp = &list(&truth, "irps")[0];
    let (at, file) = (number(&irp["address"]), number(&irp["levels"][1]["file"]));
    // The request waits for its file.
    dump.list(file + offset("_FILE_OBJECT", "IrpList"), &[at + offset("_IRP", "ThreadListEntry")]);
    dump.put(file + offset("_FILE_OBJECT", "Flags"), &0x40062u32.to_le_bytes());
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!fileobj {file:x}")).unwrap();
    let device = lines.iter().find(|line| line.starts_with("Device Object: 0x")).unwrap();
    assert!(device.contains("   \\Driver\\"), "{lines:#?}");
    let flags = lines.iter().position(|line| line == "Flags:  0x40062").unwrap();
    let shown: Vec<&str> = lines[flags + 1..flags + 5].iter().map(|line| line.trim_start()).collect();
    // Bits 2, 0x20, 0x40 and 0x40000, by FO_... of wdm.h.
    assert_eq!(shown, ["Synchronous IO", "Sequential Only", "Cache Supported", "Handle Created"]);
    assert!(lines.contains(&"1 queued.".to_owned()), "{lines:#?}");
    assert!(lines.iter().any(|line| line.trim_start().starts_with(&pointer(at))), "{lines:#?}");
    let lines = run(&mut session, &format!("!fileobj {at:x}")).unwrap();
    assert!(lines[0].contains("is no file object: its type is 6"), "{lines:#?}");
}

/// The net buffer list that the crash of the first case is about: what the emulator saw the failing routine called with.
fn completed_list() -> u64 {
    let truth = truth("wifi");
    let frames = list(&truth, "frames").iter();
    let frame = frames.clone().find(|frame| frame["function"] == "Dot11SendCompletion").unwrap();
    number(&frame["callee_arguments"][1])
}

#[test]
fn a_net_buffer_list_is_its_maker_s() {
    let at = completed_list();
    let mut session = session(&crate::forge::root().join(WIFI));
    let lines = run(&mut session, &format!("!nbl {at:x}")).unwrap();
    assert!(lines[0].starts_with(&format!("    NBL                {at:016x} ")), "{lines:#?}");
    assert!(lines[0].ends_with("Next NBL           NULL"), "{lines:#?}");
    assert!(lines[1].contains(" - wlanflt+0x"), "{lines:#?}");
    // NBL flag 0x100, which the filter sets, and 0x10, which NDIS adds.
    assert!(lines.contains(&"    NblFlags           00000110  HD_SPLIT, 0x10".to_owned()), "{lines:#?}");
    let whose = "    Whose it is: wlanflt; its source handle lies in that driver's image.";
    assert!(lines.contains(&whose.to_owned()), "{lines:#?}");
    assert_eq!(run(&mut session, &format!("!ndiskd.nbl {at:x}")).unwrap(), lines);
}

#[test]
fn a_source_handle_that_is_nobody_s_blames_nobody() {
    let at = completed_list();
    let truth = truth("wifi");
    let device = number(&list(&truth, "devices")[0]["address"]);
    let driver = number(&list(&truth, "devices")[1]["driver"]);
    for (handle, wanted) in [
        (0, "not known, its source handle is null"),
        (0xffff_dead_beef_0000, "no loaded driver has that source handle"),
        (device + 0x800, "a block in memory that holds no"),
        (driver, "holds routines of wlanflt (no proof of who owns it)"),
    ] {
        let mut dump = Patched::new(WIFI);
        if wanted.ends_with("holds no") {
            for at in (0..0x600).step_by(8) {
                dump.point(device + 0x800 + at, 0);
            }
        }
        dump.point(at + 0x78, handle);
        let (mut session, _folder) = dump.open();
        let lines = run(&mut session, &format!("!nbl {at:x}")).unwrap();
        assert!(
            lines.iter().any(|line| line.starts_with("    Whose it is") && line.contains(wanted)),
            "{lines:#?}"
        );
    }
}

#[test]
fn net_buffers_and_their_mdls_are_followed_and_end() {
    let at = completed_list();
    let truth = truth("wifi");
    let objects = list(&truth, "objects").iter();
    let room = objects.clone().find(|object| object["name"] == "pool big Filt").unwrap();
    let room = number(&room["address"]);
    let mut dump = Patched::new(WIFI);
    let (first, second, mdl) = (room, room + 0x100, room + 0x200);
    dump.point(at + 8, first);
    dump.point(first, second);
    // The second leads back to the first.
    dump.point(second, first);
    dump.put(first + 0x14, &60u32.to_le_bytes());
    dump.put(second + 0x14, &61u32.to_le_bytes());
    dump.point(first + 0x18, mdl);
    dump.point(second + 0x18, 0);
    dump.point(mdl, 0);
    dump.put(mdl + 0x28, &1514u32.to_le_bytes());
    dump.point(mdl + 0x18, room + 0x400);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!nbl {at:x}")).unwrap();
    let line =
        |wanted: String| lines.iter().find(|line| line.starts_with(&wanted)).cloned().unwrap_or_default();
    assert!(line(format!("    NB {first:016x}  length 60 ")).len() > 30, "{lines:#?}");
    assert!(line(format!("    NB {second:016x}  length 61 ")).len() > 30, "{lines:#?}");
    let wanted = format!("        MDL {mdl:016x}  bytes 1514  mapped at {:016x}", room + 0x400);
    assert!(lines.contains(&wanted), "{lines:#?}");
    assert!(
        !line("    The rest of the buffers: the net buffers: the list turns back".to_owned()).is_empty(),
        "{lines:#?}"
    );
}

/// Puts a UNICODE_STRING with its text.
pub fn put_text(dump: &mut Patched, at: u64, text: &str, place: u64) {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    dump.put(at, &(bytes.len() as u16).to_le_bytes());
    dump.put(at + 2, &(bytes.len() as u16).to_le_bytes());
    dump.point(at + 8, place);
    dump.put(place, &bytes);
}

/// A tree of device nodes with the values of the samples of `!devnode` in Microsoft's documentation: the forge has none.
/// Returns the root and its first child.
pub fn device_tree(dump: &mut Patched, started: u32, completed: u32) -> (u64, u64) {
    let truth = truth("wifi");
    let objects = list(&truth, "objects").iter();
    let room = objects.clone().find(|object| object["name"] == "pool big Filt").unwrap();
    let root = number(&room["address"]);
    let (first, second, texts) = (root + 0x400, root + 0x800, root + 0xc00);
    let pdo = number(&list(&truth, "devices")[0]["address"]);
    let of = |member: &str| offset("_DEVICE_NODE", member);
    for at in (0..0x1000).step_by(8) {
        dump.point(root + at, 0);
    }
    for (node, parent, sibling, child) in
        [(root, 0, 0, first), (first, root, second, 0), (second, root, first, 0)]
    {
        dump.point(node + of("Parent"), parent);
        // The second child leads back to the first.
        dump.point(node + of("Sibling"), sibling);
        dump.point(node + of("Child"), child);
        dump.point(node + of("PhysicalDeviceObject"), pdo);
        dump.put(node + of("State"), &started.to_le_bytes());
        dump.put(node + of("PreviousState"), &completed.to_le_bytes());
    }
    put_text(dump, root + of("InstancePath"), "HTREE\\ROOT\\0", texts);
    put_text(dump, first + of("InstancePath"), "ROOT\\volmgr\\0000", texts + 0x40);
    put_text(dump, first + of("ServiceName"), "volmgr", texts + 0x80);
    dump.put(second + of("Problem"), &0xau32.to_le_bytes());
    (root, first)
}

#[test]
fn a_tree_of_device_nodes_reads_as_in_the_documentation() {
    let mut dump = Patched::new(WIFI);
    let (root, first) = device_tree(&mut dump, 0x308, 0x30d);
    let pdo = number(&list(&truth("wifi"), "devices")[0]["address"]);
    // The bottom device of a stack knows its node: without symbols that leads to the root.
    let extension = dump.pointer(pdo + offset("_DEVICE_OBJECT", "DeviceObjectExtension"));
    dump.point(extension + offset("_DEVOBJ_EXTENSION", "DeviceNode"), first);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, "!devnode 0 1").unwrap();
    let expected = [
        format!("Dumping IopRootDeviceNode (= 0x{root:x})"),
        format!("DevNode 0x{root:x} for PDO 0x{pdo:x}"),
        "  InstancePath is \"HTREE\\ROOT\\0\"".to_owned(),
        "  State = DeviceNodeStarted (0x308)".to_owned(),
        "  Previous State = DeviceNodeEnumerateCompletion (0x30d)".to_owned(),
        format!("  DevNode 0x{first:x} for PDO 0x{pdo:x}"),
        "    InstancePath is \"ROOT\\volmgr\\0000\"".to_owned(),
        "    ServiceName is \"volmgr\"".to_owned(),
        "    State = DeviceNodeStarted (0x308)".to_owned(),
        "    Previous State = DeviceNodeEnumerateCompletion (0x30d)".to_owned(),
    ];
    assert_eq!(lines[..expected.len()], expected);
    assert!(lines.contains(&"    Problem = CM_PROB_FAILED_START".to_owned()), "{lines:#?}");
    assert!(
        lines.last().unwrap().contains("the children of the device node: the list turns back"),
        "{lines:#?}"
    );
    let only = run(&mut session, &format!("!devnode {root:x} 1 volmgr")).unwrap();
    assert_eq!(only[0], format!("DevNode 0x{first:x} for PDO 0x{pdo:x}"));
    let one = run(&mut session, &format!("!devnode {first:x}")).unwrap();
    assert!(one[1].starts_with(&format!("  Parent 0x{root:x}   Sibling 0x")), "{one:#?}");
    assert!(one[1].ends_with("   Child 0000000000"), "{one:#?}");
    let stack = run(&mut session, &format!("!devstack {pdo:x}")).unwrap();
    let node = stack.iter().position(|line| *line == format!("!DevNode {first:016x} :")).unwrap();
    assert_eq!(
        stack[node + 1..node + 3],
        ["  DeviceInst is \"ROOT\\volmgr\\0000\"", "  ServiceName is \"volmgr\""]
    );
}

/// PNP_DEVNODE_STATE has two states more since 10.0.20348 (public symbols): the same names stand at other numbers.
#[test]
fn states_of_either_numbering_have_their_names() {
    for (started, completed, wanted) in [
        (0x308, 0x305, ["DeviceNodeStarted (0x308)", "DeviceNodeStartPending (0x305)"]),
        (0x30a, 0x307, ["DeviceNodeStarted (0x30a)", "DeviceNodeStartPending (0x307)"]),
        // Nothing here is started: a number alone.
        (0x312, 0x310, ["0x312", "0x310"]),
    ] {
        let mut dump = Patched::new(WIFI);
        let (_, first) = device_tree(&mut dump, started, completed);
        let (mut session, _folder) = dump.open();
        let lines = run(&mut session, &format!("!devnode {first:x}")).unwrap();
        let states: Vec<&str> =
            lines.iter().filter_map(|line| line.split_once("State = ")).map(|(_, state)| state).collect();
        assert_eq!(states, wanted);
    }
}

#[test]
fn the_requests_of_a_process_are_those_of_its_threads_and_files() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        let lines = run(&mut session, "!processirps 0").unwrap();
        for irp in list(&truth, "irps") {
            let current = usize::try_from(irp["current"].as_u64().unwrap()).unwrap();
            let device = number(&irp["levels"][current - 1]["device"]);
            let at = number(&irp["address"]);
            let row = lines
                .iter()
                .position(|line| line.starts_with(&format!("    IRP {at:016x} - Owned by \\")))
                .unwrap();
            assert!(lines[row].ends_with(&format!(" for device {device:016x}")), "{}", lines[row]);
            // Its thread stands above it, and above that the process.
            let head = lines[..row].iter().rev().find(|line| line.starts_with("  Thread ")).unwrap();
            assert_eq!(*head, format!("  Thread {:016x}:", number(&irp["thread"])));
            let process = lines[..row].iter().rev().find(|line| line.starts_with("**** PROCESS ")).unwrap();
            let threads = list(&truth, "threads").iter();
            let thread = threads.clone().find(|thread| thread["ethread"] == irp["thread"]).unwrap();
            let mut processes = list(&truth, "processes").iter();
            let owner = processes.find(|process| process["pid"] == thread["pid"]).unwrap();
            let owner = number(&owner["eprocess"]);
            assert!(process.starts_with(&format!("**** PROCESS {owner:016x} (Image: ")), "{process}");
            compared += 1;
        }
    }
    assert!(compared >= 2, "only {compared} requests");
}
