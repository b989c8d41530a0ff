//! The machine around a pool: the kernel and the driver of one build, a process, a thread, a processor. Nothing runs in it.

use std::collections::BTreeMap;

use crate::image::Image;
use crate::layout::Table;
use crate::machine::{Machine, Vectors};
use crate::memory::{Memory, NX, U, W};
use crate::objects::pool::Pool;
use crate::objects::process::Process;
use crate::objects::thread::Thread;
use crate::toolchain::{Spec, Stamp};
use crate::world::{NT_BASE, PRCB, Processor, World};
use crate::writer::Crash;

/// Tables of the builds, by number.
const LAYOUTS: [(u32, &str); 6] = [
    (14393, include_str!("../../facts/heap/14393.tsv")),
    (17763, include_str!("../../facts/heap/17763.tsv")),
    (18362, include_str!("../../facts/heap/18362.tsv")),
    (19041, include_str!("../../facts/heap/19041.tsv")),
    (22621, include_str!("../../facts/heap/22621.tsv")),
    (26100, include_str!("../../facts/heap/26100.tsv")),
];

/// Where things are that are no pool.
const PCR: u64 = 0xFFFF_F807_5D20_0000;
const OBJECTS: u64 = 0xFFFF_A405_7000_0000;
const IDLE: u64 = 0xFFFF_A405_7002_0080;
const STACK: u64 = 0xFFFF_FA8C_1000_6000;

fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// Builds the kernel and the driver of one build.
fn images(build: u32) -> [Image; 2] {
    let edition = leak(format!("heap-{build}"));
    let flags: &'static [&'static str] = Vec::leak(vec![
        "-mno-implicit-float",
        "-fno-eliminate-unused-debug-types",
        leak(format!("-iquoteheap/{build}")),
        leak(format!("-DBUILD={build}")),
    ]);
    let kernel = Spec {
        name: "ntoskrnl.exe",
        sources: &["heap/kernel.c", "heap/start.s"],
        imports: &[],
        flags,
        link: &["/subsystem:native", "/driver"],
        entry: "KiIdleLoop",
        stamp: Stamp::Repro,
        base: 0x1_4000_0000,
        resource: None,
        dll: false,
        edition,
    };
    let driver = Spec {
        name: "poolcache.sys",
        sources: &["heap/driver/poolcache.c", "heap/driver/check.s"],
        imports: &["ntoskrnl"],
        flags: &["-mno-implicit-float"],
        entry: "DriverEntry",
        stamp: Stamp::Time(0x60C8_7A11),
        ..kernel
    };
    [Image::build(&kernel), Image::build(&driver)]
}

/// The world of a build, before its pool is laid out.
pub fn world(build: u32) -> World {
    let text = LAYOUTS.iter().find(|l| l.0 == build).expect("a build with a layout").1;
    let layout: &'static Table = Box::leak(Box::new(Table::read(build, text)));
    let mut w = World {
        layout,
        memory: Memory::new(0xA00, false),
        machine: Machine { vectors: Vectors::default(), trace: false, stop_at: None },
        modules: Vec::new(),
        user_images: BTreeMap::new(),
        processors: Vec::new(),
        processes: Vec::new(),
        threads: Vec::new(),
        pool: Pool::default(),
        next_stack: 0,
        unloaded: Vec::new(),
        objects: Vec::new(),
        types: BTreeMap::new(),
        time: 0x01D7_6A11_2B00_0000 + u64::from(build) * 0x1000_0000,
        uptime: 0x0000_0003_1F40_2A00,
        entries: Vec::new(),
        irps: Vec::new(),
        record: BTreeMap::new(),
        notable: Vec::new(),
    };
    let [kernel, driver] = images(build);
    w.load(kernel, NT_BASE, "\\SystemRoot\\system32\\ntoskrnl.exe");
    w.load(driver, 0xFFFF_F807_6500_0000, "\\SystemRoot\\system32\\DRIVERS\\poolcache.sys");
    for head in [
        "PsActiveProcessHead",
        "PsLoadedModuleList",
        "ExpSystemResourcesList",
        "KeBugCheckCallbackListHead",
        "ExNPagedLookasideListHead",
        "ExPagedLookasideListHead",
    ] {
        let at = w.nt(head);
        w.list_init(at);
    }
    let root = w.root();
    w.memory.map(root, OBJECTS, 0x1_0000, W | NX);
    shared(&mut w);
    modules(&mut w);
    process(&mut w);
    for n in 0..2 {
        idle(&mut w, n);
        let thread = if n == 0 { w.threads[0].object } else { IDLE + n * 0x2000 };
        processor(&mut w, n, thread);
    }
    w
}

