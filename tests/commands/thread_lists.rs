//! `!lt`, `!us`, `!t`, `!stacks`, `!findstack`, `!uniqstack` and `!teb` against the forge's record, rows of public transcripts,
//! and lists damaged by hand.
//!
//! Offsets are those of Windows 10 build 19041 (`tests/forge/facts/layout.tsv`), which the forge's kernel has.

use crate::forge::{cases, demo, number, root, truth};
use crate::golden::{run, session, shared};
use crate::patched::Patched;
use dumpscope::command::run_line;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::output::{Collector, Document, Field, Record};
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const THREAD_LIST_ENTRY: u64 = 0x4e8;

fn said(session: &mut Session, line: &str) -> Document {
    let mut output = Collector::default();
    run_line(line, session, &mut output).map_err(|failure| failure.error).unwrap();
    output.document
}

fn list<'t>(truth: &'t Value, name: &str) -> &'t [Value] {
    truth[name].as_array().map_or(&[], Vec::as_slice)
}

fn hex(record: &Record, key: &str) -> u64 {
    match record.get(key) {
        Some(Field::Hex(value) | Field::Address(value)) => *value,
        other => panic!("{key}: {other:?} in {record:?}"),
    }
}

fn whole() -> impl Iterator<Item = (String, Value, PathBuf)> {
    cases().into_iter().filter_map(|(case, truth, dumps)| {
        let dump = dumps.into_iter().find(|dump| !dump.to_string_lossy().contains("triage"))?;
        Some((case, truth, dump))
    })
}

/// A demo with its symbols.
fn with_symbols(case: &str) -> Session {
    let mut target = Target::new(DumpFile::open(&demo(case), &mut |_| {}).unwrap());
    let store = root().join("assets/demo/symbols.zip");
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("thread-lists-cache");
    let options = FinderOptions { default_cache: cache, network: false, ..FinderOptions::default() };
    target.set_paths(SearchPath::parse(store.to_str().unwrap()), SearchPath::default(), options);
    Session::new(target, Settings::default())
}

/// Threads that are in a process's list: those of the Idle process are in none.
fn listed(truth: &Value) -> Vec<&Value> {
    list(truth, "threads").iter().filter(|thread| number(&thread["pid"]) != 0).collect()
}

fn state_of(thread: &Value) -> &'static str {
    match thread["state"].as_str().unwrap() {
        "waiting" => "Waiting",
        "ready" => "Ready",
        _ => "Running",
    }
}

#[test]
fn lists_hold_the_threads_of_the_record() {
    let mut compared = 0;
    for (case, truth, dump) in whole() {
        let mut session = session(&dump);
        let rows = |document: &Document| -> BTreeMap<u64, (u64, u64, Field)> {
            let threads = document.records().filter(|record| record.kind == "thread");
            threads
                .map(|row| {
                    let facts =
                        (hex(row, "process_id"), hex(row, "thread_id"), row.get("state").unwrap().clone());
                    (hex(row, "thread"), facts)
                })
                .collect()
        };
        let wanted = |takes: &dyn Fn(&Value) -> bool| -> BTreeMap<u64, (u64, u64, Field)> {
            let threads = listed(&truth).into_iter().filter(|thread| takes(thread));
            threads
                .map(|thread| {
                    let facts =
                        (number(&thread["pid"]), number(&thread["tid"]), Field::from(state_of(thread)));
                    (number(&thread["ethread"]), facts)
                })
                .collect()
        };
        let all = said(&mut session, "!lt -a");
        assert_eq!(rows(&all), wanted(&|_| true), "{case}");
        let ready = said(&mut session, "!lt -a -state READY");
        assert_eq!(rows(&ready), wanted(&|thread| thread["state"] == "ready"), "{case}");
        let left = ready.records().find(|record| record.kind == "filtered").unwrap();
        let count = |key: &str| left.get(key).cloned();
        let missing = rows(&all).len() - rows(&ready).len();
        assert_eq!(count("left_out"), Some(Field::Number(missing as u64)), "{case}");
        // Threads with requests in the record, of all processes and of one.
        let with_irps: BTreeSet<u64> =
            list(&truth, "irps").iter().map(|irp| number(&irp["thread"])).collect();
        let irps = said(&mut session, "!lt -a -irp");
        assert_eq!(rows(&irps), wanted(&|thread| with_irps.contains(&number(&thread["ethread"]))), "{case}");
        for process in list(&truth, "processes").iter().filter(|process| number(&process["pid"]) != 0) {
            let pid = number(&process["pid"]);
            let own = wanted(&|thread| number(&thread["pid"]) == pid);
            assert_eq!(rows(&said(&mut session, &format!("!lt -pid {pid:x}"))), own, "{case} {pid:x}");
            let address = number(&process["eprocess"]);
            assert_eq!(rows(&said(&mut session, &format!("!lt {address:x}"))), own, "{case} {pid:x}");
            compared += own.len();
        }
    }
    assert!(compared > 200, "only {compared} threads");
}

