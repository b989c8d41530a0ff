//! What `!analyze` says of each argument in JSON, held against the emulator's record or the header's own bytes, and
//! against the public pages of the bug checks, read by hand.

use crate::forge::{self, number};
use crate::golden::{run, session};
use crate::shared::shared;
use dumpscope::command::run_line;
use dumpscope::output::{Block, Collector, JsonStream};
use dumpscope::session::Session;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// What the four parameters of a code are, by its page, where it says so whatever stands in them.
fn documented(code: u64) -> Option<[&'static str; 4]> {
    Some(match code {
        // Exception code, address of the instruction; what follows depends on the exception.
        0x1e => ["ntstatus", "code", "", ""],
        // Exception code, address of the instruction, address of the context record.
        0x3b => ["ntstatus", "code", "context_record", "unused"],
        // Memory referenced, kind of access, address of the instruction.
        0x50 => ["address", "plain", "code", ""],
        // Exception code, instruction, exception record, context record.
        0x1000_007e => ["ntstatus", "code", "exception_record", "context_record"],
        // Memory referenced, IRQL, kind of access, address of the instruction.
        0xd1 => ["address", "irql", "plain", "code"],
        // Virtual address, contents of its PTE; the others are reserved (a trap frame stands in the first of them).
        0xbe | 0xfc => ["address", "pte", "trap_frame", "reserved"],
        // Kind of corruption, trap frame, exception record.
        0x139 => ["plain", "trap_frame", "exception_record", "reserved"],
        // The process object.
        0xef => ["process", "", "", ""],
        _ => return None,
    })
}

/// The command that shows a thing of a kind.
fn command(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "code" => "u",
        "trap_frame" => ".trap",
        "context_record" => ".cxr",
        "exception_record" => ".exr",
        "address" => "db",
        "process" => "!process",
        "irp" => "!irp",
        "device_object" => "!devobj",
        _ => return None,
    })
}

/// The arguments as JSON has them, and the line that shows each.
struct Shown {
    code: u64,
    arguments: Vec<Value>,
    /// What each argument's line can be followed to.
    links: Vec<Option<String>>,
}

fn analyze(session: &mut Session) -> Shown {
    let mut collector = Collector::default();
    run_line("!analyze -v", session, &mut collector).unwrap_or_else(|failure| panic!("{}", failure.error));
    let whole = collector.document.blocks.iter().find(|block| block.kind() == Some("bugcheck")).unwrap();
    let mut stream = JsonStream::default();
    stream.begin("!analyze -v");
    let text = format!("{}{}", stream.block(whole), stream.end(None));
    let value: Value = serde_json::from_str(&text).unwrap();
    let section = &value["blocks"][0];
    let rows = section["blocks"][0]["blocks"].as_array().unwrap();
    let Block::Section(branch) = whole else { panic!("{whole:?}") };
    let links = branch.blocks[0].blocks().iter().map(|row| {
        let line = &row.own_lines()[0];
        let action = line.spans().iter().find_map(|span| span.action.as_ref());
        action.map(|action| action.command().unwrap().into_owned())
    });
    Shown {
        code: number(&section["fields"]["code"]),
        arguments: rows.iter().map(|row| row["fields"].clone()).collect(),
        links: links.collect(),
    }
}

/// The address as commands write it.
fn tick(address: u64) -> String {
    format!("{:08x}`{:08x}", address >> 32, address & 0xffff_ffff)
}

