//! An image file on disk, read as if the loader had mapped it.

use std::io::Read;
use std::path::Path;

use super::PeError;
use super::bytes::{self, ImageBytes};
use super::headers::{Headers, Section};
use crate::symbols::SymbolError;
use crate::util::files::open_found;

/// The largest image file that is loaded; the largest known drivers are below 200 MiB.
pub const MAX_FILE: u64 = 1 << 30;

/// The bytes of an image file with its section table. `D` is any owner of bytes: a vector or a mapping.
#[derive(Debug, Clone)]
pub struct FileImage<D> {
    data: D,
    /// Where the mapped headers end.
    headers_end: u32,
    /// Bytes of the file that belong to the header.
    headers_size: u32,
    /// What sections fill in memory: whole pages, unless the image is of sub-page alignment.
    alignment: u32,
    sections: Vec<Section>,
}

/// Bytes of the image in memory that lie together in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// File offset of the first.
    pub offset: usize,
    /// How many; never zero.
    pub len: usize,
    /// Whether they are zeros that the file does not hold.
    pub is_zero: bool,
}

/// Why nothing stands at an RVA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Neither the headers nor a section reach there.
    Unmapped,
    /// The file ends before.
    CutOff {
        /// File offset where the byte should be.
        offset: u64,
    },
}

/// File offsets as addresses: how the headers are read before the sections are known.
struct Raw<'a>(&'a [u8]);

impl ImageBytes for Raw<'_> {
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
        bytes::copy(self.0, rva as usize, buf)
    }
}

impl FileImage<Vec<u8>> {
    /// Loads a file of at most [`MAX_FILE`] bytes.
    pub fn open(path: &Path) -> Result<FileImage<Vec<u8>>, SymbolError> {
        let io = |source| SymbolError::Io { path: path.to_owned(), action: "read", source };
        let file = open_found(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        if size > MAX_FILE {
            return Err(SymbolError::TooLarge { path: path.to_owned(), size, limit: MAX_FILE });
        }
        let mut data = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut data).map_err(io)?;
        Ok(FileImage::new(data)?)
    }
}

impl<D: AsRef<[u8]>> FileImage<D> {
    /// Takes the bytes of an image file.
    pub fn new(data: D) -> Result<FileImage<D>, PeError> {
        let headers = Headers::read(&Raw(data.as_ref()))?;
        // A stated size below the section table's end cannot be: the headers were just read from there.
        let table = headers.sections.len() as u32 * 40 + 24 + u32::from(headers.optional_header_size);
        let headers_size = headers.size_of_headers.max(headers.nt_offset + table);
        // The rest of their last page is zero once mapped, up to the first section.
        let first = headers.sections.iter().map(|s| s.rva).min().unwrap_or(u32::MAX);
        let headers_end = round_up(headers_size, PAGE).min(first);
        Ok(FileImage {
            data,
            headers_end,
            headers_size,
            alignment: headers.section_alignment.clamp(1, PAGE),
            sections: headers.sections,
        })
    }

    /// The file's bytes.
    pub fn data(&self) -> &[u8] {
        self.data.as_ref()
    }

    /// What the loader maps at `rva`, to the end of what lies together in the file.
    ///
    /// # Errors
    /// Why nothing stands there.
    pub fn piece(&self, rva: u32) -> Result<Piece, Missing> {
        if rva < self.headers_end {
            // Headers lie one to one.
            return self.cut(rva as usize, self.headers_size.saturating_sub(rva), self.headers_end - rva);
        }
        let end = |section: &Section| section.rva.saturating_add(self.mapped_size(section));
        let section = self.sections.iter().find(|section| rva >= section.rva && rva < end(section));
        let section = section.ok_or(Missing::Unmapped)?;
        let within = rva - section.rva;
        let limit = section.raw_size.min(self.mapped_size(section));
        // The loader rounds file offsets down to sectors, except in images of sub-page alignment.
        let start = if self.alignment < PAGE { section.raw_offset } else { section.raw_offset & !0x1ff };
        let offset = (start as usize).checked_add(within as usize).ok_or(Missing::Unmapped)?;
        self.cut(offset, limit.saturating_sub(within), end(section) - rva)
    }

    fn mapped_size(&self, section: &Section) -> u32 {
        round_up(section.memory_size(), self.alignment)
    }

    /// Of `length` bytes in memory the first `raw` stand at a file offset, if the file is that long; zeros follow.
    fn cut(&self, offset: usize, raw: u32, length: u32) -> Result<Piece, Missing> {
        let raw = raw.min(length) as usize;
        if raw == 0 {
            return Ok(Piece { offset, len: length as usize, is_zero: true });
        }
        match self.data().len().saturating_sub(offset).min(raw) {
            0 => Err(Missing::CutOff { offset: offset as u64 }),
            len => Ok(Piece { offset, len, is_zero: false }),
        }
    }
}

/// Size of a page of memory.
const PAGE: u32 = 0x1000;

fn round_up(size: u32, alignment: u32) -> u32 {
    size.checked_next_multiple_of(alignment).unwrap_or(u32::MAX)
}

impl<D: AsRef<[u8]>> ImageBytes for FileImage<D> {
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
        let mut at = rva;
        let mut rest = buf;
        while !rest.is_empty() {
            let Ok(piece) = self.piece(at) else {
                return false;
            };
            let Some((front, after)) = rest.split_at_mut_checked(piece.len.min(rest.len())) else {
                return false;
            };
            match piece.is_zero {
                true => front.fill(0),
                false if bytes::copy(self.data(), piece.offset, front) => {}
                false => return false,
            }
            match u32::try_from(front.len()).ok().and_then(|len| at.checked_add(len)) {
                Some(next) => at = next,
                None => return after.is_empty(),
            }
            rest = after;
        }
        true
    }

    fn at_file_offset(&self, offset: u32, buf: &mut [u8]) -> bool {
        bytes::copy(self.data.as_ref(), offset as usize, buf)
    }
}
