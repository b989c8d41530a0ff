//! What of a PE file is sure to be in memory as it is in the file: the headers and the read-only sections, relocated
//! to where the module was loaded, without the parts that the loader fills in. Layout: Microsoft's PE specification.

use crate::util::order::Order;
use std::ops::Range;
use std::sync::OnceLock;

use crate::dump::{Lost, Mapping};
use crate::symbols::pe::{DataDirectory, Directory, FileImage, Headers, Image, PeError, Piece, bytes};
use crate::util::bounded;

/// IMAGE_FILE_RELOCS_STRIPPED: the image cannot be moved.
const FIXED: u16 = 1;
/// IMAGE_REL_BASED_HIGHLOW: a 32-bit address.
const HIGHLOW: u16 = 3;
/// IMAGE_REL_BASED_DIR64: a 64-bit address.
const DIR64: u16 = 10;

/// A PE file that stands for a loaded module.
#[derive(Debug)]
pub(super) struct SharedImage {
    file: Mapping,
    image: Image<FileImage<Mapping>>,
    /// RVAs that the loader writes to in sections that are read-only afterwards, ascending.
    holes: Vec<Range<u32>>,
    /// The file's bytes with addresses adjusted, made when they are first needed.
    relocated: OnceLock<Option<Vec<u8>>>,
}

impl SharedImage {
    /// Reads the headers.
    pub(super) fn parse(file: Mapping) -> Result<SharedImage, PeError> {
        let image = Image::from_file_bytes(file.clone())?;
        let range = |place: DataDirectory| place.rva..place.rva.saturating_add(place.size);
        let imports = image.headers().directory(Directory::ImportAddressTable).map(range);
        let mut holes: Vec<_> = imports.into_iter().chain(guard_pointers(&image)).collect();
        holes.order_by_key(|hole| hole.start);
        Ok(SharedImage { file, image, holes, relocated: OnceLock::new() })
    }

    pub(super) fn headers(&self) -> &Headers {
        self.image.headers()
    }

    /// What happened to the file, if it was found to be shorter than it was.
    pub(super) fn lost(&self) -> Option<Lost> {
        self.file.lost()
    }

    /// The bytes at `rva` to the end of what lies together, for a module loaded at `base`.
    pub(super) fn window(&self, rva: u64, base: u64) -> Option<&[u8]> {
        let rva = u32::try_from(rva).ok()?;
        let end = self.shared_end(rva)?;
        let Piece { offset, len, .. } = self.image.bytes().piece(rva).ok().filter(|piece| !piece.is_zero)?;
        let bytes = match base.wrapping_sub(self.headers().image_base) {
            0 => self.image.bytes().data(),
            _ if self.file.is_lost() => return None,
            delta => self.relocated.get_or_init(|| self.relocate(base, delta)).as_deref()?,
        };
        bounded::slice(bytes, offset, len.min((end - rva) as usize))
    }

    /// Where the part that memory shares with the file ends in which `rva` lies.
    fn shared_end(&self, rva: u32) -> Option<u32> {
        let headers = self.headers();
        let end = match headers.section_of(rva) {
            // Discardable sections are freed after start, so memory no longer holds them.
            Some(section) if section.is_writable() || section.is_discardable() => return None,
            Some(section) => section.rva.saturating_add(section.memory_size()),
            None => headers.size_of_headers,
        };
        let mut end = end.min(headers.size_of_image);
        for hole in self.holes.iter().filter(|hole| rva < hole.end) {
            if rva >= hole.start {
                return None;
            }
            end = end.min(hole.start);
        }
        (rva < end).then_some(end)
    }

    /// A copy of the file with every relocation applied. `None` if the file is stripped of them or they cannot be read:
    /// then no address in it can be trusted.
    fn relocate(&self, base: u64, delta: u64) -> Option<Vec<u8>> {
        let (headers, file) = (self.headers(), self.image.bytes());
        if headers.characteristics & FIXED != 0 {
            return None;
        }
        let mut bytes = file.data().to_vec();
        let mut put = |offset: usize, value: u64, width: usize| {
            let place = bytes.get_mut(offset..offset.checked_add(width)?)?;
            place.copy_from_slice(value.to_le_bytes().get(..width)?);
            Some(())
        };
        let image_base = headers.nt_offset as usize + if headers.is_64bit { 0x30 } else { 0x34 };
        put(image_base, base, pointer_size(headers))?;
        // Without a table there is no address to adjust.
        let table = match headers.directory(Directory::BaseRelocation) {
            Some(place) => {
                let cap = u32::try_from(file.data().len()).unwrap_or(u32::MAX);
                bytes::block(file, place.rva, place.size, cap)?
            }
            None => Vec::new(),
        };
        let mut at = 0usize;
        while let (Some(page), Some(size)) = (bounded::u32_at(&table, at), bounded::u32_at(&table, at + 4)) {
            let Some(entries) = (size as usize).checked_sub(8).filter(|&size| size > 0) else {
                break;
            };
            let Some(entries) = bounded::slice(&table, at + 8, entries) else {
                break;
            };
            for entry in entries.as_chunks::<2>().0.iter().map(|entry| u16::from_le_bytes(*entry)) {
                let width = match entry >> 12 {
                    DIR64 => 8,
                    HIGHLOW => 4,
                    _ => continue,
                };
                let place = page.checked_add(u32::from(entry & 0xfff)).and_then(|rva| file.piece(rva).ok());
                let Some(piece) = place.filter(|piece| !piece.is_zero && piece.len >= width) else {
                    continue;
                };
                if let Some(value) = bounded::uint_at(file.data(), piece.offset, width) {
                    put(piece.offset, value.wrapping_add(delta), width);
                }
            }
            at = at.checked_add(size as usize)?;
        }
        (!self.file.is_lost()).then_some(bytes)
    }
}

/// RVAs of the pointers that GuardCFCheckFunctionPointer and GuardCFDispatchFunctionPointer name: the loader sets them.
fn guard_pointers(image: &Image<FileImage<Mapping>>) -> Vec<Range<u32>> {
    let headers = image.headers();
    let Some(config) = headers.directory(Directory::LoadConfiguration) else {
        return Vec::new();
    };
    let pointer = pointer_size(headers) as u32;
    let first = if headers.is_64bit { 0x70 } else { 0x48 };
    let fields = [first, first + pointer].into_iter().filter(|at| at + pointer <= config.size);
    fields
        .filter_map(|at| {
            let field = config.rva.checked_add(at)?;
            let address = match headers.is_64bit {
                true => bytes::u64_at(image.bytes(), field)?,
                false => bytes::u32_at(image.bytes(), field)?.into(),
            };
            let rva = u32::try_from(address.checked_sub(headers.image_base)?).ok()?;
            Some(rva..rva.checked_add(pointer)?)
        })
        .collect()
}

fn pointer_size(headers: &Headers) -> usize {
    if headers.is_64bit { 8 } else { 4 }
}
