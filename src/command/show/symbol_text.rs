//! What stands after a symbol's name in `x` and `ln`: parameters of a function, the value of a variable.

use super::typed::{signature, with_view};
use crate::debuggee::Target;
use crate::symbols::source::{Symbol, SymbolKind};
use crate::symbols::types::format::number::quoted;
use crate::symbols::types::format::value::value;
use crate::symbols::types::format::words::{Style, c_name};
use crate::symbols::types::format::{ValueKind, View};
use crate::symbols::types::{BaseKind, Type, TypeId, TypeSource};
use crate::util::bits::extend;
use crate::util::hex;
use std::sync::Arc;

/// The words after the name of a symbol that stands at `address`.
pub fn words(
    symbol: &Symbol<'_>,
    address: u64,
    types: Option<&Arc<dyn TypeSource>>,
    target: &Target,
) -> String {
    match symbol.ty.zip(types).filter(|_| symbol.kind == SymbolKind::Data) {
        Some((id, types)) => {
            let text = with_view(target, &**types, |view| data(view, id, address));
            format!("= {}", text.trim_end())
        }
        None => signature(symbol, types.map(|types| &**types)),
    }
}

/// A variable's value; of a structure its type, and what it is in short where it has a short form (`[ a - b ]`).
pub fn data(view: &View<'_>, id: TypeId, address: u64) -> String {
    let shown = value(view, id, address, Style::PLAIN);
    let name = || c_name(view.source, id);
    match view.source.get(id) {
        Some(Type::Udt(_)) => {
            let own = shown.beside.map(|beside| format!(" {}", beside.text())).unwrap_or_default();
            format!("{}{own}", name())
        }
        Some(Type::Array { .. }) => match shown.quotation() {
            Some(text) => format!("{} {text}", name()),
            None => name(),
        },
        Some(Type::Pointer { .. }) => match (shown.kind, shown.quotation()) {
            (ValueKind::Pointer(to), None) => format!("0x{}", hex::tick(to)),
            (ValueKind::Pointer(to), Some(text)) => format!("0x{} {text}", hex::tick(to)),
            _ => shown.text,
        },
        Some(Type::Base(base)) if shown.kind == ValueKind::Number && base.size == 1 => {
            match (base.kind, view.byte(address)) {
                (BaseKind::Char, Some(raw)) => {
                    format!("0n{} {}", extend(u64::from(raw), 8), quoted(u64::from(raw)))
                }
                (BaseKind::UChar, Some(raw)) => format!("0x{raw:02x} {}", quoted(u64::from(raw))),
                _ => shown.text,
            }
        }
        _ => shown.text,
    }
}
