//! What the command language costs: turns of a loop, long texts, long files.
//!
//! `cargo bench --bench language` prints each measurement beside what is wanted. That twice the work takes about twice the
//! time decides whether the run fails, and so does memory; times alone depend on the machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

#[allow(dead_code)]
mod report;

use dumpscope::command::run_line;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::output::{OutputClosed, Piece, Sink};
use dumpscope::session::{Session, Settings};
use dumpscope::util::lines;
use report::Report;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

/// Counts what is said, and keeps none of it.
#[derive(Default)]
struct Counting(u64);

impl Sink for Counting {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        self.0 += piece.lines().count() as u64;
        Ok(())
    }
}

fn main() {
    if !report::is_wanted() {
        return;
    }
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo/nosyms.dmp.gz");
    let mut session =
        Session::new(Target::new(DumpFile::open(&demo, &mut |_| {}).unwrap()), Settings::default());
    let mut report = Report::default();
    let seconds = |line: &str, lines: u64, session: &mut Session| {
        // The best of three: other programs only ever add to it.
        let run = |_| {
            let (start, mut sink) = (Instant::now(), Counting::default());
            run_line(line, session, &mut sink).map_err(|failure| failure.error).unwrap();
            assert_eq!(sink.0, lines);
            start.elapsed().as_secs_f64()
        };
        (0..3).map(run).fold(f64::MAX, f64::min)
    };
    let turns = |count: u64| {
        format!(".for (r $t0=0; @$t0 < 0n{count}; r $t0=@$t0+1) {{ .printf \"%d %p\\n\", @$t0, @$t0 }}")
    };
    let (half, whole) =
        (seconds(&turns(50_000), 50_000, &mut session), seconds(&turns(100_000), 100_000, &mut session));
    report.note("100,000 turns of .for with .printf (wanted: < 0.5 s)", format!("{whole:.2} s"));
    linear("twice the turns: times the time", whole / half, &mut report);
    let block = |count: usize| format!(".block {{ {} }}", "r $t0 = @$t0 + 1; ".repeat(count));
    let (half, whole) = (seconds(&block(10_000), 0, &mut session), seconds(&block(20_000), 0, &mut session));
    report.note("a block of 20,000 commands", format!("{whole:.2} s"));
    linear("twice the commands: times the time", whole / half, &mut report);
    let nest = |count: usize| format!("{}.echo x{}", ".if (1) { ".repeat(count), " }".repeat(count));
    let (half, whole) = (seconds(&nest(40), 1, &mut session), seconds(&nest(80), 1, &mut session));
    report.note(
        "80 blocks in one another (each text is read at each depth: at most the square)",
        format!("{whole:.4} s"),
    );
    report.goal(
        "twice the depth: times the time",
        format!("{:.1}", whole / half),
        "<= 8",
        whole / half <= 8.0,
    );
    file(&mut session, &mut report);
    report.finish();
}

fn linear(what: &str, ratio: f64, report: &mut Report) {
    report.goal(what, format!("{ratio:.1}"), "<= 3", ratio <= 3.0);
}

/// A file of a million lines runs line by line, and none of it is kept.
fn file(session: &mut Session, report: &mut Report) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all("r $t0 = 1\n.echo x\n".repeat(500_000).as_bytes()).unwrap();
    let (before, start, mut sink) = (report::peak_kib(), Instant::now(), Counting::default());
    let mut lines = lines::of_file("command file", file.path()).unwrap();
    while let Some(line) = lines.next().unwrap() {
        run_line(&line, session, &mut sink).map_err(|failure| failure.error).unwrap();
    }
    assert_eq!(sink.0, 500_000);
    report.note("a file of 1,000,000 lines", format!("{:.2} s", start.elapsed().as_secs_f64()));
    if let (Some(before), Some(after)) = (before, report::peak_kib()) {
        let grown = after.saturating_sub(before);
        report.goal("peak memory that it adds", format!("{grown} KiB"), "<= 4096 KiB", grown <= 4096);
    }
}
