//! Stacks of real triage dumps, for which no image is there: what the search finds.

use std::fmt::Write as _;
use std::path::PathBuf;

use dumpscope::debuggee::{Module, RegisterContext, Target};
use dumpscope::dump::{DumpFile, Machine};
use dumpscope::unwind::{End, Registers, Stack, TargetHost, Trust, WalkOptions, walk};

fn shared() -> Option<PathBuf> {
    crate::shared::shared("dumps")
}

/// A triage dump and nothing else: no images, no symbols.
struct Blind {
    target: Target,
}

impl Blind {
    fn open(path: &std::path::Path) -> Blind {
        let dump = DumpFile::open(path, &mut |_| {}).unwrap();
        Blind { target: Target::new(dump) }
    }

    /// The stack of the processor that crashed.
    fn stack(&self) -> Stack {
        let crashed = &self.target.processors()[self.target.crashed_processor() as usize];
        self.stack_of(crashed.context.as_ref().unwrap())
    }

    /// The stack of the context in the dump's header, which some bug checks set to that of the exception.
    fn header_stack(&self) -> Stack {
        let bytes = self.target.dump().unwrap().context().unwrap();
        self.stack_of(&RegisterContext::new(Machine::Amd64, bytes).unwrap())
    }

    fn stack_of(&self, context: &RegisterContext) -> Stack {
        let host = TargetHost::new(&self.target, self.target.current_thread());
        walk(&host, Registers::from(context), &WalkOptions::default())
    }

    fn module_at(&self, address: u64) -> Option<&Module> {
        self.target.modules().at(address)
    }
}

fn table(blind: &Blind, stack: &Stack) -> String {
    let mut text = String::new();
    for frame in stack.physical() {
        let name = match blind.module_at(frame.ip) {
            Some(module) => format!("{}+0x{:x}", module.name, frame.ip - module.base),
            None => format!("0x{:x}", frame.ip),
        };
        let score = match &frame.trust {
            Trust::Scan { score, evidence } => {
                let evidence: Vec<_> =
                    evidence.iter().skip(usize::from(*score < 96)).map(ToString::to_string).collect();
                format!("{score} {}", evidence.join(", "))
            }
            _ => String::new(),
        };
        let trap = frame.trap_frame().map_or(String::new(), |at| format!(" (TrapFrame @ {at:x})"));
        writeln!(
            text,
            "{:02x} {:016x} {name}{trap} [{}] {score}",
            frame.number,
            frame.sp,
            frame.trust.word()
        )
        .unwrap();
    }
    writeln!(text, "end: {}", stack.end).unwrap();
    text
}

#[test]
fn every_real_dump_gives_a_stack() {
    let Some(dumps) = shared() else { return };
    let mut paths: Vec<_> = std::fs::read_dir(dumps)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "dmp"))
        .filter(|path| !path.to_string_lossy().contains("arm64"))
        .collect();
    paths.sort();
    for path in paths {
        let blind = Blind::open(&path);
        let stack = blind.stack();
        println!("== {}\n{}", path.file_name().unwrap().to_string_lossy(), table(&blind, &stack));
        assert!(stack.frames.len() >= 2, "{path:?}");
        assert!(!matches!(stack.end, End::Failed(_)), "{path:?}: {}", stack.end);
    }
}

/// `kv` of a current WinDbg with Microsoft's images and symbols shows these frames; without either the search must
/// find the same ones.
#[test]
fn a_system_call_stack_equals_windbgs() {
    let Some(dumps) = shared() else { return };
    let truth = std::fs::read_to_string(dumps.join("../golden/windbg/v2-kv.txt")).unwrap();
    let hex = |text: &str| u64::from_str_radix(&text.replace('`', ""), 16).unwrap();
    let wanted: Vec<(u64, u64)> = truth
        .lines()
        .skip(1)
        .map(|line| {
            let mut words = line.split_whitespace().skip(1);
            (hex(words.next().unwrap()), hex(words.next().unwrap()))
        })
        .collect();
    assert_eq!(wanted.len(), 4);
    let blind = Blind::open(&dumps.join("minidump-diagnostics-too-083125-14875-01.dmp"));
    let stack = blind.stack();
    let found: Vec<(u64, u64)> = stack.physical().map(|frame| (frame.sp, frame.return_address)).collect();
    assert_eq!(found, wanted);
    let words: Vec<_> = stack.physical().map(|frame| frame.trust.word()).collect();
    assert_eq!(words, ["context", "scan", "scan", "trap"]);
    let trap = truth.split("TrapFrame @ ").nth(1).unwrap();
    assert_eq!(stack.frames[2].trap_frame(), Some(hex(trap.split(')').next().unwrap())));
    assert_eq!(stack.images_wanted(), ["nt"]);
}

