//! Which PDB or image a file is, by its own bytes: checked before any file is used or enters a cache.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use symbolic_debuginfo::FileFormat;

use crate::symbols::module::{FileId, ImageId, PdbId};
use crate::symbols::pe::{ImageBytes, headers::Headers};
use crate::util::bounded;
use crate::util::guid::Guid;

/// First bytes of a PDB (MSF 7.00 container).
const MSF: &[u8; 32] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";
/// The most bytes of the stream directory's page map that are read (a directory of 16 MiB at 4 KiB pages).
const MAX_DIRECTORY_PAGES: u32 = 0x1000;

/// Bytes of an image in which its headers are looked for.
const MAX_HEADERS: u64 = 0x11_0000;

/// What a file says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A PDB.
    Pdb {
        /// Signature.
        guid: Guid,
        /// Age in the info stream.
        info_age: u32,
        /// Age in the DBI stream: the one that images and stores use. `None` without such a stream.
        dbi_age: Option<u32>,
    },
    /// A PE image.
    Image {
        /// `TimeDateStamp`.
        time_date_stamp: u32,
        /// `SizeOfImage`.
        size_of_image: u32,
        /// True for 64-bit images.
        is_64bit: bool,
    },
}

/// Why the identity of a file is unknown.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is a file of a recognised kind that is of no use here.
    #[error("{0}")]
    Kind(&'static str),
    /// It is damaged.
    #[error("damaged: {0}")]
    Damaged(String),
}

impl Identity {
    /// Reads the identity of a file.
    pub fn of_file(path: &Path) -> Result<Identity, IdentityError> {
        Identity::read(&mut crate::util::files::open_plain(path)?)
    }

    /// Reads the identity from an open file.
    pub fn read(file: &mut (impl Read + Seek)) -> Result<Identity, IdentityError> {
        file.seek(SeekFrom::Start(0))?;
        let mut front = Vec::new();
        file.take(0x1000).read_to_end(&mut front)?;
        if front.is_empty() {
            return Err(IdentityError::Kind("the file is empty"));
        }
        if front.starts_with(MSF) {
            return pdb(file, &front);
        }
        if front.starts_with(b"MZ") {
            // The headers of images are small, but nothing forbids them to begin far into the file.
            file.take(MAX_HEADERS).read_to_end(&mut front)?;
            return image(&front);
        }
        Err(IdentityError::Kind(kind_of(&front)))
    }

    /// The store identity under a file name.
    pub fn file_id(&self, name: &str) -> FileId {
        match *self {
            Identity::Pdb { guid, info_age, dbi_age } => {
                PdbId::new(name, guid, dbi_age.unwrap_or(info_age)).into()
            }
            Identity::Image { time_date_stamp, size_of_image, .. } => {
                ImageId::new(name, time_date_stamp, size_of_image).into()
            }
        }
    }

    /// Checks that this is the wanted file; `Err` carries what it is and what is wanted.
    pub fn check(&self, wanted: &FileId) -> Result<(), Mismatch> {
        let same = match (self, wanted) {
            (Identity::Pdb { guid, dbi_age, .. }, FileId::Pdb(id)) => {
                // The info age grows with each incremental write; images carry the DBI age. A PDB without DBI
                // stream (types only) is known by its GUID alone.
                *guid == id.guid && dbi_age.is_none_or(|age| age == id.age)
            }
            (Identity::Image { time_date_stamp, size_of_image, .. }, FileId::Image(id)) => {
                *time_date_stamp == id.time_date_stamp && *size_of_image == id.size_of_image
            }
            _ => false,
        };
        match same {
            true => Ok(()),
            false => Err(Mismatch { found: self.to_string(), wanted: describe(wanted) }),
        }
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Identity::Pdb { guid, info_age, dbi_age } => match dbi_age {
                Some(age) => write!(f, "PDB {guid} age {age:x}"),
                None => write!(f, "PDB {guid} age {info_age:x} (no DBI stream)"),
            },
            Identity::Image { time_date_stamp, size_of_image, .. } => {
                write!(f, "image with time stamp {time_date_stamp:08X}, size {size_of_image:x}")
            }
        }
    }
}

/// The wanted identity in words.
pub fn describe(id: &FileId) -> String {
    match id {
        FileId::Pdb(id) => format!("PDB {} age {:x}", id.guid, id.age),
        FileId::Image(id) => {
            format!("image with time stamp {:08X}, size {:x}", id.time_date_stamp, id.size_of_image)
        }
    }
}

