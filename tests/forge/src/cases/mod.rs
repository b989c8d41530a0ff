//! The cases: each builds a world, runs it until it stops, and says what stopped it.

pub mod base;
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
