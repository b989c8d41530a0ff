//! Damages the forge's dumps where Windows' objects lie and runs the commands that show these: no panic, no hang, and never
//! more memory than the stated cap. What each says of what damage is held to in `tests/commands`.

use crate::damage::damage;
use crate::forge;
use crate::forge::{number, root};
use dumpscope::command::{COMMANDS, CommandSpec, Group, run_line};
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::memory::{Memory, VirtualMemory};
use dumpscope::output::{Collector, OutputClosed, Piece, Sink};
use dumpscope::session::{Session, Settings};
use proptest::prelude::*;
use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Read;
use std::time::{Duration, Instant};

/// What is typed: each command about processes, threads, processors and objects in the forms that read most.
const LINES: &[&str] = &[
    "!process 0 0",
    "dx -r2 @$cursession.Processes.Select(p => new { N = p.Name, T = p.Threads.Count(), H = p.Io.Handles.Count() })",
    "dx @$cursession.Processes.SelectMany(p => p.Threads).Select(t => t.Stack.Frames.First())",
    "dx -g @$cursession.Devices.DeviceTree.Flatten(n => n.Children)",
    "!process 0 1f",
    "!process 4 7",
    "!process -1 17",
    ".process",
    "!mex.p",
    "!mex.p services.exe",
    "!mex.tl",
    "!mex.tl -t",
    "!mex.trep",
    "!mex.lt",
    "!mex.lt services.exe",
    "!mex.t",
    "!mex.us",
    "!stacks 2",
    "!findstack nt 2",
    "!uniqstack",
    "!thread",
    "!teb",
    "!running -it",
    "!ready 1f",
    "!mex.running",
    "!mex.ready",
    "!mex.standby",
    "!peb",
    "!vad",
    "!for_each_process .echo @#Process",
    "!for_each_thread .echo @#Thread",
    "!for_each_module .echo @#ModuleName @#FileVersion",
    "!for_each_frame",
    "!for_each_function -m:nt -p:*Bug* -c:.echo @#SymbolName",
    "!foreach thread waiting,System .echo @#Thread",
    ".logfile",
    "!address @$csp",
    "!address ffffa4058c045010",
    "!address 7ffe0000",
    "!address nt",
    "!address",
    "!what @$csp",
    "!what ffffa4058c045010",
    "!what fffffa8c1001c890",
    "!what 7ffe0000",
    "!what 4",
    "!analyze -hang",
    ".report /commands",
    ".report /lang zh-CN",
    "!history",
    "!what ffffe4058c045010",
    "!error c0000005",
    "!ntstatus c0000005",
    "!pte @$csp",
    "!vm",
    "!memusage",
    "!sysptes",
    "!verifier",
    "!vtop 0 @$csp",
    "!pfn 100",
    "!pte fffff680003fff00 1",
    "!token -n",
    "!job",
    "!session",
    "!sprocess -4",
    "!locks -v -d",
    "!locks",
    "!pool ffffa4058c045010 1",
    "!poolval ffffa4058c045010",
    "!poolfind Fil*",
    "!poolused 3",
    "!lookaside",
    "!tag Filt",
    "!pool ffffa4058c003190 1",
    "!pool ffffd30a11022010",
    "!pool",
    "dps --named @rsp L80",
    "!qlocks",
    "!handle 0 3 4",
    "!handle 0 1f services.exe",
    "!findhandle ffffa4058c010050",
    "!object \\",
    "!object \\Device",
    "!waitchain",
    "!alpc /p ffffa4058c010050",
    "!alpc /m ffffa4058c010050",
    "!alpc /lpc ffffa4058c010050",
    "!alpc /lpp ffffa4058c010050",
    "!handle 4 20",
    "!obj -waiters ffffa4058c0320a0",
    "!mut ffffa4058c032170",
    "!evt ffffa4058c0320a0",
    "!sem ffffa4058c032270",
    "!exqueue f",
    "!exqueue",
    "!errrec ffffa4058c010050",
    "!whea",
    "!timer",
    "!dpcs",
    "!apc",
    "!idt -a",
    "!gdt",
    "!pcr",
    "!prcb",
    "!irql",
    "!ipi",
    "!frozen",
    "!cpuinfo",
    "!cpuid",
    "!smt",
    "!dpcwatchdog",
    "!irp ffffa4058c032db0 1",
    "!irpfind -v",
    "!devobj ffffa4058c032840",
    "!devstack ffffa4058c032840",
    "!drvobj ffffa4058c02f070 7",
    "!drvobj wlanflt 7",
    "!fileobj ffffa4058c032c60",
    "!devnode 0 1",
    "!ioctldecode 220003",
    "!poaction",
    "!processirps 0",
    "!nbl ffffa4058c03a9f0",
    "!powertriage",
    "!di -v",
    "!crash",
    "!common missing.dmp",
    "!cn",
    "!callbacks",
    "!software",
    "!ndiskd.netadapter",
    "!ndiskd.minidriver",
    "!ndiskd.filter",
    "!ndiskd.filterdriver",
    "!ndiskd.protocol",
    "!ndiskd.mopen",
    "!ndiskd.oid",
    "!ndiskd.nblpool @rsp",
    "!ndiskd.nb @rsp",
    "!ndiskd.nb -chain @rsp",
    "!storagekd.storadapter",
    "!storagekd.storunit @$proc",
    "!wdfkd.wdfldr",
    "!wdfkd.wdfdriverinfo nt",
    "!wdfkd.wdfdevice @$proc",
    "!mex.mods",
    "!fltkd.filters",
    "!fltkd.frames",
    "!fltkd.volumes",
    "!fltkd.instances",
    "!fltkd.filter @$proc",
    "!fltkd.instance @$proc",
    "!fltkd.volume @$proc",
    ".foreach (x { !process 0 0 }) { .printf \"%ma %y\\n\", ${x}, @$proc }",
    "!w",
];

