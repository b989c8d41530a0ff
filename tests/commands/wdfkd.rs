//! `!wdfkd.*` on a forge dump in which one driver is renamed to the driver framework and another becomes its client, with a device
//! laid out by hand and a symbol table for them: the forge has no framework.

use crate::forge::{number, recorded, recorded_text, truth};
use crate::golden::{run, session};
use crate::patched::{Patched, offset};
use crate::symbol_table::{self, array, basics, enumeration, number as bits, pointer, structure};
use serde_json::json;

/// Offsets of the table's own.
mod at {
    /// The framework's variable, from its image's base.
    pub const LIBRARY: u64 = 0x3800;
    pub const DRIVERS: u64 = 0x10;
    pub const BIND_INFO: u64 = 0x20;
    pub const IMAGE: u64 = 0x28;
    pub const IMAGE_SIZE: u64 = 0x30;
    pub const VERIFIER: u64 = 0x34;
    pub const DRIVER: u64 = 0x38;
    pub const NAME: u64 = 0x48;
    pub const CONTEXT: u64 = 0x28;
}

fn types() -> Vec<symbol_table::Owned> {
    let mut types = basics();
    types.extend([
        ("_WDF_VERSION", 12, vec![("Major", 0, bits(32)), ("Minor", 4, bits(32)), ("Build", 8, bits(32))]),
        ("_WDF_BIND_INFO", 0x40, vec![("Version", 0x10, structure("_WDF_VERSION"))]),
        ("MxDriverObject", 8, vec![("m_DriverObject", 0, pointer(bits(64)))]),
        ("FxDriver", 0x80, vec![("m_DriverObject", 0x10, structure("MxDriverObject"))]),
        (
            "_WDF_DRIVER_GLOBALS",
            0x40,
            vec![("DriverName", 8, array(32, json!({"kind": "base", "name": "char"})))],
        ),
        (
            "_FX_DRIVER_GLOBALS",
            0x100,
            vec![
                ("Linkage", 0, structure("_LIST_ENTRY")),
                ("WdfBindInfo", at::BIND_INFO, pointer(structure("_WDF_BIND_INFO"))),
                ("ImageAddress", at::IMAGE, pointer(bits(8))),
                ("ImageSize", at::IMAGE_SIZE, bits(32)),
                ("FxVerifierOn", at::VERIFIER, bits(8)),
                ("Driver", at::DRIVER, pointer(structure("FxDriver"))),
                ("Public", at::NAME - 8, structure("_WDF_DRIVER_GLOBALS")),
            ],
        ),
        ("FxLibraryGlobalsType", 0x40, vec![("FxDriverGlobalsList", at::DRIVERS, structure("_LIST_ENTRY"))]),
        (
            "FxContextHeader",
            0x30,
            vec![("Object", 0, pointer(bits(8))), ("Context", at::CONTEXT, array(1, bits(64)))],
        ),
        ("MxDeviceObject", 8, vec![("m_DeviceObject", 0, pointer(bits(64)))]),
        (
            "FxDevice",
            0x200,
            vec![
                ("m_DeviceObject", 0x90, structure("MxDeviceObject")),
                ("m_AttachedDevice", 0x98, structure("MxDeviceObject")),
                ("m_PhysicalDevice", 0xa0, structure("MxDeviceObject")),
                ("m_CurrentPnpState", 0xc0, enumeration("_WDF_DEVICE_PNP_STATE")),
                ("m_CurrentPowerState", 0xc4, enumeration("_WDF_DEVICE_POWER_STATE")),
                ("m_CurrentPowerPolicyState", 0xc8, enumeration("_WDF_DEVICE_POWER_POLICY_STATE")),
            ],
        ),
    ]);
    types
}

/// Values that wdfdevice.h publishes; the last enumeration lacks the value that the device has.
const ENUMS: [symbol_table::Enumeration<'static>; 3] = [
    ("_WDF_DEVICE_PNP_STATE", &[("WdfDevStatePnpStarted", 0x119)]),
    ("_WDF_DEVICE_POWER_STATE", &[("WdfDevStatePowerD0", 0x307)]),
    ("_WDF_DEVICE_POWER_POLICY_STATE", &[("WdfDevStatePwrPolObjectCreated", 0x500)]),
];

