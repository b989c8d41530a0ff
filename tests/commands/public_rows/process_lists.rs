//! `!mex.tl`: each table goes in portions into the processes of a dump; its columns are as wide as in the whole one.

use super::stage::Stage;
use super::table::Table;
use super::{Sample, bytes, decimal, hex, millis, portions, samples, ticks};
use crate::forge::number;

/// How many rows of the longest samples are compared: each eight need a dump of their own.
const ROWS: usize = 49;

/// Puts what every row begins with: `0x4    0n4     ffffc983ebceb040 System`.
fn identity(stage: &mut Stage, process: u64, row: &[String]) {
    let (hexadecimal, plain) = row[0].split_once(' ').unwrap();
    assert_eq!(hex(hexadecimal), decimal(plain.trim().trim_start_matches("0n")));
    stage.names.add(process, hex(&row[1]));
    stage.put("nt!_EPROCESS", process, "UniqueProcessId", hex(hexadecimal));
    let name = row[2].strip_suffix("*32");
    stage.put("nt!_EPROCESS", process, "WoW64Process", u64::from(name.is_some()));
    stage.put("nt!_EPROCESS", process, "Peb", 0);
    stage.image(process, name.unwrap_or(&row[2]));
}

/// Runs a command on each portion of a table, with what `put` makes of each row, and gives our line and the published one
/// of every row; the heading is compared here. Rows of the idle process only where `idle` wants them. `widest` is put
/// last and not compared: cells of rows that the author cut, as wide as the rule says.
fn each_portion(
    sample: &Sample,
    table: &Table,
    idle: bool,
    widest: Option<&[String]>,
    mut put: impl FnMut(&mut Stage, u64, &[String], usize),
    mut same: impl FnMut(&str, &str),
) {
    let first = usize::from(table.rows[0][2] == "Idle");
    // Ids have two columns in one.
    let split = |row: &Vec<String>| {
        let id = row[0].split_whitespace().map(str::to_owned);
        id.chain(row[1..].iter().cloned()).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = table.rows[first..].iter().map(split).collect();
    for portion in portions(&rows, 8) {
        let mut stage = Stage::wifi();
        let idle_process = stage.process("Idle");
        let processes = stage.only(portion.len() + usize::from(widest.is_some()));
        if idle {
            identity(&mut stage, idle_process, &table.rows[0]);
            put(&mut stage, idle_process, &table.rows[0], 0);
        }
        for (at, (&row, &process)) in portion.iter().zip(&processes).enumerate() {
            let row = &table.rows[first + row];
            identity(&mut stage, process, row);
            put(&mut stage, process, row, at);
        }
        if let Some(row) = widest {
            let process = *processes.last().unwrap();
            identity(&mut stage, process, row);
            put(&mut stage, process, row, portion.len());
        }
        let mut lines = stage.run(&sample.command);
        if !idle && lines[2].contains(" 0n0 ") {
            lines.remove(2);
        }
        let frame = [table.heading.clone(), table.rule.clone()];
        sample.all_same(&lines[..2], &frame);
        if widest.is_some() {
            lines.remove(2 + usize::from(idle) + portion.len());
        }
        let idle = idle.then(|| table.lines[0].clone());
        let wanted: Vec<String> =
            idle.into_iter().chain(portion.iter().map(|row| table.lines[first + row].clone())).collect();
        for (ours, theirs) in lines[2..].iter().zip(&wanted) {
            same(ours, theirs);
        }
        let end = 2 + wanted.len();
        sample.all_same(&lines[end..end + 2], &[table.rule.clone(), table.heading.clone()]);
    }
}

/// A row like the second of a table with other cells: those of a process of a long name whose id has five digits.
fn widest(table: &Table, name: usize, others: &[(usize, &str)]) -> Vec<String> {
    let mut row = table.rows[1].clone();
    row[0] = "0x2984 0n10628".to_owned();
    row[1] = "ffffc983eda99080".to_owned();
    row[2] = "x".repeat(name);
    for (at, cell) in others {
        row[*at] = (*cell).to_owned();
    }
    row
}

/// What threads do. MEX's column `!!` is left out: what it counts is published nowhere. So is the row of Idle, in which
/// MEX counts five running and seven ready of six threads.
#[test]
fn states_of_threads() {
    let Some(samples) = samples(&["mex.tl-1", "mex.tl-2"]) else { return };
    // Of the many rows without any thread to tell the first ones.
    let tells = |at: usize, row: &[String]| at < 9 || row[3..].iter().any(|cell| cell != ".");
    let table = Table::of(&samples[0]).without("!!").keeping(tells);
    // Of the second its heading was published, and no more.
    assert_eq!(samples[1].lines[0], samples[0].lines[0]);
    // State or reason of those who stand in each column, in its order.
    let columns =
        ["Running", "Ready", "WrPushLock", "WrLpcReply", "WrPageIn", "WrResource"].map(str::to_owned);
    let mut compared = 0;
    let all: Vec<u64> = {
        let stage = Stage::wifi();
        let threads = stage.truth["threads"].as_array().unwrap().clone();
        let listed = threads.iter().filter(|thread| number(&thread["pid"]) != 0);
        listed.map(|thread| number(&thread["ethread"])).collect()
    };
    let mut free = all.clone();
    each_portion(
        &samples[0],
        &table,
        false,
        Some(&widest(&table, 40, &[(3, ".")])),
        |stage, process, row, at| {
            if at == 0 {
                free = all.clone();
                // Nobody's until they are given to somebody.
                for thread in &all {
                    let links = stage.place("nt!_ETHREAD", *thread, "ThreadListEntry");
                    stage.dump.list(links, &[]);
                }
            }
            let mut own = Vec::new();
            for (cell, column) in row[3..].iter().zip(&columns) {
                for _ in 0..if cell == "." { 0 } else { decimal(cell) } {
                    let thread = free.pop().unwrap();
                    match column.as_str() {
                        "Running" | "Ready" => stage.state(thread, column),
                        reason => {
                            stage.state(thread, "Waiting");
                            stage.reason(thread, reason);
                        }
                    }
                    own.push(thread);
                }
            }
            stage.list_threads(process, &own);
        },
        |ours, theirs| {
            samples[0].same(ours, theirs);
            compared += 1;
        },
    );
    assert!(compared >= 25, "only {compared} rows");
}

/// Sizes. MEX's column `Awe Size` is left out: where a process keeps it stands in no public type information.
#[test]
fn sizes_of_processes() {
    let Some(samples) = samples(&["mex.tl-3"]) else { return };
    let table = Table::of(&samples[0]).without("Awe Size").keeping(|at, _| at < ROWS);
    let mut compared = 0;
    each_portion(
        &samples[0],
        &table,
        true,
        Some(&widest(&table, 40, &[(3, "116.03 MB"), (4, "137.57 MB")])),
        |stage, process, row, _| {
            let size = |cell: &String| cell.split_once(' ').map_or(0, |(value, unit)| bytes(value, unit));
            let sizes: Vec<u64> = row[3..].iter().map(size).collect();
            let mut put = |path: &str, value: u64| stage.put("nt!_EPROCESS", process, path, value);
            put("VirtualSize", sizes[0]);
            put("PeakVirtualSize", sizes[1]);
            // Kept in pages.
            put("SharedCommitCharge", sizes[2].div_ceil(4096));
            put("CommitCharge", sizes[3].div_ceil(4096));
            let quota = stage.place("nt!_EPROCESS", process, "ProcessQuotaUsage");
            stage.dump.point(quota, sizes[5]);
            stage.dump.point(quota + 8, sizes[4]);
        },
        |ours, theirs| {
            samples[0].same(ours, theirs);
            compared += 1;
        },
    );
    assert!(compared >= ROWS, "only {compared} rows");
}

/// Times, to the clock tick that they were counted in: MEX rounds the time of each thread before it adds them up, we add
/// ticks and round once.
#[test]
fn times_of_processes() {
    let Some(samples) = samples(&["mex.tl-4"]) else { return };
    let table = Table::of(&samples[0]).keeping(|at, _| at < ROWS);
    let mut compared = 0;
    each_portion(
        &samples[0],
        &table,
        true,
        Some(&widest(&table, 37, &[(3, "1h:02:03.456")])),
        |stage, process, row, _| {
            stage.put("nt!_EPROCESS", process, "Pcb.UserTime", ticks(millis(&row[3])));
            stage.put("nt!_EPROCESS", process, "Pcb.KernelTime", ticks(millis(&row[4])));
            stage.list_threads(process, &[]);
        },
        |ours, theirs| {
            let (shown, wanted) = (table.cells(ours), table.cells(theirs));
            assert_eq!(shown[..3], wanted[..3]);
            for (shown, wanted) in shown[3..].iter().zip(&wanted[3..]) {
                let apart = millis(shown).abs_diff(millis(wanted));
                assert!(apart <= 16, "{ours}\n{theirs}");
            }
            assert_eq!(ours.len(), theirs.len(), "{ours}\n{theirs}");
            compared += 1;
        },
    );
    assert!(compared >= ROWS, "only {compared} rows");
}

/// Which service runs in a process, by its command line. MEX takes its last word: where that is a switch, `-p`, we show
/// the group.
#[test]
fn services_of_processes() {
    let Some(samples) = samples(&["mex.tl-6"]) else { return };
    let table = Table::of(&samples[0]).keeping(|_, row| !row[2].ends_with("(-p)"));
    let mut compared = 0;
    each_portion(
        &samples[0],
        &table,
        false,
        None,
        |stage, process, row, _| {
            stage.image(process, "svchost.exe");
            let Some((_, service)) = row[2].trim_end_matches(')').split_once('(') else { return };
            let line = match service {
                "netsvcs" | "UnistackSvcGroup" => format!("svchost.exe -k {service}"),
                _ => format!("svchost.exe -k netsvcs -p -s {service}"),
            };
            stage.command_line(process, &line);
        },
        |ours, theirs| {
            samples[0].same(ours, theirs);
            compared += 1;
        },
    );
    assert!(compared >= 60, "only {compared} rows");
}
