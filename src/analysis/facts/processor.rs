//! Processors that do not answer, and what they were doing.

use super::modules::{described, is_library, origin_word};
use super::stack::{is_believed, is_solid};
use super::{Crash, Fact, Value};
use crate::kernel::{Cpu, Processor};
use crate::output::Action;
use crate::unwind::{Frame, FrameKind, Registers, Stack};

/// CLOCK_WATCHDOG_TIMEOUT: its fourth parameter is the processor that hangs.
const CLOCK_WATCHDOG_TIMEOUT: u32 = 0x101;

/// `hung_processor`, with `nested_traps` and `hung_in` where its stack shows them.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    if crash.code() != CLOCK_WATCHDOG_TIMEOUT {
        return Vec::new();
    }
    let Ok(number) = u32::try_from(crash.header.bug_check_parameters[3]) else { return Vec::new() };
    let target = crash.scope.target();
    let hung = target.processors().get(number as usize);
    let saved = hung.and_then(|processor| processor.context.as_ref().ok());
    // Bit 9 of the flags: without it no interrupt was taken.
    let interrupts = saved.and_then(|saved| saved.get("eflags")).map(|flags| flags >> 9 & 1 != 0);
    let registers = saved.map(Registers::from);
    let siblings: Vec<String> = siblings(crash, number).iter().map(u32::to_string).collect();
    let siblings = (!siblings.is_empty()).then(|| siblings.join(", "));
    let mut facts = vec![
        Fact::new("hung_processor")
            .with("number", number)
            .maybe("siblings", siblings.clone())
            .with("known", registers.is_some())
            .worded(match (registers.is_some(), &siblings) {
                (true, Some(_)) => "evidence.hung_sibling",
                (true, None) => "evidence.hung_processor",
                (false, _) => "evidence.hung_unknown",
            })
            .link(Action::Processor(number)),
    ];
    if let Some(registers) = registers {
        facts.extend(of_stack(crash, number, interrupts, &(crash.walk)(registers)));
    }
    facts
}

/// The other threads of the same core, by their numbers; none where that is not known.
pub fn siblings(crash: &Crash<'_>, number: u32) -> Vec<u32> {
    let known = || {
        let processor = Processor::numbered(crash.scope, number).ok()?;
        let own = u32::try_from(processor.group_index().ok()?).ok()?;
        let set = Cpu::of(&processor).smt_set().ok()?;
        // The set counts within the processor's group.
        let first = number.checked_sub(own)?;
        let others = (0..64).filter(move |&index| index != own && set >> index & 1 != 0);
        (set >> own & 1 != 0).then(|| others.map(|index| first + index).collect())
    };
    known().unwrap_or_default()
}

/// What its stack shows.
fn of_stack(crash: &Crash<'_>, number: u32, interrupts: Option<bool>, stack: &Stack) -> Vec<Fact> {
    let target = crash.scope.target();
    let mut facts = Vec::new();
    if let Some((ip, count)) = stack.nested_traps() {
        let fact = Fact::new("nested_traps")
            .with("number", number)
            .with("count", count)
            .with("address", Value::Address(ip));
        facts.push(
            described(fact, target, ip).worded("evidence.nested_traps").link(Action::Processor(number)),
        );
    }
    // Where the interrupted code was: the first driver that is no class library.
    let from = stack.physical().position(|frame| frame.kind == FrameKind::Interrupted).unwrap_or(0);
    let frames: Vec<Frame> = stack.physical().skip(from).cloned().collect();
    let driver = frames.iter().enumerate().find(|(_, frame)| {
        let module = target.modules().at(frame.lookup_ip());
        let is_drivers = |module| origin_word(target, module) != "kernel" && !is_library(&module.name);
        is_believed(frame) && module.is_some_and(is_drivers)
    });
    if let Some((depth, frame)) = driver {
        let fact = Fact::new("hung_in")
            .with("number", number)
            .with("address", Value::Address(frame.ip))
            .with("depth", depth)
            .with("solid", is_solid(target, &frames, depth))
            .maybe("interrupts", interrupts);
        facts.push(
            described(fact, target, frame.ip).worded("evidence.hung_in").link(Action::Processor(number)),
        );
    }
    facts
}
