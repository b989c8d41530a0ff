//! The table in a file: written once per PDB into the user's cache, so that the next session need not read the PDB.
//!
//! Layout, all little-endian: magic, version, CRC-32 of everything after it, key (32 bytes), counts of rows, type
//! definitions and text bytes, then rows, the order by name, type definitions and text. A file that is not exactly
//! that, for this very PDB, is ignored and written anew.

use std::io::Write as _;
use std::path::Path;

use super::coarse::Coarse;
use super::{MAX_NAMES, NameIndex, RecordPlace, Row, Text};
use crate::symbols::source::SymbolKind;
use crate::util::bounded;

const MAGIC: &[u8; 4] = b"dsIX";
/// Raised whenever the layout or what is put into the table changes.
pub(super) const VERSION: u32 = 1;
const HEADER: usize = 4 + 4 + 4 + 32 + 4 + 4 + 4;
const ROW: usize = 36;
const TYPEDEF: usize = 10;
/// A module number that stands for "no record".
const NO_MODULE: u16 = u16::MAX;

const KINDS: [SymbolKind; 7] = [
    SymbolKind::Function,
    SymbolKind::Data,
    SymbolKind::PublicCode,
    SymbolKind::PublicData,
    SymbolKind::Export,
    SymbolKind::Thunk,
    SymbolKind::Label,
];

impl NameIndex {
    /// Reads the table that [`NameIndex::save`] wrote for `key`; `None` where it is absent, of another version or PDB,
    /// or damaged.
    pub fn load(path: &Path, key: &str) -> Option<NameIndex> {
        let bytes = std::fs::read(path).ok()?;
        decode(&bytes, key)
    }

    /// Writes the table for `key`: beside its place first, then renamed, so that no reader meets half a file.
    pub fn save(&self, path: &Path, key: &str) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&encode(self, key))?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    }
}

fn key_bytes(key: &str) -> [u8; 32] {
    let mut crc = flate2::Crc::new();
    crc.update(key.as_bytes());
    let mut bytes = [0u8; 32];
    for (to, from) in bytes.iter_mut().zip(crc.sum().to_le_bytes().iter().chain(key.as_bytes())) {
        *to = *from;
    }
    bytes
}

fn encode(index: &NameIndex, key: &str) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend_from_slice(&key_bytes(key));
    for count in [index.rows.len(), index.typedefs.len(), index.text.len()] {
        body.extend_from_slice(&u32::try_from(count).unwrap_or(0).to_le_bytes());
    }
    for row in &index.rows {
        for word in [row.rva, row.size, row.ty, row.name.at, row.decorated.at] {
            body.extend_from_slice(&word.to_le_bytes());
        }
        let place = row.place.unwrap_or(RecordPlace { module: NO_MODULE, offset: 0 });
        body.extend_from_slice(&place.offset.to_le_bytes());
        body.extend_from_slice(&place.module.to_le_bytes());
        body.extend_from_slice(&row.name.len.to_le_bytes());
        body.extend_from_slice(&row.decorated.len.to_le_bytes());
        let kind = KINDS.iter().position(|&kind| kind == row.kind).unwrap_or(0);
        body.extend_from_slice(&(kind as u16).to_le_bytes());
        body.extend_from_slice(&0u32.to_le_bytes());
    }
    for order in &index.by_name {
        body.extend_from_slice(&order.to_le_bytes());
    }
    for (name, ty) in &index.typedefs {
        body.extend_from_slice(&name.at.to_le_bytes());
        body.extend_from_slice(&name.len.to_le_bytes());
        body.extend_from_slice(&ty.to_le_bytes());
    }
    body.extend_from_slice(index.text.as_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&body);
    let mut bytes = Vec::with_capacity(body.len() + 12);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&crc.sum().to_le_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

fn decode(bytes: &[u8], key: &str) -> Option<NameIndex> {
    if bytes.get(..4)? != MAGIC || bounded::u32_at(bytes, 4)? != VERSION {
        return None;
    }
    let body = bytes.get(12..)?;
    let mut crc = flate2::Crc::new();
    crc.update(body);
    if crc.sum() != bounded::u32_at(bytes, 8)? || body.get(..32)? != key_bytes(key) {
        return None;
    }
    let count = |at| bounded::u32_at(body, at).map(|count| count as usize);
    let (rows, typedefs, text) = (count(32)?, count(36)?, count(40)?);
    let body = bytes.get(HEADER..)?;
    if rows > MAX_NAMES || typedefs > MAX_NAMES {
        return None;
    }
    let (row_bytes, rest) = body.split_at_checked(rows * ROW)?;
    let (order_bytes, rest) = rest.split_at_checked(rows * 4)?;
    let (typedef_bytes, rest) = rest.split_at_checked(typedefs * TYPEDEF)?;
    let text = String::from_utf8(rest.get(..text)?.to_vec()).ok()?;
    let rows = row_bytes.chunks_exact(ROW).map(row).collect::<Option<Vec<Row>>>()?;
    let by_name =
        order_bytes.chunks_exact(4).map(|order| bounded::u32_at(order, 0)).collect::<Option<Vec<u32>>>()?;
    let typedefs = typedef_bytes
        .chunks_exact(TYPEDEF)
        .map(|entry| {
            let name = Text { at: bounded::u32_at(entry, 0)?, len: bounded::u16_at(entry, 4)? };
            Some((name, bounded::u32_at(entry, 6)?))
        })
        .collect::<Option<Vec<(Text, u32)>>>()?;
    let rvas: Vec<u32> = rows.iter().map(|row| row.rva).collect();
    // A sound file is sorted; a look-up in one that is not would answer at random.
    if !rvas.is_sorted() {
        return None;
    }
    Some(NameIndex { coarse: Coarse::new(&rvas), rows, rvas, by_name, typedefs, text })
}

fn row(bytes: &[u8]) -> Option<Row> {
    let word = |at| bounded::u32_at(bytes, at);
    let half = |at| bounded::u16_at(bytes, at);
    let module = half(24)?;
    Some(Row {
        rva: word(0)?,
        size: word(4)?,
        ty: word(8)?,
        name: Text { at: word(12)?, len: half(26)? },
        decorated: Text { at: word(16)?, len: half(28)? },
        kind: *KINDS.get(usize::from(half(30)?))?,
        place: (module != NO_MODULE).then_some(RecordPlace { module, offset: word(20)? }),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn a_file_gives_back_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/x.idx");
        let index = sample();
        index.save(&path, "KEY1").unwrap();
        assert_eq!(NameIndex::load(&path, "KEY1"), Some(index));
        assert_eq!(NameIndex::load(&path, "KEY2"), None);
    }

    #[test]
    fn any_damage_is_noticed() {
        let whole = encode(&sample(), "KEY1");
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x11;
            assert_eq!(decode(&bytes, "KEY1"), None, "byte {at}");
            assert_eq!(decode(&whole[..at], "KEY1"), None, "cut at {at}");
        }
    }
}
