//! Finds the list or bitmap of pages of each kind of dump.

use std::mem::size_of;

use kdmp_parser::structs::{BmpHeader64, FullRdmpHeader64, KernelRdmpHeader64};

use super::bitmap::Bitmap;
use super::header::Header;
use super::kind::{Bits, DumpKind};
use super::mapping::Mapping;
use super::pages::{Map, PAGE, PageIndex};
use super::pod;
use super::runs::{List, Runs};
use crate::util::bounded;

/// Where the block after the header starts in 64-bit dumps.
const BLOCK: usize = 0x2000;
/// Physical addresses have at most 52 bits.
const MAX_PAGES: u64 = 1 << 40;

/// The page index of a dump that holds pages, or `None` with a warning that says why not.
pub(super) fn page_index(file: &Mapping, header: &Header, warnings: &mut Vec<String>) -> Option<PageIndex> {
    let bytes = file.bytes();
    let found = match (header.bits, header.kind) {
        (_, DumpKind::Full) => full(header, warnings),
        (Bits::Bits32, DumpKind::Summary) => summary(bytes, header, warnings),
        (Bits::Bits32, _) => {
            warnings.push(format!("the pages of a 32-bit {} are not read", header.kind.name()));
            None
        }
        (Bits::Bits64, kind) => match block_signature(bytes) {
            _ if bytes.len() < BLOCK + 0x38 => {
                warnings.push(
                    "no page of memory is in the file: it ends right after its header; only the header can be shown"
                        .to_owned(),
                );
                None
            }
            Some(b"SDMP" | b"FDMP") if kind == DumpKind::Summary => summary(bytes, header, warnings),
            Some(b"SDMP" | b"FDMP") => bitmap(bytes, warnings),
            _ if bounded::slice(bytes, BLOCK + 4, 4) == Some(b"RDMP") => rdmp(bytes, kind, warnings),
            _ => {
                let start = bounded::slice(bytes, BLOCK, 8).unwrap_or(&[]);
                warnings.push(format!(
                    "a {} has SDMP, FDMP or RDMP at {BLOCK:#x}; this file has {}: its pages cannot be found",
                    kind.name(),
                    start.escape_ascii()
                ));
                None
            }
        },
    };
    let (map, first_page, declared) = found?;
    let index = PageIndex { file: file.clone(), map, first_page, declared };
    warn_if_cut(&index, bytes.len() as u64, warnings);
    Some(index)
}

type Found = (Map, u64, Option<u64>);

fn block_signature(bytes: &[u8]) -> Option<&[u8; 4]> {
    bounded::slice(bytes, BLOCK, 4)?.first_chunk()
}

/// Runs in the header, pages right after it.
fn full(header: &Header, warnings: &mut Vec<String>) -> Option<Found> {
    let start = header.bits.header_size();
    let Some(memory) = &header.physical_memory else {
        warnings.push(
            "the header of this full dump lists no physical memory: its pages cannot be found".to_owned(),
        );
        return None;
    };
    let list: Vec<(u64, u64)> = memory.runs.iter().map(|run| (run.base_page, run.page_count)).collect();
    let pages = list.iter().try_fold(0u64, |sum, run| sum.checked_add(run.1)).unwrap_or(u64::MAX);
    if pages != memory.number_of_pages {
        warnings.push(format!(
            "the header says {:#x} pages of physical memory, its runs add up to {pages:#x}",
            memory.number_of_pages
        ));
    }
    Some((Map::Runs(Runs::new(List::Header(list))), start as u64, Some(pages)))
}

/// `SDMP`/`FDMP` with 64-bit fields and the bitmap at 0x38.
fn bitmap(bytes: &[u8], warnings: &mut Vec<String>) -> Option<Found> {
    let raw = pod::read::<BmpHeader64>(bytes, BLOCK)?;
    if !raw.looks_good() {
        warnings.push(format!("the bitmap header at {BLOCK:#x} lacks its second signature DUMP"));
    }
    let start = BLOCK + size_of::<BmpHeader64>();
    check_bitmap(bytes, start, raw.pages, raw.first_page, warnings);
    let bitmap = Bitmap::new(bytes, start, raw.pages.min(MAX_PAGES));
    Some((Map::Bitmap(bitmap), raw.first_page, Some(raw.total_present_pages)))
}

