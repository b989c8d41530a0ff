//! The first names of a PDB come from a part of it, later ones from the table of all names: both must be what a walk
//! over all records with `pdb2` finds, for every public name and for addresses in between.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::source::{Symbol, SymbolSource};
use pdb::{FallibleIterator, SymbolData};

/// A PDB answers at least this many questions from its parts.
const QUESTIONS: usize = 40;

fn open(bytes: &[u8]) -> PdbFile {
    PdbFile::from_bytes(bytes.to_vec(), Path::new("x.pdb"), None).unwrap()
}

/// Every PDB at hand, by name.
fn all() -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let folders = ["tests/data/symbols", "tests/data/pe", "tests/data/pdb"].map(|folder| root.join(folder));
    for path in
        folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|e| e.unwrap().path())
    {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        if name.starts_with("rearranged") {
            // There a walk by address gives wrong names; tests/symbols_forms.rs looks at it.
            continue;
        }
        if name.ends_with(".pdb.gz") {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
            found.push((name, plain));
        } else if name.ends_with(".pdb") {
            found.push((name, bytes));
        }
    }
    let demo = std::fs::File::open(root.join("assets/demo/symbols.zip")).unwrap();
    let mut demo = zip::ZipArchive::new(demo).unwrap();
    for at in 0..demo.len() {
        let mut entry = demo.by_index(at).unwrap();
        if entry.name().ends_with(".pdb") {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            found.push((entry.name().to_owned(), bytes));
        }
    }
    let kernel = "symbols/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B8441/ntkrnlmp.pdb";
    if let Some(kernel) = crate::shared::shared(kernel) {
        found.push(("a kernel's".to_owned(), std::fs::read(kernel).unwrap()));
    }
    found
}

/// All addresses that records outside functions name, with their names as they stand there.
fn walk(bytes: &[u8]) -> BTreeMap<u32, BTreeSet<String>> {
    let mut file = pdb::PDB::open(Cursor::new(bytes)).unwrap();
    let map = file.address_map().unwrap();
    let mut found: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    let mut take = |data: SymbolData<'_>| {
        let (offset, name) = match data {
            SymbolData::Public(public) => (public.offset, public.name),
            SymbolData::Data(data) => (data.offset, data.name),
            SymbolData::Procedure(procedure) => (procedure.offset, procedure.name),
            SymbolData::Thunk(thunk) => (thunk.offset, thunk.name),
            _ => return,
        };
        if let Some(rva) = offset.to_rva(&map) {
            found.entry(rva.0).or_default().insert(name.to_string().into_owned());
        }
    };
    let globals = file.global_symbols().unwrap();
    let mut records = globals.iter();
    while let Some(record) = records.next().unwrap() {
        record.parse().map(&mut take).unwrap_or(());
    }
    let debug = file.debug_information().unwrap();
    let mut modules = debug.modules().unwrap();
    while let Some(module) = modules.next().unwrap() {
        let Some(info) = file.module_info(&module).unwrap() else { continue };
        let Ok(mut records) = info.symbols() else { continue };
        let mut depth = 0;
        while let Some(record) = records.next().unwrap() {
            depth -= i32::from(record.ends_scope());
            if depth == 0 {
                record.parse().map(&mut take).unwrap_or(());
            }
            depth += i32::from(record.starts_scope());
        }
    }
    found
}

/// What a PDB says of an address.
fn answers(file: &PdbFile, rva: u32) -> (Option<Symbol<'_>>, Option<Symbol<'_>>, Vec<Symbol<'_>>) {
    (file.nearest(rva), file.following(rva), file.exact(rva))
}

#[test]
fn parts_and_the_whole_give_the_same_names() {
    let all = all();
    assert!(all.len() > 20, "{}", all.len());
    for (name, bytes) in &all {
        let walked = walk(bytes);
        let whole = open(bytes);
        assert!(!whole.name_index().unwrap().is_empty(), "{name}");
        let mut questions: Vec<u32> = walked
            .keys()
            .flat_map(|&rva| [rva.saturating_sub(1), rva, rva + 1])
            .chain([0, u32::MAX])
            .collect();
        let mut random = 0x9e37_79b9u32;
        for _ in 0..2000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            questions.push(random % (walked.keys().last().unwrap() + 0x1000));
        }
        for some in questions.chunks(QUESTIONS) {
            let fresh = open(bytes);
            for &rva in some {
                let found = answers(&fresh, rva);
                assert_eq!(found, answers(&whole, rva), "{name}: {rva:#x}");
                let expected = walked.range(..=rva).next_back();
                assert_eq!(found.0.map(|s| s.rva), expected.map(|e| *e.0), "{name}: {rva:#x}");
                let next = walked.range(rva.saturating_add(1)..).next().filter(|_| rva < u32::MAX);
                assert_eq!(found.1.map(|s| s.rva), next.map(|n| *n.0), "{name}: after {rva:#x}");
                if let (Some(symbol), Some((_, names))) = (found.0, expected) {
                    assert!(names.contains(symbol.decorated.unwrap_or(symbol.name)), "{name}: {symbol:?}");
                }
            }
        }
    }
}
