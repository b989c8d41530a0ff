//! The unwinder against the emulator's record: on every dump of the forge, at every call depth, the chain, the return
//! addresses, rip, rsp and every nonvolatile register must be what the processor had.

use std::path::{Path, PathBuf};

use crate::forge::{cases, number};
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::unwind::{End, Frame, FrameKind, Registers, Stack, TargetHost, Trust, WalkOptions, walk};
use serde_json::Value;

const NONVOLATILE: [&str; 8] = ["rbx", "rbp", "rsi", "rdi", "r12", "r13", "r14", "r15"];
const VOLATILE: [&str; 7] = ["rax", "rcx", "rdx", "r8", "r9", "r10", "r11"];

fn open(path: &Path) -> Target {
    Target::new(DumpFile::open(path, &mut |_| {}).unwrap())
}

fn stack(target: &Target) -> Stack {
    let crashed = &target.processors()[target.crashed_processor() as usize];
    let registers = Registers::from(crashed.context.as_ref().unwrap());
    let host = TargetHost::new(target, target.current_thread());
    walk(&host, registers, &WalkOptions::default())
}

fn compare(frame: &Frame, truth: &Value, place: &str) {
    let registers = &truth["regs"];
    assert_eq!(frame.ip, number(&truth["rip"]), "{place}: rip {frame:x?}");
    assert_eq!(frame.sp, number(&truth["rsp"]), "{place}: rsp");
    assert_eq!(frame.return_address, number(&truth["return_address"]), "{place}: return address");
    for name in NONVOLATILE {
        let slot = frame.register(name).unwrap();
        let wanted = number(&registers[name]);
        assert_eq!(slot.known(), Some(wanted), "{place}: {name} ({:x?})", slot.origin);
    }
    for xmm in 6u8..16 {
        let wanted = registers[format!("xmm{xmm}")].as_str().unwrap();
        let known = frame.registers.xmm(xmm).known().map(|value| format!("{value:032x}"));
        assert_eq!(known.as_deref(), Some(wanted), "{place}: xmm{xmm}");
    }
    let kind = truth["kind"].as_str().unwrap();
    for name in VOLATILE {
        let known = frame.register(name).unwrap().known();
        match kind {
            // A context and the trap frame of an exception hold everything.
            "context" | "exception" => assert_eq!(known, Some(number(&registers[name])), "{place}: {name}"),
            // Further out nobody can know them, and the unwinder must not pretend to.
            "call" => assert_eq!(known, None, "{place}: {name}"),
            _ => {}
        }
    }
    if matches!(kind, "context" | "exception") {
        assert_eq!(frame.registers.eflags.known(), Some(number(&registers["efl"])), "{place}: efl");
    }
    if kind == "exception" {
        assert_eq!(frame.kind, FrameKind::Interrupted, "{place}");
    }
}

#[test]
fn every_register_at_every_depth_is_the_emulators() {
    let mut compared = 0;
    for (case, truth, dumps) in cases() {
        let wanted = truth["frames"].as_array().unwrap();
        for dump in dumps.iter().filter(|dump| !dump.to_string_lossy().contains("triage")) {
            let name = dump.file_name().unwrap().to_string_lossy().into_owned();
            let target = open(dump);
            let stack = stack(&target);
            let frames: Vec<&Frame> = stack.physical().collect();
            for (index, (frame, wanted)) in frames.iter().zip(wanted).enumerate() {
                let place = format!("{name} ({case}) frame {index} {}", wanted["function"]);
                compare(frame, wanted, &place);
                assert!(
                    matches!(frame.trust, Trust::Context | Trust::Unwind | Trust::Leaf),
                    "{place}: {:?}",
                    frame.trust
                );
                compared += 1;
            }
            assert_eq!(frames.len(), wanted.len(), "{name}: {}", stack.end);
            assert_eq!(stack.end, End::Complete, "{name}");
            let traps: Vec<u64> = frames.iter().filter_map(|frame| frame.trap_frame()).collect();
            let recorded: Vec<u64> = truth["trap_frames"]
                .as_array()
                .unwrap()
                .iter()
                .map(|trap| number(&trap["address"]))
                .collect();
            assert_eq!(traps, recorded, "{name}: trap frames");
        }
    }
    assert!(compared > 100, "only {compared} frames compared");
    println!("{compared} frames compared, {} registers each", 2 + NONVOLATILE.len() + 10);
}