/// A file is another version than the wanted one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the file is {found}, wanted is {wanted}")]
pub struct Mismatch {
    /// What the file is.
    pub found: String,
    /// What is wanted.
    pub wanted: String,
}

/// Names what the bytes are, where they are neither PDB nor image.
fn kind_of(front: &[u8]) -> &'static str {
    let text: Vec<u8> = front.iter().copied().skip_while(u8::is_ascii_whitespace).take(16).collect();
    let text = text.to_ascii_lowercase();
    if front.starts_with(b"Microsoft MSFZ") {
        "a compressed PDB (MSFZ), which is not supported: expand it with its linker's tools"
    } else if front.starts_with(b"Microsoft C/C++ program database 2.00") {
        "a PDB 2.00 of the 1990s, which is not supported"
    } else if front.starts_with(b"BSJB") {
        "a portable PDB (.NET), which has no native symbols"
    } else if front.starts_with(b"MSCF") {
        "a cabinet, not a PDB or an image"
    } else if front.starts_with(b"PK\x03\x04") {
        "a zip archive, not a PDB or an image"
    } else if text.starts_with(b"<") || text.starts_with(b"\xef\xbb\xbf<") {
        "an HTML or XML page, not a PDB or an image"
    } else {
        foreign_kind(front)
    }
}

/// Names the debug files of other systems and tools, which people mix up with PDBs when they carry symbols around.
fn foreign_kind(front: &[u8]) -> &'static str {
    match symbolic_debuginfo::peek(front, true) {
        FileFormat::Elf => "an ELF file, not a PDB or an image of Windows",
        FileFormat::MachO => "a Mach-O file, not a PDB or an image of Windows",
        FileFormat::Breakpad => {
            "a Breakpad symbol file, which has no types or variables and is not supported"
        }
        FileFormat::Wasm => "a WebAssembly module, not a PDB or an image of Windows",
        FileFormat::SourceBundle => "a source bundle, not a PDB or an image",
        _ => "neither a PDB nor a PE image",
    }
}

/// The front of an image file as addresses: enough for its headers.
struct Front<'a>(&'a [u8]);

impl ImageBytes for Front<'_> {
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
        bounded::slice(self.0, rva as usize, buf.len()).map(|from| buf.copy_from_slice(from)).is_some()
    }
}

fn image(front: &[u8]) -> Result<Identity, IdentityError> {
    let headers = Headers::read(&Front(front)).map_err(|error| IdentityError::Damaged(error.to_string()))?;
    Ok(Identity::Image {
        time_date_stamp: headers.time_date_stamp,
        size_of_image: headers.size_of_image,
        is_64bit: headers.is_64bit,
    })
}

fn damaged(what: &str) -> IdentityError {
    IdentityError::Damaged(format!("PDB: {what}"))
}

/// Container layout: "The MSF File Format" in the LLVM documentation.
fn pdb(file: &mut (impl Read + Seek), front: &[u8]) -> Result<Identity, IdentityError> {
    let field = |at| bounded::u32_at(front, at).ok_or_else(|| damaged("superblock cut off"));
    let (page_size, page_count) = (field(32)?, field(40)?);
    let (directory_size, map_page) = (field(44)?, field(52)?);
    if !page_size.is_power_of_two() || !(512..=0x1_0000).contains(&page_size) {
        return Err(damaged("impossible page size"));
    }
    let length = file.seek(SeekFrom::End(0))?;
    if u64::from(page_count) * u64::from(page_size) > length {
        let whole = u64::from(page_count) * u64::from(page_size);
        return Err(damaged(&format!("cut off: {length} of {whole} bytes")));
    }
    let pages = directory_size.div_ceil(page_size);
    if pages > MAX_DIRECTORY_PAGES.min(page_size / 4) {
        return Err(damaged("impossible directory size"));
    }
    let map = read_at(file, u64::from(map_page) * u64::from(page_size), pages * 4)?;
    let mut directory = Vec::new();
    for page in map.chunks_exact(4).filter_map(|raw| bounded::u32_at(raw, 0)) {
        directory.extend(read_at(file, u64::from(page) * u64::from(page_size), page_size)?);
    }
    directory.truncate(directory_size as usize);
    let mut first_page = |stream: usize, len: u32| {
        let page = stream_page(&directory, stream, page_size)?;
        read_at(file, u64::from(page) * u64::from(page_size), len.min(page_size)).ok()
    };
    let info = first_page(1, 28).ok_or_else(|| damaged("no info stream"))?;
    let cut = || damaged("info stream cut off");
    let info_age = bounded::u32_at(&info, 8).ok_or_else(cut)?;
    let guid = Guid(bounded::array(&info, 12).ok_or_else(cut)?);
    // The DBI header begins with a signature of -1; its age is the third word.
    let dbi = first_page(3, 12).filter(|dbi| bounded::u32_at(dbi, 0) == Some(u32::MAX));
    let dbi_age = dbi.and_then(|dbi| bounded::u32_at(&dbi, 8));
    Ok(Identity::Pdb { guid, info_age, dbi_age })
}

