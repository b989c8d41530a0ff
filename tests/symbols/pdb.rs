//! Names and types of a kernel-size PDB against what the reference engine printed for it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use dumpscope::symbols::isf::Isf;
use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::source::SymbolSource;
use dumpscope::symbols::types::{Type, TypeSource, layout};
use dumpscope::symbols::wildcard::Wildcard;

/// Where the kernel of the transcript was loaded.
const BASE: u64 = 0xfffff804_7ba00000;

fn shared() -> Option<PathBuf> {
    crate::shared::root_with(&["symbols"])
}

fn kernel() -> Option<PdbFile> {
    let path = shared()?.join("symbols/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B8441/ntkrnlmp.pdb");
    Some(PdbFile::open(&path, None).unwrap())
}

/// The lines that the reference engine printed for `command`.
fn golden(command: &str) -> Vec<String> {
    let path = shared().unwrap().join("golden/dbgeng-types/rizin-testbins-triage_x64.txt");
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let prompt = format!("kd> {command}");
    text.lines()
        .map(|line| line.trim_end_matches('\r'))
        .skip_while(|line| *line != prompt)
        .skip(1)
        .take_while(|line| !line.starts_with("kd> "))
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn identity_is_that_of_the_store_folder() {
    let Some(pdb) = kernel() else { return };
    assert_eq!(pdb.identity().key(), "5278AFF86C341677D7D7835C85B7B8441");
    assert!(!pdb.is_private());
}

#[test]
fn addresses_and_names() {
    let Some(pdb) = kernel() else { return };
    let rva = 0xfffff804_7bdf5a80u64.wrapping_sub(BASE) as u32;
    assert_eq!(pdb.nearest(rva + 0x10).unwrap().name, "KeBugCheckEx");
    assert_eq!(pdb.following(rva + 0x10).unwrap().name, "KeContextToKframes");
    assert_eq!(pdb.exact(rva).len(), 1);
    assert_eq!(pdb.by_name("kebugcheckex")[0].rva, rva);
}

#[test]
fn wildcards_find_the_same_symbols() {
    let Some(pdb) = kernel() else { return };
    for pattern in ["KeBug*", "*PoolWithTag*"] {
        let want: BTreeSet<(u64, String)> = golden(&format!("x nt!{pattern}"))
            .iter()
            .map(|line| {
                let (address, rest) = line.split_once(" nt!").unwrap();
                let address = u64::from_str_radix(&address.replace('`', ""), 16).unwrap();
                (address, rest.split(' ').next().unwrap().to_owned())
            })
            .collect();
        let found: BTreeSet<(u64, String)> = pdb
            .matching(&Wildcard::new(pattern))
            .iter()
            .map(|symbol| (BASE + u64::from(symbol.rva), symbol.name.to_owned()))
            .collect();
        assert!(!want.is_empty());
        assert_eq!(found, want, "{pattern}");
    }
}

#[test]
fn type_names_by_pattern() {
    let Some(pdb) = kernel() else { return };
    let want: Vec<String> =
        golden("dt nt!_POOL*").iter().map(|line| line.trim().trim_start_matches("MZ_!").to_owned()).collect();
    assert_eq!(pdb.type_names(&Wildcard::new("_POOL*")), want);
}

#[test]
fn sizes_and_paths() {
    let Some(pdb) = kernel() else { return };
    assert_eq!(layout::size_of(&pdb, "_EPROCESS"), Some(0xa40));
    assert_eq!(layout::size_of(&pdb, "_eprocess"), Some(0xa40));
    assert_eq!(layout::size_of(&pdb, "_NOSUCH"), None);
    let field = |path| layout::field(&pdb, "_KTHREAD", path).map(|f| (f.offset, f.size, f.bits));
    assert_eq!(field("ApcState.Process"), Some((0x98 + 0x20, 8, None)));
    assert_eq!(field("SystemThread"), Some((0x74, 4, Some((10, 1)))));
    assert_eq!(field("WaitBlock[1]"), Some((0x170, 0x30, None)));
    assert_eq!(field("WaitBlock[4]"), None);
    assert_eq!(field("NoSuch.Process"), None);
    let eprocess = pdb.find("_EPROCESS").unwrap();
    let Some(Type::Udt(eprocess)) = pdb.get(eprocess) else { panic!() };
    assert_eq!(eprocess.elements, 233);
    assert_eq!(eprocess.fields.len(), golden("dt nt!_EPROCESS").len());
}

/// The symbol table and the PDB describe the same kernel: every type and every name must agree.
#[test]
fn symbol_table_and_pdb_agree() {
    let Some(pdb) = kernel() else { return };
    let path = shared().unwrap().join("isf/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B844-1.json.xz");
    let isf = Isf::open(&path).unwrap();
    assert_eq!(isf.identity(), pdb.identity());
    let mut members = 0;
    for name in isf.type_names(&Wildcard::new("_*")) {
        let both = isf.find(&name).zip(pdb.find(&name));
        let Some((Type::Udt(mine), Type::Udt(theirs))) = both.and_then(|(i, p)| isf.get(i).zip(pdb.get(p)))
        else {
            continue;
        };
        assert_eq!(mine.size, theirs.size, "{name}");
        let fields = mine.fields.iter().filter(|field| !field.name.is_empty());
        for field in fields.filter(|field| !field.name.starts_with("__")) {
            let place = |source: &dyn TypeSource| layout::field(source, &name, &field.name);
            let (a, b) = (place(&isf).unwrap(), place(&pdb).unwrap());
            assert_eq!((a.offset, a.bits), (b.offset, b.bits), "{name}.{}", field.name);
            assert_eq!(a.size, b.size, "{name}.{}", field.name);
            members += 1;
        }
    }
    assert!(members > 13_000, "{members}");
    let everything = Wildcard::new("*");
    // As they stand in the files: the names of this PDB were taken from the table, which had lost an underscore already.
    let names = |source: &dyn SymbolSource| -> BTreeSet<(u32, String)> {
        let all = source.matching(&everything);
        all.iter().map(|s| (s.rva, s.decorated.unwrap_or(s.name).to_owned())).collect()
    };
    let missing: Vec<_> = names(&isf).difference(&names(&pdb)).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
}
