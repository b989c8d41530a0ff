//! One line a symbol.

use super::rows::{Rows, Show};
use crate::command::Context;
use crate::command::show::symbol_text::words;
use crate::command::symbols::ln::known_words;
use crate::debuggee::Module;
use crate::output::{Action, Cell, Field, Record, Role};
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
    let follow = match (is_data(symbol.kind), &typed) {
        (true, Some(_)) => Action::Type(full.as_str().into()),
        (true, None) => Action::Pointers(address),
        (false, _) => Action::Code(address),
    };
    let origin = match symbol.kind {
        SymbolKind::Function | SymbolKind::Data | SymbolKind::Inline => "prv ",
        _ => "pub ",
    };
    let size = Cell::new(size.map(Field::Hex)).absent("0").right(4).role(Role::Value);
    let record = head(origin, kind_word(symbol.kind), address, options);
    let record = fact(blank(record, options.verbose), "size", size, options.verbose);
    if options.show == Show::Addresses {
        return record.field("name", full);
    }
    let record = blank(record, options.show != Show::Names);
    let record = match typed.filter(|_| options.types) {
        Some((id, types)) => {
            record.cell("type", Cell::new(c_name(&**types, id)).role(Role::Label)).label(" ")
        }
        None => record,
    };
    let shown = if options.quoted { format!("@!\"{full}\"") } else { full.clone() };
    let record = record.cell("name", Cell::new(full).shown(shown).role(Role::Symbol).link(follow));
    match (options.show, symbol.kind) {
        (Show::All, SymbolKind::Inline) => with_caller(record, symbol.rva, module, context),
        (Show::All, _) => {
            let words = words(symbol, address, types, &context.session.target);
            blank(record, !(options.tight && words.starts_with('('))).cell("text", words)
        }
        _ => record,
    }
}

/// What every row begins with: where the name comes from and what it stands for, and its address, as far as they are shown.
fn head(origin: &str, kind: &'static str, address: u64, options: &Rows) -> Record {
    let record = Record::new("symbol");
    let kind = Cell::new(kind).left(6).role(Role::Label);
    let record = match options.verbose {
        true => record.label(origin).cell("kind", kind).label(" "),
        false => fact(record, "kind", kind, false),
    };
    fact(record, "address", Cell::new(Field::Address(address)), options.show != Show::Names)
}

/// Adds a fact, which is perhaps not shown.
fn fact(record: Record, key: &'static str, cell: Cell, is_shown: bool) -> Record {
    if is_shown { record.cell(key, cell) } else { record.field(key, cell.field().clone()) }
}

fn blank(record: Record, is_wanted: bool) -> Record {
    if is_wanted { record.text(" ") } else { record }
}

/// Adds ` =  (inline caller) drv!Outer+66`: the function whose code an inlined one became part of; the number is
/// hexadecimal, which the debugger's documentation shows without a prefix.
fn with_caller(record: Record, rva: u32, module: &Module, context: &Context<'_>) -> Record {
    let symbols = context.session.target.module_symbols(module);
    let outer = symbols.names.as_ref().and_then(|names| names.nearest(rva));
    let name = outer.as_ref().map_or(module.name.clone(), |outer| format!("{}!{}", module.name, outer.name));
    let offset = u64::from(outer.map_or(rva, |outer| rva.wrapping_sub(outer.rva)));
    let plus = if offset == 0 { String::new() } else { format!("+{offset:x}") };
    record
        .text(" =  (inline caller) ")
        .cell("caller", name)
        .cell("caller_offset", Cell::new(Field::Hex(offset)).shown(plus).role(Role::Text))
}

/// The row of a variable that the debugger data block places.
pub(super) fn known(
    module: &Module,
    name: &str,
    address: u64,
    options: &Rows,
    context: &Context<'_>,
) -> Record {
    let full = Cell::new(format!("{}!{name}", module.name));
    let full = full.role(Role::Symbol).link(Action::Pointers(address));
    let record = head("pub ", "global", address, options);
    if options.show == Show::Addresses {
        return fact(record, "name", full, false);
    }
    let record = blank(record, options.show != Show::Names).cell("name", full);
    match options.show {
        Show::All => record.text(" ").cell("text", known_words(&context.session.target, name, address)),
        _ => record,
    }
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
