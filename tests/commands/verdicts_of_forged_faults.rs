//! Verdicts of faults that are forged: a demo's registers, code and memory, changed at known places into what such a fault leaves.
//!
//! What is expected of each follows from what was forged, and was written down before it was run. Beside each fault that a
//! driver made stands one that looks like it, and that no driver made.

use crate::forge::{number, truth};
use crate::patched::{Patched, offset};
use crate::verdicts_of_other_crashes::{demo, wrong};
use crate::{golden, hardware_errors, io};

/// The base of the driver in the demos of `wifi`, `scanner` and `usb`: they have one place in all (`tests/data/*.truth.json`).
const DRIVER: u64 = 0xffff_f807_6509_0000;
/// `mov eax,[rcx+14h]` in wlanflt, behind the prolog that saves three registers and makes room for 20h bytes.
const LOAD: u64 = DRIVER + 0x1efa;
/// Nothing is mapped there.
const NOWHERE: u64 = 0xffff_d98c_41a2_9000;
/// The lowest page of the stack of the thread that crashes in `scanner-1a`, which holds nothing.
const STACK: u64 = 0xffff_fa8c_100d_8000;

/// A demo with a trap frame, and that trap frame.
fn trapped(case: &str) -> (Patched, u64) {
    (demo(case), number(&truth(case)["trap_frames"][0]["address"]))
}

/// Puts a value into a register of a trap frame.
fn set(patched: &mut Patched, frame: u64, register: &str, value: u64) {
    patched.point(frame + offset("_KTRAP_FRAME", register), value);
}

/// `wifi-50`, in which the driver itself reads an address through rcx.
fn driver_reads(address: u64) -> Patched {
    let (mut patched, frame) = trapped("wifi-50");
    set(&mut patched, frame, "Rip", LOAD);
    set(&mut patched, frame, "Rcx", address - 0x14);
    set(&mut patched, frame, "FaultAddress", address);
    patched
}

fn none(found: Option<String>) {
    assert!(found.is_none(), "{found:?}");
}

/// Driver Verifier unmaps what was freed: whose instruction touches it is caught in the act.
#[test]
fn use_after_free_under_special_pool_is_the_drivers_that_touches_it() {
    for code in [0xcc, 0xd5] {
        let mut patched = driver_reads(NOWHERE + 0xfe0);
        patched.bug_check(code, [NOWHERE + 0xfe0, 0, LOAD, 0]);
        none(wrong("freed", &patched, "third-party-driver", "certain", Some("wlanflt")));
    }
    // The processor names an address that the instruction did not access, and what it did access can be read.
    let mut patched = driver_reads(NOWHERE + 0xfe0);
    let (_, frame) = trapped("wifi-50");
    set(&mut patched, frame, "Rcx", DRIVER);
    patched.bug_check(0xd5, [NOWHERE + 0xfe0, 0, LOAD, 0]);
    none(wrong("no operand", &patched, "hardware", "likely", None));
}

/// A processor model, in the control block of the processor that crashed.
fn model(patched: &mut Patched, case: &str, model: u8) {
    let truth = truth(case);
    let crashed = truth["crash_context"]["processor"].as_u64().expect("a number");
    let prcb = number(&truth["processors"][usize::try_from(crashed).unwrap()]["prcb"]);
    patched.put(prcb + offset("_KPRCB", "CpuType"), &[6]);
    patched.put(prcb + offset("_KPRCB", "CpuModel"), &[model]);
}

/// Core 2 (model 17h) has no POPCNT. An instruction that every x64 processor has is legal on all of them.
#[test]
fn an_instruction_that_the_processor_lacks_is_the_drivers_and_one_that_it_has_is_not() {
    let illegal = |code: &[u8]| {
        let (mut patched, frame) = trapped("wifi-50");
        model(&mut patched, "wifi-50", 0x17);
        patched.put(LOAD, code);
        set(&mut patched, frame, "Rip", LOAD);
        patched.bug_check(0x1e, [0xffff_ffff_c000_001d, LOAD, 0, 0]);
        patched
    };
    // popcnt ebx,eax
    let lacks = illegal(&[0xf3, 0x0f, 0xb8, 0xd8]);
    none(wrong("popcnt", &lacks, "third-party-driver", "certain", Some("wlanflt")));
    // mov ebx,eax
    none(wrong("mov", &illegal(&[0x89, 0xc3]), "hardware", "likely", None));
}

