//! Large dumps for the benches: sparse files whose pages are holes, so that they take no room on the disk.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::synth::{Machine, put64};

/// Writes a bitmap dump with `pages` pages in fragmented runs. `real` pages, if any, are written at their place.
pub fn bitmap_dump(path: &Path, pages: u64, machine: &Machine) {
    let (bits, count) = fragmented(pages, machine);
    let mut head = machine.header(5);
    let first_page = (0x2038 + bits.len() as u64).next_multiple_of(0x1000);
    head.resize(0x2038, 0);
    head[0x2000..0x2008].copy_from_slice(b"SDMPDUMP");
    put64(&mut head, 0x2020, first_page);
    put64(&mut head, 0x2028, pages);
    put64(&mut head, 0x2030, count);
    let mut file = File::create(path).unwrap();
    file.write_all(&head).unwrap();
    file.write_all(&bits).unwrap();
    let mut place = 0;
    let mut next = machine.pages.iter().peekable();
    for (index, byte) in bits.iter().enumerate() {
        for bit in 0..8 {
            if byte >> bit & 1 == 0 {
                continue;
            }
            if let Some((_, page)) = next.next_if(|(pfn, _)| **pfn == index as u64 * 8 + bit) {
                file.seek(SeekFrom::Start(first_page + place * 0x1000)).unwrap();
                file.write_all(page).unwrap();
            }
            place += 1;
        }
    }
    assert_eq!((place, next.next()), (pages, None));
    file.set_len(first_page + pages * 0x1000).unwrap();
}

/// A bitmap with exactly `pages` bits set: all of the machine's pages, and others in runs of 1 to 32 with gaps of
/// 1 to 16.
fn fragmented(pages: u64, machine: &Machine) -> (Vec<u8>, u64) {
    let mut bits: Vec<u8> = Vec::new();
    let mut left = pages;
    let mut set = |bits: &mut Vec<u8>, pfn: u64| {
        let (byte, bit) = ((pfn / 8) as usize, 1u8 << (pfn % 8));
        if bits.len() <= byte {
            bits.resize(byte + 1, 0);
        }
        let fresh = bits[byte] & bit == 0 && left > 0;
        if fresh {
            bits[byte] |= bit;
            left -= 1;
        }
        left > 0
    };
    for &pfn in machine.pages.keys() {
        set(&mut bits, pfn);
    }
    let (mut pfn, mut seed) = (1u64, 1u64);
    'all: loop {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        for _ in 0..1 + (seed >> 59) {
            if !set(&mut bits, pfn) {
                break 'all;
            }
            pfn += 1;
        }
        pfn += 1 + (seed >> 40 & 15);
    }
    let count = bits.len() as u64 * 8;
    (bits, count)
}
