//! `!process` on the forge's dumps, against their record, and on dumps that were changed by hand: with the values of public
//! transcripts, and damaged.

use crate::forge::{cases, list, number, truth};
use crate::golden::{real_dumps, records, run, session, session_with};
use crate::patched::Patched;
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field, Record};
use dumpscope::session::Session;
use serde_json::Value;

/// The processes that are in the list: all but the idle one.
fn listed(truth: &Value) -> Vec<&Value> {
    list(truth, "processes").iter().filter(|process| number(&process["pid"]) != 0).collect()
}

/// Every whole dump against the record: the same processes in the same order, with all that is recorded of them.
#[test]
fn processes_are_those_of_the_record() {
    let mut compared = 0;
    for (case, truth, dumps) in cases() {
        for dump in dumps.iter().filter(|dump| !dump.to_string_lossy().contains("triage")) {
            let found = records(&mut session(dump), "!process 0 1", "process");
            let wanted = listed(&truth);
            assert_eq!(found.len(), wanted.len(), "{case} {}", dump.display());
            for (found, wanted) in found.iter().zip(wanted) {
                let name = wanted["name"].as_str().unwrap();
                let is = |key: &str, value: Field| assert_eq!(found.get(key), Some(&value), "{name} {key}");
                is("image", name.into());
                is("address", Field::Address(number(&wanted["eprocess"])));
                is("process_id", Field::Hex(number(&wanted["pid"])));
                is("parent_process_id", Field::Hex(number(&wanted["parent"])));
                is("peb", Field::Address(number(&wanted["peb"])));
                is("directory_table_base", Field::Hex(number(&wanted["cr3"])));
                is("object_table", Field::Address(number(&wanted["handle_table"])));
                is("session_id", wanted["session"].as_u64().map_or(Field::Null, Field::Number));
                is("create_time", Field::Time(number(&wanted["created"])));
                let handles = list(&truth, "handles").iter().filter(|handle| handle["pid"] == wanted["pid"]);
                is("handle_count", Field::Number(handles.count() as u64));
                is("vads", Field::Number(list(wanted, "vads").len() as u64));
                let commit = list(wanted, "vads").iter().map(|vad| vad[4].as_u64().unwrap()).sum();
                is("commit_charge", Field::Number(commit));
                compared += 1;
            }
        }
    }
    assert!(compared >= 100, "only {compared}");
}

