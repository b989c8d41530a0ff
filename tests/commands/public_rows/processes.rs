//! `!process`, `!mex.tl`, `!mex.p`, `!w`.

use super::stage::Stage;
use super::threads::{facts, newest, thread_block};
use super::{clock_millis, decimal, hex, samples, ticks};
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
