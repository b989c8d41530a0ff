//! Address spaces: physical memory, x64 paging, the saved ranges of a triage dump, what stands behind them; and why a
//! read failed.

mod blocks;
mod error;
mod mappings;
mod objects;
pub mod paging;
mod physical;
mod pte;
mod saved;
mod translation;
mod translation_cache;
mod virtual_memory;

pub use blocks::{BlockMemory, Difference};
pub use error::{Level, ReadError, Reason};
pub use mappings::{Mappings, Step};
pub use physical::PhysicalMemory;
pub use saved::Saved;
pub use virtual_memory::VirtualMemory;

use std::path::Path;

/// Something that can be read by address.
pub trait Memory: Send + Sync {
    /// The bytes from `address` on that lie together in the file: to the end of the page or saved range at most.
    /// Never empty.
    ///
    /// # Errors
    /// Why the byte at `address` cannot be read.
    fn window(&self, address: u64) -> Result<&[u8], ReadError>;

    /// Whether the file below became shorter while it was open: bytes that were just read may be zeros in its place.
    fn is_lost(&self) -> bool {
        false
    }

    /// Fills `buffer` from `address` on as far as memory is readable: how many bytes, and why it stopped.
    fn read_partial(&self, address: u64, buffer: &mut [u8]) -> (usize, Option<ReadError>) {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let Some(at) = address.checked_add(done as u64) else {
                return (done, Some(ReadError::new(u64::MAX, Reason::EndOfSpace)));
            };
            let bytes = match self.window(at) {
                Ok(bytes) => bytes,
                Err(error) => return (done, Some(error)),
            };
            let count = bytes.len().min(rest.len());
            if let (Some(to), Some(from)) = (rest.get_mut(..count), bytes.get(..count)) {
                to.copy_from_slice(from);
            }
            if count == 0 {
                return (done, Some(ReadError::new(at, Reason::NoMemory)));
            }
            done += count;
        }
        match self.is_lost() {
            true => (0, Some(ReadError::new(address, Reason::Lost))),
            false => (done, None),
        }
    }

    /// Fills all of `buffer`.
    ///
    /// # Errors
    /// The first address that cannot be read; the buffer's contents are then unspecified.
    fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        match self.read_partial(address, buffer) {
            (_, None) => Ok(()),
            (_, Some(error)) => Err(error),
        }
    }

    /// `N` bytes.
    ///
    /// # Errors
    /// The first address that cannot be read.
    fn array<const N: usize>(&self, address: u64) -> Result<[u8; N], ReadError>
    where
        Self: Sized,
    {
        array(self, address)
    }

    /// The byte at `address`.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn u8(&self, address: u64) -> Result<u8, ReadError> {
        array(self, address).map(u8::from_le_bytes)
    }

    /// The 16-bit value at `address`.
    ///
    /// # Errors
    /// The first address that cannot be read.
    fn u16(&self, address: u64) -> Result<u16, ReadError> {
        array(self, address).map(u16::from_le_bytes)
    }

    /// The 32-bit value at `address`.
    ///
    /// # Errors
    /// The first address that cannot be read.
    fn u32(&self, address: u64) -> Result<u32, ReadError> {
        array(self, address).map(u32::from_le_bytes)
    }

    /// The 64-bit value at `address`.
    ///
    /// # Errors
    /// The first address that cannot be read.
    fn u64(&self, address: u64) -> Result<u64, ReadError> {
        array(self, address).map(u64::from_le_bytes)
    }

    /// `len` bytes, but at most `cap`: a length that comes from the dump must not decide how much is allocated.
    ///
    /// # Errors
    /// The first address that cannot be read.
    fn read_vec(&self, address: u64, len: usize, cap: usize) -> Result<Vec<u8>, ReadError> {
        let mut bytes = vec![0; len.min(cap)];
        self.read(address, &mut bytes)?;
        Ok(bytes)
    }
}

/// Memory that answers where a dump has nothing.
pub trait Backing: Memory {
    /// Where it may answer, ascending: (first address, address after the last).
    fn ranges(&self) -> Vec<(u64, u64)>;

    /// The file that answers for the range that starts at `base`.
    fn file_at(&self, base: u64) -> Option<&Path>;
}

fn array<const N: usize, M: Memory + ?Sized>(memory: &M, address: u64) -> Result<[u8; N], ReadError> {
    if let Some(bytes) = memory.window(address)?.first_chunk::<N>() {
        let bytes = *bytes;
        return if memory.is_lost() { Err(ReadError::new(address, Reason::Lost)) } else { Ok(bytes) };
    }
    let mut bytes = [0; N];
    memory.read(address, &mut bytes)?;
    Ok(bytes)
}
