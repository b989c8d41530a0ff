//! Where lines would be broken, `!pte` and `!common` lay theirs out for less room: the same facts, and nowhere else.

use crate::forge::{number, root, truth};
use crate::golden::{run, session};
use crate::shared::root_with;
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field, OutputClosed, Piece, Record, Sink};
use dumpscope::session::Session;

/// What is read on lines of so many columns.
struct Screen(Collector, usize);

impl Sink for Screen {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        self.0.take(piece)
    }

    fn columns(&self) -> Option<usize> {
        Some(self.1)
    }
}

fn said(session: &mut Session, line: &str, columns: usize) -> (Vec<Record>, Vec<String>) {
    let mut screen = Screen(Collector::default(), columns);
    run_line(line, session, &mut screen).map_err(|failure| failure.error).unwrap();
    let document = screen.0.document;
    let lines = document.text().lines().map(str::to_owned).collect();
    (document.records().cloned().collect(), lines)
}

/// The facts of the records of a kind, by name.
fn facts(records: &[Record], kind: &str) -> Vec<Vec<(String, Field)>> {
    let of_kind = records.iter().filter(|record| record.kind == kind);
    let sorted = |record: &Record| {
        let mut fields: Vec<_> =
            record.fields.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        fields
    };
    of_kind.map(sorted).collect()
}

fn widest(lines: &[String]) -> usize {
    lines.iter().map(|line| line.trim_end().chars().count()).max().unwrap_or(0)
}

#[test]
fn each_level_has_a_line_where_four_do_not_fit_side_by_side() {
    for case in ["paging", "la57"] {
        let mut session = session(&root().join(format!("tests/data/{case}.dmp.gz")));
        for entry in truth(case)["entries"].as_array().unwrap() {
            let line = format!("!pte {:x}", number(&entry["va"]));
            let (wide, plain) = said(&mut session, &line, 135);
            let (narrow, lines) = said(&mut session, &line, 80);
            assert_eq!(facts(&wide, "pte"), facts(&narrow, "pte"), "{case} {line}");
            assert_eq!(facts(&narrow, "pte").len(), 1);
            assert!(lines[1].starts_with("PXE at ") || lines[1].starts_with("PML5E at "), "{lines:?}");
            assert!(lines.iter().all(|line| line.matches(" at ").count() <= 1), "{lines:?}");
            let levels = lines.iter().filter(|line| line.contains(" at FF")).count();
            assert_eq!(levels, plain[1].matches("E at ").count(), "{lines:?}");
            assert!(widest(&lines[..=levels]) <= 79, "{lines:?}");
            // What is kept, written or searched is the same on every screen.
            assert_eq!(plain, run(&mut session, &line).unwrap());
            let caught = said(&mut session, &format!("!grep VA {line}"), 80).1;
            assert!(caught[0].starts_with(&" ".repeat(43)), "{caught:?}");
        }
    }
}

#[test]
fn what_the_log_has_is_as_wide_as_everywhere() {
    let mut session = session(&root().join("tests/data/paging.dmp.gz"));
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.txt");
    let plain = run(&mut session, "!pte nt").unwrap();
    said(&mut session, &format!(".logopen {}", log.display()), 80);
    said(&mut session, "!pte nt; .logclose", 80);
    let kept = std::fs::read_to_string(log).unwrap();
    assert!(plain.iter().all(|line| kept.contains(line.as_str())), "{kept}");
}

#[test]
fn a_compared_dump_takes_two_lines_where_one_is_too_long() {
    let Some(shared) = root_with(&["dumps"]) else { return };
    let dump = |name: &str| shared.join(format!("dumps/driverproblems-{name}.dmp"));
    let mut session = session(&dump("111217-27671-01"));
    let line = format!("!common \"{}\"", dump("111317-27812-01").display());
    let (wide, _) = said(&mut session, &line, 400);
    let (narrow, lines) = said(&mut session, &line, 80);
    let dumps = facts(&wide, "dump");
    assert_eq!(dumps.len(), 2);
    assert_eq!(dumps, facts(&narrow, "dump"));
    let first = lines.iter().position(|line| line.starts_with("#1 ")).expect("the first dump");
    assert!(lines[first + 1].starts_with("    "), "{lines:?}");
    assert!(lines[first + 2].starts_with("#2 "), "{lines:?}");
}