#[test]
fn a_process_is_found_by_address_id_and_name() {
    let truth = truth("wifi");
    let mut session = session(&crate::forge::root().join("tests/data/wifi-full.dmp.gz"));
    let services =
        listed(&truth).into_iter().find(|process| process["name"] == "services.exe").unwrap().clone();
    let address = Field::Address(number(&services["eprocess"]));
    let (pid, at) = (number(&services["pid"]), number(&services["eprocess"]));
    for typed in [format!("{at:x}"), format!("{pid:x}"), "SERVICES.exe".into(), "services".into()] {
        let found = records(&mut session, &format!("!process {typed} 0"), "process");
        assert_eq!(found.len(), 1, "{typed}");
        assert_eq!(found[0].get("address"), Some(&address), "{typed}");
    }
    let lines = run(&mut session, &format!("!process {pid:x} 0")).unwrap();
    assert_eq!(lines[0], format!("Searching for Process with Cid == {pid:x}"));
    assert!(run(&mut session, "!process 9999 0").unwrap_err().contains("no process has the id 9999"));
    // The current process, in three ways.
    let current = Field::Address(session.process().unwrap());
    for typed in ["!process", "!process -1 0", "!process @$proc 0"] {
        let found = records(&mut session, typed, "process");
        assert_eq!((found.len(), found[0].get("address")), (1, Some(&current)), "{typed}");
    }
    // Filters: of an image, of a session, of a module; how many were left out is said.
    let names = |session: &mut Session, line: &str| -> Vec<String> {
        let image = |record: &Record| match record.get("image") {
            Some(Field::Text(name)) => name.as_str().to_owned(),
            other => panic!("{other:?}"),
        };
        records(session, line, "process").iter().map(image).collect()
    };
    assert_eq!(names(&mut session, "!process 0 0 svchost.exe"), ["svchost.exe", "svchost.exe"]);
    assert_eq!(run(&mut session, "!process 0 0 svc*").unwrap().last().unwrap(), "2 of 9 processes");
    let in_session = |id: u64| -> Vec<String> {
        let process = listed(&truth).into_iter().filter(|process| process["session"].as_u64() == Some(id));
        process.map(|process| process["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&mut session, "!process /s 1 0 0"), in_session(1));
    assert_eq!(names(&mut session, "!process /m explorer.exe 0 0"), ["explorer.exe"]);
    let lines = run(&mut session, "!process 0 0").unwrap();
    assert_eq!(
        (lines[0].as_str(), lines.last().unwrap().as_str()),
        ("**** NT ACTIVE PROCESS DUMP ****", "9 processes")
    );
}

/// A dump whose kernel structures get values at members, found by their names.
struct Members(Patched);

impl Members {
    fn new() -> Members {
        Members(Patched::new("tests/data/wifi-full.dmp.gz"))
    }

    fn put(&mut self, ty: &str, address: u64, path: &str, value: u64) {
        let (at, size) = {
            let scope = self.0.before().scope();
            let member = scope.object(ty, address).unwrap().field(path).unwrap();
            (member.address(), member.size().unwrap() as usize)
        };
        self.0.put(at, &value.to_le_bytes()[..size]);
    }
}

/// The values of a public transcript, put into a process, make its lines. The table of handles stays where it is.
#[test]
fn lines_are_those_of_a_real_transcript() {
    let truth = truth("wifi");
    let process = listed(&truth)[8];
    assert_eq!(process["name"], "explorer.exe");
    let at = number(&process["eprocess"]);
    let mut dump = Members::new();
    let mut put = |path: &str, value: u64| dump.put("nt!_EPROCESS", at, path, value);
    put("UniqueProcessId", 0x1164);
    put("InheritedFromUniqueProcessId", 0x1148);
    put("Peb", 0x72_ce65_9000);
    put("Pcb.DirectoryTableBase", 0x5e2b_c002);
    put("VadRoot", 0xffff_c509_c25d_2850);
    put("VadCount", 97);
    put("NumberOfPrivatePages", 541);
    put("ModifiedPageCount", 1639);
    put("DeviceMap", 0xffff_9901_0c29_f0d0);
    put("Token", 0xffff_9901_102c_f5f0 | 7);
    // 608.787 seconds before the dump; a tick is 15.625 ms.
    put("CreateTime", number(&truth["time"]) - 6_087_870_000);
    put("Pcb.UserTime", 0);
    put("Pcb.KernelTime", 1);
    put("Vm.Instance.WorkingSetSize", 360);
    put("Vm.Instance.MinimumWorkingSetSize", 50);
    put("Vm.Instance.MaximumWorkingSetSize", 345);
    put("Vm.Instance.PeakWorkingSetSize", 5030);
    put("Vm.Instance.PageFaultCount", 8156);
    put("VirtualSize", 2_101_370 << 20);
    put("PeakVirtualSize", (2_101_386 << 20) + 5);
    put("CommitCharge", 1805);
    put("Job", 0xffff_c509_c0a1_b060);
    let quota = {
        let scope = dump.0.before().scope();
        scope.object("nt!_EPROCESS", at).unwrap().field("ProcessQuotaUsage").unwrap().address()
    };
    dump.0.point(quota, 13712);
    dump.0.point(quota + 8, 185_888);
    let (mut session, _folder) = dump.0.open();
    let lines = run(&mut session, &format!("!process {at:x} 1")).unwrap();
    let table = number(&process["handle_table"]);
    let expected = [
        format!("PROCESS {at:016x}"),
        "    SessionId: 1  Cid: 1164    Peb: 72ce659000  ParentCid: 1148".into(),
        format!("    DirBase: 5e2bc002  ObjectTable: {table:x}  HandleCount:   2."),
        "    Image: explorer.exe".into(),
        "    VadRoot ffffc509c25d2850 Vads 97 Clone 0 Private 541. Modified 1639. Locked 0.".into(),
        "    DeviceMap ffff99010c29f0d0".into(),
        "    Token                             ffff9901102cf5f0".into(),
        "    ElapsedTime                       00:10:08.787".into(),
        "    UserTime                          00:00:00.000".into(),
        "    KernelTime                        00:00:00.015".into(),
        "    QuotaPoolUsage[PagedPool]         185888".into(),
        "    QuotaPoolUsage[NonPagedPool]      13712".into(),
        "    Working Set Sizes (now,min,max)  (360, 50, 345) (1440KB, 200KB, 1380KB)".into(),
        "    PeakWorkingSetSize                5030".into(),
        "    VirtualSize                       2101370 Mb".into(),
        "    PeakVirtualSize                   2101386 Mb".into(),
        "    PageFaultCount                    8156".into(),
        "    MemoryPriority                    BACKGROUND".into(),
        "    BasePriority                      8".into(),
        "    CommitCharge                      1805".into(),
        "    Job                               ffffc509c0a1b060".into(),
        String::new(),
    ];
    assert_eq!(lines[..expected.len()], expected);
}

/// A process that has ended and is still referenced: no table of handles, and it is marked.
#[test]
fn a_zombie_is_marked() {
    let truth = truth("wifi");
    let process = listed(&truth)[8];
    let at = number(&process["eprocess"]);
    let mut dump = Members::new();
    dump.put("nt!_EPROCESS", at, "ObjectTable", 0);
    dump.put("nt!_EPROCESS", at, "ExitTime", number(&truth["time"]) - 700_150_000);
    dump.put("nt!_EPROCESS", at, "ExitStatus", 0xc000_0005);
    let (mut session, _folder) = dump.0.open();
    let lines = run(&mut session, "!process 0 0 explorer.exe").unwrap();
    assert!(lines[2].ends_with("  ObjectTable: 00000000  HandleCount:   0."), "{}", lines[2]);
    assert_eq!(
        lines[3],
        "    Image: explorer.exe  (zombie: ended 00:01:10.015 before the dump, still referenced)"
    );
    assert_eq!(lines.last().unwrap(), "1 of 9 processes, 1 has ended");
    let record = &records(&mut session, "!process 0 0 explorer.exe", "process")[0];
    assert_eq!(record.get("exit_status"), Some(&Field::Hex(0xc000_0005)));
}

/// A list that turns back on itself, and one that leads away: what comes before is shown, and the reason is said.
#[test]
fn a_broken_list_ends_with_its_reason() {
    let truth = truth("wifi");
    let processes = listed(&truth);
    let link = |at: usize| {
        let before = Patched::new("tests/data/wifi-full.dmp.gz");
        let scope = before.before().scope();
        let process = scope.object("nt!_EPROCESS", number(&processes[at]["eprocess"])).unwrap();
        process.field("ActiveProcessLinks").unwrap().address()
    };
    for (to, complaint) in
        [(link(2), "turns back to"), (0xffff_9999_9999_0000, "cannot be followed"), (0, "is null")]
    {
        let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
        dump.point(link(4), to);
        let (mut session, _folder) = dump.open();
        let found = records(&mut session, "!process 0 0", "process");
        assert!((5..=6).contains(&found.len()), "{}", found.len());
        let lines = run(&mut session, "!process 0 0").unwrap();
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("not all processes are known: ") && line.contains(complaint)),
            "{complaint}: {lines:?}"
        );
    }
    // A table of handles that leads nowhere, and an address that is no process.
    let mut dump = Members::new();
    let at = number(&processes[4]["eprocess"]);
    dump.put("nt!_HANDLE_TABLE", number(&processes[4]["handle_table"]), "TableCode", 0xffff_9999_9999_0001);
    let (mut session, _folder) = dump.0.open();
    let lines = run(&mut session, &format!("!process {at:x} 0")).unwrap();
    assert!(lines[2].ends_with("HandleCount: <Data Not Accessible>"), "{}", lines[2]);
    assert!(lines.last().unwrap().starts_with("Not known: a page of the _HANDLE_TABLE at "), "{lines:?}");
    let thread = number(&list(&truth, "threads")[0]["ethread"]);
    assert!(run(&mut session, &format!("!process {thread:x}")).unwrap_err().contains("no process lies at"));
}

/// What `dt` shows of the current process of every real dump is what `!process` says.
#[test]
fn real_dumps_say_the_same_as_their_types() {
    let Some(shared) = crate::golden::shared() else { return };
    let mut compared = 0;
    for path in real_dumps(&shared) {
        let mut session = session(&path);
        let Some(process) = session.process() else { continue };
        if !session.scope().object("nt!_EPROCESS", process).is_ok_and(|object| object.field("Peb").is_ok()) {
            continue;
        }
        let Ok(value) = session.scope().object("nt!_EPROCESS", process).unwrap().field("Peb").unwrap().u64()
        else {
            continue;
        };
        let record = &records(&mut session, "!process", "process")[0];
        assert_eq!(record.get("peb"), Some(&Field::Address(value)), "{}", path.display());
        let lines = run(&mut session, "dt nt!_EPROCESS @$proc UniqueProcessId VadCount").unwrap();
        let shown = |member: &str| {
            let line = lines.iter().find(|line| line.contains(member)).unwrap();
            let value = line.rsplit_once(": ").unwrap().1.split(' ').next().unwrap().replace('`', "");
            match value.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
                None if value == "(null)" => 0,
                None => value.parse().unwrap(),
            }
        };
        assert_eq!(record.get("process_id"), Some(&Field::Hex(shown("UniqueProcessId"))));
        assert_eq!(record.get("vads"), Some(&Field::Number(shown("VadCount"))));
        compared += 1;
    }
    assert!(compared >= 20, "only {compared}");
}

