//! One line a symbol.

use super::rows::{Rows, Show};
use crate::command::Context;
use crate::command::show::symbol_text::words;
use crate::command::symbols::ln::known_words;
use crate::debuggee::Module;
use crate::output::{Action, Field, Line, Record, Role};
use crate::symbols::source::{InlineSite, Symbol, SymbolKind};
use crate::symbols::types::TypeSource;
use crate::symbols::types::format::words::c_name;
use std::sync::Arc;

/// Whether a kind stands for data.
pub(super) fn is_data(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Data | SymbolKind::PublicData)
}

/// A symbol's size: its own, or its type's.
pub(super) fn size(symbol: &Symbol<'_>, types: Option<&dyn TypeSource>) -> Option<u64> {
    let own = symbol.size.filter(|&size| size > 0).map(u64::from);
    own.or_else(|| types?.size_of(symbol.ty?).filter(|&size| size > 0))
}

/// A place where a function was inlined, as a symbol among others.
pub(super) fn inlined(site: &InlineSite) -> Symbol<'_> {
    Symbol {
        name: &site.name,
        decorated: None,
        rva: site.rva,
        size: None,
        kind: SymbolKind::Inline,
        ty: None,
    }
}

/// A symbol's row.
pub(super) fn row(
    symbol: &Symbol<'_>,
    module: &Module,
    types: Option<&Arc<dyn TypeSource>>,
    options: &Rows,
    context: &Context<'_>,
) -> Record {
    let address = module.base.wrapping_add(u64::from(symbol.rva));
    let full = format!("{}!{}", module.name, symbol.name);
    let size = size(symbol, types.map(|types| &**types));
    let typed = symbol.ty.zip(types).filter(|_| symbol.kind == SymbolKind::Data);
    let record = Record::new("symbol")
        .field("address", Field::Hex(address))
        .field("name", full.as_str())
        .field("kind", kind_word(symbol.kind))
        .field("size", size.map(Field::Hex));
    let shown = match options.quoted {
        true => format!("@!\"{full}\""),
        false => full,
    };
    let follow = match (is_data(symbol.kind), &typed) {
        (true, Some(_)) => Action::Type(format!("{}!{}", module.name, symbol.name).into()),
        (true, None) => Action::Pointers(address),
        (false, _) => Action::Code(address),
    };
    let mut line = Line::new();
    if options.verbose {
        let origin = match symbol.kind {
            SymbolKind::Function | SymbolKind::Data | SymbolKind::Inline => "prv",
            _ => "pub",
        };
        line = line.label(format!("{origin} {:<6} ", kind_word(symbol.kind)));
    }
    if options.show != Show::Names {
        line = line.address(address);
    }
    if options.verbose {
        line = line.value(format!(" {:>4x}", size.unwrap_or(0)));
    }
    if options.show == Show::Addresses {
        return record.line(line);
    }
    if options.show != Show::Names {
        line = line.text(" ");
    }
    if let (true, Some((id, types))) = (options.types, typed) {
        line = line.label(format!("{} ", c_name(&**types, id)));
    }
    line = line.link(Role::Symbol, shown, follow);
    if options.show != Show::All {
        return record.line(line);
    }
    let (record, words) = match symbol.kind {
        SymbolKind::Inline => with_caller(record, symbol.rva, module, context),
        _ => (record, words(symbol, address, types, &context.session.target)),
    };
    let blank = if options.tight && words.starts_with('(') { "" } else { " " };
    record.line(line.text(format!("{blank}{words}")))
}

/// `=  (inline caller) drv!Outer+66`: the function whose code an inlined one became part of; the number is
/// hexadecimal, which the debugger's documentation shows without a prefix.
fn with_caller(record: Record, rva: u32, module: &Module, context: &Context<'_>) -> (Record, String) {
    let symbols = context.session.target.module_symbols(module);
    let outer = symbols.names.as_ref().and_then(|names| names.nearest(rva));
    let name = outer.as_ref().map_or(module.name.clone(), |outer| format!("{}!{}", module.name, outer.name));
    let offset = u64::from(outer.map_or(rva, |outer| rva.wrapping_sub(outer.rva)));
    let words = match offset {
        0 => format!("=  (inline caller) {name}"),
        _ => format!("=  (inline caller) {name}+{offset:x}"),
    };
    (record.field("caller", name).field("caller_offset", Field::Hex(offset)), words)
}

/// The row of a variable that the debugger data block places.
pub(super) fn known(
    module: &Module,
    name: &str,
    address: u64,
    options: &Rows,
    context: &Context<'_>,
) -> Record {
    let full = format!("{}!{name}", module.name);
    let record = Record::new("symbol")
        .field("address", Field::Hex(address))
        .field("name", full.as_str())
        .field("kind", "global");
    let mut line = Line::new();
    if options.verbose {
        line = line.label("pub global ");
    }
    if options.show != Show::Names {
        line = line.address(address);
    }
    if options.show == Show::Addresses {
        return record.line(line);
    }
    if options.show != Show::Names {
        line = line.text(" ");
    }
    line = line.link(Role::Symbol, full, Action::Pointers(address));
    if options.show == Show::All {
        line = line.text(format!(" {}", known_words(&context.session.target, name, address)));
    }
    record.line(line)
}

fn kind_word(kind: SymbolKind) -> &'static str {
    match kind {
        SymbolKind::Function | SymbolKind::PublicCode | SymbolKind::Export => "func",
        SymbolKind::Data | SymbolKind::PublicData => "global",
        SymbolKind::Thunk => "thunk",
        SymbolKind::Label => "label",
        SymbolKind::Inline => "inline",
    }
}
