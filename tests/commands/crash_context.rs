//! `.ecxr` and what it finds: against the trap frames that the emulator recorded, and on copies of the forge's dumps with
//! other bug checks.

use crate::forge;
use crate::forge::number;
use crate::golden::run;
use dumpscope::analysis::{ContextKind, ContextSource, CrashContext, crash_context};
use dumpscope::command::run_line;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::memory::Memory;
use dumpscope::output::{Collector, Field};
use dumpscope::session::{Session, Settings};
use serde_json::Value;

fn found(session: &Session) -> Option<CrashContext> {
    crash_context(&session.target, || session.crash_stack())
}

/// A demo whose header (DUMP_HEADER64: code at 0x38, parameters from 0x40 on) tells of another bug check, and which
/// `change` has damaged.
fn with_bug_check(
    case: &str,
    code: u32,
    parameters: [u64; 4],
    change: impl FnOnce(&Target, &mut [u8]),
) -> Session {
    let target = Target::open(&forge::demo(case), &mut |_| {}).unwrap();
    let mut bytes = target.dump().unwrap().bytes().to_vec();
    bytes[0x38..0x3c].copy_from_slice(&code.to_le_bytes());
    for (slot, parameter) in bytes[0x40..0x60].chunks_mut(8).zip(parameters) {
        slot.copy_from_slice(&parameter.to_le_bytes());
    }
    change(&target, &mut bytes);
    let dump = DumpFile::from_bytes("changed.dmp", bytes).unwrap();
    Session::new(Target::new(dump), Settings::default())
}

/// Where the bytes at an address stand in the file.
fn place(target: &Target, bytes: &[u8], address: u64) -> usize {
    let mut wanted = [0u8; 0x80];
    target.memory().read(address, &mut wanted).unwrap();
    let places: Vec<usize> =
        (0..bytes.len() - 0x80).step_by(8).filter(|at| bytes[*at..*at + 0x80] == wanted).collect();
    assert_eq!(places.len(), 1, "{address:#x}");
    places[0]
}

/// The first trap frame that the emulator recorded, if an exception made it.
fn recorded(truth: &Value) -> Option<&Value> {
    let first = truth["trap_frames"].as_array()?.first()?;
    first["kind"].as_str()?.starts_with("Exception").then_some(first)
}

#[test]
fn every_dump_of_the_forge_has_the_frame_of_its_fault() {
    let (mut some, mut none) = (0, 0);
    for (case, truth, dumps) in forge::cases() {
        for dump in dumps {
            let target = Target::open(&dump, &mut |_| {}).unwrap();
            let mut session = Session::new(target, Settings::default());
            let name = dump.display();
            let found = found(&session);
            let lines = run(&mut session, ".ecxr; ? 1").unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(lines.last().unwrap(), "Evaluate expression: 1 = 00000000`00000001");
            let Some(trap) = recorded(&truth) else {
                assert_eq!(found, None, "{name}");
                assert_eq!(lines.len(), 2, "{name}: {lines:?}");
                assert!(session.focus.context.is_none());
                none += 1;
                continue;
            };
            let found = found.unwrap_or_else(|| panic!("{name} ({case}): nothing found"));
            assert_eq!(
                (found.kind, found.address),
                (ContextKind::TrapFrame, number(&trap["address"])),
                "{name}"
            );
            for register in ["rip", "rsp", "rax", "rcx", "r11"] {
                let value = session.context().unwrap().get(register);
                assert_eq!(value, Some(number(&trap["regs"][register])), "{name} {register}");
            }
            some += 1;
        }
    }
    assert!(some > 10 && none > 0, "{some} {none}");
}

const READ: [u64; 4] = [0xffff_ffff_ffff_ffe8, 2, 0, 0xffff_f807_6506_1054];

/// 0xA names the instruction in its fourth parameter; 0x1A names nothing, and the page fault is the innermost on the stack.
#[test]
fn the_instruction_or_the_stack_leads_to_the_frame() {
    let trap = number(&recorded(&forge::truth("wifi-d1")).unwrap()["address"]);
    for (code, parameters, source) in [
        (0xa, READ, ContextSource::Instruction(3)),
        (0x1a, [0x41287, 0x1000, 0, 0], ContextSource::Stack),
        // An instruction that stands nowhere on the stack leads to none.
        (0xa, [0, 2, 0, 0xffff_f807_6506_1058], ContextSource::Stack),
    ] {
        let session = with_bug_check("wifi-d1", code, parameters, |_, _| {});
        let found = found(&session).unwrap();
        assert_eq!((found.source, found.address), (source, trap), "{code:#x}");
    }
}

