//! LFH subsegments: equal blocks, and a bitmap with two bits a block.
//!
//! `_HEAP_LFH_SUBSEGMENT.BlockOffsets` holds the size of the blocks and where the first one stands, exclusive-or'ed with the
//! low half of the heap's key for them and the subsegment's page number; 10.0.26100 shifts the whole address for that,
//! older ones its low half. Which of the two it is shows by what makes sense.

use super::block::{BlockState, PoolBlock};
use super::damage::{Damage, DamageKind, Trust};
use super::found::{Found, Visit};
use super::header::{PAGE, PoolHeader, UNIT};
use super::segment::{PageRange, RangeKind};
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory as _;
use crate::util::bits::{bits_of, low};
use std::ops::ControlFlow;

/// The most bytes of a subsegment's bitmap: blocks are counted in 16 bits.
const MAX_BITMAP: u64 = 0x4000;

/// How LFH subsegments are read.
pub struct Lfh<'a> {
    scope: &'a Scope<'a>,
    key: u64,
}

/// What a subsegment's header says.
struct Layout {
    /// Bytes of a block.
    size: u64,
    /// Where the first one stands.
    first: u64,
    count: u64,
    free: u64,
    bitmap: u64,
}

impl<'a> Lfh<'a> {
    /// Subsegments read with a heap's key for them.
    pub fn new(scope: &'a Scope<'a>, key: u64) -> Lfh<'a> {
        Lfh { scope, key }
    }

    fn subsegment(&self, at: u64) -> Result<Object<'a>, Lack> {
        self.scope.object("nt!_HEAP_LFH_SUBSEGMENT", at)
    }

    /// What the header of the subsegment in a range says; `None` where it makes no sense.
    fn layout(&self, range: &PageRange) -> Result<Option<Layout>, Lack> {
        let subsegment = self.subsegment(range.start)?;
        let encoded = subsegment.field("BlockOffsets")?.u64()?;
        let count = subsegment.field("BlockCount")?.u64()?;
        let free = subsegment.field("FreeCount")?.u64()?;
        let bitmap = subsegment.field("BlockBitmap")?.address();
        let least = (bitmap - range.start).saturating_add(count.div_ceil(32) * 8);
        let pages = [range.start >> 12, low(range.start, 32) >> 12];
        let decoded = pages.into_iter().map(|page| low(encoded ^ self.key ^ page, 32));
        let mut sensible = decoded.filter_map(|offsets| {
            let (size, first) = (bits_of(offsets, 0, 16), bits_of(offsets, 16, 16));
            let fits = size >= UNIT && size % UNIT == 0 && first >= least && count > 0;
            let end = count.checked_mul(size)?.checked_add(first)?;
            let spare = range.size.checked_sub(end)?;
            // The rest of the last page may be of no use; nothing leaves out whole blocks of a page and more.
            (fits && spare < size + PAGE).then_some(Layout {
                size,
                first: range.start + first,
                count,
                free,
                bitmap,
            })
        });
        Ok(sensible.next())
    }

    /// The subsegment that stands in a chunk of another, if one does.
    pub(super) fn inside(&self, from: u64, end: u64) -> Result<Option<PageRange>, Lack> {
        let range = PageRange { kind: RangeKind::Lfh, start: from, size: end.saturating_sub(from) };
        match self.layout(&range) {
            Ok(layout) => Ok(layout.map(|_| range)),
            Err(Lack::Stopped) => Err(Lack::Stopped),
            Err(_) => Ok(None),
        }
    }

    /// Walks the blocks of the subsegment in a range.
    ///
    /// # Errors
    /// [`Lack::Stopped`]; what is damaged or missing is found.
    pub fn walk(&self, range: &PageRange, visit: Visit<'_>) -> Result<ControlFlow<()>, Lack> {
        let layout = match self.layout(range) {
            Ok(Some(layout)) => layout,
            Ok(None) => {
                let mut damage = Damage::new(DamageKind::LfhHeader, Trust::Likely, range.start);
                damage.bytes = self.bytes(range.start, 0x40);
                damage.resumes = Some(range.end());
                return Ok(visit(Found::Damage(damage)));
            }
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(why) => return Ok(visit(Found::Gap { from: range.start, to: range.end(), why })),
        };
        let bits = self.bytes(layout.bitmap, (layout.count.div_ceil(32) * 8).min(MAX_BITMAP));
        let state = |index: u64| {
            let byte = usize::try_from(index / 4).ok().and_then(|at| bits.get(at));
            match byte.map(|byte| bits_of(u64::from(*byte), (index % 4 * 2) as u8, 1)) {
                Some(1) => BlockState::Allocated,
                Some(_) => BlockState::Free,
                None => BlockState::Unknown,
            }
        };
        if self.bitmap_disagrees(&layout, &state, visit).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let mut before: Option<PoolBlock> = None;
        for index in 0..layout.count {
            self.scope.check()?;
            let address = layout.first + index * layout.size;
            if layout.size <= PAGE && (address ^ (address + layout.size - 1)) & !(PAGE - 1) != 0 {
                // Nothing is handed out that would cross a page.
                continue;
            }
            let mut bytes = [0; UNIT as usize];
            let found = match self.scope.memory().read(address, &mut bytes) {
                Ok(()) => Found::Block(block(address, layout.size, state(index), &bytes)),
                Err(why) => {
                    let what = format!("the block at {}", crate::util::hex::tick(address));
                    let why = Lack::Unreadable { what, why };
                    Found::Gap { from: address, to: address + layout.size, why }
                }
            };
            if let Found::Block(block) = &found {
                let damage = self.header_disagrees(block, &bytes, before.as_ref());
                before = Some(block.clone());
                if let Some(damage) = damage
                    && visit(Found::Damage(damage)).is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
            }
            if visit(found).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The subsegment counts its free blocks besides the bitmap.
    fn bitmap_disagrees(
        &self,
        layout: &Layout,
        state: &dyn Fn(u64) -> BlockState,
        visit: Visit<'_>,
    ) -> ControlFlow<()> {
        let free = (0..layout.count).filter(|index| state(*index) == BlockState::Free).count() as u64;
        if free == layout.free || (0..layout.count).any(|index| state(index) == BlockState::Unknown) {
            return ControlFlow::Continue(());
        }
        let mut damage = Damage::new(DamageKind::LfhBitmap, Trust::Possible, layout.bitmap);
        damage.bytes = self.bytes(layout.bitmap, (layout.count.div_ceil(32) * 8).min(0x20));
        damage.numbers = Some((free, layout.free));
        damage.resumes = Some(layout.first);
        visit(Found::Damage(damage))
    }

    /// A block in use whose POOL_HEADER cannot be one of its size.
    fn header_disagrees(
        &self,
        block: &PoolBlock,
        bytes: &[u8],
        before: Option<&PoolBlock>,
    ) -> Option<Damage> {
        if block.state != BlockState::Allocated || block.header.is_some() {
            return None;
        }
        let mut damage = Damage::new(DamageKind::PoolHeader, Trust::Likely, block.address);
        damage.bytes = bytes.to_vec();
        damage.before = before.cloned();
        // The first two bytes are 0 in segment heaps.
        let from_start =
            bytes.first().is_some_and(|byte| *byte != 0) && bytes.get(1).is_some_and(|byte| *byte != 0);
        if from_start && before.is_some_and(|before| before.state == BlockState::Allocated) {
            damage.writer = Trust::Likely;
        }
        damage.resumes = Some(block.end());
        Some(damage)
    }

    fn bytes(&self, address: u64, count: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(0)];
        let (filled, _) = self.scope.memory().read_partial(address, &mut bytes);
        bytes.truncate(filled);
        bytes
    }
}

/// A block whose header is these bytes.
fn block(address: u64, size: u64, state: BlockState, bytes: &[u8]) -> PoolBlock {
    let header = PoolHeader::parse(bytes);
    let fitting = header.filter(|header| header.fits(size) && state == BlockState::Allocated);
    PoolBlock {
        address,
        size,
        previous: 0,
        state,
        header: fitting,
        tag: header.map(|header| header.tag),
        is_large: false,
    }
}
