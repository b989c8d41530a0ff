//! Timers in the processors' tables.

use serde_json::json;

use crate::layout::{off, size};
use crate::truth::hex;
use crate::world::{PRCB, World};

const TIMER: &str = "_KTIMER";

impl World {
    /// The bucket of a table: two rows of 256.
    fn timer_bucket(&self, processor: usize, hand: u64) -> u64 {
        let table = self.processors[processor].pcr + PRCB + off("_KPRCB", "TimerTable");
        table + off("_KTIMER_TABLE", "TimerEntries") + hand * size("_KTIMER_TABLE_ENTRY")
    }

    /// Empty buckets: no due time is further away than theirs.
    pub fn timers_init(&mut self, processor: usize) {
        for hand in 0..512 {
            let bucket = self.timer_bucket(processor, hand);
            self.list_init(bucket + off("_KTIMER_TABLE_ENTRY", "Entry"));
            self.put("_KTIMER_TABLE_ENTRY", bucket, "Time", u64::MAX);
        }
    }

    /// Enters a timer whose header is filled. `after` is counted from now, in 100 ns; the table counts interrupt time.
    pub fn timer_insert(&mut self, processor: usize, timer: u64, after: u64, period: u32, dpc: u64) {
        let due = self.uptime + after;
        let hand = due >> 18 & 0xFF;
        let bucket = self.timer_bucket(processor, hand);
        for (name, value) in [
            ("DueTime", due),
            ("Processor", processor as u64),
            ("Period", u64::from(period)),
            ("Dpc", if dpc == 0 { 0 } else { self.encode_timer_dpc(timer, dpc) }),
        ] {
            self.put(TIMER, timer, name, value);
        }
        self.put("_DISPATCHER_HEADER", timer, "Hand", hand);
        self.put("_DISPATCHER_HEADER", timer, "Inserted", 1);
        self.list_insert(bucket + off("_KTIMER_TABLE_ENTRY", "Entry"), timer + off(TIMER, "TimerListEntry"));
        if self.member("_KTIMER_TABLE_ENTRY", bucket, "Time") > due {
            self.put("_KTIMER_TABLE_ENTRY", bucket, "Time", due);
        }
        let routine = if dpc == 0 { 0 } else { self.member("_KDPC", dpc, "DeferredRoutine") };
        let thread = self.threads.iter().find(|t| t.object + off("_KTHREAD", "Timer") == timer);
        let thread = thread.map_or(0, |t| t.object);
        let kind = self.member("_DISPATCHER_HEADER", timer, "Type");
        self.note("timers", json!({
            "address": hex(timer), "processor": processor, "bucket": hand, "due": hex(due), "period": period, "type": kind,
            "dpc": hex(dpc), "routine": hex(routine), "thread": hex(thread),
        }));
    }

    /// As build 19041 keeps the pointer: its own address and two values of the boot are in it.
    fn encode_timer_dpc(&self, timer: u64, dpc: u64) -> u64 {
        let (never, always) = (self.get(self.nt("KiWaitNever")), self.get(self.nt("KiWaitAlways")));
        ((dpc ^ always).swap_bytes() ^ timer).rotate_right((never & 0xFF) as u32) ^ never
    }

    /// A timer of its own; returns its address.
    pub fn timer(&mut self, kind: u64) -> u64 {
        let timer = self.alloc_pool(false, size(TIMER), b"Time");
        self.put("_DISPATCHER_HEADER", timer, "Type", kind);
        self.list_init(timer + off("_DISPATCHER_HEADER", "WaitListHead"));
        timer
    }

    /// The timers of the threads that sleep, in the table of processor 0.
    pub fn sleepers(&mut self) {
        let sleeping: Vec<u64> = self
            .threads
            .iter()
            .filter(|t| t.state == "waiting" && self.member("_KTHREAD", t.object, "WaitReason") == 4)
            .map(|t| t.object + off("_KTHREAD", "Timer"))
            .collect();
        for (i, timer) in sleeping.into_iter().enumerate() {
            self.timer_insert(0, timer, 3_000_000 + i as u64 * 1_700_000, 0, 0);
        }
    }
}
