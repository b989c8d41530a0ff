//! JSON loses nothing: every value that a line shows is a fact of its record.

use crate::forge::number;
use crate::{forge, golden};
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field, Line, Record};
use dumpscope::session::Session;
use std::collections::HashSet;

/// A demo with its symbols.
fn demo(case: &str) -> Session {
    golden::with_symbols(&forge::demo(case))
}

fn records(session: &mut Session, line: &str) -> Vec<Record> {
    let mut output = Collector::default();
    // What a dump lacks is told by other tests.
    let _ = run_line(line, session, &mut output);
    output.document.records().cloned().collect()
}

/// The numbers in a text: runs of hexadecimal digits, of which shorter ones than `least` may be words.
fn numbers(text: &str, least: usize) -> HashSet<u64> {
    let text = text.replace('`', "");
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words = words.map(|word| word.strip_prefix("0x").unwrap_or(word));
    words.filter(|word| word.len() >= least).filter_map(|word| u64::from_str_radix(word, 16).ok()).collect()
}

fn add(value: &Field, known: &mut HashSet<u64>) {
    match value {
        Field::Number(value) | Field::Hex(value) | Field::Address(value) => {
            known.insert(*value);
        }
        Field::Text(text) => known.extend(numbers(text.as_str(), 1)),
        Field::List(values) => values.iter().for_each(|value| add(value, known)),
        Field::Object(values) => values.iter().for_each(|(_, value)| add(value, known)),
        _ => {}
    }
}

/// What a record's lines show and its facts lack.
fn missing(record: &Record, least: usize) -> Vec<String> {
    let mut known = HashSet::new();
    record.fields.iter().for_each(|(_, value)| add(value, &mut known));
    let shown = record.lines.iter().flat_map(|line| numbers(&line.plain(), least));
    shown.filter(|value| !known.contains(value)).map(|value| format!("{value:x}")).collect()
}

/// Numbers of five digits and more; fewer in rows that consist of numbers. `r` is of the crash, where all are known.
#[test]
fn every_number_of_a_line_is_a_fact() {
    let lines = [
        ("r", 4),
        ("r rax, rip, efl, $t0", 4),
        ("rM 8", 4),
        ("rM 20", 5),
        ("rM 80", 5),
        ("~", 5),
        ("k", 5),
        ("kv", 5),
        ("kf", 5),
        ("kn", 5),
        ("kp", 5),
        ("kP", 5),
        ("kd", 5),
        (".frame 11; dv", 5),
        (".frame 11; dv /t /i /V", 5),
        (".frame 12; !x", 5),
        (".frame 0; dps @rsp L40", 5),
        ("dqs @rsp L8", 5),
        ("dds @rsp L8", 5),
        ("dpp @rsp L20", 5),
        ("db @rsp L40", 2),
        ("dw @rsp L10", 4),
        ("dd @rsp L10", 8),
        ("dq @rsp L10", 8),
        ("dl @rsp", 8),
        ("!dd 1a0040 L8", 8),
        ("lm", 5),
        ("lmv", 5),
        ("lmtc", 5),
        (".exr -1", 5),
    ];
    let mut seen = 0;
    let dumps = forge::dumps().into_iter().map(|(case, dump)| (case, golden::session(&dump)));
    let demos = ["wifi", "readonly", "scanner-139"].map(|case| (case.to_owned(), demo(case)));
    for (case, mut session) in dumps.chain(demos).filter(|(case, _)| !case.starts_with("truncated")) {
        for (line, least) in lines {
            for record in records(&mut session, line) {
                seen += 1;
                let mut missing = missing(&record, least);
                // Zeros stand for time stamp and check sum of an unloaded module, which Windows does not keep, and for
                // argument slots that the dump lacks.
                let has_blanks = ["unloaded_module", "frame"].contains(&record.kind);
                missing.retain(|value| !has_blanks || value != "0");
                // The characters beside bytes may look like numbers.
                if let Some(Field::Text(text)) = record.get("text") {
                    let said = numbers(text.as_str(), 1);
                    missing.retain(|value| !said.contains(&u64::from_str_radix(value, 16).unwrap()));
                }
                let text: Vec<String> = record.lines.iter().map(Line::plain).collect();
                assert!(missing.is_empty(), "{case} {line}: {missing:?} of {text:#?}: {:?}", record.fields);
            }
        }
    }
    assert!(seen > 5_000, "only {seen} records");
}

