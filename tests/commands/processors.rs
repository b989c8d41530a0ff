//! What commands say of the processors themselves: `!pcr`, `!prcb`, `!irql`, `!cpuinfo`, `!cpuid`, `!smt`, `!frozen`,
//! `!ipi`, `!dpcwatchdog`. The values of published samples are written into a dump of the forge, whose kernel has the
//! members of Windows 10 build 19041; the lines must be the samples'.

use crate::forge::{number, truth};
use crate::golden::{real_dumps, run, session, session_with, shared};
use crate::patched::{Patched, offset};
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field, Record};
use dumpscope::session::Session;
use std::fs;

fn member(name: &str) -> u64 {
    offset("_KPRCB", name)
}

/// A whole dump of two processors, with their KPRCBs.
fn wifi() -> (Patched, [u64; 2]) {
    let truth = truth("wifi");
    let prcbs = [0, 1].map(|at| number(&truth["processors"][at]["prcb"]));
    (Patched::new("tests/data/wifi-full.dmp.gz"), prcbs)
}

fn first(session: &mut Session, command: &str, kind: &str) -> Record {
    let mut output = Collector::default();
    run_line(command, session, &mut output).map_err(|failure| failure.error).unwrap();
    output.document.records().find(|record| record.kind == kind).unwrap().clone()
}

/// golden/public/irql-1 and irql-4.
#[test]
fn irqls_are_those_of_the_samples() {
    let (mut dump, [first, second]) = wifi();
    dump.put(second + member("DebuggerSavedIRQL"), &[2]);
    dump.put(first + member("DebuggerSavedIRQL"), &[12]);
    let mut session = dump.open().0;
    let lines = run(&mut session, "!irql 1").unwrap();
    assert_eq!(lines, ["Debugger saved IRQL for processor 0x1 -- 2 (DISPATCH_LEVEL)"]);
    let lines = run(&mut session, "!irql").unwrap();
    let expected = "Debugger saved IRQL for processor 0x0 -- 12 (SYNCH_LEVEL) [Synchronization level]";
    assert_eq!(lines, [expected]);
    // There are 16 levels: 200 is none.
    dump.put(first + member("DebuggerSavedIRQL"), &[200]);
    let lines = run(&mut dump.open().0, "!irql").unwrap();
    assert!(
        lines[0].starts_with("Debugger saved IRQL for processor 0x0 -- ?? (_KPRCB.DebuggerSavedIRQL"),
        "{lines:?}"
    );
    assert!(run(&mut session, "!irql 2").unwrap_err().contains("has no processor 0x2"));
}

/// golden/public/cpuinfo-2 without its last two lines, which no KPRCB holds; AMD's form is that of
/// spec/commands/1-process-thread.md.
#[test]
fn processors_are_described_as_in_the_samples() {
    let (mut dump, [first, second]) = wifi();
    for prcb in [first, second] {
        dump.put(prcb + member("CpuType"), &[6]);
        dump.put(prcb + member("CpuStepping"), &[13, 158]);
        dump.put(prcb + member("MHz"), &3600u32.to_le_bytes());
        dump.point(prcb + member("UpdateSignature"), 0x0000_00b8_0000_0000);
        dump.point(prcb + member("FeatureBits"), 0x3d1b_3fff);
    }
    let class = member("PowerState") + offset("_PROCESSOR_POWER_STATE", "ArchitecturalEfficiencyClass");
    dump.put(second + class, &[1]);
    let mut session = dump.open().0;
    let expected = [
        "CP  F/M/S Manufacturer  MHz PRCB Signature    MSR 8B Signature Features ArchitectureClass",
        " 0  6,158,13 GenuineIntel 3600 000000b800000000                   3d1b3fff 0",
        " 1  6,158,13 GenuineIntel 3600 000000b800000000                   3d1b3fff 1",
    ];
    assert_eq!(run(&mut session, "!cpuinfo").unwrap(), expected);
    assert_eq!(run(&mut session, "!cpuinfo 1").unwrap(), [expected[0], expected[2]]);

    dump.put(first + member("CpuType"), &[25]);
    dump.put(first + member("CpuStepping"), &[2, 33]);
    dump.put(first + member("VendorString"), b"AuthenticAMD\0");
    // The features of a dump of build 19041: the low half is shown.
    dump.point(first + member("FeatureBits"), 0x000f_e43f_3d1b_3fff);
    let lines = run(&mut dump.open().0, "!cpuinfo 0").unwrap();
    assert_eq!(lines[1], " 0 25,33,2 AuthenticAMD 3600 000000b800000000                   3d1b3fff 0");

    // golden/public/cpuid-1.
    dump.put(first + member("CpuType"), &[6]);
    dump.put(first + member("CpuStepping"), &[1, 5]);
    dump.put(first + member("VendorString"), b"GenuineIntel\0");
    dump.put(first + member("MHz"), &700u32.to_le_bytes());
    let lines = run(&mut dump.open().0, "!cpuid 0").unwrap();
    assert_eq!(lines, ["CP  F/M/S  Manufacturer        MHz", " 0  6,5,1  GenuineIntel        700"]);
}

