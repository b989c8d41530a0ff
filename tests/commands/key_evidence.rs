//! What an expert named as key evidence of real dumps is read off with a command each, none by hand.

use crate::golden::{run, with_symbols};
use crate::shared::root_with;
use crate::verdicts::cited;
use std::collections::BTreeMap;

/// Dump, command, and what of the expert's evidence stands in its answer (capitals and the length of blanks do not count).
const SHOWN: &[(&str, &str, &[&str])] = &[
    ("dell-5ZPYPW3_OperatingSystem_040124-5218-01", "!pte ffffd680a6737650", &["ffffd680a6737650"]),
    (
        "dell-5ZPYPW3_OperatingSystem_040124-5218-01",
        "!what 0000400000000000",
        &["0000400000000000", "one bit (46)", "argument 3"],
    ),
    (
        "driverproblems-111217-27671-01",
        "k",
        &["ffffd000d1da8b58", "atikmdag+2783e", "atikmpag+928a", "dxgkrnl+9be1"],
    ),
    ("driverproblems-111217-27671-01", "!what atikmdag+2783e", &["KeBugCheckEx was called by atikmdag"]),
    ("driverproblems-111217-27671-01", "lmvm atikmdag", &["Jul 5", "2014"]),
    (
        "driverproblems-111317-27812-01",
        "!pte 7ffe0320",
        &["7ffe0320", "fffff680003fff00", "b22a2ca2d1c800ff"],
    ),
    ("driverproblems-111317-27812-01", "r", &["rbx=b22a2ca2d1c800ff"]),
    ("driverproblems-111317-27812-01", "k", &["nt+3f2151"]),
    ("driverproblems-111317-27812-01", "!what b22a2ca2d1c800ff", &["no such page exists"]),
    ("driverproblems-111417-173000-01", "!thread ffffe000cfcee880", &["ffffe000cfcee880"]),
    ("driverproblems-111417-173000-01", "k", &["dxgkrnl+187c5", "atikmdag+56884", "atikmpag+b5f9"]),
    ("driverproblems-111417-58375-01", ".ecxr", &["rcx=0000000040000000", "rdi=0000000040000000"]),
    ("driverproblems-111417-58375-01", "k", &["RTKVHD64+5d28", "RTKVHD64+5d84", "RTKVHD64+e37f3"]),
    ("driverproblems-111417-58375-01", "!what 40000000", &["40000000", "[rcx+10Bh]", "bit 30 set"]),
    ("driverproblems-111417-58375-01", "lmvm RTKVHD64", &["2013"]),
    ("help-100623-4953-01", "!pte ffffa30ebf6f0090 1", &["ffffa30ebf6f0090", "0000000851af68c0", "851af6"]),
    ("help-100623-4953-01", "!what ffffb58018f50e20", &["ffffb58018f50e20", "record of page 851af6"]),
    ("help-100623-4953-01", "!pfn 851af6", &["ffffb58018f50e20", "pteaddress ffffa30ebf6f7248"]),
    ("help-100623-4953-01", ".time", &["0:00:04.684"]),
    ("minidump-diagnostics-too-083125-14875-01", "!process -1 0", &["notmyfault64.e", "Cid: 0cac"]),
    ("minidump-diagnostics-too-083125-14875-01", "lmvm myfault", &["myfault.sys"]),
    ("minidump-diagnostics-too-083125-14875-01", "!irql", &["2 (DISPATCH_LEVEL)"]),
    ("minidumps-102622-12000-01", "~2k", &["nt+406e3c", "21 trap frames in one another"]),
    ("minidumps-102622-12000-01", "!analyze", &["processor 2 did not answer", "shares its core with 3"]),
    ("minidumps-102622-12546-01", ".ecxr", &["nt+20f001", "rsp=ffff9100be79b7c8", "289"]),
    ("minidumps-102622-12546-01", "!what ffff9100be79b7c8", &["not on 16 bytes", "no return address"]),
    ("rizin-testbins-triage_arm64", ".formats 1b58", &["7000"]),
    ("rizin-testbins-triage_arm64", "!what @sp", &["saved it as the stack of the thread that crashed"]),
    ("rizin-testbins-triage_arm64", "!analyze -show", &["time the button was held (ms)"]),
    ("rizin-testbins-triage_x64", ".ecxr", &["amdppm+334c", "r9=0000000000000044"]),
    (
        "rizin-testbins-triage_x64",
        "!what ffff9b000336004c",
        &["ffff9b000336004c", "mov [r9+r8],edx", "r9=0000000000000044"],
    ),
    ("rizin-testbins-triage_x64", "!what amdppm+334c", &["general protection fault"]),
    ("rizin-testbins-triage_x64", ".time", &["0:00:03.7"]),
    ("training-bsods-116_0", "!what fffff8027a960a40", &["nvlddmkm+1700a40", "argument 2", "display driver"]),
    ("training-bsods-116_0", ".bugcheck", &["fffff8027a960a40", "c0000001"]),
    ("training-bsods-116_0", "lmvm nvlddmkm", &["Nov 6", "2024"]),
    ("training-bsods-13a", "!what ffff8307e9000140", &["argument 2", "heap that reported it"]),
    ("training-bsods-13a", "!what ffff83086a550000", &["argument 3", "pool", "corrupt"]),
    ("training-bsods-13a", "!pool ffff83086a550000", &["ffff83086a550000", "Paged pool"]),
    ("training-bsods-13a", ".bugcheck", &["ffff8307e9000140", "ffff83086a550000"]),
    ("training-bsods-1a", "!pte ffffdd010bc5d3f8 1", &["ffffdd010bc5d3f8", "0000002000000000"]),
    ("training-bsods-1a", "!what 0000002000000000", &["one bit (37)"]),
    (
        "training-bsods-1e",
        "!what dxgmms2+2e68",
        &["dxgmms2+2e68", "fffff80330ec2e6c", "dxgmms2+446e", "bit 2"],
    ),
    ("training-bsods-1e", "db dxgmms2+2e60 L10", &["cc cc cc cc 48 89 5c 24"]),
    ("training-bsods-3b_0", ".ecxr", &["win32kfull+10f183", "rdx=0000002000000068"]),
    ("training-bsods-3b_0", "!what 0000002000000068", &["bit 37 set", "null pointer"]),
    ("training-bsods-50_0", "!what fffffa5bd73d3148", &["fffffa5bd73d3148", "PTE of ffffb7ae7a629000"]),
    ("training-bsods-50_0", "!what ffffb7ae7a629000", &["bit 37", "ffffb78e7a629000", "none points to"]),
    ("training-bsods-50_0", "r", &["rbx=ffffb7ae7a629000"]),
    ("training-bsods-50_0", "k", &["nt+290b9f"]),
    ("training-bsods-7e_1", "u nvlddmkm+12634e L1", &["nvlddmkm+12634e", "f30fb8d8", "popcnt"]),
    ("training-bsods-7e_1", "!sysinfo cpuinfo", &["Q9400"]),
    ("training-bsods-7e_1", "!what nvlddmkm+12634e", &["needs POPCNT", "Q9400"]),
    (
        "training-bsods-9f",
        "!devobj ffffd68fe35b8050",
        &["ffffd68fe35b8050", "ffffd68fe34e8060", "\\Driver\\iaStorAC"],
    ),
    ("training-bsods-9f", "!irp ffffd68fe383b8a0", &["ffffd68fe39130a0", "\\Driver\\disk", "D3"]),
    ("training-bsods-9f", "!what ffffd68fe383b8a0", &["ffffd68fe383b8a0"]),
    ("training-bsods-be_0", "!what 21252a8", &["81000021252a8867", "bit 37", "1252a8"]),
    ("training-bsods-be_0", "!pfn 21252a8", &["ffff9c00636f7f80"]),
    ("training-bsods-be_0", "!address ffff9c0000001000", &["PFN Database", "ffff9c0000000000"]),
    ("training-bsods-ef", "!process e48 0", &["svchost.exe", "0e48"]),
    (
        "training-bsods-ef",
        "!what 7ffaf29b5438",
        &["7ffaf29b5438", "FAST_FAIL_UNEXPECTED_HEAP_EXCEPTION", "c0000409"],
    ),
    (
        "training-bsods-ef",
        ".trap ffff8c856c3f0c00",
        &["rip=00007ffaf29b5438", "rcx=0000000000000023", "int 29h"],
    ),
    ("training-bsods-ef", "!what ffff8c856c3f0c00", &["trap frame ffff8c856c3f0c00"]),
    ("halftimeoflife-kdamonitor-2", "k", &["nt+969ad8", "KDAMonitor+1197", "KDAMonitor+135e", "nt+3f1be3"]),
    ("halftimeoflife-kdamonitor-2", "!what ffffe6017337a0a0", &["ffffe6017337a0a0", "it read"]),
    ("proxyrule-blog-011620-8250-01", "k", &["nt+4a2d4", "winhvr+16755"]),
    ("proxyrule-blog-011620-8250-01", ".ecxr", &["rax=0000000000000000", "bt"]),
    ("proxyrule-blog-011620-8250-01", ".time", &["0:00:04"]),
    ("driverproblems-111317-24484-01", "!analyze", &["KeBugCheckEx was called by atikmdag"]),
    ("driverproblems-111317-24484-01", "dps @rsp L10", &["igdkmd64+c1f06"]),
    ("driverproblems-111317-33765-01", "!analyze", &["KeBugCheckEx was called by atikmdag"]),
    ("driverproblems-111417-86203-01", "k", &["dxgkrnl+187c5", "atikmdag+56884"]),
    (
        "driverproblems-111417-86203-01",
        "!what fffff801deadbeef",
        &["fffff801deadbeef", "memory is marked with"],
    ),
];

