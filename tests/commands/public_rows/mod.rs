//! Published outputs of the debugger's own commands (`golden/public` of the private folder): their values are put into a
//! dump of the forge, our command is run, and its lines must be the published ones. `pasted output` is compared to the
//! blank, `edited by its author` word by word. What differs stands beside each comparison with its reason.

mod address_spaces;
mod dump_info;
mod objects;
mod process_lists;
mod processes;
mod stage;
mod table;
mod threads;

use crate::shared::shared;
use std::collections::BTreeMap;
use std::fs;

/// The samples whose values go into a dump here, by command, with their numbers.
const FED: [(&str, &[u32]); 15] = [
    ("findhandle", &[1]),
    ("locks", &[1]),
    ("mex.crash", &[1, 2]),
    ("mex.di", &[1, 2, 4, 5, 6]),
    ("mex.lt", &[1, 3, 4, 5, 6]),
    ("mex.obj", &[4]),
    ("mex.p", &[1, 2, 3, 4, 5]),
    ("mex.running", &[1, 2, 3]),
    ("mex.t", &[1, 2, 3, 5, 6, 7, 8, 9, 10]),
    ("mex.tl", &[1, 2, 3, 4, 6]),
    ("object", &[1, 2, 3, 4]),
    ("peb", &[1]),
    ("process", &[1, 2, 3, 5, 6, 7, 9, 10]),
    ("thread", &[1, 2, 3, 4, 5, 6]),
    ("vad", &[3]),
];

/// The others of the commands about processors, threads, processes and objects, and why they are not fed here.
const LEFT: &[(&str, &[u32], &str)] = &[
    ("cpuid", &[1], "tests/commands/processors.rs"),
    ("cpuinfo", &[1, 2], "tests/commands/processors.rs"),
    ("dpcs", &[1], "both kinds of its rows are held in tests/commands/queued_calls.rs"),
    ("findhandle", &[2, 3, 4, 5], "outputs of !htrace and !obtrace, which are not ours"),
    ("frozen", &[1], "tests/commands/processors.rs"),
    ("handle", &[1, 2, 3, 4], "unit tests of its rows; 2 to 4 are of 32-bit Windows"),
    ("idt", &[1, 2, 3], "1 in tests/commands/descriptors.rs; the others are of 32-bit Windows"),
    ("irql", &[1, 2, 3, 4], "1 and 4 in tests/commands/processors.rs; the others have the same form"),
    ("job", &[1], "32-bit Windows; members that later jobs do not have"),
    ("locks", &[2, 3], "32-bit Windows: 8 digits, and the THREAD block of that time"),
    ("mex.cn", &[1], "the name that a dump tells is held in tests/commands/cases.rs"),
    ("mex.di", &[3], "the help"),
    ("mex.lt", &[2], "the help"),
    (
        "mex.obj",
        &[1, 2, 3, 5, 6],
        "1 and 2 are what !lt -r shows; the others are of commands that are not ours",
    ),
    ("mex.ready", &[1], "a unit test of its rows"),
    ("mex.running", &[4], "the form of Windows Server 2003, which !running has no more"),
    ("mex.t", &[4], "the help"),
    ("mex.tl", &[5], "tests/commands/mex_processes.rs"),
    (
        "mex.us",
        &[1, 2, 3, 4, 5, 6],
        "a unit test of its lines; stacks are walked, not read: tests/commands/thread_lists.rs holds ours to the record",
    ),
    ("object", &[5, 6], "32-bit Windows: 8 digits in the columns"),
    (
        "pcr",
        &[1, 2, 3, 4, 5, 6],
        "6 in tests/commands/processors.rs, of which 1 and 2 are repetitions; 3 to 5 are 32-bit",
    ),
    ("peb", &[2], "32-bit Windows 2000"),
    ("prcb", &[1], "tests/commands/processors.rs"),
    ("process", &[4, 8], "cut by their author in the first line"),
    ("running", &[1], "the form of Windows Server 2003"),
    ("findthreads", &[1], "a command that is not ours"),
    (
        "stacks",
        &[1, 2],
        "32-bit Windows 2000, without ticks and addresses of processes; tests/commands/thread_lists.rs holds ours to the \
        record",
    ),
    ("smt", &[1, 2], "1 in tests/commands/processors.rs; 2 is of 32-bit Windows"),
    ("timer", &[1], "32-bit Windows 2000; tests/commands/timers.rs holds ours to the record"),
    ("vad", &[1, 2], "the form of Windows 8.1 and before: levels in parentheses"),
    ("token", &[1], "unit tests of its lines; names of accounts are not in a dump"),
];

/// No sample of these commands is forgotten.
#[test]
fn every_sample_is_fed_or_has_a_reason() {
    let Some(folder) = shared("golden/public") else { return };
    let mut known = std::collections::BTreeSet::new();
    for (name, numbers) in FED.into_iter().chain(LEFT.iter().map(|(name, numbers, _)| (*name, *numbers))) {
        for number in numbers {
            assert!(known.insert(format!("{name}-{number}")), "{name}-{number} twice");
        }
    }
    let commands: std::collections::BTreeSet<&str> =
        FED.iter().map(|(name, _)| *name).chain(LEFT.iter().map(|(name, ..)| *name)).collect();
    let mut found = std::collections::BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().trim_end_matches(".txt").to_owned();
        if name.rsplit_once('-').is_some_and(|(command, _)| commands.contains(command)) {
            found.insert(name);
        }
    }
    assert_eq!(found, known);
}

