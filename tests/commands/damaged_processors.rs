//! Commands about processors on dumps whose objects were damaged at random, where these commands read: each says something,
//! none fails the line, none takes long.

use crate::forge::{number, truth};
use crate::golden::run;
use crate::patched::{Patched, offset};
use serde_json::Value;
use std::time::{Duration, Instant};

const COMMANDS: [&str; 16] = [
    "!running",
    "!ready",
    "!pcr",
    "!pcr 1",
    "!prcb 1",
    "!irql",
    "!cpuinfo",
    "!cpuid",
    "!smt",
    "!idt -a",
    "!gdt",
    "!dpcs",
    "!timer",
    "!apc",
    "!ipi",
    "!dpcwatchdog",
];

/// Far more than any of them needs, even on a busy machine without optimisation.
const TIME: Duration = Duration::from_secs(20);

/// A generator that gives the same numbers each time (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn of<T: Copy>(&mut self, choice: &[T]) -> T {
        choice[(self.next() % choice.len() as u64) as usize]
    }
}

fn addresses(truth: &Value, list: &str, key: &str) -> Vec<u64> {
    truth[list].as_array().unwrap().iter().map(|found| number(&found[key])).collect()
}

#[test]
fn damaged_objects_are_shown_as_far_as_they_go() {
    let truth = truth("wifi");
    let prcbs = addresses(&truth, "processors", "prcb");
    let (timers, dpcs) = (addresses(&truth, "timers", "address"), addresses(&truth, "dpcs", "address"));
    let (apcs, threads) = (addresses(&truth, "apcs", "address"), addresses(&truth, "threads", "ethread"));
    let table = offset("_KPRCB", "TimerTable") + offset("_KTIMER_TABLE", "TimerEntries");
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..12 {
        let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
        for _ in 0..60 {
            let prcb = numbers.of(&prcbs);
            let place = match numbers.next() % 8 {
                0 => numbers.of(&timers) + numbers.next() % 8 * 8,
                1 => numbers.of(&dpcs) + numbers.next() % 8 * 8,
                2 => numbers.of(&apcs) + numbers.next() % 11 * 8,
                3 => numbers.of(&threads) + offset("_KTHREAD", "ApcState") + numbers.next() % 5 * 8,
                4 => prcb + table + numbers.next() % 0x800 * 8,
                5 => prcb + offset("_KPRCB", "DpcData") + numbers.next() % 10 * 8,
                6 => prcb + offset("_KPRCB", "InterruptObject") + numbers.next() % 256 * 8,
                // Queues, counters, masks, the threads that run: not what tells where the processors are.
                _ => prcb + 0x2d00 + numbers.next() % 0xe00 * 8,
            };
            let near = numbers.next() % 0x40 * 8;
            let wild = numbers.next();
            let known =
                [prcb, numbers.of(&timers), numbers.of(&dpcs), numbers.of(&apcs), numbers.of(&threads)];
            let value = match numbers.next() % 4 {
                0 => numbers.of(&[0, 1, u64::MAX, 1 << 63, 0xffff_8000_0000_0000]),
                1 => place + near,
                2 => numbers.of(&known) + near,
                _ => wild,
            };
            dump.point(place & !7, value);
        }
        let (mut session, _folder) = dump.open();
        for command in COMMANDS {
            let start = Instant::now();
            let lines = run(&mut session, command);
            let lines = lines.unwrap_or_else(|error| panic!("round {round}: {command}: {error}"));
            assert!(!lines.is_empty(), "round {round}: {command}");
            assert!(start.elapsed() < TIME, "round {round}: {command}: {:?}", start.elapsed());
        }
    }
}
