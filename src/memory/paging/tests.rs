//! Translations of generated dumps.

use super::*;
use crate::dump::synth::{LARGE, Machine, VALID};

fn paging(machine: &Machine, kind: u32) -> Paging {
    Paging::new(&DumpFile::from_bytes("generated.dmp", machine.dump(kind)).unwrap())
}

const KERNEL: u64 = 0xffff_f800_1000_0000;

#[test]
fn walks_show_every_entry() {
    let mut machine = Machine::new(0x100, 4);
    machine.map(KERNEL, 7);
    machine.pattern(7);
    for kind in [2, 5, 7] {
        let paging = paging(&machine, kind);
        let found = paging.translate(KERNEL + 0x123).unwrap();
        assert_eq!((found.physical, found.page_size), (0x7123, 0x1000));
        let levels: Vec<Level> = found.entries.iter().map(|entry| entry.level).collect();
        assert_eq!(levels, [Level::Pxe, Level::Ppe, Level::Pde, Level::Pte]);
        for entry in &found.entries {
            assert_eq!(machine.get(entry.address), entry.value.0);
        }
        assert_eq!(paging.u64(KERNEL + 8), Ok(7 << 16 | 1));
        // The walk that fails keeps what it saw.
        let failed = paging.translate(KERNEL + 0x1000).unwrap_err();
        assert_eq!(failed.entries.len(), 4);
        assert_eq!(failed.error.reason, Reason::NotMapped { level: Level::Pte });
    }
}

#[test]
fn five_levels() {
    let mut machine = Machine::new(0x100, 5);
    let address = 0xff80_1234_5678_9000;
    machine.map(address, 9);
    machine.pattern(9);
    let four = paging(&machine, 1);
    assert_eq!(four.window(address).unwrap_err().reason, Reason::NotCanonical);
    let five = four.with_five_levels(true);
    assert_eq!(five.u64(address), Ok(9 << 16));
    assert_eq!(five.translate(address).unwrap().entries.len(), 5);
    assert_eq!(five.window(1 << 56).unwrap_err().reason, Reason::NotCanonical);
}

#[test]
fn huge_pages_end_where_their_frames_are_missing() {
    let mut machine = Machine::new(0x50_0000, 4);
    machine.entry(KERNEL & !0x3fff_ffff, 30, 0x4000_0000 | VALID | LARGE);
    machine.pattern(0x4_0001);
    let paging = paging(&machine, 5);
    let at = (KERNEL & !0x3fff_ffff) + 0x1000;
    assert_eq!(paging.translate(at).unwrap().page_size, 1 << 30);
    assert_eq!(paging.u64(at + 8), Ok(0x4_0001 << 16 | 1));
    let error = paging.read(at, &mut [0; 0x1001]).unwrap_err();
    assert_eq!(error, ReadError::new(at + 0x1000, Reason::NotInDump { pfn: 0x4_0002 }));
}

#[test]
fn tables_and_pages_in_transition_are_read() {
    let mut machine = Machine::new(0x100, 4);
    machine.map(KERNEL, 7);
    machine.pattern(7);
    // The page and its page table both left the working set; bit 45 is set against speculation.
    machine.entry(KERNEL, 12, 1 << 45 | 7 << 12 | 0x880);
    let table = machine.get(machine.get(machine.get(machine.root << 12 | 0xf80) & !0xfff) & !0xfff | 0x400);
    machine.entry(KERNEL, 21, 1 << 45 | table & !0xfff | 0x880);
    let found = paging(&machine, 5).translate(KERNEL);
    // The walk above is easy to get wrong: the entry read must be the one that was made.
    let found = found.unwrap();
    assert!(found.transition);
    assert_eq!(found.physical, 0x7000);
}

#[test]
fn prototypes_are_followed_once() {
    let mut machine = Machine::new(0x100, 4);
    let prototypes = KERNEL + 0x10_0000;
    machine.map(prototypes, 3);
    machine.pattern(7);
    let to = |at: u64| (at & 0xffff_ffff_ffff) << 16 | 0x400;
    machine.put(0x3000, 7 << 12 | VALID);
    machine.put(0x3008, 7 << 12 | 0x890);
    machine.put(0x3010, to(prototypes + 0x10));
    machine.put(0x3018, 5 << 32 | 0x90);
    for index in 0..5 {
        machine.entry(KERNEL + index * 0x1000, 12, to(prototypes + index * 8));
    }
    machine.entry(KERNEL + 0x5000, 12, to(KERNEL + 0x5000));
    let paging = paging(&machine, 5);
    assert_eq!(paging.u64(KERNEL), Ok(7 << 16));
    assert_eq!(paging.u64(KERNEL + 0x1008), Ok(7 << 16 | 1));
    assert_eq!(paging.translate(KERNEL).unwrap().prototype, Some((prototypes, Pte(7 << 12 | VALID))));
    let reason = |at| paging.window(at).unwrap_err().reason;
    assert_eq!(reason(KERNEL + 0x2000), Reason::Prototype { address: prototypes + 0x10 });
    assert_eq!(reason(KERNEL + 0x3000), Reason::PageFile { number: Some(0), offset: 5 });
    assert_eq!(reason(KERNEL + 0x4000), Reason::Prototype { address: prototypes + 0x20 });
    assert_eq!(reason(KERNEL + 0x5000), Reason::Prototype { address: KERNEL + 0x5000 });
}

#[test]
fn tables_that_refer_to_themselves_end() {
    let mut machine = Machine::new(0x100, 4);
    let root = machine.root;
    machine.put(root << 12, root << 12 | VALID);
    let paging = paging(&machine, 5);
    assert_eq!(paging.translate(0).unwrap().physical, root << 12);
}

#[test]
fn other_processes_have_other_tables() {
    let mut machine = Machine::new(0x100, 4);
    machine.map(0x1000, 7);
    let first = machine.root;
    machine.root = 0x80;
    machine.page(0x80);
    machine.map(0x1000, 8);
    let paging = paging(&machine, 10);
    assert_eq!(paging.translate(0x1000).unwrap().physical, 0x8000);
    let other = paging.with_directory_table_base(first << 12 | 0x8000_0000_0000_0001);
    assert_eq!(other.translate(0x1000).unwrap().physical, 0x7000);
}
