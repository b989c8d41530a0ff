//! Which allocator an address of the pool belongs to, and what of its page that allocator knows.

use super::big::{BigAllocation, BigTable};
use super::block::{BlockState, PoolBlock};
use super::classic;
use super::damage::{Damage, DamageKind, Trust};
use super::found::Found;
use super::header::PAGE;
use super::heaps::{FoundSegment, SegmentHeaps};
use super::lfh::Lfh;
use super::segment::{PageRange, RangeKind};
use super::special;
use super::vs::Vs;
use crate::debuggee::{Lack, Scope};
use crate::memory::Memory as _;
use std::ops::ControlFlow;

/// Which kind of pool an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// Memory that is never paged out.
    Nonpaged,
    /// Memory that may be paged out.
    Paged,
    /// Pages of single blocks that Driver Verifier watches.
    Special,
    /// What the dump holds does not tell.
    Unknown,
}

/// What hands out the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Allocator {
    /// Pages of small blocks that follow each other, before segment heaps.
    Page,
    /// Chunks of variable size of a segment heap.
    Vs,
    /// Equal blocks of a segment heap.
    Lfh,
    /// Whole units of a segment.
    Backend,
    /// Whole pages, by the table of large allocations.
    Large,
    /// A page of its own with a pattern around the block, in special pool.
    Special,
    /// Units of a segment that nobody uses, or its own.
    Unused,
}

impl Allocator {
    /// A word for it that stays.
    pub fn word(self) -> &'static str {
        match self {
            Allocator::Page => "page",
            Allocator::Vs => "vs",
            Allocator::Lfh => "lfh",
            Allocator::Backend => "backend",
            Allocator::Large => "large",
            Allocator::Special => "special",
            Allocator::Unused => "unused",
        }
    }
}

/// What is known of an address of the pool.
#[derive(Debug, Clone)]
pub struct PoolPlace {
    /// The address.
    pub address: u64,
    /// The page that it lies in.
    pub page: u64,
    /// Which kind of pool.
    pub region: Region,
    /// Whether special pool is paged.
    pub is_paged: Option<bool>,
    /// What hands out that memory; `None` where no allocator knows of it.
    pub allocator: Option<Allocator>,
    /// The range of a segment, where it lies in one.
    pub range: Option<PageRange>,
    /// The blocks of the page, in the order of addresses.
    pub blocks: Vec<PoolBlock>,
    /// What of the page, and of the headers that rule it, is damaged.
    pub damage: Vec<Damage>,
    /// Damage further on in the same subsegment: the first few.
    pub elsewhere: Vec<Damage>,
    /// What is not known, and why.
    pub missing: Vec<Lack>,
}

/// Damage elsewhere that is kept.
const ELSEWHERE: usize = 4;