/// Threads that the record lists as waiting for a resource, and nobody else.
/// The layout is that of a published table, the counts are those of the record.
#[test]
fn states_are_counted() {
    for (case, truth, dump) in whole() {
        let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
        listed(&truth).into_iter().for_each(|thread| *wanted.entry(state_of(thread)).or_default() += 1);
        let mut lines = vec!["Count State".to_owned(), "===== =======".to_owned()];
        lines.extend(wanted.iter().map(|(state, count)| format!("{count:>5} {state}")));
        lines.push("===== =======".to_owned());
        lines.push(format!("{:>5}", wanted.values().sum::<u64>()));
        assert_eq!(crate::golden::run(&mut session(&dump), "!mex.trep").unwrap(), lines, "{case}");
    }
}

#[test]
fn threads_that_wait_for_resources_are_found() {
    let mut compared = 0;
    for (case, truth, dump) in whole() {
        let waiters: BTreeSet<u64> = list(&truth, "resources")
            .iter()
            .flat_map(|resource| {
                list(resource, "exclusive_waiters").iter().chain(list(resource, "shared_waiters"))
            })
            .map(number)
            .collect();
        let mut session = session(&dump);
        let addresses = |document: Document| -> BTreeSet<u64> {
            document
                .records()
                .filter(|record| record.kind == "thread")
                .map(|row| hex(row, "thread"))
                .collect()
        };
        assert_eq!(addresses(said(&mut session, "!lt -a -wr wrresource")), waiters, "{case}");
        let blocked = addresses(said(&mut session, "!lt -a -b"));
        assert!(waiters.is_subset(&blocked), "{case}: {blocked:x?}");
        compared += waiters.len();
    }
    assert!(compared > 10, "only {compared}");
}

/// The functions of a recorded stack, without the one that the emulator parks a switched thread in.
fn functions(thread: &Value) -> Vec<u64> {
    let parked = |frame: &&Value| frame["function"] == "KiSwapContextParked";
    list(thread, "frames").iter().skip_while(parked).map(|frame| number(&frame["rip"])).collect()
}

#[test]
fn threads_are_grouped_by_their_recorded_stacks() {
    let (mut groups, mut shared_by_two) = (0, 0);
    for (case, truth, dump) in whole() {
        let mut session = session(&dump);
        let document = said(&mut session, "!us -a -k");
        // What every thread's kernel part is in the record; a thread that runs user code has none.
        let mut wanted: BTreeMap<Vec<u64>, BTreeSet<u64>> = BTreeMap::new();
        for thread in listed(&truth).into_iter().filter(|thread| !list(thread, "frames").is_empty()) {
            let kernel = functions(thread).into_iter().filter(|ip| ip >> 63 == 1).collect();
            wanted.entry(kernel).or_default().insert(number(&thread["ethread"]));
        }
        let recorded: BTreeSet<u64> = wanted.values().flatten().copied().collect();
        let mut found: BTreeMap<Vec<u64>, BTreeSet<u64>> = BTreeMap::new();
        for block in document.blocks.iter().filter(|block| block.kind() == Some("unique_stack")) {
            let mut records = block.records();
            let head = records.next().unwrap();
            let Some(Field::List(threads)) = head.get("threads") else { panic!("{head:?}") };
            let threads: BTreeSet<u64> = threads
                .iter()
                .map(|field| match field {
                    Field::Address(address) => *address,
                    other => panic!("{other:?}"),
                })
                .filter(|address| recorded.contains(address))
                .collect();
            let ips = records.filter(|frame| frame.get("trust") != Some(&Field::from("inline")));
            let ips = ips.map(|frame| hex(frame, "ip")).collect();
            if !threads.is_empty() {
                shared_by_two += usize::from(threads.len() > 1);
                found.insert(ips, threads);
            }
        }
        assert_eq!(found, wanted, "{case}");
        groups += found.len();
        let count = document.records().find(|record| record.kind == "count").unwrap();
        assert_eq!(count.get("total"), Some(&Field::Number(listed(&truth).len() as u64)), "{case}");
    }
    assert!(groups > 100 && shared_by_two > 10, "{groups} groups, {shared_by_two} of several threads");
}

