//! Writes small crash dumps of every kind from pages and page tables. It knows the formats by itself: nothing here
//! comes from the readers that are tested with it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

use std::collections::BTreeMap;

pub const PAGE: usize = 0x1000;
/// Valid, writable, accessed, dirty.
pub const VALID: u64 = 0x63;
/// A large page, in a PDE or PPE.
pub const LARGE: u64 = 0x80;

/// Physical memory under construction.
#[derive(Clone)]
pub struct Machine {
    pub pages: BTreeMap<u64, Vec<u8>>,
    pub root: u64,
    pub levels: u32,
    next_table: u64,
    pub build: u32,
}

impl Machine {
    /// An empty machine whose page tables grow from frame `tables` on.
    pub fn new(tables: u64, levels: u32) -> Machine {
        let mut machine =
            Machine { pages: BTreeMap::new(), root: tables, levels, next_table: tables + 1, build: 19041 };
        machine.page(tables);
        machine
    }

    /// The page of a frame, zeroed if new.
    pub fn page(&mut self, pfn: u64) -> &mut Vec<u8> {
        self.pages.entry(pfn).or_insert_with(|| vec![0; PAGE])
    }

    /// A page whose bytes tell where they are.
    pub fn pattern(&mut self, pfn: u64) {
        let page = self.page(pfn);
        for (index, word) in page.chunks_mut(8).enumerate() {
            word.copy_from_slice(&(pfn << 16 | index as u64).to_le_bytes());
        }
    }

    pub fn put(&mut self, physical: u64, value: u64) {
        let at = (physical & 0xfff) as usize;
        self.page(physical >> 12)[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }

    pub fn get(&self, physical: u64) -> u64 {
        let at = (physical & 0xfff) as usize;
        self.pages
            .get(&(physical >> 12))
            .map_or(0, |page| u64::from_le_bytes(page[at..at + 8].try_into().unwrap()))
    }

    /// Sets the entry for `address` at the level whose pages have `1 << shift` bytes; tables above are made.
    pub fn entry(&mut self, address: u64, shift: u32, value: u64) {
        let mut table = self.root << 12;
        let mut level = 12 + 9 * (self.levels - 1);
        while level > shift {
            let at = table + (address >> level & 0x1ff) * 8;
            if self.get(at) & 1 == 0 {
                let new = self.next_table;
                self.next_table += 1;
                self.page(new);
                self.put(at, new << 12 | VALID);
            }
            table = self.get(at) & 0x000f_ffff_ffff_f000;
            level -= 9;
        }
        self.put(table + (address >> shift & 0x1ff) * 8, value);
    }

    /// Maps a page of 4 KiB.
    pub fn map(&mut self, address: u64, pfn: u64) {
        self.entry(address, 12, pfn << 12 | VALID);
    }

    /// The header of a 64-bit dump; unknown fields hold the filler.
    pub fn header(&self, dump_type: u32) -> Vec<u8> {
        let mut header: Vec<u8> = b"PAGE".iter().copied().cycle().take(0x2000).collect();
        put(&mut header, 4, b"DU64");
        put32(&mut header, 8, 0xf);
        put32(&mut header, 0xc, self.build);
        put64(&mut header, 0x10, self.root << 12 | 2);
        put64(&mut header, 0x18, 0xffff_fa80_0000_0000);
        put64(&mut header, 0x20, 0xffff_f800_0dea_d000);
        put64(&mut header, 0x28, 0xffff_f800_0dea_d100);
        put32(&mut header, 0x30, 0x8664);
        put32(&mut header, 0x34, 2);
        put32(&mut header, 0x38, 0xd1);
        for index in 0..4 {
            put64(&mut header, 0x40 + index * 8, index as u64 + 1);
        }
        put64(&mut header, 0x80, 0xffff_f800_0dea_d200);
        header[0x348..0x348 + 0x4d0].fill(0);
        put64(&mut header, 0x348 + 0xf8, 0xffff_f800_0000_1234);
        header[0xf00..0xf98].fill(0);
        put32(&mut header, 0xf00, 0xc000_0005);
        put32(&mut header, 0xf98, dump_type);
        put64(&mut header, 0xfa8, 0x01d7_07f2_3c5f_3aac);
        put64(&mut header, 0x1030, 37_470_000);
        header
    }

    /// The frames as runs.
    pub fn runs(&self) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for &pfn in self.pages.keys() {
            match runs.last_mut() {
                Some(last) if last.0 + last.1 == pfn => last.1 += 1,
                _ => runs.push((pfn, 1)),
            }
        }
        runs
    }

