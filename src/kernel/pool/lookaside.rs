//! Lookaside lists: blocks of one size that are kept for the next one who wants such.

use super::tag::PoolTag;
use crate::debuggee::{Lack, Object, Scope};

/// A lookaside list: `_GENERAL_LOOKASIDE`.
pub struct Lookaside<'s>(Object<'s>);

/// The lists that all of them are on, and whether their blocks are paged.
pub const HEADS: [(&str, bool); 2] =
    [("nt!ExNPagedLookasideListHead", false), ("nt!ExPagedLookasideListHead", true)];

impl<'s> Lookaside<'s> {
    /// The one at an address.
    ///
    /// # Errors
    /// Its type is not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Lookaside<'s>, Lack> {
        scope.object("nt!_GENERAL_LOOKASIDE", address).map(Lookaside)
    }

    /// Those on one of the kernel's lists, by the name of its head; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The head is not known.
    pub fn all(
        scope: &'s Scope<'s>,
        head: &str,
    ) -> Result<impl Iterator<Item = Result<Lookaside<'s>, Lack>> + use<'s>, Lack> {
        let list = scope.global_of(head, "nt!_LIST_ENTRY")?.list("nt!_GENERAL_LOOKASIDE", "ListEntry")?;
        Ok(list.map(|element| element.map(Lookaside)))
    }

    /// Where it stands.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// The tag of its blocks.
    pub fn tag(&self) -> Result<PoolTag, Lack> {
        Ok(PoolTag(self.number("Tag")? as u32))
    }

    /// A number of its own: `Size`, `Type`, `MaximumDepth`, `TotalAllocates` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// How many blocks it keeps: the depth of its list.
    pub fn depth(&self) -> Result<u64, Lack> {
        // SLIST_HEADER of 64-bit Windows: the depth is its lowest 16 bits.
        Ok(self.0.field("ListHead.Alignment")?.u64()? & 0xFFFF)
    }
}
