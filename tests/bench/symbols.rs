//! Symbol look-ups on a kernel-size PDB (40,000 names, 1,600 structures), beside walking the same file with the `pdb`
//! library for each question. Run with `cargo bench --bench symbols`; needs the shared data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::OnceLock;

use divan::{Bencher, counter::ItemsCount};
use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::source::SymbolSource;
use dumpscope::symbols::types::TypeSource;
use dumpscope::symbols::types::format::{self, Options, View};
use dumpscope::symbols::wildcard::Wildcard;
use pdb::FallibleIterator;

const LOOKUPS: u32 = 1_000_000;

fn main() {
    match kernel().is_file() {
        true => divan::main(),
        false => println!("skipped: no shared data"),
    }
}

fn kernel() -> PathBuf {
    let root = std::env::var_os("DUMPSCOPE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    root.join("symbols/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B8441/ntkrnlmp.pdb")
}

/// The PDB, open and with its names read.
fn open() -> &'static PdbFile {
    static PDB: OnceLock<PdbFile> = OnceLock::new();
    PDB.get_or_init(|| {
        let pdb = PdbFile::open(&kernel(), None).unwrap();
        pdb.nearest(0x3f5a80).unwrap();
        pdb
    })
}

#[divan::bench]
fn first_name_cold() -> u32 {
    let pdb = PdbFile::open(&kernel(), None).unwrap();
    pdb.nearest(0x3f5a80).unwrap().rva
}

#[divan::bench]
fn first_name_from_the_cache(bencher: Bencher) {
    let cache = tempfile::tempdir().unwrap();
    let look_up = || {
        let pdb = PdbFile::open(&kernel(), Some(cache.path())).unwrap();
        pdb.nearest(0x3f5a80).unwrap().rva
    };
    look_up();
    bencher.bench(look_up);
}

#[divan::bench(sample_count = 10)]
fn a_million_names(bencher: Bencher) {
    let pdb = open();
    bencher.counter(ItemsCount::new(LOOKUPS)).bench(|| {
        let mut at = 12345u32;
        for _ in 0..LOOKUPS {
            at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            black_box(pdb.nearest(at % 0x104_6000));
        }
    });
}

#[divan::bench]
fn names_by_wildcard() -> usize {
    open().matching(&Wildcard::new("*Pool*")).len()
}

#[divan::bench]
fn name_by_name() -> usize {
    open().by_name("KeBugCheckEx").len()
}

fn lay_out(pdb: &PdbFile) -> usize {
    let options = Options::default();
    let view = View::of_types(pdb);
    let id = pdb.find("_EPROCESS").unwrap();
    format::lines(&view, id, None, &options).text(&options).len()
}

#[divan::bench]
fn layout_of_a_process() -> usize {
    lay_out(open())
}

#[divan::bench]
fn layout_of_a_process_cold() -> usize {
    lay_out(&PdbFile::open(&kernel(), None).unwrap())
}

/// The same question by walking all public symbols with the library.
#[divan::bench]
fn walk_with_the_library() -> u32 {
    let mut pdb = pdb::PDB::open(std::fs::File::open(kernel()).unwrap()).unwrap();
    nearest_by_walking(&mut pdb)
}

/// The same question by walking, with the file already open.
#[divan::bench]
fn walk_with_the_library_open(bencher: Bencher) {
    let mut pdb = pdb::PDB::open(std::fs::File::open(kernel()).unwrap()).unwrap();
    bencher.bench_local(|| nearest_by_walking(&mut pdb));
}

fn nearest_by_walking(pdb: &mut pdb::PDB<'_, std::fs::File>) -> u32 {
    let map = pdb.address_map().unwrap();
    let table = pdb.global_symbols().unwrap();
    let mut symbols = table.iter();
    let mut best = 0;
    while let Some(symbol) = symbols.next().unwrap() {
        if let Ok(pdb::SymbolData::Public(public)) = symbol.parse()
            && let Some(rva) = public.offset.to_rva(&map)
            && rva.0 <= 0x3f5a80
            && rva.0 > best
        {
            best = rva.0;
        }
    }
    best
}