/// The emulated programs lie at one address in every process: only what each process has there tells them apart.
#[test]
fn user_code_is_named_by_the_modules_of_its_own_process() {
    let truth = truth("readonly");
    let mut session = with_symbols("readonly");
    let before = session.process();
    let mut compared = 0;
    for thread in listed(&truth) {
        let address = number(&thread["ethread"]);
        let found = said(&mut session, &format!("!t {address:x}"));
        let named: BTreeMap<u64, String> = found
            .records()
            .filter(|record| record.kind == "frame")
            .filter_map(|frame| match frame.get("symbol") {
                Some(Field::Text(text)) => Some((hex(frame, "ip"), text.as_str().to_owned())),
                _ => None,
            })
            .collect();
        for frame in list(thread, "frames").iter().filter(|frame| number(&frame["rip"]) >> 63 == 0) {
            let (module, _) = frame["module"].as_str().unwrap().rsplit_once('.').unwrap();
            let Some(name) = named.get(&number(&frame["rip"])) else { continue };
            assert!(
                name.to_lowercase().starts_with(&format!("{}!", module.to_lowercase())),
                "{name}: {frame}"
            );
            compared += 1;
        }
    }
    assert!(compared > 50, "only {compared} user frames");
    assert_eq!(session.process(), before, "nothing that the user looks at has moved");
}

#[test]
fn stacks_are_searched_by_function_and_module() {
    let truth = truth("readonly");
    let mut session = with_symbols("readonly");
    let with = |function: &str| -> BTreeSet<u64> {
        let has = |thread: &&&Value| list(thread, "frames").iter().any(|frame| frame["function"] == function);
        listed(&truth).iter().filter(has).map(|thread| number(&thread["ethread"])).collect()
    };
    let found = |document: Document| -> BTreeSet<u64> {
        let threads = document.records().filter(|record| record.kind == "thread");
        threads.map(|record| hex(record, "address")).collect()
    };
    for function in ["KeRemoveQueueEx", "KeDelayExecutionThread", "ExpWaitForResource", "ServiceWorker"] {
        assert!(!with(function).is_empty(), "{function}");
        assert_eq!(
            found(said(&mut session, &format!("!findstack {function} 0"))),
            with(function),
            "{function}"
        );
        assert_eq!(
            found(said(&mut session, &format!("!stacks 2 !{function}"))),
            with(function),
            "{function}"
        );
    }
    let modules = run(&mut session, "!findstack isofilter").unwrap();
    let running = listed(&truth)
        .into_iter()
        .find(|thread| list(thread, "frames").iter().any(|frame| frame["module"] == "isofilter.sys"));
    let thread = number(&running.unwrap()["ethread"]);
    assert_eq!(modules[0], format!("Thread {thread:016x}, 2 frame(s) match"));
    assert!(modules[1].starts_with("        * 00 "), "{}", modules[1]);
    assert_eq!(modules.last().unwrap(), "1 of 32 threads match");
    assert_eq!(
        run(&mut session, "!us -a -m isofilter").unwrap()[0],
        format!("1 thread [stats]: {thread:016x}")
    );

    // Every thread has a line under its process, and what waits stands where it waits.
    let stacks = run(&mut session, "!stacks").unwrap();
    assert_eq!(stacks[0], "Proc.Thread  .Thread  Ticks   ThreadState Blocker");
    assert_eq!(stacks.last().unwrap(), "Threads Processed: 32");
    for thread in listed(&truth) {
        let start = format!(
            "{:>4x}.{:06x}  {:016x} ",
            number(&thread["pid"]),
            number(&thread["tid"]),
            number(&thread["ethread"])
        );
        let line = stacks.iter().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{start}"));
        let state = &line[39..49];
        assert_eq!(state.trim() == "Blocked", thread["state"] == "waiting", "{line}");
        assert!(!line[50..].starts_with("nt!KiSwap") && !line[50..].starts_with("nt!KeWait"), "{line}");
    }
}

