//! `!pool` against what the forge's kernel handed out, and against pages that were damaged by hand.

use crate::forge::{number, root, truth};
use crate::golden::{forge_symbols, look_for_symbols, run, with_symbols};
use crate::patched::Patched;
use dumpscope::kernel::pool::{Allocator, BlockState, DamageKind, Region, Trust, classify};
use dumpscope::session::Session;
use serde_json::Value;

/// Pages in the part of the address space that the kernel calls a session's are session pool: the same blocks, with the types
/// of their slots changed (`_MI_SYSTEM_VA_TYPE`).
#[test]
fn pool_in_session_space_is_session_pool() {
    let truth = truth("wifi");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let (before, _folder) = dump.open_with(with_symbols);
    let state = dump.pointer(before.target.variable("nt!MiVisibleState").unwrap().0);
    // No variable tells of paged pool: later kernels have none.
    let variable = before.target.debugger_data().unwrap().nonzero("MmPagedPoolStart").unwrap();
    dump.point(variable, 0);
    let paged = |block: &&Value| block["paged"] == true;
    let paged: Vec<u64> =
        list(&truth, "blocks").iter().filter(paged).map(|block| number(&block["address"])).collect();
    let slots = state + crate::patched::offset("_MI_VISIBLE_STATE", "SystemVaType");
    let slot = |address: u64| slots + (address >> 39 & 0xff);
    assert!(!paged.is_empty());
    for address in &paged {
        assert_eq!(classify(&before.scope(), *address).unwrap().region, Region::Paged);
        dump.put(slot(*address), &[1]);
    }
    let (mut changed, _folder) = dump.open_with(with_symbols);
    for address in &paged {
        let (was, is) = (classify(&before.scope(), *address), classify(&changed.scope(), *address));
        let (was, is) = (was.unwrap(), is.unwrap());
        assert_eq!((is.region, is.allocator, is.blocks), (Region::Session, was.allocator, was.blocks));
    }
    let lines = run(&mut changed, &format!("!pool {:x}", paged[0])).unwrap();
    assert_eq!(lines[0], format!("Pool page {:016x} region is Paged session pool", paged[0]));
    // Nonpaged pool is no session's.
    let nonpaged = list(&truth, "blocks").iter().find(|block| block["paged"] == false).unwrap();
    let place = classify(&changed.scope(), number(&nonpaged["address"])).unwrap();
    assert_eq!(place.region, Region::Nonpaged);
}

