//! Special pool: each block ends at the end of a page of its own (or begins at its beginning), and the rest of the page is
//! filled with a pattern; the page behind it is not mapped.
//!
//! The page begins (where the block begins there: ends) with a POOL_HEADER whose first word is the size that was asked for and
//! whose third byte is the pattern (published descriptions of MmAllocateSpecialPool; a page of public output agrees with the
//! place of the data).

use super::block::{BlockState, PoolBlock};
use super::damage::{Damage, DamageKind, Trust};
use super::header::{PAGE, UNIT};
use super::tag::PoolTag;
use crate::debuggee::{Lack, Scope};
use crate::memory::Memory as _;
use crate::util::bits::low;
use crate::util::bounded::{slice, u8_at, u16_at, u32_at};

/// Bytes of the pattern that are shown where it is broken.
const SHOWN: usize = 32;

/// The block in a page, and what of the pattern around it is broken.
///
/// # Errors
/// The page cannot be read: that of a freed block is not mapped. Its header cannot be one.
pub fn read(scope: &Scope<'_>, page: u64) -> Result<(PoolBlock, Vec<Damage>), Lack> {
    let mut bytes = vec![0; PAGE as usize];
    let what = || {
        format!(
            "the page of special pool at {} (that of a freed block is not mapped)",
            crate::util::hex::tick(page)
        )
    };
    scope.memory().read(page, &mut bytes).map_err(|why| Lack::Unreadable { what: what(), why })?;
    let at_end = parse(&bytes, 0).map(|header| (header, PAGE - header.size.next_multiple_of(UNIT)));
    let at_start = || parse(&bytes, PAGE - UNIT).map(|header| (header, 0));
    let Some((header, offset)) = at_end.or_else(at_start) else {
        return Err(Lack::Shape { what: what(), wanted: "page with a header of special pool" });
    };
    let block = PoolBlock {
        address: page + offset,
        size: header.size,
        previous: 0,
        state: BlockState::Allocated,
        header: None,
        tag: Some(header.tag),
        is_large: false,
    };
    let (before, behind) = match offset {
        0 => (0..0, header.size..PAGE - UNIT),
        _ => (UNIT..offset, offset + header.size..PAGE),
    };
    let kinds = [(DamageKind::SpecialUnderrun, before), (DamageKind::SpecialSlop, behind)];
    let damage = kinds
        .into_iter()
        .filter_map(|(kind, range)| broken(kind, &bytes, page, range, header.pattern, &block));
    let damage = damage.collect();
    Ok((block, damage))
}

#[derive(Clone, Copy)]
struct Header {
    size: u64,
    pattern: u8,
    tag: PoolTag,
}

/// The header at an offset, if it can be one: a block and its header fit into a page.
fn parse(bytes: &[u8], offset: u64) -> Option<Header> {
    let at = usize::try_from(offset).ok()?;
    let size = low(u64::from(u16_at(bytes, at)?), 13);
    let header = Header { size, pattern: u8_at(bytes, at + 2)?, tag: PoolTag(u32_at(bytes, at + 4)?) };
    ((1..=PAGE - UNIT).contains(&size) && header.tag.is_plausible()).then_some(header)
}

fn broken(
    kind: DamageKind,
    bytes: &[u8],
    page: u64,
    range: std::ops::Range<u64>,
    pattern: u8,
    block: &PoolBlock,
) -> Option<Damage> {
    let start = usize::try_from(range.start).ok()?;
    let all = slice(bytes, start, usize::try_from(range.end.checked_sub(range.start)?).ok()?)?;
    let first = all.iter().position(|byte| *byte != pattern)?;
    let last = all.iter().rposition(|byte| *byte != pattern)?;
    let wrong = all.get(first..=last)?;
    let mut damage = Damage::new(kind, Trust::Certain, page + range.start + first as u64);
    damage.bytes = wrong.iter().take(SHOWN).copied().collect();
    damage.expected = Some(vec![Some(pattern); damage.bytes.len()]);
    damage.block = block.address;
    damage.numbers = Some((wrong.len() as u64, u64::from(pattern)));
    Some(damage)
}
