//! Commands on the project's own dumps: memory, search, code and headers agree across dump kinds and with the image
//! files that the dumps were made of.

use crate::golden;
#[allow(dead_code)]
use dumpscope::session::Session;
use std::path::Path;

fn open(name: &str) -> Session {
    golden::session(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name))
}

fn run(session: &mut Session, command: &str) -> Vec<String> {
    golden::run(session, command).unwrap_or_else(|error| panic!("{command}: {error}"))
}

/// Each kind of dump holds the same moment of the same machine.
const KINDS: &[&str] = &[
    "wifi-full.dmp.gz",
    "wifi-bitmap-kernel.dmp.gz",
    "wifi-live.dmp.gz",
    "wifi-rdmp-complete.dmp.gz",
    "wifi-rdmp-kernel.dmp.gz",
    "wifi-rdmp-kernel-user.dmp.gz",
    "wifi-triage.dmp.gz",
];

#[test]
fn every_kind_shows_the_same_memory() {
    let plain = ["db @rsp L80", "dc @rsp L20", "s -q @rsp L80 @rip", ".formats @rsp"];
    let named = ["dps @rsp L20", "u @rip L10", "ub poi(@rsp) L4", "uf @rip", "dpp @rsp L10"];
    let mut full = open(KINDS[0]);
    for command in plain.iter().chain(&named) {
        let expected = run(&mut full, command);
        for kind in &KINDS[1..] {
            // A triage dump holds no export tables, so its names are module and offset; and hardly any code.
            if named.contains(command) && *kind == "wifi-triage.dmp.gz" {
                continue;
            }
            assert_eq!(run(&mut open(kind), command), expected, "{kind}: {command}");
        }
    }
}

/// The address after a display is where the next one begins, whatever its form.
#[test]
fn displays_go_on_where_the_last_one_ended() {
    let mut session = open(KINDS[0]);
    let whole = run(&mut session, "dps @rsp L6");
    let mut parts = run(&mut session, "dps @rsp L2");
    parts.extend(run(&mut session, "d").into_iter().take(4));
    assert_eq!(parts, whole);
    let four = run(&mut session, "u @rip L4");
    let two = run(&mut session, "u @rip L2");
    let next = run(&mut session, "u");
    assert_eq!(two[..3], four[..3]);
    assert!(next[1..].starts_with(&four[3..]), "{next:?} after {four:?}");
}

/// The code around a return address is the code before it and the code behind it; what cannot be read before is left out.
#[test]
fn code_around_an_address_is_what_stands_before_and_behind() {
    let mut session = open(KINDS[0]);
    let code = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter(|line| !line.ends_with(':')).collect()
    };
    let mut parts = code(run(&mut session, "ub poi(@rsp) L6"));
    assert!(parts.last().is_some_and(|line| line.contains("call")), "{parts:?}");
    parts.extend(code(run(&mut session, "u poi(@rsp) L3")));
    assert_eq!(code(run(&mut session, "u --around poi(@rsp) L3")), parts);
    let bare = run(&mut session, "u nt L1");
    assert_eq!(run(&mut session, "u --around nt L1"), bare);
}

/// A search over the whole address space finds what a display shows, in reasonable time, in spite of the gaps.
#[test]
fn searches_cross_the_whole_address_space() {
    for kind in KINDS {
        let mut session = open(kind);
        let shown = run(&mut session, "dq @rsp L2");
        let hits = run(&mut session, "s -q 0 L?1fffffffffffffff poi(@rsp)");
        assert!(hits.contains(&shown[0]), "{kind}: {shown:?} not among {hits:?}");
        let bare = run(&mut session, "s -[1]q 0 L?1fffffffffffffff poi(@rsp)");
        let addresses: Vec<String> = hits.iter().map(|line| format!("0x{}", &line[..17])).collect();
        assert_eq!(bare, addresses, "{kind}");
    }
}

#[test]
fn saved_hits_narrow_the_next_search() {
    let mut session = open(KINDS[0]);
    let all = run(&mut session, "s -[s]b @rsp L100 00");
    let again = run(&mut session, "s -[r]b @rsp L100 00");
    assert_eq!(all, again);
    let pairs = run(&mut session, "s -[r]b @rsp L100 00 00");
    assert!(!pairs.is_empty() && pairs.len() < all.len());
    assert!(pairs.iter().all(|line| all.contains(line)));
}

