//! Pools of every generation where something that leads to their blocks is wrong or missing: the key, the table of large blocks, the
//! heaps themselves. What is told stays right, and of a sound page nothing is called damaged.

use crate::forge::{number, root};
use crate::golden::{look_for_symbols, run};
use crate::patched::Patched;
use dumpscope::debuggee::Target;
use dumpscope::kernel::pool::{Allocator, BlockState, DamageKind, Evidence, PoolPlace, Trust, classify};
use dumpscope::memory::Memory;
use dumpscope::session::{Session, Settings};
use serde_json::Value;

/// Cases of pools in segment heaps.
const CASES: [&str; 5] = ["heap-1809", "heap-19h1", "heap-20h1", "heap-22h2", "heap-24h2"];

fn truth(case: &str) -> Value {
    let path = root().join(format!("tests/data/pools/{case}.truth.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn name_symbols(session: &mut Session) {
    let store = root().join("tests/data/pools/symbols.zip");
    look_for_symbols(session, store.to_str().unwrap());
}

/// The address of a variable of a case's kernel.
fn variable(case: &str, name: &str) -> u64 {
    let dump = root().join(format!("tests/data/pools/{case}.dmp.gz"));
    let mut session = Session::new(Target::open(&dump, &mut |_| {}).unwrap(), Settings::default());
    name_symbols(&mut session);
    session.target.variable(name).unwrap_or_else(|| panic!("{case}: {name}")).0
}

/// A case, changed, with the symbols of its kernel or without.
fn changed(case: &str, symbols: bool, change: impl FnOnce(&mut Patched)) -> (Session, tempfile::TempDir) {
    let mut dump = Patched::new(&format!("tests/data/pools/{case}.dmp.gz"));
    change(&mut dump);
    let (mut session, folder) = dump.open();
    if symbols {
        name_symbols(&mut session);
    }
    (session, folder)
}

/// Pages of an allocator, sound ones or damaged ones.
fn pages<'t>(truth: &'t Value, allocator: &str, sound: bool) -> Vec<&'t Value> {
    let all = truth["pool_pages"].as_array().unwrap().iter();
    all.filter(|page| page["allocator"] == allocator && page["sound"] == sound).collect()
}

fn at(session: &Session, page: &Value) -> PoolPlace {
    classify(&session.scope(), number(&page["page"])).unwrap()
}

/// A key that fits no segment is not believed: the segments agree on another, with which everything is as it was; and it is said.
#[test]
fn a_wrong_key_is_noticed_and_the_one_that_the_segments_agree_on_is_used() {
    for case in CASES {
        let truth = truth(case);
        let key = variable(case, "nt!RtlpHpHeapGlobals");
        let (session, _folder) = changed(case, true, |dump| dump.point(key, 0x1234_5678_9abc_def0));
        for allocator in ["vs", "lfh"] {
            for page in pages(&truth, allocator, true) {
                let place = at(&session, page);
                assert!(
                    place.damage.is_empty() && place.elsewhere.is_empty(),
                    "{case}: {page}: {:?}",
                    place.damage
                );
                assert!(!place.blocks.is_empty(), "{case}: {page}");
                let said: Vec<String> = place.missing.iter().map(|why| why.to_string()).collect();
                assert!(
                    said.iter().any(|why| why.contains("HeapKey") && why.contains("12345678`9abcdef0")),
                    "{said:?}"
                );
            }
        }
        let overrun =
            truth["damage"].as_array().unwrap().iter().find(|it| it["kind"] == "overrun-vs").unwrap();
        let place = classify(&session.scope(), number(&overrun["victim"])).unwrap();
        assert_eq!(place.damage[0].kind, DamageKind::VsHeader, "{case}");
        assert_eq!(place.damage[0].writer, Trust::Likely, "{case}");
    }
}

/// Where neither the key nor the segments tell how headers are encoded, nothing is called damaged.
#[test]
fn without_any_key_no_page_is_called_damaged() {
    for case in CASES {
        let truth = truth(case);
        let key = variable(case, "nt!RtlpHpHeapGlobals");
        let (session, _folder) = changed(case, true, |dump| {
            dump.point(key, 0x1234_5678_9abc_def0);
            for heap in truth["heaps"].as_array().unwrap() {
                for (index, segment) in heap["segments"].as_array().unwrap().iter().enumerate() {
                    dump.point(
                        number(segment) + 0x10,
                        0x5a5a_0000_0000_0000 ^ index as u64 ^ number(segment).rotate_left(20),
                    );
                }
            }
        });
        for allocator in ["vs", "lfh"] {
            for page in pages(&truth, allocator, true) {
                let place = at(&session, page);
                assert!(
                    place.damage.is_empty() && place.elsewhere.is_empty(),
                    "{case}: {page}: {:?}",
                    place.damage
                );
                let said: Vec<String> = place.missing.iter().map(|why| why.to_string()).collect();
                assert!(said.iter().any(|why| why.contains("HeapKey")), "{case}: {said:?}");
            }
        }
    }
}

