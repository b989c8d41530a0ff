//! `!pool` against what the forge's kernel handed out, and against pages that were damaged by hand.

use crate::forge::{number, root, truth};
use crate::golden::run;
use dumpscope::debuggee::Target;
use dumpscope::kernel::pool::{Allocator, BlockState, Region, classify};
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};
use serde_json::Value;
use std::path::Path;

/// A dump of the forge with the symbols of its kernel.
fn session(dump: &Path) -> Session {
    let store = root().join("assets/demo/symbols.zip");
    let mut target = Target::open(dump, &mut |_| {}).unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pool-cache");
    let options = FinderOptions { default_cache: cache, network: false, ..FinderOptions::default() };
    target.set_paths(SearchPath::parse(store.to_str().unwrap()), SearchPath::default(), options);
    Session::new(target, Settings::default())
}

fn list<'t>(truth: &'t Value, kind: &str) -> &'t [Value] {
    truth["pool"][kind].as_array().unwrap()
}

/// Every block that the kernel handed out and that was not freed is found where it is, with its tag and its kind of pool;
/// nothing of a sound pool is called damaged.
#[test]
fn every_block_is_found_and_nothing_sound_is_called_damaged() {
    let truth = truth("wifi");
    let session = session(&root().join("tests/data/wifi-full.dmp.gz"));
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
    let mut session = session(&root().join("tests/data/wifi-full.dmp.gz"));
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
