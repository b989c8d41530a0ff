//! Which allocator an address of the pool belongs to, and what of its page that allocator knows.

use super::big::{BigAllocation, BigTable};
use super::block::{BlockState, PoolBlock};
use super::classic;
use super::damage::{Damage, DamageKind, Trust};
use super::heaps::{FoundSegment, SegmentHeaps};
use super::lfh::Lfh;
use super::lone_page::{self, Lone};
use super::place::{Allocator, Evidence, PoolPlace, Region};
use super::segment::RangeKind;
use super::special;
use super::vs::Vs;
use crate::debuggee::{Lack, Scope};
use crate::kernel::SystemRegions;
use crate::memory::Memory as _;

/// What the pool knows of an address. What the dump lacks is said in the answer.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn classify(scope: &Scope<'_>, address: u64) -> Result<PoolPlace, Lack> {
    let mut place = PoolPlace::new(address);
    let table = BigTable::open(scope).and_then(|table| Ok((table.is_searched, table.holding(address)?)));
    let big = match table {
        Ok((is_searched, big)) => {
            if is_searched && big.is_some() {
                place.evidence = Evidence::Searched;
            }
            big
        }
        Err(Lack::Stopped) => return Err(Lack::Stopped),
        Err(why) => {
            place.lacks(why);
            None
        }
    };
    // Of a kernel that may have no heaps they are not missed before the page has been read.
    let mut no_heaps = None;
    if SegmentHeaps::are_used(scope) {
        match SegmentHeaps::open(scope) {
            Ok(heaps) => {
                in_segments(scope, &heaps, &mut place)?;
                if place.allocator.is_none() && big.is_none() {
                    outside_segments(&heaps, &mut place)?;
                }
                if heaps.is_searched && place.allocator.is_some() {
                    place.evidence = Evidence::Searched;
                }
            }
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(why) if classic::has_lists(scope) => no_heaps = Some(why),
            Err(why) => place.lacks(why),
        }
    }
    if let Some(big) = big {
        large(&mut place, big);
    }
    // Sessions have their pool in their own part of the address space; it is always paged.
    let may_be_session = matches!(place.region, Region::Paged | Region::Unknown);
    let is_session = may_be_session && SystemRegions::of(scope)?.is_session(address);
    if is_session && place.allocator.is_none() {
        in_session(scope, &mut place)?;
    }
    name_large(scope, &mut place, is_session)?;
    if place.allocator.is_none() {
        in_page(scope, &mut place);
    }
    if let Some(why) = no_heaps
        && place.allocator != Some(Allocator::Page)
    {
        place.lacks(why);
    }
    if place.allocator.is_none() {
        page_alone(scope, &mut place)?;
    }
    if is_session && place.allocator.is_some() && matches!(place.region, Region::Paged | Region::Unknown) {
        place.region = Region::Session;
    }
    if scope.memory().is_lost() {
        place.blocks.clear();
    }
    Ok(place)
}

/// Looks for the address among the large allocations of the session whose memory is read.
fn in_session(scope: &Scope<'_>, place: &mut PoolPlace) -> Result<(), Lack> {
    match of_session(scope, place.address) {
        Ok(Some(big)) => large(place, big),
        Ok(None) => {}
        Err(Lack::Stopped) => return Err(Lack::Stopped),
        Err(why) => place.lacks(why),
    }
    Ok(())
}

fn of_session(scope: &Scope<'_>, address: u64) -> Result<Option<BigAllocation>, Lack> {
    BigTable::of_session(scope)?.map_or(Ok(None), |table| table.holding(address))
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
    place.region = Region::of(big.is_paged);
    place.allocator = Some(Allocator::Large);
    place.blocks = vec![PoolBlock::large(big.address, big.size, Some(big.tag))];
}

/// Large blocks beside the address have their tags in the table too.
fn name_large(scope: &Scope<'_>, place: &mut PoolPlace, is_session: bool) -> Result<(), Lack> {
    let unnamed: Vec<u64> = place
        .blocks
        .iter()
        .filter(|block| block.is_large && block.tag.is_none())
        .map(|block| block.address)
        .collect();
    for address in unnamed {
        let listed = match is_session {
            true => of_session(scope, address),
            false => BigTable::open(scope).and_then(|table| table.holding(address)),
        };
        match listed {
            Ok(Some(big)) => large(place, big),
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Ok(None) | Err(_) => {}
        }
    }
    Ok(())
}

/// Looks for the address among what the heaps have outside their segments. Tags of such blocks stand in the table of large
/// allocations, in which this one is not.
fn outside_segments(heaps: &SegmentHeaps<'_>, place: &mut PoolPlace) -> Result<(), Lack> {
    let (large, kind) = match heaps.large(place.address) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(()),
        Err(Lack::Stopped) => return Err(Lack::Stopped),
        Err(why) => {
            place.lacks(why);
            return Ok(());
        }
    };
    place.region = Region::of(kind.is_paged());
    place.allocator = Some(Allocator::Large);
    place.blocks.push(PoolBlock::large(large.address, large.size, None));
    Ok(())
}

/// Looks for the address in the segments of the pool's heaps.
fn in_segments(scope: &Scope<'_>, heaps: &SegmentHeaps<'_>, place: &mut PoolPlace) -> Result<(), Lack> {
    if let Some(stated) = heaps.keys.stated {
        place.lacks(Lack::NoValue {
            what: "nt!RtlpHpHeapGlobals.HeapKey".to_owned(),
            why: format!(
                "{} stands there, which fits no segment; {}, on which the segments agree, was used",
                crate::util::hex::tick(stated),
                crate::util::hex::tick(heaps.keys.heap)
            ),
        });
    }
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
        kind => kind.map_or(Region::Unknown, |kind| Region::of(kind.is_paged())),
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
            place.blocks = vec![PoolBlock::large(range.start, range.size, None)];
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
            place.region = paged.map_or(Region::Unknown, Region::of);
        }
        Ok(_) => {}
        Err(why) => {
            let what = format!("the page at {}", crate::util::hex::tick(place.page));
            place.lacks(Lack::Unreadable { what, why });
        }
    }
}

/// Reads the page as what it shows by itself.
fn page_alone(scope: &Scope<'_>, place: &mut PoolPlace) -> Result<(), Lack> {
    let lone = match lone_page::read(scope, place.page) {
        Ok(Some(lone)) => lone,
        Err(Lack::Stopped) => return Err(Lack::Stopped),
        // That the page is missing was said before.
        Ok(None) | Err(_) => return Ok(()),
    };
    let (allocator, found) = match lone {
        Lone::Page(found) => (Allocator::Page, found),
        Lone::Equal(found) => (Allocator::Lfh, found),
        Lone::Chunks { first, key } => {
            let _ended = Vs::in_page(scope, place.page, first, key).walk(&mut |found| place.take(found))?;
            (Allocator::Vs, Vec::new())
        }
    };
    for found in found {
        let _all = place.take(found);
    }
    place.allocator = Some(allocator);
    place.evidence = Evidence::PageAlone;
    let paged = place.blocks.iter().find_map(|block| Some(block.header?.is_paged()));
    place.region = paged.map_or(Region::Unknown, Region::of);
    Ok(())
}
