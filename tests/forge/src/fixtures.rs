//! The images of the fixture Windows.

use crate::cases::base::Images;
use crate::pack::Outputs;
use crate::toolchain::{Spec, Stamp};

const KERNEL: &[&str] = &["-mno-implicit-float", "-fno-eliminate-unused-debug-types", "-Intos"];
const NT: &[&str] = &[
    "ntos/trap.s",
    "ntos/data.c",
    "ntos/ke.c",
    "ntos/rtl.c",
    "ntos/mm.c",
    "ntos/ex.c",
    "ntos/io.c",
    "ntos/resource.c",
    "ntos/deferred.c",
];
const NT_SPECIAL: &[&str] = &[
    "ntos/trap.s",
    "ntos/data.c",
    "ntos/ke.c",
    "ntos/rtl.c",
    "ntos/mm.c",
    "ntos/ex.c",
    "ntos/io.c",
    "ntos/resource.c",
    "ntos/deferred.c",
    "edition.c",
];

/// An inbox driver.
const fn driver(
    name: &'static str,
    sources: &'static [&'static str],
    imports: &'static [&'static str],
) -> Spec {
    Spec {
        name,
        sources,
        imports,
        flags: &[],
        link: &["/subsystem:native", "/driver"],
        entry: "DriverEntry",
        stamp: Stamp::Repro,
        base: 0x1_4000_0000,
        resource: None,
        dll: false,
        edition: "",
    }
}

/// A driver of somebody else, with a plain link time.
const fn third(
    name: &'static str,
    sources: &'static [&'static str],
    imports: &'static [&'static str],
    time: u32,
    resource: Option<&'static str>,
) -> Spec {
    Spec {
        stamp: Stamp::Time(time),
        resource,
        flags: &["-mno-implicit-float"],
        ..driver(name, sources, imports)
    }
}

/// A library of user mode.
const fn library(
    name: &'static str,
    sources: &'static [&'static str],
    imports: &'static [&'static str],
) -> Spec {
    Spec {
        link: &["/subsystem:windows"],
        entry: "DllMain",
        base: 0x1_8000_0000,
        dll: true,
        ..driver(name, sources, imports)
    }
}

/// A program.
const fn program(name: &'static str, sources: &'static [&'static str], entry: &'static str) -> Spec {
    Spec { link: &["/subsystem:console"], entry, ..driver(name, sources, &["ntdll", "KERNELBASE"]) }
}

const MAIN: &str = "mainCRTStartup";

/// In build order: an image may import from those before it.
pub const ALL: &[Spec] = &[
    Spec { flags: KERNEL, entry: "KiIdleLoop", ..driver("ntoskrnl.exe", NT, &[]) },
    Spec {
        flags: KERNEL,
        entry: "KiIdleLoop",
        edition: "special",
        ..driver("ntoskrnl.exe", NT_SPECIAL, &[])
    },
    Spec {
        link: &["/subsystem:native"],
        dll: true,
        base: 0x1_8000_0000,
        ..driver("hal.dll", &["hal/hal.c"], &[])
    },
    driver("tcpip.sys", &["tcpip/tcpip.c"], &["ntoskrnl"]),
    driver("ndis.sys", &["ndis/ndis.c"], &["ntoskrnl"]),
    driver("nwifi.sys", &["nwifi/nwifi.c"], &["ntoskrnl", "ndis"]),
    third(
        "wlanflt.sys",
        &["wlanflt/pad.s", "wlanflt/wlanflt.c"],
        &["ntoskrnl", "ndis", "tcpip"],
        0x5F3A_91C4,
        Some("rc/wlanflt.rc"),
    ),
    driver("FLTMGR.SYS", &["fltmgr/fltmgr.c"], &["ntoskrnl"]),
    Spec { resource: Some("rc/ntfs.rc"), ..driver("Ntfs.sys", &["ntfs/ntfs.c"], &["ntoskrnl"]) },
    driver("win32kbase.sys", &["win32k/win32kbase.c"], &["ntoskrnl"]),
    driver("win32kfull.sys", &["win32k/win32kfull.c"], &["ntoskrnl"]),
    driver("win32k.sys", &["win32k/win32k.c"], &["ntoskrnl", "win32kbase"]),
    third(
        "vscan.sys",
        &["third/vscan.c", "third/vscan_pad.s", "third/vscan_engine.c"],
        &["ntoskrnl"],
        0x6012_44B8,
        None,
    ),
    third("vsfilter.sys", &["third/vsfilter.c"], &["ntoskrnl", "vscan"], 0x6012_44C1, None),
    third("usbredir.sys", &["third/usbredir.cpp"], &["ntoskrnl"], 0x5EC7_01D3, Some("rc/usbredir.rc")),
    Spec {
        edition: "old",
        link: &["/subsystem:native"],
        dll: true,
        base: 0x1_8000_0000,
        ..driver("hal.dll", &["hal/hal.c", "edition.c"], &[])
    },
    third("tspport.sys", &["third/v2drv.s"], &[], 0x6155_E0A7, None),
    third("isofilter.sys", &["third/isofilter.c"], &["ntoskrnl", "FLTMGR"], 0x5FA0_9E11, None),
    third("isospace.sys", &["third/isospace.c"], &["ntoskrnl"], 0x5FA0_9E2A, None),
    library("ntdll.dll", &["user/ntdll.c", "user/stubs.s"], &[]),
    library("KERNELBASE.dll", &["user/kernelbase.c"], &["ntdll"]),
    library("KERNEL32.DLL", &["user/kernel32.c"], &["ntdll"]),
    program("smss.exe", &["user/smss.c"], "NtProcessStartup"),
    program("csrss.exe", &["user/program.c"], MAIN),
    program("wininit.exe", &["user/program.c"], MAIN),
    program("services.exe", &["user/program.c"], MAIN),
    program("svchost.exe", &["user/program.c"], MAIN),
    program("explorer.exe", &["user/program.c"], MAIN),
    program("agent.exe", &["user/program.c"], MAIN),
    Spec {
        stamp: Stamp::Time(0x6012_44D0),
        resource: Some("rc/scansvc.rc"),
        ..program("scansvc.exe", &["user/scansvc.c"], MAIN)
    },
];

/// Images of user mode.
pub fn is_user(name: &str) -> bool {
    name.ends_with(".exe") && name != "ntoskrnl.exe"
        || ["ntdll.dll", "KERNELBASE.dll", "KERNEL32.DLL"].contains(&name)
}

/// Images whose PDB is in nobody's store.
const NO_PDB: &[&str] = &[
    "tspport.sys",
    "wlanflt.sys",
    "vscan.sys",
    "vsfilter.sys",
    "isofilter.sys",
    "isospace.sys",
    "Ntfs.sys",
    "scansvc.exe",
];
/// Images that are in no store either.
const NO_IMAGE: &[&str] = &["isofilter.sys", "isospace.sys"];

/// Puts images and PDBs into the symbol store; the special edition's PDB is nobody's.
pub fn publish(images: &Images, out: &mut Outputs) {
    for (spec, image) in ALL.iter().zip(&images.0) {
        if spec.edition == "old" {
            // A PDB of another build of the same image: whoever finds it must not take it.
            out.mismatched(image);
            continue;
        }
        if !NO_IMAGE.contains(&spec.name) {
            out.image(image);
        }
        if !NO_PDB.contains(&spec.name) && spec.edition.is_empty() {
            out.pdb(image);
        }
    }
}
