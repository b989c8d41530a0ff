//! `!pte` on the forge's dumps, against what the emulator recorded.

use crate::forge::{number, root, truth};
use crate::golden::{run, session};
use crate::patched::{Patched, offset};
use crate::synth::put64;
use dumpscope::session::Session;
use serde_json::Value;

fn opened(case: &str) -> (Session, Value) {
    (session(&root().join(format!("tests/data/{case}.dmp.gz"))), truth(case))
}

/// Chooses the process whose root table the record names.
fn attach(session: &mut Session, truth: &Value, cr3: &Value) {
    let processes = truth["processes"].as_array().unwrap();
    let process = processes.iter().find(|process| process["cr3"] == *cr3).unwrap();
    run(session, &format!(".process /p {:x}", number(&process["eprocess"]))).unwrap();
}

#[test]
fn every_kind_of_entry_is_told() {
    for case in ["paging", "la57"] {
        let (mut session, truth) = opened(case);
        let entries = truth["entries"].as_array().unwrap();
        assert!(entries.len() >= 9, "{case}");
        for entry in entries {
            attach(&mut session, &truth, &entry["cr3"]);
            let address = number(&entry["va"]);
            let lines = run(&mut session, &format!("!pte {address:x}")).unwrap();
            let text = lines.join("\n");
            let kind = entry["kind"].as_str().unwrap();
            assert_eq!(lines[0].trim_start(), format!("VA {address:016x}"), "{case} {kind}");
            assert!(
                lines[2].contains(&format!("contains {:016X}", number(&entry["value"]))),
                "{case} {kind}: {text}"
            );
            let page = entry["pa"].as_str().map(|_| number(&entry["pa"]) >> 12);
            let said = match kind {
                "hardware" => format!("pfn {:x} ", page.unwrap()),
                "large" => format!("LARGE PAGE pfn {:x}", page.unwrap()),
                "transition" => format!("  Transition: {:x}", page.unwrap()),
                "pagefile" => "  PageFile:  1\n".to_owned(),
                "demand-zero" => "  DemandZero".to_owned(),
                "prototype" => {
                    format!("  Proto: {:016X}", number(&entry["value"]) >> 16 | 0xffff_0000_0000_0000)
                }
                "prototype-vad" => "  Proto: VAD".to_owned(),
                "no-access" => "  Protect: 18 - NoAccess".to_owned(),
                "zero" => "not valid".to_owned(),
                other => panic!("{other} is not known"),
            };
            assert!(text.contains(&said), "{case} {kind}: no {said:?} in\n{text}");
        }
    }
}

/// A prototype PTE lies in the pool; of what is no entry of a page table that is said.
#[test]
fn what_lies_outside_the_page_tables_is_said_to() {
    let (mut session, truth) = opened("paging");
    let prototype =
        truth["entries"].as_array().unwrap().iter().find(|entry| entry["kind"] == "prototype").unwrap();
    attach(&mut session, &truth, &prototype["cr3"]);
    let at = number(&prototype["value"]) >> 16 | 0xffff_0000_0000_0000;
    let lines = run(&mut session, &format!("!pte {at:x} 1")).unwrap();
    assert!(lines[0].starts_with(&format!("{at:016x} lies outside the page tables (")), "{lines:#?}");
    assert!(lines[0].ends_with("if an entry, it is a prototype PTE"), "{lines:#?}");
    assert!(lines[1].starts_with(&format!("PTE at {at:016X}")), "{lines:#?}");
    // The entry that refers to it does not.
    let entry = run(&mut session, &format!("!pte {:x}", number(&prototype["va"]))).unwrap();
    let at = entry[1].rsplit(' ').next().unwrap();
    let lines = run(&mut session, &format!("!pte {at} 1")).unwrap();
    assert!(!lines.iter().any(|line| line.contains("outside")), "{lines:#?}");
}

