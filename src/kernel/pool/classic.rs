//! Pages of small blocks without a segment heap: blocks follow each other from the page's beginning, each says its own size
//! and that of the one before it. All pool of kernels before 10.0.17763, which has these and segment heaps, and chooses when it starts
//! (its symbol tables have `PoolVector` and `_POOL_DESCRIPTOR.ListHeads` beside `ExPoolState` and `ExpHeapBackedPoolEnabledState`).

use super::block::{BlockState, PoolBlock};
use super::damage::{Damage, DamageKind, Trust};
use super::found::Found;
use super::header::{PAGE, PoolHeader, UNIT};
use crate::debuggee::Scope;
use crate::memory::{Memory as _, ReadError};
use crate::util::bounded::{slice, u64_at};

/// The highest bits of every kernel address with 48 bits, or 57.
const KERNEL_SHIFT: u32 = 56;
const KERNEL_BITS: u64 = 0xFF;

/// What the headers of a page say.
pub struct ClassicPage {
    /// Blocks and damage, in the order of addresses.
    pub found: Vec<Found>,
    /// Whether the page looks like one of such blocks: they reach from end to end, or most of them agree.
    pub is_one: bool,
}

/// Whether the kernel has lists of the free blocks of such pages, as far as types tell.
pub(super) fn has_lists(scope: &Scope<'_>) -> bool {
    scope.object("nt!_POOL_DESCRIPTOR", 0).is_ok_and(|pool| pool.has("ListHeads"))
}

/// Reads the page that begins at `page`.
///
/// # Errors
/// It cannot be read; of a page that is there in part, what is there is walked.
pub fn walk(scope: &Scope<'_>, page: u64) -> Result<ClassicPage, ReadError> {
    let mut bytes = vec![0; PAGE as usize];
    let (filled, why) = scope.memory().read_partial(page, &mut bytes);
    match why {
        Some(why) if filled < UNIT as usize => return Err(why),
        _ => {}
    }
    bytes.truncate(filled);
    Ok(Page { base: page, bytes }.walk())
}

struct Page {
    base: u64,
    bytes: Vec<u8>,
}

impl Page {
    fn header(&self, offset: u64) -> Option<PoolHeader> {
        PoolHeader::parse(slice(&self.bytes, usize::try_from(offset).ok()?, UNIT as usize)?)
    }

    /// Whether a header can stand there, behind a block of `previous` bytes.
    fn fits(&self, offset: u64, header: &PoolHeader, previous: u64) -> bool {
        header.size > 0 && offset + header.size <= PAGE && header.previous == previous
    }

    /// Whether the blocks from there on reach the page's end.
    fn reaches_end(&self, mut offset: u64, mut previous: u64) -> bool {
        while offset < PAGE {
            match self.header(offset) {
                Some(header) if self.fits(offset, &header, previous) => {
                    previous = header.size;
                    offset += header.size;
                }
                // Of a page that is there in part nothing contradicts it.
                None => return self.bytes.len() < PAGE as usize,
                Some(_) => return false,
            }
        }
        offset == PAGE
    }

    /// The next header from `from` on behind which all is sound.
    fn resume(&self, from: u64) -> Option<(u64, PoolHeader)> {
        let offsets = (from..PAGE).step_by(UNIT as usize);
        offsets.filter_map(|offset| Some((offset, self.header(offset)?))).find(|(offset, header)| {
            (UNIT..=*offset).contains(&header.previous) && self.reaches_end(*offset, header.previous)
        })
    }

    fn block(&self, offset: u64, header: PoolHeader, size: u64) -> PoolBlock {
        PoolBlock {
            address: self.base + offset,
            size,
            previous: header.previous,
            state: if header.is_in_use() { BlockState::Allocated } else { BlockState::Free },
            header: Some(header),
            tag: Some(header.tag),
            is_large: false,
        }
    }

    /// The block at `offset` ends at `end`, though its header says something else.
    fn own_size(&self, offset: u64, end: u64, found: &mut Vec<Found>) {
        let Some(header) = self.header(offset) else { return };
        let mut damage = Damage::new(DamageKind::BlockSize, Trust::Certain, self.base + offset);
        let at = usize::try_from(offset).unwrap_or(0);
        damage.bytes = slice(&self.bytes, at, UNIT as usize).unwrap_or_default().to_vec();
        damage.numbers = Some((header.size, end - offset));
        damage.resumes = Some(self.base + end);
        damage.expected = expected(header.previous, end - offset);
        // One bit speaks against the block before, which is named where more is wrong.
        damage.before = last_block(found).filter(|_| damage.flipped_bit().is_none());
        found.push(Found::Damage(damage));
        found.push(Found::Block(self.block(offset, header, end - offset)));
    }