/// A clock interrupt on top (the same frame, marked as the kernel marks an interrupt's: ExceptionActive at 0x2b is 0) says
/// nothing of a fault, nor does a mark that means nothing.
#[test]
fn an_interrupt_is_no_fault() {
    let trap = number(&recorded(&forge::truth("wifi-d1")).unwrap()["address"]);
    for (code, parameters) in [(0x133, [0, 0x501, 0x500, 0]), (0x101, [0x18, 0, 0xffff_f807_5d20_0180, 1])] {
        for mark in [0, 0x79] {
            let mut session = with_bug_check("wifi-d1", code, parameters, |target, bytes| {
                let at = place(target, bytes, trap);
                assert_eq!(bytes[at + 0x2b], 1);
                bytes[at + 0x2b] = mark;
            });
            assert_eq!(found(&session), None, "{code:#x} {mark:#x}");
            let lines = run(&mut session, ".ecxr; ? 1").unwrap();
            assert!(lines[0].starts_with("No registers of a fault"), "{lines:?}");
            assert_eq!(lines.len(), 2);
        }
    }
}

/// The debugger's own registers of the fault do not depend on what is selected.
#[test]
fn it_is_the_fault_of_the_processor_that_crashed() {
    let mut session =
        Session::new(Target::open(&forge::demo("readonly"), &mut |_| {}).unwrap(), Settings::default());
    let crashed = session.focus.processor;
    run(&mut session, "~3s; .ecxr").unwrap();
    assert_eq!(session.focus.processor, crashed);
    let trap = number(&recorded(&forge::truth("readonly")).unwrap()["regs"]["rip"]);
    assert_eq!(session.context().unwrap().ip(), trap);
}

#[test]
fn the_analysis_tells_where_they_are() {
    let mut session =
        Session::new(Target::open(&forge::demo("scanner-139"), &mut |_| {}).unwrap(), Settings::default());
    let lines = run(&mut session, "!analyze").unwrap();
    let told: Vec<_> = lines.iter().filter(|line| line.contains("Registers")).collect();
    let truth = forge::truth("scanner-139");
    let parameter = |at: usize| number(&truth["bugcheck"]["parameters"][at]);
    let trap = parameter(1);
    let expected =
        format!("  Registers  trap frame {:08x}`{:08x} (Arg2); .ecxr", trap >> 32, trap & 0xffff_ffff);
    assert_eq!(told, [&expected]);
    let record = found(&session).unwrap().record;
    assert_eq!(record, Some(parameter(2)), "the record of parameter 3");
}

/// The value of each register as a fact.
fn facts(session: &mut Session, command: &str) -> Vec<(String, Field)> {
    let mut output = Collector::default();
    run_line(command, session, &mut output).unwrap_or_else(|failure| panic!("{command}: {}", failure.error));
    let records = output.document.records().filter(|record| record.kind == "registers");
    records.flat_map(|record| &record.fields).map(|(name, value)| (name.to_string(), value.clone())).collect()
}

/// A KTRAP_FRAME of an exception holds the volatile registers and rbp; of the others nothing is known.
#[test]
fn registers_that_were_not_saved_say_so_as_facts() {
    let truth = forge::truth("wifi-50");
    let trap = recorded(&truth).unwrap();
    let mut session =
        Session::new(Target::open(&forge::demo("wifi-50"), &mut |_| {}).unwrap(), Settings::default());
    let is_lost =
        |value: &Field| matches!(value, Field::Unreadable(why) if why.as_str().contains("not recovered"));
    for command in [".ecxr", "r", "rM 1", "rM 8", "rM 40", "r xmm5, xmm6", "r rax, rbx, bl, rbp, r12d, r10"] {
        for (name, value) in facts(&mut session, command) {
            match name.as_str() {
                "rbx" | "rsi" | "rdi" | "r12" | "r13" | "r14" | "r15" | "bl" | "r12d" => {
                    assert!(is_lost(&value), "{command}: {name}");
                }
                "xmm6" | "xmm7" | "xmm8" | "xmm9" | "xmm10" | "xmm15" => {
                    assert!(is_lost(&value), "{command}: {name}");
                }
                // It has room for cs and ss alone.
                "ds" | "es" | "fs" | "gs" => assert!(is_lost(&value), "{command}: {name}"),
                "rax" | "rcx" | "rdx" | "rsp" | "rbp" | "r8" | "r9" | "r10" | "r11" => {
                    assert_eq!(value, Field::Hex(number(&trap["regs"][&name])), "{command}: {name}");
                }
                "xmm11" | "xmm12" | "xmm13" | "xmm14" => {}
                _ => assert!(value.is_known(), "{command}: {name}"),
            }
        }
    }
    // The text is the debugger's, and what the user sets is known.
    assert!(run(&mut session, "r").unwrap().iter().any(|line| line.contains("rbx=0000000000000000")));
    let set = facts(&mut session, "r ebx=5; r rbx, rsi");
    assert!(is_lost(&set[1].1));
    assert!(is_lost(&set[0].1), "the upper half is still not known");
    assert_eq!(facts(&mut session, "r rbx=5; r rbx")[0].1, Field::Hex(5));
}

