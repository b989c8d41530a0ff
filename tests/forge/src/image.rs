//! Reads the linked PE images: sections, relocations, imports, exports, and the linker's map.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::toolchain::{self, Spec};

/// One section as it is mapped.
#[derive(Clone)]
pub struct Section {
    /// RVA.
    pub rva: u32,
    /// Size in memory.
    pub size: u32,
    /// Contents in the file.
    pub data: Vec<u8>,
    /// May be executed.
    pub execute: bool,
    /// May be written.
    pub write: bool,
}

/// A built image.
#[derive(Clone)]
pub struct Image {
    /// File name.
    pub name: String,
    /// The file itself.
    pub path: PathBuf,
    /// Its PDB.
    pub pdb: PathBuf,
    /// Preferred base.
    pub base: u64,
    /// SizeOfImage.
    pub size: u32,
    /// SizeOfHeaders.
    pub header_size: u32,
    /// TimeDateStamp.
    pub timestamp: u32,
    /// CheckSum.
    pub checksum: u32,
    /// Entry point RVA.
    pub entry: u32,
    /// Function table RVA and size.
    pub exceptions: (u32, u32),
    /// Sections.
    pub sections: Vec<Section>,
    /// RVAs of 64-bit fields to relocate.
    pub relocations: Vec<u32>,
    /// (image, function, RVA of the slot).
    pub imports: Vec<(String, String, u32)>,
    /// Export name to RVA.
    pub exports: BTreeMap<String, u32>,
    /// Symbols from the linker's map: RVA to name, and whether it is code.
    pub symbols: BTreeMap<u32, String>,
    /// All names to RVA.
    pub names: BTreeMap<String, u32>,
    /// Symbol-store key of the PDB.
    pub pdb_key: String,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

fn u16_at(b: &[u8], o: usize) -> u16 {
    u16::from_le_bytes(b[o..o + 2].try_into().expect("two bytes"))
}
fn u32_at(b: &[u8], o: usize) -> u32 {
    u32::from_le_bytes(b[o..o + 4].try_into().expect("four bytes"))
}
fn u64_at(b: &[u8], o: usize) -> u64 {
    u64::from_le_bytes(b[o..o + 8].try_into().expect("eight bytes"))
}

impl Image {
    /// Builds `spec` and reads the result.
    pub fn build(spec: &Spec) -> Self {
        let (path, pdb, map) = toolchain::build(spec);
        let bytes = fs::read(&path).expect("image");
        let pe = u32_at(&bytes, 0x3C) as usize;
        let count = u16_at(&bytes, pe + 6) as usize;
        let optional = pe + 24;
        let table = optional + u16_at(&bytes, pe + 20) as usize;
        let mut image = Self {
            name: spec.name.to_string(),
            path,
            pdb,
            base: u64_at(&bytes, optional + 24),
            size: u32_at(&bytes, optional + 56),
            header_size: u32_at(&bytes, optional + 60),
            timestamp: u32_at(&bytes, pe + 8),
            checksum: u32_at(&bytes, optional + 64),
            entry: u32_at(&bytes, optional + 16),
            exceptions: (u32_at(&bytes, optional + 112 + 24), u32_at(&bytes, optional + 112 + 28)),
            sections: Vec::new(),
            relocations: Vec::new(),
            imports: Vec::new(),
            exports: BTreeMap::new(),
            symbols: BTreeMap::new(),
            names: BTreeMap::new(),
            pdb_key: String::new(),
            bytes: Vec::new(),
        };
        for i in 0..count {
            let s = table + i * 40;
            let raw = u32_at(&bytes, s + 20) as usize;
            let raw_size = u32_at(&bytes, s + 16) as usize;
            let size = u32_at(&bytes, s + 8);
            let flags = u32_at(&bytes, s + 36);
            let mut data = bytes[raw..raw + raw_size].to_vec();
            data.truncate(size as usize);
            image.sections.push(Section {
                rva: u32_at(&bytes, s + 12),
                size,
                data,
                execute: flags & 0x2000_0000 != 0,
                write: flags & 0x8000_0000 != 0,
            });
        }
        let directory =
            |n: usize| (u32_at(&bytes, optional + 112 + n * 8), u32_at(&bytes, optional + 116 + n * 8));
        image.bytes = bytes.clone();
        image.read_exports(directory(0));
        image.read_imports(directory(1));
        image.read_relocations(directory(5));
        image.read_debug(directory(6));
        image.read_map(&fs::read_to_string(map).expect("map"));
        image
    }