/// The current process's stacks, whole, each once.
#[test]
fn duplicates_are_counted() {
    let truth = truth("readonly");
    let mut session = session(&demo("readonly"));
    let system = list(&truth, "processes").iter().find(|process| process["pid"] == "0x4").unwrap();
    let lines = run(&mut session, &format!("!uniqstack {:x}", number(&system["eprocess"]))).unwrap();
    let own: Vec<&Value> = listed(&truth).into_iter().filter(|thread| thread["pid"] == "0x4").collect();
    assert_eq!(lines[0], format!("Processing {} threads, please wait", own.len()));
    let shown = lines.iter().filter(|line| line.starts_with("THREAD ")).count();
    let total = lines.iter().position(|line| *line == format!("Total threads: {}", own.len())).unwrap();
    let duplicates = own.len() - shown;
    assert!(duplicates > 0);
    assert_eq!(lines[total + 1], format!("Duplicate callstacks: {duplicates} (thread ids follow):"));
    assert_eq!(lines[total + 2].split(", ").count(), duplicates);
}

#[test]
fn user_blocks_are_those_of_the_record() {
    let mut compared = 0;
    for (case, truth, dump) in whole() {
        let mut session = session(&dump);
        let crashed = number(&truth["crash_context"]["thread"]);
        let Some(thread) = listed(&truth).into_iter().find(|thread| number(&thread["ethread"]) == crashed)
        else {
            continue;
        };
        let teb = number(&thread["teb"]);
        if teb == 0 {
            let said = run(&mut session, "!teb").unwrap();
            assert!(said[0].contains("runs in the kernel alone"), "{said:?}");
            continue;
        }
        let document = said(&mut session, "!teb");
        let record = document.records().next().unwrap();
        assert_eq!(hex(record, "address"), teb, "{case}");
        // A kernel dump holds no user memory: every value says why.
        if let Some(Field::Unreadable(why)) = record.get("self") {
            assert!(why.as_str().contains("_TEB.NtTib.Self"), "{}", why.as_str());
            continue;
        }
        assert_eq!((hex(record, "self"), hex(record, "thread_id")), (teb, number(&thread["tid"])), "{case}");
        assert_eq!(hex(record, "process_id"), number(&thread["pid"]), "{case}");
        let process =
            list(&truth, "processes").iter().find(|process| process["pid"] == thread["pid"]).unwrap();
        assert_eq!(hex(record, "peb"), number(&process["peb"]), "{case}");
        compared += 1;
    }
    assert!(compared >= 2, "only {compared}");
}

/// A thread that is linked to itself: its process's list is broken there, the other processes are listed.
#[test]
fn a_broken_list_of_threads_is_said_and_the_rest_is_shown() {
    let truth = truth("readonly");
    let smss = listed(&truth).into_iter().find(|thread| thread["pid"] == "0x15c").unwrap();
    let thread = number(&smss["ethread"]);
    let path = demo("readonly");
    let mut dump = Patched::new(path.to_str().unwrap());
    dump.point(thread + THREAD_LIST_ENTRY, thread + THREAD_LIST_ENTRY);
    let (mut damaged, _folder) = dump.open();
    let lines = run(&mut damaged, "!lt -a").unwrap();
    // The other thread of the process is behind the damage, but a processor runs it.
    let behind =
        listed(&truth).into_iter().find(|thread| thread["pid"] == "0x15c" && thread["state"] == "crashed");
    let behind = number(&behind.unwrap()["ethread"]);
    assert!(lines.iter().any(|line| line.contains(&format!("{behind:016x}"))), "{lines:?}");
    assert!(lines.iter().any(|line| line == "Thread Count: 32"), "{lines:?}");
    let last = lines.last().unwrap();
    assert!(last.starts_with("not all threads are known: ") && last.contains("turns back to"), "{last}");
    for command in ["!us -a", "!stacks", "!findstack nothing", "!uniqstack smss"] {
        let lines = run(&mut damaged, command).unwrap();
        assert!(lines.last().unwrap().contains("turns back to"), "{command}: {lines:?}");
    }
}

#[test]
fn work_that_is_stopped_ends() {
    let mut session = session(&demo("readonly"));
    session.cancel.cancel();
    let stop = session.cancel.begin();
    for command in ["!us -a", "!lt -a", "!stacks", "!findstack x"] {
        let mut output = Stopping { stop: session.cancel.clone(), pieces: 0 };
        let failure = run_line(command, &mut session, &mut output);
        // Either it was done before the first thing was said, or it ended right there.
        assert!(failure.is_err() || output.pieces <= 1, "{command}: {} pieces", output.pieces);
    }
    assert!(stop.is_cancelled());
}

