//! The faulting instruction's operand against the address that the processor reported.

use super::code;
use super::modules::{described, place};
use super::scene::{Access, Scene};
use super::{Crash, Fact, Value};
use crate::memory::Memory;
use crate::output::Action;

/// Bytes of a page.
const PAGE: u64 = 0x1000;

/// `instruction`; `operand` where it explains the address, `no_operand` where it does not.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    let target = crash.scope.target();
    let Some(fault) = &scene.fault else { return Vec::new() };
    let Some(instruction) = &fault.instruction else { return Vec::new() };
    let text = code::text(instruction);
    let mut facts = vec![
        Fact::new("instruction")
            .with("address", Value::Address(fault.ip))
            .with("text", text.as_str())
            .link(Action::Code(fault.ip)),
    ];
    if !matches!(fault.access, Access::Read | Access::Write) {
        // What a forbidden access was about stands in its operand alone.
        if fault.access == Access::Protection
            && let Some(operand) = &fault.operand
        {
            facts.extend(operand.address.map(|address| {
                Fact::new("operand")
                    .with("address", Value::Address(address))
                    .with("text", operand.text.as_str())
                    .with("instruction", text.as_str())
                    .with("registers", registers(operand))
                    .worded("evidence.operand")
                    .link(Action::Code(fault.ip))
            }));
        }
        return facts;
    }
    let (Some(address), Some(operand)) = (fault.address, &fault.operand) else {
        return facts;
    };
    let fact = |kind| {
        described(Fact::new(kind), target, fault.ip)
            .with("text", operand.text.as_str())
            .with("instruction", text.as_str())
            .with("registers", registers(operand))
            .with("address", Value::Address(address))
            .link(Action::Code(fault.ip))
    };
    match (operand.address, &operand.missing) {
        // An access may begin in the page before the one that faults.
        (Some(wanted), _) if (wanted..wanted.saturating_add(operand.size)).contains(&address) => {
            facts.push(fact("operand").worded("evidence.operand"));
        }
        (Some(wanted), _) => {
            let crosses = wanted / PAGE != wanted.wrapping_add(operand.size - 1) / PAGE;
            let readable =
                !crosses && target.memory().read(wanted, &mut vec![0u8; operand.size as usize]).is_ok();
            facts.push(
                fact("no_operand")
                    .with("operand", Value::Address(wanted))
                    .with("readable", readable)
                    .worded("evidence.no_operand"),
            );
        }
        (None, Some((register, rest))) => {
            let solved = address.wrapping_sub(*rest);
            facts.push(
                fact("operand")
                    .with("register", register.as_str())
                    .with("solved", Value::Address(solved))
                    .with("points", place(target, solved))
                    .worded("evidence.operand_solved"),
            );
        }
        _ => {}
    }
    facts
}

/// `rdx=0000002000000068`
fn registers(operand: &code::Operand) -> String {
    let shown = operand.registers.iter().map(|(name, value)| match value {
        Some(value) => format!("{name}={value:016x}"),
        None => format!("{name}=?"),
    });
    shown.collect::<Vec<_>>().join(" ")
}
