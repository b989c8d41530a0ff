//! Writes the machine's memory as dumps of every kind.

pub mod bitmap;
pub mod full;
pub mod header;
pub mod rdmp;
pub mod triage;

use std::collections::BTreeSet;

use crate::world::World;

/// What a dump needs beside memory.
#[derive(Clone)]
pub struct Crash {
    /// Bug check code and parameters.
    pub code: u32,
    /// Its parameters.
    pub parameters: [u64; 4],
    /// CONTEXT of the crashing processor.
    pub context: Vec<u8>,
    /// Index of the crashing thread.
    pub thread: usize,
    /// Processor.
    pub processor: usize,
    /// Page table root at the crash.
    pub cr3: u64,
    /// Address of the instruction the exception record names.
    pub address: u64,
}

/// The kinds of dump.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// DumpType 1.
    Full,
    /// DumpType 5, every page.
    BitmapFull,
    /// DumpType 5, kernel pages.
    BitmapKernel,
    /// DumpType 6, made from a running system.
    Live,
    /// DumpType 7, the same pages.
    LiveAutomatic,
    /// DumpType 8.
    RdmpKernel,
    /// DumpType 9.
    RdmpKernelUser,
    /// DumpType 0xA.
    RdmpComplete,
    /// DumpType 4.
    Triage,
}

impl Kind {
    /// Name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::BitmapFull => "bitmap-full",
            Self::BitmapKernel => "bitmap-kernel",
            Self::Live => "live",
            Self::LiveAutomatic => "live-automatic",
            Self::RdmpKernel => "rdmp-kernel",
            Self::RdmpKernelUser => "rdmp-kernel-user",
            Self::RdmpComplete => "rdmp-complete",
            Self::Triage => "triage",
        }
    }

    /// All.
    pub const ALL: [Self; 9] = [
        Self::Full,
        Self::BitmapFull,
        Self::BitmapKernel,
        Self::Live,
        Self::LiveAutomatic,
        Self::RdmpKernel,
        Self::RdmpKernelUser,
        Self::RdmpComplete,
        Self::Triage,
    ];
}

/// Writes one dump.
pub fn write(world: &World, crash: &Crash, kind: Kind) -> Vec<u8> {
    match kind {
        Kind::Full => full::write(world, crash),
        Kind::BitmapFull | Kind::BitmapKernel | Kind::Live | Kind::LiveAutomatic => {
            bitmap::write(world, crash, kind)
        }
        Kind::RdmpKernel | Kind::RdmpKernelUser | Kind::RdmpComplete => rdmp::write(world, crash, kind),
        Kind::Triage => triage::write(world, crash),
    }
}

/// Every page that the firmware reports.
pub fn all_pages(world: &World) -> BTreeSet<u64> {
    world.memory.runs.iter().flat_map(|(first, count)| *first..first + count).collect()
}

/// Pages that kernel addresses map, and the page tables of all processes.
pub fn kernel_pages(world: &World) -> BTreeSet<u64> {
    let mut pages = BTreeSet::new();
    for p in &world.processes {
        walk(world, p.cr3, 256..512, &mut pages);
    }
    pages
}

/// Pages that user addresses map, with their tables.
pub fn user_pages(world: &World) -> BTreeSet<u64> {
    let mut pages = BTreeSet::new();
    for p in &world.processes {
        walk(world, p.cr3, 0..256, &mut pages);
    }
    pages
}

fn walk(world: &World, root: u64, slots: std::ops::Range<u64>, pages: &mut BTreeSet<u64>) {
    fn level(world: &World, table: u64, depth: u32, slots: std::ops::Range<u64>, pages: &mut BTreeSet<u64>) {
        let top = depth + 1 == world.memory.levels();
        if !pages.insert(table >> 12) && !top {
            return;
        }
        for slot in slots {
            let entry = world.memory.read64(table + slot * 8);
            let next = entry & 0x000F_FFFF_FFFF_F000;
            // The self-map points back at the root.
            if entry & 1 == 0 || next >> 12 >= world.memory.pages() || top && next == table {
                continue;
            }
            if depth == 0 {
                pages.insert(next >> 12);
            } else if entry & 0x80 != 0 && depth < 3 {
                let span = 1u64 << (9 * depth);
                pages.extend((next >> 12)..(next >> 12) + span);
            } else {
                level(world, next, depth - 1, 0..512, pages);
            }
        }
    }
    level(world, root & 0x000F_FFFF_FFFF_F000, world.memory.levels() - 1, slots, pages);
}
