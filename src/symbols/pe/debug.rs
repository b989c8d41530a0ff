//! The debug directory: which PDB belongs to the image, and how it was linked.

use super::bytes::{self, ImageBytes};
use super::headers::{Directory, Headers};
use crate::symbols::module::PdbId;
use crate::util::bounded;
use crate::util::guid::Guid;

/// The most entries that are read; linkers write fewer than ten.
const MAX_ENTRIES: u32 = 64;
/// The longest PDB path that is believed.
const MAX_RECORD: u32 = 0x1000;

/// One `IMAGE_DEBUG_DIRECTORY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugEntry {
    /// `IMAGE_DEBUG_TYPE_*`.
    pub kind: u32,
    /// Characteristics, zero.
    pub characteristics: u32,
    /// Time stamp of the data.
    pub time_date_stamp: u32,
    /// Version of the data.
    pub version: (u16, u16),
    /// Size of the data in bytes.
    pub size: u32,
    /// RVA of the data, zero if it is not mapped.
    pub rva: u32,
    /// File offset of the data.
    pub file_offset: u32,
    /// What the data says, where it was readable and is of a known kind.
    pub data: DebugData,
}

/// The decoded data of a debug directory entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DebugData {
    /// `RSDS`: the image's PDB.
    CodeView {
        /// Signature of the PDB.
        guid: Guid,
        /// Its (DBI) age.
        age: u32,
        /// Path of the PDB as the linker recorded it.
        path: String,
    },
    /// `NB10`: a PDB of the 1990s.
    OldCodeView {
        /// Signature: a time stamp.
        signature: u32,
        /// Age.
        age: u32,
        /// Path.
        path: String,
    },
    /// The image is reproducible (`/Brepro`): time stamps are a hash of the contents, which may follow.
    Repro(Vec<u8>),
    /// `IMAGE_DLLCHARACTERISTICS_EX_*`: bit 0 is CET compatibility.
    ExDllCharacteristics(u32),
    /// Profile-guided optimisation or linker chunks: the four signature bytes as text.
    Pogo(String),
    /// Of another kind.
    Other,
    /// The data is not in the file or memory at hand.
    Unreadable,
}

impl DebugEntry {
    /// The name of the kind, as `!dh` prints it.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            1 => "coff",
            2 => "cv",
            3 => "fpo",
            4 => "misc",
            5 => "exception",
            6 => "fixup",
            7 => "omap to src",
            8 => "omap from src",
            9 => "borland",
            11 => "clsid",
            12 => "feat",
            13 => "pogo",
            14 => "iltcg",
            15 => "mpx",
            16 => "repro",
            17 => "embedded pdb",
            19 => "pdb hash",
            20 => "dllchar",
            _ => "unknown",
        }
    }
}

/// Reads the debug directory; empty where there is none. The boolean is false if the directory could not be read
/// to its end.
pub fn read(image: &(impl ImageBytes + ?Sized), headers: &Headers) -> (Vec<DebugEntry>, bool) {
    let Some(directory) = headers.directory(Directory::Debug) else {
        return (Vec::new(), true);
    };
    let count = (directory.size / 28).min(MAX_ENTRIES);
    let entries: Vec<DebugEntry> =
        bytes::table::<28>(image, directory.rva, count).map_while(|raw| entry(image, &raw?)).collect();
    let complete = entries.len() == count as usize;
    (entries, complete)
}

/// The identity of the image's PDB, from its debug directory.
pub fn pdb_id(entries: &[DebugEntry]) -> Option<PdbId> {
    entries.iter().find_map(|entry| match &entry.data {
        DebugData::CodeView { guid, age, path } => Some(PdbId::new(path, *guid, *age)),
        _ => None,
    })
}

/// Decodes an `RSDS` or `NB10` record, wherever it was found.
pub fn codeview(record: &[u8]) -> Option<DebugData> {
    let path = |at| {
        let tail = record.get(at..)?;
        let end = memchr::memchr(0, tail).unwrap_or(tail.len());
        Some(String::from_utf8_lossy(tail.get(..end)?).into_owned())
    };
    match record.get(..4)? {
        b"RSDS" => Some(DebugData::CodeView {
            guid: Guid(bounded::array(record, 4)?),
            age: bounded::u32_at(record, 20)?,
            path: path(24)?,
        }),
        b"NB10" => Some(DebugData::OldCodeView {
            signature: bounded::u32_at(record, 8)?,
            age: bounded::u32_at(record, 12)?,
            path: path(16)?,
        }),
        _ => None,
    }
}

fn entry(image: &(impl ImageBytes + ?Sized), raw: &[u8]) -> Option<DebugEntry> {
    use bounded::{u16_at, u32_at};
    let mut entry = DebugEntry {
        characteristics: u32_at(raw, 0)?,
        time_date_stamp: u32_at(raw, 4)?,
        version: (u16_at(raw, 8)?, u16_at(raw, 10)?),
        kind: u32_at(raw, 12)?,
        size: u32_at(raw, 16)?,
        rva: u32_at(raw, 20)?,
        file_offset: u32_at(raw, 24)?,
        data: DebugData::Other,
    };
    entry.data = match record(image, &entry) {
        Some(record) => decode(entry.kind, &record).unwrap_or(DebugData::Other),
        None => DebugData::Unreadable,
    };
    Some(entry)
}

/// The entry's data, cut at the record limit.
fn record(image: &(impl ImageBytes + ?Sized), entry: &DebugEntry) -> Option<Vec<u8>> {
    let size = entry.size.min(MAX_RECORD);
    if size == 0 {
        return Some(Vec::new());
    }
    if entry.rva != 0
        && let Some(record) = bytes::block(image, entry.rva, size, MAX_RECORD)
    {
        return Some(record);
    }
    let mut record = vec![0; size as usize];
    image.at_file_offset(entry.file_offset, &mut record).then_some(record)
}

fn decode(kind: u32, record: &[u8]) -> Option<DebugData> {
    match kind {
        2 => codeview(record),
        13 => bounded::array::<4>(record, 0).map(|tag| {
            let text = tag.iter().rev().filter(|b| b.is_ascii_graphic());
            DebugData::Pogo(text.map(|&b| b as char).collect())
        }),
        16 => {
            let len = bounded::u32_at(record, 0).unwrap_or(0) as usize;
            Some(DebugData::Repro(bounded::slice(record, 4, len).unwrap_or_default().to_vec()))
        }
        20 => bounded::u32_at(record, 0).map(DebugData::ExDllCharacteristics),
        _ => None,
    }
}
