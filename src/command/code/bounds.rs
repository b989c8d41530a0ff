//! Where a function begins and ends.

use crate::command::Context;
use crate::symbols::pe::headers::MACHINE_AMD64;
use crate::symbols::pe::{FunctionLookup, FunctionTable, ImageBytes, RuntimeFunction};

/// Pieces of a function that point at each other; more are a loop.
const MAX_CHAIN: usize = 32;

/// The function that an address lies in, as the image's function table or a symbol tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// Address of its first instruction.
    pub start: u64,
    /// The end of the piece that begins there, where the function table tells it: other addresses can then be told
    /// to belong to the function or not.
    pub end: Option<u64>,
}

/// The function around `address`; the address itself where nothing tells more.
pub fn function_of(context: &Context<'_>, address: u64) -> Function {
    if let Some((start, end)) = listed(context, address) {
        return Function { start, end: Some(end) };
    }
    let named = context.session.target.name_address(address).filter(|named| named.symbol.is_some());
    let start = named.map_or(address, |named| address.saturating_sub(named.offset));
    Function { start, end: None }
}

impl Function {
    /// Whether a jump to `address` stays in the function; `None` if it cannot be told.
    pub fn holds(&self, context: &Context<'_>, address: u64) -> Option<bool> {
        let end = self.end?;
        if (self.start..end).contains(&address) {
            return Some(true);
        }
        Some(listed(context, address).is_some_and(|(start, _)| start == self.start))
    }
}

/// The first piece, as (start, end), of the function that the function table lists for `address`.
fn listed(context: &Context<'_>, address: u64) -> Option<(u64, u64)> {
    let target = &context.session.target;
    let module = target.modules().at(address)?;
    let image = target.image(module).ok()?;
    let table = FunctionTable::of(image.headers())?;
    let rva = u32::try_from(address - module.base).ok()?;
    let FunctionLookup::Found(mut function) = table.lookup(image.bytes(), rva) else {
        return None;
    };
    // Only x64 entries are chained: the low bits of the others mean something else.
    let chain = if image.headers().machine == MACHINE_AMD64 { MAX_CHAIN } else { 0 };
    for _ in 0..chain {
        match primary(image.bytes(), function) {
            Some(next) => function = next,
            None => break,
        }
    }
    let place = |rva: u32| module.base.checked_add(u64::from(rva));
    Some((place(function.begin)?, place(function.end)?))
}

/// The piece that a chained piece of an x64 function belongs to: UNWIND_INFO with flag 4 ends in its entry.
fn primary(image: &impl ImageBytes, function: RuntimeFunction) -> Option<RuntimeFunction> {
    if function.unwind & 3 != 0 {
        let resolved = function.resolve(image)?;
        return (resolved != function).then_some(resolved);
    }
    let mut info = [0u8; 4];
    if !image.at_rva(function.unwind, &mut info) {
        return None;
    }
    let [version_and_flags, _, codes, _] = info;
    if version_and_flags >> 3 & 4 == 0 {
        return None;
    }
    // Codes are two bytes each, padded to an even number.
    let after = u32::from(codes).div_ceil(2) * 4;
    let entry = function.unwind.checked_add(4)?.checked_add(after)?;
    crate::symbols::pe::functions::read_entry(image, entry)
}