    fn append_pages(&self, file: &mut Vec<u8>) {
        for page in self.pages.values() {
            file.extend(page);
        }
    }

    /// A dump of a kind with pages, or of the header alone.
    pub fn dump(&self, dump_type: u32) -> Vec<u8> {
        match dump_type {
            1 => self.full(),
            2 => self.summary(),
            3 => self.header(3),
            5..=7 => self.bitmap(dump_type),
            8..=10 => self.rdmp(dump_type),
            _ => panic!("kind {dump_type}"),
        }
    }

    fn full(&self) -> Vec<u8> {
        let mut file = self.header(1);
        let runs = self.runs();
        assert!(runs.len() <= 42, "{} runs do not fit in a header", runs.len());
        put32(&mut file, 0x88, runs.len() as u32);
        put64(&mut file, 0x90, self.pages.len() as u64);
        for (index, (pfn, count)) in runs.iter().enumerate() {
            put64(&mut file, 0x98 + index * 16, *pfn);
            put64(&mut file, 0xa0 + index * 16, *count);
        }
        put64(&mut file, 0xfa0, 0x2000 + (self.pages.len() * PAGE) as u64);
        self.append_pages(&mut file);
        file
    }

    fn bits(&self) -> (u64, Vec<u8>) {
        let count = self.pages.keys().last().map_or(0, |last| last + 1);
        // A length that is no multiple of 8, and set bits after the last one.
        let count = if count.is_multiple_of(8) { count + 3 } else { count };
        let mut bits = vec![0u8; count.div_ceil(8) as usize];
        for pfn in self.pages.keys() {
            bits[(pfn / 8) as usize] |= 1 << (pfn % 8);
        }
        *bits.last_mut().unwrap() |= 0xffu8.checked_shl((count % 8) as u32).unwrap_or(0);
        (count, bits)
    }

