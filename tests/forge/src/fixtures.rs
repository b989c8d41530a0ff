//! The images of the fixture Windows.

use crate::cases::base::Images;
use crate::pack::Outputs;
use crate::toolchain::{Spec, Stamp};

const KERNEL: &[&str] = &[
    "-mno-implicit-float",
    "-fno-eliminate-unused-debug-types",
    "-Intos",
];

/// In build order: an image may import from those before it.
pub const ALL: &[Spec] = &[
    Spec {
        name: "ntoskrnl.exe",
        sources: &[
            "ntos/trap.s",
            "ntos/data.c",
            "ntos/ke.c",
            "ntos/rtl.c",
            "ntos/mm.c",
            "ntos/ex.c",
            "ntos/io.c",
        ],
        imports: &[],
        flags: KERNEL,
        link: &["/subsystem:native", "/driver"],
        entry: "KiIdleLoop",
        stamp: Stamp::Repro,
        base: 0x1_4000_0000,
        resource: None,
        dll: false,
    },
    Spec {
        name: "hal.dll",
        sources: &["hal/hal.c"],
        imports: &[],
        flags: &[],
        link: &["/subsystem:native"],
        entry: "DriverEntry",
        stamp: Stamp::Repro,
        base: 0x1_8000_0000,
        resource: None,
        dll: true,
    },
    Spec {
        name: "tcpip.sys",
        sources: &["tcpip/tcpip.c"],
        imports: &["ntoskrnl"],
        flags: &[],
        link: &["/subsystem:native", "/driver"],
        entry: "DriverEntry",
        stamp: Stamp::Repro,
        base: 0x1_4000_0000,
        resource: None,
        dll: false,
    },
    Spec {
        name: "ndis.sys",
        sources: &["ndis/ndis.c"],
        imports: &["ntoskrnl"],
        flags: &[],
        link: &["/subsystem:native", "/driver"],
        entry: "DriverEntry",
        stamp: Stamp::Repro,
        base: 0x1_4000_0000,
        resource: None,
        dll: false,
    },
    Spec {
        name: "nwifi.sys",
        sources: &["nwifi/nwifi.c"],
        imports: &["ntoskrnl", "ndis"],
        flags: &[],
        link: &["/subsystem:native", "/driver"],
        entry: "DriverEntry",
        stamp: Stamp::Repro,
        base: 0x1_4000_0000,
        resource: None,
        dll: false,
    },
    Spec {
        name: "wlanflt.sys",
        sources: &["wlanflt/pad.s", "wlanflt/wlanflt.c"],
        imports: &["ntoskrnl", "ndis", "tcpip"],
        flags: &["-mno-implicit-float"],
        link: &["/subsystem:native", "/driver"],
        entry: "DriverEntry",
        stamp: Stamp::Time(0x5F3A_91C4),
        base: 0x1_4000_0000,
        resource: None,
        dll: false,
    },
];

/// Images whose PDB is in nobody's store.
const NO_PDB: &[&str] = &["wlanflt.sys"];
/// Images that are in no store either.
const NO_IMAGE: &[&str] = &[];

/// Puts images and PDBs into the symbol store.
pub fn publish(images: &Images, out: &mut Outputs) {
    for image in &images.0 {
        if !NO_IMAGE.contains(&image.name.as_str()) {
            out.image(image);
        }
        if !NO_PDB.contains(&image.name.as_str()) {
            out.pdb(image);
        }
    }
}
