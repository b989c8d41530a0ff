//! Pages of small blocks without a segment heap: blocks follow each other from the page's beginning, each says its own size
//! and that of the one before it. All pool of kernels before 10.0.17763.

use super::block::{BlockState, PoolBlock};
use super::damage::{Damage, DamageKind, Trust};
use super::found::Found;
use super::header::{PAGE, PoolHeader, UNIT};
use crate::debuggee::Scope;
use crate::memory::{Memory as _, ReadError};
use crate::util::bounded::slice;

/// What the headers of a page say.
pub struct ClassicPage {
    /// Blocks and damage, in the order of addresses.
    pub found: Vec<Found>,
    /// Whether the page looks like one of such blocks: they reach from end to end, or most of them agree.
    pub is_one: bool,
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

    fn walk(&self) -> ClassicPage {
        let mut found = Vec::new();
        let mut before: Option<PoolBlock> = None;
        let (mut offset, mut previous) = (0, 0);
        let (mut sound, mut broken) = (0usize, false);
        while let Some(header) = self.header(offset).filter(|_| offset < PAGE) {
            if self.fits(offset, &header, previous) {
                let block = self.block(offset, header, header.size);
                found.push(Found::Block(block.clone()));
                before = Some(block);
                sound += 1;
                (offset, previous) = (offset + header.size, header.size);
                continue;
            }
            broken = true;
            let resumed = self.resume(offset + UNIT);
            // A sound header further on says where the block before it begins.
            let start = resumed.map(|(at, header)| at - header.previous);
            let size_is_wrong = header.size == 0 || offset + header.size > PAGE;
            let (kind, numbers) = match header.previous == previous {
                true => (DamageKind::BlockSize, resumed.map(|(at, _)| (header.size, at - offset))),
                false if size_is_wrong => {
                    (DamageKind::BlockSize, resumed.map(|(at, _)| (header.size, at - offset)))
                }
                false => (DamageKind::PreviousSize, Some((header.previous, previous))),
            };
            let mut damage = Damage::new(kind, Trust::Certain, self.base + offset);
            let at = usize::try_from(offset).unwrap_or(0);
            damage.bytes = slice(&self.bytes, at, 2 * UNIT as usize).unwrap_or_default().to_vec();
            damage.numbers = numbers;
            damage.resumes = resumed.map(|(at, _)| self.base + at);
            if start == Some(offset)
                && let Some((at, _)) = resumed
            {
                damage.expected = expected(&damage.bytes, previous, at - offset);
            }
            let both = header.previous != previous && header.size + offset != resumed.map_or(0, |(at, _)| at);
            let after_use = before.as_ref().is_some_and(|block| block.state == BlockState::Allocated);
            damage.writer = if both && after_use { Trust::Likely } else { Trust::Possible };
            damage.before = before.take();
            found.push(Found::Damage(damage));
            let Some((next, _)) = resumed else { break };
            if start == Some(offset) {
                let mut block = self.block(offset, header, next - offset);
                block.state = if size_is_wrong || both { BlockState::Unknown } else { block.state };
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

/// The header as its neighbours ask for it; what they do not tell is as it is.
fn expected(found: &[u8], previous: u64, size: u64) -> Option<Vec<u8>> {
    let mut bytes = found.to_vec();
    *bytes.get_mut(0)? = u8::try_from(previous / UNIT).ok()?;
    *bytes.get_mut(2)? = u8::try_from(size / UNIT).ok()?;
    Some(bytes)
}