/// golden/public/smt-1, of which this dump has two processors.
#[test]
fn cores_are_shown_as_in_the_sample() {
    let (mut dump, prcbs) = wifi();
    for (number, prcb) in (0u32..).zip(prcbs) {
        dump.point(prcb + member("CoreProcessorSet"), 3);
        dump.put(prcb + member("InitialApicId"), &number.to_le_bytes());
        dump.put(prcb + member("CoresPerPhysicalProcessor"), &[2, 2]);
        // A node in memory that nothing else here uses.
        dump.point(prcb + member("ParentNode"), prcbs[1] + member("RequestMailbox"));
    }
    let stars = |text: &str| format!("{text}{}", "-".repeat(64 - text.len()));
    // _KNODE.IdleCpuSet of build 19041 (type information of 10.0.19041.804).
    let idle = prcbs[1] + member("RequestMailbox") + 0x18;
    dump.point(idle, 0);
    let expected = [
        "SMT Summary:".to_owned(),
        "------------".to_owned(),
        String::new(),
        "KeActiveProcessors:".to_owned(),
        format!("{} (0000000000000003)", stars("**")),
        "IdleSummary:".to_owned(),
        format!("{} (0000000000000000)", stars("")),
        format!(" No PRCB             SMT Set{}APIC Id", " ".repeat(77)),
        format!("  0 {:016x} {} (0000000000000003) 0x00000000", prcbs[0], stars("**")),
        format!("  1 {:016x} {} (0000000000000003) 0x00000001", prcbs[1], stars("**")),
        String::new(),
        "Maximum cores per physical processor:   2".to_owned(),
        "Maximum logical processors per core:    2".to_owned(),
    ];
    assert_eq!(run(&mut dump.open().0, "!smt").unwrap(), expected);
    dump.point(idle, 2);
    assert_eq!(run(&mut dump.open().0, "!smt").unwrap()[6], format!("{} (0000000000000002)", stars("-*")));
}

/// The form of spec/commands/1-process-thread.md with its values.
#[test]
fn a_prcb_is_shown_as_in_the_sample() {
    let (mut dump, [prcb, _]) = wifi();
    let word =
        |dump: &mut Patched, name: &str, value: u32| dump.put(prcb + member(name), &value.to_le_bytes());
    dump.put(prcb + member("DebuggerSavedIRQL"), &[13]);
    dump.point(prcb + member("NextThread"), 0xffff_fa80_0586_bb50);
    for (name, value) in [
        ("InterruptCount", 0x174c7),
        ("DpcTime", 0x12),
        ("InterruptTime", 0x12),
        ("KernelTime", 0x574),
        ("UserTime", 0x72),
    ] {
        word(&mut dump, name, value);
    }
    let (current, idle) =
        (dump.pointer(prcb + member("CurrentThread")), dump.pointer(prcb + member("IdleThread")));
    let expected = [
        format!("PRCB for Processor 0 at {prcb:016x}:"),
        "Current IRQL -- 13".to_owned(),
        format!("Threads--  Current {current:016x} Next fffffa800586bb50 Idle {idle:016x}"),
        "Processor Index 0 Number (0, 0) GroupSetMember 1".to_owned(),
        "Interrupt Count -- 000174c7".to_owned(),
        "Times -- Dpc    00000012 Interrupt 00000012".to_owned(),
        "         Kernel 00000574 User      00000072".to_owned(),
    ];
    assert_eq!(run(&mut dump.open().0, "!prcb").unwrap(), expected);
    // golden/public/prcb-1: no next thread is shown as it is stored.
    dump.point(prcb + member("NextThread"), 0);
    assert!(run(&mut dump.open().0, "!prcb").unwrap()[2].contains(" Next 0000000000000000 Idle "));
}