/// How many arguments could be followed.
fn check(name: &str, session: &mut Session, code: u64, parameters: &[u64]) -> usize {
    let shown = analyze(session);
    assert_eq!((shown.code, shown.arguments.len()), (code, 4), "{name}");
    let mut followed = 0;
    for (index, argument) in shown.arguments.iter().enumerate() {
        let what = format!("{name}: {argument}");
        assert_eq!(argument["number"], index as u64 + 1, "{what}");
        assert_eq!(number(&argument["value"]), parameters[index], "{what}");
        let kind = argument["kind"].as_str().unwrap();
        let expected = documented(code).map_or("", |kinds| kinds[index]);
        assert!(expected.is_empty() || kind == expected, "{what}");
        assert!(expected.is_empty() || argument["meaning"].is_string(), "{what}");
        // The line leads to the same thing as JSON.
        assert_eq!(argument["follow"].as_str(), shown.links[index].as_deref(), "{what}");
        let address = parameters[index];
        let bytes = run(session, &format!("db {} L1", tick(address)));
        let is_held = bytes.is_ok_and(|lines| lines.iter().any(|line| !line.contains("??")));
        match (command(kind), is_held) {
            (Some(command), true) if address >= 0x1_0000 => {
                let line = match argument["meaning"].as_str() {
                    Some("address of the PTE") => format!("!pte {} 1", tick(address)),
                    _ => format!("{command} {}", tick(address)),
                };
                assert_eq!(argument["follow"], line, "{what}");
                run(session, argument["follow"].as_str().unwrap()).unwrap();
                run(session, ".cxr").unwrap();
                followed += 1;
            }
            (Some(_), false) if address >= 0x1_0000 => {
                let why = argument["follow"]["unreadable"].as_str();
                assert!(why.is_some_and(|why| why.contains(&tick(address))), "{what}");
            }
            (Some(_), _) => assert!(argument["follow"].is_null(), "{what}"),
            (None, _) => {}
        }
    }
    followed
}

#[test]
fn arguments_are_those_that_the_emulator_recorded() {
    let mut followed = 0;
    for (case, truth, paths) in forge::cases() {
        for path in paths {
            let name = path.display().to_string();
            // A live dump has a code of its own.
            if name.contains("live") {
                continue;
            }
            let parameters: Vec<u64> =
                truth["bugcheck"]["parameters"].as_array().unwrap().iter().map(number).collect();
            let code = number(&truth["bugcheck"]["code"]);
            followed += check(&format!("{case} {name}"), &mut session(&path), code, &parameters);
        }
    }
    assert!(followed > 15, "{followed}");
}

/// DUMP_HEADER64 has the code at 0x38 and the parameters from 0x40 on.
#[test]
fn arguments_are_those_of_the_header() {
    let Some(folder) = shared("dumps") else { return };
    let (mut dumps, mut followed) = (0, 0);
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let Some(header) = header(&path) else { continue };
        let word = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().unwrap());
        let parameters = [0x40, 0x48, 0x50, 0x58].map(word);
        let code = word(0x38) & 0xffff_ffff;
        followed += check(&path.display().to_string(), &mut session(&path), code, &parameters);
        dumps += 1;
    }
    assert!(dumps > 20 && followed > 20, "{dumps} {followed}");
}

/// The first bytes of a 64-bit dump.
fn header(path: &Path) -> Option<Vec<u8>> {
    let bytes = fs::read(path).ok()?;
    bytes.starts_with(b"PAGEDU64").then(|| bytes[..0x60].to_vec())
}

/// The page of 0x9F, parameter 1 is 3: the device object of the stack, the triage block and the IRP that hangs. Both objects
/// of this dump are in it, under types that its kernel's layouts have.
#[test]
fn a_hung_irp_and_its_device_can_be_followed() {
    let Some(folder) = shared("dumps") else { return };
    let shown = analyze(&mut session(&folder.join("training-bsods-9f.dmp")));
    let of = |index: usize, key: &str| shown.arguments[index][key].clone();
    assert_eq!((of(1, "kind"), of(1, "type")), ("device_object".into(), "nt!_DEVICE_OBJECT".into()));
    assert_eq!(of(2, "type"), "nt!_TRIAGE_9F_POWER");
    assert_eq!(of(2, "follow"), "!powertriage");
    assert_eq!((of(3, "kind"), of(3, "type")), ("irp".into(), "nt!_IRP".into()));
    assert_eq!(of(3, "follow"), format!("!irp {}", tick(number(&of(3, "value")))));
}
