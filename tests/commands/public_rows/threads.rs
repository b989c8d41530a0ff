//! `!mex.lt`, `!mex.t`, `!mex.running`, `!thread`.

use super::stage::Stage;
use super::{Sample, clock_millis, decimal, hex, millis, portions, samples, ticks};
use crate::forge::number;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// The rows of a MEX table: what follows the rule, up to a blank line.
fn table(sample: &Sample) -> Vec<Vec<String>> {
    let rows = sample.lines.iter().skip_while(|line| !line.starts_with("==")).skip(1);
    rows.take_while(|line| !line.is_empty()).map(|line| words(line)).collect()
}

#[test]
fn lists_of_threads() {
    let Some(samples) = samples(&["mex.lt-1", "mex.lt-3", "mex.lt-4", "mex.lt-5", "mex.lt-6"]) else {
        return;
    };
    let mut compared = 0;
    for mut sample in samples {
        let rows = table(&sample);
        // Only its first rows were published; columns are as wide as the others need.
        sample.pasted &= sample.name != "mex.lt-1";
        // The threads of a dump, without the idle ones.
        for portion in portions(&rows, 25) {
            let mut stage = Stage::wifi();
            let process = stage.process("explorer.exe");
            let all = stage.truth["threads"].as_array().unwrap().clone();
            let mut threads: Vec<u64> = all
                .iter()
                .filter(|thread| number(&thread["pid"]) != 0)
                .map(|thread| number(&thread["ethread"]))
                .collect();
            threads.truncate(portion.len());
            stage.image(process, &rows[0][0]);
            stage.list_threads(process, &threads);
            for (&row, &thread) in portion.iter().zip(&threads) {
                let row = &rows[row];
                stage.names.add(thread, hex(&row[2]));
                stage.belongs(thread, process, [&row[1], &row[3]]);
                stage.state(thread, &row[4]);
                stage.age(thread, millis(&row[5]));
                stage.reason(thread, &row[6]);
            }
            let lines = stage.run(&format!("!lt {process:x}"));
            if sample.pasted {
                sample.all_same(&lines[..2], &sample.lines[..2]);
            }
            let mut wanted = lines[..2].to_vec();
            wanted.extend(portion.iter().map(|row| sample.lines[row + 2].clone()));
            sample.all_same(&lines[..wanted.len()], &wanted);
            compared += portion.len();
            let theirs = sample.lines.iter().find(|line| line.starts_with("Thread Count: "));
            if let Some(theirs) = theirs.filter(|_| portion.len() == rows.len()) {
                sample.same(&lines[wanted.len() + 1], theirs);
            }
        }
    }
    assert!(compared >= 40, "only {compared} rows");
}

