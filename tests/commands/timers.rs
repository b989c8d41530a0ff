//! `!timer` against the record of the forge's dumps, and on dumps whose lists were damaged by hand.

use crate::forge::{cases, number, root, truth};
use crate::golden::{look_for_symbols, real_dumps, records, run, session, shared, with_symbols};
use crate::patched::{Patched, offset};
use dumpscope::output::{Field, Record};
use dumpscope::session::Session;
use serde_json::Value;
use std::path::Path;

/// The address under a key, 0 where there is none.
fn address(record: &Record, key: &str) -> u64 {
    match record.get(key) {
        Some(Field::Address(value) | Field::Hex(value)) => *value,
        _ => 0,
    }
}

/// A timer of the record is shown in its list, with its due time, period, DPC and thread.
fn compare(case: &str, truth: &Value, session: &mut Session) -> (usize, usize) {
    let recorded = truth["timers"].as_array().map_or(&[][..], Vec::as_slice);
    let shown = records(session, "!timer", "timer");
    assert_eq!(shown.len(), recorded.len(), "{case}");
    let mut with_dpc = 0;
    for timer in recorded {
        let wanted = number(&timer["address"]);
        let row = shown.iter().find(|row| address(row, "address") == wanted).unwrap();
        let due = number(&timer["due"]);
        assert_eq!(row.get("list"), Some(&Field::Number(timer["bucket"].as_u64().unwrap())), "{case}");
        assert_eq!(address(row, "due"), due, "{case}");
        assert_eq!(row.get("period"), Some(&Field::Number(timer["period"].as_u64().unwrap())), "{case}");
        assert_eq!(address(row, "thread"), number(&timer["thread"]), "{case}");
        assert_eq!(address(row, "dpc"), number(&timer["dpc"]), "{case}: {wanted:x}");
        assert_eq!(address(row, "routine"), number(&timer["routine"]), "{case}: {wanted:x}");
        with_dpc += usize::from(number(&timer["dpc"]) != 0);
        // The time of day is the crash's, later by what is left: the crash was at `uptime` of the interrupt clock.
        let left = due - number(&truth["uptime"]);
        assert_eq!(row.get("due_utc"), Some(&Field::Time(number(&truth["time"]) + left)), "{case}");
    }
    (recorded.len(), with_dpc)
}

/// No symbols are at hand: how pointers to DPCs are decoded is found from the timers themselves.
#[test]
fn timers_are_those_of_the_record() {
    let (mut timers, mut dpcs) = (0, 0);
    for (case, truth, dumps) in cases() {
        let Some(dump) = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage")) else {
            continue;
        };
        let (all, with_dpc) = compare(&case, &truth, &mut session(dump));
        timers += all;
        dpcs += with_dpc;
    }
    assert!(timers >= 80 && dpcs >= 30, "only {timers} timers and {dpcs} DPCs");
}

/// With symbols the two variables tell how; the answers are the same.
#[test]
fn symbols_decode_as_timers_do() {
    let mut session = with_symbols(&root().join("tests/data/wifi-full.dmp.gz"));
    let (timers, dpcs) = compare("wifi", &truth("wifi"), &mut session);
    assert!(timers >= 8 && dpcs >= 4);
    assert_eq!(records(&mut session, "!timer", "timer_key"), []);
    let lines = run(&mut session, "!timer 1").unwrap();
    // Routine and period by the record; the form is that of spec/commands/1-process-thread.md.
    assert!(
        lines.iter().any(|line| line.ends_with("]  nt!IopTimerDispatch (DPC @ ffffa4058c02f740)")),
        "{lines:?}"
    );
    assert!(lines.contains(&"PROCESSOR 1 (nt!_KTIMER_TABLE fffff8075d213ac0)".to_owned()));
    assert!(lines.contains(&"Total Timers: 2, Maximum List: 1".to_owned()), "{lines:?}");
}

