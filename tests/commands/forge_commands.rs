//! The first commands that an engineer types, on every dump of the forge and without symbols: each answers, and what
//! it answers is what the emulator recorded.

use crate::forge;
use crate::forge::number;
use crate::golden::{run, session};
use serde_json::Value;

const REGISTERS: [&str; 17] = [
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rip", "rsp", "rbp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];

/// The record that a dump is held to: `wifi-full` shows what `wifi` does.
fn truth_of(stem: &str) -> Value {
    let case = match stem {
        "encoded-kdbg" => "wifi",
        "truncated-paging" => "paging",
        "usb-triage" => "usb",
        kind if kind.starts_with("wifi") && !forge::demo(kind).exists() => "wifi",
        case => case,
    };
    forge::truth(case)
}

/// Eight or sixteen digits as the commands print addresses.
fn address(value: u64) -> String {
    format!("{:08x}`{:08x}", value >> 32, value & 0xffff_ffff)
}

#[test]
fn the_first_commands_answer_truly() {
    let dumps = forge::dumps();
    assert!(dumps.len() >= 23, "{}", dumps.len());
    for (stem, path) in dumps {
        let truth = truth_of(&stem);
        let registers = &truth["crash_context"]["regs"];
        let rip = number(&registers["rip"]);
        let rsp = number(&registers["rsp"]);
        let mut session = session(&path);
        let mut answer = |command: &str| {
            run(&mut session, command).unwrap_or_else(|error| panic!("{stem}: {command}: {error}"))
        };

        let version = answer("vertarget").join("\n");
        assert!(version.contains("19041"), "{stem}: {version}");

        let bug_check = answer(".bugcheck").join("\n");
        let live = stem.contains("-live");
        let code = if live { 0x161 } else { number(&truth["bugcheck"]["code"]) };
        assert!(bug_check.contains(&format!("Bugcheck code {code:08X}")), "{stem}: {bug_check}");
        if !live {
            for parameter in truth["bugcheck"]["parameters"].as_array().unwrap() {
                assert!(bug_check.contains(&address(number(parameter))), "{stem}: {bug_check}");
            }
        }

        let shown = answer("r").join(" ");
        for name in REGISTERS {
            let expected = format!("{name}={:016x}", number(&registers[name]));
            assert!(shown.contains(&expected), "{stem}: {expected}: {shown}");
        }
        // KeBugCheckEx runs in ring 0 with the kernel's own selectors.
        assert!(shown.contains("cs=0010  ss=0018  ds=002b  es=002b  fs=0053  gs=002b"), "{stem}: {shown}");

        // Without symbols the kernel's types are built-in layouts.
        if !stem.starts_with("truncated") {
            let thread = truth["crash_context"]["thread"].as_str().unwrap();
            let thread =
                truth["threads"].as_array().unwrap().iter().find(|known| known["ethread"] == thread).unwrap();
            let cid = answer("dt nt!_ETHREAD @$thread Cid.").join("\n");
            for (member, id) in [("UniqueProcess", &thread["pid"]), ("UniqueThread", &thread["tid"])] {
                let line = cid.lines().find(|line| line.contains(&format!("{member} "))).unwrap();
                let shown = line.rsplit_once(": 0x").unwrap().1.split_whitespace().next().unwrap();
                let shown = u64::from_str_radix(&shown.replace('`', ""), 16).unwrap();
                assert_eq!(shown, number(id), "{stem}: {cid}");
            }
        }

        let listed = answer("lm").join("\n");
        let kernel = answer("lmvm nt").join("\n");
        let stack = answer("dps @rsp L40");
        let code = answer("u @rip");
        answer(".exr -1");
        answer("s -q @rsp L100 @rip");
        // What a cut file lost cannot be shown; that the commands say so and go on is enough.
        if stem.starts_with("truncated") {
            // The kernel is found by its headers where the module list is lost.
            let nt =
                truth["modules"].as_array().unwrap().iter().find(|m| m["name"] == "ntoskrnl.exe").unwrap();
            let start = format!("{} ", address(number(&nt["base"])));
            let line = listed.lines().find(|line| line.starts_with(&start));
            assert!(line.is_some_and(|line| line.contains(" nt ")), "{stem}: {listed}");
            assert!(stack.iter().any(|line| line.contains('?')), "{stem}: {stack:?}");
            continue;
        }
        for module in truth["modules"].as_array().unwrap() {
            let base = number(&module["base"]);
            let range = format!("{} {}", address(base), address(base + number(&module["size"])));
            assert!(listed.contains(&range), "{stem}: {range}: {listed}");
        }
        assert!(kernel.contains("ntkrnlmp.exe") || kernel.contains("ntoskrnl.exe"), "{stem}: {kernel}");

        assert_eq!(stack.len(), 0x40, "{stem}");
        let caller = address(number(&truth["frames"][0]["return_address"]));
        assert!(stack[0].starts_with(&format!("{}  {caller}", address(rsp))), "{stem}: {}", stack[0]);

        // KeBugCheckEx begins by saving its first argument: mov [rsp+8],rcx.
        let first = code.iter().find(|line| line.starts_with(&address(rip))).unwrap();
        assert!(first.contains("48894c2408") && first.contains("mov"), "{stem}: {first}");
        assert!(code.len() >= 8, "{stem}: {code:?}");
    }
}
