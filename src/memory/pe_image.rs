//! What of a PE file is sure to be in memory as it is in the file: the headers and the read-only sections, relocated
//! to where the module was loaded, without the parts that the loader fills in. Layout: Microsoft's PE specification.

use std::ops::Range;
use std::sync::OnceLock;

use crate::dump::Mapping;
use crate::util::bounded;

/// More sections than the loader accepts (96) are damage.
const MAX_SECTIONS: u16 = 96;
const SECTION_HEADER: usize = 40;
/// IMAGE_SCN_MEM_DISCARDABLE: freed after start, so memory no longer holds it.
const DISCARDABLE: u32 = 0x0200_0000;
/// IMAGE_SCN_MEM_WRITE.
const WRITABLE: u32 = 0x8000_0000;
/// Numbers of data directories.
mod directory {
    pub(super) const BASE_RELOCATION: usize = 5;
    pub(super) const LOAD_CONFIG: usize = 10;
    pub(super) const IMPORT_ADDRESSES: usize = 12;
}
/// IMAGE_REL_BASED_HIGHLOW: a 32-bit address.
const HIGHLOW: u16 = 3;
/// IMAGE_REL_BASED_DIR64: a 64-bit address.
const DIR64: u16 = 10;

/// A PE file as far as memory is concerned.
#[derive(Debug)]
pub(super) struct PeImage {
    file: Mapping,
    pub(super) time_date_stamp: u32,
    pub(super) size_of_image: u32,
    /// IMAGE_FILE_RELOCS_STRIPPED: the image cannot be moved.
    fixed: bool,
    image_base: u64,
    image_base_at: Range<usize>,
    /// Parts that memory shares with the file, ascending and apart.
    parts: Vec<Part>,
    relocations: Range<u64>,
    /// The file's bytes with addresses adjusted, made when they are first needed.
    relocated: OnceLock<Option<Vec<u8>>>,
}

/// Bytes of the image that are in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    rva: u64,
    offset: u64,
    size: u64,
}

impl PeImage {
    /// Reads the headers; `None` if the file is no PE image.
    pub(super) fn parse(file: Mapping) -> Option<PeImage> {
        let bytes = file.bytes();
        if !bytes.starts_with(b"MZ") {
            return None;
        }
        let pe = bounded::u32_at(bytes, 0x3c)? as usize;
        if bounded::slice(bytes, pe, 4)? != b"PE\0\0" {
            return None;
        }
        let fixed = bounded::u16_at(bytes, pe.checked_add(0x16)?)? & 1 != 0;
        let section_count = bounded::u16_at(bytes, pe.checked_add(6)?)?.min(MAX_SECTIONS);
        let time_date_stamp = bounded::u32_at(bytes, pe.checked_add(8)?)?;
        let optional_size = usize::from(bounded::u16_at(bytes, pe.checked_add(0x14)?)?);
        let optional = pe.checked_add(0x18)?;
        let (image_base_at, directories) = match bounded::u16_at(bytes, optional)? {
            0x20b => (optional + 0x18..optional + 0x20, optional + 0x70),
            0x10b => (optional + 0x1c..optional + 0x20, optional + 0x60),
            _ => return None,
        };
        let image_base = bounded::uint_at(bytes, image_base_at.start, image_base_at.len())?;
        let size_of_image = bounded::u32_at(bytes, optional + 0x38)?;
        let size_of_headers = u64::from(bounded::u32_at(bytes, optional + 0x3c)?);
        let directory_count = bounded::u32_at(bytes, directories - 4)? as usize;
        let directory = |number: usize| -> Range<u64> {
            let at = directories + number * 8;
            let place = (number < directory_count)
                .then(|| bounded::u32_at(bytes, at).zip(bounded::u32_at(bytes, at + 4)))
                .flatten();
            place.map_or(0..0, |(rva, size)| u64::from(rva)..u64::from(rva) + u64::from(size))
        };

        let mut parts = vec![Part { rva: 0, offset: 0, size: size_of_headers }];
        let table = optional.checked_add(optional_size)?;
        for number in 0..usize::from(section_count) {
            let header = bounded::slice(bytes, table.checked_add(number * SECTION_HEADER)?, SECTION_HEADER)?;
            let field = |at| bounded::u32_at(header, at).map(u64::from);
            let (virtual_size, raw_size) = (field(8)?, field(16)?);
            let size = if virtual_size == 0 { raw_size } else { raw_size.min(virtual_size) };
            if bounded::u32_at(header, 36)? & (WRITABLE | DISCARDABLE) == 0 {
                parts.push(Part { rva: field(12)?, offset: field(20)?, size });
            }
        }
        let mut image = PeImage {
            time_date_stamp,
            size_of_image,
            fixed,
            image_base,
            image_base_at,
            parts: Vec::new(),
            relocations: directory(directory::BASE_RELOCATION),
            relocated: OnceLock::new(),
            file: file.clone(),
        };
        parts.retain_mut(|part| image.clip(part));
        parts.sort_by_key(|part| part.rva);
        // Overlapping sections do not load; a damaged file shows the first.
        let mut end = 0;
        parts.retain(|part| {
            let apart = part.rva >= end;
            end = end.max(part.rva + part.size);
            apart
        });
        image.parts = parts;
        // The loader writes imported addresses and the two control flow guard pointers into read-only sections.
        let mut holes = vec![directory(directory::IMPORT_ADDRESSES)];
        holes.extend(image.guard_pointers(directory(directory::LOAD_CONFIG)));
        for hole in holes {
            image.parts = image.parts.iter().flat_map(|part| without(*part, &hole)).collect();
        }
        Some(image)
    }

