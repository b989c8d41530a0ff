//! Equal blocks that a page shows by itself: headers of one size at equal distances. Which of them are in use stands in the
//! subsegment's bitmap, which is in another page.

use super::block::{BlockState, PoolBlock};
use super::found::Found;
use super::header::{PAGE, UNIT};
use super::lone_bytes::LonePage;

/// So many headers of one size have to stand at equal distances.
const LEAST: usize = 3;

/// The blocks; `None` where the page shows no such pattern.
pub(super) fn walk(page: &LonePage) -> Option<Vec<Found>> {
    let headers = page.headers();
    let sizes = headers.iter().map(|(_, header)| header.size);
    let count = |size: u64| headers.iter().filter(|(_, header)| header.size == size).count();
    let size = sizes.max_by_key(|size| count(*size))?;
    let places: Vec<u64> =
        headers.iter().filter(|(_, header)| header.size == size).map(|(offset, _)| *offset).collect();
    let stride = places.iter().zip(places.iter().skip(1)).map(|(a, b)| b - a).min()?;
    // Blocks are handed out from sizes that are at most an eighth larger.
    if stride < size || stride > size + (size / 8).max(UNIT) {
        return None;
    }
    let rest = places.first()? % stride;
    let offsets: Vec<u64> =
        (0..).map(|index| rest + index * stride).take_while(|offset| offset + stride <= PAGE).collect();
    let held: Vec<u64> = offsets.into_iter().filter(|offset| page.unit(*offset).is_some()).collect();
    let is_one = |offset: &u64| headers.iter().any(|(place, header)| place == offset && header.fits(stride));
    let sound = held.iter().filter(|offset| is_one(offset)).count();
    let on_places = places.iter().filter(|place| held.contains(place)).count();
    if sound < LEAST || sound * 2 < held.len() || on_places * 4 < places.len() * 3 {
        return None;
    }
    let block = |offset: u64| {
        let header = page.header(offset).filter(|header| header.fits(stride) && header.tag.is_plausible());
        Found::Block(PoolBlock {
            address: page.base + offset,
            size: stride,
            previous: 0,
            state: BlockState::NotTold,
            header,
            tag: header.map(|header| header.tag),
            is_large: false,
        })
    };
    Some(held.into_iter().map(block).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u64 = 0xffff_8308_6a55_0000;

    fn page(stride: usize, first: usize, size: u8, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; PAGE as usize];
        for index in 0..count {
            let at = first + index * stride;
            bytes[at + 2] = size;
            bytes[at + 3] = 3;
            bytes[at + 4..at + 8].copy_from_slice(b"Test");
        }
        bytes
    }

    #[test]
    fn equal_distances_show_the_blocks_and_not_whether_they_are_in_use() {
        let found = walk(&LonePage::of(BASE, page(0xe0, 0x20, 0x0e, 18))).unwrap();
        assert_eq!(found.len(), 18);
        let Found::Block(first) = &found[0] else { panic!() };
        assert_eq!((first.address, first.size, first.state), (BASE + 0x20, 0xe0, BlockState::NotTold));
    }

    #[test]
    fn headers_of_one_size_at_other_distances_are_no_equal_blocks() {
        // Distances far larger than the size.
        assert!(walk(&LonePage::of(BASE, page(0x400, 0x20, 0x0e, 3))).is_none());
        // Too few of them.
        assert!(walk(&LonePage::of(BASE, page(0xe0, 0x20, 0x0e, 2))).is_none());
        // Most places hold something else.
        assert!(walk(&LonePage::of(BASE, page(0x40, 0x20, 0x04, 9))).is_none());
    }
}