/// Without symbols, and with heaps that are none any more, pages are read by themselves: blocks of variable size as they are, equal blocks
/// without their state, and nothing of a sound page is damaged.
#[test]
fn pages_by_themselves_tell_what_confirms_itself() {
    for case in CASES {
        let truth = truth(case);
        let (session, _folder) = changed(case, false, |dump| {
            for heap in truth["heaps"].as_array().unwrap() {
                dump.put(number(&heap["address"]) + 0x10, &[0; 4]);
            }
        });
        let (mut chunks, mut equal) = (0, 0);
        for allocator in ["vs", "lfh"] {
            for page in pages(&truth, allocator, true) {
                let place = at(&session, page);
                let what = format!("{case}: {}: {:?}", page["page"], place.damage);
                assert!(place.damage.is_empty() && place.elsewhere.is_empty(), "{what}");
                if place.blocks.is_empty() || place.allocator == Some(Allocator::Large) {
                    continue;
                }
                assert_eq!(place.evidence, Evidence::PageAlone, "{what}");
                let wanted = if allocator == "vs" { Allocator::Vs } else { Allocator::Lfh };
                assert_eq!(place.allocator, Some(wanted), "{what}");
                for block in page["blocks"].as_array().unwrap() {
                    let start = number(&block["start"]);
                    let Some(found) = place.blocks.iter().find(|found| found.address == start) else {
                        // What comes before the first header that confirms itself is not told.
                        assert!(
                            place.blocks.iter().all(|found| found.address > start)
                                || block["note"] == "pages",
                            "{what}: {block}"
                        );
                        continue;
                    };
                    assert_eq!(found.size, number(&block["block_size"]), "{what}: {block}");
                    let state =
                        if block["state"] == "free" { BlockState::Free } else { BlockState::Allocated };
                    match allocator {
                        "vs" => assert_eq!(found.state, state, "{what}: {block}"),
                        _ => assert_eq!(found.state, BlockState::NotTold, "{what}: {block}"),
                    }
                    if block["header"] == true {
                        assert_eq!(found.tag.unwrap().to_string(), block["tag"].as_str().unwrap(), "{what}");
                    }
                }
                *(if allocator == "vs" { &mut chunks } else { &mut equal }) += 1;
            }
        }
        assert!(chunks >= 9 && equal >= 6, "{case}: {chunks} {equal}");
        // Damage shows as what it is, or not at all.
        let mut shown = 0;
        for damage in truth["damage"].as_array().unwrap() {
            let place = classify(&session.scope(), number(&damage["victim"])).unwrap();
            let kinds: Vec<DamageKind> = place.damage.iter().map(|damage| damage.kind).collect();
            let expected = match damage["kind"].as_str().unwrap() {
                "overrun-vs" | "overrun-vs-short" | "vs-header-bit" => vec![DamageKind::VsHeader],
                "vs-double-free" => vec![DamageKind::VsDoubleFree],
                _ => Vec::new(),
            };
            assert!(kinds.is_empty() || kinds == expected, "{case}: {damage}: {kinds:?}");
            shown += kinds.len();
        }
        assert!(shown >= 3, "{case}: {shown}");
    }
}

/// A large block that the table does not list is found in its heap's tree, without a tag.
#[test]
fn large_blocks_are_found_in_the_heaps_tree_too() {
    for case in CASES {
        let truth = truth(case);
        let table = variable(case, "nt!PoolBigPageTable");
        let (session, _folder) = changed(case, true, |dump| dump.point(table, 0));
        let mut found = 0;
        for big in truth["big"].as_array().unwrap() {
            let (address, size) = (number(&big["address"]), number(&big["size"]));
            let place = classify(&session.scope(), address + size / 2).unwrap();
            assert!(place.damage.is_empty(), "{case}: {big}");
            if place.allocator != Some(Allocator::Large) {
                continue;
            }
            let block = place.block().unwrap_or_else(|| panic!("{case}: {big}"));
            assert_eq!((block.address, block.tag), (address, None), "{case}: {big}");
            assert!(
                block.size >= size && block.size <= size.next_multiple_of(0x1000),
                "{case}: {big}: {:x}",
                block.size
            );
            found += 1;
        }
        assert_eq!(found, 2, "{case}");
        let behind = truth["big"].as_array().unwrap().iter().find(|it| it["tag"] == "PcL3").unwrap();
        let end = number(&behind["address"]) + number(&behind["size"]) + 0x10_0000;
        assert_eq!(classify(&session.scope(), end).unwrap().allocator, None, "{case}");
    }
}

/// What `kind` of damage to a page of small blocks is told as, and whether the block before it is named.
fn told_as(kind: &str) -> (&'static [DamageKind], bool) {
    match kind {
        "overrun" => (&[DamageKind::PreviousSize, DamageKind::BlockSize], true),
        "size-bit" => (&[DamageKind::BlockSize], false),
        "previous-size" => (&[DamageKind::PreviousSize], false),
        "free-list" => (&[DamageKind::FreeLinks], false),
        other => panic!("{other}"),
    }
}