/// Kernel summary dumps written before Windows 8: `SDMP` with 32-bit fields, an RTL_BITMAP and the bitmap
/// (SUMMARY_DUMP32/64 of the WDK).
fn summary(bytes: &[u8], header: &Header, warnings: &mut Vec<String>) -> Option<Found> {
    let block = header.bits.header_size();
    // The RTL_BITMAP takes 8 bytes after the 0x18 of fields, or 0x10 with 64-bit pointers.
    let start = block + if header.bits == Bits::Bits64 { 0x28 } else { 0x20 };
    if bounded::slice(bytes, block, 8) != Some(b"SDMPDUMP") {
        warnings.push(format!(
            "a summary dump has SDMPDUMP at {block:#x}; this file has not: its pages cannot be found"
        ));
        return None;
    }
    let first_page = u64::from(bounded::u32_at(bytes, block + 0xc)?);
    let bits = u64::from(bounded::u32_at(bytes, block + 0x10)?);
    let pages = u64::from(bounded::u32_at(bytes, block + 0x14)?);
    if bits == 0 && header.bits == Bits::Bits64 && bounded::u64_at(bytes, block + 0x20)? != 0 {
        // The later block under the old type.
        return bitmap(bytes, warnings);
    }
    check_bitmap(bytes, start, bits, first_page, warnings);
    Some((Map::Bitmap(Bitmap::new(bytes, start, bits)), first_page, Some(pages)))
}

fn check_bitmap(bytes: &[u8], start: usize, bits: u64, first_page: u64, warnings: &mut Vec<String>) {
    let end = (start as u64).saturating_add(bits.div_ceil(8));
    if end > bytes.len() as u64 {
        warnings.push(format!(
            "the bitmap of {bits:#x} pages at {start:#x} reaches beyond the end of the file: pages it would name are missing"
        ));
    } else if first_page < end {
        warnings.push(format!(
            "the first page is said to lie at {first_page:#x}, inside the bitmap that ends at {end:#x}: pages may be misread"
        ));
    }
}

/// Dumps of a debugger's `.dump`: `RDMP`, then runs, then pages.
fn rdmp(bytes: &[u8], kind: DumpKind, warnings: &mut Vec<String>) -> Option<Found> {
    let (first_page, metadata_size, pages) = if kind == DumpKind::DebuggerComplete {
        let raw = pod::read::<FullRdmpHeader64>(bytes, BLOCK)?;
        (raw.hdr.first_page_offset, raw.hdr.metadata_size, Some(raw.total_number_of_pages))
    } else {
        let raw = pod::read::<KernelRdmpHeader64>(bytes, BLOCK)?;
        (raw.hdr.first_page_offset, raw.hdr.metadata_size, None)
    };
    let start = BLOCK + size_of::<KernelRdmpHeader64>();
    if metadata_size.checked_add(0x2020) != Some(first_page) {
        warnings.push(format!(
            "the run list takes {metadata_size:#x} bytes, but the first page is said to lie at {first_page:#x}: pages may be misread"
        ));
    }
    let end = usize::try_from(first_page).unwrap_or(usize::MAX).min(bytes.len());
    if first_page > bytes.len() as u64 {
        warnings.push(format!("the run list up to {first_page:#x} reaches beyond the end of the file"));
    }
    let list = List::File { range: start..end.max(start), pages };
    Some((Map::Runs(Runs::new(list)), first_page, pages))
}

/// Says how much of a truncated file's memory is there, where the writer declared it.
fn warn_if_cut(index: &PageIndex, size: u64, warnings: &mut Vec<String>) {
    let Some(declared) = index.declared else { return };
    let present = size.saturating_sub(index.first_page) / PAGE;
    if present == 0 && declared > 0 {
        warnings.push(format!(
            "no page of memory is in the file: it ends at {size:#x} and the first of {declared:#x} pages would be at \
             {:#x}; only the header can be shown",
            index.first_page
        ));
    } else if present < declared {
        warnings.push(format!(
            "the file is cut off: it holds {present:#x} of {declared:#x} pages; the others cannot be read"
        ));
    }
}