    /// Cuts a part at the end of the image and of the file; whether anything is left.
    fn clip(&self, part: &mut Part) -> bool {
        let in_image = u64::from(self.size_of_image).saturating_sub(part.rva);
        let in_file = self.file.len().saturating_sub(part.offset);
        part.size = part.size.min(in_image).min(in_file);
        part.size > 0
    }

    /// RVAs of the pointers that GuardCFCheckFunctionPointer and GuardCFDispatchFunctionPointer name.
    fn guard_pointers(&self, config: Range<u64>) -> Vec<Range<u64>> {
        let pointer = self.image_base_at.len();
        let first = if pointer == 8 { 0x70 } else { 0x48 };
        [first, first + pointer as u64]
            .iter()
            .filter(|&&at| at + pointer as u64 <= config.end - config.start)
            .filter_map(|at| {
                let offset = self.file_offset(config.start + at)?;
                let address = bounded::uint_at(self.file.bytes(), offset, pointer)?;
                let rva = address.checked_sub(self.image_base)?;
                Some(rva..rva.checked_add(pointer as u64)?)
            })
            .collect()
    }

    fn part(&self, rva: u64) -> Option<&Part> {
        let index = self.parts.partition_point(|part| part.rva <= rva).checked_sub(1)?;
        self.parts.get(index).filter(|part| rva - part.rva < part.size)
    }

    fn file_offset(&self, rva: u64) -> Option<usize> {
        let part = self.part(rva)?;
        usize::try_from(part.offset + (rva - part.rva)).ok()
    }

    /// The bytes at `rva` to the end of its part, for a module loaded at `base`.
    pub(super) fn window(&self, rva: u64, base: u64) -> Option<&[u8]> {
        let part = *self.part(rva)?;
        let start = usize::try_from(part.offset + (rva - part.rva)).ok()?;
        let end = usize::try_from(part.offset + part.size).ok()?;
        let bytes = match base.wrapping_sub(self.image_base) {
            0 => self.file.bytes(),
            delta => self.relocated.get_or_init(|| self.relocate(base, delta)).as_deref()?,
        };
        bytes.get(start..end).filter(|bytes| !bytes.is_empty())
    }

    /// A copy of the file with every relocation applied that lies in a shared part. `None` if the file is stripped of
    /// them or they cannot be read: then no address in it can be trusted.
    fn relocate(&self, base: u64, delta: u64) -> Option<Vec<u8>> {
        let original = self.file.bytes();
        let mut bytes = original.to_vec();
        let pointer = self.image_base_at.len();
        bytes.get_mut(self.image_base_at.clone())?.copy_from_slice(base.to_le_bytes().get(..pointer)?);
        if self.fixed {
            return None;
        }
        // Without a table there is no address to adjust.
        let table = match self.relocations.is_empty() {
            true => &[],
            false => self.raw(self.relocations.clone())?,
        };
        let mut at = 0usize;
        while let (Some(page), Some(size)) = (bounded::u32_at(table, at), bounded::u32_at(table, at + 4)) {
            let Some(entries) = (size as usize).checked_sub(8).filter(|&size| size > 0) else {
                break;
            };
            let Some(entries) = bounded::slice(table, at + 8, entries) else {
                break;
            };
            for entry in entries.as_chunks::<2>().0.iter().map(|entry| u16::from_le_bytes(*entry)) {
                let width = match entry >> 12 {
                    DIR64 => 8,
                    HIGHLOW => 4,
                    _ => continue,
                };
                let Some(offset) = self.file_offset(u64::from(page) + u64::from(entry & 0xfff)) else {
                    continue;
                };
                let (Some(value), Some(place)) = (
                    bounded::uint_at(original, offset, width),
                    bytes.get_mut(offset..offset.saturating_add(width)),
                ) else {
                    continue;
                };
                let adjusted = value.wrapping_add(delta).to_le_bytes();
                place.copy_from_slice(adjusted.get(..width)?);
            }
            at = at.checked_add(size as usize)?;
        }
        Some(bytes)
    }

    /// The bytes of a data directory that may lie in any section, shared or not.
    fn raw(&self, rvas: Range<u64>) -> Option<&[u8]> {
        let bytes = self.file.bytes();
        let pe = bounded::u32_at(bytes, 0x3c)? as usize;
        let count = usize::from(bounded::u16_at(bytes, pe + 6)?.min(MAX_SECTIONS));
        let table = pe + 0x18 + usize::from(bounded::u16_at(bytes, pe + 0x14)?);
        (0..count).find_map(|number| {
            let header = bounded::slice(bytes, table.checked_add(number * SECTION_HEADER)?, SECTION_HEADER)?;
            let rva = u64::from(bounded::u32_at(header, 12)?);
            let size = u64::from(bounded::u32_at(header, 16)?);
            let inside = rvas.start.checked_sub(rva).filter(|&inside| inside < size)?;
            let offset = u64::from(bounded::u32_at(header, 20)?) + inside;
            let length = (rvas.end - rvas.start).min(size - inside);
            bounded::slice(bytes, usize::try_from(offset).ok()?, usize::try_from(length).ok()?)
        })
    }
}

/// What is left of a part beside a hole.
fn without(part: Part, hole: &Range<u64>) -> impl Iterator<Item = Part> {
    let end = part.rva + part.size;
    let (from, to) = (hole.start.clamp(part.rva, end), hole.end.clamp(part.rva, end));
    let before = Part { size: from - part.rva, ..part };
    let after = Part { rva: to, offset: part.offset + (to - part.rva), size: end - to };
    let pieces = if from < to { [before, after] } else { [part, Part { size: 0, ..part }] };
    pieces.into_iter().filter(|piece| piece.size > 0)
}