    /// The links of a free block: kernel pointers, or none yet.
    fn wrong_links(&self, offset: u64, block: &PoolBlock, before: Option<&PoolBlock>) -> Option<Damage> {
        let at = usize::try_from(offset + UNIT).ok()?;
        if block.state != BlockState::Free || block.size < 2 * UNIT {
            return None;
        }
        let bytes = slice(&self.bytes, at, UNIT as usize)?;
        let next = u64_at(bytes, 0)?;
        if next == 0 || next >> KERNEL_SHIFT == KERNEL_BITS {
            return None;
        }
        let mut damage = Damage::new(DamageKind::FreeLinks, Trust::Likely, self.base + offset + UNIT);
        damage.bytes = bytes.to_vec();
        damage.block = block.address;
        damage.before = before.cloned();
        damage.resumes = Some(block.end());
        Some(damage)
    }

    fn walk(&self) -> ClassicPage {
        let mut found = Vec::new();
        let mut before: Option<PoolBlock> = None;
        let (mut offset, mut previous) = (0, 0);
        let (mut sound, mut broken) = (0usize, false);
        while let Some(header) = self.header(offset).filter(|_| offset < PAGE) {
            if self.fits(offset, &header, previous) {
                let block = self.block(offset, header, header.size);
                if let Some(damage) = self.wrong_links(offset, &block, before.as_ref()) {
                    found.push(Found::Damage(damage));
                }
                found.push(Found::Block(block.clone()));
                before = Some(block);
                sound += 1;
                (offset, previous) = (offset + header.size, header.size);
                continue;
            }
            broken = true;
            // A sound header further on says where the block before it begins: that decides which header is wrong.
            let last = before.as_ref().map(|block| block.address - self.base);
            let behind_last = last.and_then(|last| self.resume(last + UNIT));
            if let (Some(last), Some((at, next))) = (last, behind_last)
                && at - next.previous == last
            {
                found.pop();
                self.own_size(last, at, &mut found);
                (offset, previous) = (at, next.previous);
                before = last_block(&found);
                continue;
            }
            let resumed = self.resume(offset + UNIT);
            let start = resumed.map(|(at, header)| at - header.previous);
            let size_is_wrong = header.size == 0 || offset + header.size > PAGE;
            let (kind, numbers) = match header.previous != previous && !size_is_wrong {
                true => (DamageKind::PreviousSize, Some((header.previous, previous))),
                false => (DamageKind::BlockSize, resumed.map(|(at, _)| (header.size, at - offset))),
            };
            let mut damage = Damage::new(kind, Trust::Certain, self.base + offset);
            let at = usize::try_from(offset).unwrap_or(0);
            damage.bytes = slice(&self.bytes, at, 2 * UNIT as usize).unwrap_or_default().to_vec();
            damage.numbers = numbers;
            damage.resumes = resumed.map(|(at, _)| self.base + at);
            if start == Some(offset)
                && let Some((at, _)) = resumed
            {
                damage.expected = expected(previous, at - offset);
            }
            let both = header.previous != previous && header.size + offset != resumed.map_or(0, |(at, _)| at);
            let after_use = before.as_ref().is_some_and(|block| block.state == BlockState::Allocated);
            damage.writer = if both && after_use { Trust::Likely } else { Trust::Possible };
            damage.before = before.take();
            found.push(Found::Damage(damage));
            let Some((next, _)) = resumed else { break };
            if start == Some(offset) {
                let mut block = self.block(offset, header, next - offset);
                if size_is_wrong || both {
                    // What was written over the sizes is in the tag's place too.
                    (block.state, block.tag) = (BlockState::Unknown, None);
                }
                before = Some(block.clone());
                found.push(Found::Block(block));
            }
            previous = resumed.map_or(0, |(_, header)| header.previous);
            offset = next;
        }
        let whole =
            offset == PAGE || (offset as usize >= self.bytes.len() && self.bytes.len() < PAGE as usize);
        ClassicPage { is_one: whole && (!broken || sound >= 3) && sound > 0, found }
    }
}

/// The block that was found last.
fn last_block(found: &[Found]) -> Option<PoolBlock> {
    found.iter().rev().find_map(|found| match found {
        Found::Block(block) => Some(block.clone()),
        _ => None,
    })
}

/// The bytes of a header that its neighbours tell: the sizes.
fn expected(previous: u64, size: u64) -> Option<Vec<Option<u8>>> {
    let units = |bytes: u64| u8::try_from(bytes / UNIT).ok();
    Some(vec![Some(units(previous)?), None, Some(units(size)?)])
}
