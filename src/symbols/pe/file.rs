//! An image file on disk, read as if the loader had mapped it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::PeError;
use super::bytes::{self, ImageBytes};
use super::headers::{Headers, Section};
use crate::symbols::SymbolError;

/// The largest image file that is loaded; the largest known drivers are below 200 MiB.
pub const MAX_FILE: u64 = 1 << 30;

/// The bytes of an image file with its section table. `D` is any owner of bytes: a vector or a mapping.
#[derive(Debug, Clone)]
pub struct FileImage<D> {
    data: D,
    /// Where the first section begins: below lies the mapped header.
    headers_end: u32,
    /// Bytes of the file that belong to the header.
    headers_size: u32,
    low_alignment: bool,
    sections: Vec<Section>,
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
        let file = File::open(path).map_err(io)?;
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
        let headers_end = headers.sections.iter().map(|s| s.rva).min().unwrap_or(u32::MAX);
        // A stated size below the section table's end cannot be: the headers were just read from there.
        let table = headers.sections.len() as u32 * 40 + 24 + u32::from(headers.optional_header_size);
        let headers_size = headers.size_of_headers.max(headers.nt_offset + table);
        Ok(FileImage {
            data,
            headers_end,
            headers_size,
            low_alignment: headers.section_alignment < 0x1000,
            sections: headers.sections,
        })
    }

    /// The file's bytes.
    pub fn data(&self) -> &[u8] {
        self.data.as_ref()
    }

    /// Fills the front of `buf` from one stretch of the image and says how many bytes that was.
    fn piece(&self, rva: u32, buf: &mut [u8]) -> Option<usize> {
        let data = self.data.as_ref();
        if rva < self.headers_end {
            // Headers lie one to one; the rest of their last page is zero once mapped.
            let len = buf.len().min((self.headers_end - rva) as usize);
            let buf = buf.get_mut(..len)?;
            let limit = data.len().min(self.headers_size as usize);
            let have = limit.saturating_sub(rva as usize).min(len);
            let (front, rest) = buf.split_at_mut_checked(have)?;
            (front.is_empty() || bytes::copy(data, rva as usize, front)).then_some(())?;
            rest.fill(0);
            return (rva as usize <= data.len()).then_some(len);
        }
        let section = self.sections.iter().find(|section| rva >= section.rva && rva < mapped_end(section))?;
        let within = rva - section.rva;
        let len = buf.len().min((mapped_end(section) - rva) as usize);
        let buf = buf.get_mut(..len)?;
        let limit = match section.virtual_size {
            0 => section.raw_size,
            size => section.raw_size.min(round_up(size)),
        };
        let have = (limit.saturating_sub(within) as usize).min(len);
        let (front, rest) = buf.split_at_mut_checked(have)?;
        rest.fill(0);
        // The loader rounds file offsets down to sectors, except in images of sub-page alignment.
        let start = if self.low_alignment { section.raw_offset } else { section.raw_offset & !0x1ff };
        let offset = (start as usize).checked_add(within as usize)?;
        (front.is_empty() || bytes::copy(data, offset, front)).then_some(len)
    }
}

/// End of a section in memory: sections fill whole pages.
fn mapped_end(section: &Section) -> u32 {
    section.rva.saturating_add(round_up(section.memory_size()))
}

fn round_up(size: u32) -> u32 {
    size.checked_add(0xfff).map_or(u32::MAX, |size| size & !0xfff)
}

impl<D: AsRef<[u8]>> ImageBytes for FileImage<D> {
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
        let mut at = rva;
        let mut done = 0;
        while done < buf.len() {
            let Some(rest) = buf.get_mut(done..) else {
                return false;
            };
            let Some(len) = self.piece(at, rest).filter(|&len| len > 0) else {
                return false;
            };
            done += len;
            match at.checked_add(len as u32) {
                Some(next) => at = next,
                None => return done >= buf.len(),
            }
        }
        true
    }

    fn at_file_offset(&self, offset: u32, buf: &mut [u8]) -> bool {
        bytes::copy(self.data.as_ref(), offset as usize, buf)
    }
}
