//! Lookaside lists: blocks of one size that are kept for the next one who wants such.

use super::block::PoolBlock;
use super::tag::PoolTag;
use crate::debuggee::{Lack, Link, Object, Scope};
use crate::memory::Memory as _;

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

    /// The list that keeps a block for reuse, of those on the kernel's lists: the allocator counts such a block as in use.
    ///
    /// # Errors
    /// [`Lack::Stopped`].
    pub fn keeping(scope: &'s Scope<'s>, block: &PoolBlock) -> Result<Option<Lookaside<'s>>, Lack> {
        for (head, _) in HEADS {
            let Ok(lists) = Lookaside::all(scope, head) else { continue };
            for list in lists {
                scope.check()?;
                let Ok(list) = list else { break };
                // Blocks of another size are none of its own.
                if list.depth().unwrap_or(0) != 0
                    && list.number("Size").is_ok_and(|size| size <= block.size)
                    && list.kept().any(|kept| kept == block.data())
                {
                    return Ok(Some(list));
                }
            }
        }
        Ok(None)
    }

    /// The blocks that it keeps.
    fn kept(&self) -> impl Iterator<Item = u64> + use<'_, 's> {
        // SLIST_HEADER of 64-bit Windows (`winnt.h`): the upper 60 bits of its second half are those of the first entry, which
        // is aligned to 16 bytes; an entry begins with the pointer to the next.
        let first = self.0.field("ListHead").and_then(|head| {
            let at = head.address().wrapping_add(8);
            let read = self.0.scope().memory().u64(at);
            read.map_err(|why| Lack::Unreadable { what: "ListHead".to_owned(), why })
        });
        let first = first.map_or(0, |region| region & !0xF);
        let most = usize::try_from(self.depth().unwrap_or(0)).unwrap_or(0);
        self.0.scope().chain(first, Link { offset: 0, size: 8, inner: 0 }).map_while(Result::ok).take(most)
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
