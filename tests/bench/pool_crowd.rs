//! A machine with a large pool and many drivers: `heap-20h1` with copies of one of its segments, each encoded for its place,
//! and with drivers whose code is 608 MB of addresses. The file has 4 GiB, most of it holes. Made when the bench runs.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::grow::{Full, PAGE};
use serde_json::Value;

/// Copies of the segment.
pub const SEGMENTS: u64 = 300;
/// Drivers that are added.
pub const DRIVERS: u64 = 38;
/// Bytes of each one's code.
pub const CODE: u64 = 16 << 20;
/// The tag that stands in the code of each added driver, and how often.
pub const TAG: (&[u8; 4], u64) = (b"PcZ9", 5);

/// Below entries of the top-level table that the dump has: copies of segments, loader entries, drivers.
const COPIES: u64 = 0xFFFF_A406_0000_0000;
const ENTRIES: u64 = 0xFFFF_A405_7100_0000;
const IMAGES: u64 = 0xFFFF_F808_0000_0000;
/// Bytes between two drivers.
const STEP: u64 = 0x200_0000;
const SEGMENT: u64 = 0x10_0000;

/// The dump, and how many blocks in use of the tag `PcC1` its nonpaged pool has more.
pub struct Made {
    /// Where it is.
    pub path: PathBuf,
    /// The blocks.
    pub blocks: u64,
    /// Pages of blocks in the last copy: of the first subsegment of varying size, and of the first of equal blocks.
    pub pages: [u64; 2],
    /// The code that all added drivers have.
    pub code: Vec<u8>,
}

