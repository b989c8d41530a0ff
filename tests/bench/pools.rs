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
use std::sync::atomic::{AtomicBool, Ordering};
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
    stopped(&mut session, &mut report);
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
    let before = anonymous_kib();
    let (found, peak) = watched(|| {
        if let Some((_, took)) = timed(session, "!poolused") {
            report.note("!poolused", format!("{took:.2?}"));
        }
        timed(session, "!poolfind PcC1 0")
    });
    let Some((said, took)) = found else { return };
    let more = peak.saturating_sub(before) >> 10;
    report.goal("memory of both, without the mapped file", format!("{more} MB"), "< 100 MB", more < 100);
    let found = said.iter().filter(|line| line.contains("PcC1")).count() as u64;
    assert!(found >= made.blocks, "{found} of {} blocks", made.blocks);
    report.note(&format!("!poolfind over {SEGMENTS} segments"), format!("{took:.2?}"));
}

/// A search that is stopped soon after it began ends at once.
fn stopped(session: &mut Session, report: &mut Report) {
    let token = session.cancel.clone();
    let stopping = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        token.cancel();
        Instant::now()
    });
    let ended = run_line("!poolfind *", session, &mut Collector::default()).is_err();
    let took = stopping.join().unwrap().elapsed();
    assert!(ended, "the search was over before it was stopped");
    report.goal("!poolfind, stopped", format!("{took:.2?}"), "< 100 ms", took < Duration::from_millis(100));
}

/// Memory of this process that is no file's, where the system tells.
fn anonymous_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// Runs something, and says how much such memory there was at most meanwhile.
fn watched<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = 0;
            while !ended.load(Ordering::Relaxed) {
                most = most.max(anonymous_kib());
                std::thread::sleep(Duration::from_millis(2));
            }
            most
        });
        let done = run();
        ended.store(true, Ordering::Relaxed);
        (done, watch.join().unwrap())
    })
}