/// Running on 16 processors of the forge; where the sample has less, its rows are repeated.
#[test]
fn threads_that_run() {
    let Some(samples) = samples(&["mex.running-1", "mex.running-2", "mex.running-3"]) else { return };
    for sample in samples {
        let rows = table(&sample);
        let mut stage = Stage::new("readonly", "assets/demo/readonly.dmp.gz");
        let processors = stage.truth["processors"].as_array().unwrap().clone();
        let processes: Vec<u64> = stage.truth["processes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|process| number(&process["eprocess"]))
            .collect();
        let threads: Vec<u64> = stage.truth["threads"]
            .as_array()
            .unwrap()
            .iter()
            .map(|thread| number(&thread["ethread"]))
            .collect();
        for (at, processor) in processors.iter().enumerate() {
            // A thread a processor; each row of the sample has a process.
            let row = &rows[at % rows.len()];
            let (thread, process) = (threads[at], processes[at % rows.len()]);
            stage.put("nt!_KPRCB", number(&processor["prcb"]), "CurrentThread", thread);
            if at < rows.len() {
                stage.image(process, &row[0]);
                stage.names.add(thread, hex(&row[2]));
            }
            stage.belongs(thread, process, [&row[1], &row[3]]);
            stage.thread_member(thread, "Tcb.Priority", decimal(&row[4]));
            stage.thread_member(thread, "Tcb.BasePriority", decimal(&row[5]));
            stage.thread_member(thread, "Tcb.NextProcessor", at as u64);
            stage.thread_member(thread, "Tcb.ContextSwitches", decimal(&row[7]));
            stage.thread_member(thread, "Tcb.UserTime", ticks(millis(&row[8])));
            stage.thread_member(thread, "Tcb.KernelTime", ticks(millis(&row[9])));
            stage.state(thread, &row[10]);
            stage.age(thread, millis(&row[11]));
            stage.reason(thread, &row[12]);
        }
        let lines = stage.run("!mex.running");
        sample.all_same(&lines[..rows.len() + 2], &sample.lines[..rows.len() + 2]);
    }
}

/// Up to the stack.
fn head(lines: &[String]) -> Vec<String> {
    let begins = |line: &&String| {
        !(line.trim_start().starts_with("# Child-SP") || line.starts_with("Kernel stack not resident"))
    };
    lines.iter().take_while(begins).cloned().collect()
}

/// All of `!mex.t` but the stack; the list of requests (of mex.t-1) is that of the dump.
#[test]
fn threads_in_short() {
    let names: Vec<String> = [1, 2, 3, 5, 6, 7, 8, 9, 10].iter().map(|at| format!("mex.t-{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Some(samples) = samples(&names) else { return };
    for sample in samples {
        let mut wanted = head(&sample.lines);
        wanted.retain(|line| !line.starts_with("Could not switch"));
        if let Some(at) = wanted.iter().position(|line| line == "Irp List:") {
            wanted.drain(at..at + 4);
        }
        let row = words(&wanted[1]);
        let mut stage = Stage::wifi();
        let process = stage.process("explorer.exe");
        let thread = stage.threads(process)[0];
        stage.image(process, &row[0]);
        stage.names.add(process, hex(row[1].trim_matches(['(', ')'])));
        stage.names.add(thread, hex(&row[2]));
        let (pid, tid) = row[4].split_once('.').unwrap();
        stage.belongs(thread, process, [pid, tid]);
        let has_teb = wanted[0].contains(" TEB ");
        let rest = &row[if has_teb { 6 } else { 5 }..];
        stage.thread_member(thread, "Tcb.Teb", if has_teb { hex(&row[5]) } else { 0 });
        stage.thread_member(thread, "Tcb.UserTime", ticks(millis(&rest[0])));
        stage.thread_member(thread, "Tcb.KernelTime", ticks(millis(&rest[1])));
        stage.thread_member(thread, "Tcb.ContextSwitches", decimal(&rest[2]));
        stage.reason(thread, &rest[3]);
        stage.age(thread, millis(&rest[4]));
        stage.state(thread, &rest[5]);
        if rest.len() > 6 {
            stage.thread_member(thread, "Tcb.NextProcessor", decimal(&rest[8]));
        }
        let requests = stage.place("nt!_ETHREAD", thread, "IrpList");
        stage.dump.list(requests, &[]);
        priorities(&mut stage, thread, &mut wanted);
        objects(&mut stage, thread, &wanted);
        let lines = head(&stage.run(&format!("!mex.t {thread:x}")));
        sample.all_same(&lines, &wanted);
    }
}

/// Usual ones where the sample tells none. Of a boost (96 in mex.t-1) MEX shows the byte that holds both halves as the
/// boost of the foreground; we show the halves: what is taken off again, and the boost of the foreground.
fn priorities(stage: &mut Stage, thread: u64, wanted: &mut [String]) {
    let at = wanted.iter().position(|line| line == "Priority:");
    let row = at.map_or(words("8 8 0 0 2 5"), |at| words(&wanted[at + 2]));
    if row[3] == "96" {
        wanted[at.unwrap() + 2] = "    15      8    6         0               0  5".into();
    }
    let row: Vec<u64> = row.iter().map(|word| decimal(word)).collect();
    stage.thread_member(thread, "Tcb.Priority", row[0]);
    stage.thread_member(thread, "Tcb.BasePriority", row[1]);
    stage.thread_member(thread, "Tcb.PriorityDecrement", row[3]);
    assert_eq!(row[2], 0);
    stage.io_priorities(thread, row[4], row[5]);
}

/// MEX's words for what is waited for; KOBJECTS of the type information of 19041.
fn objects(stage: &mut Stage, thread: u64, wanted: &[String]) {
    let at = wanted.iter().position(|line| line == "WaitBlockList:");
    let Some(at) = at else {
        stage.wait_for(thread, &[]);
        return;
    };
    let rows: Vec<Vec<String>> =
        wanted[at + 2..].iter().take_while(|line| !line.is_empty()).map(|line| words(line)).collect();
    let kinds: Vec<(u64, u64)> = rows
        .iter()
        .map(|row| {
            let kind = match row[1].as_str() {
                "NotificationEvent" => 0,
                "SynchronizationEvent" => 1,
                "Queue" => 4,
                other => panic!("{other}"),
            };
            (kind, decimal(&row[2]))
        })
        .collect();
    let made = stage.wait_for(thread, &kinds);
    for (object, row) in made.into_iter().zip(&rows) {
        stage.names.add(object, hex(&row[0]));
        // `Fast Mutex Owner: ffff...`
        if let Some(owner) = row.get(6) {
            stage.dump.point(object - 0x18 + 8, hex(owner));
        }
    }
}

const KINDS: [(&str, u64); 4] =
    [("NotificationEvent", 0), ("SynchronizationEvent", 1), ("ProcessObject", 3), ("QueueObject", 4)];

/// Puts what a block of `!thread` tells into a thread, line by line, and gives back the lines that ours must have.
pub fn thread_block(stage: &mut Stage, process: u64, thread: u64, block: &[String]) {
    let head = words(&block[0]);
    stage.names.add(thread, hex(&head[1]));
    let (pid, tid) = head[3].split_once('.').unwrap();
    stage.belongs(thread, process, [pid, tid]);
    stage.thread_member(thread, "Tcb.Teb", hex(&head[5]));
    stage.thread_member(thread, "Tcb.Win32Thread", hex(&head[7]));
    if head[8] == "RUNNING" {
        stage.state(thread, "Running");
        stage.thread_member(thread, "Tcb.NextProcessor", hex(&head[11]));
    } else {
        stage.state(thread, "Waiting");
        stage.reason(thread, head[9].trim_matches(['(', ')']));
        stage.thread_member(thread, "Tcb.WaitMode", u64::from(head[10] == "UserMode"));
        // Bit 4 of the flags (type information of 19041).
        stage.thread_member(thread, "Tcb.MiscFlags", u64::from(head[11] == "Alertable") << 4);
    }
    let requests = stage.place("nt!_ETHREAD", thread, "IrpList");
    stage.dump.list(requests, &[]);
    let mut waits = Vec::new();
    for line in &block[1..] {
        let row = words(line);
        let kind = row.get(1).and_then(|word| KINDS.iter().find(|(name, _)| name == word));
        if let Some((_, kind)) = kind {
            waits.push((*kind, hex(&row[0])));
            continue;
        }
        match row.first().map(String::as_str) {
            Some("DeviceMap") => stage.put("nt!_EPROCESS", process, "DeviceMap", hex(&row[1])),
            Some("Owning") => {
                stage.names.add(process, hex(&row[2]));
                stage.image(process, &row[4]);
            }
            Some("Wait") => {
                stage.tick(thread, decimal(&row[3]), decimal(&row[5]));
                if let Some(age) = row.get(6) {
                    assert_eq!(ticks(clock_millis(age.trim_matches(['(', ')']))), decimal(&row[5]));
                }
            }
            Some("Context") => {
                stage.thread_member(thread, "Tcb.ContextSwitches", decimal(&row[3]));
                stage.thread_member(thread, "Tcb.IdealProcessor", decimal(&row[5]));
            }
            Some("UserTime") => stage.thread_member(thread, "Tcb.UserTime", ticks(clock_millis(&row[1]))),
            Some("KernelTime") => stage.thread_member(thread, "Tcb.KernelTime", ticks(clock_millis(&row[1]))),
            Some("Win32") => stage.thread_member(thread, "Win32StartAddress", hex(&row[3])),
            Some("Stack") => {
                stage.thread_member(thread, "Tcb.InitialStack", hex(&row[2]));
                stage.thread_member(thread, "Tcb.KernelStack", hex(&row[4]));
            }
            Some("Base") => {
                stage.thread_member(thread, "Tcb.StackBase", hex(&row[1]));
                stage.thread_member(thread, "Tcb.StackLimit", hex(&row[3]));
            }
            Some("Priority") => {
                let value = |name: &str| {
                    row.iter().position(|word| word == name).map_or(0, |at| decimal(&row[at + 1]))
                };
                stage.thread_member(thread, "Tcb.Priority", value("Priority"));
                stage.thread_member(thread, "Tcb.BasePriority", value("BasePriority"));
                let boosts = value("UnusualBoost") << 4 | value("ForegroundBoost");
                stage.thread_member(thread, "Tcb.PriorityDecrement", boosts);
                stage.io_priorities(thread, value("IoPriority"), value("PagePriority"));
            }
            _ => {}
        }
    }
    let kinds: Vec<(u64, u64)> = waits.iter().map(|(kind, _)| (*kind, 0)).collect();
    let made = stage.wait_for(thread, &kinds);
    made.into_iter().zip(&waits).for_each(|(object, (_, theirs))| stage.names.add(object, *theirs));
}

/// The lines of a block that are facts: no blank ones, no stack.
pub fn facts(block: &[String]) -> Vec<String> {
    let stack = |line: &&String| {
        let line = line.trim_start();
        !line.starts_with("Child-SP") && !line.starts_with("Kernel stack not") && line.get(8..9) != Some("`")
    };
    block.iter().take_while(stack).filter(|line| !line.is_empty()).cloned().collect()
}

/// The priorities of engines before 2022, and how they wrote that there is no callback stack, as the newest ones do.
pub fn newest(line: &str) -> String {
    let line = line.replace(" UnusualBoost 0", "").replace(" ForegroundBoost 0", "");
    match line.trim_start().starts_with("Priority ") && !line.contains("  BasePriority") {
        true => {
            line.replace(" BasePriority", "  BasePriority").replace(" Io", "  Io").replace(" Page", "  Page")
        }
        false => line.strip_suffix(" Call 0").map_or(line.clone(), |line| format!("{line} Call {:016x}", 0)),
    }
}

/// Requests (of thread-2 to thread-4) are held to the record elsewhere.
#[test]
fn whole_threads() {
    let names = ["thread-1", "thread-2", "thread-3", "thread-4", "thread-5", "thread-6"];
    let Some(samples) = samples(&names) else { return };
    let mut compared = 0;
    for sample in samples {
        let mut wanted = facts(&sample.lines);
        if let Some(requests) = wanted.iter().position(|line| line == "IRP List:") {
            wanted.truncate(requests);
        }
        let mut stage = Stage::wifi();
        let process = stage.process("explorer.exe");
        let thread = stage.threads(process)[0];
        thread_block(&mut stage, process, thread, &wanted);
        let lines = facts(&stage.run(&format!("!thread {thread:x}")));
        let wanted: Vec<String> = wanted.iter().map(|line| newest(line)).collect();
        sample.all_same(&lines[..wanted.len()], &wanted);
        compared += wanted.len();
    }
    assert!(compared >= 30, "only {compared} lines");
}
