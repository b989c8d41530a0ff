//! What the benches share: measurements beside their goals.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Whether the bench is to run; `cargo test` starts it too, and only to see that it does.
pub fn is_wanted() -> bool {
    let wanted = std::env::args().any(|argument| argument == "--bench");
    if !wanted {
        println!("skipped: run with cargo bench");
    }
    wanted
}

/// What was measured so far.
#[derive(Default)]
pub struct Report {
    missed: u32,
}

impl Report {
    /// A measurement beside its goal.
    pub fn goal(&mut self, what: &str, value: String, goal: &str, held: bool) {
        self.missed += u32::from(!held);
        println!("{what:<52} {value:>14}   {goal:<12} {}", if held { "held" } else { "MISSED" });
    }

    /// A measurement that others are compared with.
    pub fn note(&self, what: &str, value: String) {
        println!("{what:<52} {value:>14}");
    }

    /// Ends the process with a failure if a goal was missed.
    pub fn finish(&self) {
        if self.missed > 0 {
            eprintln!("{} goals missed", self.missed);
            std::process::exit(1);
        }
    }
}

/// The shortest of `times` runs.
pub fn shortest<T>(times: u32, mut run: impl FnMut() -> T) -> Duration {
    (0..times)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .min()
        .unwrap()
}

/// Peak of resident memory of this process, where the system tells.
pub fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
