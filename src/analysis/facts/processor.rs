//! Processors that do not answer, and what they were doing.

use super::modules::{described, is_library, origin_word};
use super::{Crash, Fact, Value};
use crate::output::Action;
use crate::unwind::{FrameKind, Registers, Stack};

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
    let registers = hung.and_then(|processor| processor.context.as_ref().ok()).map(Registers::from);
    let mut facts = vec![
        Fact::new("hung_processor")
            .with("number", number)
            .with("known", registers.is_some())
            .worded(if registers.is_some() { "evidence.hung_processor" } else { "evidence.hung_unknown" })
            .link(Action::Processor(number)),
    ];
    if let Some(registers) = registers {
        facts.extend(of_stack(crash, number, &(crash.walk)(registers)));
    }
    facts
}

/// What its stack shows.
fn of_stack(crash: &Crash<'_>, number: u32, stack: &Stack) -> Vec<Fact> {
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
    let driver = stack.physical().skip(from).find(|frame| {
        let module = target.modules().at(frame.lookup_ip());
        module.is_some_and(|module| origin_word(target, module) != "kernel" && !is_library(&module.name))
    });
    if let Some(frame) = driver {
        let fact = Fact::new("hung_in").with("number", number).with("address", Value::Address(frame.ip));
        facts.push(
            described(fact, target, frame.ip).worded("evidence.hung_in").link(Action::Processor(number)),
        );
    }
    facts
}