/// Large blocks of a session's pool stand in the session's own table, which its processes see: from there they have their tags, where they
/// lie in the session's pool.
#[test]
fn large_blocks_of_a_session_are_told_by_its_own_table() {
    let truth = truth("wifi");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let (before, _folder) = dump.open_with(with_symbols);
    let at = crate::patched::offset;
    let visible = dump.pointer(before.target.variable("nt!MiVisibleState").unwrap().0);
    let processes = truth["processes"].as_array().unwrap();
    let process = |id: Value| number(&processes.iter().find(|it| it["session"] == id).unwrap()["eprocess"]);
    let (inside, outside) = (process(Value::from(1)), process(Value::Null));
    // Pages of the record that hold nothing else of the test: one for the session, one for its table.
    let space = number(&list(&truth, "big").iter().find(|big| big["size"] == "0x3000").unwrap()["address"]);
    let table = space + 0x1000;
    let (first, second, last) = (0xffff_d30a_4000_0000u64, 0xffff_d30a_5000_0000u64, 0xffff_d30a_7fff_ffff);
    dump.put(visible + at("_MI_VISIBLE_STATE", "SystemVaType") + (first >> 39 & 0xff), &[1]);
    dump.point(inside + at("_EPROCESS", "Session"), space);
    let member = |name| space + at("_MM_SESSION_SPACE", name);
    dump.put(member("SessionId"), &1u32.to_le_bytes());
    dump.point(member("PagedPoolStart"), first);
    dump.point(member("PagedPoolEnd"), last);
    dump.point(member("PoolTrackBigPages"), table);
    dump.point(member("PoolTrackBigPagesSize"), 4);
    // In use, free, no page of the session's pool, in use. Kinds are POOL_TYPE: 0x21 is paged pool of a session.
    let entries = [
        (first, b"Gtmp", 0x5000u64),
        (first + 0x8001, b"Gfre", 0x1000),
        (space, b"Gout", 0x1000),
        (second, b"Gh05", 0x2340),
    ];
    for (index, (address, tag, size)) in (0..).zip(entries) {
        let entry = table + index * 0x18;
        dump.point(entry, address);
        dump.put(entry + 8, tag);
        dump.put(entry + 0xc, &0x2100u32.to_le_bytes());
        dump.point(entry + 0x10, size);
    }
    let (mut changed, _folder) = dump.open_with(with_symbols);
    run(&mut changed, &format!(".process /p {inside:x}")).unwrap();
    let lines = run(&mut changed, &format!("!pool {:x}", first + 0x2010)).unwrap();
    assert_eq!(lines[0], format!("Pool page {:016x} region is Paged session pool", first + 0x2010));
    let row = format!("*{first:016x} : large page allocation, tag is Gtmp, size is 0x5000 bytes");
    assert_eq!(lines[1], row, "{lines:#?}");
    let row = format!("{second:016x} : tag Gh05, size    0x2340, Paged session pool");
    for (command, is_found) in [
        ("!poolfind Gh05", true),
        ("!poolfind Gh05 4", true),
        ("!poolfind -session Gh*", true),
        ("!poolfind Gh05 1", false),
        ("!poolfind -nonpaged Gh05", false),
    ] {
        let lines = run(&mut changed, command).unwrap();
        assert_eq!(lines.contains(&row), is_found, "{command}: {lines:#?}");
    }
    let lines = run(&mut changed, "!poolfind G* 4").unwrap();
    assert!(!lines.iter().any(|line| line.contains("Gout") || line.contains("Gfre")), "{lines:#?}");
    // A process of no session sees none of it.
    run(&mut changed, &format!(".process /p {outside:x}")).unwrap();
    assert!(!run(&mut changed, "!poolfind Gh05").unwrap().contains(&row));
    let place = classify(&changed.scope(), first + 0x2010).unwrap();
    assert_eq!((place.allocator, place.blocks.len()), (None, 0));
}

fn list<'t>(truth: &'t Value, kind: &str) -> &'t [Value] {
    truth["pool"][kind].as_array().unwrap()
}

/// Every block that the kernel handed out and that was not freed is found where it is, with its tag and its kind of pool;
/// nothing of a sound pool is called damaged.
#[test]
fn every_block_is_found_and_nothing_sound_is_called_damaged() {
    let truth = truth("wifi");
    let session = with_symbols(&root().join("tests/data/wifi-full.dmp.gz"));
    let scope = session.scope();
    let region = |block: &Value| match block["paged"].as_bool().unwrap() {
        true => Region::Paged,
        false => Region::Nonpaged,
    };
    let (mut allocated, mut allocators) = (0, std::collections::HashSet::new());
    for block in list(&truth, "blocks") {
        let address = number(&block["address"]);
        let place = classify(&scope, address).unwrap();
        assert_eq!(place.region, region(block), "{address:x}");
        assert!(place.damage.is_empty() && place.elsewhere.is_empty(), "{address:x}: {:?}", place.damage);
        assert!(place.missing.is_empty(), "{address:x}: {:?}", place.missing);
        allocators.insert(place.allocator);
        let found = place.block().unwrap_or_else(|| panic!("{address:x}"));
        if found.state == BlockState::Allocated && found.data() == address {
            assert_eq!(found.tag.unwrap().to_string(), block["tag"].as_str().unwrap(), "{address:x}");
            assert!(found.end() - address >= number(&block["size"]), "{address:x}");
            allocated += 1;
        }
    }
    assert!(allocators.contains(&Some(Allocator::Vs)) && allocators.contains(&Some(Allocator::Lfh)));
    // The record is of the time before the crash: a few blocks were freed and handed out anew since.
    assert!(allocated * 20 >= list(&truth, "blocks").len() * 19, "{allocated}");
    // The forge hands out one large block after it wrote the table: the segment alone knows of that.
    let mut unlisted = 0;
    for big in list(&truth, "big") {
        let address = number(&big["address"]);
        let place = classify(&scope, address + 8).unwrap();
        assert_eq!(place.region, region(big), "{address:x}");
        let found = place.block().unwrap();
        assert_eq!(found.address, address);
        if place.allocator == Some(Allocator::Backend) {
            unlisted += 1;
            assert_eq!(found.size, number(&big["size"]).next_multiple_of(0x1000));
            continue;
        }
        assert_eq!(place.allocator, Some(Allocator::Large));
        assert_eq!(found.size, number(&big["size"]));
        assert_eq!(found.tag.unwrap().to_string(), big["tag"].as_str().unwrap());
    }
    assert_eq!(unlisted, 1);
}

