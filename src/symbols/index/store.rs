//! The table in a file: written once per PDB into the user's cache, so that the next session need not read the PDB.
//!
//! Layout, all little-endian: magic, version, CRC-32 of everything after it, key (32 bytes), counts of rows, type
//! definitions and text bytes, then rows, the order by name, type definitions and text. A file that is not exactly
//! that, for a PDB of these very bytes, is ignored and written anew: GUID and age can be forged.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::coarse::Coarse;
use super::{MAX_NAMES, NameIndex, RecordPlace, Row, Text};
use crate::symbols::symbol::SymbolKind;
use crate::util::bounded;
use crate::util::cancel::{Stop, Stoppable};
use crate::util::disk::AsFile as _;
use crate::util::temporary::{self, STALE, TemporaryFile};

const MAGIC: &[u8; 4] = b"dsIX";
/// Raised whenever the layout or what is put into the table changes.
pub(super) const VERSION: u32 = 5;
/// Where the checksum is.
const CRC_AT: usize = 8;
const HEADER: usize = CRC_AT + 4 + 32 + 4 + 4 + 4;
/// How much is read and written at once.
const BUFFER: usize = 1 << 16;
const ROW: usize = 36;
const TYPEDEF: usize = 10;
/// A module number that stands for "no record".
const NO_MODULE: u16 = u16::MAX;

const KINDS: [SymbolKind; 8] = [
    SymbolKind::Function,
    SymbolKind::Data,
    SymbolKind::PublicCode,
    SymbolKind::PublicData,
    SymbolKind::Export,
    SymbolKind::Thunk,
    SymbolKind::Label,
    SymbolKind::Inline,
];

/// What a table was made of: a hash of the PDB's bytes.
pub(crate) type Key = [u8; 32];

impl NameIndex {
    /// Reads the table that [`NameIndex::save`] wrote for `key`; `None` where it is absent, of another version or PDB,
    /// or damaged, or where `stop` says that nobody wants it any more.
    pub fn load(path: &Path, key: &Key, stop: Stop<'_>) -> Option<NameIndex> {
        let file = crate::util::files::open_plain(path).ok()?;
        let len = file.metadata().ok()?.len();
        read(Stoppable::new(file, stop), len, key)
    }

    /// Writes the table for `key`: beside its place first, then renamed, so that no reader meets half a file.
    pub fn save(&self, path: &Path, key: &Key, stop: Stop<'_>) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        temporary::sweep(folder, STALE);
        let mut file = TemporaryFile::new_in(folder)?;
        write(self, key, file.as_file_mut(), stop)?;
        file.keep_as(path)
    }
}

/// Writes the file, of which no copy is made in memory: the checksum of what follows it is put in last.
fn write(index: &NameIndex, key: &Key, file: &mut (impl Write + Seek), stop: Stop<'_>) -> io::Result<()> {
    file.write_all(&[0; CRC_AT + 4])?;
    let summed = Summed { file: Stoppable::new(&mut *file, stop), crc: flate2::Crc::new() };
    let mut body = BufWriter::with_capacity(BUFFER, summed);
    write_body(index, key, &mut body)?;
    body.flush()?;
    let sum = body.get_ref().crc.sum();
    drop(body);
    file.seek(SeekFrom::Start(0))?;
    file.write_all(MAGIC)?;
    file.write_all(&VERSION.to_le_bytes())?;
    file.write_all(&sum.to_le_bytes())
}

fn write_body(index: &NameIndex, key: &Key, to: &mut impl Write) -> io::Result<()> {
    to.write_all(key)?;
    for count in [index.rows.len(), index.typedefs.len(), index.text.len()] {
        to.write_all(&u32::try_from(count).unwrap_or(0).to_le_bytes())?;
    }
    for row in &index.rows {
        for word in [row.rva, row.size, row.ty, row.name.at, row.decorated.at] {
            to.write_all(&word.to_le_bytes())?;
        }
        let place = row.place.unwrap_or(RecordPlace { module: NO_MODULE, offset: 0 });
        to.write_all(&place.offset.to_le_bytes())?;
        let kind = KINDS.iter().position(|&kind| kind == row.kind).unwrap_or(0);
        for half in [place.module, row.name.len, row.decorated.len, kind as u16] {
            to.write_all(&half.to_le_bytes())?;
        }
        to.write_all(&0u32.to_le_bytes())?;
    }
    for order in &index.by_name {
        to.write_all(&order.to_le_bytes())?;
    }
    for (name, ty) in &index.typedefs {
        to.write_all(&name.at.to_le_bytes())?;
        to.write_all(&name.len.to_le_bytes())?;
        to.write_all(&ty.to_le_bytes())?;
    }
    to.write_all(index.text.as_bytes())
}

