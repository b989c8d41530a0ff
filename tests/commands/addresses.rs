//! `!address` against what the forge's kernel put where.

use crate::forge::{number, root, truth};
use crate::golden::{run, with_symbols};
use crate::patched::Patched;
use crate::symbol_table::{self, array, number as bits, structure};
use dumpscope::kernel::{AddressMap, MapKind, MapRegion, PteSpace};
use dumpscope::session::Session;
use serde_json::Value;

fn list<'t>(value: &'t Value, key: &str) -> &'t [Value] {
    value[key].as_array().unwrap()
}

/// The rows by their labels.
fn said(session: &mut Session, address: u64) -> Vec<(String, String)> {
    let lines = run(session, &format!("!address {address:x}")).unwrap();
    let row = |line: String| {
        let (label, value) = line.split_once(':').unwrap();
        (label.to_owned(), value.trim().to_owned())
    };
    lines.into_iter().filter(|line| line.contains(':')).map(row).collect()
}

fn row<'r>(rows: &'r [(String, String)], label: &str) -> &'r str {
    rows.iter().find(|(known, _)| known == label).map_or("", |(_, value)| value)
}

/// `fffff807`61400000` as a number.
fn plain(text: &str) -> u64 {
    u64::from_str_radix(&text.replace('`', ""), 16).unwrap_or_else(|_| panic!("{text:?}"))
}

#[test]
fn what_the_kernel_put_somewhere_is_told() {
    let truth = truth("wifi");
    let mut session = with_symbols(&root().join("tests/data/wifi-full.dmp.gz"));
    for module in list(&truth, "modules") {
        let (base, size) = (number(&module["base"]), number(&module["size"]));
        for address in [base, base + size - 1] {
            let rows = said(&mut session, address);
            assert_eq!(row(&rows, "Usage"), "Module", "{address:x}");
            assert_eq!(row(&rows, "Module name"), module["name"].as_str().unwrap());
            assert_eq!(plain(row(&rows, "Base Address")), base);
            assert_eq!(plain(row(&rows, "Region Size")), size);
        }
    }
    // No process lists the threads that run when there is nothing to do.
    for thread in list(&truth, "threads").iter().filter(|thread| number(&thread["pid"]) != 0) {
        let (limit, base) = (number(&thread["stack_limit"]), number(&thread["stack_base"]));
        for address in [limit, base - 8] {
            let rows = said(&mut session, address);
            assert_eq!(row(&rows, "Usage"), "Stack", "{address:x}");
            assert_eq!(plain(row(&rows, "Thread")), number(&thread["ethread"]));
            assert_eq!(plain(row(&rows, "End Address")), base);
        }
    }
    for block in list(&truth["pool"], "blocks") {
        let rows = said(&mut session, number(&block["address"]));
        assert_eq!(row(&rows, "Usage"), "Pool", "{block}");
        let pool = if block["paged"] == true { "Paged pool" } else { "Nonpaged pool" };
        assert_eq!(row(&rows, "Pool"), pool, "{block}");
    }
    for image in list(&truth, "unloaded") {
        let rows = said(&mut session, number(&image["start"]));
        assert!(row(&rows, "Usage").starts_with("Unloaded module"), "{image}");
        assert_eq!(row(&rows, "Module name"), image["name"].as_str().unwrap());
    }
    for (address, usage) in [
        (0xffff_f780_0000_0014, "KUSER_SHARED_DATA"),
        (0x7ffe_0014, "KUSER_SHARED_DATA"),
        (0x8000_0000_0000, "None: the address is not canonical"),
    ] {
        assert_eq!(row(&said(&mut session, address), "Usage"), usage, "{address:x}");
    }
    // A hole far from everything.
    assert!(row(&said(&mut session, 0xffff_9123_4567_8000), "Usage").starts_with("unknown"));
}

#[test]
fn a_page_table_entry_is_told_with_what_it_maps() {
    let truth = truth("paging");
    let mut session = with_symbols(&root().join("tests/data/paging.dmp.gz"));
    let space = PteSpace::of(&session.target).unwrap();
    for entry in list(&truth, "entries") {
        let address = number(&entry["va"]);
        let rows = said(&mut session, space.entry(address, 0));
        assert_eq!(row(&rows, "Usage"), "Page Tables", "{entry}");
        assert_eq!(plain(row(&rows, "Maps")), address & !0xfff, "{entry}");
    }
}

