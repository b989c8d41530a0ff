//! Chunks of variable size that a page shows by itself. Their headers are encoded, but the key cancels out between two of them: POOL_HEADERs
//! say where chunks begin, and the sizes of two neighbours give the key, which a third one has to confirm.

use super::header::{PAGE, UNIT};
use super::lone_bytes::LonePage;
use super::vs::FIRST_CHUNK;
use super::vs_chunk::Chunk;
use crate::util::bits::bits_of;
use crate::util::bounded::u64_at;

/// A chunk may be so much larger than the block in it and its own header.
const SLACK: u64 = 2 * UNIT;
/// The bits of the key that the sizes are encoded with, if the page shows them and confirms them, and the address of the chunk from
/// which the page's chunks are to be walked.
pub(super) fn key(page: &LonePage) -> Option<(u64, u64)> {
    let headers = page.headers();
    let starts: Vec<(u64, u64)> = headers
        .iter()
        .filter_map(|(offset, header)| Some((offset.checked_sub(UNIT)?, header.size)))
        .filter(|(offset, _)| page.unit(*offset).is_some())
        .collect();
    let pairs = starts.iter().zip(starts.iter().skip(1));
    let mut keys = pairs.filter_map(|((at, block), (next, _))| {
        let size = next - at;
        let fits = size >= block + UNIT && size <= block + UNIT + SLACK;
        let key = key_of(raw(page, *at)?, page.base + at, raw(page, *next)?, page.base + next, size);
        (fits && confirms(page, *at, *next, key)).then(|| (key, page.base + first(page, *at, key)))
    });
    keys.next()
}

fn raw(page: &LonePage, offset: u64) -> Option<u64> {
    u64_at(page.unit(offset)?, 0)
}

/// The key under which the first of two chunks in use has this size and the second says so.
fn key_of(first: u64, first_at: u64, second: u64, second_at: u64, size: u64) -> u64 {
    let (first, second) = (first ^ first_at, second ^ second_at);
    let units = size / UNIT;
    let of_size = bits_of(first, 16, 16) ^ units;
    let of_previous = bits_of(second, 32, 16) ^ units;
    let of_state = bits_of(first, 48, 8) ^ 1;
    (of_size << 16) | (of_previous << 32) | (of_state << 48)
}

/// Whether the key makes sense of the second chunk too, and of a third one behind it or before both; before the first chunk of a
/// subsegment that begins with the page there is none.
fn confirms(page: &LonePage, first: u64, second: u64, key: u64) -> bool {
    let chunk = |offset: u64| Some(Chunk::decode(raw(page, offset)?, page.base + offset, key));
    let (Some(one), Some(two)) = (chunk(first), chunk(second)) else { return false };
    if two.allocated != 1 || two.size < 2 * UNIT {
        return false;
    }
    let behind = || chunk(second.checked_add(two.size).filter(|at| *at < PAGE)?);
    let before = || chunk(first.checked_sub(one.previous).filter(|at| *at != first)?);
    let begins = first == FIRST_CHUNK && one.previous == 0;
    begins
        || behind().is_some_and(|third| third.previous == two.size && third.allocated <= 1)
        || before().is_some_and(|third| third.size == one.previous && third.allocated <= 1)
}

/// The first chunk of the page that those behind it say is there. Its own header may be damaged: the walk finds that.
fn first(page: &LonePage, from: u64, key: u64) -> u64 {
    let mut at = from;
    // Each turn goes at least a unit back.
    while let Some(chunk) = raw(page, at).map(|raw| Chunk::decode(raw, page.base + at, key)) {
        let Some(before) = at.checked_sub(chunk.previous).filter(|before| *before < at) else { break };
        let Some(raw) = raw(page, before) else { break };
        let agrees = Chunk::decode(raw, page.base + before, key).size == chunk.previous;
        at = before;
        if !agrees {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u64 = 0xffff_a405_8c40_2000;
    const KEY: u64 = 0xda33_267d_d814_fe5e;

    fn page(sizes: &[(u64, u64)]) -> Vec<u8> {
        let mut bytes = vec![0u8; PAGE as usize];
        let (mut at, mut previous) = (0x40u64, 0x90u64);
        for (size, allocated) in sizes {
            let sizes = ((size / UNIT) << 16) | ((previous / UNIT) << 32) | (allocated << 48);
            let place = at as usize;
            bytes[place..place + 8].copy_from_slice(&(sizes ^ (BASE + at) ^ KEY).to_le_bytes());
            if *allocated == 1 {
                bytes[place + 0x12] = ((size - UNIT) / UNIT) as u8;
                bytes[place + 0x13] = 2;
                bytes[place + 0x14..place + 0x18].copy_from_slice(b"Test");
            }
            previous = *size;
            at += size;
        }
        bytes
    }

    #[test]
    fn the_key_is_found_where_three_chunks_agree() {
        let sound = page(&[(0x200, 1), (0x310, 1), (0x40, 0), (0x100, 1)]);
        let (found, first) = key(&LonePage::of(BASE, sound)).unwrap();
        assert_eq!(bits_of(found, 16, 40), bits_of(KEY, 16, 40));
        assert_eq!(first, BASE + 0x40);
    }

    #[test]
    fn two_chunks_alone_and_bytes_of_something_else_give_no_key() {
        let mut two = page(&[(0x200, 1), (0x310, 1)]);
        assert_eq!(key(&LonePage::of(BASE, two.clone())), None);
        two[0x40..0x48].fill(0x41);
        two[0x240..0x248].fill(0x42);
        assert_eq!(key(&LonePage::of(BASE, two)), None);
        assert_eq!(key(&LonePage::of(BASE, vec![0x54; PAGE as usize])), None);
    }
}