/// In the middle of `nop word ptr [rax+rax]`, of which the end is `add [rax],al`: no way through the code leads there.
#[test]
fn an_instruction_pointer_inside_an_instruction_is_nobodys() {
    let (mut patched, frame) = trapped("wifi-50");
    let slipped = 0xffff_f807_6506_104c;
    set(&mut patched, frame, "Rip", slipped);
    set(&mut patched, frame, "Rax", NOWHERE);
    set(&mut patched, frame, "FaultAddress", NOWHERE);
    patched.bug_check(0x50, [NOWHERE, 2, slipped, 2]);
    none(wrong("slipped", &patched, "hardware", "likely", None));
    // The driver's own code, in the middle of its `call [...]`, is no more its fault.
    let (mut patched, frame) = trapped("wifi-50");
    let slipped = DRIVER + 0x1f8d;
    set(&mut patched, frame, "Rip", slipped);
    patched.bug_check(0x1e, [0xffff_ffff_c000_0005, slipped, 0, u64::MAX]);
    none(wrong("slipped in the driver", &patched, "hardware", "likely", None));
}

/// One bit in an entry that the memory manager calls corrupt, and one in the entry of the address that could not be read.
#[test]
fn a_flipped_bit_in_a_page_table_entry_is_memory() {
    let mut patched = demo("readonly");
    patched.bug_check(0x1a, [0x41792, 0xffff_e085_2210_0010, 1 << 41, 0]);
    none(wrong("one bit", &patched, "hardware", "likely", None));
    // The page of a pool block of the driver's: its entry names a page that the machine does not have.
    let page = 0xffff_a405_8c03_a000u64;
    let entry = 0xffff_e080_0000_0000 + (page >> 9 & 0x7f_ffff_fff8);
    let (mut patched, frame) = trapped("wifi-50");
    set(&mut patched, frame, "Rax", page + 0x18);
    set(&mut patched, frame, "FaultAddress", page);
    patched.change(entry, 8, |entry| entry ^ 1 << 40);
    let rip = number(&truth("wifi-50")["bugcheck"]["parameters"][2]);
    patched.bug_check(0x50, [page, 0, rip, 2]);
    none(wrong("its own entry", &patched, "hardware", "likely", None));
    // Text in an entry is no flipped bit: software wrote it, and nobody knows whose.
    let mut patched = demo("readonly");
    patched.bug_check(0x1a, [0x41792, 0xffff_e085_2210_0010, 0x0032_0036_0035_0020, 0]);
    none(wrong("text", &patched, "memory-corruption-unknown", "likely", None));
}

/// The same overflow, of a driver that came with Windows by its name.
#[test]
fn a_stack_that_windows_itself_filled_is_nobodys() {
    let mut patched = demo("usb");
    patched.rename("usbredir", "usbvideo");
    none(wrong("overflow", &patched, "unknown", "possible", None));
    // A double fault far above the end of the stack is no overflow.
    let (mut patched, frame) = trapped("usb");
    let far = patched.pointer(frame + offset("_KTRAP_FRAME", "Rsp")) + 0x3000;
    set(&mut patched, frame, "Rsp", far);
    none(wrong("double fault", &patched, "hardware", "possible", None));
}

/// A damaged cookie is that of the function that checks it, where that is the driver's; the kernel's own says nothing of drivers.
#[test]
fn a_cookie_speaks_for_the_function_that_checks_it() {
    let (mut patched, frame) = trapped("scanner-139");
    let record = number(&truth("scanner-139")["bugcheck"]["parameters"][2]);
    patched.bug_check(0x139, [2, frame, record, 0]);
    none(wrong("the kernel's", &patched, "memory-corruption-unknown", "possible", None));
    // int 29h where the driver's function has an instruction behind its call.
    patched.put(DRIVER + 0x1012, &[0xcd, 0x29]);
    set(&mut patched, frame, "Rip", DRIVER + 0x1012);
    none(wrong("the driver's", &patched, "third-party-driver", "likely", Some("vscan")));
}