/// The bug check names an instruction or a trap frame: the stack must come through it.
#[test]
fn what_the_bug_check_names_is_on_the_stack() {
    let Some(dumps) = shared() else { return };
    // (dump, parameter with an instruction's address, parameter with a trap frame's)
    let named = [
        ("driverproblems-111317-27812-01", Some(2), None),
        ("driverproblems-111417-58375-01", Some(1), None),
        ("minidumps-102622-12546-01", Some(1), None),
        ("rizin-testbins-triage_x64", Some(1), None),
        ("training-bsods-1e", Some(1), None),
        ("training-bsods-3b_0", Some(1), None),
        ("training-bsods-50_0", Some(2), None),
        ("training-bsods-7e_1", Some(1), None),
        ("training-bsods-be_0", None, Some(2)),
    ];
    for (name, ip, trap) in named {
        let blind = Blind::open(&dumps.join(format!("{name}.dmp")));
        let stack = blind.stack();
        let parameters = blind.target.header().unwrap().bug_check_parameters;
        if let Some(index) = ip {
            let wanted: u64 = parameters[index];
            assert!(stack.frames.iter().any(|frame| frame.ip == wanted), "{name}: {wanted:x} is missing");
        }
        if let Some(index) = trap {
            let wanted: u64 = parameters[index];
            let found = stack.frames.iter().any(|frame| frame.trap_frame() == Some(wanted));
            assert!(found, "{name}: trap frame {wanted:x} is missing");
        }
    }
}

/// A stack whose frames are known from the kernel's symbols: system worker starting a device, an exception in the
/// driver. The nt frames below were named with the symbols of exactly this kernel; they are one consistent call chain.
#[test]
fn the_known_frames_of_a_worker_thread_are_found() {
    let Some(dumps) = shared() else { return };
    let blind = Blind::open(&dumps.join("rizin-testbins-triage_x64.dmp"));
    let stack = blind.header_stack();
    // Return addresses (offsets in nt) in: IofCallDriver, PnpSendIrp, PnpStartDevice, PipProcessStartPhase1,
    // PipProcessDevNodeTree, PiProcessStartSystemDevices, PnpDeviceActionWorker, ExpWorkerThread,
    // PspSystemThreadStartup.
    let known: [u64; 9] =
        [0x252f55, 0x2e0d1e, 0x36ab7c, 0x72362f, 0x726bdd, 0x7bdf0c, 0x36c2ec, 0x225975, 0x317e25];
    let nt = blind.target.modules().named("nt").unwrap();
    for offset in known {
        assert!(stack.frames.iter().any(|frame| frame.ip == nt.base + offset), "nt+{offset:x}");
    }
    // Scanned nt frames that are not part of the chain: the price of having no unwind data.
    let from_nt = stack.frames.iter().filter(|frame| nt.contains(frame.ip)).count();
    assert!(from_nt <= known.len() * 2, "{from_nt} nt frames");
}

/// For bug check 0x7E the header holds the registers of the exception: those that the search takes from the trap frame
/// and the dispatcher's frame must be the same ones.
#[test]
fn interrupted_registers_equal_the_headers() {
    let Some(dumps) = shared() else { return };
    for name in ["rizin-testbins-triage_x64", "training-bsods-7e_1"] {
        let blind = Blind::open(&dumps.join(format!("{name}.dmp")));
        let context =
            RegisterContext::new(Machine::Amd64, blind.target.dump().unwrap().context().unwrap()).unwrap();
        let stack = blind.stack();
        let frame = stack.frames.iter().find(|frame| frame.ip == context.ip()).unwrap();
        for register in [
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
            "r14", "r15",
        ] {
            assert_eq!(
                frame.register(register).unwrap().known(),
                context.get(register),
                "{name}: {register}"
            );
        }
    }
}
