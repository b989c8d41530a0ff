//! What a formatter needs besides the types: memory, names, and a note of what could not be read.

use std::cell::Cell;

use super::super::{BaseClass, TypeSource};

/// No object with virtual base classes is larger.
const MAX_OBJECT: u64 = 1 << 24;

/// Reads target memory: fills the buffer from the address on, or says that it cannot.
pub type Read<'a> = &'a dyn Fn(u64, &mut [u8]) -> bool;
/// The name of a code address, `module!name+offset`.
pub type Symbolize<'a> = &'a dyn Fn(u64) -> Option<String>;
/// The address of a static member, by its qualified name `Class::member`.
pub type StaticAddress<'a> = &'a dyn Fn(&str) -> Option<u64>;

/// Types together with the memory they are laid over.
pub struct View<'a> {
    /// The types.
    pub source: &'a dyn TypeSource,
    read: Read<'a>,
    symbolize: Symbolize<'a>,
    static_address: StaticAddress<'a>,
    pointer: usize,
    failed: Cell<Option<u64>>,
}

impl<'a> View<'a> {
    /// Types, memory, names of code and addresses of static members.
    pub fn new(
        source: &'a dyn TypeSource,
        read: Read<'a>,
        symbolize: Symbolize<'a>,
        static_address: StaticAddress<'a>,
    ) -> View<'a> {
        View { source, read, symbolize, static_address, pointer: 8, failed: Cell::new(None) }
    }

    /// The same where pointers have so many bytes, for those that no type describes.
    #[must_use]
    pub fn with_pointers(self, pointer: usize) -> View<'a> {
        View { pointer, ..self }
    }

    /// Types alone: for layouts without an address.
    pub fn of_types(source: &'a dyn TypeSource) -> View<'a> {
        View::new(source, &|_, _| false, &|_| None, &|_| None)
    }

    /// Fills `buffer`; where that fails, the address is kept for [`View::failed_at`].
    pub(super) fn fill(&self, address: u64, buffer: &mut [u8]) -> bool {
        let done = (self.read)(address, buffer);
        if !done {
            self.failed.set(Some(address));
        }
        done
    }

    /// An unsigned integer of `size` bytes (1 to 8).
    pub(super) fn uint(&self, address: u64, size: usize) -> Option<u64> {
        let mut bytes = [0u8; 8];
        let part = bytes.get_mut(..size)?;
        (self.fill(address, part)).then(|| u64::from_le_bytes(bytes))
    }

    /// The byte at `address`.
    pub fn byte(&self, address: u64) -> Option<u8> {
        self.uint(address, 1).and_then(|byte| u8::try_from(byte).ok())
    }

    /// The offset of a virtual base class in the object at `address`: the object points to a table, whose entry counts
    /// from that pointer. `None` where these cannot be read, or say what no object's size allows.
    pub fn virtual_base(&self, address: u64, base: &BaseClass) -> Option<u64> {
        let table = self.uint(address.wrapping_add(base.offset), self.pointer)?;
        let entry = self.uint(table.wrapping_add(base.entry.checked_mul(4)?), 4)? as i32;
        let offset = base.offset.checked_add_signed(i64::from(entry))?;
        (offset < MAX_OBJECT).then_some(offset)
    }

    pub(super) fn symbol(&self, address: u64) -> Option<String> {
        (self.symbolize)(address)
    }

    pub(super) fn static_at(&self, name: &str) -> Option<u64> {
        (self.static_address)(name)
    }

    /// The last address that could not be read.
    pub fn failed_at(&self) -> Option<u64> {
        self.failed.get()
    }
}
