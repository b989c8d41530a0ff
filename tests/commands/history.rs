//! `!history` on real event logs, and what the verdict makes of logs.

use crate::shared::{root_with, shared};
use dumpscope::analysis::History;
use dumpscope::command::run_line;
use dumpscope::events::{Event, Reading, read};
use dumpscope::output::{Collector, Field};
use dumpscope::session::Session;
use dumpscope::util::cancel::CancelToken;
use dumpscope::util::language::Language;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Logs of two virtual machines without any crash.
const LOGS: [&str; 2] = ["system-1607.evtx", "system-1709-virtio.evtx"];

fn run(arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dumpscope")).args(arguments).output().expect("the program");
    (String::from_utf8(output.stdout).expect("text"), String::from_utf8(output.stderr).expect("text"))
}

fn counts(path: &Path) -> (BTreeMap<(String, u32), u64>, Reading) {
    let mut counts = BTreeMap::new();
    let mut each =
        |event: dumpscope::events::Event| *counts.entry((event.provider, event.id)).or_default() += 1;
    let reading = read(path, &CancelToken::default(), &mut each, &mut |_| {}).expect("a log");
    (counts, reading)
}

/// Held to the counts of python-evtx (`tests/data/events/counts.py` says how they were made).
#[test]
fn counts_by_provider_and_number_are_those_of_another_reader() {
    let Some(folder) = shared("events") else { return };
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/events/counts.tsv");
    let record = std::fs::read_to_string(record).expect("the record");
    for log in LOGS {
        let lines = record.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let wanted: BTreeMap<(String, u32), u64> = lines
            .filter(|row| row[0] == log)
            .map(|row| ((row[1].to_owned(), row[2].parse().unwrap()), row[3].parse().unwrap()))
            .collect();
        let (found, reading) = counts(&folder.join(log));
        assert!(wanted.len() > 50, "{log}");
        assert_eq!(found, wanted, "{log}");
        let whole = Reading { events: wanted.values().sum(), chunks: reading.chunks, ..Reading::default() };
        assert_eq!(reading, whole, "{log}");
    }
}

/// What is read of a damaged log is never more than there was, and what was not read is told.
#[test]
fn damaged_logs_are_read_as_far_as_they_can_be() {
    let Some(folder) = shared("events") else { return };
    let bytes = std::fs::read(folder.join(LOGS[0])).expect("a log");
    let (_, whole) = counts(&folder.join(LOGS[0]));
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("history-damaged.evtx");
    let check = |bytes: &[u8]| {
        std::fs::write(&scratch, bytes).expect("written");
        counts(&scratch)
    };
    let (found, cut) = check(&bytes[..bytes.len() / 3]);
    assert!(cut.is_cut && cut.events > 100 && cut.events < whole.events, "{cut:?}");
    assert_eq!(found.values().sum::<u64>(), cut.events);
    let mut headless = bytes.clone();
    headless[..64].fill(0xff);
    let (_, headless) = check(&headless);
    assert_eq!((headless.damaged_header, headless.events), (true, whole.events));
    // A generator of our own, so that a failure can be repeated.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("small")
    };
    for round in 0..6 {
        // Two chunks are enough, and quick.
        let mut damaged = bytes[..4096 + 2 * 65536].to_vec();
        for _ in 0..=(1 << (2 * round)) {
            let place = 4096 + next(damaged.len() - 4096);
            damaged[place] ^= 1 << next(8);
        }
        let (_, reading) = check(&damaged);
        assert!(reading.damaged_chunks + reading.damaged_records > 0, "{round}: {reading:?}");
    }
}

#[test]
fn what_is_no_log_is_refused() {
    let scratch: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("history-none.evtx");
    let mut file = std::fs::File::create(&scratch).expect("a file");
    file.write_all(&[7; 200_000]).expect("written");
    let line = format!("!history {}", scratch.display());
    let (_, errors) = run(&["--demo", "wifi", "-c", &line]);
    assert!(errors.contains("no event log"), "{errors}");
    let (_, errors) = run(&["--demo", "wifi", "-c", "!history"]);
    assert!(errors.contains("no event log is named"), "{errors}");
    let (_, errors) = run(&["--demo", "wifi", "--events", "/nowhere/a.evtx", "-c", "!history"]);
    assert!(errors.contains("/nowhere/a.evtx"), "{errors}");
}