/// Windows 10 1809 has segment heaps and the lists for pages of small blocks, and chooses when it starts: without heaps its pages are
/// read as such pages, sound and damaged ones, with symbols and without, and nothing is said to be missing.
#[test]
fn pages_of_small_blocks_are_read_where_the_kernel_has_both() {
    let small = truth("heap-rs1");
    let source = Patched::new("tests/data/pools/heap-rs1.dmp.gz");
    let truth = truth("heap-1809");
    let state = variable("heap-1809", "nt!ExPoolState");
    let of_kind = |region: &str, all: Vec<&Value>| -> Vec<u64> {
        all.into_iter().filter(|page| page["region"] == region).map(|page| number(&page["page"])).collect()
    };
    let is_large = |page: u64| {
        let mut all = truth["big"].as_array().unwrap().iter();
        all.any(|big| {
            (0..number(&big["size"]).next_multiple_of(0x1000))
                .contains(&(page.wrapping_sub(number(&big["address"]))))
        })
    };
    // Each page of small blocks takes the place of a page in a heap, of the same kind of pool, that holds small blocks too.
    let mut moved = Vec::new();
    for region in ["Nonpaged pool", "Paged pool"] {
        let all = small["pool_pages"].as_array().unwrap().iter();
        let from = of_kind(region, all.filter(|page| page["allocator"] == "classic").collect());
        let place = of_kind(region, pages(&truth, "vs", true)).into_iter().filter(|page| !is_large(*page));
        moved.extend(from.into_iter().zip(place));
    }
    assert_eq!(moved.len(), 12);
    let to = |address: u64| {
        let (from, to) = moved.iter().find(|(from, _)| *from == address & !0xfff).unwrap();
        address - from + to
    };
    for symbols in [true, false] {
        let (mut session, _folder) = changed("heap-1809", symbols, |dump| {
            // _EX_POOL_HEAP_MANAGER_STATE.NumberOfPools and SpecialHeaps of 10.0.17763.
            dump.put(state + 0x30c8, &[0; 4]);
            (0..3).for_each(|index| dump.point(state + 0x86100 + index * 8, 0));
            for heap in truth["heaps"].as_array().unwrap() {
                dump.put(number(&heap["address"]) + 0x10, &[0; 4]);
            }
            for (from, to) in &moved {
                let mut bytes = [0; 0x1000];
                source.before().target.memory().read(*from, &mut bytes).unwrap();
                dump.put(*to, &bytes);
            }
        });
        let (mut told, mut allocated) = (0, Vec::new());
        for page in pages(&small, "classic", true) {
            let place = classify(&session.scope(), to(number(&page["page"]))).unwrap();
            let what = format!("symbols {symbols}: {}: {place:?}", page["page"]);
            assert!(place.damage.is_empty() && place.missing.is_empty(), "{what}");
            assert_eq!(place.allocator, Some(Allocator::Page), "{what}");
            let blocks = page["blocks"].as_array().unwrap();
            assert_eq!(place.blocks.len(), blocks.len(), "{what}");
            for (found, block) in place.blocks.iter().zip(blocks) {
                assert_eq!(found.address, to(number(&block["start"])), "{what}");
                assert_eq!(found.size, number(&block["block_size"]), "{what}");
                assert_eq!(found.tag.unwrap().to_string(), block["tag"].as_str().unwrap(), "{what}");
                let is_free = block["state"] == "free";
                assert_eq!(found.state == BlockState::Free, is_free, "{what}");
                if !is_free {
                    allocated.push((found.address, found.tag.unwrap()));
                }
                told += 1;
            }
        }
        assert!(told > 25, "{told}");
        for damage in small["damage"].as_array().unwrap() {
            let (kinds, has_writer) = told_as(damage["kind"].as_str().unwrap());
            let place = classify(&session.scope(), to(number(&damage["victim"]))).unwrap();
            let what = format!("symbols {symbols}: {damage}: {:?}", place.damage);
            assert!(place.missing.is_empty(), "{what}: {:?}", place.missing);
            let found = place.damage.iter().find(|found| kinds.contains(&found.kind));
            let found = found.unwrap_or_else(|| panic!("{what}"));
            assert_eq!(found.writer == Trust::Likely, has_writer, "{what}");
            if has_writer {
                let before = found.before.as_ref().unwrap();
                let by = to(number(&damage["by"]));
                assert!(before.address <= by && by < before.end(), "{what}");
            }
        }
        // They are searched for too, page by page.
        let lines = run(&mut session, "!poolfind *").unwrap();
        for (address, tag) in &allocated {
            let row = format!("{address:016x} : tag {tag}, size ");
            assert!(lines.iter().any(|line| line.starts_with(&row)), "symbols {symbols}: {row}: {lines:#?}");
        }
    }
}
