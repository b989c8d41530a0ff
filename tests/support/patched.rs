//! A dump of the forge that is damaged, or changed, at known places: by virtual address.
// Each test file uses its part.
#![allow(dead_code)]

use crate::forge::root;
use crate::golden::session;
use dumpscope::memory::Memory;
use dumpscope::session::Session;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A dump's bytes, changed by virtual address.
pub struct Patched {
    session: Session,
    bytes: Vec<u8>,
}

impl Patched {
    /// The bytes of a dump of the project that holds pages: `tests/data/wifi-full.dmp.gz`.
    pub fn new(dump: &str) -> Patched {
        let session = session(&root().join(dump));
        let bytes = session.target.dump().unwrap().bytes().to_vec();
        Patched { session, bytes }
    }

    /// The dump as it was.
    pub fn before(&self) -> &Session {
        &self.session
    }

    /// The pointer at an address, as it was.
    pub fn pointer(&self, address: u64) -> u64 {
        self.session.target.memory().u64(address).unwrap()
    }

    /// Where the byte at an address stands in the file.
    fn at(&self, address: u64) -> usize {
        let file = self.session.target.dump().unwrap().bytes();
        let window = self.session.target.memory().window(address).unwrap();
        window.as_ptr() as usize - file.as_ptr() as usize
    }

    /// Puts bytes at an address, within a page.
    pub fn put(&mut self, address: u64, value: &[u8]) {
        let at = self.at(address);
        self.bytes[at..at + value.len()].copy_from_slice(value);
    }

    /// Puts a pointer at an address.
    pub fn point(&mut self, address: u64, to: u64) {
        self.put(address, &to.to_le_bytes());
    }

    /// Puts a UNICODE_STRING at an address, and its characters at another.
    pub fn unicode(&mut self, address: u64, text: &str, characters: u64) {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u16::try_from(bytes.len()).unwrap().to_le_bytes();
        self.put(address, &[length, length].concat());
        self.point(address + 8, characters);
        self.put(characters, &bytes);
    }

    /// Makes it another bug check (DUMP_HEADER64: the code at 0x38, four parameters from 0x40 on).
    pub fn bug_check(&mut self, code: u32, parameters: [u64; 4]) {
        self.bytes[0x38..0x3c].copy_from_slice(&code.to_le_bytes());
        for (at, value) in (0x40..).step_by(8).zip(parameters) {
            self.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
    }

    /// Makes it a dump of another build (DUMP_HEADER64.MinorVersion).
    pub fn build(&mut self, build: u32) {
        self.bytes[0xc..0x10].copy_from_slice(&build.to_le_bytes());
    }

    /// Makes a list of these LIST_ENTRYs at a head.
    pub fn list(&mut self, head: u64, entries: &[u64]) {
        let ring: Vec<u64> = std::iter::once(head).chain(entries.iter().copied()).collect();
        for (at, &entry) in ring.iter().enumerate() {
            let (next, previous) = (ring[(at + 1) % ring.len()], ring[(at + ring.len() - 1) % ring.len()]);
            self.point(entry, next);
            self.point(entry + 8, previous);
        }
    }

    /// The bytes of the changed dump.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Changes the number at an address in `size` bytes.
    pub fn change(&mut self, address: u64, size: usize, change: impl FnOnce(u64) -> u64) {
        let at = self.at(address);
        let mut number = [0; 8];
        number[..size].copy_from_slice(&self.bytes[at..at + size]);
        let number = change(u64::from_le_bytes(number)).to_le_bytes();
        self.bytes[at..at + size].copy_from_slice(&number[..size]);
    }

    /// Renames everywhere what has a name in UTF-16, such as a module, to a name as long.
    pub fn rename(&mut self, old: &str, new: &str) {
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let (old, new) = (wide(old), wide(new));
        let places = self.bytes.windows(old.len()).enumerate().filter(|(_, part)| *part == old);
        let places: Vec<usize> = places.map(|(at, _)| at).collect();
        assert!(!places.is_empty() && old.len() == new.len());
        for at in places {
            self.bytes[at..at + new.len()].copy_from_slice(&new);
        }
    }

    /// The changed dump, opened, and the folder that holds it for as long as it is used.
    pub fn open(&self) -> (Session, TempDir) {
        self.open_with(session)
    }

    /// The same, opened in another way.
    pub fn open_with(&self, open: impl FnOnce(&Path) -> Session) -> (Session, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("patched.dmp");
        fs::write(&path, &self.bytes).unwrap();
        (open(&path), folder)
    }
}

/// Where a member lies, in bytes: in Windows 10 build 19041, which the forge's kernel has
/// (`tests/forge/facts/layout.tsv`).
pub fn offset(ty: &str, member: &str) -> u64 {
    let facts = fs::read_to_string(root().join("tests/forge/facts/layout.tsv")).unwrap();
    let wanted = format!("{ty}\t{member}\t");
    let line = facts.lines().find(|line| line.starts_with(&wanted));
    let line = line.unwrap_or_else(|| panic!("{ty}.{member}"));
    u64::from_str_radix(line.split('\t').nth(2).unwrap().trim_start_matches("0x"), 16).unwrap()
}
