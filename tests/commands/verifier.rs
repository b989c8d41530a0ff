//! `!verifier` on a dump of the forge in which Driver Verifier's data, of which no symbols of the fixtures tell, were laid out.

use crate::forge::{number, truth};
use crate::golden::run;
use crate::patched::Patched;
use crate::symbol_table::{self, basics, number as bits};

/// Distances from the kernel's base at which the variables are put.
const DATA: u64 = 0x9_3c70;
const LENGTH: u64 = DATA + 0xb0;
const NAMES: u64 = DATA + 0xb8;
/// `LDRP_IMAGE_VERIFYING`, and where a loader entry has its flags.
const VERIFYING: u64 = 0x0200_0000;
const FLAGS: u64 = 0x68;

/// Members of `_MM_DRIVER_VERIFIER_DATA` in build 19041, their bits, and what is put there: no two alike.
const MEMBERS: [(&str, u64, u32, u64); 18] = [
    ("Level", 0, 32, 0x0202_09bb),
    ("RaiseIrqls", 4, 32, 0x11),
    ("AcquireSpinLocks", 8, 32, 0x362),
    ("SynchronizeExecutions", 0xc, 32, 0x13),
    ("AllocationsAttempted", 0x10, 32, 0x7_b058),
    ("AllocationsSucceeded", 0x14, 32, 0x7_b057),
    ("AllocationsSucceededSpecialPool", 0x18, 32, 0x7_b056),
    ("AllocationsWithNoTag", 0x1c, 32, 0x17),
    ("Trims", 0x24, 32, 0xa34a),
    ("AllocationsFailed", 0x28, 32, 1),
    ("CurrentPagedPoolAllocations", 0x40, 32, 0x1a),
    ("CurrentNonPagedPoolAllocations", 0x44, 32, 0xe3),
    ("PeakPagedPoolAllocations", 0x48, 32, 0x1b),
    ("PeakNonPagedPoolAllocations", 0x4c, 32, 0x10f),
    ("PagedBytes", 0x50, 64, 0x950),
    ("NonPagedBytes", 0x58, 64, 0x4_6110),
    ("PeakPagedBytes", 0x60, 64, 0xac4),
    ("PeakNonPagedBytes", 0x68, 64, 0x4_8e40),
];

/// The address of a module's loader entry.
fn entry(dump: &Patched, base: u64) -> u64 {
    let first = dump.before().target.header().unwrap().ps_loaded_module_list;
    let mut at = dump.pointer(first);
    while dump.pointer(at + 0x30) != base {
        at = dump.pointer(at);
        assert_ne!(at, first);
    }
    at
}

#[test]
fn flags_counters_and_drivers_are_shown() {
    let truth = truth("wifi");
    let base = |name: &str| {
        let modules = truth["modules"].as_array().unwrap();
        number(&modules.iter().find(|module| module["name"] == name).unwrap()["base"])
    };
    let (nt, filter) = (base("ntoskrnl.exe"), base("wlanflt.sys"));
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let loader = entry(&dump, filter);
    dump.change(loader + FLAGS, 4, |flags| flags | VERIFYING);
    for (_, at, bits, value) in MEMBERS {
        dump.put(nt + DATA + at, &value.to_le_bytes()[..bits as usize / 8]);
    }
    let names: Vec<u8> = "wlanflt.sys\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    dump.put(nt + LENGTH, &(names.len() as u32).to_le_bytes());
    dump.put(nt + NAMES, &names);
    let (mut session, folder) = dump.open();
    let told = run(&mut session, "!verifier").unwrap();
    assert!(told.iter().any(|line| line.ends_with("wlanflt.sys (Loaded)")), "{told:#?}");
    let mut types = basics();
    let members = MEMBERS.map(|(name, at, size, _)| (name, at, bits(size)));
    types.push(("_MM_DRIVER_VERIFIER_DATA", 0xa8, members.to_vec()));
    let types: Vec<symbol_table::Structure<'_>> =
        types.iter().map(|(name, size, members)| (*name, *size, members.as_slice())).collect();
    let variables =
        [("MmVerifierData", DATA), ("MmVerifyDriverBufferLength", LENGTH), ("MmVerifyDriverBuffer", NAMES)];
    let key = truth["modules"][0]["pdb_key"].as_str().unwrap();
    symbol_table::write(folder.path(), "ntkrnlmp.pdb", key, &variables, &types);
    run(&mut session, &format!(".sympath isf*{}", folder.path().display())).unwrap();
    run(&mut session, ".reload").unwrap();
    let lines = run(&mut session, "!verifier").unwrap();
    // In the layout of the published transcripts.
    let expected = [
        "Verify Flags Level 0x020209bb",
        "    [X] (0x00000000) Automatic Checks",
        "    [X] (0x00000001) Special pool",
        "    [X] (0x00020000) DDI compliance checking",
        "    [ ] (0x00000004) Randomized low resources simulation",
        "    [X] (0x02000000) flags of other versions",
        "  RaiseIrqls           0x11",
        "  AcquireSpinLocks     0x362",
        "  Synch Executions     0x13",
        "  Trims                0xa34a",
        "  Pool Allocations Attempted             0x7b058",
        "  Pool Allocations Succeeded SpecialPool 0x7b056",
        "  Pool Allocations With NO TAG           0x17",
        "  Pool Allocations Failed                0x1",
        "  Current paged pool allocations         0x1a for 00000950 bytes",
        "  Peak paged pool allocations            0x1b for 00000AC4 bytes",
        "  Current nonpaged pool allocations      0xe3 for 00046110 bytes",
        "  Peak nonpaged pool allocations         0x10f for 00048E40 bytes",
        "Drivers to verify (registry): wlanflt.sys",
    ];
    for line in expected {
        assert!(lines.iter().any(|found| found == line), "{line}: {lines:#?}");
    }
    let listed: Vec<&String> = lines.iter().filter(|line| line.contains("MODULE:")).collect();
    assert_eq!(listed, [&format!("  MODULE: 0x{filter:016x} wlanflt.sys (Loaded)")]);
    assert!(run(&mut session, "!verifier 3 nwifi.sys").unwrap().iter().all(|line| !line.contains("MODULE:")));
    assert!(run(&mut session, "!verifier 80").unwrap_err().contains("no public type"));
}
