//! From memory to an instruction, for either machine.

use super::instruction::Instruction;
use super::{Shown, arm64, x64};
use crate::command::Context;
use crate::dump::Machine;
use crate::memory::Memory;
use crate::util::hex;

/// The longest x64 instruction.
pub const MAX_LENGTH: usize = 15;

/// The instruction at `address`; `None` where memory cannot be read. Bytes that are no instruction decode to `???`.
pub fn decode(context: &Context<'_>, address: u64) -> Option<Instruction> {
    decode_as(context, address, Shown::Whole)
}

/// The same, showing so much of it.
pub fn decode_as(context: &Context<'_>, address: u64, shown: Shown) -> Option<Instruction> {
    let target = &context.session.target;
    let mut bytes = [0u8; MAX_LENGTH];
    let (read, _) = target.memory().read_partial(address, &mut bytes);
    let bytes = bytes.get(..read).filter(|bytes| !bytes.is_empty())?;
    let symbol = |address| {
        let name = context.symbol_text(address)?;
        Some(if shown == Shown::Whole { with_address(&name, address) } else { name })
    };
    match target.machine() {
        Machine::Arm64 => arm64::decode(bytes, address, &symbol),
        Machine::I386 => x64::decode(bytes, address, 32, &symbol),
        _ => x64::decode(bytes, address, 64, &symbol),
    }
}

/// `nt!KeBugCheckEx (fffff807`61400000)`: a place by its name and its address.
pub fn with_address(name: &str, address: u64) -> String {
    format!("{name} ({})", hex::tick(address))
}
