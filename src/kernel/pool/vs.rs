//! VS subsegments: chunks of variable size, each with an encoded header that tells its own size and its neighbour's.
//!
//! A chunk says the size of the one before it, so that each header is checked by its neighbours.

use super::block::{BlockState, PoolBlock};
use super::damage::{Damage, DamageKind, Trust};
use super::found::{Found, Visit};
use super::header::{PAGE, PoolHeader, UNIT};
use super::lfh::Lfh;
use super::segment::PageRange;
use super::tag::PoolTag;
use super::vs_chunk::Chunk;
use crate::debuggee::{Lack, Scope};
use crate::memory::Memory as _;
use crate::util::bounded::u64_at;
use std::ops::ControlFlow;

/// The first chunk stands behind the subsegment's header (0x28 bytes in all builds), on the next unit.
pub(super) const FIRST_CHUNK: u64 = 0x30;
/// Bits of a header's sizes that neighbours do not tell.
const UNKNOWN: u64 = 0xFFFF | (0xFF << 56);
/// What a subsegment's signature is made with.
const SIGNATURE: u64 = 0x2BED;
/// A chunk holds its header and as much again.
const SMALLEST: u64 = 2 * UNIT;
/// Blocks up to this size have a POOL_HEADER, and do not cross pages.
const LARGEST_SMALL: u64 = 0xFF0;

/// How far a subsegment may reach: its size is counted in 16 bits.
const REACH: u64 = 0xFFFF * UNIT;

/// A VS subsegment, or as much of one as is to be looked at.
pub struct Vs<'a> {
    scope: &'a Scope<'a>,
    base: u64,
    end: u64,
    /// Where the walk begins.
    first: u64,
    /// Where headers are read no more: at the end, or where nothing more is known of the subsegment.
    stop: u64,
    /// Whether it is a whole subsegment, whose own header stands at its beginning.
    is_whole: bool,
    key: u64,
    lfh: Option<&'a Lfh<'a>>,
}

