//! Whether the processor ran where code begins: on the boundary of an instruction, in a function, with a stack that a
//! function has.

use super::code;
use super::modules::described;
use super::scene::{Access, Scene};
use super::{Crash, Fact, Value};
use crate::memory::Memory;
use crate::output::Action;
use iced_x86::{Instruction, InstructionInfoFactory, OpAccess, Register};

/// How far before the instruction decoding begins: nearer starts are too short to fall into step, farther ones add nothing.
const FROM: u64 = 24;
const TO: u64 = 64;
/// int 3
const PADDING: u8 = 0xcc;
/// STATUS_BREAKPOINT.
const BREAKPOINT: u32 = 0x8000_0003;
/// What compilers align functions to.
const ALIGNMENT: u64 = 16;
/// Leaf functions need not align their stack; those with locals beyond this are seldom such.
const LEAF: u64 = 0x40;

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
    // The instruction itself must be known, else nothing is.
    let is_known = !is_padding && fault.instruction.is_some();
    let slipped = is_known.then(|| slipped(crash, fault.ip)).flatten();
    let misaligned = (!is_padding).then(|| misaligned(crash, scene)).flatten();
    padding.into_iter().chain(slipped).chain(misaligned).collect()
}

/// Where no start before the instruction leads to it, the processor did not come there by running.
fn slipped(crash: &Crash<'_>, ip: u64) -> Option<Fact> {
    let target = crash.scope.target();
    let mut bytes = [0u8; TO as usize];
    target.memory().read(ip.checked_sub(TO)?, &mut bytes).ok()?;
    let tried = missed(&bytes, ip)?;
    let fact = Fact::new("slipped").with("address", Value::Address(ip)).with("tried", tried);
    Some(described(fact, target, ip).worded("evidence.slipped").link(Action::Code(ip)))
}

/// How many starts before `ip` lead past it where none leads to it; `None` where one does, and where too few are code.
/// `before` is what stands there.
fn missed(before: &[u8], ip: u64) -> Option<u64> {
    let length = before.len() as u64;
    let first = ip.wrapping_sub(length);
    // A function that begins behind padding is where decoding begins anew; the bytes before it may be a table.
    let is_beginning = |at: &usize| {
        first.wrapping_add(*at as u64).is_multiple_of(ALIGNMENT)
            && at.checked_sub(1).and_then(|at| before.get(at)) == Some(&PADDING)
    };
    if (0..=before.len()).filter(is_beginning).any(|start| run(before, start) == Run::Reaches) {
        return None;
    }
    let starts = (FROM..=TO.min(length)).filter_map(|back| usize::try_from(length - back).ok());
    let mut tried = 0;
    for start in starts {
        match run(before, start) {
            Run::Reaches => return None,
            Run::Passes => tried += 1,
            Run::Breaks => {}
        }
    }
    // Data among code decodes to nothing from most starts, and then says nothing.
    const ENOUGH: u64 = 24;
    (tried >= ENOUGH).then_some(tried)
}

/// Where decoding leads from a start.
#[derive(Debug, PartialEq, Eq)]
enum Run {
    /// To the end of the bytes exactly.
    Reaches,
    /// Over it: the last instruction needs bytes from behind.
    Passes,
    /// To what is no instruction.
    Breaks,
}

fn run(bytes: &[u8], start: usize) -> Run {
    let mut at = start;
    while at < bytes.len() {
        let step = bytes.get(at..).and_then(|rest| code::decode(rest, 0));
        match step.filter(|instruction| !instruction.is_invalid()) {
            Some(step) => at += step.len(),
            None if at + code::LONGEST > bytes.len() => return Run::Passes,
            None => return Run::Breaks,
        }
    }
    Run::Reaches
}

/// A breakpoint in the padding between functions, reached by a call.
fn padding(crash: &Crash<'_>, scene: &Scene, ip: u64) -> Option<Fact> {
    let target = crash.scope.target();
    let memory = target.memory();
    let byte = |address: u64| {
        let mut byte = [0u8];
        memory.read(address, &mut byte).ok().map(|()| byte[0])
    };
    // Padding lies before every function: only who executed it came there.
    if scene.fault.as_ref()?.status != Some(BREAKPOINT) {
        return None;
    }
    // The trap frame of a breakpoint may stand behind it; the bug check names the breakpoint itself.
    let before = ip.wrapping_sub(1);
    let is_behind = crash.header.bug_check_parameters.contains(&before);
    let places = if is_behind { [before, ip] } else { [ip, before] };
    let at = places.into_iter().find(|&at| byte(at) == Some(PADDING))?;
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
    let instruction = fault.instruction?;
    // A leaf function, a prolog and an epilog have rsp 8 off. A return address at the top says that it is one of those.
    let top = target.memory().u64(fault.sp).ok()?;
    let is_entered = top > 0x1_0000 && matches!(top >> 47, 0 | 0x1_ffff);
    if is_entered || !in_body(|at| code::at(target, at), instruction) {
        return None;
    }
    let fact = Fact::new("misaligned")
        .with("address", Value::Address(fault.ip))
        .with("sp", Value::Address(fault.sp))
        .with("top", Value::Address(top));
    Some(described(fact, target, fault.ip).worded("evidence.misaligned").link(Action::Pointers(fault.sp)))
}