    /// The bytes as mapped at the preferred base.
    pub fn mapped(&self) -> Vec<u8> {
        let mut out = vec![0; self.size as usize];
        out[..self.header_size as usize].copy_from_slice(&self.bytes[..self.header_size as usize]);
        for s in &self.sections {
            out[s.rva as usize..s.rva as usize + s.data.len()].copy_from_slice(&s.data);
        }
        out
    }

    fn text(mapped: &[u8], rva: u32) -> String {
        let tail = &mapped[rva as usize..];
        let end = tail.iter().position(|b| *b == 0).unwrap_or(tail.len());
        String::from_utf8_lossy(&tail[..end]).to_string()
    }

    fn read_exports(&mut self, (rva, size): (u32, u32)) {
        if size == 0 {
            return;
        }
        let m = self.mapped();
        let d = rva as usize;
        let (functions, names, ordinals) =
            (u32_at(&m, d + 28) as usize, u32_at(&m, d + 32) as usize, u32_at(&m, d + 36) as usize);
        for i in 0..u32_at(&m, d + 24) as usize {
            let ordinal = u16_at(&m, ordinals + i * 2) as usize;
            let name = Self::text(&m, u32_at(&m, names + i * 4));
            self.exports.insert(name, u32_at(&m, functions + ordinal * 4));
        }
    }

    fn read_imports(&mut self, (rva, size): (u32, u32)) {
        if size == 0 {
            return;
        }
        let m = self.mapped();
        let mut d = rva as usize;
        while u32_at(&m, d + 12) != 0 {
            let dll = Self::text(&m, u32_at(&m, d + 12));
            let (lookup, slots) = (u32_at(&m, d) as usize, u32_at(&m, d + 16));
            for i in 0.. {
                let hint = u64_at(&m, lookup + i * 8);
                if hint == 0 {
                    break;
                }
                self.imports.push((dll.clone(), Self::text(&m, hint as u32 + 2), slots + i as u32 * 8));
            }
            d += 20;
        }
    }

    fn read_relocations(&mut self, (rva, size): (u32, u32)) {
        let m = self.mapped();
        let (mut d, end) = (rva as usize, (rva + size) as usize);
        while d + 8 <= end {
            let (page, length) = (u32_at(&m, d), u32_at(&m, d + 4) as usize);
            for entry in (d + 8..d + length).step_by(2) {
                let e = u16_at(&m, entry);
                if e >> 12 == 10 {
                    self.relocations.push(page + u32::from(e & 0xFFF));
                }
            }
            d += length;
        }
    }

    fn read_debug(&mut self, (rva, size): (u32, u32)) {
        let m = self.mapped();
        for entry in (rva as usize..(rva + size) as usize).step_by(28) {
            if u32_at(&m, entry + 12) == 2 {
                let r = u32_at(&m, entry + 20) as usize;
                self.pdb_key =
                    format!("{:08X}{:04X}{:04X}", u32_at(&m, r + 4), u16_at(&m, r + 8), u16_at(&m, r + 10));
                for b in &m[r + 12..r + 20] {
                    self.pdb_key += &format!("{b:02X}");
                }
                self.pdb_key += &format!("{:x}", u32_at(&m, r + 20));
            }
        }
    }

    /// Lines look like ` 0001:00000040       KiPageFault   0000000140001040  obj`.
    fn read_map(&mut self, text: &str) {
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.len() < 3 || words[0].len() != 13 || words[0].as_bytes()[4] != b':' {
                continue;
            }
            let Ok(address) = u64::from_str_radix(words[2], 16) else {
                continue;
            };
            if address < self.base || address >= self.base + u64::from(self.size) {
                continue;
            }
            let rva = (address - self.base) as u32;
            if !words[1].starts_with("__imp_") && !words[1].starts_with(".L") {
                self.symbols.entry(rva).or_insert_with(|| words[1].to_string());
                self.names.insert(words[1].to_string(), rva);
            }
        }
    }

    /// RVA of a symbol of the map.
    pub fn symbol(&self, name: &str) -> u32 {
        *self.names.get(name).unwrap_or_else(|| panic!("{} has no symbol {name}", self.name))
    }
}