/// As it is compared: without ticks, `+0x` and what separates words.
fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace('`', "").replace("+0x", "+");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every address, value and place that the expert cited stands in the table, and in the answer of its command.
#[test]
fn key_evidence_is_read_off_with_commands() {
    let Some(shared) = root_with(&["golden/verdicts.tsv", "dumps"]) else { return };
    let table = std::fs::read_to_string(shared.join("golden/verdicts.tsv")).unwrap();
    let mut shown: BTreeMap<&str, String> = BTreeMap::new();
    let mut missing = Vec::new();
    let mut open: Option<(&str, dumpscope::session::Session)> = None;
    for (dump, command, needles) in SHOWN {
        if open.as_ref().is_none_or(|(name, _)| name != dump) {
            open = Some((dump, with_symbols(&shared.join(format!("dumps/{dump}.dmp")))));
        }
        let (_, session) = open.as_mut().unwrap();
        let answer = run(session, command).unwrap_or_else(|why| panic!("{dump}: {command}: {why}"));
        let answer = plain(&answer.join("\n"));
        for needle in needles.iter().filter(|needle| !answer.contains(&plain(needle))) {
            missing.push(format!("{dump}: {needle} is not in {command}: {answer}"));
        }
        let all = shown.entry(dump).or_default();
        all.push_str(&answer);
        all.push('\n');
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let mut dumps = 0;
    for line in table.lines().skip(1).filter(|line| !line.is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let Some(answers) = shown.get(columns[0]) else {
            panic!("{}: no command shows anything", columns[0])
        };
        for value in cited(columns[6]) {
            assert!(answers.contains(&value), "{}: no command shows {value}", columns[0]);
        }
        dumps += 1;
    }
    assert!(dumps >= 26, "only {dumps} dumps");
}
