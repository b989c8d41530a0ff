//! What the pool keeps beside its blocks: the table of big allocations, the counts by tag, lookaside lists.

use serde_json::json;

use super::plan::Plan;
use crate::memory::{NX, PAGE, W};
use crate::truth::hex;
use crate::world::World;

/// Where the tables are: the pool's own allocations, in pages of their own.
const TABLES: u64 = 0xFFFF_A405_6000_0000;
const TRACKER: &str = "_POOL_TRACKER_TABLE";
const BIG: &str = "_POOL_TRACKER_BIG_PAGES";
const LIST: &str = "_GENERAL_LOOKASIDE";

/// The table of big allocations: scattered, with entries that are free.
pub fn big_pages(w: &mut World, plan: &Plan) {
    let (entries, size) = (128, w.layout.size(BIG));
    let root = w.root();
    w.memory.map(root, TABLES, entries * size, W | NX);
    for i in 0..entries {
        w.put(BIG, TABLES + i * size, "Va", 1);
    }
    // An entry whose allocation is gone keeps the rest of what it said.
    let gone = TABLES + 5 * size;
    w.put(BIG, gone, "Va", 0xFFFF_A405_8CFF_0000 | 1);
    w.put(BIG, gone, "Key", u64::from(u32::from_le_bytes(*b"Gone")));
    w.put(BIG, gone, "NumberOfBytes", 0x3000);
    for (i, (at, bytes, tag, paged)) in plan.big.iter().enumerate() {
        let e = TABLES + (i as u64 * 37 + 11) % entries * size;
        w.put(BIG, e, "Va", *at);
        w.put(BIG, e, "Key", u64::from(u32::from_le_bytes(*tag)));
        // Pool types (1 paged, 0x200 without execution); on 26100 the flags of ExAllocatePool2 (0x100 paged, 0x40 nonpaged).
        if w.layout.find(BIG, "PoolFlags").is_some() {
            w.put(BIG, e, "PoolFlags", if *paged { 0x100 } else { 0x40 });
        } else {
            w.put(BIG, e, "PoolType", if *paged { 1 } else { 0x200 });
        }
        w.put(BIG, e, "SlushSize", bytes.next_multiple_of(PAGE) - bytes);
        w.put(BIG, e, "NumberOfBytes", *bytes);
    }
    for (name, value) in [("PoolBigPageTable", TABLES), ("PoolBigPageTableSize", entries)] {
        let at = w.nt(name);
        w.q(at, value);
    }
}

/// The counts by tag, spread over the tables of two processors.
pub fn trackers(w: &mut World, plan: &Plan) {
    let (entries, size) = (64, w.layout.size(TRACKER));
    let root = w.root();
    let tables = [TABLES + 0x10_0000, TABLES + 0x20_0000];
    for (n, table) in tables.into_iter().enumerate() {
        w.memory.map(root, table, entries * size, W | NX);
        for (i, (tag, counts)) in plan.tags.iter().enumerate() {
            let e = table + (i as u64 * 29 + 7) % entries * size;
            w.put(TRACKER, e, "Key", u64::from(u32::from_le_bytes(*tag)));
            let members = [
                "NonPagedAllocs",
                "NonPagedFrees",
                "NonPagedBytes",
                "PagedAllocs",
                "PagedFrees",
                "PagedBytes",
            ];
            for (member, count) in members.into_iter().zip(counts) {
                // The second table has what is a third of it; only the sums are what there is.
                let share = count / 3;
                w.put(TRACKER, e, member, if n == 0 { count - share } else { share });
            }
        }
    }
    let array = w.nt("ExPoolTagTables");
    w.q(array, tables[0]);
    w.q(array + 8, tables[1]);
    for (name, value) in
        [("PoolTrackTable", tables[0]), ("PoolTrackTableSize", entries), ("PoolTrackTableMask", entries - 1)]
    {
        let at = w.nt(name);
        w.q(at, value);
    }
}

/// A lookaside list of nonpaged blocks that keeps some blocks, which the pool counts as in use.
pub fn lookaside(w: &mut World, plan: &mut Plan, tag: &[u8; 4], asked: u64, kept: &[u64]) {
    let at = w.nt("ExpWorkerLookaside");
    let head = w.nt("ExNPagedLookasideListHead");
    // SLIST_HEADER: depth and sequence, then the first entry's address with its low bits used (WDK headers).
    w.q(at, kept.len() as u64 | 0x1234 << 16);
    w.q(at + 8, kept.first().map_or(1, |first| first | 1));
    for (i, entry) in kept.iter().enumerate() {
        w.q(*entry, kept.get(i + 1).copied().unwrap_or(0));
    }
    for (member, value) in [
        ("Depth", 4),
        ("MaximumDepth", 256),
        ("TotalAllocates", 1000),
        ("AllocateMisses", 250),
        ("TotalFrees", 990),
        ("FreeMisses", 238),
        ("Type", 0x200),
        ("Tag", u64::from(u32::from_le_bytes(*tag))),
        ("Size", asked),
    ] {
        w.put(LIST, at, member, value);
    }
    let entry = at + w.layout.off(LIST, "ListEntry");
    w.list_insert(head, entry);
    plan.lookasides.push(json!({
        "address": hex(at), "name": "ExpWorkerLookaside", "tag": String::from_utf8_lossy(tag), "size": asked,
        "depth": kept.len(), "allocates": 1000, "allocate_misses": 250, "frees": 990, "free_misses": 238,
        "entries": kept.iter().map(|k| hex(*k)).collect::<Vec<_>>(),
    }));
}