#[test]
fn the_ranges_of_a_process_are_told() {
    let truth = truth("wifi");
    let mut session = with_symbols(&root().join("tests/data/wifi-full.dmp.gz"));
    let mut ranges = 0;
    for process in list(&truth, "processes") {
        let eprocess = number(&process["eprocess"]);
        let Some(vads) = process["vads"].as_array().filter(|vads| !vads.is_empty()) else { continue };
        run(&mut session, &format!(".process /p {eprocess:x}")).unwrap();
        for vad in vads.iter().filter(|vad| vad[2] != "Image") {
            let start = number(&vad[0]) << 12;
            let rows = said(&mut session, start);
            if row(&rows, "Usage") == "KUSER_SHARED_DATA" {
                continue;
            }
            assert_eq!(row(&rows, "Usage"), "VAD", "{vad}");
            assert_eq!(plain(row(&rows, "Base Address")), start, "{vad}");
            assert_eq!(plain(row(&rows, "End Address")), (number(&vad[1]) + 1) << 12, "{vad}");
            assert_eq!(plain(row(&rows, "Process")), eprocess);
            ranges += 1;
        }
    }
    assert!(ranges > 3, "{ranges}");
}

/// Addresses of 57 bits: modules and page tables; what the slots of its root table are for is not made up.
#[test]
fn addresses_of_five_levels_are_told() {
    let truth = truth("la57");
    let mut session = with_symbols(&root().join("tests/data/la57.dmp.gz"));
    for module in list(&truth, "modules") {
        let rows = said(&mut session, number(&module["base"]));
        assert_eq!(row(&rows, "Module name"), module["name"].as_str().unwrap());
    }
    let space = PteSpace::of(&session.target).unwrap();
    for entry in list(&truth, "entries") {
        let address = number(&entry["va"]);
        let rows = said(&mut session, space.entry(address, 0));
        assert_eq!(row(&rows, "Usage"), "Page Tables", "{entry}");
        assert_eq!(plain(row(&rows, "Maps")), address & !0xfff, "{entry}");
    }
    let rows = said(&mut session, 0xff10_0000_0012_3456);
    assert!(row(&rows, "Usage").starts_with("unknown"), "{rows:?}");
    // Bits 57 and up have to repeat bit 56.
    let rows = said(&mut session, 0xfe10_0000_0000_0000);
    assert_eq!(row(&rows, "Usage"), "None: the address is not canonical");
}