/// Takes everything and keeps nothing, so that what is counted is what the commands themselves keep.
struct Nowhere;

impl Sink for Nowhere {
    fn take(&mut self, _: Piece) -> Result<(), OutputClosed> {
        Ok(())
    }
}

/// The dump's bytes, unpacked.
fn bytes(dump: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(root().join(dump)).unwrap();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Where in the file the recorded objects lie: every pointer's place of the first 0x600 bytes of each that is there.
fn places(bytes: &[u8], truth: &Value) -> Vec<usize> {
    fn addresses(value: &Value, found: &mut BTreeSet<u64>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| addresses(value, found)),
            Value::Object(members) => members.iter().for_each(|(name, value)| match value {
                Value::String(text) if text.starts_with("0xffff") && name != "base" => {
                    found.insert(number(value));
                }
                value => addresses(value, found),
            }),
            _ => {}
        }
    }
    let mut objects = BTreeSet::new();
    for kind in [
        "processors",
        "processes",
        "objects",
        "handles",
        "resources",
        "timers",
        "dpcs",
        "apcs",
        "irps",
        "ready",
        "work_queues",
        "work_items",
        "directory_entries",
        "symbolic_links",
        "devices",
    ] {
        addresses(&truth[kind], &mut objects);
    }
    let threads = truth["threads"].as_array().unwrap();
    objects.extend(threads.iter().map(|thread| number(&thread["ethread"])));
    let dump = DumpFile::from_bytes("whole.dmp", bytes.to_vec()).unwrap();
    let memory = VirtualMemory::new(&dump);
    let start = dump.bytes().as_ptr() as usize;
    let mut found = BTreeSet::new();
    for address in objects {
        // The header of an object lies before it.
        for at in (address.saturating_sub(0x60)..address.saturating_add(0x600)).step_by(8) {
            if let Ok(window) = memory.window(at) {
                let offset = (window.as_ptr() as usize).wrapping_sub(start);
                found.extend((offset < bytes.len()).then_some(offset));
            }
        }
    }
    found.into_iter().collect()
}

#[test]
fn commands_about_objects_never_panic_hang_or_take_much_memory() {
    let typed: BTreeSet<&str> =
        LINES.iter().map(|line| line.split(' ').next().unwrap().trim_start_matches("!mex.")).collect();
    let is_typed = |spec: &&&CommandSpec| {
        spec.names.iter().any(|name| typed.contains(name.trim_start_matches("!mex.")))
            || typed.contains(spec.names[0].trim_start_matches('!'))
    };
    let kernel = COMMANDS.iter().filter(|spec| spec.group == Group::Kernel);
    let missing: Vec<&str> = kernel.filter(|spec| !is_typed(spec)).map(|spec| spec.names[0]).collect();
    assert!(missing.is_empty(), "not run: {missing:?}");
    let next = Cell::new(0);
    for (dump, case, cases) in [
        ("tests/data/wifi-bitmap-kernel.dmp.gz", "wifi", 120),
        ("tests/data/unwind2.dmp.gz", "unwind2", 60),
        ("tests/data/wifi-triage.dmp.gz", "wifi", 60),
    ] {
        let whole = bytes(dump);
        let places = places(&whole, &forge::truth(case));
        assert!(places.len() > 300, "{dump}: {} places", places.len());
        // As it is, every command answers or says what it lacks.
        let mut session = opened(whole.clone()).unwrap();
        for line in LINES {
            let mut output = Collector::default();
            if let Err(failure) = run_line(line, &mut session, &mut output) {
                let why = failure.error.to_string();
                assert!(!why.contains("no command") && !why.contains("witch"), "{dump}: {line}: {why}");
            }
        }
        let [refused, used] = damage(&[whole], cases, prop::sample::select(places).boxed(), |bytes| {
            let Some(mut session) = opened(bytes) else { return false };
            for _ in 0..LINES_A_CASE {
                let line = LINES[next.get() % LINES.len()];
                next.set(next.get() + 1);
                let start = Instant::now();
                let _ = run_line(line, &mut session, &mut Nowhere);
                if start.elapsed() > NOTED {
                    println!("{dump}: {line}: {:?}", start.elapsed());
                }
            }
            true
        });
        assert!(used > 5 * refused.max(1), "{dump}: {refused} refused, {used} opened");
    }
    assert!(next.get() >= 8 * LINES.len(), "only {} commands ran", next.get());
}

/// What takes longer is named.
const NOTED: Duration = Duration::from_secs(2);
/// Commands that each damaged dump suffers.
const LINES_A_CASE: usize = 6;

fn opened(bytes: Vec<u8>) -> Option<Session> {
    let file = DumpFile::from_bytes("damaged.dmp", bytes).ok()?;
    Some(Session::new(Target::new(file), Settings::default()))
}
