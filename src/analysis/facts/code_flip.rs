//! Code addresses that are wrong by one bit: the processor was sent to no code, and one bit away a function begins.

use super::modules::{described, place};
use super::scene::{Access, Scene};
use super::{Crash, Fact, Value};
use crate::output::Action;
use crate::symbols::pe::FunctionLookup;

/// Within a page a neighbour is no sign of anything: padding is looked at by itself (`boundary`).
const LOWEST_BIT: u32 = 12;
/// Bits of an address, of which those above are all like the highest.
const HIGHEST_BIT: u32 = 63;

/// `code_flip`: the only function that begins one bit away from where the processor was sent.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let target = crash.scope.target();
    let fault = scene.fault.as_ref()?;
    let is_code = target.modules().at(fault.ip).is_some() && fault.access != Access::Execute;
    if is_code || target.unloaded_at(fault.ip).is_some() {
        return None;
    }
    let mut begins = (LOWEST_BIT..HIGHEST_BIT)
        .map(|bit| (bit, fault.ip ^ 1 << bit))
        .filter(|(_, meant)| is_beginning(crash, *meant));
    let (bit, meant) = begins.next()?;
    if begins.next().is_some() {
        return None;
    }
    let fact = Fact::new("code_flip")
        .with("address", Value::Address(fault.ip))
        .with("meant", Value::Address(meant))
        .with("function", place(target, meant))
        .with("bit", bit);
    Some(described(fact, target, meant).worded("evidence.code_flip").link(Action::Code(meant)))
}

/// Whether a function of some module begins there, by its table of functions.
fn is_beginning(crash: &Crash<'_>, address: u64) -> bool {
    let target = crash.scope.target();
    let begins = || {
        let module = target.modules().at(address)?;
        let image = target.image(module).ok()?;
        let rva = u32::try_from(address.checked_sub(module.base)?).ok()?;
        match image.functions()?.lookup(image.bytes(), rva) {
            FunctionLookup::Found(function) => Some(function.begin == rva),
            _ => None,
        }
    };
    begins().unwrap_or(false)
}
