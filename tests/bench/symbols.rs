//! Symbol look-ups on a kernel-size PDB (40,000 names, 1,600 structures), beside walking the same file with the `pdb2`
//! library for each question, and beside `addr-symbolizer` (the library of `symbolizer-rs`) on the same file.
//!
//! `cargo bench --bench symbols` prints each measurement beside its goal and fails if one is missed; it needs the shared
//! data. Without `--bench` (as `cargo test` runs it) nothing is measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod report;

use std::fs::File;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use addr_symbolizer::{AddrSpace, Module, PdbLookupConfig, Symbolizer};
use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::pe::{Image, ImageBytes};
use dumpscope::symbols::source::SymbolSource;
use dumpscope::symbols::types::TypeSource;
use dumpscope::symbols::types::format::{self, FormatOptions, View};
use dumpscope::symbols::wildcard::Wildcard;
use pdb::FallibleIterator;
use report::{Report, peak_kib, shortest};

const LOOKUPS: u32 = 1_000_000;
/// An address in KeBugCheckEx, and the size of that kernel.
const RVA: u32 = 0x3f5a90;
const IMAGE_SIZE: u32 = 0x104_6000;
/// Names what a child process shall do to measure its peak of memory.
const CHILD: &str = "DUMPSCOPE_BENCH_CHILD";
/// Where the child keeps its tables.
const CACHE: &str = "DUMPSCOPE_BENCH_CACHE";

fn main() {
    if let Ok(what) = std::env::var(CHILD) {
        work(&what);
        println!("{}", peak_kib().map_or_else(String::new, |kib| kib.to_string()));
        return;
    }
    if !report::is_wanted() {
        return;
    }
    if !kernel().is_file() {
        println!("skipped: no shared data");
        return;
    }
    let mut report = Report::default();
    first_answers(&mut report);
    later_answers(&mut report);
    memory(&mut report);
    report.finish();
}

fn kernel() -> PathBuf {
    let root = std::env::var_os("DUMPSCOPE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    root.join("symbols/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B8441/ntkrnlmp.pdb")
}

fn open(cache: Option<&Path>) -> PdbFile {
    PdbFile::open(&kernel(), cache).unwrap()
}

fn name(pdb: &PdbFile) -> &str {
    pdb.nearest(RVA).unwrap().name
}

/// What the PDB's first answers cost, from opening the file on.
fn first_answers(report: &mut Report) {
    let cache = tempfile::tempdir().unwrap();
    open(Some(cache.path())).name_index().unwrap();
    let other = Other::new();
    let mut walked = Duration::MAX;
    let mut theirs = Duration::MAX;
    let mut first = Duration::MAX;
    let mut stack = Duration::MAX;
    let mut by_name = Duration::MAX;
    let mut cached = Duration::MAX;
    // By turns, so that whatever else the machine does hits all.
    for _ in 0..20 {
        walked = walked.min(shortest(1, || walk(&mut library())));
        theirs = theirs.min(shortest(1, || other.first_name()));
        first = first.min(shortest(1, || name(&open(None)).len()));
        stack = stack.min(shortest(1, || {
            let pdb = open(None);
            (0..30).map(|frame| pdb.nearest(RVA + frame * 0x4321).unwrap().name.len()).sum::<usize>()
        }));
        by_name = by_name.min(shortest(1, || open(None).by_name("KeBugCheckEx").len()));
        cached = cached.min(shortest(1, || open(Some(cache.path())).by_name("KeBugCheckEx").len()));
    }
    assert_eq!(walk(&mut library()), name(&open(None)));
    assert_eq!(other.first_name(), format!("ntkrnlmp!{}+0x10", name(&open(None))));
    let times = |slow: Duration, fast: Duration| slow.as_secs_f64() / fast.as_secs_f64();
    let mut ratio = |what, slow, fast, goal: f64| {
        let times = times(slow, fast);
        report.goal(what, format!("{times:.1}"), &format!(">= {goal}"), times >= goal);
    };
    ratio("first name cold: walking takes times as long", walked, first, 3.0);
    ratio("  addr-symbolizer takes times as long", theirs, first, 1.0);
    ratio("  addr-symbolizer, against our table of all names", theirs, by_name, 1.0);
    report.note("walk with the library", format!("{walked:.2?}"));
    report.note("addr-symbolizer", format!("{theirs:.2?}"));
    report.goal("first name cold", format!("{first:.2?}"), "< 60 ms", first < Duration::from_millis(60));
    report.note("30 names of a stack cold", format!("{stack:.2?}"));
    report.goal(
        "first address of a name cold (reads all names)",
        format!("{by_name:.2?}"),
        "< 60 ms",
        by_name < Duration::from_millis(60),
    );
    report.goal("  from the cache", format!("{cached:.2?}"), "< 5 ms", cached < Duration::from_millis(5));
    let cold = shortest(20, || lay_out(&open(None)));
    report.goal("dt nt!_EPROCESS cold", format!("{cold:.2?}"), "< 2 ms", cold < Duration::from_millis(2));
}

/// What answers cost once all names have been read.
fn later_answers(report: &mut Report) {
    let pdb = open(None);
    pdb.name_index().unwrap();
    let mut library = library();
    let walked = shortest(10, || walk(&mut library));
    let one = shortest(5, || {
        let mut at = 12345u32;
        for _ in 0..LOOKUPS {
            at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            black_box(pdb.nearest(at % IMAGE_SIZE));
        }
    }) / LOOKUPS;
    report.goal("a name, of a million", format!("{one:.1?}"), "< 500 ns", one < Duration::from_nanos(500));
    let times = walked.as_secs_f64() / one.as_secs_f64();
    report.goal("  walking takes times as long", format!("{times:.0}"), ">= 3", times >= 3.0);
    let by_name = shortest(100, || pdb.by_name("KeBugCheckEx").len());
    report.note("an address of a name", format!("{by_name:.1?}"));
    let wild = shortest(20, || pdb.matching(&Wildcard::new("*Pool*")).len());
    report.goal("x nt!*Pool*", format!("{wild:.2?}"), "< 20 ms", wild < Duration::from_millis(20));
    let layout = shortest(50, || lay_out(&pdb));
    report.goal("dt nt!_EPROCESS", format!("{layout:.2?}"), "< 2 ms", layout < Duration::from_millis(2));
}

/// Peaks of resident memory of children, less that of a child that does nothing: program and libraries are mapped files
/// and are not counted. PDBs are read, not mapped, so all that is kept or copied of one counts.
fn memory(report: &mut Report) {
    let size = std::fs::metadata(kernel()).unwrap().len() as f64;
    let cache = tempfile::tempdir().unwrap();
    let peak = |what: &str| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        let child = child.env(CHILD, what).env(CACHE, cache.path()).output().unwrap();
        String::from_utf8_lossy(&child.stdout).trim().parse::<u64>().ok()
    };
    let Some(nothing) = peak("nothing") else {
        return report.note("memory", "not known here".to_owned());
    };
    for what in ["open", "ln", "dt", "x cold", "x cached", "all"] {
        let bytes = peak(what).unwrap().saturating_sub(nothing) << 10;
        let times = bytes as f64 / size;
        report.goal(
            &format!("memory of {what}, times the PDB's size"),
            format!("{times:.2}"),
            "< 3",
            times < 3.0,
        );
    }
}

