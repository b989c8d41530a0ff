//! `!pool` against pools of every generation that were laid out block by block, and damaged in known places.

use crate::forge::{number, root};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// A page holds so many bytes.
const PAGE: u64 = 0x1000;

fn folder() -> PathBuf {
    root().join("tests/data/pools")
}

/// Every case with its record.
fn cases() -> Vec<(String, Value)> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().to_str()?.strip_suffix(".truth.json").map(str::to_string)
        })
        .collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    let read = |name: &str| std::fs::read(folder().join(format!("{name}.truth.json"))).unwrap();
    names.iter().map(|name| (name.clone(), serde_json::from_slice(&read(name)).unwrap())).collect()
}

/// The documents of some commands, with the symbols of the case's kernel.
fn ask(case: &str, commands: &[String]) -> Vec<Value> {
    ask_with(case, Some("symbols.zip"), commands)
}

/// The documents of some commands, with symbols or without.
fn ask_with(case: &str, symbols: Option<&str>, commands: &[String]) -> Vec<Value> {
    let mut dumpscope = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    dumpscope.arg(folder().join(format!("{case}.dmp.gz")));
    if let Some(symbols) = symbols {
        dumpscope.arg("-y").arg(folder().join(symbols));
    }
    let done = dumpscope.args(["--json", "-c", &commands.join("; ")]).output().unwrap();
    let documents: Vec<Value> = String::from_utf8(done.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|it: &Value| it["command"].as_str().is_some_and(|typed| typed.starts_with("!pool")))
        .collect();
    assert_eq!(documents.len(), commands.len(), "{case}: {}", String::from_utf8_lossy(&done.stderr));
    documents
}

/// The fields of a document's blocks of a kind.
fn fields<'d>(document: &'d Value, kind: &str) -> Vec<&'d Value> {
    let blocks = document["blocks"].as_array().unwrap();
    blocks.iter().filter(|block| block["kind"] == kind).map(|block| &block["fields"]).collect()
}

/// What a document says beside the page, its blocks and their tags.
fn complaints(document: &Value) -> Vec<&str> {
    let known = [
        "pool_page",
        "pool_block",
        "pool_large",
        "pool_special",
        "pool_tag",
        "pool_evidence",
        "pool_lookaside",
    ];
    let blocks = document["blocks"].as_array().unwrap();
    blocks
        .iter()
        .filter(|block| !known.contains(&block["kind"].as_str().unwrap()))
        .map(|block| block["text"].as_str().unwrap())
        .collect()
}

fn pages(truth: &Value, sound: bool) -> Vec<&Value> {
    let all = truth["pool_pages"].as_array().unwrap();
    all.iter().filter(|page| page["sound"].as_bool().unwrap() == sound).collect()
}

/// Of each sound page exactly its blocks are listed, each with its size, state and tag, and nothing is called damaged.
#[test]
fn sound_pages_are_listed_block_by_block() {
    for (case, truth) in cases() {
        sound_pages(&case, &truth, Some("symbols.zip"));
    }
}

/// The same where no symbols name the heaps: they are found by what they hold, with the layouts that are built in.
#[test]
fn sound_pages_are_listed_without_symbols() {
    for (case, truth) in cases() {
        sound_pages(&case, &truth, None);
    }
}

fn sound_pages(case: &str, truth: &Value, symbols: Option<&str>) {
    {
        let sound = pages(truth, true);
        let commands: Vec<String> =
            sound.iter().map(|page| format!("!pool {:x}", number(&page["page"]))).collect();
        let mut checked = 0;
        for (page, document) in sound.iter().zip(ask_with(case, symbols, &commands)) {
            let at = number(&page["page"]);
            assert_eq!(complaints(&document), Vec::<&str>::new(), "{case}: {at:x}");
            let head = fields(&document, "pool_page");
            let region = head[0]["region"].as_str().unwrap();
            let wanted = page["region"].as_str().unwrap().trim_end_matches(" pool").to_lowercase();
            assert_eq!(region.trim_end_matches(" pool").to_lowercase(), wanted, "{case}: {at:x}");
            if !["vs", "lfh", "classic"].contains(&page["allocator"].as_str().unwrap()) {
                continue;
            }
            let blocks: BTreeMap<u64, &Value> =
                page["blocks"].as_array().unwrap().iter().map(|it| (number(&it["start"]), it)).collect();
            let listed = fields(&document, "pool_block");
            let found: BTreeMap<u64, &Value> =
                listed.iter().map(|row| (number(&row["address"]), *row)).collect();
            for (start, block) in &blocks {
                // A block of whole pages in a subsegment stands in the table of big allocations, and is asked for by itself.
                if block["note"] == "pages" {
                    continue;
                }
                let row = found.get(start).unwrap_or_else(|| panic!("{case}: no row for {block}"));
                assert_eq!(number(&row["size"]), number(&block["block_size"]), "{case}: {start:x}");
                assert_eq!(row["state"], block["state"], "{case}: {start:x}");
                if block["header"].as_bool().unwrap() {
                    assert_eq!(row["tag"], block["tag"], "{case}: {start:x}");
                }
                let billed = if block["note"] == "quota" { &truth["process"] } else { &Value::Null };
                // The cookie of the pointers to processes has to be named.
                if block["state"] == "allocated" && symbols.is_some() {
                    assert_eq!(&row["process"], billed, "{case}: {start:x}");
                }
                checked += 1;
            }
            // What is listed beside these began in a page before.
            let others: Vec<&u64> =
                found.keys().filter(|it| **it >= at && !blocks.contains_key(it)).collect();
            assert!(others.is_empty(), "{case}: {at:x}: {others:x?}");
        }
        assert!(checked > 15, "{case}: {checked}");
    }
}