/// Whether this instruction, or one soon behind it, uses the stack as the body of a function with a frame does. A prolog and
/// an epilog move rsp first.
fn in_body(next: impl Fn(u64) -> Option<Instruction>, first: Instruction) -> bool {
    const NEAR: usize = 8;
    let mut factory = InstructionInfoFactory::new();
    let mut instruction = first;
    for _ in 0..NEAR {
        let info = factory.info(&instruction);
        let moves_stack = info.used_registers().iter().any(|used| {
            used.register() == Register::RSP && !matches!(used.access(), OpAccess::Read | OpAccess::CondRead)
        });
        if moves_stack || instruction.is_stack_instruction() {
            return false;
        }
        let frame = info.used_memory().iter().filter(|memory| memory.base() == Register::RSP);
        if frame.map(|memory| memory.displacement()).any(|at| (LEAF..1 << 31).contains(&at)) {
            return true;
        }
        let Some(behind) = next(instruction.next_ip()) else { return false };
        instruction = behind;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: u64 = 0xffff_f800_0000_2003;

    /// Code that is `mov rax,[..]` over and over, cut so many bytes behind its last boundary.
    fn code_before(end: usize) -> Vec<u8> {
        let step = [0x48, 0x8b, 0x05, 0x11, 0x22, 0x33, 0x04];
        let mut bytes: Vec<u8> = step.iter().copied().cycle().take(70).collect();
        bytes.extend(step.get(..end).expect("a part"));
        bytes.split_off(bytes.len() - TO as usize)
    }

    #[test]
    fn decoding_leads_to_where_code_runs() {
        assert_eq!(missed(&code_before(0), IP), None);
    }

    #[test]
    fn decoding_leads_past_the_middle_of_an_instruction() {
        assert!(missed(&code_before(2), IP).is_some_and(|tried| tried >= 24));
    }

    #[test]
    fn a_function_behind_padding_is_no_slip() {
        let mut bytes = code_before(2);
        let length = bytes.len();
        // The bytes before the function are whatever they are; it begins at ip, or three bytes before it.
        assert!(missed(&bytes, IP).is_some());
        bytes[length - 4] = PADDING;
        bytes[length - 3..].copy_from_slice(&[0x48, 0x8b, 0x01]);
        assert_eq!(missed(&bytes, IP), None);
        let mut bytes = code_before(2);
        bytes[length - 1] = PADDING;
        assert_eq!(missed(&bytes, IP - 3), None);
    }

    /// Whether code is the body of a function with a frame.
    fn is_body(code: &[u8]) -> bool {
        let next = |at: u64| {
            let rest = code.get(usize::try_from(at - IP).ok()?..)?;
            code::decode(rest, at).filter(|instruction| !instruction.is_invalid())
        };
        in_body(next, next(IP).expect("an instruction"))
    }

    #[test]
    fn only_a_body_uses_a_frame_before_it_moves_the_stack() {
        // movzx ecx,byte ptr [rdx+289h]; mov [rsp+0D0h],rsi
        assert!(is_body(&[0x0f, 0xb6, 0x8a, 0x89, 2, 0, 0, 0x48, 0x89, 0xb4, 0x24, 0xd0, 0, 0, 0]));
        // mov rdi,[rcx]; sub rsp,28h; mov [rsp+50h],rax: a prolog
        assert!(!is_body(&[0x48, 0x8b, 0x39, 0x48, 0x83, 0xec, 0x28, 0x48, 0x89, 0x44, 0x24, 0x50]));
        // mov rdi,[rcx]; mov [rsp+8],rax: the beginning of a function, or a leaf
        assert!(!is_body(&[0x48, 0x8b, 0x39, 0x48, 0x89, 0x44, 0x24, 0x08]));
        // mov rdi,[rcx]; pop rbx; ret: an epilog
        assert!(!is_body(&[0x48, 0x8b, 0x39, 0x5b, 0xc3]));
    }
}
