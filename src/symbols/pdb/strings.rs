//! The table of file names, and the map of named streams through which it is found.

use super::records::StreamBytes;
use crate::util::bounded::{slice, u32_at};

/// The first word of the table of names.
const MAGIC: u32 = 0xeffe_effe;
/// Where the map of named streams begins in the PDB stream: after version, signature, age and GUID.
const MAP_AT: usize = 28;
/// The most words of a bit set in the map.
const MAX_WORDS: usize = 1 << 16;

/// Names by their place.
pub(crate) struct NameTable {
    stream: StreamBytes,
    len: usize,
}

impl NameTable {
    /// Reads the stream `/names`: magic, version, size, then NUL-terminated names.
    pub(crate) fn new(stream: StreamBytes) -> Option<NameTable> {
        let bytes: &[u8] = &stream;
        let len = u32_at(bytes, 8)? as usize;
        if u32_at(bytes, 0)? != MAGIC {
            return None;
        }
        slice(bytes, 12, len)?;
        Some(NameTable { stream, len })
    }

    /// The name at that place.
    pub(crate) fn get(&self, at: u32) -> Option<String> {
        let names = slice(&self.stream, 12, self.len)?;
        let rest = names.get(at as usize..)?;
        let end = memchr::memchr(0, rest)?;
        Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
    }
}

/// The number of the stream called `name`, from the map of named streams in the PDB stream.
///
/// The map: size and bytes of its names, size and capacity of a hash table, two bit sets (words, then that many), and
/// for each entry the place of its name and the stream's number.
pub(crate) fn named_stream(bytes: &[u8], name: &[u8]) -> Option<u16> {
    let names_len = u32_at(bytes, MAP_AT)? as usize;
    let names = slice(bytes, MAP_AT + 4, names_len)?;
    let mut at = (MAP_AT + 4).checked_add(names_len)?;
    let count = u32_at(bytes, at)? as usize;
    at += 8;
    for _ in 0..2 {
        let words = u32_at(bytes, at)? as usize;
        if words > MAX_WORDS {
            return None;
        }
        at += 4 + words * 4;
    }
    for _ in 0..count.min(MAX_WORDS) {
        let (place, stream) = (u32_at(bytes, at)? as usize, u32_at(bytes, at + 4)?);
        at += 8;
        if let Some(found) = names.get(place..)
            && found.starts_with(name)
            && found.get(name.len()) == Some(&0)
        {
            return u16::try_from(stream).ok();
        }
    }
    None
}