/// The rows of a page of equal blocks are WinDbg's: `*` before the block and its tag, no previous sizes.
#[test]
fn rows_are_those_of_the_debugger() {
    let truth = truth("wifi");
    let mut session = with_symbols(&root().join("tests/data/wifi-full.dmp.gz"));
    let filt = list(&truth, "blocks").iter().find(|block| block["tag"] == "Filt").unwrap();
    let address = number(&filt["address"]);
    let lines = run(&mut session, &format!("!pool {address:x}")).unwrap();
    assert_eq!(lines[0], format!("Pool page {address:016x} region is Nonpaged pool"));
    let size = number(&filt["size"]) + 0x10;
    let row = format!("*{:016x} size: {size:4x} previous size:    0  (Allocated) *Filt", address - 0x10);
    let marked = lines.iter().position(|line| *line == row).unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(lines[marked + 1], "                Owning component : Unknown (update pooltag.txt)");
    assert_eq!(lines.iter().filter(|line| line.starts_with('*')).count(), 1);
    // Only that block, without the line about its tag.
    assert_eq!(run(&mut session, &format!("!pool {address:x} 80000002")).unwrap(), [lines[0].clone(), row]);
    let big = &list(&truth, "big")[0];
    let address = number(&big["address"]);
    let lines = run(&mut session, &format!("!pool {address:x}")).unwrap();
    let tag = big["tag"].as_str().unwrap();
    let row = format!(
        "*{address:016x} : large page allocation, tag is {tag}, size is {} bytes",
        big["size"].as_str().unwrap()
    );
    assert_eq!(lines[1], row);
}

/// A dump of the forge, changed, with the symbols of its kernel.
fn changed(change: impl FnOnce(&mut Patched)) -> (Session, tempfile::TempDir) {
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    change(&mut dump);
    let (mut session, folder) = dump.open();
    look_for_symbols(&mut session, &forge_symbols());
    (session, folder)
}

/// Three blocks of the record that lie one behind the other in chunks of variable size.
fn neighbours(truth: &Value) -> [u64; 3] {
    let blocks = list(truth, "blocks");
    let of = |at: usize| (number(&blocks[at]["address"]), number(&blocks[at]["size"]));
    let follows = |at: &usize| {
        let ((first, size), (second, _)) = (of(*at), of(at + 1));
        // A header of the pool and one of the chunk stand between them.
        second == first + size.next_multiple_of(0x10) + 0x20
    };
    let at = (0..blocks.len() - 2).find(|at| follows(at) && follows(&(at + 1))).unwrap();
    [of(at).0, of(at + 1).0, of(at + 2).0]
}

/// Text that runs over the end of a block: the header behind it is damaged, its owner is the likely writer, and the blocks
/// beyond are found all the same.
#[test]
fn a_write_past_a_block_is_found_with_the_block_before_it() {
    let truth = truth("wifi");
    let [writer, victim, next] = neighbours(&truth);
    let text = b"\\Device\\HarddiskVolume3\\Windows\\";
    let (session, _folder) = changed(|dump| dump.put(victim - 0x20, text));
    let scope = session.scope();
    let place = classify(&scope, victim).unwrap();
    let [damage] = &place.damage[..] else { panic!("{:?}", place.damage) };
    assert_eq!((damage.kind, damage.trust), (DamageKind::VsHeader, Trust::Certain));
    assert_eq!((damage.address, damage.resumes), (victim - 0x20, Some(next - 0x20)));
    assert_eq!(damage.bytes, text);
    assert_eq!(damage.before.as_ref().unwrap().data(), writer);
    assert_eq!((damage.writer, damage.flipped_bit()), (Trust::Likely, None));
    let data: Vec<u64> = place.blocks.iter().map(|block| block.data()).collect();
    assert!(data.contains(&writer) && data.contains(&next), "{data:x?}");
    assert_eq!(place.block().unwrap().state, BlockState::Unknown);
}