#[test]
fn physical_memory_is_shown_where_there_is_any() {
    let mut full = open(KINDS[0]);
    let rows = run(&mut full, "!dd 1000 L8");
    assert_eq!(rows.len(), 2);
    assert!(rows[1].starts_with("#    1010 "), "{rows:?}");
    let error = golden::run(&mut open("wifi-triage.dmp.gz"), "!dd 1000").expect_err("a triage dump has none");
    assert!(error.contains("no physical memory"), "{error}");
    // Page frame 0 of the machine is not in the dump.
    let rows = run(&mut full, "!dd 0 L4");
    assert_eq!(rows, ["#       0 ???????? ???????? ???????? ????????"]);
}

#[test]
fn headers_are_shown_field_by_field() {
    for kind in KINDS {
        let mut session = open(kind);
        let header = session.target.header().unwrap().clone();
        let text = run(&mut session, ".dumpdebug");
        assert!(text.contains(&format!("BugCheckCode        {:08x}", header.bug_check_code)), "{kind}");
        let blobs = session.target.dump().unwrap().secondary().len();
        let listed = text.iter().filter(|line| line.starts_with('{')).count();
        assert_eq!(listed, blobs, "{kind}");
    }
    let mut full = open(KINDS[0]);
    let text = run(&mut full, "!dh nwifi");
    assert_eq!(text.iter().filter(|line| line.starts_with("SECTION HEADER #")).count(), 5);
    assert!(text.iter().any(|line| line == "    8664 machine (X64)"));
    let text = run(&mut full, "!lmi nwifi");
    assert!(text.iter().any(|line| line.contains("Pdb: nwifi.pdb")), "{text:?}");
}

#[test]
fn wrong_arguments_say_what_is_wrong() {
    let mut session = open(KINDS[0]);
    for (command, words) in [
        ("db @rsp L10000001", "L?"),
        ("db @rsp L4 zzz", "zzz"),
        ("db 2000 1000", "before the start"),
        ("s -x @rsp L4 1", "-x"),
        ("s @rsp L5", "pattern"),
        ("s -b @rsp L4 100", "does not fit"),
        ("s -[sr]b @rsp L4 1", "go together"),
        ("dl @rsp 4 0", "1 to"),
        ("u 0", "00000000`00000000"),
        ("ub @rsp L2000", "at most"),
        ("!dh", "module"),
        ("!lmi 10", "no module"),
        (".formats", "Numeric expression missing"),
    ] {
        let error = golden::run(&mut session, command).expect_err(command);
        assert!(error.contains(words), "{command}: {error}");
    }
}

/// Whatever is typed gets an answer or an error, soon.
#[test]
fn no_arguments_are_too_odd() {
    let names = [
        "d",
        "da",
        "db",
        "dc",
        "dd",
        "dD",
        "df",
        "dp",
        "dq",
        "du",
        "dw",
        "dW",
        "dyb",
        "dyd",
        "ds",
        "dS",
        "dps",
        "dds",
        "dqs",
        "dpp",
        "dpa",
        "dpu",
        "dda",
        "dl",
        "dlb",
        "s",
        "s -d",
        "s -a",
        "s -su",
        "s -[1l5]sa",
        "s -[w]q",
        "u",
        "ub",
        "uf",
        "uf /c",
        "!db",
        "!du",
        "!dh",
        "!lmi",
        ".formats",
        ".enumtag",
        "db /c 3",
    ];
    let words = [
        "0",
        "@rsp",
        "@rip",
        "ffffffffffffffff",
        "fffffffffffffff0",
        "7fffffffffffffff",
        "nt",
        "nwifi",
        "L4",
        "L0",
        "L-3",
        "L?10",
        "L",
        "L?ffffffffffffffff",
        "poi(@rsp)",
        "\"text\"",
        "'a'",
        "-1",
        "[",
        "]",
        "é",
        "(",
        "*",
        "10",
        "@nothing",
        "驱动",
        "/c",
        "-[",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % limit
    };
    let mut session = open("wifi-triage.dmp.gz");
    let mut full = open(KINDS[0]);
    for round in 0..1500 {
        let mut command = names[next(names.len())].to_owned();
        for _ in 0..next(5) {
            command.push(' ');
            command.push_str(words[next(words.len())]);
        }
        // A display without end is what was asked for; a search is not.
        if command.starts_with('d') && command.contains("L?ffff") {
            continue;
        }
        let session = if round % 4 == 0 { &mut full } else { &mut session };
        let started = std::time::Instant::now();
        let _ = golden::run(session, &command);
        let seconds = started.elapsed().as_secs();
        assert!(seconds < 30, "{command} took {seconds} s");
    }
}