impl<'a> Vs<'a> {
    /// The subsegment in a range of a segment, read with the heap's key; LFH subsegments stand in chunks of it, too.
    pub fn new(scope: &'a Scope<'a>, range: &PageRange, key: u64, lfh: Option<&'a Lfh<'a>>) -> Vs<'a> {
        let first = range.start.saturating_add(FIRST_CHUNK);
        Vs { scope, base: range.start, end: range.end(), first, stop: range.end(), is_whole: true, key, lfh }
    }

    /// Chunks from one that is known on, up to the end of a page, of a subsegment of which nothing else is known.
    pub(super) fn in_page(scope: &'a Scope<'a>, page: u64, first: u64, key: u64) -> Vs<'a> {
        let (base, end) = (page.saturating_sub(REACH), page.saturating_add(REACH));
        Vs { scope, base, end, first, stop: page.saturating_add(PAGE), is_whole: false, key, lfh: None }
    }

    /// The subsegment's signature is made of its size: `(Size ^ 0x2BED) & 0x7FFF`.
    fn wrong_signature(&self) -> Option<Damage> {
        let header = self.scope.object("nt!_HEAP_VS_SUBSEGMENT", self.base).ok()?;
        let size = header.field("Size").ok()?.u64().ok()?;
        let signature = header.field("Signature").ok()?;
        let (found, wanted) = (signature.u64().ok()?, (size ^ SIGNATURE) & 0x7FFF);
        if found == wanted {
            return None;
        }
        let mut damage = Damage::new(DamageKind::VsSubsegment, Trust::Likely, signature.address());
        damage.block = self.base;
        damage.bytes = self.bytes(signature.address(), 2);
        damage.numbers = Some((found, wanted));
        Some(damage)
    }

    fn read(&self, address: u64) -> Result<Chunk, Lack> {
        let what = || format!("the header of the chunk at {}", crate::util::hex::tick(address));
        let raw = self.scope.memory().u64(address).map_err(|why| Lack::Unreadable { what: what(), why })?;
        Ok(Chunk::decode(raw, address, self.key))
    }

    /// Whether such a chunk can stand there at all.
    fn can_be(&self, chunk: &Chunk) -> bool {
        chunk.allocated <= 1 && chunk.size >= SMALLEST && chunk.end() <= self.end
    }

    /// Whether the chunks end there: behind the last one of a subsegment there may be less than its header.
    fn ends_at(&self, address: u64) -> bool {
        self.stop.saturating_sub(address) < if self.is_whole { FIRST_CHUNK } else { UNIT }
    }

    /// Whether the chunk is confirmed by those behind it: two, or the end of the subsegment.
    fn is_confirmed(&self, chunk: &Chunk) -> bool {
        let mut chunk = *chunk;
        for confirmed in 0..2 {
            if !self.can_be(&chunk) {
                return false;
            }
            if self.ends_at(chunk.end()) {
                // The end of a page confirms nothing.
                return self.is_whole || confirmed > 0;
            }
            match self.read(chunk.end()) {
                Ok(next) if next.previous == chunk.size => chunk = next,
                _ => return false,
            }
        }
        self.can_be(&chunk)
    }

    /// The first chunk from `from` on that those behind it confirm and that has one before it, within `to`.
    fn next_sound(&self, from: u64, to: u64) -> Result<Option<Chunk>, Lack> {
        let mut at = from.next_multiple_of(UNIT);
        let mut page = Vec::new();
        while at < to.min(self.stop) {
            self.scope.check()?;
            let end = (at & !(PAGE - 1)).saturating_add(PAGE).min(self.stop);
            page.resize(usize::try_from(end - at).unwrap_or(0), 0);
            let (filled, _) = self.scope.memory().read_partial(at, &mut page);
            for offset in (0..filled).step_by(usize::try_from(UNIT).unwrap_or(1)) {
                let address = at + offset as u64;
                let Some(raw) = u64_at(page.get(..filled).unwrap_or_default(), offset) else { break };
                let chunk = Chunk::decode(raw, address, self.key);
                let has_before = chunk.previous >= SMALLEST && chunk.previous <= address - self.base;
                if address < to && has_before && self.is_confirmed(&chunk) {
                    return Ok(Some(chunk));
                }
            }
            at = end;
        }
        Ok(None)
    }

    /// Walks the chunks from the subsegment's beginning.
    ///
    /// # Errors
    /// [`Lack::Stopped`]; what is damaged or missing is found.
    pub fn walk(&self, visit: Visit<'_>) -> Result<ControlFlow<()>, Lack> {
        if self.is_whole
            && let Some(damage) = self.wrong_signature()
            && visit(Found::Damage(damage)).is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        let mut at = self.first;
        // The last chunk that was read: its own size is confirmed by the next one only.
        let mut last: Option<Chunk> = None;
        let mut before: Option<PoolBlock> = None;
        while !self.ends_at(at) {
            self.scope.check()?;
            let chunk = match self.read(at) {
                Ok(chunk) => chunk,
                Err(why) => {
                    if let Some(chunk) = last.take()
                        && self.say(&chunk, &mut before, visit)?.is_break()
                    {
                        return Ok(ControlFlow::Break(()));
                    }
                    let resumed = self.next_sound(at, self.stop)?;
                    let to = resumed.map_or(self.stop, |chunk| chunk.address);
                    if visit(Found::Gap { from: at, to, why }).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                    before = None;
                    last = resumed;
                    at = resumed.map_or(self.stop, |chunk| chunk.end());
                    continue;
                }
            };
            let agrees = last.is_none_or(|last| last.size == chunk.previous);
            if agrees && self.can_be(&chunk) {
                if let Some(chunk) = last.replace(chunk)
                    && self.say(&chunk, &mut before, visit)?.is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
                at = chunk.end();
                continue;
            }
            let (flow, resumed) = self.damaged(last.take(), chunk, &mut before, visit)?;
            if flow.is_break() {
                return Ok(flow);
            }
            let Some(resumed) = resumed else { return Ok(ControlFlow::Continue(())) };
            last = Some(resumed);
            at = resumed.end();
        }
        match last {
            Some(chunk) => self.say(&chunk, &mut before, visit),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// Says what is wrong where `chunk` does not agree with the one before it, and from which chunk on all is sound again.
    fn damaged(
        &self,
        last: Option<Chunk>,
        chunk: Chunk,
        before: &mut Option<PoolBlock>,
        visit: Visit<'_>,
    ) -> Result<(ControlFlow<()>, Option<Chunk>), Lack> {
        let from = last.map_or(chunk.address, |last| last.address);
        let resumed = self.next_sound(from + UNIT, self.stop)?;
        let points_to = resumed.map(|resumed| resumed.address - resumed.previous);
        // A sound chunk further on says where the one before it begins: that decides which of two headers is wrong.
        let bad = match (last, points_to) {
            (Some(last), Some(start)) if start == last.address => last.address,
            _ => {
                if let Some(last) = last
                    && self.say(&last, before, visit)?.is_break()
                {
                    return Ok((ControlFlow::Break(()), None));
                }
                chunk.address
            }
        };
        let previous = before.clone();
        let single = points_to == Some(bad);
        let kind = if single { DamageKind::VsHeader } else { DamageKind::VsChain };
        // A free chunk that ends where a free one within it ends was merged with that: what it was is free twice.
        let merged = last.filter(|last| last.address == bad && last.allocated == 0);
        let is_double = merged
            .zip(resumed)
            .is_some_and(|(merged, inner)| inner.allocated == 0 && merged.end() == inner.end());
        let kind = if is_double { DamageKind::VsDoubleFree } else { kind };
        let mut damage = Damage::new(kind, Trust::Certain, bad);
        damage.resumes = resumed.map(|chunk| chunk.address);
        damage.bytes = self.bytes(bad, 2 * UNIT);
        let size_before = match last {
            Some(last) if bad == chunk.address => Some(last.size),
            Some(last) => Some(last.previous),
            None => None,
        };
        if let (true, Some(resumed), Some(size_before)) = (single, resumed, size_before) {
            damage.expected = self.expected(bad, resumed.previous, size_before, &damage.bytes);
        }
        damage.writer = writer_trust(&damage, previous.as_ref());
        // Neither a second free nor failing memory has to do with the block before.
        damage.before = previous.filter(|_| !is_double && damage.flipped_bit().is_none());
        // What the chunk holds is known where its place and size are.
        if single && let Some(resumed) = resumed {
            // Where one bit of the sizes is wrong, or nothing, the state that the header tells still counts.
            let tells = is_double || damage.flipped_bit().is_some();
            let stated =
                self.read(bad).map(|chunk| chunk.allocated).ok().filter(|state| tells && *state <= 1);
            let whole = Chunk {
                address: bad,
                size: resumed.previous,
                previous: size_before.unwrap_or(0),
                allocated: stated.unwrap_or(2),
            };
            if visit(Found::Damage(damage)).is_break() || self.say(&whole, before, visit)?.is_break() {
                return Ok((ControlFlow::Break(()), None));
            }
        } else {
            if visit(Found::Damage(damage)).is_break() {
                return Ok((ControlFlow::Break(()), None));
            }
            *before = None;
        }
        Ok((ControlFlow::Continue(()), resumed))
    }

    /// The sizes of a header as its neighbours ask for them. Nothing is known of the lowest two bytes (a cost, which is used
    /// for free chunks) and the highest.
    fn expected(&self, address: u64, size: u64, previous: u64, found: &[u8]) -> Option<Vec<Option<u8>>> {
        let raw = u64_at(found, 0)? & !UNKNOWN;
        let wanted = |allocated| Chunk::encode(address, size, previous, allocated, self.key) & !UNKNOWN;
        // Of the two states the one that is nearer to what stands there.
        let nearest = [1, 0].into_iter().map(wanted).min_by_key(|wanted| (wanted ^ raw).count_ones())?;
        let known = UNKNOWN.to_le_bytes().map(|byte| byte == 0);
        Some(
            nearest.to_le_bytes().into_iter().zip(known).map(|(byte, known)| known.then_some(byte)).collect(),
        )
    }

    fn bytes(&self, address: u64, count: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(0)];
        let (filled, _) = self.scope.memory().read_partial(address, &mut bytes);
        bytes.truncate(filled);
        bytes
    }

    /// Says the block that a chunk holds.
    fn say(
        &self,
        chunk: &Chunk,
        before: &mut Option<PoolBlock>,
        visit: Visit<'_>,
    ) -> Result<ControlFlow<()>, Lack> {
        let block = match chunk.allocated {
            0 => self.free(chunk),
            _ => {
                let block = self.in_use(chunk);
                if block.header.is_none()
                    && let Some(lfh) = self.lfh
                    && let Some(inner) = lfh.inside(chunk.address + UNIT, chunk.end())?
                {
                    *before = None;
                    return lfh.walk(&inner, visit);
                }
                block
            }
        };
        *before = Some(block.clone());
        Ok(visit(Found::Block(block)))
    }

    fn free(&self, chunk: &Chunk) -> PoolBlock {
        let tag = self.bytes(chunk.address, UNIT);
        PoolBlock {
            address: chunk.address,
            size: chunk.size,
            previous: 0,
            state: BlockState::Free,
            header: None,
            tag: PoolHeader::parse(&tag).map(|header| header.tag),
            is_large: false,
        }
    }

    /// The block in a chunk that is in use. Where a small one would have crossed a page its header stands at the beginning
    /// of the next one; large ones have none and begin on a page.
    fn in_use(&self, chunk: &Chunk) -> PoolBlock {
        let state = if chunk.allocated == 1 { BlockState::Allocated } else { BlockState::Unknown };
        let first = chunk.address + UNIT;
        let boundary = first.next_multiple_of(PAGE);
        let places = [boundary, first].into_iter().filter(|place| *place + UNIT <= chunk.end());
        let mut with_header = places.filter_map(|place| {
            let header = PoolHeader::parse(&self.bytes(place, UNIT))?;
            let room = chunk.end() - place;
            // At the page's beginning only what nearly fills the rest counts; data could look like a header.
            let fits = header.fits(room) && (place == first || header.size + 4 * UNIT >= room);
            (fits && header.tag != PoolTag(0) && header.size <= LARGEST_SMALL + UNIT)
                .then_some((place, header))
        });
        if let Some((address, header)) = with_header.next() {
            return PoolBlock {
                address,
                size: header.size,
                previous: header.previous,
                state,
                header: Some(header),
                tag: Some(header.tag),
                is_large: false,
            };
        }
        let is_large = boundary + LARGEST_SMALL <= chunk.end();
        let address = if is_large { boundary } else { first };
        let size = chunk.end() - address;
        PoolBlock { address, size, previous: 0, state, header: None, tag: None, is_large }
    }
}

/// Whether the first chunks of a subsegment make sense with a key: the first has none before it, and the second says its size.
pub(super) fn begins(scope: &Scope<'_>, range: &PageRange, key: u64) -> bool {
    let vs = Vs::new(scope, range, key, None);
    vs.read(range.start.saturating_add(FIRST_CHUNK))
        .is_ok_and(|first| first.previous == 0 && vs.is_confirmed(&first))
}

/// How far the block before the damage is to be suspected: the bytes that are wrong begin right behind it.
fn writer_trust(damage: &Damage, before: Option<&PoolBlock>) -> Trust {
    let in_use = before.is_some_and(|before| before.state == BlockState::Allocated);
    let known =
        damage.expected.iter().flatten().zip(&damage.bytes).filter_map(|(was, is)| Some(((*was)?, *is)));
    // Code that runs past its block's end changes nearly every byte of the sizes.
    let wrong = known.filter(|(was, is)| was != is).count();
    if in_use && wrong >= 3 { Trust::Likely } else { Trust::Possible }
}
