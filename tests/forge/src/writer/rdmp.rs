//! DumpTypes 8, 9 and 0xA, as a debugger's `.dump` writes them: page ranges, then the pages.

use super::{Crash, Kind, all_pages, header, kernel_pages, user_pages};
use crate::memory::PAGE;
use crate::world::World;

/// Writes it.
pub fn write(world: &World, crash: &Crash, kind: Kind) -> Vec<u8> {
    let (mut pages, dump_type) = match kind {
        Kind::RdmpKernel => (kernel_pages(world), 8),
        Kind::RdmpKernelUser => (kernel_pages(world).union(&user_pages(world)).copied().collect(), 9),
        _ => (all_pages(world), 0xA),
    };
    // A range that starts at page 0 would end the list.
    pages.remove(&0);
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for page in &pages {
        match ranges.last_mut() {
            Some((first, count)) if *first + *count == *page => *count += 1,
            _ => ranges.push((*page, 1)),
        }
    }
    let first = (0x2030 + (ranges.len() + 1) * 16).next_multiple_of(PAGE as usize) as u64;
    let metadata = first - 0x2020;
    let mut out = header::build(world, crash, dump_type, None, first + pages.len() as u64 * PAGE);
    out.extend_from_slice(&0x40u32.to_le_bytes());
    out.extend_from_slice(b"RDMPDUMP");
    out.extend_from_slice(&0u32.to_le_bytes());
    out.extend_from_slice(&metadata.to_le_bytes());
    out.extend_from_slice(&first.to_le_bytes());
    if dump_type == 0xA {
        out.extend_from_slice(&(ranges.len() as u64).to_le_bytes());
        out.extend_from_slice(&(pages.len() as u64).to_le_bytes());
    } else {
        out.extend_from_slice(&[0; 16]);
    }
    for (page, count) in &ranges {
        out.extend_from_slice(&page.to_le_bytes());
        out.extend_from_slice(&count.to_le_bytes());
    }
    out.resize(first as usize, 0);
    for page in &pages {
        out.extend_from_slice(world.memory.physical(page * PAGE, PAGE as usize));
    }
    out
}
