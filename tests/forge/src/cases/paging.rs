//! Memory in forms that the cases do not need: a large page, entries of every software kind, five levels.

use super::base::Images;
use super::wifi::{self, Variant};
use crate::layout::off;
use crate::memory::{NX, P, U, W, pte_address};
use crate::world::{PRCB, World};
use crate::writer::Crash;

/// Bits that software entries carry inverted while bit 4 is clear, so that processors cannot speculate through them.
const INVALID_MASK: u64 = 0x2000_0000_0000;
/// Where the large page is.
const LARGE_VA: u64 = 0xFFFF_D98C_4020_0000;

/// The wifi crash on a machine that also has these.
pub fn kinds(images: &Images) -> (World, Crash) {
    let (mut w, crash) = wifi::run_with(images, Variant::Text, |w| {
        let first = w.memory.alloc_large();
        let root = w.root();
        w.memory.map_large(root, LARGE_VA, first, W | NX);
        for i in 0..512u64 {
            w.q(LARGE_VA + i * 0x1000 + 0x10, 0x4C41_5247_4500_0000 | i);
        }
        software_entries(w);
    });
    let first = w.memory.translate(w.root(), LARGE_VA).expect("large page");
    let entry = w.get(pte_address(LARGE_VA, 1));
    let root = w.root();
    w.entries.push(("large", root, LARGE_VA + 0x12_3010, entry, Some(first + 0x12_3010)));
    (w, crash)
}

fn software_entries(w: &mut World) {
    let process = w.processes.iter().position(|p| p.name == "explorer.exe").expect("explorer");
    let cr3 = w.processes[process].cr3;
    let base = 0x0000_0218_6600_0000u64;
    w.processes[process].vads.push((base >> 12, (base >> 12) + 15, 4, String::new()));
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

/// Puts one more level over the page tables of a crashed machine, as processors with 57-bit addresses have.
pub fn five_levels(w: &mut World, crash: &mut Crash) {
    let mut tops = std::collections::BTreeMap::new();
    for i in 0..w.processes.len() {
        let old = w.processes[i].cr3;
        if let std::collections::btree_map::Entry::Vacant(slot) = tops.entry(old) {
            let top = w.memory.alloc() << 12;
            for half in [0u64, 511] {
                w.memory.write64(top + half * 8, old | P | W | U | 0x60);
            }
            slot.insert(top);
        }
        let object = w.processes[i].object;
        w.put("_KPROCESS", object, "DirectoryTableBase", tops[&old]);
    }
    let special = off("_KPRCB", "ProcessorState");
    for n in 0..w.processors.len() {
        let at = w.processors[n].pcr + PRCB + special;
        let cr3 = w.member("_KSPECIAL_REGISTERS", at, "Cr3");
        w.put("_KSPECIAL_REGISTERS", at, "Cr3", tops[&cr3]);
        let cr4 = w.member("_KSPECIAL_REGISTERS", at, "Cr4");
        w.put("_KSPECIAL_REGISTERS", at, "Cr4", cr4 | 0x1000);
    }
    let block = w.nt("KdDebuggerDataBlock");
    w.bytes(block + 0x36, &(5u16 << 2).to_le_bytes());
    let visible = w.get(w.nt("MiVisibleState"));
    w.put("_MI_VISIBLE_STATE", visible, "PagingLevels", 5);
    for p in &mut w.processes {
        p.cr3 = tops[&p.cr3];
    }
    crash.cr3 = tops[&crash.cr3];
    w.memory.system_cr3 = tops[&w.memory.system_cr3];
    for entry in &mut w.entries {
        entry.1 = tops[&entry.1];
    }
    w.memory.five_levels = true;
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
