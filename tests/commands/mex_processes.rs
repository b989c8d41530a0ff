//! `!p` and `!tl` of MEX on the forge's dumps, against their record, and with the values of public transcripts.

use crate::forge::{cases, list, number, root, truth};
use crate::golden::{number_in, records, run, session};
use crate::patched::Patched;
use dumpscope::output::{Field, Record};
use dumpscope::session::Session;
use serde_json::Value;

const WHOLE: &str = "tests/data/wifi-full.dmp.gz";

/// The memory that a public transcript shows of a process in `!process` and in `!p`, put into another process.
#[test]
fn a_row_and_its_details_are_those_of_a_real_transcript() {
    let truth = truth("wifi");
    let process = list(&truth, "processes").iter().find(|process| process["name"] == "explorer.exe").unwrap();
    let at = number(&process["eprocess"]);
    let mut dump = Patched::new(WHOLE);
    let mut put = |path: &str, value: u64| {
        let (place, size) = {
            let scope = dump.before().scope();
            let member = scope.object("nt!_EPROCESS", at).unwrap().field(path).unwrap();
            (member.address(), member.size().unwrap() as usize)
        };
        dump.put(place, &value.to_le_bytes()[..size]);
        place
    };
    put("UniqueProcessId", 0x1164);
    put("InheritedFromUniqueProcessId", 0x1148);
    put("ObjectTable", 0);
    put("ActiveThreads", 4);
    // 2024-10-12 18:17:51 is 1728757071 seconds after 1970 (`date -u -d`).
    put("CreateTime", (1_728_757_071 + 11_644_473_600) * 10_000_000 + 830_000);
    put("VirtualSize", 2_101_370 << 20);
    put("PeakVirtualSize", 2_101_386 << 20);
    put("CommitCharge", 1805);
    put("SeAuditProcessCreationInfo.ImageFileName", 0);
    let quota = {
        let scope = dump.before().scope();
        let object = scope.object("nt!_EPROCESS", at).unwrap();
        let name = object.field("ImageFileName").unwrap().address();
        (object.field("ProcessQuotaUsage").unwrap().address(), name)
    };
    dump.point(quota.0, 13_712);
    dump.point(quota.0 + 8, 185_888);
    dump.put(quota.1, b"cmd.exe\0\0\0\0\0\0\0\0");
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!p {at:x}")).unwrap();
    let peb = number(&process["peb"]);
    let row = format!(
        "cmd.exe {at:016x} (E|K|O)   1 1164 (0n4452) 1148 (0n4424) {peb:016x} 10/12/2024 06:17:51.083 PM    4      0    4"
    );
    let expected = [
        "Name    Address                  Ses PID           Parent        PEB              Create Time                Mods Handle Thrd User Name",
        "======= ======================== === ============= ============= ================ ========================== ==== ====== ==== =========",
        &row,
        "",
        "Command Line: C:\\Windows\\Explorer.EXE",
    ];
    assert_eq!(lines[..5], expected);
    let memory = lines.iter().position(|line| line == "Memory Details:").unwrap();
    assert_eq!(
        lines[memory + 1..memory + 5],
        [
            "",
            "    VM   Peak Commit Size PP Quota  NPP Quota",
            "    ==== ==== =========== ========= =========",
            "    2 TB 2 TB     7.05 MB 181.53 KB  13.39 KB",
        ]
    );
    let links =
        format!("Show Threads: Unique Stacks    !mex.listthreads (!lt) {at:016x}    !process {at:016x} 7");
    assert_eq!(lines.last().unwrap(), &links);
}

/// Every process of the record, its threads' states and command line.
#[test]
fn rows_are_those_of_the_record() {
    let (mut compared, mut lines) = (0, 0);
    for (case, truth, dumps) in cases() {
        let Some(dump) = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage")) else {
            continue;
        };
        let mut session = session(dump);
        let found = records(&mut session, "!tl -t -cl", "process");
        let wanted = list(&truth, "processes");
        assert_eq!(found.len(), wanted.len(), "{case}");
        for wanted in wanted {
            let is_it = |row: &&Record| number_in(row, "address") == number(&wanted["eprocess"]);
            let row = found.iter().find(is_it).unwrap();
            assert_eq!(number_in(row, "process_id"), number(&wanted["pid"]));
            let threads = list(&truth, "threads").iter().filter(|thread| thread["pid"] == wanted["pid"]);
            // The idle process's threads are in no list of its.
            if number(&wanted["pid"]) != 0 {
                let runs = |thread: &&Value| thread["state"] == "running" || thread["state"] == "crashed";
                let running = threads.filter(runs).count();
                assert_eq!(number_in(row, "running"), running as u64, "{case} {}", wanted["name"]);
            }
            if let Some(Field::Text(line)) = row.get("command_line") {
                assert_eq!(line.as_str(), wanted["command_line"].as_str().unwrap());
                lines += 1;
            }
            compared += 1;
        }
        let ready = found.iter().map(|row| number_in(row, "ready")).sum::<u64>();
        assert_eq!(ready, list(&truth, "ready").len() as u64, "{case}: ready threads");
    }
    assert!(compared >= 100 && lines >= 8, "only {compared} processes and {lines} command lines");
}

