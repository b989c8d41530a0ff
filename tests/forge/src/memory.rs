//! Physical memory of the machine and its x64 page tables.

use std::collections::BTreeMap;

/// Page size.
pub const PAGE: u64 = 0x1000;
/// Valid.
pub const P: u64 = 1;
/// Writable.
pub const W: u64 = 2;
/// User.
pub const U: u64 = 4;
/// Accessed and dirty.
pub const AD: u64 = 0x60;
/// Large page.
pub const LARGE: u64 = 0x80;
/// No execute.
pub const NX: u64 = 1 << 63;
const FRAME: u64 = 0x000F_FFFF_FFFF_F000;

/// Slot of the top-level table that maps the tables themselves.
pub const SELF_SLOT: u64 = 0x1C1;

/// Frames kept for a large page.
const LARGE_FRAMES: std::ops::Range<u64> = 0x400..0x600;

/// What a page frame holds; becomes the PFN database.
#[derive(Clone, Copy)]
pub struct Frame {
    /// Address of the page table entry that maps it.
    pub pte: u64,
    /// Page frame of the table that holds that entry.
    pub table: u64,
}

/// Physical memory.
pub struct Memory {
    /// All of it, from physical 0; aligned for the emulator.
    storage: Vec<u8>,
    start: usize,
    size: u64,
    free: Vec<u64>,
    /// Ranges of page frames that the firmware reports: first, count.
    pub runs: Vec<(u64, u64)>,
    /// Page frames in use.
    pub frames: BTreeMap<u64, Frame>,
    /// Page table root of the System process.
    pub system_cr3: u64,
    /// Page tables have five levels, as on processors with 57-bit addresses.
    pub five_levels: bool,
}

impl Memory {
    /// `pages` pages of memory with the hole below 1 MiB that PCs have.
    pub fn new(pages: u64, five_levels: bool) -> Self {
        let size = pages * PAGE;
        let storage = vec![0u8; (size + PAGE) as usize];
        let start = storage.as_ptr().align_offset(PAGE as usize);
        let runs = vec![(1, 0x9E), (0x100, pages - 0x100)];
        // Handed out in a fixed but scattered order, so that neighbours in virtual memory are none in physical memory.
        // Two MiB in a row are kept back for a large page.
        let mut free: Vec<u64> = (0x108..pages).filter(|p| !LARGE_FRAMES.contains(p)).collect();
        let mut seed = 0x2545_F491_4F6C_DD1Du64;
        for i in (1..free.len()).rev() {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            free.swap(i, (seed % (i as u64 + 1)) as usize);
        }
        let mut memory =
            Self { storage, start, size, free, runs, frames: BTreeMap::new(), system_cr3: 0, five_levels };
        memory.system_cr3 = memory.new_root();
        for slot in 0x100..0x200 {
            memory.kernel_slot(slot);
        }
        memory
    }

    fn kernel_slot(&mut self, slot: u64) {
        // The parts of the kernel half that this fixture uses; each process gets the same tables. With five levels all of
        // them lie below one entry.
        const USED: &[u64] = &[0x10B, 0x134, 0x148, 0x1A6, 0x1B1, 0x1EF, 0x1F0, 0x1F5, 0x1FF];
        if if self.five_levels { slot == 0x1FF } else { USED.contains(&slot) } {
            let table = self.alloc();
            self.write64(self.system_cr3 + slot * 8, table << 12 | P | W | AD);
            self.frames.insert(table, Frame { pte: self.pte_base(), table: self.system_cr3 >> 12 });
        }
    }

    /// Levels of page tables.
    pub fn levels(&self) -> u32 {
        if self.five_levels { 5 } else { 4 }
    }

    /// First address of the page table entries: what the slot that maps the tables covers.
    pub fn pte_base(&self) -> u64 {
        let shift = self.levels() * 9 + 3;
        u64::MAX << (shift + 8) | SELF_SLOT << shift
    }

    /// Address of the page table entry of `va` at a level (0 PTE, 1 PDE, 2 PPE, 3 PXE), through the self-map.
    pub fn pte_address(&self, va: u64, level: u32) -> u64 {
        let mask = (1u64 << (self.levels() * 9 + 3)) - 8;
        (0..=level).fold(va, |at, _| self.pte_base() + (at >> 9 & mask))
    }

    /// A new page table root with the self-map; returns its physical address.
    pub fn new_root(&mut self) -> u64 {
        let root = self.alloc() << 12;
        if self.system_cr3 != 0 {
            for slot in 0x100..0x200 {
                let entry = self.read64(self.system_cr3 + slot * 8);
                self.write64(root + slot * 8, entry);
            }
        }
        self.write64(root + SELF_SLOT * 8, root | P | W | AD | NX);
        root
    }

    /// Takes a free page frame.
    pub fn alloc(&mut self) -> u64 {
        let pfn = self.free.pop().expect("physical memory left");
        self.frames.insert(pfn, Frame { pte: 0, table: 0 });
        pfn
    }

    /// Takes the 512 page frames in a row that are kept for a large page.
    pub fn alloc_large(&mut self) -> u64 {
        for p in LARGE_FRAMES {
            self.frames.insert(p, Frame { pte: 0, table: 0 });
        }
        LARGE_FRAMES.start
    }

