//! `dx` against the emulator's record and against the reference engine's `dt` of the same memory.

use std::path::PathBuf;

use crate::golden::{dumps_with_transcripts, run, session_with, shared};
use dumpscope::session::Session;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Wi-Fi case, whose kernel has Windows' own member offsets, and what the emulator wrote down about it.
fn wifi() -> (Session, Value) {
    let truth = std::fs::read(root().join("tests/data/wifi.truth.json")).unwrap();
    let symbols = root().join("assets/demo/symbols.zip").display().to_string();
    let session = session_with(&root().join("assets/demo/wifi.dmp.gz"), &symbols);
    (session, serde_json::from_slice(&truth).unwrap())
}

fn hex(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// What the record says of the thread that crashed: thread, process and their numbers.
fn crashed(truth: &Value) -> (u64, u64, u64, u64) {
    let thread = hex(&truth["crash_context"]["thread"]);
    let process = hex(&truth["crash_context"]["process"]);
    let threads = truth["threads"].as_array().unwrap();
    let record = threads.iter().find(|record| hex(&record["ethread"]) == thread).unwrap();
    (thread, process, hex(&record["tid"]), hex(&record["pid"]))
}

/// Layout notes stand below what was asked for.
fn lines(session: &mut Session, command: &str) -> Vec<String> {
    let mut lines = run(session, command).unwrap();
    lines.retain(|line| !line.starts_with("Note: "));
    lines
}

#[test]
fn values_and_members_are_those_of_the_record() {
    let (mut session, truth) = wifi();
    let (thread, process, tid, pid) = crashed(&truth);
    // Scalars: the expression padded to 16 columns.
    assert_eq!(
        lines(&mut session, "dx @$thread->Cid.UniqueThread"),
        [format!("@$thread->Cid.UniqueThread : 0x{tid:x} [Type: void *]")]
    );
    // A structure: 16 blanks after the expression, members indented by 4.
    assert_eq!(
        lines(&mut session, "dx -r1 @$thread->Cid"),
        [
            format!("@$thread->Cid{:16} [Type: _CLIENT_ID]", ""),
            format!("    [+0x000] UniqueProcess    : 0x{pid:x} [Type: void *]"),
            format!("    [+0x008] UniqueThread     : 0x{tid:x} [Type: void *]"),
        ]
    );
    // A pointer has its value; `-r0` shows no more, and `.` does what `->` does.
    assert_eq!(
        lines(&mut session, "dx -r0 @$thread.Tcb.Process"),
        [format!("@$thread.Tcb.Process{:16} : 0x{process:x} [Type: _KPROCESS *]", "")]
    );
    assert_eq!(
        lines(&mut session, &format!("dx -r0 ((nt!_ETHREAD *)0x{thread:x})")),
        [format!("((nt!_ETHREAD *)0x{thread:x}){:16} : 0x{thread:x} [Type: _ETHREAD *]", "")]
    );
}

/// Every process of the record, in its order, one level of pointers deeper each time.
#[test]
fn pointers_are_opened_level_by_level() {
    let (mut session, truth) = wifi();
    // Build 19041 has ActiveProcessLinks there.
    const LINKS: u64 = 0x448;
    let first = hex(&truth["processes"][0]["eprocess"]) + LINKS;
    let read = |session: &mut Session, at: u64| {
        let text = lines(session, &format!("dq {at:x} L1")).remove(0);
        u64::from_str_radix(&text.rsplit("  ").next().unwrap().replace('`', ""), 16).unwrap()
    };
    let next = read(&mut session, first);
    let after = read(&mut session, next);
    let shown = lines(&mut session, &format!("dx -r2 (*((nt!_LIST_ENTRY *)0x{first:x}))"));
    assert_eq!(shown[1], format!("    [+0x000] Flink            : 0x{next:x} [Type: _LIST_ENTRY *]"));
    assert_eq!(shown[2], format!("        [+0x000] Flink            : 0x{after:x} [Type: _LIST_ENTRY *]"));
    assert_eq!(shown.len(), 7);
    let known: Vec<u64> = truth["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|process| hex(&process["eprocess"]) + LINKS)
        .collect();
    assert!(known.contains(&next), "the record has the next process");
}

/// Strings by what they hold, the plain members on request.
#[test]
fn strings_are_shown_as_text() {
    let (mut session, truth) = wifi();
    let name = truth["modules"][0]["name"].as_str().unwrap();
    let expression = "((nt!_KLDR_DATA_TABLE_ENTRY *)@@masm(poi(nt!PsLoadedModuleList)))->BaseDllName";
    assert_eq!(
        lines(&mut session, &format!("dx {expression}")),
        [
            format!("{expression}{:16} : \"{name}\" [Type: _UNICODE_STRING]", ""),
            "    [<Raw View>]     [Type: _UNICODE_STRING]".to_owned(),
        ]
    );
    let plain = lines(&mut session, &format!("dx -n {expression}"));
    assert_eq!(
        plain[1],
        format!("    [+0x000] Length           : 0x{:x} [Type: unsigned short]", name.len() * 2)
    );
    assert!(
        plain[3].starts_with("    [+0x008] Buffer           : 0x")
            && plain[3].contains(&format!(" : \"{name}"))
    );
    // An array of bytes, each on a line; the grid refuses it.
    let image = lines(&mut session, "dx @$proc->ImageFileName");
    assert_eq!(image[0], format!("@$proc->ImageFileName{:16} [Type: unsigned char [15]]", ""));
    assert_eq!(image[1], format!("    [0]              : 0x{:x} [Type: unsigned char]", b'S'));
    assert_eq!(image.len(), 16);
    assert!(run(&mut session, "dx -g @$proc->ImageFileName").unwrap_err().contains("array of structures"));
    assert_eq!(
        lines(&mut session, "dx -r0 (char *)&@$proc->ImageFileName")[0].rsplit(" : ").next().unwrap(),
        "\"System\" [Type: char *]"
    );
}

#[test]
fn what_is_not_there_is_said() {
    let (mut session, _) = wifi();
    let unreadable = lines(&mut session, "dx (*((nt!_LIST_ENTRY *)0x10))");
    assert_eq!(unreadable[1], "    [+0x000] Flink            : Unable to read memory at Address 0x10");
    assert!(run(&mut session, "dx @$proc->NoSuch").unwrap_err().contains("NoSuch"));
}

/// Offset, name and number of a line of `dt` or `dx`; a number only where both write one.
fn fact(line: &str) -> Option<(u64, String, Option<u64>)> {
    let line = line.trim_start();
    let rest = line.strip_prefix("[+0x").or_else(|| line.strip_prefix("+0x"))?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit())?;
    let offset = u64::from_str_radix(&rest[..end], 16).unwrap();
    let rest = rest[end..].trim_start();
    let rest = match rest.strip_prefix('(') {
        Some(bits) => bits.split_once(')').unwrap().1,
        None => rest,
    };
    let rest = rest.trim_start_matches(']').trim_start();
    let (name, value) = rest.split_once(" : ").unwrap_or((rest, ""));
    let name = name.split_whitespace().next().unwrap().to_owned();
    let word = value.split_whitespace().next().unwrap_or_default().replace('`', "");
    let number = if let Some(digits) = word.strip_prefix("0x") {
        u64::from_str_radix(digits, 16).ok()
    } else if let Some(digits) = word.strip_prefix("0y") {
        u64::from_str_radix(digits, 2).ok()
    } else {
        word.trim_start_matches("0n").parse::<i64>().ok().map(|number| number as u64)
    };
    let number = if value.starts_with("(null)") { Some(0) } else { number };
    Some((offset, name, number))
}

/// Each member that the reference engine's `dt` showed, with its number.
#[test]
fn members_are_those_of_the_reference() {
    let Some(shared) = shared() else { return };
    let symbols = shared.join("symbols").display().to_string();
    let mut compared = 0;
    for (dump, transcript) in dumps_with_transcripts(&shared, "dbgeng-types") {
        let mut session = session_with(&dump, &symbols);
        for (reference, expression) in [
            ("dt nt!_EPROCESS @$proc", "@$proc"),
            ("dt nt!_KTHREAD @$thread", "&@$thread->Tcb"),
            ("dt nt!_KUSER_SHARED_DATA fffff78000000000", "((nt!_KUSER_SHARED_DATA *)0xfffff78000000000)"),
        ] {
            let theirs: Vec<_> =
                transcript.of(reference).unwrap().iter().filter_map(|line| fact(line)).collect();
            let ours: Vec<_> = lines(&mut session, &format!("dx {expression}"))
                .iter()
                .filter_map(|line| fact(line))
                .collect();
            assert_eq!(theirs.len(), ours.len(), "{reference}");
            for (want, have) in theirs.iter().zip(&ours) {
                assert_eq!((&want.0, &want.1), (&have.0, &have.1), "{reference}");
                if let (Some(want), Some(number)) = (want.2, have.2) {
                    assert_eq!(want, number, "{reference}: {}", have.1);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 300, "{compared} numbers");
}