#[test]
fn processes_are_filtered_and_sorted() {
    let mut session = session(&root().join(WHOLE));
    let lines = run(&mut session, "!mex.tl services").unwrap();
    let truth = truth("wifi");
    let services =
        list(&truth, "processes").iter().find(|process| process["name"] == "services.exe").unwrap();
    let address = services["eprocess"].as_str().unwrap().trim_start_matches("0x");
    // As a public transcript of one process has it.
    assert_eq!(
        lines,
        [
            "PID         Address          Name",
            "=========== ================ ============",
            &format!("0x2f4 0n756 {address} services.exe"),
            "=========== ================ ============",
            "PID         Address          Name",
            "",
            "Count: 1 of 10, filtered by services",
        ]
    );
    assert_eq!(run(&mut session, "!tl -n services").unwrap(), lines);
    let by = |session: &mut Session, key: &str, field: &str| -> Vec<u64> {
        records(session, &format!("!tl -sort {key}"), "process")
            .iter()
            .map(|row| number_in(row, field))
            .collect()
    };
    let threads = by(&mut session, "thread", "threads");
    // As a published table has it: the most stands last.
    assert!(threads.is_sorted() && *threads.last().unwrap() > 5, "{threads:?}");
    assert!(by(&mut session, "pid", "process_id").is_sorted());
    assert!(run(&mut session, "!tl -sort colour").unwrap_err().contains("it sorts by pid"));
}

/// One that has ended and has no threads is counted, and listed where it is asked for; one that has threads is listed.
#[test]
fn zombies_are_counted_apart() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WHOLE);
    let mut end = |name: &str, threads: u32| {
        let process = list(&truth, "processes").iter().find(|process| process["name"] == name).unwrap();
        let member = |path: &str| {
            let before = Patched::new(WHOLE);
            let scope = before.before().scope();
            let process = scope.object("nt!_EPROCESS", number(&process["eprocess"])).unwrap();
            process.field(path).unwrap().address()
        };
        dump.point(member("ExitTime"), number(&truth["time"]));
        dump.put(member("ActiveThreads"), &threads.to_le_bytes());
    };
    end("wininit.exe", 0);
    end("explorer.exe", 2);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, "!tl").unwrap();
    assert!(lines.iter().any(|line| line.ends_with("explorer.exe")));
    assert!(!lines.iter().any(|line| line.ends_with("wininit.exe")));
    let warning = "Warning! Zombie process(es) detected (not displayed). Count: 1 [zombie report]";
    assert_eq!(lines[lines.len() - 2..], ["Count: 9", warning]);
    let lines = run(&mut session, "!tl -z").unwrap();
    assert!(lines[2].ends_with("wininit.exe") && lines.last().unwrap() == "Count: 1", "{lines:#?}");
    assert!(!run(&mut session, "!tl explorer").unwrap().iter().any(|line| line.contains("Zombie")));
}

fn names(session: &mut Session) -> Vec<(u64, usize)> {
    records(session, "!tl -tree", "process")
        .iter()
        .map(|row| match row.get("name") {
            Some(Field::Text(name)) => {
                let name = name.as_str();
                (number_in(row, "process_id"), name.len() - name.trim_start().len())
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Each process two columns further than the one that created it; a ring of creators loses nobody.
#[test]
fn a_tree_of_creators_shows_everybody_once() {
    let truth = truth("wifi");
    let processes = list(&truth, "processes");
    let mut whole = session(&root().join(WHOLE));
    let tree = names(&mut whole);
    assert_eq!(tree.len(), processes.len());
    for process in processes.iter().filter(|process| number(&process["pid"]) > 4) {
        let place = |pid: u64| tree.iter().position(|(id, _)| *id == pid).unwrap();
        let (own, parent) = (place(number(&process["pid"])), place(number(&process["parent"])));
        assert!(parent < own, "{}", process["name"]);
        assert_eq!(tree[own].1, tree[parent].1 + 2, "{}", process["name"]);
    }
    // smss.exe was created by services.exe, which it created; both at once.
    let mut dump = Patched::new(WHOLE);
    let [smss, services] = ["smss.exe", "services.exe"]
        .map(|name| processes.iter().find(|process| process["name"] == name).unwrap().clone());
    let place = |path: &str, of: &Value| {
        let before = Patched::new(WHOLE);
        let scope = before.before().scope();
        scope.object("nt!_EPROCESS", number(&of["eprocess"])).unwrap().field(path).unwrap().address()
    };
    dump.point(place("InheritedFromUniqueProcessId", &smss), number(&services["pid"]));
    dump.point(place("CreateTime", &smss), number(&services["created"]));
    dump.point(place("CreateTime", &processes[4]), number(&services["created"]));
    let (mut ring, _folder) = dump.open();
    let mut ids: Vec<u64> = names(&mut ring).into_iter().map(|(id, _)| id).collect();
    let mut wanted: Vec<u64> = processes.iter().map(|process| number(&process["pid"])).collect();
    ids.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
}

#[test]
fn a_process_that_is_not_there_is_said() {
    let mut session = session(&root().join(WHOLE));
    assert_eq!(run(&mut session, "!p nobody.exe").unwrap_err(), "no process is called nobody.exe");
    assert_eq!(run(&mut session, "!p 9999").unwrap_err(), "no process has the id 9999");
    let lines = run(&mut session, "!mex.p svchost").unwrap();
    assert_eq!(lines.last().unwrap(), "Count: 2");
}
