//! Every page and every translation of generated dumps, against `kdmp-parser`.

use std::io::Cursor;

use crate::synth::{LARGE, Machine, VALID};
use dumpscope::dump::DumpFile;
use dumpscope::memory::{Memory, PhysicalMemory, Reason, VirtualMemory, paging::Paging};
use kdmp_parser::gxa::{Gpa, Gva};
use kdmp_parser::parse::KernelDumpParser;
use kdmp_parser::{phys, virt};

/// The kinds that `kdmp-parser` opens.
const KINDS: [u32; 6] = [1, 5, 6, 8, 9, 10];

/// Memory with runs of many lengths and pages of every size, some with entries that are not valid.
fn machine() -> (Machine, Vec<u64>) {
    let mut machine = Machine::new(0x900, 4);
    let mut pfn = 1;
    for length in [1, 2, 3, 7, 64, 65, 130, 5, 1, 1, 200] {
        for _ in 0..length {
            machine.pattern(pfn);
            pfn += 1;
        }
        pfn += length * 3 % 17 + 1;
    }
    let mut addresses = vec![0, 0x7fff_ffff_f000, 0xffff_8000_0000_0000, u64::MAX - 0xfff];
    let kernel = 0xffff_f800_1000_0000;
    for index in 0..600u64 {
        let address = kernel + index * 0x1000;
        match index % 7 {
            // Valid, but not every frame is in the dump.
            0..=3 => machine.map(address, index),
            // In transition.
            4 => machine.entry(address, 12, index << 12 | 0x890),
            // In a page file.
            5 => machine.entry(address, 12, index << 32 | 0x90),
            _ => {}
        }
        addresses.push(address + index % 0x1000);
    }
    // Large pages: 2 MiB and 1 GiB, partly in the dump.
    let large = 0xffff_a000_0000_0000;
    machine.entry(large, 21, 0x0020_0000 | VALID | LARGE);
    machine.entry(large + 0x20_0000, 21, VALID | LARGE);
    machine.entry(large + (1 << 30), 30, VALID | LARGE);
    for step in 0..1100u64 {
        addresses.push(large + step * 0xffd);
        addresses.push(large + (1 << 30) + step * 0x1003);
    }
    // A user page, and a table whose frame is not in the dump.
    machine.entry(0x7ff6_0000_1000, 12, 3 << 12 | VALID | 4);
    addresses.push(0x7ff6_0000_1008);
    machine.entry(0xffff_b000_0000_0000, 39, 0x7777 << 12 | VALID);
    addresses.push(0xffff_b000_0000_0000);
    (machine, addresses)
}

fn open(bytes: &[u8]) -> (DumpFile, KernelDumpParser) {
    let ours = DumpFile::from_bytes("generated.dmp", bytes.to_vec()).unwrap();
    let theirs = KernelDumpParser::with_reader(Cursor::new(bytes.to_vec())).unwrap();
    (ours, theirs)
}

#[test]
fn every_page_agrees() {
    let (machine, _) = machine();
    for kind in KINDS {
        let (dump, oracle) = open(&machine.dump(kind));
        assert_eq!(dump.warnings(), &[] as &[String], "kind {kind}");
        let index = dump.pages().unwrap();
        let memory = PhysicalMemory::new(&dump);
        let mut count = 0;
        for (physical, offset) in oracle.physmem() {
            let physical = u64::from(physical);
            assert_eq!(index.offset(physical >> 12), Some(offset), "kind {kind}, page {physical:x}");
            let expected = &machine.pages[&(physical >> 12)];
            assert_eq!(memory.window(physical).unwrap(), expected);
            count += 1;
        }
        assert_eq!((count, index.page_count()), (machine.pages.len() as u64, count), "kind {kind}");
        // No page that the oracle does not know, up to beyond the last.
        let last = *machine.pages.keys().last().unwrap();
        let known = (0..last + 100).filter(|&pfn| index.offset(pfn).is_some()).count();
        assert_eq!(known as u64, count, "kind {kind}");
        // The runs tell the same.
        let runs: Vec<(u64, u64)> = index.runs().map(|run| (run.pfn, run.pages)).collect();
        assert_eq!(runs, machine.runs(), "kind {kind}");
        for run in index.runs() {
            assert_eq!(index.offset(run.pfn), Some(run.offset));
        }
    }
}

