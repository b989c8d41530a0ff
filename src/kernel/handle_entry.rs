//! HANDLE_TABLE_ENTRY: what a handle stands for.

use super::object_header::ObjectHeader;
use crate::debuggee::{Lack, Object};
use crate::util::bits;

/// An entry of a handle table. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct HandleEntry<'s> {
    handle: u64,
    entry: Object<'s>,
    is_used: bool,
}

/// What the owner of a handle asked for (OBJ_* of the public headers, in the order of their bits in an entry).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandleAttributes {
    /// It cannot be closed.
    pub protected: bool,
    /// New processes get it, too.
    pub inherit: bool,
    /// Closing it is written to the security log.
    pub audit: bool,
}

const PROTECTED: u64 = 1;
const INHERIT: u64 = 2;
const AUDIT: u64 = 4;
/// Until Windows 7 the pointer's low bits hold the lock, Inherit and Audit, and Protected is kept among the rights, as
/// the bit of MAXIMUM_ALLOWED (winnt.h), which nobody is granted.
const OLD_FLAGS: u64 = 7;
const OLD_PROTECTED: u64 = 0x0200_0000;

impl<'s> HandleEntry<'s> {
    pub(super) fn new(handle: u64, entry: Object<'s>, is_used: bool) -> HandleEntry<'s> {
        HandleEntry { handle, entry, is_used }
    }

    /// The handle.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    /// Address of the entry.
    pub fn address(&self) -> u64 {
        self.entry.address()
    }

    /// Whether it stands for an object: free entries do not, nor does the first one of each page.
    pub fn is_used(&self) -> bool {
        self.is_used
    }

    /// The object's header.
    ///
    /// # Errors
    /// The types are not known, or the entry cannot be read.
    pub fn header(&self) -> Result<ObjectHeader<'s>, Lack> {
        ObjectHeader::at(self.entry.scope(), self.header_address()?)
    }

    /// Of an entry of the table of ids (nt!PspCidTable): the process or thread itself.
    ///
    /// # Errors
    /// As [`HandleEntry::header`].
    pub fn process_or_thread(&self) -> Result<u64, Lack> {
        self.header_address()
    }

    /// Since Windows 8 the highest bits of the first word are the header's address without its four lowest bits; before,
    /// there was a pointer with flags in its low bits.
    fn header_address(&self) -> Result<u64, Lack> {
        if let Ok(pointer) = self.entry.field("ObjectPointerBits") {
            let length = pointer.bits().map_or(64, |(_, length)| u32::from(length));
            return Ok(bits::extend(pointer.u64()?, length).cast_unsigned() << 4);
        }
        Ok(self.entry.field("Object")?.u64()? & !OLD_FLAGS)
    }

    /// The rights that the handle gives.
    ///
    /// # Errors
    /// As [`Object::u64`].
    pub fn granted_access(&self) -> Result<u64, Lack> {
        match self.entry.field("GrantedAccessBits") {
            Ok(bits) => bits.u64(),
            Err(_) => Ok(self.entry.field("GrantedAccess")?.u64()? & !OLD_PROTECTED),
        }
    }

    /// What its owner asked for.
    ///
    /// # Errors
    /// As [`Object::u64`].
    pub fn attributes(&self) -> Result<HandleAttributes, Lack> {
        let bits = match self.entry.field("Attributes") {
            Ok(bits) => bits.u64()?,
            Err(_) => {
                let protected = self.entry.field("GrantedAccess")?.u64()? & OLD_PROTECTED != 0;
                self.entry.field("Object")?.u64()? & (INHERIT | AUDIT) | u64::from(protected)
            }
        };
        Ok(HandleAttributes {
            protected: bits & PROTECTED != 0,
            inherit: bits & INHERIT != 0,
            audit: bits & AUDIT != 0,
        })
    }

    /// Of a free entry, the next one that is free: its address; before Windows 8 its handle.
    ///
    /// # Errors
    /// As [`Object::u64`].
    pub fn next_free(&self) -> Result<u64, Lack> {
        self.entry.first_of(&["NextFreeHandleEntry", "NextFreeTableEntry"])?.u64()
    }
}