/// A row in the columns of the published sample of Windows 7 (golden/public, spec/commands/1-process-thread.md):
/// `  5 fffffa8003099810   627684ac 000003df [ 4/ 5/2010 18:58:10.756]  NDIS!...`.
#[test]
fn a_row_is_that_of_the_sample() {
    let truth = truth("wifi");
    let timer = &truth["timers"][0];
    let (timer_at, dpc) = (number(&timer["address"]), number(&timer["dpc"]));
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    dump.point(timer_at + offset("_KTIMER", "DueTime"), 0x0000_03df_6276_84ac);
    dump.put(timer_at + offset("_KTIMER", "Period"), &[0; 4]);
    // Interrupt time and the time of day as the sample has them: 2010-04-05 18:58:09.189 UTC, from `date -u`.
    let clock = |value: u64| {
        let (low, high) = (value as u32, (value >> 32) as u32);
        [low.to_le_bytes(), high.to_le_bytes(), high.to_le_bytes()].concat()
    };
    let shared = 0xffff_f780_0000_0000;
    dump.put(shared + 8, &clock(0x0000_03df_6187_6995));
    dump.put(shared + 0x14, &clock((1_270_493_889 + 11_644_473_600) * 10_000_000 + 1_890_000));
    let lines = run(&mut dump.open().0, "!timer 0").unwrap();
    assert_eq!(lines[2], "Interrupt time: 61876995 000003df [ 4/ 5/2010 18:58:09.189]");
    let row = lines.iter().find(|line| line.contains(&format!("{timer_at:016x}"))).unwrap();
    let bucket = timer["bucket"].as_u64().unwrap();
    let expected = format!("{bucket:>3} {timer_at:016x}   627684ac 000003df [ 4/ 5/2010 18:58:10.756]  ");
    assert!(row.starts_with(&expected), "{row}");
    assert!(row.ends_with(&format!(" (DPC @ {dpc:016x})")), "{row}");
    // A due time with the highest bit never comes.
    dump.point(timer_at + offset("_KTIMER", "DueTime"), 0x8000_0000_1486_bed8);
    let lines = run(&mut dump.open().0, "!timer 0").unwrap();
    let row = lines.iter().find(|line| line.contains(&format!("{timer_at:016x}"))).unwrap();
    assert!(row.contains("[         NEVER         ]"), "{row}");
}

