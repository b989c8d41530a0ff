//! DumpType 4: the small dump, with `DGRT` marker, driver list, stack, object images and data blocks.

use super::{Crash, header};
use crate::layout::size;
use crate::objects::debugger_data;
use crate::world::{PRCB, World};

/// Bytes of one DUMP_DRIVER_ENTRY64: name offset, padding, loader entry up to its time stamp, which stands at 0x80 here.
const DRIVER_STRIDE: usize = 0x90;

struct Out(Vec<u8>);

impl Out {
    fn align(&mut self) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        self.0.len() as u32
    }
    fn put(&mut self, bytes: &[u8]) -> u32 {
        let at = self.align();
        self.0.extend_from_slice(bytes);
        at
    }
    fn string(&mut self, text: &str) -> u32 {
        let units: Vec<u16> = text.encode_utf16().collect();
        let at = self.put(&(units.len() as u32).to_le_bytes());
        self.0.extend(units.iter().chain([&0]).flat_map(|u| u.to_le_bytes()));
        at
    }
    fn set(&mut self, at: usize, value: u32) {
        self.0[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
}

/// Writes it.
pub fn write(world: &World, crash: &Crash) -> Vec<u8> {
    let root = world.root();
    let read = |va: u64, len: u64| world.memory.read(root, va, len as usize).expect("kernel memory");
    let t = 0x2000;
    let mut out = Out(header::build(world, crash, 4, Some(8), 0));
    out.0.resize(t + 0x80, 0);
    let thread = &world.threads[crash.thread];
    let process = &world.processes[thread.process];
    let prcb = world.processors[crash.processor].pcr + PRCB;

    out.set(t + 0x0C, 0x348);
    out.set(t + 0x10, 0xF00);
    let mut mm = vec![0u8; 0x50];
    mm[0] = 1;
    mm[4] = 0x50;
    let at = out.put(&mm);
    out.set(t + 0x14, at);
    let at = out.put(&read(prcb, size("_KPRCB")));
    out.set(t + 0x1C, at);
    let at = out.put(&read(process.object, size("_EPROCESS")));
    out.set(t + 0x20, at);
    let at = out.put(&read(thread.object, size("_ETHREAD")));
    out.set(t + 0x24, at);

    let rsp = u64::from_le_bytes(crash.context[0x98..0xA0].try_into().expect("eight"));
    let (top, bottom) = stack_range(world, crash, rsp);
    let stack = read(top, bottom - top);
    let at = out.put(&stack);
    out.set(t + 0x28, at);
    out.set(t + 0x2C, stack.len() as u32);
    out.0[t + 0x48..t + 0x50].copy_from_slice(&top.to_le_bytes());

    let at = out.put(&read(world.nt("KdDebuggerDataBlock"), debugger_data::SIZE));
    out.set(t + 0x70, at);
    out.set(t + 0x74, debugger_data::SIZE as u32);

    let mut unloaded = (world.unloaded.len() as u64).to_le_bytes().to_vec();
    for (name, start, end) in &world.unloaded {
        let units: Vec<u8> = name.encode_utf16().take(12).flat_map(u16::to_le_bytes).collect();
        let length = (name.encode_utf16().count() * 2) as u16;
        let mut entry = vec![0u8; 0x38];
        entry[0..2].copy_from_slice(&length.to_le_bytes());
        entry[2..4].copy_from_slice(&(length + 2).to_le_bytes());
        entry[0x10..0x10 + units.len()].copy_from_slice(&units);
        entry[0x28..0x30].copy_from_slice(&start.to_le_bytes());
        entry[0x30..0x38].copy_from_slice(&end.to_le_bytes());
        unloaded.extend(entry);
    }
    let at = out.put(&unloaded);
    out.set(t + 0x18, at);

    let drivers = out.put(&vec![0; world.modules.len() * DRIVER_STRIDE]);
    out.set(t + 0x30, drivers);
    out.set(t + 0x34, world.modules.len() as u32);
    let mut pool_start = 0;
    for (i, m) in world.modules.iter().enumerate() {
        let name = out.string(&m.path);
        if i == 0 {
            pool_start = name;
        }
        let entry = drivers as usize + i * DRIVER_STRIDE;
        out.set(entry, name);
        let image = read(m.entry, 0x80);
        out.0[entry + 8..entry + 0x88].copy_from_slice(&image);
        out.set(entry + 0x88, m.image.timestamp);
    }
    let end = out.align();
    out.set(t + 0x38, pool_start);
    out.set(t + 0x3C, end - pool_start);

    let blocks = blocks(world, crash);
    let table = out.put(&vec![0; blocks.len() * 16]);
    out.set(t + 0x78, table);
    out.set(t + 0x7C, blocks.len() as u32);
    for (i, (va, bytes)) in blocks.iter().enumerate() {
        let at = out.put(bytes);
        let entry = table as usize + i * 16;
        out.0[entry..entry + 8].copy_from_slice(&va.to_le_bytes());
        out.set(entry + 8, at);
        out.set(entry + 12, bytes.len() as u32);
    }
    let valid = out.put(b"TRGD");
    let length = out.0.len() as u32;
    out.set(t + 0x08, valid);
    out.set(t + 0x04, length);
    out.0[0xFA0..0xFA8].copy_from_slice(&u64::from(length).to_le_bytes());
    out.0
}

/// The part of a stack that rsp points into, from rsp up.
fn stack_range(world: &World, crash: &Crash, rsp: u64) -> (u64, u64) {
    let (base, limit) = world.threads[crash.thread].stack;
    if (limit..base).contains(&rsp) {
        return (rsp, base);
    }
    (rsp, world.machine.vectors.ist)
}

/// Data blocks: the pages that the interrupted registers point to, code around them, and what the debugger asks for first.
fn blocks(world: &World, crash: &Crash) -> Vec<(u64, Vec<u8>)> {
    let root = world.root();
    let mut wanted: Vec<(u64, u64)> = Vec::new();
    for (name, bytes) in [
        ("KiProcessorBlock", world.processors.len() as u64 * 8),
        ("PsLoadedModuleList", 16),
        ("PsActiveProcessHead", 16),
        ("KiBugCheckData", 40),
        ("NtBuildLab", 42),
        ("MmUnloadedDrivers", 8),
        ("MmLastUnloadedDriver", 4),
        ("PsInitialSystemProcess", 8),
        ("PoolBigPageTable", 8),
        ("PoolBigPageTableSize", 8),
    ] {
        wanted.push((world.nt(name), bytes));
    }
    wanted.push((0xFFFF_F780_0000_0000, size("_KUSER_SHARED_DATA")));
    wanted.push((world.processors[crash.processor].pcr, PRCB));
    let chain = world.chain(crash.thread);
    for entry in chain.iter().rev().filter(|e| e.kind != crate::machine::Kind::Call).take(4) {
        wanted.push((entry.regs.rip.wrapping_sub(0x100), 0x200));
        for value in entry.regs.gpr.into_iter().chain([entry.regs.rip]) {
            wanted.push((value & !0xFFF, 0x1000));
        }
    }
    // Registers and rip: Windows keeps the page that each points to.
    for value in (0x78..=0xF8)
        .step_by(8)
        .map(|o| u64::from_le_bytes(crash.context[o..o + 8].try_into().expect("eight")))
    {
        wanted.push((value & !0xFFF, 0x1000));
    }
    wanted.extend(world.notable.iter().copied());
    let rsp = u64::from_le_bytes(crash.context[0x98..0xA0].try_into().expect("eight"));
    let (base, limit) = world.threads[crash.thread].stack;
    let left = !(limit..base).contains(&rsp);
    if left {
        // A double fault has a stack of its own; the thread's is what the overflow is read from.
        wanted.extend((limit..base).step_by(0x1000).map(|page| (page, 0x1000)));
    }
    // The stack that is saved is no block; a stack that the thread has left for another is read like any other memory.
    let (base, limit) = if left { (world.machine.vectors.ist, rsp & !0xFFF) } else { (base, limit) };
    let mut seen = std::collections::BTreeSet::new();
    let mut out = Vec::new();
    for (va, len) in wanted {
        if va >> 47 != 0x1FFFF || (limit..base).contains(&va) || !seen.insert(va) {
            continue;
        }
        if let Some(bytes) = world.memory.read(root, va, len as usize) {
            out.push((va, bytes));
        }
    }
    out
}
