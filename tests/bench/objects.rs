//! Reading Windows' objects: members by name, lists of processes, stacks of all threads.
//!
//! `cargo bench --bench objects` prints each measurement beside its goal. A plain read of the same word runs in the same
//! process, and only the ratio to it decides whether the run fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod crowd;
mod grow;
#[allow(dead_code)]
mod report;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dumpscope::command::run_line;
use dumpscope::debuggee::{Scope, Target};
use dumpscope::dump::DumpFile;
use dumpscope::kernel::{Process, Thread, stack};
use dumpscope::memory::Memory;
use dumpscope::output::{Collector, OutputClosed, Piece, Sink};
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};
use dumpscope::util::cancel::CancelToken;
use report::{Report, shortest};

/// A member read may take as many times as long as reading the word by its address.
const MOST_TIMES: f64 = 20.0;

fn main() {
    if !report::is_wanted() {
        return;
    }
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo/readonly.dmp.gz");
    let target = Target::new(DumpFile::open(&demo, &mut |_| {}).unwrap());
    let stop = CancelToken::default();
    let scope = Scope::new(&target, &stop);
    let mut report = Report::default();
    members(&scope, &mut report);
    let folder = tempfile::tempdir().unwrap();
    let (path, frames) = crowd::make(folder.path());
    let crowd = Target::new(DumpFile::open(&path, &mut |_| {}).unwrap());
    let scope = Scope::new(&crowd, &stop);
    processes(&scope, &report);
    stacks(&scope, &report, frames);
    commands(&path, &mut report);
    report.finish();
}

/// Takes so many lines, and then no more: what somebody waits for who looks at the screen.
struct First {
    wanted: usize,
    rows: usize,
    start: Instant,
    after: Option<Duration>,
}

impl Sink for First {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        if let Piece::Block(block) | Piece::Open(block) = piece {
            self.rows += block.lines().count();
        }
        if self.rows < self.wanted {
            return Ok(());
        }
        self.after.get_or_insert_with(|| self.start.elapsed());
        Err(OutputClosed)
    }
}

/// What is typed over the crowd, with the demos' symbols: whole commands, text and all.
fn commands(path: &Path, report: &mut Report) {
    let mut target = Target::new(DumpFile::open(path, &mut |_| {}).unwrap());
    let store = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo/symbols.zip");
    let cache = tempfile::tempdir().unwrap();
    let options =
        FinderOptions { default_cache: cache.path().to_owned(), network: false, ..FinderOptions::default() };
    target.set_paths(SearchPath::parse(store.to_str().unwrap()), SearchPath::default(), options);
    let mut session = Session::new(target, Settings::default());
    let mut first_rows = |line: &str| {
        let mut output = First { wanted: 20, rows: 0, start: Instant::now(), after: None };
        let _ = run_line(line, &mut session, &mut output);
        output.after.unwrap()
    };
    report.note("first 20 lines of !us -a, symbols loaded meanwhile", format!("{:?}", first_rows("!us -a")));
    report.note("first 20 lines of the same again", format!("{:?}", first_rows("!us -a")));
    let mut timed = |line: &str| {
        let mut output = Collector::default();
        let start = Instant::now();
        run_line(line, &mut session, &mut output).map_err(|failure| failure.error).unwrap();
        (start.elapsed(), output.document.lines().count())
    };
    let (first, lines) = timed("!us -a");
    report.note("!us over 2,000 threads", format!("{first:?}, {lines} lines"));
    let (us, _) = timed("!us -a");
    report.note("the same again (1.5 s wanted)", format!("{us:?}"));
    let (list, lines) = timed("!lt -a");
    report.note("!lt over 2,000 threads", format!("{list:?}, {lines} lines"));
    let (brief, lines) = timed("!process 0 0");
    report.note("!process 0 0 over 500 processes", format!("{brief:?}, {lines} lines"));
    report.note("the same again (20 ms wanted)", format!("{:?}", timed("!process 0 0").0));
    let (stacks, lines) = timed("!stacks");
    report.note("!stacks over 2,000 threads", format!("{stacks:?}, {lines} lines"));
    for line in ["!us -a", "!stacks", "!findstack nothing", "!lt -a -wf"] {
        let worst = (1..=8).map(|part| stopped(line, &mut session, us * part / 9)).max().unwrap();
        report.note(
            &format!("{line} over 2,000 threads, from Esc to the end (100 ms wanted)"),
            format!("{worst:?}"),
        );
    }
    // Naming and grouping must not cost much more than walking, which the list does not do.
    let times = us.as_secs_f64() / stacks.as_secs_f64();
    report.goal(
        "!us against !stacks, which names a frame a thread",
        format!("{times:.1}"),
        "<= 3",
        times <= 3.0,
    );
}