/// An address inside a block marks that block, and no other.
#[test]
fn the_block_of_an_address_is_marked() {
    for (case, truth) in cases() {
        let sound = pages(&truth, true);
        let blocks: Vec<&Value> = sound
            .iter()
            .flat_map(|page| page["blocks"].as_array().unwrap())
            .filter(|block| block["state"] == "allocated" && block["header"] == true)
            .step_by(7)
            .collect();
        let commands: Vec<String> =
            blocks.iter().map(|block| format!("!pool {:x}", number(&block["address"]) + 8)).collect();
        for (block, document) in blocks.iter().zip(ask(&case, &commands)) {
            let listed = fields(&document, "pool_block");
            let marked: Vec<u64> = listed
                .iter()
                .filter(|row| row["marked"] == true)
                .map(|row| number(&row["address"]))
                .collect();
            assert_eq!(marked, [number(&block["start"])], "{case}: {block}");
        }
    }
}

/// Blocks of whole pages are told with their tag and the bytes that were asked for.
#[test]
fn large_blocks_are_told_by_the_table() {
    for (case, truth) in cases() {
        let big = truth["big"].as_array().unwrap();
        let commands: Vec<String> =
            big.iter().map(|it| format!("!pool {:x}", number(&it["address"]))).collect();
        for (block, document) in big.iter().zip(ask(&case, &commands)) {
            let row = format!(
                "*{:016x} : large page allocation, tag is {}, size is {} bytes",
                number(&block["address"]),
                block["tag"].as_str().unwrap(),
                block["size"].as_str().unwrap()
            );
            let texts: Vec<&str> = document["blocks"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["text"].as_str().unwrap())
                .collect();
            assert!(texts.contains(&row.as_str()), "{case}: {row}: {texts:?}");
        }
    }
}

/// Each damage is noticed where it is: something is said of a page that it concerns, and says an address that it concerns.
#[test]
fn damage_is_told_where_it_is() {
    for (case, truth) in cases() {
        for damage in truth["damage"].as_array().unwrap() {
            // A free list leads from page to page: no page's own blocks contradict each other.
            if damage["kind"] == "free-list" {
                continue;
            }
            let (at, victim) = (number(&damage["address"]), number(&damage["victim"]));
            // A segment's own pages hold no blocks: any page of it tells.
            let base = victim & !(PAGE - 1);
            let damaged = pages(&truth, false);
            let page = damaged.iter().map(|it| number(&it["page"])).find(|page| *page >= base).unwrap();
            let document = &ask(&case, &[format!("!pool {page:x}")])[0];
            let said = complaints(document).join("\n").replace('`', "");
            // What was freed is not there to be told of in part.
            let freed = damage["kind"] == "special-use-after-free";
            let near = |address: u64| said.contains(&format!("{:x}", address >> if freed { 12 } else { 8 }));
            assert!(near(at) || near(victim), "{case}: {damage}: {said:?}");
            assert!(!freed || said.contains("freed"), "{case}: {said:?}");
        }
    }
}

/// What is told of each kind of damage: its kind, and whether the block before it is named as a likely writer. `None` for the kind is
/// damage that no header shows.
fn diagnosis(kind: &str) -> Option<(&'static [&'static str], bool)> {
    Some(match kind {
        "overrun-vs" | "overrun-vs-short" => (&["vs_header"], true),
        "vs-header-bit" => (&["vs_header"], false),
        "vs-double-free" => (&["vs_double_free"], false),
        "vs-signature" => (&["vs_subsegment"], false),
        "overrun-lfh" => (&["pool_header"], true),
        "lfh-double-free" | "lfh-bitmap" => (&["lfh_bitmap"], false),
        "lfh-offsets" => (&["lfh_header"], false),
        "segment-signature" => (&["segment_signature"], false),
        "special-underrun" => (&["special_underrun"], false),
        "overrun" => (&["previous_size", "block_size"], true),
        "size-bit" => (&["block_size"], false),
        "previous-size" => (&["previous_size"], false),
        "free-list" => (&["free_links"], false),
        "special-use-after-free" => return None,
        other => panic!("{other}"),
    })
}