/// The first page of a stream, by the directory: a count, the streams' sizes, then their page lists in turn.
fn stream_page(directory: &[u8], stream: usize, page_size: u32) -> Option<u32> {
    let count = bounded::u32_at(directory, 0)? as usize;
    if stream >= count {
        return None;
    }
    let pages_of = |index: usize| {
        let size = bounded::u32_at(directory, 4 + index * 4)?;
        // A size of -1 means that the stream does not exist.
        Some(if size == u32::MAX { 0 } else { size.div_ceil(page_size) } as usize)
    };
    let mut skip = 0usize;
    for index in 0..stream {
        skip = skip.checked_add(pages_of(index)?)?;
    }
    if pages_of(stream)? == 0 {
        return None;
    }
    let lists = count.checked_mul(4)?.checked_add(4)?;
    bounded::u32_at(directory, lists.checked_add(skip.checked_mul(4)?)?)
}

fn read_at(file: &mut (impl Read + Seek), offset: u64, len: u32) -> Result<Vec<u8>, IdentityError> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(u64::from(len)).read_to_end(&mut bytes)?;
    match bytes.len() == len as usize {
        true => Ok(bytes),
        false => Err(damaged("a page lies beyond the end of the file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const PDB: &[u8] = include_bytes!("../../tests/data/pe/sample64.pdb");
    const IMAGE: &[u8] = include_bytes!("../../tests/data/pe/sample64.sys");

    fn of(bytes: &[u8]) -> Result<Identity, IdentityError> {
        Identity::read(&mut Cursor::new(bytes))
    }

    /// Expected values from llvm-readobj on the image (sample64.sys.txt).
    #[test]
    fn an_image_and_its_pdb_agree() {
        let image = crate::symbols::pe::Image::from_file_bytes(IMAGE).unwrap();
        let wanted = FileId::from(image.pdb_id().unwrap());
        assert_eq!(of(PDB).unwrap().check(&wanted), Ok(()));
        let own = FileId::from(image.image_id("sample64.sys"));
        assert_eq!(of(IMAGE).unwrap().check(&own), Ok(()));
        let mismatch = of(IMAGE).unwrap().check(&wanted).unwrap_err().to_string();
        assert!(mismatch.contains("time stamp") && mismatch.contains("wanted is PDB"), "{mismatch}");
    }

    #[test]
    fn the_age_that_counts_is_the_dbis() {
        let guid = Guid([1; 16]);
        let pdb = Identity::Pdb { guid, info_age: 3, dbi_age: Some(1) };
        let wanted = |age| FileId::from(PdbId::new("a.pdb", guid, age));
        assert!(pdb.check(&wanted(1)).is_ok());
        assert!(pdb.check(&wanted(2)).is_err());
        assert_eq!(pdb.file_id("a.pdb").key(), "010101010101010101010101010101011");
    }

    #[test]
    fn other_files_are_named() {
        for (bytes, word) in [
            (b"".as_slice(), "empty"),
            (b"  <!DOCTYPE html>", "HTML"),
            (b"BSJB....", "portable"),
            (b"Microsoft MSFZ Container\r\n", "MSFZ"),
            (b"MZ", "damaged"),
        ] {
            let error = of(bytes).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        let cut = of(PDB.get(..PDB.len() - 0x1000).unwrap()).unwrap_err();
        assert!(cut.to_string().contains("cut off"), "{cut}");
    }

    #[test]
    fn damage_never_panics() {
        for at in (0..0x400).chain((0..PDB.len()).step_by(97)) {
            for value in [0u8, 0xff, 0x7f] {
                let mut bytes = PDB.to_vec();
                bytes[at] = value;
                let _ = of(&bytes);
            }
        }
    }
}
