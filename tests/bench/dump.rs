//! Opening large dumps and reading memory, against `kdmp-parser` and against plain copying in the same run.
//!
//! `cargo bench --bench dump` prints each measurement beside its goal and fails if one is missed. Without `--bench`
//! (as `cargo test` runs it) nothing is measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod report;
mod sparse;
#[path = "../support/synth.rs"]
mod synth;

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use dumpscope::dump::DumpFile;
use dumpscope::memory::{Memory, PhysicalMemory, VirtualMemory};
use kdmp_parser::parse::KernelDumpParser;
use report::{Report, peak_kib, shortest};
use synth::Machine;

const GIB: u64 = 1 << 30;
/// Names the dump that a child process shall open to measure its peak of memory.
const CHILD: &str = "DUMPSCOPE_BENCH_CHILD";

fn main() {
    if let Some(path) = std::env::var_os(CHILD) {
        let dump = open(Path::new(&path));
        black_box(dump.pages().unwrap().page_count());
        println!("{}", peak_kib().map_or_else(String::new, |kib| kib.to_string()));
        return;
    }
    if !report::is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut report = Report::default();
    opening(folder.path(), &mut report);
    virtual_reads(folder.path(), &mut report);
    physical_reads(folder.path(), &mut report);
    report.finish();
}

fn open(path: &Path) -> DumpFile {
    DumpFile::open(path, &mut |_| {}).unwrap()
}

fn opening(folder: &Path, report: &mut Report) {
    let path = folder.join("16gib.dmp");
    sparse::bitmap_dump(&path, 16 * GIB / 0x1000, &Machine::new(1, 4));
    let ours = shortest(5, || open(&path));
    // With the directory over the bitmap, which the first lookup makes.
    let ready = shortest(5, || open(&path).pages().unwrap().page_count());
    let start = Instant::now();
    let theirs = KernelDumpParser::new(&path).unwrap();
    let baseline = start.elapsed();
    let known = theirs.physmem().len() as u64;
    drop(theirs);
    assert_eq!(open(&path).pages().unwrap().page_count(), known);
    report.note("open 16 GiB, kdmp-parser", format!("{baseline:.2?}"));
    let ratio = |time: Duration| baseline.as_secs_f64() / time.as_secs_f64();
    report.note("open 16 GiB", format!("{ours:.2?}"));
    report.goal(
        "  kdmp-parser takes times as long",
        format!("{:.0}", ratio(ours)),
        ">= 100",
        ratio(ours) >= 100.0,
    );
    report.note("open 16 GiB and look up", format!("{ready:.2?}"));
    report.goal(
        "  kdmp-parser takes times as long",
        format!("{:.0}", ratio(ready)),
        ">= 100",
        ratio(ready) >= 100.0,
    );
    let child = Command::new(std::env::current_exe().unwrap()).env(CHILD, &path).output().unwrap();
    match String::from_utf8_lossy(&child.stdout).trim().parse::<u64>() {
        Ok(peak) => {
            let value = format!("{:.1} MiB", peak as f64 / 1024.0);
            report.goal("  peak memory with look up", value, "< 32 MiB", peak < 32 << 10);
        }
        Err(_) => report.note("  peak memory with look up", "not known here".to_owned()),
    }
    std::fs::remove_file(&path).unwrap();

    let path = folder.join("1tib.dmp");
    sparse::bitmap_dump(&path, 1024 * GIB / 0x1000, &Machine::new(1, 4));
    let opened = shortest(3, || open(&path));
    let ready = shortest(3, || open(&path).pages().unwrap().page_count());
    report.goal("open 1 TiB", format!("{opened:.2?}"), "< 100 ms", opened < Duration::from_millis(100));
    report.goal(
        "open 1 TiB and look up",
        format!("{ready:.2?}"),
        "< 100 ms",
        ready < Duration::from_millis(100),
    );
    std::fs::remove_file(&path).unwrap();
}

