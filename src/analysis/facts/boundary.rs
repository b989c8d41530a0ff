//! Whether the processor ran where code begins: on the boundary of an instruction, in a function, with a stack that a
//! function has.

use super::code;
use super::modules::described;
use super::scene::{Access, Scene};
use super::{Crash, Fact, Value};
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::Frame;

/// How far before the instruction decoding begins: nearer starts are too short to fall into step, farther ones add nothing.
const FROM: u64 = 24;
const TO: u64 = 64;
/// int 3
const PADDING: u8 = 0xcc;

/// `slipped`, `padding`, `misaligned`.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    let target = crash.scope.target();
    let Some(fault) = &scene.fault else { return Vec::new() };
    let is_code = target.modules().at(fault.ip).is_some() && fault.access != Access::Execute;
    if !is_code {
        return Vec::new();
    }
    let padding = padding(crash, scene, fault.ip);
    let is_padding = padding.is_some();
    let slipped = (!is_padding).then(|| slipped(crash, fault.ip)).flatten();
    let misaligned = (!is_padding).then(|| misaligned(crash, scene)).flatten();
    padding.into_iter().chain(slipped).chain(misaligned).collect()
}

/// Where no start before the instruction leads to it, the processor did not come there by running.
fn slipped(crash: &Crash<'_>, ip: u64) -> Option<Fact> {
    let target = crash.scope.target();
    let mut bytes = [0u8; TO as usize];
    target.memory().read(ip.checked_sub(TO)?, &mut bytes).ok()?;
    // The instruction itself must be known, else nothing is.
    code::at(target, ip)?;
    let mut tried = 0u64;
    for back in FROM..=TO {
        let start = usize::try_from(TO - back).ok()?;
        let mut at = start;
        let mut is_sane = true;
        while at < bytes.len() {
            let step = code::decode(bytes.get(at..)?, 0).filter(|instruction| !instruction.is_invalid());
            // The last one may need bytes from the instruction on, which means that it runs over its boundary.
            let Some(step) = step else {
                is_sane = at + code::LONGEST > bytes.len();
                break;
            };
            at += step.len();
        }
        if at == bytes.len() {
            return None;
        }
        tried += u64::from(is_sane);
    }
    // Data among code decodes to nothing from most starts, and then says nothing.
    const ENOUGH: u64 = 24;
    if tried < ENOUGH {
        return None;
    }
    let fact = Fact::new("slipped").with("address", Value::Address(ip)).with("tried", tried);
    Some(described(fact, target, ip).worded("evidence.slipped").link(Action::Code(ip)))
}

/// A breakpoint in the padding between functions, reached by a call.
fn padding(crash: &Crash<'_>, scene: &Scene, ip: u64) -> Option<Fact> {
    let target = crash.scope.target();
    let memory = target.memory();
    let byte = |address: u64| {
        let mut byte = [0u8];
        memory.read(address, &mut byte).ok().map(|()| byte[0])
    };
    // The trap frame of a breakpoint may stand behind it.
    let at = [ip, ip.wrapping_sub(1)].into_iter().find(|&at| byte(at) == Some(PADDING))?;
    let next = byte(at.wrapping_add(1))?;
    let previous = byte(at.wrapping_sub(1))?;
    if next != PADDING && previous != PADDING {
        return None;
    }
    let caller = scene.frames.get(1)?;
    let slot = memory.u64(scene.fault.as_ref()?.sp).ok()?;
    target.modules().at(slot)?;
    // The call must come back there: then nothing ran before the padding.
    if caller.ip != slot {
        return None;
    }
    let function = (at..at + 16).find(|&at| byte(at).is_some_and(|byte| byte != PADDING))?;
    let bits = (function ^ at).count_ones();
    let fact = Fact::new("padding")
        .with("address", Value::Address(at))
        .with("function", Value::Address(function))
        .with("return", super::modules::place(target, slot))
        .maybe("bit", (bits == 1).then(|| (function ^ at).trailing_zeros()));
    Some(
        described(fact, target, at)
            .worded(if bits == 1 { "evidence.padding_bit" } else { "evidence.padding" })
            .link(Action::Code(at)),
    )
}

/// The body of a function that has a frame keeps rsp on multiples of 16; one that is 8 off was not entered by a call.
fn misaligned(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let target = crash.scope.target();
    let fault = scene.fault.as_ref()?;
    if fault.sp % 16 != 8 {
        return None;
    }
    let instruction = code::at(target, fault.ip)?;
    let mut factory = iced_x86::InstructionInfoFactory::new();
    let uses_stack = factory
        .info(&instruction)
        .used_memory()
        .iter()
        .any(|memory| memory.base() == iced_x86::Register::RSP);
    // A leaf function, a prolog and an epilog have rsp 8 off. A return address at the top says that it is one of those.
    let top = target.memory().u64(fault.sp).ok()?;
    let is_entered = target.modules().at(top).is_some() || top >> 47 == 0 && top > 0x1_0000;
    if is_entered || !(uses_stack || in_body(crash, scene.frames.first()?)) {
        return None;
    }
    let fact = Fact::new("misaligned")
        .with("address", Value::Address(fault.ip))
        .with("sp", Value::Address(fault.sp))
        .with("top", Value::Address(top));
    Some(described(fact, target, fault.ip).worded("evidence.misaligned").link(Action::Pointers(fault.sp)))
}

/// Whether an instruction near before or behind uses the stack, as the body of a function with a frame does.
fn in_body(crash: &Crash<'_>, frame: &Frame) -> bool {
    let target = crash.scope.target();
    let mut at = frame.ip;
    const NEAR: usize = 8;
    let mut factory = iced_x86::InstructionInfoFactory::new();
    for _ in 0..NEAR {
        let Some(instruction) = code::at(target, at) else { return false };
        if instruction.is_stack_instruction() || instruction.flow_control() == iced_x86::FlowControl::Return {
            return false;
        }
        if factory
            .info(&instruction)
            .used_memory()
            .iter()
            .any(|memory| memory.base() == iced_x86::Register::RSP)
        {
            return true;
        }
        at = instruction.next_ip();
    }
    false
}