/// With the flag 2, the threads of each process under it, each at its indent with what `!thread` says of it alone.
#[test]
fn threads_stand_under_their_process() {
    let truth = truth("wifi");
    let mut session = session(&crate::forge::root().join("tests/data/wifi-full.dmp.gz"));
    let mut output = Collector::default();
    run_line("!process 0 2", &mut session, &mut output).map_err(|failure| failure.error).unwrap();
    let mut compared = 0;
    for process in listed(&truth) {
        let address = Field::Address(number(&process["eprocess"]));
        let is_it = |record: &&Record| record.kind == "process" && record.get("address") == Some(&address);
        let block =
            output.document.blocks.iter().find(|block| block.records().next().as_ref().is_some_and(is_it));
        let threads = block.unwrap().records().filter(|record| record.kind == "thread");
        let mut found: Vec<u64> = threads
            .map(|thread| match thread.get("address") {
                Some(Field::Address(address)) => *address,
                other => panic!("{other:?}"),
            })
            .collect();
        let of_process = list(&truth, "threads").iter().filter(|thread| thread["pid"] == process["pid"]);
        let mut wanted: Vec<u64> = of_process.map(|thread| number(&thread["ethread"])).collect();
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{}", process["name"]);
        compared += found.len();
    }
    assert!(compared >= 20, "only {compared}");
    let explorer = listed(&truth)[8];
    let shown = run(&mut session, &format!("!process {} 2", explorer["eprocess"].as_str().unwrap())).unwrap();
    let thread = list(&truth, "threads").iter().find(|thread| thread["pid"] == explorer["pid"]).unwrap();
    let alone = run(&mut session, &format!("!thread {} 2", thread["ethread"].as_str().unwrap())).unwrap();
    let indented: Vec<String> = alone.iter().map(|line| format!("        {line}")).collect();
    let at = shown.iter().position(|line| *line == indented[0]).unwrap();
    assert_eq!(shown[at - 1], "");
    assert_eq!(shown[at..at + indented.len()], indented);
}