#[test]
fn long_physical_reads_agree() {
    let (machine, _) = machine();
    for kind in KINDS {
        let (dump, oracle) = open(&machine.dump(kind));
        let memory = PhysicalMemory::new(&dump);
        let reader = phys::Reader::new(&oracle);
        for start in (0..0x30_0000u64).step_by(0x3_0800) {
            let mut ours = vec![0; 0x5000];
            let mut theirs = vec![0; 0x5000];
            let (done, error) = memory.read_partial(start & !0xfff, &mut ours);
            let expected = reader.read(Gpa::new(start & !0xfff), &mut theirs).unwrap();
            assert_eq!((done, error.is_none()), (expected, expected == 0x5000), "kind {kind} at {start:x}");
            assert_eq!(ours[..done], theirs[..done]);
        }
    }
}

#[test]
fn translations_and_virtual_reads_agree() {
    let (machine, addresses) = machine();
    for kind in KINDS {
        let (dump, oracle) = open(&machine.dump(kind));
        let paging = Paging::new(&dump);
        let memory = VirtualMemory::new(&dump);
        let reader = virt::Reader::new(&oracle);
        let mut readable = 0;
        for &address in &addresses {
            match (paging.translate(address), reader.translate(Gva::new(address))) {
                (Ok(ours), Ok(theirs)) => {
                    assert_eq!(ours.physical, u64::from(theirs.gpa()), "{address:x}");
                    assert_eq!(ours.page_size, theirs.page_kind.size(), "{address:x}");
                    assert_eq!(ours.writable(), theirs.writable, "{address:x}");
                    assert_eq!(ours.executable(), theirs.executable, "{address:x}");
                    assert_eq!(ours.user(), theirs.user_accessible, "{address:x}");
                }
                (Err(_), Err(_)) => {}
                (ours, theirs) => panic!("{address:x}: {ours:?} but {theirs:?}"),
            }
            // Within a page: the oracle's partial reads across pages are its own affair.
            let length = (0x1000 - address % 0x1000).min(24) as usize;
            let (mut ours, mut theirs) = ([0; 24], [0; 24]);
            let mine = memory.read(address, &mut ours[..length]);
            let expected = reader.read_exact(Gva::new(address), &mut theirs[..length]);
            assert_eq!(mine.is_ok(), expected.is_ok(), "{address:x}: {mine:?}");
            if mine.is_ok() {
                assert_eq!(ours, theirs, "{address:x}");
                readable += 1;
            }
        }
        assert!(readable > 800, "only {readable} of {} readable", addresses.len());
    }
}

#[test]
fn failed_reads_say_why() {
    let (machine, _) = machine();
    let dump = DumpFile::from_bytes("generated.dmp", machine.dump(5)).unwrap();
    let memory = VirtualMemory::new(&dump);
    let reason = |address: u64| memory.window(address).unwrap_err().reason;
    let kernel = 0xffff_f800_1000_0000u64;
    assert_eq!(reason(kernel + 5 * 0x1000), Reason::PageFile { number: Some(0), offset: 5 });
    assert!(matches!(reason(kernel + 6 * 0x1000), Reason::NotMapped { .. }));
    // Frame 2 is in a gap between runs; 11 too, and that one is in transition.
    assert!(!machine.pages.contains_key(&2) && !machine.pages.contains_key(&11));
    assert_eq!(reason(kernel + 2 * 0x1000), Reason::NotInDump { pfn: 2 });
    assert_eq!(reason(kernel + 11 * 0x1000), Reason::Transition { pfn: 11 });
    assert_eq!(reason(0x8000_0000_0000_0000), Reason::NotCanonical);
    let Reason::Table { entry, why, .. } = reason(0xffff_b000_0000_0000) else { panic!() };
    assert_eq!((entry, *why), (0x777_7000, Reason::NotInDump { pfn: 0x7777 }));
}
