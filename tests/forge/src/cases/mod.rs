//! The cases: each builds a world, runs it until it stops, and says what stopped it.

pub mod base;
pub mod nosyms;
pub mod paging;
pub mod people;
pub mod readonly;
pub mod scanner;
pub mod scenery;
pub mod unwind2;
pub mod usb;
pub mod wifi;

use crate::layout::off;
use crate::world::{PRCB, World};
use crate::writer::Crash;

/// Reads what KeBugCheckEx saved.
pub fn crash(world: &World, processor: usize, thread: usize) -> Crash {
    let data = world.nt("KiBugCheckData");
    let prcb = world.processors[processor].pcr + PRCB;
    let context = world.get(prcb + off("_KPRCB", "Context"));
    let code = world.get(data) as u32;
    assert!(code != 0, "no bug check happened");
    let bytes = world.memory.read(world.root(), context, 0x4D0).expect("context");
    let address = u64::from_le_bytes(bytes[0xF8..0x100].try_into().expect("eight"));
    let special = prcb + off("_KPRCB", "ProcessorState");
    Crash {
        code,
        parameters: [1, 2, 3, 4].map(|i| world.get(data + i * 8)),
        context: bytes,
        thread,
        processor,
        cr3: world.get(special + off("_KSPECIAL_REGISTERS", "Cr3")),
        address,
    }
}

/// Holds the sources to the offsets that the cases tell of: a call in `module` must return to `offset`.
pub fn expect_call(world: &World, thread: usize, module: &str, offset: u64) {
    let m = world.module(module);
    let calls: Vec<u64> = world
        .chain(thread)
        .iter()
        .filter_map(|e| e.regs.rip.checked_sub(m.base).filter(|o| *o < u64::from(m.image.size)))
        .collect();
    assert!(
        calls.contains(&offset),
        "no call of {module} returns to {offset:#x}; they return to {calls:#x?}"
    );
}