impl PoolPlace {
    fn new(address: u64) -> PoolPlace {
        PoolPlace {
            address,
            page: address & !(PAGE - 1),
            region: Region::Unknown,
            is_paged: None,
            allocator: None,
            range: None,
            blocks: Vec::new(),
            damage: Vec::new(),
            elsewhere: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The block that holds the address.
    pub fn block(&self) -> Option<&PoolBlock> {
        self.blocks.iter().find(|block| block.contains(self.address))
    }

    fn lacks(&mut self, why: Lack) {
        if !self.missing.contains(&why) {
            self.missing.push(why);
        }
    }

    fn take(&mut self, found: Found) -> ControlFlow<()> {
        match found {
            Found::Block(block) if block.touches(self.page) => self.blocks.push(block),
            Found::Block(block) if block.address >= self.page + PAGE => return ControlFlow::Break(()),
            Found::Block(_) => {}
            Found::Damage(damage) => {
                let end = damage.resumes.unwrap_or(damage.address + damage.bytes.len() as u64);
                let rules_all = matches!(
                    damage.kind,
                    DamageKind::LfhHeader | DamageKind::LfhBitmap | DamageKind::VsSubsegment
                );
                if rules_all || (damage.address < self.page + PAGE && end > self.page) {
                    self.damage.push(damage);
                } else if self.elsewhere.len() < ELSEWHERE {
                    self.elsewhere.push(damage);
                }
            }
            Found::Gap { from, to, why } => {
                if from < self.page + PAGE && to > self.page {
                    self.lacks(why);
                }
            }
        }
        ControlFlow::Continue(())
    }
}

/// What the pool knows of an address. What the dump lacks is said in the answer.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn classify(scope: &Scope<'_>, address: u64) -> Result<PoolPlace, Lack> {
    let mut place = PoolPlace::new(address);
    let big = match BigTable::open(scope).and_then(|table| table.holding(address)) {
        Ok(big) => big,
        Err(Lack::Stopped) => return Err(Lack::Stopped),
        Err(why) => {
            place.lacks(why);
            None
        }
    };
    if SegmentHeaps::are_used(scope) {
        match SegmentHeaps::open(scope) {
            Ok(heaps) => in_segments(scope, &heaps, &mut place)?,
            Err(why) => place.lacks(why),
        }
    }
    if let Some(big) = big {
        large(&mut place, big);
    }
    name_large(scope, &mut place)?;
    if place.allocator.is_none() {
        in_page(scope, &mut place);
    }
    Ok(place)
}

fn region(is_paged: bool) -> Region {
    if is_paged { Region::Paged } else { Region::Nonpaged }
}

fn large(place: &mut PoolPlace, big: BigAllocation) {
    // A segment knows the blocks beside it: only the tag and the size that was asked for are new.
    let listed = place.blocks.iter_mut().find(|block| block.is_large && block.address == big.address);
    if let Some(block) = listed {
        (block.tag, block.size) = (Some(big.tag), big.size);
        if place.block().is_some_and(|block| block.address == big.address) {
            place.allocator = Some(Allocator::Large);
        }
        return;
    }
    place.region = region(big.is_paged);
    place.allocator = Some(Allocator::Large);
    place.blocks = vec![PoolBlock {
        address: big.address,
        size: big.size,
        previous: 0,
        state: BlockState::Allocated,
        header: None,
        tag: Some(big.tag),
        is_large: true,
    }];
}

/// Large blocks beside the address have their tags in the table too.
fn name_large(scope: &Scope<'_>, place: &mut PoolPlace) -> Result<(), Lack> {
    let unnamed: Vec<u64> = place
        .blocks
        .iter()
        .filter(|block| block.is_large && block.tag.is_none())
        .map(|block| block.address)
        .collect();
    for address in unnamed {
        match BigTable::open(scope).and_then(|table| table.holding(address)) {
            Ok(Some(big)) => large(place, big),
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Ok(None) | Err(_) => {}
        }
    }
    Ok(())
}

/// Looks for the address in the segments of the pool's heaps.
fn in_segments(scope: &Scope<'_>, heaps: &SegmentHeaps<'_>, place: &mut PoolPlace) -> Result<(), Lack> {
    let found = match heaps.segment_of(place.address) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(()),
        Err(Lack::Stopped) => return Err(Lack::Stopped),
        Err(why) => {
            place.lacks(why);
            return Ok(());
        }
    };
    place.region = match found.kind {
        Some(kind) if kind.is_special() => Region::Special,
        kind => kind.map_or(Region::Unknown, |kind| region(kind.is_paged())),
    };
    note_signature(&found, place);
    let Some(range) = found.segment.range_of(place.address) else {
        place.allocator = Some(Allocator::Unused);
        return Ok(());
    };
    place.range = Some(range);
    let lfh = heaps.keys.lfh.map(|key| Lfh::new(scope, key));
    match range.kind {
        RangeKind::Vs => {
            place.allocator = Some(Allocator::Vs);
            let vs = Vs::new(scope, &range, heaps.keys.heap, lfh.as_ref());
            let _ended = vs.walk(&mut |found| place.take(found))?;
        }
        RangeKind::Lfh => {
            place.allocator = Some(Allocator::Lfh);
            match &lfh {
                Some(lfh) => {
                    let _ended = lfh.walk(&range, &mut |found| place.take(found))?;
                }
                None => place.lacks(Lack::NoName { name: "the key of equal blocks (LfhKey)".to_owned() }),
            }
        }
        RangeKind::Backend if place.region == Region::Special => {
            place.allocator = Some(Allocator::Special);
            place.is_paged = found.kind.map(|kind| kind.is_paged());
            match special::read(scope, place.page) {
                Ok((block, damage)) => {
                    place.blocks.push(block);
                    place.damage.extend(damage);
                }
                Err(why) => place.lacks(why),
            }
        }
        RangeKind::Backend => {
            place.allocator = Some(Allocator::Backend);
            place.blocks = vec![PoolBlock {
                address: range.start,
                size: range.size,
                previous: 0,
                state: BlockState::Allocated,
                header: None,
                tag: None,
                is_large: true,
            }];
        }
        RangeKind::Internal => place.allocator = Some(Allocator::Unused),
    }
    Ok(())
}

fn note_signature(found: &FoundSegment<'_>, place: &mut PoolPlace) {
    let Some((is, should)) = found.wrong_signature else { return };
    let mut damage = Damage::new(DamageKind::SegmentSignature, Trust::Likely, found.segment.address + 0x10);
    damage.bytes = is.to_le_bytes().to_vec();
    damage.expected = Some(should.to_le_bytes().map(Some).to_vec());
    damage.block = found.segment.address;
    place.damage.push(damage);
}

/// Reads the page as one of small blocks.
fn in_page(scope: &Scope<'_>, place: &mut PoolPlace) {
    match classic::walk(scope, place.page) {
        Ok(page) if page.is_one => {
            place.allocator = Some(Allocator::Page);
            for found in page.found {
                let _all = place.take(found);
            }
            let mut in_use = place.blocks.iter().filter(|block| block.state == BlockState::Allocated);
            let paged = in_use.find_map(|block| Some(block.header?.is_paged()));
            place.region = paged.map_or(Region::Unknown, region);
        }
        Ok(_) => {}
        Err(why) => {
            let what = format!("the page at {}", crate::util::hex::tick(place.page));
            place.lacks(Lack::Unreadable { what, why });
        }
    }
    if scope.memory().is_lost() {
        place.blocks.clear();
    }
}
