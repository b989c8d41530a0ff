//! The current process, threads and processors of real triage dumps: rows and blocks, held to what `dt` reads there.

use crate::golden::{real_x64_dumps, records, run, session, shared};
use dumpscope::output::{Field, Record};
use dumpscope::session::Session;

/// The values of members as `dt` prints them: a number, or the text in quotes.
struct Dt(Vec<String>);

impl Dt {
    fn of(session: &mut Session, ty: &str, address: u64, members: &str) -> Dt {
        Dt(run(session, &format!("dt nt!{ty} {address:x} {members}")).unwrap())
    }

    fn text(&self, member: &str) -> Option<&str> {
        let line = self.0.iter().find(|line| line.split_whitespace().nth(1) == Some(member))?;
        line.split_once(": ").map(|(_, text)| text).filter(|text| !text.starts_with("??"))
    }

    fn number(&self, member: &str) -> Option<u64> {
        let word = self.text(member)?.split_whitespace().next()?.replace('`', "");
        match (word.strip_prefix("0x"), word.as_str()) {
            (Some(hex), _) => u64::from_str_radix(hex, 16).ok(),
            (None, "(null)") => Some(0),
            (None, word) => word.trim_start_matches("0n").parse().ok(),
        }
    }
}

fn shown(record: &Record, key: &str) -> Option<u64> {
    match record.get(key) {
        Some(Field::Number(value) | Field::Hex(value) | Field::Address(value)) => Some(*value),
        Some(Field::Null) => Some(0),
        _ => None,
    }
}

/// What `dt` reads of a priority, where it is one; no thread has more than 31, whatever memory says.
fn priority(thread: &Dt, member: &str) -> Option<u64> {
    thread.number(member).filter(|priority| *priority <= 31)
}

/// KTHREAD_STATE, as Windows' documentation of ThreadState (`Win32_Thread`) has it.
const STATES: [&str; 8] =
    ["Initialized", "Ready", "Running", "Standby", "Terminated", "Waiting", "Transition", "DeferredReady"];

#[test]
fn rows_of_threads_tell_what_dt_tells() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for path in real_x64_dumps(&shared) {
        let mut session = session(&path);
        for row in records(&mut session, "!mex.running", "thread") {
            let address = shown(&row, "thread").unwrap();
            let members = "Priority BasePriority ContextSwitches State NextProcessor";
            let thread = Dt::of(&mut session, "_KTHREAD", address, members);
            let ids = Dt::of(&mut session, "_ETHREAD", address, "Cid.");
            for (key, wanted) in [
                ("priority", priority(&thread, "Priority")),
                ("base_priority", priority(&thread, "BasePriority")),
                ("context_switches", thread.number("ContextSwitches")),
                ("next_processor", thread.number("NextProcessor").map(|number| number & 0x7fff_ffff)),
                ("process_id", ids.number("UniqueProcess")),
                ("thread_id", ids.number("UniqueThread")),
            ] {
                assert_eq!(shown(&row, key), wanted, "{}: {address:x} {key}", path.display());
                compared += usize::from(wanted.is_some());
            }
            let state = thread.number("State").and_then(|state| STATES.get(usize::try_from(state).ok()?));
            if let (Some(state), Some(Field::Text(told))) = (state, row.get("state")) {
                assert_eq!(told.as_str(), *state, "{}: {address:x}", path.display());
            }
        }
    }
    assert!(compared >= 120, "only {compared} values");
}

/// `!t` of the current thread.
#[test]
fn the_current_thread_in_short_is_what_dt_tells() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for path in real_x64_dumps(&shared) {
        let mut session = session(&path);
        let Some(thread) = session.thread() else { continue };
        let members = "ContextSwitches State Teb Process";
        let dt = Dt::of(&mut session, "_KTHREAD", thread, members);
        let ids = Dt::of(&mut session, "_ETHREAD", thread, "Cid.");
        let owner = dt.number("Process");
        let row = records(&mut session, "!t -i", "thread").remove(0);
        assert_eq!(shown(&row, "thread"), Some(thread), "{}", path.display());
        for (key, wanted) in [
            ("process", owner),
            ("context_switches", dt.number("ContextSwitches")),
            ("teb", dt.number("Teb").filter(|teb| *teb != 0)),
        ] {
            if row.get(key).is_some() || wanted.is_some() {
                assert_eq!(shown(&row, key), wanted, "{}: {key}", path.display());
                compared += usize::from(wanted.is_some());
            }
        }
        if let Some(Field::Object(parts)) = row.get("id") {
            for (name, member) in [("process", "UniqueProcess"), ("thread", "UniqueThread")] {
                let part = parts.iter().find(|(key, _)| *key == *name).map(|(_, value)| value);
                let Some(Field::Hex(told)) = part else { panic!("{}: {parts:?}", path.display()) };
                assert_eq!(Some(*told), ids.number(member), "{}: {member}", path.display());
                compared += 1;
            }
        }
        let state = dt.number("State").and_then(|state| STATES.get(usize::try_from(state).ok()?));
        if let (Some(state), Some(Field::Text(told))) = (state, row.get("state")) {
            assert_eq!(told.as_str(), *state, "{}", path.display());
            compared += 1;
        }
        let address = format!("{thread:016x}");
        let lines = run(&mut session, "!t").unwrap();
        assert!(lines[1].contains(&address) && lines[1].contains("(E|K|W|R|V)"), "{lines:#?}");
    }
    assert!(compared >= 120, "only {compared} values");
}