/// Stops everything at the first thing that is said.
struct Stopping {
    stop: dumpscope::util::cancel::CancelToken,
    pieces: usize,
}

impl dumpscope::output::Sink for Stopping {
    fn take(&mut self, _: dumpscope::output::Piece) -> Result<(), dumpscope::output::OutputClosed> {
        self.pieces += 1;
        self.stop.cancel();
        Ok(())
    }
}

/// Counts the steps that a command tells of, and stops everything at one of them.
struct StoppingAt {
    stop: dumpscope::util::cancel::CancelToken,
    step: usize,
    steps: usize,
    pieces_after: usize,
}

impl dumpscope::output::Sink for StoppingAt {
    fn take(&mut self, _: dumpscope::output::Piece) -> Result<(), dumpscope::output::OutputClosed> {
        self.pieces_after += usize::from(self.steps >= self.step);
        Ok(())
    }

    fn progress(&mut self, how_far: &dyn Fn() -> dumpscope::words::Message) {
        self.steps += 1;
        let told = how_far().in_language(dumpscope::words::Language::English).into_owned();
        assert!(told.starts_with(&format!("{} ", self.steps)), "{told}");
        if self.steps == self.step {
            self.stop.cancel();
        }
    }
}

/// Walking is told thread by thread, and no stack more is walked, and nothing said, once it is stopped.
#[test]
fn walks_end_at_the_step_at_which_they_are_stopped() {
    let threads = {
        let mut session = session(&root().join("tests/data/wifi-full.dmp.gz"));
        let lines = run(&mut session, "!stacks").unwrap();
        let last = lines.iter().rev().find_map(|line| line.strip_prefix("Threads Processed: ")).unwrap();
        last.parse::<usize>().unwrap()
    };
    for command in ["!us -a", "!stacks", "!findstack nothing", "!lt -a -wf", "!lt -a -m nothing"] {
        for step in [1, 7, threads] {
            let mut session = session(&root().join("tests/data/wifi-full.dmp.gz"));
            let mut sink = StoppingAt { stop: session.cancel.clone(), step, steps: 0, pieces_after: 0 };
            let failure = run_line(command, &mut session, &mut sink);
            let failure =
                failure.expect_err(&format!("{command} at {step} of {threads}: {} steps", sink.steps));
            assert_eq!(failure.error.to_string(), "cancelled", "{command}");
            // Tables that are open are closed.
            assert!(sink.pieces_after <= 2, "{command} at {step}: {} pieces", sink.pieces_after);
            assert_eq!(sink.steps, step, "{command}");
        }
    }
}

/// Without symbols, with a symbol table in JSON, and as a triage dump: the same thread's own facts.
#[test]
fn triage_dumps_tell_of_the_current_thread() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for entry in std::fs::read_dir(shared.join("dumps")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "dmp")
            || path.to_string_lossy().contains("arm64")
        {
            continue;
        }
        let mut session = session(&path);
        let Ok(lines) = run(&mut session, "!t") else { continue };
        let dt = run(&mut session, "dt nt!_KTHREAD @$thread ContextSwitches").unwrap();
        let line = dt.iter().find(|line| line.contains("ContextSwitches")).unwrap();
        let switches = line.split_once(": ").unwrap().1.trim();
        let switches = match switches.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
            None => switches.parse().unwrap_or_else(|_| panic!("{dt:?}")),
        };
        assert!(
            lines[1].split_whitespace().any(|word| word == switches.to_string()),
            "{switches}: {}",
            lines[1]
        );
        assert!(lines[1].contains("(E|K|W|R|V)"), "{}", lines[1]);
        // Lists that a triage dump does not hold end where it does; what processors run is known all the same.
        let thread = session.thread().unwrap();
        for command in ["!lt -a", "!us -a", "!stacks"] {
            let listed = run(&mut session, command).unwrap().join("\n");
            assert!(listed.contains(&format!("{thread:016x}")), "{}: {command}: {listed}", path.display());
            assert!(
                listed.contains("not all threads are known: "),
                "{}: {command}: {listed}",
                path.display()
            );
        }
        compared += 1;
    }
    assert!(compared >= 20, "{compared} dumps");
}
