//! Walking stacks, with the search of the same stack beside it.
//!
//! `cargo bench --bench unwind` prints each measurement beside its goal and fails if one is missed. Without `--bench`
//! (as `cargo test` runs it) nothing is measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::unwind::{Registers, Stack, TargetHost, UnwindHost, WalkOptions, walk};

/// The goal: 60 frames in a millisecond.
const PER_FRAME: Duration = Duration::from_micros(1000 / 60);

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("skipped: run with cargo bench");
        return;
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut missed = 0;
    for (what, path) in
        [("unwind data", "assets/demo/wifi.dmp.gz"), ("search", "tests/data/wifi-triage.dmp.gz")]
    {
        let dump = DumpFile::open(&root.join(path), &mut |_| {}).unwrap();
        let target = Target::new(dump);
        for inline in [true, false] {
            let options = WalkOptions { inline, ..WalkOptions::default() };
            let registers = {
                let crashed = &target.processors()[target.crashed_processor() as usize];
                Registers::from(crashed.context.as_ref().unwrap())
            };
            let host = TargetHost::new(&target, target.current_thread());
            let run = || walk(black_box(&host as &dyn UnwindHost), registers.clone(), &options);
            let (frames, took) = measure(run);
            let per_frame = took / frames;
            let good = per_frame <= PER_FRAME;
            missed += u32::from(!good);
            println!(
                "{what:12} inline {inline:5}  {frames} frames in {took:?}, {per_frame:?} a frame, goal {PER_FRAME:?} {}",
                if good { "met" } else { "MISSED" }
            );
        }
    }
    missed += u32::from(!many_stacks(&root));
    if missed > 0 {
        std::process::exit(1);
    }
}

/// The frames of 2000 stacks of 30 frames, walked as that many repetitions of the demo's stack, each with a host of its
/// own as each thread has: images are read again, inlined functions are left out. Whether the goal of 1 s is met.
fn many_stacks(root: &std::path::Path) -> bool {
    const FRAMES: usize = 2000 * 30;
    const GOAL: Duration = Duration::from_secs(1);
    let dump = DumpFile::open(&root.join("assets/demo/wifi.dmp.gz"), &mut |_| {}).unwrap();
    let target = Target::new(dump);
    let options = WalkOptions { max_frames: 30, inline: false, ..WalkOptions::default() };
    let crashed = &target.processors()[target.crashed_processor() as usize];
    let registers = Registers::from(crashed.context.as_ref().unwrap());
    let start = Instant::now();
    let (mut frames, mut stacks) = (0, 0);
    while frames < FRAMES {
        let host = TargetHost::new(&target, target.current_thread());
        let stack = walk(black_box(&host as &dyn UnwindHost), registers.clone(), &options);
        frames += black_box(stack).physical().count();
        stacks += 1;
    }
    let took = start.elapsed();
    println!(
        "2000 stacks of 30 frames: {frames} frames of {stacks} stacks in {took:?}, goal {GOAL:?} {}",
        if took <= GOAL { "met" } else { "MISSED" }
    );
    took <= GOAL
}

/// The number of physical frames and the median time of a walk; symbols and translations are warm.
fn measure(run: impl Fn() -> Stack) -> (u32, Duration) {
    let frames = run().physical().count() as u32;
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort();
    (frames, times[times.len() / 2])
}