/// Who is named by what Driver Verifier knows, and who only stands below a system call that Windows served wrongly.
#[test]
fn verifier_names_whom_it_watched() {
    let scan = |parameters| {
        let mut patched = demo("scanner-1a");
        patched.bug_check(0xc4, parameters);
        patched
    };
    // The name of the driver that left pool behind: as text, and as the loader's UNICODE_STRING.
    let list = demo("scanner-1a").before().target.header().unwrap().ps_loaded_module_list;
    let mut entry = demo("scanner-1a").pointer(list);
    while demo("scanner-1a").pointer(entry + 0x30) != DRIVER {
        entry = demo("scanner-1a").pointer(entry);
    }
    let string = entry + offset("_KLDR_DATA_TABLE_ENTRY", "BaseDllName");
    for name in [string, demo("scanner-1a").pointer(string + 8)] {
        let found = wrong("leak", &scan([0x62, name, 0, 3]), "third-party-driver", "likely", Some("vscan"));
        none(found);
    }
    // What is no name names nobody.
    none(wrong("no name", &scan([0x62, STACK, 0, 3]), "unknown", "unknown", None));
    // Locks in both orders, found eleven frames above the scanner's system call.
    none(wrong("deadlock", &scan([0x1001, 0xffff_a405_8c03_0000, 0, 0]), "unknown", "unknown", None));
    // A rule broken by code that is not the scanner's, which merely asked for the service.
    none(wrong("IRQL", &scan([0x30, 0, 2, 0]), "unknown", "unknown", None));
}

/// The record that the hardware left decides, whoever was running.
#[test]
fn a_machine_check_is_the_hardwares() {
    let mut patched = demo("scanner-1a");
    patched.put(STACK, &hardware_errors::record());
    patched.bug_check(0x124, [0, STACK, 0xbf80_0000, 0x135]);
    none(wrong("machine check", &patched, "hardware", "certain", None));
}

/// The device that PCI Express tells of is named with the service that drives it: where the error was met, and nobody's fault.
#[test]
fn a_device_of_pci_express_is_named_with_its_driver() {
    let mut patched = Patched::new("tests/data/wifi-full.dmp.gz");
    let (root, first) = io::device_nodes::device_tree(&mut patched, 0x308, 0x30d);
    let path = "PCI\\VEN_8086&DEV_A340&SUBSYS_0&REV_04\\3&1&0&D8";
    patched.unicode(first + offset("_DEVICE_NODE", "InstancePath"), path, root + 0xd00);
    patched.unicode(first + offset("_DEVICE_NODE", "ServiceName"), "wlanflt", root + 0xe00);
    let device = number(&truth("wifi")["devices"][0]["address"]);
    let extension = patched.pointer(device + offset("_DEVICE_OBJECT", "DeviceObjectExtension"));
    patched.point(extension + offset("_DEVOBJ_EXTENSION", "DeviceNode"), first);
    // The lowest page of the stack.
    let place = 0xffff_fa8c_1001_8000;
    patched.put(place, &hardware_errors::record());
    patched.bug_check(0x124, [4, place, 0, 0]);
    none(wrong("PCI Express", &patched, "hardware", "certain", None));
    let (mut session, _folder) = patched.open();
    let shown = golden::run(&mut session, "!analyze").unwrap().join(" ");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("VEN_8086&DEV_A340, driven by wlanflt"), "{shown}");
}

/// What the driver wrote by its own code into what is not its own is proven; without the write, or with another value there, it is not.
#[test]
fn who_wrote_what_is_wrong_is_named_only_where_the_code_says_so() {
    let none_such = |name: &str, patched: &Patched, class: &str, confidence: &str| {
        none(wrong(name, patched, class, confidence, None));
    };
    none(wrong("the demo", &demo("scanner-1a"), "third-party-driver", "certain", Some("vscan")));
    none(wrong("the list", &demo("scanner-139"), "third-party-driver", "likely", Some("vscan")));
    let state = DRIVER + 0x4000;
    // Its table leads to the entry's neighbour: the entry itself was met by its call, and memory is possible.
    let mut patched = demo("scanner-1a");
    patched.change(state + 0x10, 8, |slot| slot + 1);
    none_such("another place", &patched, "third-party-driver", "possible");
    // Another bit than the one it flips.
    let mut patched = demo("scanner-1a");
    let entry = number(&truth("scanner-1a")["bugcheck"]["parameters"][1]);
    patched.bug_check(0x1a, [0x41792, entry, 1 << 38, 0]);
    none_such("another bit", &patched, "third-party-driver", "possible");
    // It holds no stale entry.
    let mut patched = demo("scanner-139");
    patched.point(state + 0x20, 0);
    none_such("no entry", &patched, "third-party-driver", "possible");
    // The list leads to the block, and the block does not lead on: nothing says that it is a free one.
    let mut patched = demo("scanner-139");
    patched.point(0xffff_a405_8c03_1840, STACK);
    none_such("no list", &patched, "third-party-driver", "possible");
}

