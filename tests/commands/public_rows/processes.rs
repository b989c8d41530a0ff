//! `!process`, `!mex.tl`, `!mex.p`, `!w`.

use super::stage::Stage;
use super::threads::{facts, newest, thread_block};
use super::{bytes, clock_millis, decimal, hex, samples, ticks};
use crate::forge::number;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// The word behind a label.
fn after<'w>(words: &'w [String], label: &str) -> &'w str {
    let at = words.iter().position(|word| word == label).unwrap_or_else(|| panic!("{label} in {words:?}"));
    &words[at + 1]
}

/// Puts the lines that tell of a process itself into one, and gives it.
fn process_block(stage: &mut Stage, block: &[String]) -> u64 {
    let session = after(&words(&block[1]), "SessionId:").to_owned();
    // A process of the same session: its address space has the session's id.
    let process = stage.process(match session.as_str() {
        "none" => "smss.exe",
        "0" => "services.exe",
        _ => "explorer.exe",
    });
    let mut put = |path: &str, value: u64| stage.put("nt!_EPROCESS", process, path, value);
    let mut image = String::new();
    let mut table = None;
    let mut handles = None;
    for line in block {
        let row = words(line);
        match row[0].as_str() {
            "SessionId:" => {
                put("UniqueProcessId", hex(after(&row, "Cid:")));
                put("Peb", hex(after(&row, "Peb:")));
                put("InheritedFromUniqueProcessId", hex(after(&row, "ParentCid:")));
            }
            "DirBase:" => {
                put("Pcb.DirectoryTableBase", hex(after(&row, "DirBase:")));
                let at = hex(after(&row, "ObjectTable:"));
                let count = after(&row, "HandleCount:");
                if count == "<Data" {
                    // A table that is not in the dump.
                    put("ObjectTable", at);
                } else {
                    table = Some(at);
                    handles = Some(decimal(count.trim_end_matches('.')));
                }
            }
            "Image:" => image = row[1].clone(),
            "VadRoot" => {
                put("VadRoot", hex(&row[1]));
                put("VadCount", decimal(after(&row, "Vads")));
                put("NumberOfPrivatePages", decimal(after(&row, "Private").trim_end_matches('.')));
                put("ModifiedPageCount", decimal(after(&row, "Modified").trim_end_matches('.')));
            }
            "DeviceMap" => put("DeviceMap", hex(&row[1])),
            "Token" => put("Token", hex(&row[1]) | 3),
            "UserTime" => put("Pcb.UserTime", ticks(clock_millis(&row[1]))),
            "KernelTime" => put("Pcb.KernelTime", ticks(clock_millis(&row[1]))),
            "Working" => {
                let sizes: Vec<u64> =
                    row[4..7].iter().map(|size| decimal(size.trim_matches(['(', ')', ',']))).collect();
                put("Vm.Instance.WorkingSetSize", sizes[0]);
                put("Vm.Instance.MinimumWorkingSetSize", sizes[1]);
                put("Vm.Instance.MaximumWorkingSetSize", sizes[2]);
            }
            "PeakWorkingSetSize" => put("Vm.Instance.PeakWorkingSetSize", decimal(&row[1])),
            "VirtualSize" => put("VirtualSize", decimal(&row[1]) << 20),
            "PeakVirtualSize" => put("PeakVirtualSize", decimal(&row[1]) << 20),
            "PageFaultCount" => put("Vm.Instance.PageFaultCount", decimal(&row[1])),
            "BasePriority" => put("Pcb.BasePriority", decimal(&row[1])),
            "CommitCharge" => put("CommitCharge", decimal(&row[1])),
            _ => {}
        }
    }
    let time = number(&stage.truth["time"]);
    if let Some(line) = block.iter().find(|line| line.contains("ElapsedTime")) {
        let row = words(line);
        let millis = match row.len() {
            // `1 Day 01:53:14.490`
            4 => decimal(&row[1]) * 86_400_000 + clock_millis(&row[3]),
            _ if row[1] == "<Invalid>" => 0,
            _ => clock_millis(&row[1]),
        };
        // `<Invalid>`: created after the dump was taken.
        let created = if row[1] == "<Invalid>" { time + 10_000_000 } else { time - millis * 10_000 };
        stage.put("nt!_EPROCESS", process, "CreateTime", created);
    }
    for (index, label) in ["NonPagedPool", "PagedPool"].iter().enumerate() {
        if let Some(line) = block.iter().find(|line| line.contains(&format!("[{label}]"))) {
            let quota = stage.place("nt!_EPROCESS", process, "ProcessQuotaUsage");
            stage.dump.point(quota + 8 * index as u64, decimal(&words(line)[1]));
        }
    }
    stage.image(process, &image);
    if let Some(theirs) = table {
        let processes = stage.truth["processes"].as_array().unwrap();
        let ours = processes.iter().find(|one| number(&one["eprocess"]) == process).unwrap();
        let ours = number(&ours["handle_table"]);
        stage.names.add(ours, theirs);
        stage.handles = handles;
    }
    process
}

