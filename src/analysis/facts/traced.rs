//! Where a bad pointer came from: the memory out of which the faulting function took it, and whose that memory is.
//!
//! Only what the code proves: the one instruction that loaded the register on the way to the fault, an address made of
//! registers that nothing changed since, and memory that still holds the value.

use super::modules::{described, origin_word, place};
use super::scene::{Access, Scene};
use super::{Crash, Fact, Value, code, pool};
use crate::kernel::pool::classify;
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::Registers;
use iced_x86::{FlowControl, Instruction, Mnemonic, OpKind, Register};

/// Room at the bottom of a caller's frame that belongs to whom it calls (x64 calling convention: home of four arguments).
const HOME: u64 = 0x20;

/// `traced`: the place that the bad pointer was loaded from, with the module whose memory that is.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let fault = scene.fault.as_ref()?;
    let operand = fault.operand.as_ref()?;
    let is_access = matches!(fault.access, Access::Read | Access::Write | Access::Protection);
    let [(name, Some(value))] = operand.registers.as_slice() else { return None };
    let reaches = |at: u64| fault.address.is_none_or(|address| address.wrapping_sub(at) < operand.size);
    if !is_access || !operand.address.is_some_and(reaches) {
        return None;
    }
    let function = code::function(crash.scope.target(), fault.ip)?;
    let register = *fault.instruction.as_ref().map(base)?.as_ref()?;
    let source = source(&function, fault.ip, register, &fault.registers)?;
    if crash.scope.memory().u64(source.address).ok()? != *value {
        return None;
    }
    let fact = Fact::new("traced")
        .with("address", Value::Address(source.address))
        .with("value", Value::Address(*value))
        .with("register", name.as_str())
        .with("instruction", code::text(&source.instruction))
        .with("loaded_at", place(crash.scope.target(), source.instruction.ip()));
    of_memory(crash, scene, source.address, fact)
}

/// The base register of the memory that an instruction accesses.
fn base(instruction: &Instruction) -> Option<Register> {
    let base = instruction.memory_base();
    base.is_gpr64().then_some(base)
}

/// Where a register was loaded from.
struct Source {
    instruction: Instruction,
    address: u64,
}

/// The load that gave a register its value at `ip`, if it is the only one that can have, and what it loaded from.
fn source(function: &[Instruction], ip: u64, register: Register, registers: &Registers) -> Option<Source> {
    let end = function.iter().position(|step| step.ip() == ip)?;
    let mut wanted = register;
    let mut at = end;
    let load = loop {
        at = at.checked_sub(1)?;
        let step = function.get(at)?;
        if !code::changes(step, wanted) {
            continue;
        }
        let is_move = step.mnemonic() == Mnemonic::Mov && step.op0_register() == wanted;
        match step.op1_kind() {
            OpKind::Memory if is_move => break *step,
            OpKind::Register if is_move => wanted = step.op1_register(),
            _ => return None,
        }
    };
    let between = function.get(at + 1..end)?;
    // Another way to the fault would bring another value. A loop comes later than the load: with the value that memory still
    // holds, its first turn ended here.
    let enters = |step: &Instruction| {
        let to = step.near_branch_target();
        to > load.ip() && to <= ip && step.ip() < ip
    };
    let is_only_way = !function.iter().any(enters)
        && between.iter().all(|step| {
            matches!(
                step.flow_control(),
                FlowControl::Next
                    | FlowControl::ConditionalBranch
                    | FlowControl::Call
                    | FlowControl::IndirectCall
            )
        });
    let makes = [load.memory_base(), load.memory_index()];
    let is_same = |register: Register| {
        register == Register::None
            || register == Register::RIP
            || std::iter::once(&load).chain(between).all(|step| !code::changes(step, register))
    };
    if !is_only_way || !makes.into_iter().all(is_same) {
        return None;
    }
    let operand = code::operand(&load, registers)?;
    (operand.size == 8).then_some(Source { instruction: load, address: operand.address? })
}