/// The instruction of `readonly`, `or [rax+r9*8],r10`, wrote where parameter 1 says; in a copy whose bug check names another
/// address the note tells that the two differ.
#[test]
fn an_operand_that_is_not_what_faulted_is_told() {
    let truth = forge::truth("readonly");
    let mut parameters: Vec<u64> =
        truth["bugcheck"]["parameters"].as_array().unwrap().iter().map(number).collect();
    let at = |parameters: &[u64]| {
        let parameters = parameters.to_vec().try_into().unwrap();
        let mut session = with_bug_check("readonly", 0xbe, parameters, |_, _| {});
        run(&mut session, ".ecxr").unwrap().last().unwrap().clone()
    };
    assert!(at(&parameters).ends_with("ds:ffffd30a`44200008=0000000000000000"), "{}", at(&parameters));
    parameters[0] += 0x1000;
    let told = at(&parameters);
    assert!(told.ends_with("(the processor reported ffffd30a`44201008)"), "{told}");
    // What a general protection fault leaves there is no address.
    parameters[0] = u64::MAX;
    assert!(at(&parameters).ends_with("=0000000000000000"), "{}", at(&parameters));
}

/// `dt` without a name on copies with other bug checks: the device and the request of a power failure, by number of the argument and
/// each once; a page table entry by what the processor makes of it, whose page the emulator recorded.
#[test]
fn dt_without_a_name_shows_what_the_arguments_are() {
    let truth = forge::truth("wifi");
    let (device, irp) = (number(&truth["devices"][0]["address"]), number(&truth["irps"][0]["address"]));
    let shown = |code, parameters| {
        let mut session = with_bug_check("wifi", code, parameters, |_, _| {});
        run(&mut session, "dt").unwrap_or_else(|why| panic!("{code:x}: {why}"))
    };
    let tick = |at: u64| format!("{:08x}`{:08x}", at >> 32, at & 0xffff_ffff);
    let heads = |lines: &[String]| -> Vec<[String; 2]> {
        let of_two = lines.windows(2).filter(|two| two[0].starts_with("nt!_"));
        of_two.map(|two| [two[0].clone(), two[1].clone()]).collect()
    };
    let lines = shown(0x9f, [3, device, 0, irp]);
    let found = heads(&lines);
    assert_eq!(found.len(), 2, "{found:?}");
    let begins = [
        (format!("nt!_DEVICE_OBJECT {}", tick(device)), "  argument 2 of the bug check: "),
        (format!("nt!_IRP {}", tick(irp)), "  argument 4 of the bug check: "),
    ];
    for ([head, said], (object, begin)) in found.iter().zip(&begins) {
        assert!(head == object && said.starts_with(begin), "{head}\n{said}");
    }
    let driver = tick(number(&truth["devices"][0]["driver"]));
    assert!(lines.iter().any(|line| line.contains(" DriverObject ") && line.contains(&driver)), "{lines:#?}");
    // The same twice, and what is no address.
    assert_eq!(heads(&shown(0x9f, [3, device, 0, device])).len(), 2, "as two kinds of object");
    let translation = &truth["translations"][1];
    let mut session = with_bug_check("wifi", 0x1a, [0; 4], |_, _| {});
    let table = run(&mut session, &format!("!pte {:x}", number(&translation["va"]))).unwrap().join(" ");
    let entry = table.split("PTE at ").nth(1).unwrap().split_whitespace().next().unwrap();
    let entry = u64::from_str_radix(entry, 16).unwrap();
    let lines = shown(0x1a, [0x41792, entry, 0, 0]);
    assert!(lines[0].starts_with(&format!("nt!_MMPTE_HARDWARE {}", tick(entry))), "{lines:?}");
    let page = format!("({:#x})", number(&translation["pa"]) >> 12);
    assert!(lines.iter().any(|line| line.contains("PageFrameNumber") && line.ends_with(&page)), "{lines:#?}");
    // Nothing to show is said as dv says it.
    let mut session = with_bug_check("wifi", 0x1a, [0x41792, 0, 0, 0], |_, _| {});
    assert_eq!(run(&mut session, "dt").unwrap_err(), run(&mut session, "dv").unwrap_err());
}