/// A process, and its threads one by one: each is put into the same thread of the forge.
#[test]
fn whole_processes() {
    let names = [1, 2, 3, 5, 6, 7, 9, 10].map(|at| format!("process-{at}"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Some(samples) = samples(&names) else { return };
    let (mut lines, mut threads) = (0, 0);
    for sample in samples {
        let end = |line: &String| line.is_empty() || line.starts_with("....");
        let block: Vec<String> = sample.lines.iter().take_while(|line| !end(line)).cloned().collect();
        let mut stage = Stage::wifi();
        let process = process_block(&mut stage, &block);
        stage.names.add(process, hex(&words(&block[0])[1]));
        let shown = stage.run(&format!("!process {process:x} 1"));
        assert!(shown.len() > block.len(), "{shown:#?}");
        for (ours, theirs) in shown.iter().zip(&block) {
            // The table of handles stays the dump's own: so many handles as it holds.
            let ours = match (theirs.contains("HandleCount:"), stage.handles) {
                (true, Some(count)) => {
                    format!("{} {count:>3}.", ours.split_at(ours.find("HandleCount:").unwrap() + 12).0)
                }
                _ => ours.clone(),
            };
            sample.same(&ours, theirs);
        }
        lines += block.len();
        let starts: Vec<usize> = (0..sample.lines.len())
            .filter(|at| sample.lines[*at].trim_start().starts_with("THREAD "))
            .collect();
        for (at, &start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(sample.lines.len());
            let wanted = facts(&sample.lines[start..end]);
            let process = stage.process("explorer.exe");
            let thread = stage.threads(process)[0];
            let mut stage = Stage::wifi();
            thread_block(&mut stage, process, thread, &wanted);
            stage.list_threads(process, &[thread]);
            let flags = if wanted.iter().any(|line| line.contains("Owning Process")) { 6 } else { 2 };
            let shown = stage.run(&format!("!process {process:x} {flags}"));
            let first = shown.iter().position(|line| line.trim_start().starts_with("THREAD ")).unwrap();
            let wanted: Vec<String> = wanted.iter().map(|line| newest(line)).collect();
            sample.all_same(&facts(&shown[first..])[..wanted.len()], &wanted);
            threads += 1;
        }
    }
    assert!(lines >= 90 && threads >= 10, "only {lines} lines, {threads} threads");
}

/// `08/13/2023 04:53:59.028 AM` in 100 ns since 1601.
pub fn file_time(date: &str, time: &str, half: &str) -> u64 {
    let [month, day, year] = date.split('/').map(decimal).collect::<Vec<_>>().try_into().unwrap();
    let (clock, milli) = time.split_once('.').unwrap();
    let [hour, minute, second] = clock.split(':').map(decimal).collect::<Vec<_>>().try_into().unwrap();
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let years: u64 = (1601..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days = years + lengths.iter().take(month as usize - 1).sum::<u64>() + day - 1;
    let hour = hour % 12 + if half == "PM" { 12 } else { 0 };
    ((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + decimal(milli)) * 10_000
}

/// `!mex.p`: who it is and what memory it has. The modules, the user and the command line are those of the dump's process;
/// the lines about ALPC ports and work queues are links of MEX.
#[test]
fn processes_in_short() {
    let names = [1, 2, 3, 4, 5].map(|at| format!("mex.p-{at}"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Some(samples) = samples(&names) else { return };
    for sample in samples {
        let row = words(&sample.lines[2]);
        let mut stage = Stage::wifi();
        let is_system = row[0] == "System";
        let process = stage.process(match (is_system, row[3].as_str()) {
            (true, _) => "System",
            (_, "0") => "services.exe",
            _ => "explorer.exe",
        });
        stage.names.add(process, hex(&row[1]));
        stage.image(process, &row[0]);
        let mut put = |path: &str, value: u64| stage.put("nt!_EPROCESS", process, path, value);
        put("UniqueProcessId", hex(&row[4]));
        put("InheritedFromUniqueProcessId", hex(&row[6]));
        put("CreateTime", file_time(&row[9], &row[10], &row[11]));
        put("ObjectTable", 0);
        put("ActiveThreads", decimal(&row[14]));
        let memory = sample.lines.iter().position(|line| line.starts_with("Memory Details")).unwrap();
        let headings = words(&sample.lines[memory + 2]);
        let sizes = words(&sample.lines[memory + 4]);
        let sizes: Vec<u64> = sizes.chunks(2).map(|size| bytes(&size[0], &size[1])).collect();
        put("VirtualSize", sizes[0]);
        put("PeakVirtualSize", sizes[1]);
        // Kept in pages.
        put("CommitCharge", sizes[2].div_ceil(4096));
        let quota = stage.place("nt!_EPROCESS", process, "ProcessQuotaUsage");
        stage.dump.point(quota, *sizes.last().unwrap());
        stage.dump.point(quota + 8, if headings.contains(&"PP".to_owned()) { sizes[3] } else { 0 });
        let peb = hex(&row[8]);
        if !is_system {
            let processes = stage.truth["processes"].as_array().unwrap();
            let ours = processes.iter().find(|one| number(&one["eprocess"]) == process).unwrap();
            let ours = number(&ours["peb"]);
            stage.names.add(ours, peb);
        }
        let lines = stage.run(&format!("!mex.p {process:x}"));
        let shown = words(&lines[2]);
        // The session of System is 0 to MEX, to us none.
        let skip = |at: usize| at == 12 || at == 13 || (is_system && at == 3);
        for (at, theirs) in row.iter().enumerate().take(15).filter(|(at, _)| !skip(*at)) {
            assert_eq!(&shown[at], theirs, "{}: {shown:?}", sample.name);
        }
        let ours = lines.iter().position(|line| line == "Memory Details:").unwrap();
        sample.all_same(&lines[ours..ours + 5], &sample.lines[memory..memory + 5]);
        sample.same(lines.last().unwrap(), sample.lines.iter().rfind(|line| !line.is_empty()).unwrap());
    }
}

/// `!w`; what the number of the processor means is said in fewer words.
#[test]
fn where_the_user_is() {
    let Some(samples) = samples(&["mex.obj-4"]) else { return };
    let sample = &samples[0];
    let mut stage = Stage::wifi();
    let process = stage.process("explorer.exe");
    let thread = stage.threads(process)[0];
    let word = |line: usize, at: usize| words(&sample.lines[line])[at].clone();
    stage.names.add(process, hex(&word(1, 1)));
    stage.names.add(thread, hex(&word(2, 1)));
    stage.image(process, &word(1, 2));
    stage.belongs(thread, process, [&word(3, 1), &word(4, 1)]);
    stage.thread_member(thread, "Tcb.Teb", hex(&word(6, 1)));
    let (mut session, _folder) = stage.dump.open();
    crate::golden::run(&mut session, &format!(".thread {thread:x}")).unwrap();
    let lines = stage.names.put(crate::golden::run(&mut session, "!w").unwrap());
    sample.all_same(&lines[..7], &sample.lines[..7]);
    assert!(lines[7].starts_with("Dbgid: 0 "), "{lines:?}");
}