/// The logs tell of no crash; what they hold of installations was read with another reader.
#[test]
fn the_time_line_of_a_machine_without_a_crash() {
    let Some(root) = root_with(&["events"]) else { return };
    let log = root.join("events").join(LOGS[1]);
    let log = log.to_str().expect("a path");
    let (text, errors) = run(&["--demo", "wifi", "--events", log, "--color", "never", "-c", "!history"]);
    assert_eq!(errors, "");
    assert!(text.contains("1160 events of "), "{text}");
    assert!(text.contains("its time lies outside the log"), "{text}");
    assert!(text.contains("netkvm.sys") && text.contains("Red Hat VirtIO Ethernet Adapter"), "{text}");
    let marked: Vec<&str> = text.lines().filter(|line| line.starts_with('>')).collect();
    assert_eq!(marked.len(), 1, "{text}");
    assert!(marked[0].contains("2021-05-18 19:16:37"), "{marked:?}");
    let (chinese, _) = run(&["--demo", "wifi", "--events", log, "--lang", "zh-CN", "-c", "!history"]);
    assert!(chinese.contains("时间线") && chinese.contains("安装了驱动程序"), "{chinese}");
}

/// Records of the demo's own crash and of what came before it, as Windows writes them: the time line has the crash in its place,
/// marks it and the records that tell of it, and names what was installed before. No public log is of the machine of a dump.
#[test]
fn the_time_line_marks_the_crash_of_the_dump() {
    let mut session = crate::cases::demo("wifi");
    let header = session.target.header().unwrap();
    let (crashed, code, parameters) =
        (header.system_time.unwrap(), header.bug_check_code, header.bug_check_parameters);
    let driver = [("ServiceName", "wlanflt"), ("ImagePath", "\\SystemRoot\\System32\\drivers\\wlanflt.sys")];
    let restarted = [
        ("BugcheckCode", code.to_string()),
        ("BugcheckParameter1", format!("{:#x}", parameters[0])),
        ("BugcheckParameter2", format!("{:#x}", parameters[1])),
        ("BugcheckParameter3", format!("{:#x}", parameters[2])),
        ("BugcheckParameter4", format!("{:#x}", parameters[3])),
    ];
    let restarted: Vec<(&str, &str)> =
        restarted.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let minute = DAY / 1440;
    // An event, and how long before the crash (negative: after it) it was written.
    let records = [
        (event("Service Control Manager", 7045, 0, &driver), 3 * DAY.cast_signed()),
        (event("disk", 153, 0, &[("", "\\Device\\Harddisk0\\DR0")]), DAY.cast_signed()),
        (event("Microsoft-Windows-Kernel-Power", 41, 0, &restarted), -minute.cast_signed()),
        (checked(code, parameters), -2 * minute.cast_signed()),
    ];
    let mut history = History::default();
    for (number, (event, before)) in records.iter().enumerate() {
        let time = crashed.saturating_add_signed(-before);
        history.add(&Event { time, record: number as u64, ..event.clone() });
    }
    history.was_read(Path::new("System.evtx"), Reading::default());
    session.settings.events = vec![PathBuf::from("System.evtx")];
    assert!(session.history.set(history.into()).is_ok(), "not read yet");
    let arguments = parameters.map(|parameter| format!("{parameter:x}")).join(", ");
    for (language, words) in [
        (
            Language::English,
            [
                "Unexpected restarts: 1, with a bug check: 1",
                "its crash is recorded",
                "newest first",
                "this dump's crash: bug check 1E",
                "restarted after bug check 1E",
            ],
        ),
        (
            Language::Chinese,
            [
                "意外重启次数：1，其中有错误检查记录：1",
                "日志中有此次崩溃的记录",
                "由近及远",
                "本转储的崩溃：错误检查 1E",
                "错误检查 1E",
            ],
        ),
    ] {
        session.settings.language = language;
        let mut output = Collector::default();
        run_line("!history", &mut session, &mut output).map_err(|failure| failure.error).unwrap();
        let lines: Vec<String> = output.document.lines().map(|line| line.plain()).collect();
        let text = lines.join("\n");
        for words in words {
            assert!(text.contains(words), "{words}: {text}");
        }
        let marked: Vec<&String> = lines.iter().filter(|line| line.starts_with('>')).collect();
        // The crash at the time of the dump, then the two records of the start after it.
        let times: Vec<&str> = marked.iter().map(|line| &line[2..21]).collect();
        assert_eq!(times, ["2021-05-18 19:16:37", "2021-05-18 19:17:37", "2021-05-18 19:18:37"], "{text}");
        assert!(marked[0].contains(words[3]) && marked[0].contains(&arguments), "{text}");
        assert!(marked[1].contains(words[4]) && marked[2].contains(&arguments), "{text}");
        // The change stands in front, and everything once more in the order of time.
        let place = |part: &str, from: usize| {
            lines.iter().skip(from).position(|line| line.contains(part)).map(|place| place + from).unwrap()
        };
        let first = place("wlanflt.sys", 0);
        let second = place("wlanflt.sys", first + 1);
        assert!(second < place("Harddisk0", 0) && place("Harddisk0", 0) < place(words[3], 0), "{text}");
    }
}