/// The page that the kernel shares with every process.
fn shared(w: &mut World) {
    let (root, s, at) = (w.root(), "_KUSER_SHARED_DATA", 0xFFFF_F780_0000_0000);
    w.memory.map(root, at, 0x1000, W | NX);
    let page = w.memory.translate(root, at).expect("just mapped") >> 12;
    w.memory.map_frame(root, 0x7FFE_0000, page, U | NX);
    let times: [(&'static str, u64); 3] =
        [("InterruptTime", w.uptime), ("SystemTime", w.time), ("TickCount", w.uptime / 156_250)];
    for (name, value) in times {
        let field = at + w.layout.off(s, name);
        w.d(field, value as u32);
        w.d(field + 4, (value >> 32) as u32);
        w.d(field + 8, (value >> 32) as u32);
    }
    for (name, value) in [
        ("TickCountMultiplier", 0x0FA0_0000),
        ("ImageNumberLow", 0x8664),
        ("ImageNumberHigh", 0x8664),
        ("NtMajorVersion", 10),
        ("NtProductType", 1),
    ] {
        w.put(s, at, name, value);
    }
    let name = at + w.layout.off(s, "NtSystemRoot");
    let units: Vec<u8> = "C:\\Windows\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    w.bytes(name, &units);
}

/// Loader entries, plain memory behind one another.
fn modules(w: &mut World) {
    let k = "_KLDR_DATA_TABLE_ENTRY";
    let head = w.nt("PsLoadedModuleList");
    for i in 0..w.modules.len() {
        let m = w.modules[i].clone();
        let entry = OBJECTS + 0x8000 + i as u64 * 0x400;
        w.modules[i].entry = entry;
        for (name, value) in [
            ("DllBase", m.base),
            ("EntryPoint", m.base + u64::from(m.image.entry)),
            ("SizeOfImage", u64::from(m.image.size)),
            ("Flags", 0x0800_4000),
            ("LoadCount", 1),
            ("CheckSum", u64::from(m.image.checksum)),
            ("TimeDateStamp", u64::from(m.image.timestamp)),
            ("ExceptionTable", m.base + u64::from(m.image.exceptions.0)),
            ("ExceptionTableSize", u64::from(m.image.exceptions.1)),
        ] {
            w.put(k, entry, name, value);
        }
        for (name, text, buffer) in
            [("FullDllName", &m.path, entry + 0x100), ("BaseDllName", &m.image.name, entry + 0x280)]
        {
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let at = entry + w.layout.off(k, name);
            w.bytes(buffer, &units);
            w.bytes(at, &(units.len() as u16).to_le_bytes());
            w.bytes(at + 2, &(units.len() as u16 + 2).to_le_bytes());
            w.q(at + 8, buffer);
        }
        w.list_insert(head, entry);
    }
}

/// The System process and its one thread.
fn process(w: &mut World) {
    let (process, thread, cr3) = (OBJECTS + 0x80, OBJECTS + 0x2080, w.root());
    let off = |w: &World, ty: &'static str, name: &'static str| w.layout.off(ty, name);
    w.put("_DISPATCHER_HEADER", process, "Type", 3);
    w.put("_KPROCESS", process, "DirectoryTableBase", cr3);
    w.put("_EPROCESS", process, "UniqueProcessId", 4);
    w.put("_EPROCESS", process, "ActiveThreads", 1);
    let name = process + off(w, "_EPROCESS", "ImageFileName");
    w.bytes(name, b"System\0");
    let head = w.nt("PsActiveProcessHead");
    let link = process + off(w, "_EPROCESS", "ActiveProcessLinks");
    w.list_insert(head, link);
    let lists = [("_EPROCESS", "ThreadListHead", "_ETHREAD"), ("_KPROCESS", "ThreadListHead", "_KTHREAD")]
        .map(|(ty, head, of)| (process + off(w, ty, head), thread + off(w, of, "ThreadListEntry")));
    for (head, entry) in lists {
        w.list_init(head);
        w.list_insert(head, entry);
    }
    let root = w.root();
    w.memory.map(root, STACK - 0x6000, 0x6000, W | NX);
    w.put("_DISPATCHER_HEADER", thread, "Type", 6);
    for (name, value) in [
        ("InitialStack", STACK),
        ("StackLimit", STACK - 0x6000),
        ("StackBase", STACK),
        ("KernelStack", STACK - 0x400),
        ("Process", process),
        ("Priority", 12),
        ("BasePriority", 12),
        ("State", 2),
    ] {
        w.put("_KTHREAD", thread, name, value);
    }
    let apc = thread + off(w, "_KTHREAD", "ApcState");
    w.list_init(apc);
    w.list_init(apc + 16);
    w.put("_KAPC_STATE", apc, "Process", process);
    let cid = thread + off(w, "_ETHREAD", "Cid");
    w.q(cid, 4);
    w.q(cid + 8, 0x1C);
    let start = w.module("poolcache.sys").at("PccCheckEntries");
    w.put("_ETHREAD", thread, "StartAddress", start);
    for list in [thread + off(w, "_ETHREAD", "IrpList"), thread + off(w, "_KTHREAD", "MutantListHead")] {
        w.list_init(list);
    }
    for (variable, value) in [("PsInitialSystemProcess", process), ("PsIdleProcess", process)] {
        let at = w.nt(variable);
        w.q(at, value);
    }
    w.processes.push(Process {
        object: process,
        pid: 4,
        name: "System".into(),
        cr3,
        peb: 0,
        handles: 0,
        parent: 0,
        session: None,
        command: String::new(),
        created: w.time - w.uptime,
        modules: Vec::new(),
        vads: Vec::new(),
        next_stack: 0,
        next_teb: 0,
    });
    w.threads.push(Thread {
        object: thread,
        tid: 0x1C,
        process: 0,
        teb: 0,
        stack: (STACK, STACK - 0x6000),
        initial: STACK,
        user_stack: 0,
        start,
        stopped: None,
        state: "crashed",
    });
}

/// An idle thread of the System process, in none of its lists.
fn idle(w: &mut World, n: u64) {
    let (thread, process) = (IDLE + n * 0x2000, w.processes[0].object);
    let root = w.root();
    w.memory.map(root, thread, 0x1000, W | NX);
    w.put("_DISPATCHER_HEADER", thread, "Type", 6);
    w.put("_KTHREAD", thread, "Process", process);
    w.put("_KTHREAD", thread, "State", 2);
    let apc = thread + w.layout.off("_KTHREAD", "ApcState");
    w.put("_KAPC_STATE", apc, "Process", process);
    for list in [apc, apc + 16] {
        w.list_init(list);
    }
}

/// The first runs the thread that stops the machine, the second is idle.
fn processor(w: &mut World, n: u64, thread: u64) {
    let root = w.root();
    let size = w.layout.size("_KPCR");
    let pcr = PCR + n * 0x1_0000;
    w.memory.map(root, pcr, size, W | NX);
    let (r, prcb) = ("_KPRCB", pcr + PRCB);
    let state = prcb + w.layout.off(r, "ProcessorState");
    let context = state + w.layout.off("_KPROCESSOR_STATE", "ContextFrame");
    for (name, value) in [
        ("MajorVersion", 1),
        ("MinorVersion", 1),
        ("Number", n),
        ("CurrentThread", thread),
        ("IdleThread", IDLE + n * 0x2000),
        ("CpuType", 6),
        ("MHz", 2904),
        ("Context", context),
    ] {
        w.put(r, prcb, name, value);
    }
    let vendor = prcb + w.layout.off(r, "VendorString");
    w.bytes(vendor, b"GenuineIntel\0");
    for (name, value) in [("Self", pcr), ("CurrentPrcb", prcb)] {
        w.put("_KPCR", pcr, name, value);
    }
    let call = w.nt("KiSystemCall64");
    for (name, value) in
        [("Cr0", 0x8005_0033), ("Cr3", root), ("Cr4", 0x0035_06F8), ("MsrGsBase", pcr), ("MsrLStar", call)]
    {
        w.put("_KSPECIAL_REGISTERS", state, name, value);
    }
    let block = w.nt("KiProcessorBlock");
    w.q(block + n * 8, prcb);
    if n != 0 {
        let (idle, stack) = (w.nt("KiIdleLoop"), STACK + n * 0x8000);
        w.memory.map(root, stack - 0x6000, 0x6000, W | NX);
        w.put("_KTHREAD", thread, "StackLimit", stack - 0x6000);
        w.put("_KTHREAD", thread, "StackBase", stack);
        w.put("_KTHREAD", thread, "InitialStack", stack);
        w.q(context + 0x98, stack - 0x28);
        w.q(context + 0xF8, idle);
        w.bytes(context + 0x38, &[0x10]);
        w.bytes(context + 0x42, &[0x18]);
    }
    w.processors.push(Processor { pcr, idle: IDLE + n * 0x2000 });
    let number = w.nt("KeNumberProcessors");
    w.d(number, n as u32 + 1);
}

/// The last steps, and the stop: the driver's worker has called KeBugCheckEx.
pub fn stop(w: &mut World, code: u32, parameters: [u64; 4]) -> Crash {
    let visible = w.nt("MiVisibleStateBlock");
    let pointer = w.nt("MiVisibleState");
    w.q(pointer, visible);
    let v = "_MI_VISIBLE_STATE";
    let pools = [(0x148u64, 5u8), (0x1A6, 6)];
    if let Some(types) = w.layout.find(v, "SystemVaType") {
        for (slot, kind) in pools.into_iter().chain([(0x1F0, 12), (0x1C1, 2)]) {
            w.bytes(visible + types.offset + slot - 0x100, &[kind]);
        }
    }
    if w.layout.find(v, "PagingLevels").is_some() {
        w.put(v, visible, "PagingLevels", 4);
    }
    // MI_ASSIGNED_REGION_TYPES: nonpaged and paged pool are 0 and 1, from 22000 on 1 and 2 (symbol tables of 14393 to 22000).
    let first = u64::from(w.layout.build >= 22000);
    let regions = visible + w.layout.off(v, "SystemVaRegions");
    for (i, (slot, _)) in pools.into_iter().enumerate() {
        let start = 0xFFFF_0000_0000_0000 | slot << 39;
        if w.layout.build < 26100 {
            w.q(regions + (first + i as u64) * 16, start);
            w.q(regions + (first + i as u64) * 16 + 8, 1 << 39);
        }
        for (name, value) in
            [["MmNonPagedPoolStart", "MmNonPagedPoolEnd"], ["MmPagedPoolStart", "MmPagedPoolEnd"]][i]
                .into_iter()
                .zip([start, start + (1 << 39)])
        {
            let at = w.nt(name);
            w.q(at, value);
        }
    }
    for (name, value) in [("MmPteBase", w.memory.pte_base())] {
        let at = w.nt(name);
        w.q(at, value);
    }
    w.debugger_data();
    let data = w.nt("KiBugCheckData");
    w.q(data, u64::from(code));
    for (i, p) in parameters.iter().enumerate() {
        w.q(data + 8 + i as u64 * 8, *p);
    }
    // Each frame: return address, then what its function took off the stack.
    let check = w.module("poolcache.sys").at("PccCheckEntries") + 10;
    let startup = w.nt("PspSystemThreadStartup") + 6;
    let first = w.nt("KiStartSystemThread") + 6;
    let rsp = STACK - 0x200;
    for (at, value) in [(0, check), (0x30, startup), (0x60, first), (0xA0, 0)] {
        w.q(rsp + at, value);
    }
    let mut context = vec![0u8; 0x4D0];
    let rip = w.nt("KeBugCheckEx");
    for (at, value) in [
        (0x80, u64::from(code)),
        (0x88, parameters[0]),
        (0x98, rsp),
        (0xB8, parameters[1]),
        (0xC0, parameters[2]),
        (0xF8, rip),
    ] {
        context[at..at + 8].copy_from_slice(&u64::to_le_bytes(value));
    }
    context[0x30..0x34].copy_from_slice(&0x10_000Fu32.to_le_bytes());
    context[0x34..0x38].copy_from_slice(&0x1F80u32.to_le_bytes());
    for (at, selector) in
        [(0x38, 0x10u16), (0x3A, 0x2B), (0x3C, 0x2B), (0x3E, 0x53), (0x40, 0x2B), (0x42, 0x18)]
    {
        context[at..at + 2].copy_from_slice(&selector.to_le_bytes());
    }
    context[0x44..0x48].copy_from_slice(&0x246u32.to_le_bytes());
    let saved = w.get(w.processors[0].pcr + PRCB + w.layout.off("_KPRCB", "Context"));
    w.bytes(saved, &context);
    Crash { code, parameters, context, thread: 0, processor: 0, cr3: w.root(), address: rip }
}