/// Windows maps its page tables for itself: what lies at the address of an entry is the entry, and typing that address
/// leads back to the page.
#[test]
fn entries_lie_where_they_are_said_to() {
    for case in ["paging", "la57"] {
        let (mut session, truth) = opened(case);
        for known in truth["translations"].as_array().unwrap().iter().take(40) {
            attach(&mut session, &truth, &known["cr3"]);
            let address = number(&known["va"]);
            let lines = run(&mut session, &format!("!pte {address:x}")).unwrap();
            let entry = lines[1].rsplit(' ').next().unwrap().to_owned();
            let content = lines[2].rsplit(' ').next().unwrap().to_lowercase();
            let words = run(&mut session, &format!("dq {entry} L1")).unwrap();
            assert!(words[0].replace('`', "").ends_with(&content), "{case} {address:x}: {words:?}");
            let page = number(&known["pa"]) >> 12;
            assert!(lines[3].contains(&format!("pfn {page:x}")), "{case} {address:x}: {lines:#?}");
            let back = run(&mut session, &format!("!pte {entry}")).unwrap();
            assert_eq!(back[0].trim_start(), format!("VA {:016x}", address & !0xfff), "{case}");
        }
    }
}

/// The physical addresses that the emulator found, both by the root's address and by its page frame.
#[test]
fn addresses_are_translated_as_the_emulator_did() {
    for case in ["paging", "la57"] {
        let (mut session, truth) = opened(case);
        let known = truth["translations"].as_array().unwrap();
        assert!(known.len() >= 20, "{case}");
        for known in known {
            let (root, address, physical) =
                (number(&known["cr3"]), number(&known["va"]), number(&known["pa"]));
            for root in [root, root >> 12] {
                let lines = run(&mut session, &format!("!vtop {root:x} {address:x}")).unwrap();
                let last =
                    format!("Virtual address {address:x} translates to physical address {physical:x}.");
                assert_eq!(lines.last(), Some(&last), "{case}: {lines:#?}");
            }
        }
    }
}

/// Every page that the emulator translated is in the list of its page tables.
#[test]
fn all_mappings_are_listed() {
    for (case, slot_bits) in [("paging", 39), ("la57", 48)] {
        let (mut session, truth) = opened(case);
        let known = truth["translations"].as_array().unwrap();
        let root = known[0]["cr3"].clone();
        // The entry of address 0 is the first of all; the slot of the root that maps them is left out.
        let first = run(&mut session, "!pte 0").unwrap()[1].rsplit(' ').next().unwrap().to_owned();
        let entries = u64::from_str_radix(&first, 16).unwrap() >> slot_bits;
        let lines = run(&mut session, &format!("!ptov {:x}", number(&root))).unwrap();
        let rows: Vec<(u64, u64, u64)> = lines[1..]
            .iter()
            .map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                let hex = |word: &str| u64::from_str_radix(&word.replace('`', ""), 16).unwrap();
                let size = words.get(2).map_or(4, |size| size.trim_start_matches('(').parse().unwrap());
                (hex(words[0]), hex(words[1]), size << 10)
            })
            .collect();
        let mut compared = 0;
        for known in known.iter().filter(|known| known["cr3"] == root) {
            let (address, physical) = (number(&known["va"]), number(&known["pa"]));
            if address >> slot_bits == entries {
                continue;
            }
            let row = rows.iter().find(|(_, start, size)| address.wrapping_sub(*start) < *size);
            let (page, start, _) = row.unwrap_or_else(|| panic!("{case}: {address:x} is not listed"));
            assert_eq!(physical, page + (address - start), "{case}: {address:x}");
            compared += 1;
        }
        assert!(compared >= 10, "{case}: only {compared}");
        assert!(rows.is_sorted_by_key(|(_, start, _)| *start), "{case}");
    }
}

