//! The container of streams, read page by page: what needs a few records of a large stream reads these alone.
//!
//! `pdb2` hands out whole streams. Format: LLVM's "The MSF File Format".

use std::io::{Read as _, Seek as _, SeekFrom};

use super::container::SharedInput;
use crate::util::bounded::u32_at;

/// Where the header says the size of a page, and of the directory; the page numbers of the directory's own list follow.
const PAGE_SIZE_AT: usize = 32;
const DIRECTORY_SIZE_AT: usize = 44;
const LIST_PAGES_AT: usize = 52;
/// Sizes of pages in use are 4 and 8 KiB; a header must not make us read more at once than this.
const MAX_PAGE: u32 = 1 << 16;
/// The size of a stream that is none.
const NO_STREAM: u32 = u32::MAX;

/// The directory of streams.
pub(crate) struct Container {
    input: SharedInput,
    page_size: u32,
    directory: Vec<u8>,
}

impl Container {
    /// Reads the directory; `None` where it is damaged or of the old format.
    pub(crate) fn new(input: SharedInput) -> Option<Container> {
        let mut head = vec![0u8; 512];
        input.read_at(0, &mut head)?;
        let page_size = u32_at(&head, PAGE_SIZE_AT)?;
        let size = u32_at(&head, DIRECTORY_SIZE_AT)?;
        if !page_size.is_power_of_two() || !(512..=MAX_PAGE).contains(&page_size) {
            return None;
        }
        let stream = |pages, len| PagedStream { input: input.clone(), page_size, pages, len, window: None };
        let list_len = size.div_ceil(page_size).checked_mul(4)?;
        let list_pages = words(head.get(LIST_PAGES_AT..)?, list_len.div_ceil(page_size))?;
        let list = stream(list_pages, list_len).all()?;
        let pages = words(&list, size.div_ceil(page_size))?;
        let directory = stream(pages, size).all()?;
        Some(Container { input, page_size, directory })
    }

    /// A stream by its number.
    pub(crate) fn stream(&self, number: u16) -> Option<PagedStream> {
        let count = u32_at(&self.directory, 0)? as usize;
        let number = usize::from(number);
        let (sizes, lists) = self.directory.get(4..)?.split_at_checked(count.checked_mul(4)?)?;
        let pages_of = |len: u32| if len == NO_STREAM { 0 } else { len.div_ceil(self.page_size) };
        let mut before = 0usize;
        for at in 0..number {
            before = before.checked_add(pages_of(u32_at(sizes, at * 4)?) as usize)?;
        }
        let len = u32_at(sizes, number * 4).filter(|&len| len != NO_STREAM)?;
        let pages = words(lists.get(before.checked_mul(4)?..)?, pages_of(len))?;
        Some(PagedStream { input: self.input.clone(), page_size: self.page_size, pages, len, window: None })
    }
}

/// The first `count` words of `bytes`.
fn words(bytes: &[u8], count: u32) -> Option<Vec<u32>> {
    let bytes = bytes.get(..(count as usize).checked_mul(4)?)?;
    bytes.chunks_exact(4).map(|word| u32_at(word, 0)).collect()
}

/// One stream.
pub(crate) struct PagedStream {
    input: SharedInput,
    page_size: u32,
    pages: Vec<u32>,
    len: u32,
    /// The page that was read last: its place in `pages`, and its bytes.
    window: Option<(usize, Vec<u8>)>,
}

impl PagedStream {
    /// How long it is.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// `N` bytes from `at`.
    pub(crate) fn array<const N: usize>(&mut self, at: u32) -> Option<[u8; N]> {
        let mut bytes = [0u8; N];
        self.read(at, &mut bytes)?;
        Some(bytes)
    }

    /// The 16-bit value at `at`.
    pub(crate) fn u16_at(&mut self, at: u32) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    /// The 32-bit value at `at`.
    pub(crate) fn u32_at(&mut self, at: u32) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    /// `len` bytes from `at`.
    pub(crate) fn bytes(&mut self, at: u32, len: u32) -> Option<Vec<u8>> {
        if at.checked_add(len)? > self.len || u64::from(len) > self.input.len() {
            return None;
        }
        let mut bytes = vec![0u8; len as usize];
        self.read(at, &mut bytes)?;
        Some(bytes)
    }

    fn all(mut self) -> Option<Vec<u8>> {
        self.bytes(0, self.len)
    }

    fn read(&mut self, at: u32, mut into: &mut [u8]) -> Option<()> {
        let mut at = at;
        if u64::from(at) + into.len() as u64 > u64::from(self.len) {
            return None;
        }
        while !into.is_empty() {
            let offset = (at % self.page_size) as usize;
            let here = into.len().min(self.page_size as usize - offset);
            let (now, rest) = into.split_at_mut_checked(here)?;
            now.copy_from_slice(self.page((at / self.page_size) as usize)?.get(offset..offset + here)?);
            into = rest;
            at = at.checked_add(u32::try_from(here).ok()?)?;
        }
        Some(())
    }

    fn page(&mut self, place: usize) -> Option<&[u8]> {
        if self.window.as_ref().is_none_or(|(known, _)| *known != place) {
            let (_, mut bytes) = self.window.take().unwrap_or_default();
            bytes.resize(self.page_size as usize, 0);
            let at = u64::from(*self.pages.get(place)?) * u64::from(self.page_size);
            self.input.read_at(at, &mut bytes)?;
            self.window = Some((place, bytes));
        }
        self.window.as_ref().map(|(_, bytes)| bytes.as_slice())
    }
}

impl SharedInput {
    /// Fills `into` from there; `None` past the end of the file.
    fn read_at(&self, at: u64, into: &mut [u8]) -> Option<()> {
        let mut input = self.lock();
        input.seek(SeekFrom::Start(at)).ok()?;
        input.read_exact(into).ok()
    }
}
