//! The search of a stack without any image, held against what the emulator saw: every whole dump of the forge, with its
//! modules' bytes and unwind data hidden, as a triage dump lacks them.

use std::borrow::Cow;

use crate::forge::{cases, number};
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::unwind::{
    CodeModule, Lookup, Registers, StackRange, TargetHost, UnwindHost, WalkOptions, walk,
};

/// A target of which nothing of the modules can be read.
struct Blind<'t>(TargetHost<'t>);

impl UnwindHost for Blind<'_> {
    fn read(&self, va: u64, buf: &mut [u8]) -> bool {
        let last = va.saturating_add(buf.len().saturating_sub(1) as u64);
        self.0.module_at(va).is_none() && self.0.module_at(last).is_none() && self.0.read(va, buf)
    }

    fn module_at(&self, va: u64) -> Option<Cow<'_, CodeModule>> {
        self.0.module_at(va)
    }

    fn function_entry(&self, va: u64) -> Lookup {
        if self.0.module_at(va).is_some() { Lookup::NoData } else { Lookup::NoModule }
    }

    fn stacks(&self) -> Vec<StackRange> {
        self.0.stacks()
    }

    fn named_addresses(&self) -> Vec<u64> {
        self.0.named_addresses()
    }
}

#[test]
fn a_search_without_images_finds_most_frames_and_few_others() {
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    for (case, truth, dumps) in cases() {
        let Some(dump) = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage")) else {
            continue;
        };
        let target = Target::new(DumpFile::open(dump, &mut |_| {}).unwrap());
        let crashed = &target.processors()[target.crashed_processor() as usize];
        let registers = Registers::from(crashed.context.as_ref().unwrap());
        let host = Blind(TargetHost::new(&target, target.current_thread()));
        let stack = walk(&host, registers, &WalkOptions::default());
        // User frames are not searched for.
        let kernel = |&(ip, sp): &(u64, u64)| ip >> 47 != 0 || sp >> 47 != 0;
        let wanted: Vec<(u64, u64)> = truth["frames"]
            .as_array()
            .unwrap()
            .iter()
            .map(|frame| (number(&frame["rip"]), number(&frame["rsp"])))
            .filter(kernel)
            .collect();
        let found: Vec<(u64, u64)> =
            stack.physical().map(|frame| (frame.ip, frame.sp)).filter(kernel).collect();
        let of = |list: &[(u64, u64)], other: &[(u64, u64)]| {
            list.iter().filter(|frame| !other.contains(frame)).copied().collect::<Vec<_>>()
        };
        let (extra, lost) = (of(&found, &wanted), of(&wanted, &found));
        println!("{case}: {} right, wrong {extra:x?}, missed {lost:x?}", found.len() - extra.len());
        right += found.len() - extra.len();
        wrong += extra.len();
        missed += lost.len();
    }
    println!("{right} right, {wrong} wrong, {missed} missed");
    assert!(right > 280, "only {right} frames");
    assert!(wrong * 50 <= right, "{wrong} wrong of {right}");
    assert!(missed * 50 <= right, "{missed} missed of {right}");
}
