//! `dt nt!_POOL*`: names that match.

use super::show;
use super::wanted::Wanted;
use crate::command::{CommandError, Context};
use crate::debuggee::{FoundType, Module};
use crate::output::{Action, Field, Line, Record, Role};
use crate::symbols::source::SymbolKind;
use crate::symbols::wildcard::Wildcard;
use crate::util::hex;
use crate::words::Message;
use std::sync::Arc;

/// Types, and variables with types, whose names match.
pub(super) fn list(wanted: &Wanted, context: &mut Context<'_>) -> Result<(), CommandError> {
    let target = &context.session.target;
    let (modules, name): (Vec<Module>, &str) = match wanted.name.split_once('!') {
        Some((module, name)) => (target.modules().matching(&Wildcard::new(module)).cloned().collect(), name),
        None => (target.modules_at_hand().cloned().collect(), &wanted.name),
    };
    if modules.is_empty() {
        return Err(CommandError::Argument(format!(
            "no module matches '{}'",
            wanted.name.split_once('!').map_or("*", |(module, _)| module)
        ))
        .hinting(Message::new("hint.modules")));
    }
    let pattern = Wildcard::new(name);
    let detailed = (wanted.options.verbose || wanted.size.is_some()) && !wanted.each;
    if detailed {
        context.out.emit(Line::of(format!("Enumerating symbols matching {}", wanted.name)))?;
        context.out.emit(Line::of("Address             Size Symbol"))?;
    }
    for module in modules {
        types(&module, &pattern, wanted, detailed, context)?;
        if !wanted.types_only && !wanted.each {
            variables(&module, &pattern, wanted, detailed, context)?;
        }
    }
    Ok(())
}

fn types(
    module: &Module,
    pattern: &Wildcard,
    wanted: &Wanted,
    detailed: bool,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let symbols = context.session.target.module_symbols(module);
    let Some(types) = &symbols.types else {
        return Ok(());
    };
    for name in types.type_names(pattern) {
        let size = types.find(&name).and_then(|id| types.size_of(id));
        if wanted.size.is_some() && size != wanted.size {
            continue;
        }
        if wanted.each {
            let found = types.find(&name).map(|id| FoundType {
                module: module.name.clone(),
                base: module.base,
                source: Arc::clone(types),
                id,
            });
            if let Some(found) = found {
                context.out.emit(Line::of(format!("{}!{name}", module.name)))?;
                show(&Wanted { each: false, ..wanted.clone() }, &found, context)?;
                continue;
            }
        }
        emit(module, &name, None, detailed.then_some(size.unwrap_or(0)), context)?;
    }
    Ok(())
}

fn variables(
    module: &Module,
    pattern: &Wildcard,
    wanted: &Wanted,
    detailed: bool,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let symbols = context.session.target.module_symbols(module);
    let Some(names) = &symbols.names else {
        return Ok(());
    };
    for symbol in names.matching(pattern) {
        if !matches!(symbol.kind, SymbolKind::Data | SymbolKind::Function) || symbol.ty.is_none() {
            continue;
        }
        let size = symbol.ty.zip(symbols.types.as_ref()).and_then(|(id, types)| types.size_of(id));
        if wanted.size.is_some() && size != wanted.size {
            continue;
        }
        let address = module.base.wrapping_add(u64::from(symbol.rva));
        emit(module, symbol.name, Some(address), detailed.then_some(size.unwrap_or(0)), context)?;
    }
    Ok(())
}

fn emit(
    module: &Module,
    name: &str,
    address: Option<u64>,
    size: Option<u64>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let full = format!("{}!{name}", module.name);
    let lead = match (size, address) {
        (Some(size), Some(address)) => format!("{}   {size:03x} ", hex::tick(address)),
        (Some(size), None) => format!("{:17}   {size:03x} ", ""),
        // The reference engine's column for an address that a type has not.
        (None, Some(address)) => format!("{}  ", hex::tick(address)),
        (None, None) => " ".repeat(10),
    };
    let record = Record::new("name")
        .field("name", full.as_str())
        .field("address", address.map(Field::Hex))
        .field("size", size.map(Field::Hex));
    let follow = Action::Type(full.as_str().into());
    context.out.emit(record.line(Line::of(lead).link(Role::Symbol, full, follow)))
}