    fn bitmap(&self, dump_type: u32) -> Vec<u8> {
        let mut file = self.header(dump_type);
        let (count, bits) = self.bits();
        let first_page = (0x2038 + bits.len()).next_multiple_of(PAGE) as u64;
        file.extend(b"SDMPDUMP");
        file.extend([0; 0x18]);
        file.extend(first_page.to_le_bytes());
        file.extend((self.pages.len() as u64).to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(bits);
        file.resize(first_page as usize, 0);
        self.append_pages(&mut file);
        file
    }

    fn summary(&self) -> Vec<u8> {
        let mut file = self.header(2);
        let (count, bits) = self.bits();
        let first_page = (0x2028 + bits.len()).next_multiple_of(PAGE) as u32;
        file.extend(b"SDMPDUMP");
        file.extend(0u32.to_le_bytes());
        for value in [first_page, count as u32, self.pages.len() as u32, count as u32, 0, 0, 0] {
            file.extend(value.to_le_bytes());
        }
        file.extend(bits);
        file.resize(first_page as usize, 0);
        self.append_pages(&mut file);
        file
    }

    fn rdmp(&self, dump_type: u32) -> Vec<u8> {
        let mut file = self.header(dump_type);
        let runs = self.runs();
        // The list, closed by a zero entry, then padding to a page; the metadata are counted from 0x2020.
        let first_page = (0x2030 + (runs.len() + 1) * 16).next_multiple_of(PAGE) as u64;
        file.extend(0x40u32.to_le_bytes());
        file.extend(b"RDMPDUMP");
        file.extend(0u32.to_le_bytes());
        file.extend((first_page - 0x2020).to_le_bytes());
        file.extend(first_page.to_le_bytes());
        if dump_type == 10 {
            file.extend((runs.len() as u64).to_le_bytes());
            file.extend((self.pages.len() as u64).to_le_bytes());
        } else {
            file.extend([0; 16]);
        }
        for (pfn, count) in runs {
            file.extend(pfn.to_le_bytes());
            file.extend(count.to_le_bytes());
        }
        file.resize(first_page as usize, 0);
        self.append_pages(&mut file);
        file
    }
}

/// A triage dump under construction.
#[derive(Clone, Default)]
pub struct Triage {
    /// (address, bytes).
    pub blocks: Vec<(u64, Vec<u8>)>,
    /// Address and bytes of the stack.
    pub stack: (u64, Vec<u8>),
    /// (name, base, size).
    pub drivers: Vec<(String, u64, u32)>,
    /// (name, start, end).
    pub unloaded: Vec<(String, u64, u64)>,
    /// (tag, data).
    pub secondary: Vec<([u8; 16], Vec<u8>)>,
}

impl Triage {
    /// A small dump with something of everything.
    pub fn sample() -> Triage {
        let word =
            |seed: u64, count: u64| (0..count).flat_map(move |n| (seed << 8 | n).to_le_bytes()).collect();
        Triage {
            blocks: vec![
                (0xffff_f800_0000_1000, word(1, 32)),
                (0xffff_f800_0000_3000, word(2, 8)),
                (0xffff_a000_0000_0000, word(3, 300)),
            ],
            stack: (0xffff_d000_1234_5678, word(4, 64)),
            drivers: vec![
                ("ntoskrnl.exe".into(), 0xffff_f800_0000_0000, 0x0100_0000),
                ("\\SystemRoot\\System32\\drivers\\bad.sys".into(), 0xffff_f800_0200_0000, 0x1_0000),
            ],
            unloaded: vec![("gone.sys".into(), 0xffff_f800_0300_0000, 0xffff_f800_0301_0000)],
            secondary: vec![([7; 16], vec![1, 2, 3]), ([9; 16], vec![5; 40])],
        }
    }

