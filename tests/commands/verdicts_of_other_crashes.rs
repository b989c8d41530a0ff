//! Verdicts of crashes that the demos are not: their dumps, changed at known places into other bug checks.
//!
//! What is expected of each was written down from what the bug check means, before it was run. In most a third-party driver is
//! loaded, or stands on the stack, and has nothing to do with it.

use crate::forge::{number, truth};
use crate::golden::{self, forge_symbols, look_for_symbols};
use crate::patched::{Patched, offset};
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field};
use dumpscope::session::Session;

/// The class, the confidence, who is blamed, and the rule.
type Judged = (String, String, Option<String>, String);

fn judge(patched: &Patched) -> Judged {
    let (mut session, _folder) = patched.open();
    judge_with_images(&mut session)
}

fn judge_with_images(session: &mut Session) -> Judged {
    look_for_symbols(session, &forge_symbols());
    judge_in(session)
}

fn judge_in(session: &mut Session) -> Judged {
    let mut output = Collector::default();
    run_line("!analyze", session, &mut output).expect("an analysis");
    let record =
        output.document.records().find(|record| record.kind == "verdict").expect("a verdict").clone();
    let text = |name: &str| match record.get(name) {
        Some(Field::Text(text)) => Some(text.as_str().to_owned()),
        _ => None,
    };
    let word = |name: &str| text(name).unwrap_or_default();
    (word("class"), word("confidence"), text("culprit"), word("rule"))
}

/// A demo's dump.
pub fn demo(case: &str) -> Patched {
    Patched::new(&format!("assets/demo/{case}.dmp.gz"))
}

/// What is wrong with a case, if anything.
pub fn wrong(
    name: &str,
    patched: &Patched,
    class: &str,
    confidence: &str,
    culprit: Option<&str>,
) -> Option<String> {
    let found = judge(patched);
    let is_right = found.0 == class && found.1 == confidence && found.2.as_deref() == culprit;
    (!is_right).then(|| format!("{name}: {found:?}, not {class} {confidence} {culprit:?}"))
}

