//! Any text as a script: no panic, no hang, no recursion without end.

use crate::forge;
use dumpscope::command::run_line;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::output::Collector;
use dumpscope::session::{Aliases, Session, Settings};
use proptest::prelude::*;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// What scripts are made of. Nothing that writes files, asks servers or lists thousands of rows.
const PIECES: &[&str] = &[
    ".if",
    ".elsif",
    ".else",
    ".for",
    ".while",
    ".do",
    ".foreach",
    ".break",
    ".continue",
    ".block",
    ".catch",
    ".leave",
    "j",
    "z",
    "as",
    "aS",
    "ad",
    "al",
    ".printf",
    ".echo",
    "?",
    "??",
    ".formats",
    "r",
    "n",
    ".expr",
    "x1",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ";;",
    ",",
    "\"",
    "'",
    "\\",
    "\n",
    " ",
    "  ",
    "/s",
    "/pS",
    "/x",
    "/c",
    "/ma",
    "1",
    "0",
    "0n10",
    "ffffffff`ffffffff",
    "99999999999999999999",
    "@rsp",
    "@$t0",
    "$t0",
    "=",
    "==",
    "<",
    "!=",
    "poi(",
    "by(",
    "hi(",
    "not ",
    "@@c++(",
    "@@masm(",
    "@@(",
    "sizeof(",
    "->",
    ".",
    "*",
    "&",
    "+",
    "-",
    "/",
    "%",
    "~",
    "!",
    "|",
    "?",
    ":",
    "nt",
    "nt!",
    "nt!_EPROCESS",
    "KeBugCheckEx",
    "$u0",
    "${a}",
    "${/d:a}",
    "${/v:a}",
    "${",
    "a",
    "b",
    "%d",
    "%p",
    "%ma",
    "%y",
    "%*x",
    "$spat(",
    "$scmp(",
    "$vvalid(",
    "$iment(",
    "!list -t",
    "-x",
    "!for_each_module",
    "!for_each_frame",
    "!foreach",
    "!grep",
    "@#Base",
    "$$",
    "*",
    "k",
    "lm",
    "dd @rsp L1",
    "驱动",
    "\u{0}",
    "\u{7f}",
    "@$extret",
    "@$p",
    "$.u0=",
    "CONTAINING_RECORD(",
    "#FIELD_OFFSET(",
];

fn session() -> Session {
    let bytes = fs::read(forge::demo("nosyms")).unwrap();
    let target = Target::new(DumpFile::from_bytes("nosyms.dmp", bytes).unwrap());
    Session::new(target, Settings::default())
}

/// Runs a line; it is stopped after a while, as Ctrl-C stops it, and must end soon after that.
fn runs_to_an_end(line: &str) -> Result<(), TestCaseError> {
    const WHILE: Duration = Duration::from_millis(700);
    let mut session = session();
    let cancel = session.cancel.clone();
    let (done, ends) = std::sync::mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        // Whoever has ended has dropped its end.
        while ends.recv_timeout(WHILE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            cancel.cancel();
        }
    });
    let start = Instant::now();
    let mut output = Collector::default();
    let _ = run_line(line, &mut session, &mut output);
    let took = start.elapsed();
    drop(done);
    watch.join().unwrap();
    prop_assert!(took < WHILE + Duration::from_secs(20), "{line:?} took {took:?}");
    // The session is as usable as before.
    prop_assert_eq!(session.interpreter.depth.nesting, 0);
    prop_assert_eq!(session.interpreter.depth.loops, 0);
    let mut output = Collector::default();
    // Where `*` stands for something else, no line can say that all are meant.
    session.interpreter.aliases = Aliases::default();
    run_line("n 16; .expr /s masm; .echo alive", &mut session, &mut output)
        .map_err(|failure| failure.error)
        .unwrap();
    let last = output.document.lines().last().map(|line| line.plain());
    prop_assert_eq!(last.as_deref(), Some("alive"));
    Ok(())
}

/// The default stack of a thread is smaller than the main one's: recursion without end is seen.
fn on_a_small_stack(line: String) -> Result<(), TestCaseError> {
    thread::Builder::new().stack_size(2 << 20).spawn(move || runs_to_an_end(&line)).unwrap().join().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_scripts_in_any_order_run_to_an_end(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        on_a_small_stack(pieces.concat())?;
        on_a_small_stack(pieces.join(" "))?;
    }

    #[test]
    fn any_characters_run_to_an_end(text in "[^>]{0,200}") {
        on_a_small_stack(text)?;
    }

    #[test]
    fn deep_nests_run_to_an_end(piece in prop::sample::select(PIECES), count in 1usize..5000, end in prop::sample::select(PIECES)) {
        on_a_small_stack(format!("? {}{end}", piece.repeat(count)))?;
        on_a_small_stack(format!("{}{}", format!("{piece} {{ ").repeat(count % 1000), "}".repeat(count % 1000)))?;
    }
}
