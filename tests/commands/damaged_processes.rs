//! The commands about processes on dumps whose processes, tokens, ranges and tables hold any values at all: they end soon, and
//! say a bounded amount.

use crate::forge::{number, truth};
use crate::golden::run;
use crate::patched::Patched;
use std::time::{Duration, Instant};

const COMMANDS: [&str; 11] = [
    "!process 0 3",
    "!process -1 7",
    "!p",
    "!tl -t -mem -cpu -cl",
    "!tl -tree",
    "!vad",
    "!peb",
    "!token -n",
    "!job",
    "!session",
    "!sprocess 1",
];

/// Numbers that look random and are the same in every run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[test]
fn any_damage_ends_with_an_answer() {
    let truth = truth("wifi");
    let processes: Vec<&serde_json::Value> = truth["processes"].as_array().unwrap().iter().collect();
    let explorer = processes[9];
    // Structures of two processes with their sizes in Windows 10 build 19041: EPROCESS, its token, its table of handles
    // and the entries of that, its ranges.
    let mut places: Vec<(u64, u64)> = Vec::new();
    let whole = Patched::new("tests/data/wifi-full.dmp.gz");
    for process in [explorer, processes[6]] {
        let scope = whole.before().scope();
        let object = scope.object("nt!_EPROCESS", number(&process["eprocess"])).unwrap();
        let pointer = |path: &str| object.field(path).unwrap().u64().unwrap();
        let table = pointer("ObjectTable");
        let code =
            scope.object("nt!_HANDLE_TABLE", table).unwrap().field("TableCode").unwrap().u64().unwrap();
        places.extend([
            (object.address(), 0xa40),
            (pointer("Token") & !0xf, 0x498),
            (table, 0x80),
            (code, 0x100),
        ]);
        let root = pointer("VadRoot");
        places.extend([(root, 0x40), (whole.pointer(root), 0x40), (whole.pointer(root + 8), 0x40)]);
    }
    let known: Vec<u64> = places.iter().map(|(at, _)| *at).collect();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..40 {
        let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
        for _ in 0..1 + numbers.below(12) {
            let (at, size) = places[numbers.below(places.len() as u64) as usize];
            let value = match numbers.below(5) {
                0 => numbers.next(),
                1 => 0,
                2 => u64::MAX,
                3 => numbers.below(0x1_0000),
                _ => known[numbers.below(known.len() as u64) as usize],
            };
            dump.point(at + numbers.below(size / 8) * 8, value);
        }
        let (mut session, _folder) = dump.open();
        let explorer = explorer["eprocess"].as_str().unwrap();
        let _ = run(&mut session, &format!(".process {explorer}"));
        for command in COMMANDS {
            let start = Instant::now();
            // A failure is an answer, too.
            let lines = run(&mut session, command).map_or(1, |lines| lines.len());
            assert!(lines < 20_000, "round {round}: {command}: {lines} lines");
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "round {round}: {command}: {:?}",
                start.elapsed()
            );
        }
    }
}