/// Code and data of the demo whose stack has a scanner below a system call, which is innocent of all this.
#[test]
fn whoever_only_stands_there_is_not_blamed() {
    let system = number(&truth("scanner-1a")["crash_context"]["process"]);
    let cases: [(&str, u32, [u64; 4], &str, &str); 18] = [
        ("power button", 0x1c8, [0x1b58, 0, 0, 0], "requested", "certain"),
        ("by keyboard", 0xe2, [0, 0, 0, 0], "requested", "certain"),
        ("machine check", 0x124, [0, 0, 0, 0], "hardware", "certain"),
        ("MSR changed", 0x109, [1, 2, 3, 7], "unknown", "possible"),
        ("function changed", 0x109, [1, 2, 3, 1], "unknown", "possible"),
        ("processors late", 0x1ca, [1, 0, 0, 0], "hardware", "possible"),
        ("clock lost", 0x101, [0x18, 0, 0, 7], "hardware", "possible"),
        (
            "corrupt heap",
            0x13a,
            [0x12, 0xffff_8307_e900_0140, 0xffff_8308_6a55_0000, 0],
            "memory-corruption-unknown",
            "likely",
        ),
        ("corrupt block", 0x19, [0x22, 0x1000, 0, 0], "memory-corruption-unknown", "likely"),
        ("corrupt lists", 0xc5, [8, 2, 0, 0xffff_f807_6140_0000], "memory-corruption-unknown", "likely"),
        (
            "two bits in an entry",
            0x1a,
            [0x41792, 0xffff_e081_0c0b_a038, 0x3000_0000_0000, 0],
            "memory-corruption-unknown",
            "likely",
        ),
        ("disk cable", 0x7a, [0x20, 0xffff_ffff_c000_0185, 0, 0], "hardware", "likely"),
        ("bad sector", 0x7a, [0x20, 0xffff_ffff_c000_009c, 0, 0], "hardware", "likely"),
        ("no pool to read", 0x7a, [0x20, 0xffff_ffff_c000_009a, 0, 0], "unknown", "possible"),
        ("IRQL left raised", 0x4a, [0, 2, 0, 0], "unknown", "possible"),
        ("time used up in all", 0x133, [1, 0x1e00, 0, 0], "unknown", "possible"),
        ("one DPC, nobody in it", 0x133, [0, 0x501, 0x500, 0], "unknown", "possible"),
        ("critical process", 0xef, [system, 0, 0, 0], "unknown", "possible"),
    ];
    let mut found = Vec::new();
    for (name, code, parameters, class, confidence) in cases {
        let mut patched = demo("scanner-1a");
        patched.bug_check(code, parameters);
        found.extend(wrong(name, &patched, class, confidence, None));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Faults of each kind, put where no demo has them.
#[test]
fn whoever_did_it_is_named() {
    let mut found = Vec::new();
    let scan = 0xffff_f807_6509_0000u64;
    // Verifier's check of code names an address in the driver.
    let mut patched = demo("scanner-1a");
    patched.bug_check(0xc4, [0x2000, scan + 0x1000, 0, 0]);
    found.extend(wrong("code integrity", &patched, "third-party-driver", "certain", Some("vscan")));

    // The routine of the DPC that runs too long is the driver's.
    let crashed = truth("scanner-1a")["crash_context"]["processor"].as_u64().expect("a number");
    let prcb = number(&truth("scanner-1a")["processors"][usize::try_from(crashed).unwrap()]["prcb"]);
    let mut patched = demo("scanner-1a");
    patched.bug_check(0x133, [0, 0x501, 0x500, 0]);
    patched.point(prcb + offset("_KPRCB", "CurrentDpcRoutine"), scan + 0x1000);
    patched.put(prcb + offset("_KPRCB", "DpcRoutineActive"), &[1]);
    found.extend(wrong("one DPC too long", &patched, "third-party-driver", "likely", Some("vscan")));

    // Processor 1 stands in the driver, with interrupts off; then with interrupts on.
    let prcb = number(&truth("scanner-1a")["processors"][1]["prcb"]);
    for (flags, class, confidence, culprit) in
        [(0x046u32, "third-party-driver", "likely", Some("vscan")), (0x246, "hardware", "possible", None)]
    {
        let mut patched = demo("scanner-1a");
        patched.bug_check(0x101, [0x18, 0, prcb, 1]);
        let context = patched.pointer(prcb + offset("_KPRCB", "Context"));
        patched.point(context + offset("_CONTEXT", "Rip"), scan + 0x1010);
        patched.put(context + offset("_CONTEXT", "EFlags"), &flags.to_le_bytes());
        found.extend(wrong("a spinning processor", &patched, class, confidence, culprit));
    }

    // A power request that waits at a device of the filter, while the device below came with Windows.
    let wifi = truth("wifi");
    let device = number(&wifi["devices"][0]["address"]);
    let request = number(&wifi["irps"][0]["address"]);
    let mut patched = demo("wifi");
    patched.bug_check(0x9f, [3, device, 0, request]);
    found.extend(wrong("a request that is held", &patched, "third-party-driver", "likely", Some("wlanflt")));

    // Another process ended the critical one, and the bug check says which.
    let processes = truth("scanner-1a")["processes"].clone();
    let of = |name: &str| {
        let all = processes.as_array().unwrap();
        number(&all.iter().find(|process| process["name"] == name).unwrap()["eprocess"])
    };
    let mut patched = demo("scanner-1a");
    patched.bug_check(0xef, [of("csrss.exe"), 0, of("smss.exe"), 0]);
    found.extend(wrong("ended by another", &patched, "unknown", "likely", None));

    // Control flow guard, and a cookie that is wrong by one bit.
    let mut patched = demo("scanner-139");
    patched.bug_check(0x139, [0xa, 0, 0, 0]);
    found.extend(wrong("call guard", &patched, "memory-corruption-unknown", "likely", None));
    let cookie = 0x2b99_2ddf_a233u64;
    for (value, class, confidence) in [
        (cookie ^ 1 << 20, "hardware", "likely"),
        (0x4141_4141_4141, "memory-corruption-unknown", "possible"),
    ] {
        let mut patched = demo("scanner-1a");
        patched.bug_check(0xf7, [value, cookie, !cookie, 0]);
        found.extend(wrong("a cookie", &patched, class, confidence, None));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The wild pointer of a demo becomes null but for a bit and a small offset: the same place, and nobody to blame.
#[test]
fn a_flipped_bit_outweighs_whose_memory_it_was_in() {
    let truth = truth("wifi-50");
    let frame = number(&truth["trap_frames"][0]["address"]);
    let place = 0xffff_a405_8c03_ac40u64;
    let flipped = 0x18u64 | 1 << 37;
    let mut patched = demo("wifi-50");
    patched.point(place, flipped);
    patched.point(frame + offset("_KTRAP_FRAME", "Rax"), flipped);
    patched.point(frame + offset("_KTRAP_FRAME", "FaultAddress"), flipped - 0x18);
    let rip = number(&truth["bugcheck"]["parameters"][2]);
    patched.bug_check(0x50, [flipped - 0x18, 0, rip, 2]);
    let found = wrong("one bit", &patched, "hardware", "likely", None);
    assert!(found.is_none(), "{found:?}");
}

/// The driver's one return address on the stack: found by unwinding it is a frame, found by searching it may be a word that was
/// left there.
#[test]
fn one_word_on_a_stack_that_was_searched_blames_nobody() {
    let mut patched = Patched::new("tests/data/wifi-triage.dmp.gz");
    patched.bug_check(0x133, [0, 0x501, 0x500, 0]);
    // As if ndis had called KeBugCheckEx, to which wlanflt had passed a packet: rsp in the contexts of the file. The saved
    // stack begins where it did (TRIAGE_DUMP64 at 0x2000: TopOfStack at 0x48).
    let mut bytes = patched.into_bytes();
    let (crashed, called) = (0xffff_fa8c_1001_baa8u64.to_le_bytes(), 0xffff_fa8c_1001_d9f8u64.to_le_bytes());
    let places: Vec<usize> =
        (0..bytes.len() - 8).filter(|&at| at != 0x2048 && bytes[at..at + 8] == crashed).collect();
    assert!(!places.is_empty());
    places.iter().for_each(|&at| bytes[at..at + 8].copy_from_slice(&called));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dpc.dmp");
    std::fs::write(&path, bytes).unwrap();
    let mut session = golden::session(&path);
    let (class, confidence, culprit, _) = judge_in(&mut session);
    assert_eq!((class.as_str(), confidence.as_str(), culprit), ("third-party-driver", "possible", None));
    let (class, confidence, culprit, _) = judge_with_images(&mut session);
    let culprit = culprit.as_deref();
    assert_eq!(
        (class.as_str(), confidence.as_str(), culprit),
        ("third-party-driver", "likely", Some("wlanflt"))
    );
}
