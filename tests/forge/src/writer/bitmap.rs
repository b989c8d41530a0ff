//! DumpTypes 5, 6 and 7: a bitmap of page frames, then the pages whose bit is set.

use super::{Crash, Kind, all_pages, header, kernel_pages};
use crate::memory::PAGE;
use crate::world::World;

/// Writes it.
pub fn write(world: &World, crash: &Crash, kind: Kind) -> Vec<u8> {
    let (pages, marker, dump_type, attributes) = match kind {
        Kind::BitmapFull => (all_pages(world), b"FDMP", 5, None),
        Kind::BitmapKernel => (kernel_pages(world), b"SDMP", 5, None),
        Kind::LiveAutomatic => (kernel_pages(world), b"SDMP", 7, Some(0x10)),
        _ => (kernel_pages(world), b"SDMP", 6, Some(0x10)),
    };
    let bits = world.memory.pages();
    let bitmap_bytes = bits.div_ceil(8) as usize;
    let first = (header::SIZE + 0x38 + bitmap_bytes).next_multiple_of(PAGE as usize) as u64;
    let mut crash = crash.clone();
    if matches!(kind, Kind::Live | Kind::LiveAutomatic) {
        crash.code = 0x161;
        crash.parameters = [0; 4];
    }
    let mut out = header::build(world, &crash, dump_type, attributes, first + pages.len() as u64 * PAGE);
    out.extend_from_slice(marker);
    out.extend_from_slice(b"DUMP");
    out.resize(header::SIZE + 0x20, 0);
    for value in [first, pages.len() as u64, bits] {
        out.extend_from_slice(&value.to_le_bytes());
    }
    let mut bitmap = vec![0u8; bitmap_bytes];
    for page in &pages {
        bitmap[(page / 8) as usize] |= 1 << (page % 8);
    }
    out.extend_from_slice(&bitmap);
    out.resize(first as usize, 0);
    for page in &pages {
        out.extend_from_slice(world.memory.physical(page * PAGE, PAGE as usize));
    }
    out
}