/// A published output.
pub struct Sample {
    pub name: String,
    /// Whether blanks can be trusted.
    pub pasted: bool,
    pub command: String,
    pub lines: Vec<String>,
}

/// The samples `NAME-N` of these names, all of which the private folder must hold.
pub fn samples(names: &[&str]) -> Option<Vec<Sample>> {
    let folder = shared("golden/public")?;
    let found: Vec<Sample> = names
        .iter()
        .map(|name| {
            let (command, number) = name.rsplit_once('-').unwrap();
            let listed = FED
                .iter()
                .any(|(fed, numbers)| *fed == command && numbers.contains(&number.parse().unwrap()));
            assert!(listed, "{name} is not among the samples that are fed");
            let text = fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap();
            let pasted = text.lines().any(|line| line.starts_with("# kind: pasted output"));
            let mut lines = text.lines().skip_while(|line| !line.starts_with("kd> "));
            let command = lines.next().unwrap().trim_start_matches("kd> ").trim().to_owned();
            let lines = lines.map(|line| line.trim_end().to_owned()).collect();
            Sample { name: (*name).to_owned(), pasted, command, lines }
        })
        .collect();
    Some(found)
}

impl Sample {
    /// Holds a line of ours to a published one.
    pub fn same(&self, ours: &str, theirs: &str) {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(ours), words(theirs), "{} {}", self.name, self.command);
        if self.pasted {
            assert_eq!(ours.trim_end(), theirs.trim_end(), "{} {}", self.name, self.command);
        }
    }

    /// Holds lines of ours to published ones, as many.
    pub fn all_same(&self, ours: &[String], theirs: &[String]) {
        for (ours, theirs) in ours.iter().zip(theirs) {
            self.same(ours, theirs);
        }
        assert_eq!(ours.len(), theirs.len(), "{}: {ours:#?}\n{theirs:#?}", self.name);
    }
}

/// Addresses of the dump, and those of the sample that they stand for.
#[derive(Default)]
pub struct Names(BTreeMap<u64, u64>);

impl Names {
    pub fn add(&mut self, ours: u64, theirs: u64) {
        self.0.insert(ours, theirs);
    }

    /// Our lines with the sample's addresses.
    pub fn put(&self, lines: Vec<String>) -> Vec<String> {
        let put = |line: String| {
            self.0.iter().fold(line, |line, (ours, theirs)| {
                line.replace(&format!("{ours:016x}"), &format!("{theirs:016x}"))
            })
        };
        lines.into_iter().map(put).collect()
    }
}

pub fn hex(text: &str) -> u64 {
    u64::from_str_radix(&text.trim_start_matches("0x").replace('`', ""), 16)
        .unwrap_or_else(|_| panic!("{text} is no number"))
}

pub fn decimal(text: &str) -> u64 {
    text.replace(',', "").parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

/// `20h:32:55.657`, `27m:55.218`, `6s.718`, `16ms`, `0` in milliseconds.
pub fn millis(text: &str) -> u64 {
    if let Some(millis) = text.strip_suffix("ms") {
        return decimal(millis);
    }
    let Some((rest, millis)) = text.split_once('.') else { return decimal(text) };
    let parts = rest.split(['h', 'm', 's', ':']).filter(|part| !part.is_empty());
    parts.fold(0, |sum, part| sum * 60 + decimal(part)) * 1000 + decimal(millis)
}

/// `0:00:04:42.656` (days first) or `00:10:08.787` in milliseconds.
pub fn clock_millis(text: &str) -> u64 {
    let (rest, millis) = text.split_once('.').unwrap();
    let parts: Vec<u64> = rest.split(':').map(decimal).collect();
    let seconds = parts.iter().zip([86_400, 3600, 60, 1].iter().skip(4 - parts.len()));
    seconds.map(|(part, unit)| part * unit).sum::<u64>() * 1000 + decimal(millis)
}

/// `4.09 GB` in bytes: as many as are shown so.
pub fn bytes(value: &str, unit: &str) -> u64 {
    let shift = match unit {
        "B" => 0,
        "KB" => 10,
        "MB" => 20,
        "GB" => 30,
        "TB" => 40,
        other => panic!("{other}"),
    };
    let (whole, part) = value.split_once('.').unwrap_or((value, "0"));
    let hundredths = decimal(whole) * 100 + decimal(&format!("{part:0<2}"));
    (hundredths << shift).div_ceil(100)
}

/// The clock ticks, 15.625 ms each, that a time in milliseconds was made of.
pub fn ticks(millis: u64) -> u64 {
    (millis * 10_000 + 78_125) / 156_250
}

/// Which rows go into the dump together: so many at most, the widest cell of each column always among them, so that
/// columns are as wide as in the whole table.
pub fn portions(rows: &[Vec<String>], most: usize) -> Vec<Vec<usize>> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |row: usize, column: usize| rows[row].get(column).map_or(0, String::len);
    let mut widest: Vec<usize> = (0..columns)
        .filter_map(|column| (0..rows.len()).max_by_key(|row| (width(*row, column), std::cmp::Reverse(*row))))
        .collect();
    widest.sort_unstable();
    widest.dedup();
    let others: Vec<usize> = (0..rows.len()).filter(|row| !widest.contains(row)).collect();
    let room = most - widest.len();
    let portion = |chunk: &[usize]| {
        let mut rows: Vec<usize> = widest.iter().chain(chunk).copied().collect();
        rows.sort_unstable();
        rows
    };
    match others.is_empty() {
        true => vec![widest.clone()],
        false => others.chunks(room).map(portion).collect(),
    }
}