/// golden/public/pcr-6, whose blanks can be trusted: the same labels in the same columns. WinDbg's tabulator is eight
/// blanks here; its zeros for IDT, GDT and TSS are the KPCR's values.
#[test]
fn a_pcr_has_the_lines_of_the_sample() {
    let Some(shared) = shared() else { return };
    let sample = fs::read_to_string(shared.join("golden/public/pcr-6.txt")).unwrap();
    let sample: Vec<String> = sample.lines().skip(3).map(|line| line.replace('\t', "        ")).collect();
    let (dump, [prcb, _]) = wifi();
    let pcr = prcb - 0x180;
    let lines = run(&mut dump.open().0, "!pcr").unwrap();
    assert_eq!(lines[0], format!("KPCR for Processor 0 at {pcr:016x}:"));
    assert_eq!(lines.len(), sample.len());
    for (ours, theirs) in lines.iter().zip(&sample).skip(1) {
        let label = |line: &str| line.split(": ").next().unwrap().trim_end().to_owned();
        assert_eq!(label(ours).trim_end_matches(':'), label(theirs).trim_end_matches(':'));
        let value = |line: &str| line.rfind(' ').map(|at| line.len() - at);
        if !ours.contains("DpcQueue") {
            assert_eq!(value(ours), value(theirs), "{ours}");
        }
    }
    let value = |label: &str| {
        let line = lines.iter().find(|line| line.trim_start().starts_with(label)).unwrap();
        u64::from_str_radix(line.rsplit(' ').next().unwrap(), 16).unwrap()
    };
    let at = |name: &str| dump.pointer(pcr + offset("_KPCR", name));
    for (label, stored) in [
        ("SelfPcr", at("Self")),
        ("IDT", at("IdtBase")),
        ("GDT", at("GdtBase")),
        ("TSS", at("TssBase")),
        ("NtTib.StackLimit", at("UserRsp")),
        // Four bytes of a pointer.
        ("NtTib.Version", at("CurrentPrcb") & 0xffff_ffff),
        ("CurrentThread", dump.pointer(prcb + member("CurrentThread"))),
    ] {
        assert_eq!(value(label), stored, "{label}");
    }
}

/// golden/public/frozen-1, and the states of the page of !ipi in Microsoft's documentation: 24 is the owner of an active
/// freeze, 2 is frozen.
#[test]
fn frozen_processors_are_told_from_running_ones() {
    let (mut dump, [first_prcb, second]) = wifi();
    dump.put(first_prcb + member("IpiFrozen"), &[0x24]);
    dump.put(second + member("IpiFrozen"), &[2]);
    dump.put(second + member("TargetCount"), &[3]);
    // A request of the second processor in the mailbox of the first.
    let mailbox = first_prcb + member("RequestMailbox");
    let packet = mailbox + offset("_REQUEST_MAILBOX", "RequestPacket");
    dump.point(mailbox + offset("_REQUEST_MAILBOX", "RequestSummary"), 0);
    dump.point(packet + offset("_KREQUEST_PACKET", "WorkerRoutine"), 0xffff_f807_6140_2000);
    (0..3).for_each(|at| dump.point(packet + at * 8, 0x10 + at));
    let mut session = dump.open().0;
    let lines = run(&mut session, "!frozen").unwrap();
    assert_eq!(lines, ["Processor states:", "       0 : Current", "       1 : Frozen"]);
    let lines = run(&mut session, "!ipi 0").unwrap();
    let expected = [
        "IPI State for Processor 0".to_owned(),
        "  IPI Frozen:      24 [FreezeActive] [Owner]".to_owned(),
        "  Target Count:    0".to_owned(),
        "  Packet Barrier:  0".to_owned(),
        format!("  Mailbox[0]:      {mailbox:016x}"),
        "  Request Summary: 0".to_owned(),
        "  Worker Routine:  fffff80761402000 nt!KeBugCheckEx+0x180 [Stale]".to_owned(),
        "  Parameter[0]:    10".to_owned(),
        "  Parameter[1]:    11".to_owned(),
        "  Parameter[2]:    12".to_owned(),
    ];
    assert_eq!(lines[..10], expected);
    let lines = run(&mut session, "!ipi 1").unwrap();
    assert_eq!(lines[1..3], ["  IPI Frozen:      2 [Frozen]", "  Target Count:    3"]);
    let record = first(&mut session, "!ipi 1", "ipi");
    assert_eq!(record.get("target_count"), Some(&Field::Hex(3)));
}

