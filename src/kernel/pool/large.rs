//! Allocations that a segment heap has outside its segments: a tree of them for each heap (`_SEGMENT_HEAP.LargeAllocMetadata`).
//!
//! `_HEAP_LARGE_ALLOC_DATA`, from the symbol tables: VirtualAddress, of which the lowest 16 bits count bytes that are not used,
//! and AllocatedPages. The nodes are in the order of addresses.

use super::header::PAGE;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory as _;
use crate::util::bits::low;

/// Such an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LargeAllocation {
    pub(super) address: u64,
    /// Bytes of its pages, without those that are not used.
    pub(super) size: u64,
    /// Bytes of its pages.
    pages: u64,
}

/// The deepest a tree of that kind can be.
const DEEPEST: usize = 128;

/// The allocation of a heap that an address lies in.
///
/// # Errors
/// Types are missing, a node cannot be read, [`Lack::Stopped`].
pub(super) fn holding(heap: &Object<'_>, address: u64) -> Result<Option<LargeAllocation>, Lack> {
    let scope: &Scope<'_> = heap.scope();
    let tree = heap.field("LargeAllocMetadata")?;
    let [mut at, least] = [0, 8].map(|offset| {
        scope
            .memory()
            .u64(tree.address().saturating_add(offset))
            .map_err(|why| Lack::Unreadable { what: tree.what(), why })
    });
    // RTL_RB_TREE: the root, and the leftmost node, of which the lowest bit says that the root is exclusive-or'ed with the tree's address.
    if let (Ok(root), Ok(least)) = (&mut at, &least)
        && least & 1 != 0
        && *root != 0
    {
        *root ^= tree.address();
    }
    let mut at = at?;
    let node = scope.object("nt!_HEAP_LARGE_ALLOC_DATA", 0)?;
    for _ in 0..DEEPEST {
        if at == 0 {
            return Ok(None);
        }
        scope.check()?;
        let object = node.moved_to(at);
        let found = read(&object)?;
        if found.address <= address && address - found.address < found.pages {
            return Ok(Some(found));
        }
        let side = if address < found.address { "TreeNode.Left" } else { "TreeNode.Right" };
        at = object.field(side)?.u64()?;
    }
    Err(Lack::Tree { root: tree.address(), at })
}

fn read(node: &Object<'_>) -> Result<LargeAllocation, Lack> {
    let place = node.field("VirtualAddress")?.u64()?;
    let pages = node.field("AllocatedPages")?.u64()?.saturating_mul(PAGE);
    let unused = low(place, 16);
    Ok(LargeAllocation { address: place - unused, size: pages.saturating_sub(unused), pages })
}