/// The page of the driver's code or data that the disk did not bring back: the same instruction, and the driver only waited.
#[test]
fn a_page_that_could_not_be_read_in_is_not_whose_code_needed_it() {
    let raised = |status: u64| {
        let mut patched = driver_reads(NOWHERE);
        patched.bug_check(0x1e, [0xffff_ffff_0000_0000 | status, LOAD, 0, NOWHERE]);
        patched
    };
    none(wrong("read in", &raised(0xc000_0006), "hardware", "likely", None));
    none(wrong("access", &raised(0xc000_0005), "third-party-driver", "likely", Some("wlanflt")));
    none(wrong("division", &raised(0xc000_0094), "third-party-driver", "likely", Some("wlanflt")));
}

/// The processor says by bit 3 of its error code that the page table is corrupt, whoever used the address.
#[test]
fn a_reserved_bit_in_a_page_table_is_not_whose_instruction_met_it() {
    let faulted = |bits: u64| {
        let mut patched = driver_reads(NOWHERE);
        patched.bug_check(0x50, [NOWHERE, bits, LOAD, 2]);
        patched
    };
    none(wrong("reserved", &faulted(8), "memory-corruption-unknown", "likely", None));
    none(wrong("missing", &faulted(0), "third-party-driver", "likely", Some("wlanflt")));
}

/// The same fault in a driver that came with Windows: a bug of Windows is not likely for that, nor anybody else's.
#[test]
fn windows_own_driver_that_merely_faults_is_no_culprit() {
    let mut patched = driver_reads(NOWHERE);
    patched.rename("wlanflt.sys", "storufs.sys");
    patched.bug_check(0x50, [NOWHERE, 0, LOAD, 2]);
    none(wrong("inbox", &patched, "memory-corruption-unknown", "possible", None));
}

/// `int 29h` in the driver's own code: it found its data damaged, which it need not have done; an overrun of its own buffer, or
/// a check that it made by itself, is its own.
#[test]
fn a_check_that_fails_in_a_driver_blames_it_for_what_is_its_own() {
    let failed = |code: u64| {
        let mut patched = driver_reads(NOWHERE);
        patched.put(LOAD, &[0xcd, 0x29]);
        let (_, frame) = trapped("wifi-50");
        patched.bug_check(0x139, [code, frame, 0, 0]);
        patched
    };
    none(wrong("a list", &failed(3), "third-party-driver", "possible", None));
    none(wrong("a count", &failed(0xe), "third-party-driver", "possible", None));
    none(wrong("its cookie", &failed(2), "third-party-driver", "likely", Some("wlanflt")));
    none(wrong("its own end", &failed(7), "third-party-driver", "likely", Some("wlanflt")));
}

/// The driver touches a page, and the memory manager finds its own data damaged, or the disk dead, while it brings it in.
#[test]
fn whose_page_fault_met_the_damage_did_not_make_it() {
    let touched = |code: u32, parameters: [u64; 4]| {
        let mut patched = driver_reads(NOWHERE);
        patched.bug_check(code, parameters);
        patched
    };
    let corrupt = touched(0x1a, [0x41287, NOWHERE, 0, 0]);
    none(wrong("working set", &corrupt, "memory-corruption-unknown", "likely", None));
    let record = touched(0x4e, [0x99, 0x1234, 2, 0]);
    none(wrong("page record", &record, "memory-corruption-unknown", "likely", None));
    let denied = touched(0x7a, [0x20, 0xffff_ffff_c000_0022, 0, NOWHERE]);
    none(wrong("another status", &denied, "unknown", "possible", None));
    let store = touched(0x154, [NOWHERE, 0, 2, 0]);
    none(wrong("store", &store, "memory-corruption-unknown", "possible", None));
    let changed = touched(0x12b, [0xffff_ffff_c000_02c4, 1, NOWHERE, NOWHERE]);
    none(wrong("changed page", &changed, "hardware", "likely", None));
}