/// What stands for a value that is not known says why, whatever the command: no other fact is null for it.
#[test]
fn what_is_not_known_says_why() {
    let mut session = demo("wifi");
    let marks = [("db 0 L10", "values"), ("dps 0 L1", "value"), ("dpp 0 L1", "pointer"), ("da 0", "rest")];
    for (line, name) in marks {
        let record = &records(&mut session, line)[0];
        let value = match record.get(name) {
            Some(Field::List(values)) => values[0].clone(),
            other => other.cloned().unwrap_or(Field::Null),
        };
        assert!(
            matches!(&value, Field::Unreadable(why) if why.as_str().starts_with("not mapped")),
            "{line}: {value:?}"
        );
    }
    let frames = records(&mut session, ".frame /r 12");
    let lost = |name: &str| frames.iter().find_map(|record| record.get(name)).cloned();
    assert!(matches!(lost("rax"), Some(Field::Unreadable(_))), "{:?}", lost("rax"));
    let unread: Vec<Record> = records(&mut session, "dv");
    let list = unread.iter().find(|record| record.get("name") == Some(&"NetBufferLists".into()));
    let value = list.expect("the fixture's parameter").get("value").cloned();
    assert!(matches!(&value, Some(Field::Unreadable(why)) if !why.as_str().is_empty()), "{value:?}");
}

/// Against what the emulator recorded when the demo crashed.
#[test]
fn facts_are_those_of_the_record() {
    let truth = forge::truth("wifi");
    let mut session = demo("wifi");
    let registers = &records(&mut session, "r")[0];
    for name in ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rip", "rsp", "rbp", "r8", "r11", "r15", "efl"] {
        let recorded = number(&truth["crash_context"]["regs"][name]);
        assert_eq!(registers.get(name), Some(&Field::Hex(recorded)), "{name}");
    }
    let frames = truth["frames"].as_array().expect("frames");
    assert_eq!(registers.get("cs"), Some(&Field::Hex(number(&frames[0]["cs"]))));
    assert_eq!(registers.get("ss"), Some(&Field::Hex(number(&frames[0]["ss"]))));

    let crashed = truth["crash_context"]["processor"].as_u64().expect("a number");
    let processors = records(&mut session, "~");
    assert_eq!(processors.len(), truth["processors"].as_array().expect("processors").len());
    for processor in &processors {
        let is_crashed = processor.get("number") == Some(&Field::Number(crashed));
        assert_eq!(processor.get("crashed"), Some(&Field::Bool(is_crashed)));
        if is_crashed {
            let thread = number(&truth["crash_context"]["thread"]);
            assert_eq!(processor.get("thread"), Some(&Field::Address(thread)));
            assert_eq!(processor.get("ip"), Some(&Field::Address(number(&frames[0]["rip"]))));
            assert_eq!(processor.get("symbol"), Some(&"nt!KeBugCheckEx".into()));
        }
    }

    let stack = records(&mut session, "kv");
    let physical: Vec<&Record> =
        stack.iter().filter(|record| record.get("trust") != Some(&"inline".into())).collect();
    assert!(frames.len() > 10);
    for (frame, record) in frames.iter().zip(physical) {
        assert_eq!(record.get("ip"), Some(&Field::Hex(number(&frame["rip"]))), "{frame}");
        assert_eq!(record.get("sp"), Some(&Field::Address(number(&frame["rsp"]))), "{frame}");
        let back = Field::Address(number(&frame["return_address"]));
        assert_eq!(record.get("return_address"), Some(&back), "{frame}");
    }

    let modules = records(&mut session, "lm");
    let recorded = truth["modules"].as_array().expect("modules");
    for module in recorded {
        let base = Field::Address(number(&module["base"]));
        let record = modules.iter().find(|record| record.get("start") == Some(&base)).expect("the module");
        assert_eq!(record.get("image_name"), Some(&module["name"].as_str().expect("a name").into()));
        assert_eq!(record.get("time_date_stamp"), Some(&Field::Hex(number(&module["timestamp"]))));
    }
}

/// The fixture's source declares `Dot11SendCompletion(ADAPT *pAdapt, NET_BUFFER_LIST *pNdisPacket, long ndisStatus)`.
#[test]
fn parameters_of_a_call_site_are_facts() {
    let mut session = demo("wifi");
    for line in ["kp", "kP"] {
        let frames = records(&mut session, line);
        let named = |record: &&Record| matches!(record.get("symbol"), Some(Field::Text(name)) if name.as_str().contains("!Dot11SendCompletion"));
        let frame = frames.iter().find(named).expect("the frame");
        let Some(Field::List(parameters)) = frame.get("parameters") else {
            panic!("{line}: {:?}", frame.fields)
        };
        let fact = |parameter: &Field, name: &str| match parameter {
            Field::Object(facts) => facts.iter().find(|(known, _)| known == name).unwrap().1.clone(),
            other => panic!("{other:?}"),
        };
        let names: Vec<Field> = parameters.iter().map(|parameter| fact(parameter, "name")).collect();
        assert_eq!(names, ["pAdapt", "pNdisPacket", "ndisStatus"].map(Field::from), "{line}");
        assert_eq!(fact(&parameters[2], "type"), "long".into());
    }
}
