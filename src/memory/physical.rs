//! The physical memory that a dump holds.

use super::Memory;
use super::error::{ReadError, Reason};
use crate::dump::DumpFile;

const PAGE: u64 = 0x1000;
/// How many pages one step of a long read joins at most.
const JOINED: u64 = 0x1000;

/// Physical memory, by physical address.
#[derive(Clone)]
pub struct PhysicalMemory {
    dump: DumpFile,
}

impl PhysicalMemory {
    /// The physical memory of `dump`. Triage dumps have none: every read says so.
    pub fn new(dump: &DumpFile) -> PhysicalMemory {
        PhysicalMemory { dump: dump.clone() }
    }

    /// The dump.
    pub fn dump(&self) -> &DumpFile {
        &self.dump
    }

    /// Number, among the pages of the file, of the page at `address`.
    pub(super) fn place(&self, address: u64) -> Option<u64> {
        self.dump.pages()?.place(address / PAGE)
    }

    /// The bytes from `in_page` to the end of the page with this number.
    pub(super) fn at_place(&self, place: u64, in_page: u64) -> Option<&[u8]> {
        let first = self.dump.pages()?.first_page();
        let start = usize::try_from(first.checked_add(place.checked_mul(PAGE)?)?).ok()?;
        let bytes = self.dump.bytes();
        let end = start.checked_add(PAGE as usize)?.min(bytes.len());
        bytes.get(start + (in_page % PAGE) as usize..end).filter(|bytes| !bytes.is_empty())
    }

    /// The bytes from `address` to the end of `pages` pages at most.
    fn joined(&self, address: u64, pages: u64) -> Result<&[u8], ReadError> {
        let fail = |reason| ReadError::new(address, reason);
        if self.is_lost() {
            return Err(fail(Reason::Lost));
        }
        let index = self.dump.pages().ok_or_else(|| fail(Reason::NoMemory))?;
        let pfn = address / PAGE;
        let (offset, pages) = if pages == 1 {
            (index.offset(pfn), 1)
        } else {
            index.run_at(pfn, pages).map_or((None, 0), |run| (Some(run.offset), run.pages))
        };
        let offset = offset.ok_or_else(|| fail(Reason::NotInDump { pfn }))?;
        let bytes = self.dump.bytes();
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(pages * PAGE).unwrap_or(usize::MAX)).min(bytes.len());
        let in_page = (address % PAGE) as usize;
        bytes
            .get(start.saturating_add(in_page)..end)
            .filter(|bytes| !bytes.is_empty())
            .ok_or_else(|| fail(Reason::BeyondFile { offset }))
    }
}

impl Memory for PhysicalMemory {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        self.joined(address, 1)
    }

    fn is_lost(&self) -> bool {
        self.dump.mapping().is_lost()
    }

    fn read_partial(&self, address: u64, buffer: &mut [u8]) -> (usize, Option<ReadError>) {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let Some(at) = address.checked_add(done as u64) else {
                return (done, Some(ReadError::new(u64::MAX, Reason::EndOfSpace)));
            };
            // Up to the end of the request, so that a short read never looks for a long run.
            let pages = (at % PAGE + rest.len() as u64).div_ceil(PAGE).min(JOINED);
            let bytes = match self.joined(at, pages) {
                Ok(bytes) => bytes,
                Err(error) => return (done, Some(error)),
            };
            let count = bytes.len().min(rest.len());
            if let (Some(to), Some(from)) = (rest.get_mut(..count), bytes.get(..count)) {
                to.copy_from_slice(from);
            }
            done += count;
        }
        match self.is_lost() {
            true => (0, Some(ReadError::new(address, Reason::Lost))),
            false => (done, None),
        }
    }
}