/// One bit of a size that is wrong is no write past a block, and nobody is suspected of it.
#[test]
fn a_single_bit_is_told_and_blames_nobody() {
    let truth = truth("wifi");
    let [_, victim, next] = neighbours(&truth);
    let header = victim - 0x20;
    let (session, _folder) = changed(|dump| {
        let sizes = dump.pointer(header);
        dump.point(header, sizes ^ 1 << 21);
    });
    let place = classify(&session.scope(), victim).unwrap();
    let [damage] = &place.damage[..] else { panic!("{:?}", place.damage) };
    assert_eq!((damage.kind, damage.address), (DamageKind::VsHeader, header));
    assert_eq!(damage.flipped_bit(), Some((header + 2, 1 << 5)));
    assert!(damage.before.is_none());
    let block = place.block().unwrap();
    assert_eq!((block.data(), block.end()), (victim, next - 0x20));
    assert_eq!(block.state, BlockState::Allocated);
}

/// `!poolfind` finds the blocks of a tag that the record names, and `!poolused` counts as the forge's table does.
#[test]
fn a_tag_is_found_and_counted() {
    let truth = truth("wifi");
    let mut session = with_symbols(&root().join("tests/data/wifi-full.dmp.gz"));
    let lines = run(&mut session, "!poolfind Filt").unwrap();
    assert!(lines[0].ends_with(" for tag 0x746c6946 (Filt)"), "{}", lines[0]);
    for big in list(&truth, "big").iter().filter(|big| big["tag"] == "Filt") {
        let size = format!("{:#x}", number(&big["size"]));
        let row = format!("{:016x} : tag Filt, size {size:>9}, Nonpaged pool", number(&big["address"]));
        assert!(lines.contains(&row), "{row}: {lines:#?}");
    }
    let threads = list(&truth, "blocks").iter().filter(|block| block["tag"] == "Thre").count();
    let found = run(&mut session, "!poolfind Thre").unwrap();
    assert_eq!(found.iter().filter(|line| line.contains(" : tag Thre, ")).count(), threads);
    assert!(run(&mut session, "!poolfind Thre 1").unwrap().iter().all(|line| !line.contains(" : tag Thre")));
    let used = run(&mut session, "!poolused 2 Thre").unwrap();
    let row: Vec<&str> =
        used.iter().find(|line| line.starts_with(" Thre")).unwrap().split_whitespace().collect();
    assert_eq!(row[1], threads.to_string());
    assert_eq!(used[0], " Sorting by NonPaged Pool Consumed");
}

/// What is known to be something else is said to be no pool.
#[test]
fn what_is_no_pool_is_told() {
    let truth = crate::forge::truth("wifi");
    let mut session = with_symbols(&root().join("tests/data/wifi-full.dmp.gz"));
    let threads = truth["threads"].as_array().unwrap();
    let stack = number(&threads.iter().find(|thread| number(&thread["pid"]) != 0).unwrap()["stack_limit"]);
    let kernel = number(&truth["modules"][0]["base"]);
    for (address, words) in [(stack + 0x20, "(Stack)"), (kernel + 0x20, "lies in the module nt")] {
        let lines = run(&mut session, &format!("!pool {address:x}")).unwrap();
        assert!(lines[1].contains(" is no pool: ") && lines[1].contains(words), "{lines:#?}");
        assert_eq!(lines.len(), 2, "{lines:#?}");
    }
}

/// A sound page is valid, a damaged one is not, and what is no pool is neither.
#[test]
fn poolval_judges_by_the_allocator() {
    let truth = truth("wifi");
    let [_, victim, _] = neighbours(&truth);
    let verdict = |session: &mut Session, address: u64| {
        let lines = run(session, &format!("!poolval {address:x}")).unwrap();
        let line = lines.iter().find(|line| line.starts_with("Pool page [ ")).unwrap().clone();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    let mut sound = with_symbols(&root().join("tests/data/wifi-full.dmp.gz"));
    assert_eq!(verdict(&mut sound, victim), "VALID.");
    let module = sound.target.modules().named("nt").unwrap().base;
    assert_eq!(verdict(&mut sound, module), "UNKNOWN.");
    let (mut damaged, _folder) = changed(|dump| dump.put(victim - 0x20, b"overrun!"));
    assert_eq!(verdict(&mut damaged, victim), "INVALID.");
}
