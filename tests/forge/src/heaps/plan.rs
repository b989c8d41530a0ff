//! What is known of a pool that was laid out: its pages, their blocks, and what was damaged.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::memory::PAGE;
use crate::truth::hex;

/// Numbers that only look random.
pub struct Rng(u64);

impl Rng {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

/// A block as it was laid out.
#[derive(Clone)]
pub struct Block {
    /// Where it begins: its POOL_HEADER, or its data where it has none.
    pub start: u64,
    /// What a caller was given.
    pub address: u64,
    /// Bytes asked for; `None` for free ones.
    pub asked: Option<u64>,
    /// Bytes from `start` to its end.
    pub bytes: u64,
    /// `allocated` or `free`.
    pub state: &'static str,
    /// Its tag; of a free one what is left of it, if anything.
    pub tag: Option<[u8; 4]>,
    /// It has a POOL_HEADER.
    pub header: bool,
    /// The chunk of a VS subsegment that holds it: address, bytes.
    pub chunk: Option<(u64, u64)>,
    /// What is special: `cache-aligned`, `quota`, `next-page`, `lookaside`.
    pub note: &'static str,
}

/// Pages of one allocator.
pub struct Pages {
    /// First page and number.
    pub first: u64,
    /// Number of pages that are in memory.
    pub count: u64,
    /// `vs`, `lfh`, `backend`, `large`, `special` or `classic`.
    pub allocator: &'static str,
    /// `nonpaged`, `nonpaged-nx`, `paged` (`special` goes by the allocator).
    pub heap: &'static str,
    /// Nothing in them was damaged.
    pub sound: bool,
    /// The blocks that begin in them.
    pub blocks: Vec<Block>,
}

/// Something that was damaged after all was laid out.
pub struct Damage {
    /// What was done.
    pub kind: &'static str,
    /// First damaged byte.
    pub at: u64,
    /// What was there.
    pub was: Vec<u8>,
    /// What is there.
    pub now: Vec<u8>,
    /// The block whose user did it, if one did.
    pub by: Option<u64>,
    /// The block or structure that suffered.
    pub victim: u64,
    /// What contradicts what, in words.
    pub shows: &'static str,
}

/// Everything.
#[derive(Default)]
pub struct Plan {
    /// All pages.
    pub pages: Vec<Pages>,
    /// All damage.
    pub damage: Vec<Damage>,
    /// Counts of the tag tables by tag: allocations, frees, bytes of nonpaged pool, then of paged pool.
    pub tags: BTreeMap<[u8; 4], [u64; 6]>,
    /// Entries of the table of big allocations: address, bytes, tag, paged.
    pub big: Vec<(u64, u64, [u8; 4], bool)>,
    /// Lookaside lists.
    pub lookasides: Vec<Value>,
    /// Heaps: address, signature, segments.
    pub heaps: Vec<Value>,
}

fn text(tag: [u8; 4]) -> String {
    String::from_utf8_lossy(&tag).to_string()
}

fn bytes(data: &[u8]) -> String {
    data.iter().map(|b| format!("{b:02x}")).collect()
}

impl Plan {
    /// A page of note for each page: with the blocks that begin in it.
    pub fn truth(&self) -> Value {
        let mut pages = Vec::new();
        for p in &self.pages {
            let region = match (p.allocator, p.heap) {
                ("special", _) => "Special pool",
                (_, "paged") => "Paged pool",
                _ => "Nonpaged pool",
            };
            for page in (p.first..p.first + p.count * PAGE).step_by(PAGE as usize) {
                let here = p.blocks.iter().filter(|b| b.start & !(PAGE - 1) == page);
                pages.push(json!({
                    "page": hex(page), "allocator": p.allocator, "heap": p.heap, "region": region, "sound": p.sound,
                    "blocks": here.map(block).collect::<Vec<_>>(),
                }));
            }
        }
        let damage: Vec<Value> = self
            .damage
            .iter()
            .map(|d| {
                json!({
                    "kind": d.kind, "address": hex(d.at), "was": bytes(&d.was), "now": bytes(&d.now),
                    "by": d.by.map(hex), "victim": hex(d.victim), "shows": d.shows,
                })
            })
            .collect();
        let tags: Vec<Value> = self
            .tags
            .iter()
            .map(|(tag, n)| {
                let of = |i: usize| json!({"allocs": n[i], "frees": n[i + 1], "bytes": n[i + 2]});
                json!({"tag": text(*tag), "nonpaged": of(0), "paged": of(3)})
            })
            .collect();
        let big: Vec<Value> = self
            .big
            .iter()
            .map(|(at, size, tag, paged)| {
                json!({"address": hex(*at), "size": hex(*size), "tag": text(*tag), "paged": paged})
            })
            .collect();
        json!({
            "pool_pages": pages, "damage": damage, "tags": tags, "big": big, "lookasides": self.lookasides,
            "heaps": self.heaps,
        })
    }

    /// Counts an allocation in the tag tables, and with `freed` that it was freed again.
    pub fn count(&mut self, tag: [u8; 4], paged: bool, bytes: u64, freed: bool) {
        let n = self.tags.entry(tag).or_default();
        let i = if paged { 3 } else { 0 };
        n[i] += 1;
        n[i + 1] += u64::from(freed);
        n[i + 2] += if freed { 0 } else { bytes };
    }
}

fn block(b: &Block) -> Value {
    json!({
        "start": hex(b.start), "address": hex(b.address), "size": b.asked.map(hex), "block_size": hex(b.bytes),
        "state": b.state, "tag": b.tag.map(text), "header": b.header,
        "chunk": b.chunk.map(|(at, size)| json!({"address": hex(at), "size": hex(size)})), "note": b.note,
    })
}