    pub fn dump(&self) -> Vec<u8> {
        let machine = Machine::new(1, 4);
        let mut file = machine.header(4);
        put64(&mut file, 0x80, 0xffff_f800_0000_2000);
        file.resize(0x2080, 0);
        let field = |file: &mut Vec<u8>, at: usize, value: usize| put32(file, 0x2000 + at, value as u32);
        let here = |file: &Vec<u8>| file.len();
        field(&mut file, 0xc, 0x348);
        field(&mut file, 0x10, 0xf00);

        let at = here(&file);
        field(&mut file, 0x18, at);
        file.extend((self.unloaded.len() as u64).to_le_bytes());
        for (name, start, end) in &self.unloaded {
            let units: Vec<u16> = name.encode_utf16().take(12).collect();
            file.extend((units.len() as u16 * 2).to_le_bytes());
            file.extend([0; 14]);
            let text: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            file.extend(&text);
            file.resize(file.len() + 24 - text.len(), 0);
            file.extend(start.to_le_bytes());
            file.extend(end.to_le_bytes());
        }

        let at = here(&file);
        field(&mut file, 0x28, at);
        field(&mut file, 0x2c, self.stack.1.len());
        put64(&mut file, 0x2048, self.stack.0);
        file.extend(&self.stack.1);

        let list = here(&file);
        field(&mut file, 0x30, list);
        field(&mut file, 0x34, self.drivers.len());
        file.resize(list + self.drivers.len() * 0x90, 0);
        let pool = here(&file);
        field(&mut file, 0x38, pool);
        for (index, (name, base, size)) in self.drivers.iter().enumerate() {
            let entry = list + index * 0x90;
            let at = here(&file);
            put32(&mut file, entry, at as u32);
            put64(&mut file, entry + 0x38, *base);
            put32(&mut file, entry + 0x48, *size);
            put32(&mut file, entry + 0x80, 0x1111 + index as u32);
            put32(&mut file, entry + 0x88, 0x5000_0000 + index as u32);
            let units: Vec<u16> = name.encode_utf16().collect();
            file.extend((units.len() as u32).to_le_bytes());
            file.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
            file.resize((file.len() + 2).next_multiple_of(8), 0);
        }
        let length = here(&file) - pool;
        field(&mut file, 0x3c, length);

        let list = here(&file);
        field(&mut file, 0x78, list);
        field(&mut file, 0x7c, self.blocks.len());
        file.resize(list + self.blocks.len() * 16, 0);
        for (index, (address, bytes)) in self.blocks.iter().enumerate() {
            let at = here(&file);
            put64(&mut file, list + index * 16, *address);
            put32(&mut file, list + index * 16 + 8, at as u32);
            put32(&mut file, list + index * 16 + 12, bytes.len() as u32);
            file.extend(bytes);
        }
        let at = here(&file);
        field(&mut file, 8, at);
        file.extend(b"TRGD");
        let at = here(&file);
        field(&mut file, 4, at);
        file.extend(b"DumpBlob");
        file.extend(0x10u32.to_le_bytes());
        file.extend(0xf000_4a61u32.to_le_bytes());
        for (tag, data) in &self.secondary {
            file.extend(0x20u32.to_le_bytes());
            file.extend(tag);
            let padding = data.len().next_multiple_of(8) - data.len();
            for value in [data.len(), 0, padding] {
                file.extend((value as u32).to_le_bytes());
            }
            file.extend(data);
            file.resize(file.len() + padding, 0);
        }
        file
    }
}

/// Addresses with the bytes from there on.
pub type Ranges<'a> = &'a [(u64, &'a [u8])];

/// Tagged data that hold memory (tag 0d910545-e694-4b15-870c-01625fb32a6f): (component, its ranges).
pub fn tagged_memory(components: &[(&str, Ranges<'_>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, ranges) in components {
        let room = name.len().next_multiple_of(8).max(0x18);
        let bytes: usize = ranges.iter().map(|(_, bytes)| 16 + bytes.len()).sum();
        for value in [0x14 + room, ranges.len(), bytes, 0, room] {
            body.extend((value as u32).to_le_bytes());
        }
        let end = body.len() + room;
        body.extend(name.as_bytes());
        body.resize(end, 0);
        for (address, bytes) in *ranges {
            body.extend(address.to_le_bytes());
            body.extend((bytes.len() as u32).to_le_bytes());
            body.extend([0; 4]);
            body.extend(*bytes);
        }
    }
    let total = (0x18 + body.len()) as u32;
    let mut data = 0x18u32.to_le_bytes().to_vec();
    data.extend(1u16.to_le_bytes());
    data.extend((components.len() as u16).to_le_bytes());
    data.extend(total.to_le_bytes());
    data.extend(total.to_le_bytes());
    data.extend([0; 8]);
    data.extend(body);
    data
}

/// A header of a 32-bit dump.
pub fn header32(dump_type: u32) -> Vec<u8> {
    let mut header: Vec<u8> = b"PAGE".iter().copied().cycle().take(0x1000).collect();
    put(&mut header, 4, b"DUMP");
    put32(&mut header, 8, 0xf);
    put32(&mut header, 0xc, 7601);
    put32(&mut header, 0x10, 0x0018_5000);
    put32(&mut header, 0x20, 0x14c);
    put32(&mut header, 0x24, 1);
    put32(&mut header, 0x28, 0x8e);
    put32(&mut header, 0xf88, dump_type);
    header
}

pub fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

pub fn put32(file: &mut [u8], at: usize, value: u32) {
    put(file, at, &value.to_le_bytes());
}

pub fn put64(file: &mut [u8], at: usize, value: u64) {
    put(file, at, &value.to_le_bytes());
}
