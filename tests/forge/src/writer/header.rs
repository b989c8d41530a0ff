//! DUMP_HEADER64, filled as the dump code of Windows fills it: `PAGE` wherever nothing is written.

use super::Crash;
use crate::world::World;

/// Size of the header.
pub const SIZE: usize = 0x2000;

/// A header for a dump of `kind` (the DumpType value) with `attributes` and the number of bytes that the dump takes.
pub fn build(world: &World, crash: &Crash, kind: u32, attributes: Option<u32>, required: u64) -> Vec<u8> {
    let mut h: Vec<u8> = b"PAGE".iter().copied().cycle().take(SIZE).collect();
    let mut put = |at: usize, bytes: &[u8]| h[at..at + bytes.len()].copy_from_slice(bytes);
    put(4, b"DU64");
    put(8, &15u32.to_le_bytes());
    put(0xC, &world.layout.build.to_le_bytes());
    put(0x10, &crash.cr3.to_le_bytes());
    let pfn = world.get(world.nt("MmPfnDatabase"));
    for (at, value) in [
        (0x18, pfn),
        (0x20, world.nt("PsLoadedModuleList")),
        (0x28, world.nt("PsActiveProcessHead")),
        (0x80, world.nt("KdDebuggerDataBlock")),
    ] {
        put(at, &value.to_le_bytes());
    }
    put(0x30, &0x8664u32.to_le_bytes());
    put(0x34, &(world.processors.len() as u32).to_le_bytes());
    put(0x38, &crash.code.to_le_bytes());
    for (i, p) in crash.parameters.iter().enumerate() {
        put(0x40 + i * 8, &p.to_le_bytes());
    }
    put(0x60, &[0; 32]);
    let runs = &world.memory.runs;
    put(0x88, &(runs.len() as u32).to_le_bytes());
    put(0x90, &runs.iter().map(|r| r.1).sum::<u64>().to_le_bytes());
    for (i, (first, count)) in runs.iter().enumerate() {
        put(0x98 + i * 16, &first.to_le_bytes());
        put(0xA0 + i * 16, &count.to_le_bytes());
    }
    put(0x348, &crash.context);
    put(0xF00, &0x8000_0003u32.to_le_bytes());
    put(0xF04, &1u32.to_le_bytes());
    put(0xF08, &0u64.to_le_bytes());
    put(0xF10, &crash.address.to_le_bytes());
    put(0xF18, &0u32.to_le_bytes());
    put(0xF98, &kind.to_le_bytes());
    put(0xFA0, &required.to_le_bytes());
    put(0xFA8, &world.time.to_le_bytes());
    put(0x1030, &world.uptime.to_le_bytes());
    if kind == 4 {
        put(0x1038, &0xCFFu32.to_le_bytes());
    }
    put(0x103C, &0u32.to_le_bytes());
    put(0x1040, &1u32.to_le_bytes());
    put(0x1044, &0x110u32.to_le_bytes());
    put(0x1048, &0u32.to_le_bytes());
    put(0x104C, &[0, 2]);
    if let Some(a) = attributes {
        put(0x1050, &a.to_le_bytes());
        put(0x1054, &0x2Fu32.to_le_bytes());
        put(0x1058, &[0; SIZE - 0x1058]);
    }
    h
}