/// Regions with places of their own lie in the upper part of 57 bits too. The fixture's symbols do not name them; a table with the names of
/// build 19041 does.
#[test]
fn regions_of_five_levels_are_told() {
    let mut dump = Patched::new("tests/data/la57.dmp.gz");
    let (before, _folder) = dump.open_with(with_symbols);
    let kernel = before.target.modules().named("nt").unwrap().base;
    let pointer = before.target.variable("nt!MiVisibleState").unwrap().0;
    let state = dump.pointer(pointer);
    let at = |member| crate::patched::offset("_MI_VISIBLE_STATE", member);
    let types = [("NonPagedPool", 0), ("PagedPool", 1), ("SystemCache", 2), ("PfnDatabase", 5)];
    // Bases anywhere above the highest address of 48 bits that Windows' half begins with, and below it.
    let regions = [
        ("NonPagedPool", 0xff12_0000_0000_0000, 1 << 46),
        ("PagedPool", 0xff34_8000_0000_0000, 1 << 40),
        ("SystemCache", 0xfff1_0000_0000_0000, 1 << 44),
        ("PfnDatabase", 0xffff_e000_0000_0000u64, 1u64 << 39),
    ];
    dump.put(state + at("PagingLevels"), &[5]);
    for ((name, index), (kind, base, size)) in types.into_iter().zip(regions) {
        assert_eq!(name, kind);
        dump.point(state + at("SystemVaRegions") + index * 16, base);
        dump.point(state + at("SystemVaRegions") + index * 16 + 8, size);
    }
    let (mut session, folder) = dump.open();
    let key = truth("la57")["modules"][0]["pdb_key"].as_str().unwrap().to_owned();
    let members = [
        ("PagingLevels", at("PagingLevels"), bits(8)),
        ("SystemVaType", at("SystemVaType"), array(256, bits(8))),
        ("SystemVaRegions", at("SystemVaRegions"), array(13, structure("_MI_SYSTEM_VA_ASSIGNMENT"))),
    ];
    let place = [("BaseAddress", 0, bits(64)), ("NumberOfBytes", 8, bits(64))];
    let structures: [symbol_table::Structure<'_>; 2] = [
        ("_MI_VISIBLE_STATE", 0x2000, members.as_slice()),
        ("_MI_SYSTEM_VA_ASSIGNMENT", 16, place.as_slice()),
    ];
    let named = types.map(|(name, index)| (format!("AssignedRegion{name}"), index));
    let named: Vec<(&str, u64)> = named.iter().map(|(name, index)| (name.as_str(), *index)).collect();
    let names = [("MiVisibleState", pointer - kernel)];
    let enums: [symbol_table::Enumeration<'_>; 1] = [("_MI_ASSIGNED_REGION_TYPES", named.as_slice())];
    symbol_table::write_with(folder.path(), "ntkrnlmp.pdb", &key, &names, &structures, &enums);
    run(&mut session, &format!(".sympath isf*{}", folder.path().display())).unwrap();
    run(&mut session, ".reload").unwrap();
    for (kind, base, size) in regions {
        for address in [base, base + size - 1] {
            assert_eq!(row(&said(&mut session, address), "Region"), kind, "{address:x}");
        }
        for address in [base - 1, base + size] {
            assert_ne!(row(&said(&mut session, address), "Region"), kind, "{address:x}");
        }
    }
    // What the slots of its root table are for is not told, and that is said.
    let rows = said(&mut session, 0xff56_0000_0000_0000);
    assert!(row(&rows, "Usage").starts_with("unknown"), "{rows:?}");
    assert!(rows.iter().any(|(_, value)| value.contains("four levels")), "{rows:?}");
}

/// Windows 7 has its regions at places that were published; of Windows 8.1 nothing is made up.
#[test]
fn regions_of_windows_7_are_where_they_always_are() {
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let published = [
        (0xffff_f8a0_0123_4000, "PagedPool"),
        (0xffff_f960_0001_2000, "Session"),
        (0xffff_f700_0108_1000, "HyperSpace"),
        (0xffff_f780_c000_0000, "WorkingSetSystemCache"),
        (0xffff_f980_1234_5000, "DynamicVa"),
    ];
    dump.build(7601);
    let (mut windows_7, _folder) = dump.open();
    for (address, kind) in published {
        assert_eq!(row(&said(&mut windows_7, address), "Region"), kind, "{address:x}");
    }
    dump.build(9600);
    let (mut windows_8, _folder) = dump.open();
    for (address, _) in published {
        let rows = said(&mut windows_8, address);
        assert!(row(&rows, "Usage").starts_with("unknown"), "{address:x}");
        let why =
            |(label, why): &(String, String)| label == "Not known" && why.contains("build 9600 has its");
        assert!(rows.iter().any(why), "{rows:?}");
    }
}

/// Most of what knows addresses is not in a triage dump: that is one reason.
#[test]
fn what_a_triage_dump_lacks_is_said_once() {
    let mut session = with_symbols(&root().join("tests/data/wifi-triage.dmp.gz"));
    let lines = run(&mut session, "!address ffff9123`45678000").unwrap();
    let saved = lines.iter().filter(|line| line.contains("not among the memory saved")).count();
    let known = lines.iter().filter(|line| line.starts_with("Not known: ")).count();
    assert!(saved == 1 && known <= 2, "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("the page at ffff9123`45678000")), "{lines:#?}");
}

/// The map holds every module, every stack of a process's thread and every pool region of the record, and the kernel's own
/// words for what a slot of the root table is for, as the forge wrote them.
#[test]
fn the_map_holds_what_the_kernel_put_somewhere() {
    let truth = truth("wifi");
    let session = with_symbols(&root().join("tests/data/wifi-full.dmp.gz"));
    let scope = session.scope();
    let map = AddressMap::of(&scope, session.process()).unwrap();
    let find = |kind: MapKind, base: u64| {
        map.regions.iter().find(|region| region.kind == kind && region.base == base)
    };
    for module in list(&truth, "modules") {
        let region = find(MapKind::Module, number(&module["base"])).unwrap_or_else(|| panic!("{module}"));
        assert_eq!(region.size(), number(&module["size"]));
    }
    for thread in list(&truth, "threads").iter().filter(|thread| number(&thread["pid"]) != 0) {
        let region =
            find(MapKind::Stack, number(&thread["stack_limit"])).unwrap_or_else(|| panic!("{thread}"));
        assert_eq!(region.thread, Some(number(&thread["ethread"])));
        assert_eq!(region.last + 1, number(&thread["stack_base"]));
    }
    // Bits 39 to 47 of the addresses of blocks name the slots that the forge calls nonpaged (5) and paged pool (6).
    for (block, word) in
        [(&truth["pool"]["blocks"][0], "NonPagedPool"), (&truth["pool"]["big"][0], "PagedPool")]
    {
        let address = number(&block["address"]);
        let holds = |region: &&MapRegion| (region.base..=region.last).contains(&address);
        let slot = map.regions.iter().filter(|region| region.kind == MapKind::Slot).find(holds);
        assert_eq!(slot.map(|slot| slot.name.as_str()), Some(word), "{block}");
    }
    assert!(map.regions.is_sorted_by_key(|region| region.base));
}