    /// Pages in all, holes included.
    pub fn pages(&self) -> u64 {
        self.size / PAGE
    }

    /// Frames not handed out.
    pub fn free_frames(&self) -> &[u64] {
        &self.free
    }

    /// Where the emulator finds it.
    pub fn pointer(&mut self) -> *mut u8 {
        self.storage[self.start..].as_mut_ptr()
    }

    /// Physical bytes.
    pub fn physical(&self, pa: u64, len: usize) -> &[u8] {
        &self.storage[self.start + pa as usize..][..len]
    }

    /// Physical bytes to change.
    pub fn physical_mut(&mut self, pa: u64, len: usize) -> &mut [u8] {
        &mut self.storage[self.start + pa as usize..][..len]
    }

    /// A physical quad.
    pub fn read64(&self, pa: u64) -> u64 {
        u64::from_le_bytes(self.physical(pa, 8).try_into().expect("eight"))
    }

    /// Sets a physical quad.
    pub fn write64(&mut self, pa: u64, value: u64) {
        self.physical_mut(pa, 8).copy_from_slice(&value.to_le_bytes());
    }

    /// First address bit of each level above the last.
    fn shifts(&self) -> impl Iterator<Item = u32> + use<> {
        (1..self.levels()).rev().map(|level| 12 + level * 9)
    }

    /// Physical address of the last-level entry of `va`, making the tables above it.
    pub fn entry(&mut self, root: u64, va: u64) -> u64 {
        let user = if va >> 63 == 0 { U } else { 0 };
        let mut table = root & FRAME;
        for shift in self.shifts() {
            let slot = table + (va >> shift & 0x1FF) * 8;
            let entry = self.read64(slot);
            if entry & P == 0 {
                let page = self.alloc();
                let pte_va = self.pte_address(va, (shift - 12) / 9);
                self.frames.insert(page, Frame { pte: pte_va, table: table >> 12 });
                self.write64(slot, page << 12 | P | W | AD | user);
                table = page << 12;
            } else {
                table = entry & FRAME;
            }
        }
        table + (va >> 12 & 0x1FF) * 8
    }

    /// Maps one page.
    pub fn map_frame(&mut self, root: u64, va: u64, pfn: u64, flags: u64) {
        let slot = self.entry(root, va);
        self.write64(slot, pfn << 12 | flags | P | AD);
        self.frames.insert(pfn, Frame { pte: self.pte_address(va, 0), table: slot >> 12 });
    }

    /// Writes a raw last-level entry (one that is not valid, say).
    pub fn set_entry(&mut self, root: u64, va: u64, value: u64) {
        let slot = self.entry(root, va);
        self.write64(slot, value);
    }

    /// Maps 2 MiB.
    pub fn map_large(&mut self, root: u64, va: u64, pfn: u64, flags: u64) {
        self.entry(root, va);
        let pd = self
            .shifts()
            .filter(|shift| *shift > 21)
            .fold(root & FRAME, |table, shift| self.read64(table + (va >> shift & 0x1FF) * 8) & FRAME);
        self.write64(pd + (va >> 21 & 0x1FF) * 8, pfn << 12 | flags | LARGE | P | AD);
    }

    /// Maps fresh pages over a range.
    pub fn map(&mut self, root: u64, va: u64, len: u64, flags: u64) {
        for page in (va & !(PAGE - 1)..va + len).step_by(PAGE as usize) {
            if self.translate(root, page).is_none() {
                let pfn = self.alloc();
                self.map_frame(root, page, pfn, flags);
            }
        }
    }

    /// Walks the tables.
    pub fn translate(&self, root: u64, va: u64) -> Option<u64> {
        let mut table = root & FRAME;
        for shift in self.shifts().chain([12]) {
            let entry = self.read64(table + (va >> shift & 0x1FF) * 8);
            if entry & P == 0 {
                return None;
            }
            if shift < 39 && shift != 12 && entry & LARGE != 0 {
                let mask = (1u64 << shift) - 1;
                return Some(entry & FRAME & !mask | va & mask);
            }
            table = entry & FRAME;
        }
        Some(table | va & 0xFFF)
    }

    /// Reads virtual memory.
    pub fn read(&self, root: u64, va: u64, len: usize) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(len);
        while out.len() < len {
            let at = va + out.len() as u64;
            let pa = self.translate(root, at)?;
            let take = (len - out.len()).min((PAGE - (at & 0xFFF)) as usize);
            out.extend_from_slice(self.physical(pa, take));
        }
        Some(out)
    }

    /// Writes virtual memory that is mapped.
    pub fn write(&mut self, root: u64, va: u64, bytes: &[u8]) {
        let mut done = 0;
        while done < bytes.len() {
            let at = va + done as u64;
            let pa = self.translate(root, at).unwrap_or_else(|| panic!("{at:#x} is not mapped"));
            let take = (bytes.len() - done).min((PAGE - (at & 0xFFF)) as usize);
            self.physical_mut(pa, take).copy_from_slice(&bytes[done..done + take]);
            done += take;
        }
    }

    /// A virtual quad of mapped memory.
    pub fn u64(&self, root: u64, va: u64) -> u64 {
        let bytes = self.read(root, va, 8).unwrap_or_else(|| panic!("{va:#x} is not mapped"));
        u64::from_le_bytes(bytes.try_into().expect("eight"))
    }
}