/// Each damage is told as what it is, with symbols and without; the block that wrote past its end is named where the bytes speak for
/// it, and nobody where a bit fell over or a block was freed twice.
#[test]
fn damage_is_told_as_what_it_is() {
    for (case, truth) in cases() {
        for symbols in [Some("symbols.zip"), None] {
            for damage in truth["damage"].as_array().unwrap() {
                let named = damage["kind"].as_str().unwrap();
                let Some((kinds, has_writer)) = diagnosis(named) else { continue };
                let base = number(&damage["victim"]) & !(PAGE - 1);
                let page =
                    pages(&truth, false).iter().map(|it| number(&it["page"])).find(|page| *page >= base);
                // A page whose free list is damaged is not listed among those whose headers are.
                let page = if named == "free-list" { Some(base) } else { page };
                let document = &ask_with(&case, symbols, &[format!("!pool {:x}", page.unwrap())])[0];
                let blocks = document["blocks"].as_array().unwrap();
                let told: Vec<&Value> = blocks
                    .iter()
                    .filter(|block| block["of"] == "pool_damage")
                    .map(|block| &block["fields"])
                    .collect();
                let what = format!("{case}, symbols {symbols:?}: {damage}: {told:?}");
                let one = told.iter().find(|it| kinds.contains(&it["kind"].as_str().unwrap()));
                let one = one.unwrap_or_else(|| panic!("{what}"));
                assert_eq!(one["writer"] == "likely", has_writer, "{what}");
                if has_writer {
                    let by = number(&damage["by"]);
                    let before = number(&one["before"]);
                    assert!(before <= by && by < before + PAGE, "{what}");
                }
                let text = one["text"].as_str().unwrap();
                assert_eq!(
                    text.contains("freed twice") || text.contains("Freed twice"),
                    named.ends_with("double-free"),
                    "{what}"
                );
                assert_eq!(text.contains("bitmap was written over"), named == "lfh-bitmap", "{what}");
                let bits = blocks.iter().flat_map(|block| block["blocks"].as_array().into_iter().flatten());
                let has_bit = bits.filter(|block| block["kind"] == "flipped_bit").count() > 0;
                if has_bit {
                    assert!(
                        ["vs-header-bit", "size-bit", "vs-double-free", "vs-signature"].contains(&named),
                        "{what}"
                    );
                }
            }
        }
    }
}

/// Before segment heaps `!poolfind` reads the pages that are mapped in the pools' regions: all blocks of sound pages are found.
#[test]
fn blocks_of_pages_without_segment_heap_are_found() {
    let (_, truth) = cases().into_iter().find(|(case, _)| case == "heap-rs1").unwrap();
    let listed = &ask("heap-rs1", &["!poolfind *".to_owned()])[0];
    let found: BTreeMap<u64, &Value> =
        fields(listed, "pool_block").into_iter().map(|row| (number(&row["address"]), row)).collect();
    let mut expected = 0;
    for page in pages(&truth, true) {
        for block in page["blocks"].as_array().unwrap() {
            let start = number(&block["start"]);
            let row = found.get(&start);
            assert_eq!(row.is_some(), block["state"] == "allocated", "{block}");
            let Some(row) = row else { continue };
            assert_eq!(row["tag"], block["tag"], "{block}");
            let region = page["region"].as_str().unwrap().trim_end_matches(" pool").to_lowercase();
            assert_eq!(row["region"].as_str().unwrap().to_lowercase(), region, "{block}");
            expected += 1;
        }
    }
    assert!(expected > 15, "{expected}");
    let paged = &ask("heap-rs1", &["!poolfind * 1".to_owned()])[0];
    assert!(fields(paged, "pool_block").iter().all(|row| row["region"] == "paged"));
}

/// Blocks that a lookaside list keeps are in use for the allocator alone.
#[test]
fn what_a_lookaside_list_keeps_is_told() {
    for (case, truth) in cases() {
        let Some(lists) = truth["lookasides"].as_array() else { continue };
        for list in lists {
            let kept: Vec<u64> = list["entries"].as_array().unwrap().iter().map(number).collect();
            let commands: Vec<String> = kept.iter().map(|entry| format!("!pool {entry:x}")).collect();
            let last = format!("!pool {:x}", number(&truth["pool_pages"][0]["blocks"][0]["address"]));
            let documents = ask(&case, &[commands, vec![last]].concat());
            for (entry, document) in kept.iter().zip(&documents) {
                let rows = fields(document, "pool_lookaside");
                assert_eq!(rows.len(), 1, "{case}: {entry:x}");
                assert_eq!(number(&rows[0]["list"]), number(&list["address"]), "{case}: {entry:x}");
            }
            assert_eq!(fields(documents.last().unwrap(), "pool_lookaside"), Vec::<&Value>::new(), "{case}");
        }
    }
}
