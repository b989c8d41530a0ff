//! Memory in forms that the cases do not need: a large page, entries of every software kind, five levels of page tables.

use super::base::Images;
use super::wifi::{self, Variant};
use crate::memory::{NX, P, U, W};
use crate::objects::process::Vad;
use crate::world::World;
use crate::writer::Crash;

/// Bits that software entries carry inverted while bit 4 is clear, so that processors cannot speculate through them.
const INVALID_MASK: u64 = 0x2000_0000_0000;
/// Where the large page is.
const LARGE_VA: u64 = 0xFFFF_D98C_4020_0000;

/// The wifi crash on a machine that also has these; with five levels, all of it runs on tables of five levels.
pub fn kinds(images: &Images, five_levels: bool) -> (World, Crash) {
    let (mut w, crash) = wifi::run_with(images, Variant::Text, five_levels, |w| {
        let first = w.memory.alloc_large();
        let root = w.root();
        w.memory.map_large(root, LARGE_VA, first, W | NX);
        for i in 0..512u64 {
            w.q(LARGE_VA + i * 0x1000 + 0x10, 0x4C41_5247_4500_0000 | i);
        }
        software_entries(w);
    });
    let first = w.memory.translate(w.root(), LARGE_VA).expect("large page");
    let entry = w.get(w.memory.pte_address(LARGE_VA, 1));
    let root = w.root();
    w.entries.push(("large", root, LARGE_VA + 0x12_3010, entry, Some(first + 0x12_3010)));
    (w, crash)
}

fn software_entries(w: &mut World) {
    let process = w.processes.iter().position(|p| p.name == "explorer.exe").expect("explorer");
    let cr3 = w.processes[process].cr3;
    let base = 0x0000_0218_6600_0000u64;
    w.processes[process].vads.push(Vad::private(base, 0x1_0000));
    let put = |w: &mut World, n: u64, kind: &'static str, value: u64, pa: Option<u64>| {
        let va = base + n * 0x1000;
        w.memory.set_entry(cr3, va, value);
        w.entries.push((kind, cr3, va, value, pa));
    };
    // Read-write is protection 4, in bits 5 to 9.
    let protection = 4u64 << 5;
    let page = w.memory.alloc();
    w.memory.physical_mut(page << 12, 16).copy_from_slice(b"hardware page   ");
    put(w, 0, "hardware", page << 12 | P | W | U | NX | 0x60, Some(page << 12));
    let page = w.memory.alloc();
    w.memory.physical_mut(page << 12, 16).copy_from_slice(b"transition page ");
    put(w, 1, "transition", (page << 12 | 0x800 | protection) ^ INVALID_MASK, Some(page << 12));
    // Page file 1 (bits 12 to 15), page 0x1a2b.
    put(w, 2, "pagefile", (0x1A2Bu64 << 32 | 1 << 12 | protection) ^ INVALID_MASK, None);
    put(w, 3, "demand-zero", protection | 0x10, None);
    // A prototype entry in paged pool that holds a hardware entry.
    let page = w.memory.alloc();
    w.memory.physical_mut(page << 12, 16).copy_from_slice(b"prototype page  ");
    let prototype = w.alloc_pool(true, 0x40, b"MmSt");
    w.q(prototype, page << 12 | P | W | 0x60 | NX);
    put(w, 4, "prototype", prototype << 16 | 0x400, Some(page << 12));
    put(w, 5, "prototype-vad", 0xFFFF_FFFF_0000_0000 | 0x400 | protection, None);
    put(w, 6, "zero", 0, None);
    put(w, 7, "no-access", 0x18 << 5 | 0x10, None);
}

/// Encodes the debugger's block as a kernel does that was booted without a debugger.
pub fn encode_debugger_data(w: &mut World) {
    let block = w.nt("KdDebuggerDataBlock");
    let flag = w.nt("KdpDataBlockEncoded");
    let (never, always) = (w.get(w.nt("KiWaitNever")), w.get(w.nt("KiWaitAlways")));
    for at in (block..block + crate::objects::debugger_data::SIZE).step_by(8) {
        let plain = w.get(at);
        let value = ((plain ^ always).swap_bytes() ^ flag).rotate_right((never & 0xFF) as u32 % 64) ^ never;
        w.q(at, value);
    }
    w.bytes(flag, &[1]);
}
