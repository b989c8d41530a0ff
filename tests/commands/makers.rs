//! Who made the modules: `lm 3`, `lmv`, `!tag` and `ln` on the forge's dumps.

use crate::golden::{real_dumps, run, session};
use crate::shared::root_with;
use dumpscope::debuggee::{Maker, ModuleKind};
use std::collections::{BTreeMap, BTreeSet};

/// The drivers that the forge makes for others than Windows (`tests/forge/windows/third`, `wlanflt`).
const OTHERS: [&str; 7] = ["wlanflt", "vscan", "vsfilter", "usbredir", "isospace", "isofilter", "tspport"];

#[test]
fn modules_of_others_are_listed_alone_and_say_whose_they_are() {
    let mut session = session(&crate::forge::demo("wifi"));
    let others = run(&mut session, "lm1m3").unwrap();
    assert!(others.contains(&"wlanflt".to_owned()), "{others:#?}");
    assert!(others.iter().all(|name| OTHERS.contains(&name.trim())), "{others:#?}");
    let rows = run(&mut session, "lm 3").unwrap();
    let row = rows.iter().find(|row| row.contains(" wlanflt ")).unwrap();
    // What the resource script says.
    assert!(row.ends_with("third party: Contoso Wireless, by its version resource"), "{row}");
    assert!(rows.iter().all(|row| !row.contains("Unloaded") && !row.contains(" nt ")), "{rows:#?}");
    let lines = run(&mut session, "lmvm nt").unwrap();
    assert!(lines.contains(&"    Made by:          Windows, by its name".to_owned()), "{lines:#?}");
}

/// `mov r8d, 'tliF'` of the driver's source.
#[test]
fn a_tag_is_found_in_the_driver_that_allocates_with_it() {
    let mut session = session(&crate::forge::demo("wifi"));
    for line in ["!tag Filt", "!mex.tag Filt", "!tag 0x746c6946"] {
        let lines = run(&mut session, line).unwrap();
        assert!(lines.iter().any(|line| line.starts_with("wlanflt ")), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("41 b8 46 69 6c 74")), "{lines:#?}");
    }
    assert!(run(&mut session, "!tag").is_err() && run(&mut session, "!tag Filter").is_err());
}

#[test]
fn an_address_of_an_unloaded_module_names_it() {
    let mut session = session(&crate::forge::demo("wifi"));
    let unloaded = session.target.unloaded().to_vec();
    let modules = session.target.modules();
    let gone: Vec<_> = unloaded.iter().filter(|gone| modules.at(gone.start).is_none()).cloned().collect();
    assert!(!gone.is_empty());
    for module in gone {
        let newest = unloaded.iter().find(|other| (other.start..other.end).contains(&module.start)).unwrap();
        let lines = run(&mut session, &format!("ln {:x}", module.start)).unwrap();
        let offset = module.start - newest.start;
        assert!(lines[0].ends_with(&format!(")   <Unloaded_{}>+{offset:#x}", newest.name)), "{lines:#?}");
    }
    let beyond = unloaded.iter().map(|module| module.end).max().unwrap();
    assert_eq!(run(&mut session, &format!("ln {beyond:x}")).unwrap(), Vec::<String>::new());
}

/// `tests/data/makers.txt`, which was made by hand, against the modules of all real dumps: whoever is called somebody else's
/// stands there, and whoever stands there is never taken for Windows'.
#[test]
fn makers_of_real_modules_are_what_was_reviewed() {
    let Some(shared) = root_with(&["dumps"]) else { return };
    let reviewed: BTreeMap<String, Maker> = std::fs::read_to_string("tests/data/makers.txt")
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| {
            let (company, names) = line.split_once(':').unwrap();
            let maker = if company == "unknown" { Maker::Unknown } else { Maker::ThirdParty };
            names.split_whitespace().map(move |name| (name.to_ascii_lowercase(), maker)).collect::<Vec<_>>()
        })
        .collect();
    let mut seen = BTreeSet::new();
    let mut windows = 0;
    for path in real_dumps(&shared) {
        let session = session(&path);
        for module in session.target.modules().iter().filter(|module| module.kind == ModuleKind::Kernel) {
            let name = module.name.to_ascii_lowercase();
            let maker = session.target.origin(module).maker;
            if matches!(maker, Maker::Windows | Maker::Copy) {
                windows += 1;
                assert_eq!(reviewed.get(&name), None, "{name} is not Microsoft's");
            } else {
                assert_eq!(reviewed.get(&name), Some(&maker), "{name}");
                seen.insert(name);
            }
        }
    }
    assert_eq!(seen, reviewed.into_keys().collect(), "names that no dump has");
    assert!(windows > 3000, "only {windows}");
}
