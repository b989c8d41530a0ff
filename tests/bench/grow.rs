//! A full dump that grows: pages behind its last, mapped where the bench wants them.
#![allow(dead_code)]

use std::io::Read;
use std::path::Path;

/// A page's bytes.
pub const PAGE: u64 = 0x1000;
/// Header fields: page table root, runs of physical memory.
const ROOT: usize = 0x10;
const RUNS: usize = 0x88;
const HEADER: usize = 0x2000;

/// The bytes of a full dump that grows.
pub struct Full {
    pub bytes: Vec<u8>,
    runs: Vec<(u64, u64)>,
    next: u64,
}

impl Full {
    pub fn open(path: &Path, first: u64) -> Self {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).unwrap();
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        let quad = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let count = quad(RUNS) as u32 as usize;
        let runs = (0..count).map(|i| (quad(RUNS + 16 + i * 16), quad(RUNS + 24 + i * 16))).collect();
        Self { bytes, runs, next: first }
    }

    /// Where a physical address is in the file.
    pub fn at(&self, physical: u64) -> usize {
        let mut before = 0;
        for (first, count) in &self.runs {
            if (*first..first + count).contains(&(physical >> 12)) {
                return HEADER + ((before + (physical >> 12) - first) << 12 | physical & 0xFFF) as usize;
            }
            before += count;
        }
        panic!("no page {physical:#x}");
    }

    pub fn quad(&self, physical: u64) -> u64 {
        let at = self.at(physical);
        u64::from_le_bytes(self.bytes[at..at + 8].try_into().unwrap())
    }

    pub fn set(&mut self, physical: u64, value: u64) {
        let at = self.at(physical);
        self.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }

    /// One more page of physical memory, behind the last.
    pub fn page(&mut self) -> u64 {
        let (first, count) = self.runs.last_mut().unwrap();
        let page = *first + *count;
        *count += 1;
        self.bytes.resize(self.bytes.len() + PAGE as usize, 0);
        page << 12
    }

    /// Where a kernel address is in physical memory; pages and tables that are missing are made.
    pub fn translate(&mut self, address: u64) -> u64 {
        let entry = self.table(address) + (address >> 12 & 0x1FF) * 8;
        self.below(entry) | address & 0xFFF
    }

    /// What an entry leads to; what it lacks is made.
    fn below(&mut self, entry: u64) -> u64 {
        if self.quad(entry) & 1 == 0 {
            let page = self.page();
            self.set(entry, page | 0x63);
        }
        self.quad(entry) & 0x000F_FFFF_FFFF_F000
    }

    /// The last-level table of an address.
    fn table(&mut self, address: u64) -> u64 {
        let root = u64::from_le_bytes(self.bytes[ROOT..ROOT + 8].try_into().unwrap());
        let mut table = root & 0x000F_FFFF_FFFF_F000;
        for shift in [39, 30, 21] {
            let entry = table + (address >> shift & 0x1FF) * 8;
            assert!(shift < 39 || self.quad(entry) & 1 == 1, "the processes would not share it");
            table = self.below(entry);
        }
        table
    }

    pub fn write(&mut self, address: u64, bytes: &[u8]) {
        let mut done = 0;
        while done < bytes.len() {
            let to = address + done as u64;
            let size = (bytes.len() - done).min((PAGE - to % PAGE) as usize);
            let physical = self.translate(to);
            let at = self.at(physical);
            self.bytes[at..at + size].copy_from_slice(&bytes[done..done + size]);
            done += size;
        }
    }

    /// What memory holds at an address.
    pub fn read(&mut self, address: u64, size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < size {
            let from = address + out.len() as u64;
            let take = (size - out.len()).min((PAGE - from % PAGE) as usize);
            let physical = self.translate(from);
            let at = self.at(physical);
            out.extend_from_slice(&self.bytes[at..at + take]);
        }
        out
    }

    /// A word of memory.
    pub fn read_quad(&mut self, address: u64) -> u64 {
        u64::from_le_bytes(self.read(address, 8).try_into().unwrap())
    }

    /// Fills a physical page.
    pub fn set_bytes(&mut self, physical: u64, bytes: &[u8]) {
        let at = self.at(physical);
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// PsLoadedModuleList, which the header names.
    pub fn symbol_list(&self) -> u64 {
        u64::from_le_bytes(self.bytes[0x20..0x28].try_into().unwrap())
    }

    pub fn write_quad(&mut self, address: u64, value: u64) {
        self.write(address, &value.to_le_bytes());
    }

    /// Room for `bytes` at the next page.
    pub fn room(&mut self, bytes: u64) -> u64 {
        let at = self.next;
        self.next += bytes.next_multiple_of(PAGE);
        at
    }

    /// Maps a page of physical memory where no page is.
    pub fn map(&mut self, address: u64, physical: u64) {
        let table = self.table(address);
        self.set(table + (address >> 12 & 0x1FF) * 8, physical | 0x63);
    }

    /// Memory that is in the dump and holds nothing: the run of `pages` behind the last.
    pub fn empty(&mut self, pages: u64) {
        let last = self.runs.last().unwrap();
        let first = last.0 + last.1;
        self.runs.push((first, pages));
        let count = self.runs.len() as u32;
        self.bytes[RUNS..RUNS + 4].copy_from_slice(&count.to_le_bytes());
        let at = RUNS + 16 + (self.runs.len() - 1) * 16;
        self.bytes[at..at + 8].copy_from_slice(&first.to_le_bytes());
    }

    /// The file, with its header telling of the new pages.
    pub fn finish(mut self) -> Vec<u8> {
        let pages: u64 = self.runs.iter().map(|run| run.1).sum();
        self.bytes[RUNS + 8..RUNS + 16].copy_from_slice(&pages.to_le_bytes());
        for (i, (_, count)) in self.runs.iter().enumerate() {
            self.bytes[RUNS + 24 + i * 16..RUNS + 32 + i * 16].copy_from_slice(&count.to_le_bytes());
        }
        self.bytes
    }
}