#[test]
fn damaged_lists_end_and_the_others_follow() {
    let truth = truth("wifi");
    let of_first = |timer: &&Value| timer["processor"] == 0;
    let timers: Vec<u64> = truth["timers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(of_first)
        .map(|timer| number(&timer["address"]))
        .collect();
    let link = offset("_KTIMER", "TimerListEntry");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    // Linked to itself; to nothing; to what is not in the dump.
    dump.point(timers[0] + link, timers[0] + link);
    dump.point(timers[1] + link, 0);
    dump.point(timers[2] + link, 0xffff_9999_9999_0000);
    let mut session = dump.open().0;
    let shown = records(&mut session, "!timer 0", "timer");
    for timer in &timers {
        assert!(shown.iter().any(|row| address(row, "address") == *timer), "{timer:x}");
    }
    let lines = run(&mut session, "!timer 0").unwrap().join("\n");
    for what in ["the list turns back to", "the link of", "ffff99999998ffe0   ???????? ????????"] {
        assert!(lines.contains(what), "{what}: {lines}");
    }
    assert!(lines.contains("1 list breaks off at a timer that cannot be read"), "{lines}");
}

/// A triage dump holds KPRCBs and few timers: what it lacks is said once.
#[test]
fn what_a_triage_dump_lacks_is_said_once() {
    let mut session = session(&root().join("tests/data/wifi-triage.dmp.gz"));
    let lines = run(&mut session, "!timer").unwrap();
    assert!(lines.iter().filter(|line| line.contains("cannot be read")).count() <= 1, "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("Total Timers: ")), "{lines:?}");
}

/// A real triage dump whose kernel's PDB is at hand.
const REAL: &str = "dumps/rizin-testbins-triage_x64.dmp";

fn named(mut session: Session, shared: &Path) -> Session {
    look_for_symbols(&mut session, &shared.join("symbols").display().to_string());
    session
}

/// A real triage dump that holds the KPRCBs of all processors, with the names of its kernel: each processor's watchdog has a
/// timer of its own in its KPRCB, whose DPC is nt!KiDpcWatchdog. The key is found from the timers, because the two variables
/// are not in the dump. The callback of a newer timer was decoded by hand with the rotation 33 and the word
/// 0xac588120293a02d1, which follow from the timer at fffff804782dc418 and its DPC 0x40 bytes before it.
#[test]
fn real_timers_lead_to_what_they_call() {
    let Some(shared) = shared() else { return };
    let mut session = named(session(&shared.join(REAL)), &shared);
    let rows = records(&mut session, "!timer", "timer");
    let prcbs: Vec<u64> = session.target.processors().iter().filter_map(|processor| processor.prcb).collect();
    assert_eq!(prcbs.len(), 16);
    for prcb in prcbs {
        let timer = prcb + offset("_KPRCB", "DpcWatchdogTimer");
        let row = rows.iter().find(|row| address(row, "address") == timer).unwrap();
        assert_eq!(address(row, "dpc"), prcb + offset("_KPRCB", "DpcWatchdogDpc"));
        assert_eq!(row.get("symbol"), Some(&"nt!KiDpcWatchdog".into()));
    }
    let newer = records(&mut session, "!timer", "timer2");
    let row = newer.iter().find(|row| address(row, "address") == 0xffff_c08b_e3d6_e690).unwrap();
    assert_eq!(address(row, "callback"), 0xffff_f804_8030_3b90);
    assert_eq!(address(row, "context"), 0xffff_c08b_e3d5_f340);
    assert_eq!(row.get("period"), Some(&Field::Number(10_000_000)));
}

/// Every layout knows the lists of a processor's table: those of the one that crashed are in each real triage dump, and
/// an empty list's head points to itself, which no wrong place does 512 times.
#[test]
fn real_tables_are_read_on_every_build() {
    let Some(shared) = shared() else { return };
    let mut tables = 0;
    for path in real_dumps(&shared) {
        let mut session = session(&path);
        let number = session.focus.processor;
        let lines = run(&mut session, &format!("!timer {number:x}")).unwrap();
        let wrong = lines.iter().find(|line| line.contains("has no member") || line.contains(" is null"));
        assert_eq!(wrong, None, "{}", path.display());
        tables += usize::from(lines.iter().any(|line| line.starts_with("PROCESSOR ") && line.ends_with(')')));
    }
    // One dump is of an ARM64 machine, whose kernel nothing describes.
    assert!(tables >= 25, "only {tables}");
}

/// Two timers of a tree in a real dump: one of the second's children is made the first, which was there already; then the
/// first says that it is in another tree.
#[test]
fn damaged_trees_end_with_the_reason() {
    let Some(shared) = shared() else { return };
    let (first, second) = (0xffff_c08b_e3d6_e690, 0xffff_c08b_dceb_e680);
    // _KTIMER2.RbNodes and CollectionIndex of 10.0.19041.804, by its type information; the tree uses the second node.
    let node = |timer: u64| timer + 0x18 + 0x18;
    let dump = shared.join(REAL).display().to_string();
    let mut looped = Patched::new(&dump);
    looped.point(node(second) + 8, node(first));
    let lines = run(&mut named(looped.open().0, &shared), "!timer").unwrap();
    assert!(lines.iter().any(|line| line.contains("a node comes twice")), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with(&format!("{first:016x}"))).count(), 1);
    let mut elsewhere = Patched::new(&dump);
    elsewhere.put(first + 0x83, &[0x21]);
    let lines = run(&mut named(elsewhere.open().0, &shared), "!timer").unwrap();
    let row = lines.iter().find(|line| line.starts_with(&format!("{first:016x}"))).unwrap();
    assert!(row.ends_with("no timer of this collection"), "{row}");
}