/// How long a command goes on that is stopped from another thread after some time.
fn stopped(line: &str, session: &mut Session, after: Duration) -> Duration {
    let stop = session.cancel.clone();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(after);
        stop.cancel();
        Instant::now()
    });
    let outcome = run_line(line, session, &mut Collector::default());
    let end = Instant::now();
    let since = stopper.join().unwrap();
    // One that had ended before went on for no time.
    outcome.err().map_or(Duration::ZERO, |_| end.saturating_duration_since(since))
}

fn each(count: u32, mut run: impl FnMut()) -> Duration {
    shortest(20, || (0..count).for_each(|_| run())) / count
}

fn members(scope: &Scope<'_>, report: &mut Report) {
    let process = Process::all(scope).unwrap().next().unwrap().unwrap();
    let address = process.object().field("Pcb.DirectoryTableBase").unwrap().address();
    let plain = each(10_000, || drop(black_box(scope.memory().u64(black_box(address)))));
    let member = each(10_000, || drop(black_box(process.directory_table_base())));
    report.note("a word by its address", format!("{plain:?}"));
    report.note("a member by its name (100 ns wanted)", format!("{member:?}"));
    let times = member.as_secs_f64() / plain.as_secs_f64();
    report.goal("the second against the first", format!("{times:.1}"), "<= 20", times <= MOST_TIMES);
}

/// The crowd's processes with ten members each, of which the first also has the layouts read that say where they lie.
fn processes(scope: &Scope<'_>, report: &Report) {
    report.note("500 processes, ten members each, the first time", format!("{:?}", each_process(scope)));
    report.note("the same again (5 ms wanted)", format!("{:?}", each_process(scope)));
}

fn each_process(scope: &Scope<'_>) -> Duration {
    let start = Instant::now();
    let mut count = 0;
    for process in Process::all(scope).unwrap().map(Result::unwrap) {
        let _ = black_box((process.id(), process.parent_id(), process.image_file_name()));
        let _ = black_box((process.directory_table_base(), process.peb(), process.handle_table()));
        let _ = black_box((process.active_threads(), process.create_time(), process.exit_time()));
        let _ = black_box(process.object().field("Token").and_then(|token| token.u64()));
        count += 1;
    }
    let time = start.elapsed();
    assert!(count > crowd::PROCESSES);
    time
}

/// The stacks of the crowd's threads, each in its own process's address space.
fn stacks(scope: &Scope<'_>, report: &Report, added: usize) {
    let start = Instant::now();
    let (mut count, mut frames, mut of_added) = (0, 0, 0);
    for thread in Thread::all(scope).unwrap().map(Result::unwrap) {
        let found = stack::walk_thread(&thread, 0x100).map_or(0, |stack| stack.frames.len());
        let is_added = thread.client_id().unwrap().process >= crowd::FIRST_ID;
        of_added += if is_added { found } else { 0 };
        frames += found;
        count += 1;
    }
    let time = start.elapsed();
    assert!(count > crowd::PROCESSES * crowd::THREADS_EACH);
    // Each copy has as many frames as what it is a copy of.
    assert_eq!(of_added, added);
    report.note("2,000 threads' stacks (1 s wanted)", format!("{time:?}, {count}, {frames} frames"));
}