fn number(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// Makes it in a folder.
pub fn make(folder: &Path) -> Made {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pools");
    let truth: Value =
        serde_json::from_slice(&std::fs::read(data.join("heap-20h1.truth.json")).unwrap()).unwrap();
    let mut full = Full::open(&data.join("heap-20h1.dmp.gz"), ENTRIES);
    let heap = &truth["heaps"][0];
    let source = number(&heap["segments"][0]);
    let (blocks, pages) = segments(&mut full, &truth, number(&heap["address"]), source);
    let code = drivers(&mut full);
    let wanted = 4 << 30;
    full.empty((wanted - full.bytes.len() as u64) / PAGE);
    let path = folder.join("pools.dmp");
    let mut file = File::create(&path).unwrap();
    file.write_all(&full.finish()).unwrap();
    file.set_len(wanted).unwrap();
    Made { path, blocks, pages, code }
}

/// Copies a segment with all that is encoded with its address (spec of build 19041: signature, chunk headers, block offsets).
fn segments(full: &mut Full, truth: &Value, heap: u64, source: u64) -> (u64, [u64; 2]) {
    let inside = |address: &u64| (source..source + SEGMENT).contains(address);
    let pages: Vec<&Value> =
        truth["pool_pages"].as_array().unwrap().iter().filter(|it| inside(&number(&it["page"]))).collect();
    let blocks: Vec<&Value> = pages.iter().flat_map(|it| it["blocks"].as_array().unwrap()).collect();
    let chunks: Vec<u64> = blocks.iter().filter_map(|it| it["chunk"].get("address").map(number)).collect();
    let ours = blocks.iter().filter(|it| it["tag"] == "PcC1" && it["state"] == "allocated").count() as u64;
    // Subsegments of equal blocks: the first descriptor of a range says so with 0xB, at its byte 0x18.
    let lfh: Vec<u64> = (2..256u64)
        .filter(|unit| full.read_quad(source + unit * 0x20 + 0x18) as u8 == 0xB)
        .map(|unit| source + unit * PAGE)
        .collect();
    let copied: Vec<u64> = [0, 1]
        .map(|i| source + i * PAGE)
        .into_iter()
        .chain(pages.iter().map(|it| number(&it["page"])))
        .collect();
    let contents: Vec<(u64, Vec<u8>)> =
        copied.iter().map(|page| (page - source, full.read(*page, PAGE as usize))).collect();
    let head = heap + 0x100 + 0x48;
    let mut last = full.read_quad(head + 8);
    for n in 0..SEGMENTS {
        let to = COPIES + n * SEGMENT;
        for (offset, bytes) in &contents {
            full.write(to + offset, bytes);
        }
        for at in chunks.iter().copied().chain([source + 0x10]) {
            let value = full.read_quad(at) ^ at ^ (at - source + to);
            // The signature holds the segment's address, not its own.
            full.write_quad(at - source + to, value);
        }
        for at in &lfh {
            let moved = at - source + to;
            let old = full.read_quad(at + 0x28);
            let encoded = old as u32 ^ *at as u32 >> 12 ^ moved as u32 >> 12;
            full.write(moved + 0x28, &encoded.to_le_bytes());
        }
        full.write_quad(to, head);
        full.write_quad(to + 8, last);
        full.write_quad(last, to);
        full.write_quad(head + 8, to);
        last = to;
    }
    (ours * SEGMENTS, [source + 2 * PAGE, lfh[0]].map(|at| at - source + last))
}

/// Drivers that share the frames of their code; each has its own loader entry.
fn drivers(full: &mut Full) -> Vec<u8> {
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    let mut code: Vec<u8> = (0..CODE / 8)
        .flat_map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()
        })
        .collect();
    for i in 0..TAG.1 {
        // As an immediate of `mov r8d, imm32`, the third argument.
        let at = (0x1_2345 + i * 0x2F_1003) as usize;
        code[at..at + 6].copy_from_slice(&[&[0x41, 0xB8][..], &TAG.0[..]].concat());
    }
    let frames: Vec<u64> = code
        .chunks(PAGE as usize)
        .map(|bytes| {
            let page = full.page();
            full.set_bytes(page, bytes);
            page
        })
        .collect();
    // The last loader entry and image of the dump are the pattern: poolcache.sys.
    let list = full.symbol_list();
    let template = full.read_quad(list + 8);
    let base = full.read_quad(template + 0x30);
    let mut header = full.read(base, PAGE as usize);
    let pe = u32::from_le_bytes(header[0x3C..0x40].try_into().unwrap()) as usize;
    let table = pe + 24 + usize::from(header[pe + 20]) + usize::from(header[pe + 21]) * 256;
    // One section, .text, as large as the code.
    header[pe + 6..pe + 8].copy_from_slice(&1u16.to_le_bytes());
    header[pe + 24 + 56..pe + 24 + 60].copy_from_slice(&((CODE + PAGE) as u32).to_le_bytes());
    header[table + 8..table + 12].copy_from_slice(&(CODE as u32).to_le_bytes());
    header[table + 12..table + 16].copy_from_slice(&(PAGE as u32).to_le_bytes());
    let entry = full.read(template, 0xA0);
    for n in 0..DRIVERS {
        let (image, at) = (IMAGES + n * STEP, full.room(PAGE));
        full.write(image, &header);
        for (i, frame) in frames.iter().enumerate() {
            full.map(image + PAGE + i as u64 * PAGE, *frame);
        }
        let name: Vec<u8> = format!("driver{n:02}.sys").encode_utf16().flat_map(u16::to_le_bytes).collect();
        full.write(at, &entry);
        full.write(at + 0x200, &name);
        full.write_quad(at + 0x30, image);
        full.write(at + 0x40, &((CODE + PAGE) as u32).to_le_bytes());
        for text in [0x48, 0x58] {
            full.write(
                at + text,
                &[(name.len() as u16).to_le_bytes(), (name.len() as u16).to_le_bytes()].concat(),
            );
            full.write_quad(at + text + 8, at + 0x200);
        }
        let last = full.read_quad(list + 8);
        full.write_quad(at, list);
        full.write_quad(at + 8, last);
        full.write_quad(last, at);
        full.write_quad(list + 8, at);
    }
    code
}
