//! `!devobj`, `!devstack`, `!drvobj`, `!fileobj`, `!ioctldecode`.

use super::{WIFI, pointer, whole};
use crate::forge::{list, number, truth};
use crate::golden::{run, session, words};
use crate::patched::{Patched, offset};
use serde_json::Value;

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
