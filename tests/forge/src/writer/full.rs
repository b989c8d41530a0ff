//! DumpType 1: the memory runs, one page after the other.

use super::{Crash, header};
use crate::memory::PAGE;
use crate::world::World;

/// Writes it.
pub fn write(world: &World, crash: &Crash) -> Vec<u8> {
    let pages: u64 = world.memory.runs.iter().map(|r| r.1).sum();
    let mut out = header::build(world, crash, 1, None, header::SIZE as u64 + pages * PAGE);
    for (first, count) in &world.memory.runs {
        out.extend_from_slice(world.memory.physical(first * PAGE, (count * PAGE) as usize));
    }
    out
}