/// The record of a page table names the entry that leads to it, and the table that this entry is in.
#[test]
fn records_of_pages_name_the_entries_that_lead_there() {
    let (mut session, truth) = opened("paging");
    let entry = &truth["entries"][0];
    attach(&mut session, &truth, &entry["cr3"]);
    let lines = run(&mut session, &format!("!pte {:x}", number(&entry["va"]))).unwrap();
    let after = |line: &str, label: &str| -> Vec<String> {
        line.split(label).skip(1).map(|rest| rest.split_whitespace().next().unwrap().to_owned()).collect()
    };
    let (addresses, pages) = (after(&lines[1], " at "), after(&lines[3], "pfn "));
    let mut table = format!("{:06x}", number(&entry["cr3"]) >> 12);
    // The tables; the page itself is one of the record's special cases.
    for (address, page) in addresses.iter().zip(&pages).take(3) {
        let lines = run(&mut session, &format!("!pfn {page}")).unwrap();
        assert!(
            lines[0].starts_with(&format!("    PFN {:0>8} at address ", page.to_uppercase())),
            "{lines:#?}"
        );
        assert!(lines[1].ends_with(&format!("pteaddress {address}")), "{lines:#?}");
        assert!(lines[3].contains(&format!("containing page {table}  Active     M")), "{lines:#?}");
        table = format!("{page:0>6}");
        // By its own address it is the same record.
        let at = lines[0].rsplit(' ').next().unwrap();
        assert_eq!(run(&mut session, &format!("!pfn {at}")).unwrap(), lines);
    }
}

/// What `!pfn 1234` says of a triage dump that does not tell where the records are, but holds these words of them and of page
/// table entries: in the places of its last blocks.
fn record_of(words: &[(u64, u64)]) -> String {
    let mut dump = Patched::new("tests/data/wifi-triage.dmp.gz").into_bytes();
    let number = |dump: &[u8], at: usize| u32::from_le_bytes(dump[at..at + 4].try_into().unwrap()) as usize;
    let (list, count) = (number(&dump, 0x2078), number(&dump, 0x207c));
    for (back, (address, word)) in (1..).zip(words) {
        let block = list + (count - back) * 16;
        let (at, size) = (number(&dump, block + 8), number(&dump, block + 12));
        assert_eq!(size, 0x1000);
        put64(&mut dump, block, address & !0xfff);
        dump[at..at + size].fill(0);
        put64(&mut dump, at + (address & 0xfff) as usize, *word);
    }
    put64(&mut dump, 0x18, 0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages.dmp");
    std::fs::write(&path, &dump).unwrap();
    run(&mut session(&path), "!pfn 1234").unwrap_or_else(|error| vec![error])[0].clone()
}

#[test]
fn a_record_that_a_triage_dump_holds_tells_where_all_are() {
    const BASE: u64 = 0xffff_fa80_0000_0000;
    // PteBase of the dump is ffffe08000000000.
    const ENTRY: u64 = 0xffff_e080_0011_2230;
    let member = offset("_MMPFN", "PteAddress");
    let of = |base: u64, page: u64, entry: u64| (base + page * 0x30 + member, entry);
    let (record, entry) = (of(BASE, 0x4321, ENTRY | 1), (ENTRY, 0x8000_0000_0432_1867));
    let said = record_of(&[record, entry]);
    assert!(said.contains("fffffa80`000369c0"), "{said}");
    // Nothing is confirmed by an entry that is missing, is of another page or not valid, or that lies among no entries.
    let other = [
        vec![record],
        vec![record, (ENTRY, 0x8000_0000_0432_2867)],
        vec![record, (ENTRY, 0x0432_1860)],
        vec![of(BASE, 0x4321, BASE + 0x100), (BASE + 0x100, 0x0432_1867)],
        // Two that contradict each other.
        vec![record, entry, of(BASE + (1 << 39), 0x777, ENTRY + 0x1000), (ENTRY + 0x1000, 0x0077_7867)],
    ];
    for words in other {
        assert!(!record_of(&words).contains("000369c0"), "{words:x?}: {}", record_of(&words));
    }
}