#[test]
fn processors_run_what_dt_tells() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for path in real_x64_dumps(&shared) {
        let mut session = session(&path);
        for row in records(&mut session, "!running -i", "processor") {
            let Some(prcb) = shown(&row, "prcb") else { continue };
            let dt = Dt::of(&mut session, "_KPRCB", prcb, "CurrentThread NextThread IdleThread");
            for (key, member) in
                [("current", "CurrentThread"), ("next", "NextThread"), ("idle", "IdleThread")]
            {
                assert_eq!(shown(&row, key), dt.number(member), "{}: {member}", path.display());
                compared += 1;
            }
            let current = shown(&row, "current").unwrap();
            let thread = Dt::of(&mut session, "_KTHREAD", current, "Priority");
            assert_eq!(shown(&row, "current_priority"), priority(&thread, "Priority"), "{}", path.display());
        }
    }
    assert!(compared >= 70, "only {compared} threads");
}

#[test]
fn the_current_process_is_what_dt_tells() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for path in real_x64_dumps(&shared) {
        let mut session = session(&path);
        let Some(process) = session.process() else { continue };
        let block = records(&mut session, "!process -1 1", "process").remove(0);
        let row = records(&mut session, "!mex.p", "process").remove(0);
        let members =
            "UniqueProcessId InheritedFromUniqueProcessId Peb ActiveThreads ObjectTable ImageFileName";
        let dt = Dt::of(&mut session, "_EPROCESS", process, members);
        let root = Dt::of(&mut session, "_KPROCESS", process, "DirectoryTableBase BasePriority");
        let threads = dt.number("ActiveThreads");
        for (record, key, wanted) in [
            (&block, "process_id", dt.number("UniqueProcessId")),
            (&block, "parent_process_id", dt.number("InheritedFromUniqueProcessId")),
            (&block, "peb", dt.number("Peb")),
            (&block, "object_table", dt.number("ObjectTable")),
            (&block, "directory_table_base", root.number("DirectoryTableBase")),
            (&block, "base_priority", root.number("BasePriority")),
            (&row, "process_id", dt.number("UniqueProcessId")),
            (&row, "parent_process_id", dt.number("InheritedFromUniqueProcessId")),
            (&row, "peb", dt.number("Peb")),
            (&row, "threads", threads),
        ] {
            assert_eq!(shown(record, key), wanted, "{}: {key}", path.display());
            compared += usize::from(wanted.is_some());
        }
        let Some(image) = dt.text("ImageFileName").and_then(|text| text.split('"').nth(1)) else { continue };
        for (record, key) in [(&block, "image"), (&row, "name")] {
            let Some(Field::Text(name)) = record.get(key) else { panic!("{}: {record:?}", path.display()) };
            assert!(name.as_str().starts_with(image), "{}: {image}: {name:?}", path.display());
        }
    }
    assert!(compared >= 200, "only {compared} values");
}

/// What a current WinDbg said of the running thread of one of them (`!thread` there).
#[test]
fn rows_agree_with_a_current_debugger() {
    let Some(shared) = shared() else { return };
    let golden = std::fs::read_to_string(shared.join("golden/windbg/thread.txt")).unwrap();
    let mut session = session(&shared.join("dumps/minidump-diagnostics-too-083125-14875-01.dmp"));
    let after = |label: &str| {
        let rest = golden.split_once(label).unwrap_or_else(|| panic!("{label}")).1;
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let decimal = |label: &str| after(label).parse::<u64>().unwrap();
    let cid = after("Cid ");
    let (pid, tid) = cid.split_once('.').unwrap();
    let row = records(&mut session, "!mex.running", "thread").remove(0);
    for (key, wanted) in [
        ("thread", hex(&after("THREAD "))),
        ("process_id", hex(pid)),
        ("thread_id", hex(tid)),
        ("priority", decimal("\nPriority ")),
        ("base_priority", decimal("BasePriority ")),
        ("context_switches", decimal("Context Switch Count ")),
    ] {
        assert_eq!(shown(&row, key), Some(wanted), "{key}");
    }
    let process = records(&mut session, "!mex.p", "process").remove(0);
    assert_eq!(shown(&process, "address"), Some(hex(&after("Owning Process "))));
    let Some(Field::Text(name)) = process.get("name") else { panic!("{process:?}") };
    // The kernel keeps 15 characters, of which the debugger shows 14.
    assert!(name.as_str().starts_with(&after("Image: ")), "{name:?}");
}