/// Whose memory the place is: a module's own data, a frame's locals, a block of pool. `None` where that is not known.
fn of_memory(crash: &Crash<'_>, scene: &Scene, at: u64, fact: Fact) -> Option<Fact> {
    let target = crash.scope.target();
    if target.modules().at(at).is_some() {
        let fact = described(fact.with("in", "data"), target, at);
        return Some(fact.worded("evidence.traced_data").link(Action::Pointers(at)));
    }
    let in_frame = scene
        .frames
        .iter()
        .find(|frame| frame.caller_sp.is_some_and(|end| (frame.sp.saturating_add(HOME)..end).contains(&at)));
    if let Some(frame) = in_frame {
        let fact = described(fact.with("in", "frame"), target, frame.ip);
        return Some(fact.worded("evidence.traced_frame").link(Action::Frame(frame.number)));
    }
    let found = classify(crash.scope, at).ok()?;
    let block = found.block()?;
    let owner = pool::with_owner(crash, pool::of_block(crash, "traced", at, block), block);
    let of = |name: &str| owner.get(name).cloned();
    let module = target.modules().iter().find(|module| of("module") == Some(module.name.as_str().into()));
    let fact = fact
        .with("in", "pool")
        .with("block", Value::Address(block.address))
        .with("tag", of("tag").unwrap_or_else(|| "?".into()))
        .with("state", of("state").unwrap_or_else(|| "?".into()))
        .with("origin", module.map_or("unknown", |module| origin_word(target, module)));
    let fact = match module {
        Some(module) => fact.with("module", module.name.as_str()).with("image", module.image_name.as_str()),
        None => fact,
    };
    let key = if module.is_some() { "evidence.traced_pool" } else { "evidence.traced_block" };
    Some(fact.worded(key).link(Action::Pool(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unwind::Origin;

    const BEGIN: u64 = 0xffff_f800_0000_1000;

    /// Where rax came from at the last instruction, with rbx and rcx known.
    fn traced(bytes: &[u8]) -> Option<u64> {
        traced_at(bytes, bytes.len() - 2)
    }

    fn traced_at(bytes: &[u8], fault: usize) -> Option<u64> {
        let steps = code::steps(bytes, BEGIN);
        let mut registers = Registers::default();
        registers.set_general(3, 0xffff_8000_0000_0100, Origin::Context);
        registers.set_general(1, 0xffff_8000_0000_0200, Origin::Context);
        source(&steps, BEGIN + fault as u64, Register::RAX, &registers).map(|source| source.address)
    }

    #[test]
    fn a_pointer_is_traced_to_the_load_that_brought_it() {
        // mov rax,[rbx+10h]; test ecx,ecx; mov edx,[rax]
        assert_eq!(traced(&[0x48, 0x8b, 0x43, 0x10, 0x85, 0xc9, 0x8b, 0x10]), Some(0xffff_8000_0000_0110));
        // mov rdx,[rbx+10h]; mov rax,rdx; mov edx,[rax]
        let copied = [0x48, 0x8b, 0x53, 0x10, 0x48, 0x89, 0xd0, 0x8b, 0x10];
        assert_eq!(traced(&copied), Some(0xffff_8000_0000_0110));
    }

    #[test]
    fn the_first_turn_of_a_loop_uses_what_was_loaded() {
        // mov rax,[rbx+10h]; mov edx,[rax]; sub rax,18h; jmp to the second
        let code = [0x48, 0x8b, 0x43, 0x10, 0x8b, 0x10, 0x48, 0x83, 0xe8, 0x18, 0xeb, 0xf8];
        assert_eq!(traced_at(&code, 4), Some(0xffff_8000_0000_0110));
    }

    #[test]
    fn what_may_have_come_another_way_is_not_traced() {
        // mov rax,[rbx+10h]; add rax,8; mov edx,[rax]: computed
        assert_eq!(traced(&[0x48, 0x8b, 0x43, 0x10, 0x48, 0x83, 0xc0, 0x08, 0x8b, 0x10]), None);
        // mov rax,[rcx]; call +0; mov edx,[rax]: rax is the called function's
        assert_eq!(traced(&[0x48, 0x8b, 0x01, 0xe8, 0, 0, 0, 0, 0x8b, 0x10]), None);
        // mov rax,[rbx]; mov rbx,rcx; mov edx,[rax]: rbx is another now
        assert_eq!(traced(&[0x48, 0x8b, 0x03, 0x48, 0x89, 0xcb, 0x8b, 0x10]), None);
        // mov rax,[rax+8]; mov edx,[rax]: its own base is gone
        assert_eq!(traced(&[0x48, 0x8b, 0x40, 0x08, 0x8b, 0x10]), None);
        // jz to the last; mov rax,[rbx]; mov edx,[rax]: two ways lead there
        assert_eq!(traced(&[0x74, 0x03, 0x48, 0x8b, 0x03, 0x8b, 0x10]), None);
        // mov eax,[rbx]; mov edx,[rax]: half a pointer
        assert_eq!(traced(&[0x8b, 0x03, 0x8b, 0x10]), None);
    }
}