/// What the children do. `x cold` writes the table of names that `x cached` reads.
fn work(what: &str) {
    let cache = std::env::var_os(CACHE).map(PathBuf::from);
    if what == "nothing" {
        return;
    }
    let pdb = open(cache.as_deref());
    match what {
        "ln" => {
            black_box(name(&pdb).len());
        }
        "dt" => {
            black_box(lay_out(&pdb));
        }
        "x cold" | "x cached" => {
            black_box(pdb.matching(&Wildcard::new("*")).len());
        }
        "all" => {
            black_box((name(&pdb).len(), lay_out(&pdb), pdb.matching(&Wildcard::new("*")).len()));
        }
        _ => {}
    }
}

fn lay_out(pdb: &PdbFile) -> usize {
    let options = FormatOptions::default();
    let view = View::of_types(pdb);
    let id = pdb.find("_EPROCESS").unwrap();
    format::lines(&view, id, None, &options).text(&options).len()
}

fn library() -> pdb::PDB<'static, File> {
    pdb::PDB::open(File::open(kernel()).unwrap()).unwrap()
}

/// The name at an address by walking all public symbols.
fn walk(pdb: &mut pdb::PDB<'static, File>) -> String {
    let map = pdb.address_map().unwrap();
    let table = pdb.global_symbols().unwrap();
    let mut symbols = table.iter();
    let mut best = None;
    while let Some(symbol) = symbols.next().unwrap() {
        if let Ok(pdb::SymbolData::Public(public)) = symbol.parse()
            && let Some(rva) = public.offset.to_rva(&map)
            && rva.0 <= RVA
            && best.is_none_or(|(at, _)| rva.0 > at)
        {
            best = Some((rva.0, public.name));
        }
    }
    best.unwrap().1.to_string().into_owned()
}

/// The other library, with a symbol store in which the kernel's PDB lies where it looks for that of a small image: it
/// takes a PDB's identity from the image in memory.
struct Other {
    store: tempfile::TempDir,
    image: Image<dumpscope::symbols::pe::FileImage<Vec<u8>>>,
}

impl Other {
    const BASE: u64 = 0xffff_f804_7ba0_0000;

    fn new() -> Other {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/symbols");
        let image = Image::open(&folder.join("driver.sys")).unwrap();
        let id = image.pdb_id().unwrap();
        let store = tempfile::tempdir().unwrap();
        let place = store.path().join(&id.name).join(id.key());
        std::fs::create_dir_all(&place).unwrap();
        std::fs::copy(kernel(), place.join(&id.name)).unwrap();
        Other { store, image }
    }

    fn first_name(&self) -> String {
        let lookup = PdbLookupConfig::new(self.store.path().to_owned()).unwrap();
        let module = Module::new("ntkrnlmp", Self::BASE, Self::BASE + u64::from(IMAGE_SIZE));
        let mut symbolizer = Symbolizer::new(lookup, [module]);
        symbolizer.symbolize_full(&mut Memory(&self.image), Self::BASE + u64::from(RVA)).unwrap()
    }
}

/// The small image as the memory of its process.
struct Memory<'a>(&'a Image<dumpscope::symbols::pe::FileImage<Vec<u8>>>);

impl AddrSpace for Memory<'_> {
    fn read_at(&mut self, address: u64, into: &mut [u8]) -> std::io::Result<usize> {
        let rva = u32::try_from(address - Other::BASE).unwrap();
        Ok(if self.0.bytes().at_rva(rva, into) { into.len() } else { 0 })
    }
}
