//! Blocks of a page without segment heap of which the beginning, or another part, is not in the dump: those that say each
//! other's sizes.

use super::block::{BlockState, PoolBlock};
use super::found::Found;
use super::header::{PAGE, UNIT};
use super::lone_bytes::LonePage;

/// So many headers in a row have to agree.
const LEAST: usize = 3;

/// The first row of blocks in which each says the size of the one before it; `None` where there are too few.
pub(super) fn walk(page: &LonePage) -> Option<Vec<Found>> {
    (0..PAGE).step_by(UNIT as usize).map(|offset| from(page, offset)).find(|blocks| blocks.len() >= LEAST)
}

/// The blocks from an offset on, as far as they agree.
fn from(page: &LonePage, mut offset: u64) -> Vec<Found> {
    let mut blocks = Vec::new();
    let mut previous = None;
    while let Some(header) = page.header(offset).filter(|_| offset < PAGE) {
        let agrees = previous.is_none_or(|previous| previous == header.previous);
        // What begins the row may not be the page's first block: then there is one before it.
        let begins = previous.is_some() || (offset == 0) == (header.previous == 0);
        let fits = header.size >= 2 * UNIT && offset + header.size <= PAGE && header.previous <= offset;
        if !agrees || !begins || !fits || !header.tag.is_plausible() {
            break;
        }
        blocks.push(Found::Block(PoolBlock {
            address: page.base + offset,
            size: header.size,
            previous: header.previous,
            state: if header.is_in_use() { BlockState::Allocated } else { BlockState::Free },
            header: Some(header),
            tag: Some(header.tag),
            is_large: false,
        }));
        previous = Some(header.size);
        offset += header.size;
    }
    blocks
}