/// A triage dump holds no list of processes: the one that the processor runs is shown all the same, as it was recorded.
#[test]
fn a_triage_dump_shows_the_process_that_runs() {
    let mut compared = 0;
    for (case, truth, dumps) in cases() {
        for dump in dumps.iter().filter(|dump| dump.to_string_lossy().contains("triage")) {
            let mut session = session(dump);
            let current = session.process().unwrap();
            let wanted =
                list(&truth, "processes").iter().find(|process| number(&process["eprocess"]) == current);
            let wanted = wanted.unwrap();
            for line in ["!process -1 0", "!process 0 0", "!tl"] {
                let found = records(&mut session, line, "process");
                let is_it = |record: &&Record| record.get("address") == Some(&Field::Address(current));
                let record = found.iter().find(is_it).unwrap_or_else(|| panic!("{case} {line}"));
                assert_eq!(record.get("process_id"), Some(&Field::Hex(number(&wanted["pid"]))), "{line}");
            }
            let thread = Field::Address(number(&truth["crash_context"]["thread"]));
            let mut output = Collector::default();
            run_line("!process -1 2", &mut session, &mut output).map_err(|failure| failure.error).unwrap();
            let mut threads = output.document.records().filter(|record| record.kind == "thread");
            assert!(threads.any(|record| record.get("address") == Some(&thread)), "{case}");
            compared += 1;
        }
    }
    assert!(compared >= 2, "only {compared}");
}

/// The commands about processes, for which layouts come from a PDB, a symbol table, or the program itself.
const ABOUT_PROCESSES: &str =
    "!process 0 1; !process -1 0; !p; !tl -mem -cpu -cl; !vad; !peb; !token -n; !job; !sprocess 1; !session";

/// What all lines say; a command that fails says why.
fn said(session: &mut Session, lines: &str) -> Vec<String> {
    lines.split("; ").flat_map(|line| run(session, line).unwrap_or_else(|error| vec![error])).collect()
}

#[test]
fn symbols_do_not_change_what_is_said() {
    let dump = crate::forge::root().join("tests/data/wifi-full.dmp.gz");
    let symbols = crate::forge::root().join("assets/demo/symbols.zip").display().to_string();
    let plain = said(&mut session(&dump), ABOUT_PROCESSES);
    assert!(plain.len() > 150, "{}", plain.len());
    assert_eq!(said(&mut session_with(&dump, &symbols), ABOUT_PROCESSES), plain);
    let Some(shared) = crate::golden::shared() else { return };
    let dump = shared.join("dumps/rizin-testbins-triage_x64.dmp");
    let plain = said(&mut session(&dump), ABOUT_PROCESSES);
    for path in
        [format!("{}", shared.join("symbols").display()), format!("isf*{}", shared.join("isf").display())]
    {
        assert_eq!(said(&mut session_with(&dump, &path), ABOUT_PROCESSES), plain, "{path}");
    }
}
