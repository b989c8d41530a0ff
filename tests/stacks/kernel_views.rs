//! Processes, threads and their stacks against the forge's record, with no symbols at all: members come from the
//! built-in layouts.

use crate::forge::{cases, list, number};
use dumpscope::debuggee::{Lack, Scope, Target};
use dumpscope::dump::DumpFile;
use dumpscope::kernel::{Process, Thread, ThreadState, stack};
use dumpscope::util::cancel::CancelToken;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

fn open(path: &Path) -> Target {
    Target::new(DumpFile::open(path, &mut |_| {}).unwrap())
}

fn whole_dumps() -> Vec<(Value, Target)> {
    let mut found = Vec::new();
    for (_, truth, dumps) in cases() {
        let whole = dumps.iter().filter(|dump| !dump.to_string_lossy().contains("triage"));
        found.extend(whole.map(|dump| (truth.clone(), open(dump))));
    }
    found
}

#[test]
fn processes_are_those_of_the_record() {
    let mut compared = 0;
    for (truth, target) in whole_dumps() {
        let stop = CancelToken::default();
        let scope = Scope::new(&target, &stop);
        let found: Vec<Process<'_>> = Process::all(&scope).unwrap().collect::<Result<_, _>>().unwrap();
        // No list holds the Idle process.
        let listed: Vec<&Value> =
            list(&truth, "processes").iter().filter(|process| process["name"] != "Idle").collect();
        assert_eq!(found.len(), listed.len());
        for (process, recorded) in found.iter().zip(listed) {
            assert_eq!(process.address(), number(&recorded["eprocess"]));
            assert_eq!(process.id().unwrap(), number(&recorded["pid"]));
            assert_eq!(process.parent_id().unwrap(), number(&recorded["parent"]));
            assert_eq!(process.peb().unwrap(), number(&recorded["peb"]));
            assert_eq!(process.create_time().unwrap(), number(&recorded["created"]));
            assert_eq!(process.handle_table().unwrap(), number(&recorded["handle_table"]));
            assert_eq!(process.directory_table_base().unwrap() & !0xfff, number(&recorded["cr3"]));
            // The kernel keeps 15 characters of a name at most.
            let name: String = recorded["name"].as_str().unwrap().chars().take(15).collect();
            assert_eq!(process.image_file_name().unwrap(), name);
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} processes compared");
}

#[test]
fn threads_are_those_of_the_record() {
    let mut compared = 0;
    for (truth, target) in whole_dumps() {
        let stop = CancelToken::default();
        let scope = Scope::new(&target, &stop);
        let recorded: HashMap<u64, &Value> =
            list(&truth, "threads").iter().map(|thread| (number(&thread["ethread"]), thread)).collect();
        let found: Vec<Thread<'_>> = Thread::all(&scope).unwrap().collect::<Result<_, _>>().unwrap();
        // The Idle threads belong to the Idle process, which no list holds.
        assert_eq!(found.len(), recorded.values().filter(|thread| number(&thread["pid"]) != 0).count());
        for thread in found {
            let truth = recorded[&thread.address()];
            let ids = thread.client_id().unwrap();
            assert_eq!((ids.process, ids.thread), (number(&truth["pid"]), number(&truth["tid"])));
            assert_eq!(thread.teb().unwrap(), number(&truth["teb"]));
            assert_eq!(thread.stack_base().unwrap(), number(&truth["stack_base"]));
            assert_eq!(thread.stack_limit().unwrap(), number(&truth["stack_limit"]));
            assert_eq!(thread.start_address().unwrap(), number(&truth["start"]));
            let state = match truth["state"].as_str().unwrap() {
                "waiting" => ThreadState::WAITING,
                "ready" => ThreadState::READY,
                "running" | "crashed" | "idle" => ThreadState::RUNNING,
                other => panic!("{other}"),
            };
            assert_eq!(thread.state().unwrap(), state);
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared} threads compared");
}

/// What the emulator recorded of a thread's stack, user frames included, without attaching to its process.
#[test]
fn stacks_of_all_threads_are_those_of_the_record() {
    let (mut threads, mut frames) = (0, 0);
    for (truth, target) in whole_dumps() {
        let stop = CancelToken::default();
        let scope = Scope::new(&target, &stop);
        for recorded in list(&truth, "threads") {
            let wanted = list(recorded, "frames");
            if wanted.is_empty() {
                continue;
            }
            let thread = Thread::at(&scope, number(&recorded["ethread"])).unwrap();
            let place = || format!("{} thread {}", truth["case"], recorded["tid"]);
            let walked = stack::walk_thread(&thread, 0x100);
            let stack = walked.unwrap_or_else(|lack| panic!("{}: {lack}", place()));
            let found: Vec<(u64, u64)> = stack.physical().map(|frame| (frame.ip, frame.sp)).collect();
            let kernel = |&&(ip, _): &&(u64, u64)| ip >> 63 == 1;
            // The emulated switch parks a thread in a function of its own, inside what the switch frame returns to.
            let parked = |frame: &&Value| frame["function"] == "KiSwapContextParked";
            let truth: Vec<(u64, u64)> = wanted
                .iter()
                .skip_while(parked)
                .map(|frame| (number(&frame["rip"]), number(&frame["rsp"])))
                .collect();
            assert_eq!(
                found.iter().filter(kernel).collect::<Vec<_>>(),
                truth.iter().filter(kernel).collect::<Vec<_>>(),
                "{}",
                place()
            );
            // User code's unwind data may be paged out of the dump; what is found must be true.
            for user in found.iter().filter(|frame| !kernel(frame)) {
                assert!(truth.contains(user), "{}: {user:x?} of {truth:x?}", place());
            }
            threads += 1;
            frames += found.len();
        }
    }
    assert!(threads > 200 && frames > 1000, "{threads} threads, {frames} frames");
    println!("{threads} threads, {frames} frames");
}

#[test]
fn what_is_lacking_is_said_exactly() {
    let (_, target) = whole_dumps().swap_remove(0);
    let stop = CancelToken::default();
    let scope = Scope::new(&target, &stop);
    let lack = |result: Result<u64, Lack>| result.unwrap_err().to_string();
    let process = Process::all(&scope).unwrap().next().unwrap().unwrap();
    let object = process.object();
    assert_eq!(
        lack(object.first_of(&["Newer", "Older"]).and_then(|member| member.u64())),
        "_EPROCESS has no member Newer or Older"
    );
    assert_eq!(lack(object.field("Pcb").and_then(|member| member.u64())), {
        let at = dumpscope::util::hex::tick(process.address());
        format!("_EPROCESS.Pcb of {at} is no number")
    });
    let nowhere = scope.object("nt!_EPROCESS", 0x10).unwrap();
    let text = lack(nowhere.field("UniqueProcessId").and_then(|member| member.u64()));
    assert!(text.starts_with("_EPROCESS.UniqueProcessId of 00000000`00000010: 00000000`"), "{text}");
    assert_eq!(lack(scope.object("nt!_NO_SUCH", 0).map(|_| 0)), "nt!_NO_SUCH is not known");
    assert_eq!(lack(scope.object("none!_X", 0).map(|_| 0)), "nothing here tells the types of none");
    stop.cancel();
    assert_eq!(Process::all(&scope).unwrap().next().unwrap().map(|_| ()), Err(Lack::Stopped));
}