/// A session on a demo whose log has a record of its crash with these arguments, and what else is told.
fn with_log(case: &str, own: Option<[u64; 4]>, others: &[Event]) -> Session {
    let mut session = crate::cases::demo(case);
    let header = session.target.header().unwrap();
    let (crashed, parameters) = (header.system_time.unwrap(), own.unwrap_or(header.bug_check_parameters));
    let mut history = History::default();
    for other in others {
        history.add(&Event { time: crashed - other.time, ..other.clone() });
    }
    history.add(&Event { time: crashed + DAY / 24, ..checked(header.bug_check_code, parameters) });
    session.settings.events = vec![PathBuf::from("System.evtx")];
    assert!(session.history.set(history.into()).is_ok(), "not read yet");
    session
}

const DAY: u64 = 86_400 * 10_000_000;

fn event(provider: &str, id: u32, before: u64, data: &[(&str, &str)]) -> Event {
    Event {
        record: before / DAY,
        time: before,
        provider: provider.to_owned(),
        id,
        level: 2,
        computer: "PC".to_owned(),
        data: data.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

/// What Windows writes after the start that follows a bug check.
fn checked(code: u32, [a, b, c, d]: [u64; 4]) -> Event {
    let text = format!("{code:#010x} ({a:#018x}, {b:#018x}, {c:#018x}, {d:#018x})");
    event("Microsoft-Windows-WER-SystemErrorReporting", 1001, 0, &[("param1", &text)])
}

fn judged(session: &mut Session) -> (String, String, Vec<String>) {
    let mut output = Collector::default();
    run_line("!analyze", session, &mut output).map_err(|failure| failure.error).unwrap();
    let verdict = output.document.records().find(|record| record.kind == "verdict").expect("a verdict");
    let text = |name: &str| match verdict.get(name) {
        Some(Field::Text(text)) => text.as_str().to_owned(),
        _ => String::new(),
    };
    let evidence = match verdict.get("evidence") {
        Some(Field::List(items)) => items.iter().map(|item| format!("{item:?}")).collect(),
        _ => Vec::new(),
    };
    (text("class"), text("rule"), evidence)
}

/// Many kinds of crashes within days speak for hardware where nobody stands on the stack; the log of another machine says
/// nothing, and neither do crashes of long ago.
#[test]
fn the_verdict_knows_what_else_happened_on_this_machine() {
    let earlier = |days: u64| {
        [0x1au32, 0x19, 0x7a].map(|code| Event {
            time: days * DAY + u64::from(code) * DAY / 1000,
            ..checked(code, [1, 2, 3, 4])
        })
    };
    let without = judged(&mut crate::cases::demo("nosyms"));
    assert_eq!(without.0, "memory-corruption-unknown");
    let (class, rule, evidence) = judged(&mut with_log("nosyms", None, &earlier(3)));
    assert_eq!((class.as_str(), rule.as_str()), ("hardware", "history-many-kinds"));
    assert!(
        evidence.iter().any(|item| item.contains("4 kinds of bug checks (19, 1A, 1E, 7A)")),
        "{evidence:?}"
    );
    assert_eq!(judged(&mut with_log("nosyms", None, &earlier(40))), without);
    assert_eq!(judged(&mut with_log("nosyms", Some([1, 2, 3, 4]), &earlier(3))), without);
    // Errors that the hardware reported in those days.
    let reported = event("Microsoft-Windows-WHEA-Logger", 19, 2 * DAY, &[]);
    let (class, rule, evidence) = judged(&mut with_log("nosyms", None, &[reported]));
    assert_eq!((class.as_str(), rule.as_str()), ("hardware", "history-hardware-errors"), "{evidence:?}");
    // Who is found guilty stays so.
    let (class, rule, _) = judged(&mut with_log("wifi", None, &earlier(3)));
    assert_eq!((class.as_str(), rule.as_str()), ("third-party-driver", "pointer-in-third-party-block"));
}
