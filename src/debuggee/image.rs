//! An image as the dump's memory shows it.

use crate::memory::{Memory, VirtualMemory};
use crate::symbols::pe::{Image, ImageBytes};

/// The bytes of a loaded image, by offset from its base.
#[derive(Clone, Copy)]
pub struct MemoryImage<'t> {
    memory: &'t VirtualMemory,
    base: u64,
}

/// A loaded image with its headers read.
pub type ModuleImage<'t> = Image<MemoryImage<'t>>;

impl<'t> MemoryImage<'t> {
    /// The image at `base`.
    pub fn new(memory: &'t VirtualMemory, base: u64) -> MemoryImage<'t> {
        MemoryImage { memory, base }
    }
}

impl ImageBytes for MemoryImage<'_> {
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
        let address = self.base.checked_add(u64::from(rva));
        address.is_some_and(|address| self.memory.read(address, buf).is_ok())
    }
}
