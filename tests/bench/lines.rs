//! What lines of output cost in the console's memory.
//!
//! `cargo bench --bench lines` runs commands on a demo and prints the bytes that a kept line takes, beside its goal: a
//! million plain lines in 150 MB. Bytes are counted, not measured, so that the goals hold on every machine.
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

use std::path::PathBuf;

use dumpscope::command::run_line;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::output::{Collector, Line, Packed};
use dumpscope::session::{Session, Settings};
use report::Report;

/// What an allocation costs beyond its bytes (glibc: a word of bookkeeping, rounded up to 16 bytes).
const ALLOCATION: usize = 16;

fn main() {
    if !report::is_wanted() {
        return;
    }
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo/wifi.dmp.gz");
    let mut session =
        Session::new(Target::new(DumpFile::open(&demo, &mut |_| {}).unwrap()), Settings::default());
    let mut report = Report::default();
    // The width of a row of `!process`; nothing in it is a link.
    let plain = Line::of("x".repeat(76));
    lines("a plain line of 76 columns", &[plain], 150.0, &mut report);
    // Rows of links: an address or two and a name.
    for (command, most) in [("k", 500.0), ("lm", 400.0), ("dps @rsp L80", 320.0), ("db @rsp L800", 350.0)] {
        let mut output = Collector::default();
        run_line(command, &mut session, &mut output).map_err(|failure| failure.error).unwrap();
        let said: Vec<Line> = output.document.lines().cloned().collect();
        lines(command, &said, most, &mut report);
    }
    report.finish();
}

/// Bytes a line, and how many times its text that is.
fn lines(what: &str, said: &[Line], most: f64, report: &mut Report) {
    let kept: Vec<Packed> = said.iter().cloned().map(Packed::from).collect();
    let bytes: usize = kept.iter().map(|line| line.bytes() + ALLOCATION * line.allocations()).sum();
    let text: usize = kept.iter().map(|line| line.text().len()).sum();
    let each = bytes as f64 / kept.len() as f64;
    let goal = format!("<= {most:.0}");
    let name = format!("{what}: bytes a line, {} lines", kept.len());
    report.goal(&name, format!("{each:.0}"), &goal, each <= most);
    report.note("    times its text", format!("{:.1}", bytes as f64 / text as f64));
}