/// Without images a stack can only be searched. What must hold: trap frames and interrupted code exactly, most return
/// addresses, few wrong ones, and every found frame marked.
#[test]
fn a_searched_stack_is_close_to_the_emulators() {
    for (case, truth, dumps) in cases() {
        let wanted = truth["frames"].as_array().unwrap();
        for dump in dumps.iter().filter(|dump| dump.to_string_lossy().contains("triage")) {
            let target = open(dump);
            let stack = stack(&target);
            let found: Vec<&Frame> = stack.physical().collect();
            let is_found = |truth: &Value| {
                let place = (number(&truth["rip"]), number(&truth["rsp"]));
                found.iter().any(|frame| (frame.ip, frame.sp) == place)
            };
            for truth in wanted.iter().filter(|truth| !is_found(truth)) {
                println!("missed {} {} sp {}", truth["index"], truth["function"], truth["rsp"]);
            }
            let is_true = |frame: &&&Frame| {
                wanted
                    .iter()
                    .any(|truth| (number(&truth["rip"]), number(&truth["rsp"])) == (frame.ip, frame.sp))
            };
            for frame in found.iter().filter(|frame| !is_true(frame)) {
                println!("wrong {:x} sp {:x} {:?}", frame.ip, frame.sp, frame.trust);
            }
            // What is said to be known of a register must be so.
            let mut known_registers = 0;
            for (frame, truth) in found.iter().filter_map(|frame| {
                let same =
                    |truth: &&Value| (number(&truth["rip"]), number(&truth["rsp"])) == (frame.ip, frame.sp);
                Some((frame, wanted.iter().find(same)?))
            }) {
                for name in NONVOLATILE.into_iter().chain(VOLATILE) {
                    if let Some(value) = frame.register(name).unwrap().known() {
                        let place = format!("{case}: {name} of {}", truth["function"]);
                        assert_eq!(value, number(&truth["regs"][name]), "{place}");
                        known_registers += 1;
                    }
                }
            }
            println!("{case}: {known_registers} registers known");
            let right = found.iter().filter(is_true).count();
            println!("{case}: {right} of {} frames found, {} wrong", wanted.len(), found.len() - right);
            for truth in wanted.iter().filter(|truth| truth["kind"] != "call") {
                assert!(is_found(truth), "{case}: {}", truth["function"]);
            }
            assert!(right * 10 >= wanted.len() * 8, "{case}: {right} of {}", wanted.len());
            assert!((found.len() - right) * 5 <= found.len(), "{case}: {} wrong", found.len() - right);
            assert!(
                found.iter().skip(1).all(|frame| matches!(
                    frame.trust,
                    Trust::Scan { .. } | Trust::TrapFrame(_) | Trust::Leaf
                ))
            );
        }
    }
}

/// Every other thread: running ones from their processors' contexts, waiting ones from their switch frames. In the frame
/// that switched away only rip, rsp and rbp are known; its caller saved the rest.
#[test]
fn every_threads_kernel_stack_is_the_emulators() {
    use dumpscope::memory::Memory;
    let mut compared = 0;
    for (case, truth, dumps) in cases() {
        let with_pages = |dump: &&PathBuf| !dump.to_string_lossy().contains("triage");
        let Some(dump) = dumps.iter().find(with_pages) else {
            continue;
        };
        let target = open(dump);
        let memory = target.memory();
        let offset = target.debugger_data().unwrap().nonzero("OffsetKThreadKernelStack").unwrap();
        for thread in truth["threads"].as_array().unwrap() {
            let frames = thread["frames"].as_array().unwrap();
            if frames.is_empty() {
                continue;
            }
            let ethread = number(&thread["ethread"]);
            let running =
                target.processors().iter().find(|processor| processor.current_thread == Some(ethread));
            if running.is_none_or(|processor| processor.context.is_err()) && thread["state"] == "running" {
                // An idle thread whose processor runs another one, or a processor whose state is damaged on purpose.
                continue;
            }
            let start = match running {
                Some(processor) => Registers::from(processor.context.as_ref().unwrap()),
                None => {
                    let stack = memory.u64(ethread + offset).unwrap();
                    Registers::of_switch_frame(stack, |at| memory.u64(at).ok())
                        .unwrap_or_else(|| panic!("{case} {ethread:x} {} {stack:x}", thread["state"]))
                }
            };
            let host = TargetHost::new(&target, Some(ethread));
            let stack = walk(&host, start, &WalkOptions::default());
            let found: Vec<&Frame> = stack.physical().collect();
            // User-mode memory and modules are those of the process that crashed.
            let kernel =
                frames.iter().position(|frame| number(&frame["rip"]) < 1 << 47).unwrap_or(frames.len());
            // The emulator parked the processor inside the switch; the switch frame returns to the frame around that.
            let first = usize::from(running.is_none());
            let kernel = kernel - first;
            assert!(found.len() >= kernel, "{case} {ethread:x}: {} frames, {}", found.len(), stack.end);
            for (index, (frame, truth)) in found.iter().zip(&frames[first..first + kernel]).enumerate() {
                let place = format!("{case} thread {ethread:x} frame {index} {}", truth["function"]);
                assert_eq!((frame.ip, frame.sp), (number(&truth["rip"]), number(&truth["rsp"])), "{place}");
                for name in NONVOLATILE {
                    let wanted = number(&truth["regs"][name]);
                    match frame.register(name).unwrap().known() {
                        Some(value) => assert_eq!(value, wanted, "{place}: {name}"),
                        None => assert!(running.is_none() && index < 1, "{place}: {name} is not known"),
                    }
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 500, "only {compared}");
    println!("{compared} frames of other threads compared");
}
