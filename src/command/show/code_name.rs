//! What code at an address is called where functions were inlined, and the source line that it came from.

use crate::command::Context;
use crate::debuggee::Target;
use crate::symbols::source::InlineFrame;

/// The name of code at an address: `drv!Inner+0x16 [inlined in drv!Outer+0x47]`, or as [`Context::symbol_text`] has it.
pub fn code_text(address: u64, context: &Context<'_>) -> Option<String> {
    match innermost(&context.session.target, address) {
        Some(inner) => Some(inlined_text(&inner.name, Some(u64::from(inner.offset)), address, context)),
        None => context.symbol_text(address),
    }
}

/// What the instruction that a set of registers stands at is called: of the functions that are inlined there each frame
/// stands in its own, so the selected one decides.
pub fn stands_in(address: u64, context: &Context<'_>) -> Option<String> {
    let selected = context.session.focus.frame.as_ref().filter(|selected| selected.frame.ip == address);
    match selected.map(|selected| &selected.frame.inline) {
        None => code_text(address, context),
        Some(None) => context.symbol_text(address),
        Some(Some(inline)) => {
            let offset = inline.begin.map(|begin| address.wrapping_sub(begin));
            Some(inlined_text(&inline.name, offset, address, context))
        }
    }
}

/// `drv!Inner+0x16 [inlined in drv!Outer+0x47]` for a function that is inlined at an address, `offset` bytes from where
/// its code begins there.
fn inlined_text(name: &str, offset: Option<u64>, address: u64, context: &Context<'_>) -> String {
    let module = context.session.target.modules().at(address);
    let module = module.map(|module| format!("{}!", module.name)).unwrap_or_default();
    let offset =
        offset.filter(|&offset| offset != 0).map(|offset| format!("+{offset:#x}")).unwrap_or_default();
    let outer =
        context.symbol_text(address).map(|outer| format!(" [inlined in {outer}]")).unwrap_or_default();
    format!("{module}{name}{offset}{outer}")
}

fn innermost(target: &Target, address: u64) -> Option<InlineFrame> {
    let module = target.modules().at(address)?;
    let rva = u32::try_from(address.checked_sub(module.base)?).ok()?;
    target.module_symbols(module).names.as_ref()?.inline_chain(rva).into_iter().next()
}

/// ` [file @ line]` for an address whose source line is known.
pub fn source_text(address: u64, target: &Target) -> Option<String> {
    let module = target.modules().at(address)?;
    let rva = u32::try_from(address.checked_sub(module.base)?).ok()?;
    let line = target.module_symbols(module).names.as_ref()?.line(rva)?;
    Some(format!(" [{} @ {}]", line.file, line.line))
}
