//! Searching a large pool and the code of many drivers: `!poolused`, `!poolfind`, `!tag`.
//!
//! `cargo bench --bench pools` prints each measurement beside its goal. A plain loop over the same bytes and `memchr` run in
//! the same process, and only ratios to them decide whether the run fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod grow;
mod pool_crowd;
#[allow(dead_code)]
mod report;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use dumpscope::command::{COMMANDS, run_line};
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::output::Collector;
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};
use pool_crowd::{CODE, DRIVERS, Made, SEGMENTS, TAG};
use report::{Report, shortest};

/// A search of the drivers may take as many times as long as `memchr` over the same bytes.
const MOST_TIMES: f64 = 10.0;

fn main() {
    if !report::is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = pool_crowd::make(folder.path());
    let mut report = Report::default();
    let start = Instant::now();
    let target = Target::new(DumpFile::open(&made.path, &mut |_| {}).unwrap());
    report.note("open 4 GiB", format!("{:.2?}", start.elapsed()));
    let mut session = with_symbols(target, folder.path());
    copies(&mut session, &made);
    drivers(&mut session, &made, &mut report);
    pool(&mut session, &made, &mut report);
    report.finish();
}

fn with_symbols(mut target: Target, folder: &Path) -> Session {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pools/symbols.zip");
    let options =
        FinderOptions { default_cache: folder.join("cache"), network: false, ..FinderOptions::default() };
    target.set_paths(SearchPath::parse(store.to_str().unwrap()), SearchPath::default(), options);
    Session::new(target, Settings::default())
}

/// What a command says and how long it takes, if there is that command.
fn timed(session: &mut Session, line: &str) -> Option<(Vec<String>, Duration)> {
    let word = line.split(' ').next()?;
    if !COMMANDS.iter().any(|command| command.names.contains(&word)) {
        println!("{word}: there is no such command yet");
        return None;
    }
    let mut output = Collector::default();
    let start = Instant::now();
    run_line(line, session, &mut output).map_err(|failure| failure.error).unwrap();
    Some((output.document.lines().map(|line| line.plain()).collect(), start.elapsed()))
}

/// `!tag` over the code of all drivers.
fn drivers(session: &mut Session, made: &Made, report: &mut Report) {
    let finder = memchr::memmem::Finder::new(TAG.0);
    let all = || (0..DRIVERS).map(|_| finder.find_iter(black_box(&made.code)).count() as u64).sum::<u64>();
    assert_eq!(all(), DRIVERS * TAG.1);
    let fast = shortest(2, all);
    let plain = shortest(1, || {
        (0..DRIVERS).map(|_| black_box(&made.code).windows(4).filter(|it| it == TAG.0).count()).sum::<usize>()
    });
    let size = format!("{} MB of code", (DRIVERS * CODE) >> 20);
    report.note(&format!("{size}, a plain loop"), format!("{plain:.2?}"));
    report.note(&format!("{size}, memchr"), format!("{fast:.2?}"));
    let tag = std::str::from_utf8(TAG.0).unwrap();
    let Some((said, took)) = timed(session, &format!("!tag {tag}")) else { return };
    let named =
        (0..DRIVERS).filter(|n| said.iter().any(|line| line.contains(&format!("driver{n:02}")))).count();
    assert_eq!(named as u64, DRIVERS, "!tag names {named} drivers");
    let times = took.as_secs_f64() / fast.as_secs_f64();
    let goal = format!("<= {MOST_TIMES} times");
    report.goal("!tag", format!("{took:.2?}, {times:.1}"), &goal, times <= MOST_TIMES);
}

/// A page of the last copied segment is as sound as the one that it was copied from.
fn copies(session: &mut Session, made: &Made) {
    for page in &made.pages {
        let (said, _) = timed(session, &format!("!pool {page:x}")).unwrap();
        assert!(said.iter().any(|line| line.starts_with('*') || line.starts_with(' ')), "{page:x}: {said:?}");
        assert!(!said.iter().any(|line| line.contains("Damaged")), "{page:x}: {said:?}");
    }
}

/// The blocks of a tag in all segments, and the counts by tag.
fn pool(session: &mut Session, made: &Made, report: &mut Report) {
    if let Some((_, took)) = timed(session, "!poolused") {
        report.note("!poolused", format!("{took:.2?}"));
    }
    let Some((said, took)) = timed(session, "!poolfind PcC1 0") else { return };
    let found = said.iter().filter(|line| line.contains("PcC1")).count() as u64;
    assert!(found >= made.blocks, "{found} of {} blocks", made.blocks);
    report.note(&format!("!poolfind over {SEGMENTS} segments"), format!("{took:.2?}"));
}