#[test]
fn the_watchdog_counts_what_the_kprcb_holds() {
    let (mut dump, [_, prcb]) = wifi();
    for (name, value) in [
        ("DpcWatchdogCount", 7681u32),
        ("DpcWatchdogPeriod", 7680),
        ("DpcTimeCount", 12),
        ("DpcTimeLimit", 1280),
        ("DpcWatchdogProfileCumulativeDpcThreshold", 7040),
        ("DpcWatchdogProfileSingleDpcThreshold", 1174),
    ] {
        dump.put(prcb + member(name), &value.to_le_bytes());
    }
    dump.point(prcb + member("DpcWatchdogProfile"), 0xffff_a405_8c02_0000);
    // The first DPC of the second processor has left the queue and runs.
    let truth = truth("wifi");
    let dpc = &truth["dpcs"][0];
    let (address, routine) = (number(&dpc["address"]), number(&dpc["routine"]));
    dump.point(prcb + member("DpcData") + offset("_KDPC_DATA", "ActiveDpc"), address);
    let mut session = dump.open().0;
    let lines = run(&mut session, "!dpcwatchdog 1").unwrap();
    assert_eq!(lines[1], "CPU   Count  Period     DPC   Limit  All from  DPC from Stacks");
    assert_eq!(lines[3], "  1    7681    7680      12    1280      7040      1174 ffffa4058c020000");
    assert!(lines[4].starts_with(&format!("    runs {routine:016x} nt")), "{}", lines[4]);
    assert!(lines[4].ends_with(&format!(" (Normal DPC @ {address:016x})")), "{}", lines[4]);
    let record = first(&mut session, "!dpcwatchdog 1", "dpc_watchdog");
    assert_eq!(record.get("count"), Some(&Field::Number(7681)));
}

/// Real triage dumps: what the commands say of the processor that crashed is what `dt` reads there.
#[test]
fn real_dumps_agree_with_dt() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for path in real_dumps(&shared) {
        let mut session = session(&path);
        if !session.target.machine().to_string().contains("x64") {
            continue;
        }
        let prcb = first(&mut session, "!prcb", "prcb");
        let number = session.focus.processor;
        let cpu = first(&mut session, &format!("!cpuinfo {number:x}"), "cpu");
        let Some(Field::Address(address)) = prcb.get("prcb").cloned() else { panic!("{prcb:?}") };
        for (record, key, name) in [
            (&prcb, "irql", "DebuggerSavedIRQL"),
            (&prcb, "interrupt_count", "InterruptCount"),
            (&prcb, "kernel_time", "KernelTime"),
            (&prcb, "group_set_member", "GroupSetMember"),
            (&cpu, "mhz", "MHz"),
            (&cpu, "features", "FeatureBits"),
            (&cpu, "model", "CpuModel"),
        ] {
            let lines = run(&mut session, &format!("dt nt!_KPRCB {address:x} {name}")).unwrap();
            let line = lines.iter().find(|line| line.contains(name)).unwrap();
            let text = line.split(" : ").nth(1).unwrap().split_whitespace().next().unwrap().replace('`', "");
            let wanted = match text.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
                None => text.trim_start_matches("0n").parse().unwrap(),
            };
            let shown = match record.get(key) {
                Some(Field::Number(value) | Field::Hex(value)) => *value,
                other => panic!("{}: {key}: {other:?}", path.display()),
            };
            assert_eq!(shown, wanted, "{}: {name}", path.display());
            compared += 1;
        }
    }
    assert!(compared >= 150, "only {compared}");
}

/// A PDB, a symbol table and the built-in layouts of the same kernel give the same answers.
#[test]
fn every_source_of_types_gives_the_same_answers() {
    let Some(shared) = shared() else { return };
    let dump = shared.join("dumps/rizin-testbins-triage_x64.dmp");
    let answers = |path: &str| -> Vec<Vec<String>> {
        let mut session = session_with(&dump, path);
        let commands = ["!prcb", "!irql 3", "!cpuinfo", "!smt", "!frozen", "!dpcwatchdog", "!dpcs"];
        commands.iter().map(|command| run(&mut session, command).unwrap()).collect()
    };
    let built_in = answers("");
    assert!(built_in.iter().map(Vec::len).sum::<usize>() > 60, "{built_in:?}");
    assert_eq!(answers(&shared.join("symbols").display().to_string()), built_in);
    assert_eq!(answers(&format!("isf*{}", shared.join("isf").display())), built_in);
}

/// The second processor as the first of another group: a computer has groups when it has more than 64 processors.
#[test]
fn groups_are_told_where_there_is_more_than_one() {
    let (mut dump, [_, second]) = wifi();
    dump.put(second + member("Group"), &[1]);
    dump.put(second + member("GroupIndex"), &[0]);
    dump.point(second + member("GroupSetMember"), 1);
    let mut session = dump.open().0;
    let lines = run(&mut session, "!cpuinfo").unwrap();
    assert_eq!(lines[3..], ["Group 0: processor 0", "Group 1: processor 1"]);
    let lines = run(&mut session, "!running -i").unwrap();
    assert_eq!(lines[1], "System Processors of group 0:  (0000000000000001)");
    assert!(lines[2].starts_with("  Idle Processors of group 0:  (00000000000000"), "{lines:#?}");
    assert_eq!(lines[3], "System Processors of group 1:  (0000000000000001)");
    assert!(lines[4].starts_with("  Idle Processors of group 1:  (00000000000000"), "{lines:#?}");
}
