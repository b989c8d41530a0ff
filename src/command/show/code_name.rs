//! What code at an address is called where functions were inlined, and the source line that it came from.

use crate::command::Context;
use crate::debuggee::Target;
use crate::output::{Cell, Record, Role};
use crate::symbols::source::{InlineFrame, SourceLine};

/// What code is called.
pub struct CodeName {
    /// `drv!Inner+0x16 [inlined in drv!Outer+0x47]`, or as [`Context::symbol_text`] has it.
    pub text: String,
    /// The functions alone, without distances, which change from instruction to instruction.
    pub functions: Vec<String>,
}

/// The name of code at an address.
pub fn code_name(address: u64, context: &Context<'_>) -> Option<CodeName> {
    match innermost(&context.session.target, address) {
        Some(inner) => Some(inlined(&inner.name, Some(u64::from(inner.offset)), address, context)),
        None => plain(address, context),
    }
}

/// What the instruction that a set of registers stands at is called: of the functions that are inlined there each frame
/// stands in its own, so the selected one decides.
pub fn stands_in(address: u64, context: &Context<'_>) -> Option<CodeName> {
    let selected = context.session.focus.frame.as_ref().filter(|selected| selected.frame.ip == address);
    match selected.map(|selected| &selected.frame.inline) {
        None => code_name(address, context),
        Some(None) => plain(address, context),
        Some(Some(inline)) => {
            let offset = inline.begin.map(|begin| address.wrapping_sub(begin));
            Some(inlined(&inline.name, offset, address, context))
        }
    }
}

fn plain(address: u64, context: &Context<'_>) -> Option<CodeName> {
    let named = context.named(address)?;
    Some(CodeName { text: named.text(), functions: vec![named.name()] })
}

/// A function that is inlined at an address, `offset` bytes from where its code begins there.
fn inlined(name: &str, offset: Option<u64>, address: u64, context: &Context<'_>) -> CodeName {
    let module = context.session.target.modules().at(address);
    let inner = format!("{}{name}", module.map(|module| format!("{}!", module.name)).unwrap_or_default());
    let offset =
        offset.filter(|&offset| offset != 0).map(|offset| format!("+{offset:#x}")).unwrap_or_default();
    match context.named(address) {
        Some(outer) => CodeName {
            text: format!("{inner}{offset} [inlined in {}]", outer.text()),
            functions: vec![inner, outer.name()],
        },
        None => CodeName { text: format!("{inner}{offset}"), functions: vec![inner] },
    }
}

fn innermost(target: &Target, address: u64) -> Option<InlineFrame> {
    let module = target.modules().at(address)?;
    let rva = u32::try_from(address.checked_sub(module.base)?).ok()?;
    target.module_symbols(module).names.as_ref()?.inline_chain(rva).into_iter().next()
}

/// The source line that an address came from, where private symbols tell.
pub fn source_line(address: u64, target: &Target) -> Option<SourceLine> {
    let module = target.modules().at(address)?;
    let rva = u32::try_from(address.checked_sub(module.base)?).ok()?;
    target.module_symbols(module).names.as_ref()?.line(rva)
}

/// Adds a source line as facts; ` [file @ line]` shows them where that is wanted.
pub fn with_source(record: Record, file: &str, line: u32, shown: bool) -> Record {
    let mark = |record: Record, text: &str| if shown { record.role(Role::Dim, text) } else { record };
    let record = mark(record, " [").cell_where(shown, "file", Cell::new(file).role(Role::Dim));
    mark(mark(record, " @ ").cell_where(shown, "line", Cell::new(line).role(Role::Dim)), "]")
}