fn virtual_reads(folder: &Path, report: &mut Report) {
    // 256 MiB of kernel addresses over scattered frames of a 4 GiB dump.
    const PAGES: u64 = 0x1_0000;
    const BASE: u64 = 0xffff_f800_1000_0000;
    let mut machine = Machine::new(0x8_0000, 4);
    for index in 0..PAGES {
        machine.map(BASE + index * 0x1000, index.wrapping_mul(0x9e37_79b1) % 0x7_0000);
    }
    for index in 0..PAGES {
        machine.pattern(index.wrapping_mul(0x9e37_79b1) % 0x7_0000);
    }
    let path = folder.join("virtual.dmp");
    sparse::bitmap_dump(&path, 4 * GIB / 0x1000, &machine);
    let dump = open(&path);
    let memory = VirtualMemory::new(&dump);
    let mut addresses = Vec::new();
    let mut seed = 5u64;
    for _ in 0..1_000_000 {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        addresses.push(BASE + (seed >> 20) % (PAGES * 0x1000 - 8));
    }
    // What the same bytes cost with all translation left out: the mapped file at offsets found before.
    let index = dump.pages().unwrap();
    let paging = memory.paging().unwrap();
    let offsets: Vec<usize> = addresses
        .iter()
        .map(|&address| {
            let physical = paging.translate(address).unwrap().physical;
            (index.offset(physical >> 12).unwrap() + physical % 0x1000).min(dump.bytes().len() as u64 - 8)
                as usize
        })
        .collect();
    let raw = shortest(5, || {
        offsets.iter().fold(0u64, |sum, &at| {
            sum.wrapping_add(u64::from_le_bytes(dump.bytes()[at..at + 8].try_into().unwrap()))
        })
    }) / offsets.len() as u32;
    report.note("random 8 bytes of the mapped file, 256 MiB", format!("{raw:.1?}"));
    let read_all =
        || addresses.iter().fold(0u64, |sum, &address| sum.wrapping_add(memory.u64(address).unwrap_or(0)));
    let one = shortest(5, read_all) / addresses.len() as u32;
    report.goal(
        "random 8-byte virtual read, 256 MiB",
        format!("{one:.1?}"),
        "< 200 ns",
        one < Duration::from_nanos(200),
    );
    let few: Vec<u64> = addresses.iter().map(|address| BASE + (address - BASE) % (0x400 * 0x1000)).collect();
    let one = shortest(5, || few.iter().fold(0u64, |sum, &address| sum ^ memory.u64(address).unwrap_or(0)))
        / few.len() as u32;
    report.goal("  the same within 4 MiB", format!("{one:.1?}"), "< 200 ns", one < Duration::from_nanos(200));
    std::fs::remove_file(&path).unwrap();
}

fn physical_reads(folder: &Path, report: &mut Report) {
    // One long run of pages, as most of the memory of a machine is.
    const SIZE: usize = 256 << 20;
    let path = folder.join("physical.dmp");
    let mut machine = Machine::new(0x20_0000, 4);
    for pfn in 0x1000..0x1000 + (SIZE as u64 >> 12) {
        machine.page(pfn);
    }
    std::fs::write(&path, machine.dump(5)).unwrap();
    let dump = open(&path);
    let memory = PhysicalMemory::new(&dump);
    let offset = dump.pages().unwrap().offset(0x1000).unwrap() as usize;
    let mut buffer = vec![1u8; 1 << 20];
    let (mut copied, mut read) = (Duration::MAX, Duration::MAX);
    // By turns, so that whatever else the machine does hits both.
    for _ in 0..7 {
        copied = copied.min(shortest(1, || {
            for chunk in dump.bytes()[offset..offset + SIZE].chunks(buffer.len()) {
                buffer.copy_from_slice(chunk);
                black_box(&buffer);
            }
        }));
        read = read.min(shortest(1, || {
            for step in 0..(SIZE / buffer.len()) as u64 {
                memory.read(0x100_0000 + step * buffer.len() as u64, &mut buffer).unwrap();
                black_box(&buffer);
            }
        }));
    }
    let speed = |time: Duration| format!("{:.1} GiB/s", SIZE as f64 / time.as_secs_f64() / GIB as f64);
    report.note("copying 256 MiB of the mapped file", speed(copied));
    report.note("sequential physical read", speed(read));
    let ratio = copied.as_secs_f64() / read.as_secs_f64();
    report.goal("  against copying", format!("{ratio:.2}"), ">= 0.8", ratio >= 0.8);
    std::fs::remove_file(&path).unwrap();
}