/// Sums up what is written or read: large pieces, as buffers make them.
struct Summed<F> {
    file: F,
    crc: flate2::Crc,
}

impl<F> Summed<F> {
    fn sum(&mut self, bytes: &[u8], done: usize) -> usize {
        self.crc.update(bytes.get(..done).unwrap_or(bytes));
        done
    }
}

impl<F: Write> Write for Summed<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        Ok(self.sum(bytes, written))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl<F: Read> Read for Summed<F> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(bytes)?;
        Ok(self.sum(bytes, read))
    }
}

/// Reads a file of `len` bytes, of which no copy is made in memory: what it says is believed once the checksum of all
/// is known to be right.
fn read(mut file: impl Read, len: u64, key: &Key) -> Option<NameIndex> {
    let head: [u8; CRC_AT + 4] = array(&mut file)?;
    if head.get(..4)? != MAGIC || bounded::u32_at(&head, 4)? != VERSION {
        return None;
    }
    let mut body = BufReader::with_capacity(BUFFER, Summed { file, crc: flate2::Crc::new() });
    let start: [u8; HEADER - CRC_AT - 4] = array(&mut body)?;
    if start.get(..32)? != key {
        return None;
    }
    let count = |at| bounded::u32_at(&start, at).map(|count| count as usize);
    let (rows, typedefs, text) = (count(32)?, count(36)?, count(40)?);
    let expected = (HEADER as u64)
        .checked_add(rows as u64 * (ROW as u64 + 4))?
        .checked_add(typedefs as u64 * TYPEDEF as u64 + text as u64)?;
    if expected != len || rows > MAX_NAMES || typedefs > MAX_NAMES {
        return None;
    }
    let rows = each(&mut body, rows, row)?;
    let by_name = each(&mut body, rows.len(), |order: &[u8; 4]| Some(u32::from_le_bytes(*order)))?;
    let typedefs = each(&mut body, typedefs, |entry: &[u8; TYPEDEF]| {
        let name = Text { at: bounded::u32_at(entry, 0)?, len: bounded::u16_at(entry, 4)? };
        Some((name, bounded::u32_at(entry, 6)?))
    })?;
    let mut letters = vec![0; text];
    body.read_exact(&mut letters).ok()?;
    if body.get_ref().crc.sum() != bounded::u32_at(&head, CRC_AT)? {
        return None;
    }
    let text = String::from_utf8(letters).ok()?;
    let rvas: Vec<u32> = rows.iter().map(|row| row.rva).collect();
    // A sound file is sorted; a look-up in one that is not would answer at random.
    if !rvas.is_sorted() {
        return None;
    }
    Some(NameIndex { coarse: Coarse::new(&rvas), rows, rvas, by_name, typedefs, text })
}

fn array<const N: usize>(file: &mut impl Read) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// What `entry` makes of each of `count` entries.
fn each<T, const N: usize>(
    file: &mut impl Read,
    count: usize,
    entry: impl Fn(&[u8; N]) -> Option<T>,
) -> Option<Vec<T>> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        all.push(entry(&array(file)?)?);
    }
    Some(all)
}

fn row(bytes: &[u8; ROW]) -> Option<Row> {
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
        index.save(&path, &[1; 32], &|| false).unwrap();
        assert_eq!(NameIndex::load(&path, &[1; 32], &|| false), Some(index));
        assert_eq!(NameIndex::load(&path, &[2; 32], &|| false), None);
    }

    #[test]
    fn any_damage_is_noticed() {
        let mut file = std::io::Cursor::new(Vec::new());
        write(&sample(), &[1; 32], &mut file, &|| false).unwrap();
        let whole = file.into_inner();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x11;
            assert_eq!(read(bytes.as_slice(), bytes.len() as u64, &[1; 32]), None, "byte {at}");
            assert_eq!(read(&whole[..at], at as u64, &[1; 32]), None, "cut at {at}");
        }
    }
}