#[test]
fn drivers_and_devices() {
    let mut dump = Patched::new("assets/demo/readonly.dmp.gz");
    let truth = truth("readonly");
    let address = |kind: &str, name: &str, key: &str| recorded(&truth, kind, name, key);
    let (framework, image) =
        (address("modules", "isospace.sys", "base"), address("modules", "tcpip.sys", "base"));
    let driver = address("objects", "\\Driver\\tcpip", "address");
    let devices = truth["devices"].as_array().unwrap();
    let own: Vec<u64> = devices
        .iter()
        .filter(|device| number(&device["driver"]) == driver)
        .map(|device| number(&device["address"]))
        .collect();
    let (&device, others) = own.split_first().unwrap();
    // Four pages that handle tables took.
    let room = number(&truth["pool"]["big"][0]["address"]);
    for at in (room..room + 0x1000).step_by(8) {
        dump.point(at, 0);
    }
    let (client, broken, bind_info, fx_driver, fx_device, header) =
        (room, room + 0x100, room + 0x200, room + 0x280, room + 0x400, room + 0x600);
    dump.list(framework + at::LIBRARY + at::DRIVERS, &[client, broken]);
    dump.point(client + at::BIND_INFO, bind_info);
    for (part, value) in [(0x10u64, 1u32), (0x14, 25), (0x18, 7)] {
        dump.put(bind_info + part, &value.to_le_bytes());
    }
    dump.point(client + at::IMAGE, image);
    dump.put(client + at::IMAGE_SIZE, &0x1c000u32.to_le_bytes());
    dump.put(client + at::VERIFIER, &[1]);
    dump.point(client + at::DRIVER, fx_driver);
    dump.put(client + at::NAME, b"SampleNic");
    dump.put(broken + at::NAME, b"Broken");
    dump.point(fx_driver + 0x10, driver);
    dump.point(device + offset("_DEVICE_OBJECT", "DeviceExtension"), header + at::CONTEXT);
    dump.point(header, fx_device);
    dump.point(fx_device + 0x90, device);
    dump.point(fx_device + 0xa0, device);
    for (at, state) in [(0xc0u64, 0x119u32), (0xc4, 0x307), (0xc8, 0x57a)] {
        dump.put(fx_device + at, &state.to_le_bytes());
    }
    dump.rename("isospace.sys", "Wdf01000.sys");
    let (mut session, folder) = dump.open();
    for command in ["!wdfkd.wdfldr", "!wdfkd.wdfdriverinfo SampleNic", "!wdfkd.wdfdevice 1000"] {
        let why = run(&mut session, command).unwrap_err();
        assert!(why.contains("public symbols of Wdf01000"), "{why}");
    }

    let types = types();
    let types: Vec<symbol_table::Structure<'_>> =
        types.iter().map(|(name, size, members)| (*name, *size, members.as_slice())).collect();
    let names = [("FxLibraryGlobals", at::LIBRARY)];
    let key = recorded_text(&truth, "modules", "isospace.sys", "pdb_key");
    symbol_table::write_with(folder.path(), "isospace.pdb", &key, &names, &types, &ENUMS);
    run(&mut session, &format!(".sympath isf*{}", folder.path().display())).unwrap();
    run(&mut session, ".reload").unwrap();
    let lines = run(&mut session, "!wdfldr").unwrap();
    let row = format!("  {:<16} {:<10} {client:016x} {image:016x} 1c000", "SampleNic", "1.25.7");
    assert!(lines[1].starts_with(&row), "{lines:#?}");
    assert!(lines[2].starts_with("  Broken "), "{lines:#?}");
    // One of them, by the driver's name or its module's.
    for asked in ["SAMPLENIC.sys", "tcpip"] {
        let one = run(&mut session, &format!("!wdfldr {asked}")).unwrap();
        assert_eq!(one[..2], lines[..2], "{asked}");
        assert!(!one.iter().any(|line| line.starts_with("  Broken ")), "{one:#?}");
    }

    let handle = fx_device ^ !7;
    for asked in ["samplenic", "tcpip.sys", "SampleNic.sys 1 -v"] {
        let lines = run(&mut session, &format!("!wdfdriverinfo {asked}")).unwrap();
        let has = |wanted: String| assert!(lines.contains(&wanted), "{wanted}\n{lines:#?}");
        has("   Version        1.25.7".to_owned());
        has(format!("    !wdfdevice {handle:#018x}  device object {device:016x}"));
        has("        Pnp/Power State: 119 ( WdfDevStatePnpStarted ), 307 ( WdfDevStatePowerD0 ), 57a"
            .to_owned());
        for other in others {
            let start = format!("    device object {other:016x} is not the framework's: ");
            assert!(lines.iter().any(|line| line.starts_with(&start)), "{start}\n{lines:#?}");
        }
    }
    let why = run(&mut session, "!wdfdriverinfo Nobody").unwrap_err();
    assert!(why.contains("SampleNic, Broken"), "{why}");
    for typed in [handle, handle | 1, fx_device, device] {
        let lines = run(&mut session, &format!("!wdfdevice {typed:#x}")).unwrap();
        assert_eq!(lines[0], format!("# Dumping WDFDEVICE {handle:#018x}"));
        assert_eq!(lines[4], "Pnp state:  119 ( WdfDevStatePnpStarted )", "{lines:#?}");
        assert_eq!(lines[6], "Power Pol state:  57a", "{lines:#?}");
        assert_eq!(run(&mut session, &format!("!wdfdevice {typed:#x} ff")).unwrap(), lines);
    }
    let why = run(&mut session, &format!("!wdfdevice {client:#x}")).unwrap_err();
    assert!(why.contains("neither a WDFDEVICE"), "{why}");
}

#[test]
fn a_dump_without_the_framework_says_so() {
    let mut session = session(&crate::forge::root().join("assets/demo/wifi.dmp.gz"));
    for command in ["!wdfkd.wdfldr", "!wdfkd.wdfdriverinfo nt", "!wdfkd.wdfdevice 1000"] {
        let why = run(&mut session, command).unwrap_err();
        assert!(why.contains("Wdf01000"), "{why}");
    }
}
