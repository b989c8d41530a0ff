//! What commands of symbols and types share: signatures, values as spans, and what is said of the types' source.

use crate::command::{CommandError, Context};
use crate::debuggee::{FoundType, Module, Target};
use crate::memory::Memory;
use crate::output::{Action, Line, Role, Span};
use crate::symbols::layouts::Version;
use crate::symbols::source::{Symbol, SymbolKind};
use crate::symbols::types::format::value::value;
use crate::symbols::types::format::words::{Detail, Style, c_name};
use crate::symbols::types::format::{FieldLine, FormatOptions, Value, ValueKind, View};
use crate::symbols::types::{Exactness, Type, TypeSource};
use crate::util::bounded::slice;

/// What stands after a symbol's name in `x` and `ln`: parameters of a function, the lack of a type.
pub fn signature(symbol: &Symbol<'_>, types: Option<&dyn TypeSource>) -> String {
    let ty = symbol.ty.zip(types).and_then(|(id, types)| Some((types, types.get(id)?)));
    match (symbol.kind, ty) {
        (_, Some((types, Type::Function(function)))) => {
            let parameters: Vec<String> = function.parameters.iter().map(|&id| c_name(types, id)).collect();
            match parameters.is_empty() {
                true => "(void)".to_owned(),
                false => format!("({})", parameters.join(", ")),
            }
        }
        (SymbolKind::PublicData, _) => "= <no type information>".to_owned(),
        (SymbolKind::Data, _) => "= <type information missing>".to_owned(),
        _ => "(<no parameter info>)".to_owned(),
    }
}

/// Does something with a view of a type's source over the target's memory.
pub fn with_view<T>(target: &Target, source: &dyn TypeSource, run: impl FnOnce(&View<'_>) -> T) -> T {
    with_view_reading(target, source, &|address, buffer| target.memory().read(address, buffer).is_ok(), run)
}

/// Like [`with_view`], with the `size` bytes at physical address `start` laid over [`physical_place`]; what they point
/// to is virtual.
pub fn with_physical_view<T>(
    target: &Target,
    source: &dyn TypeSource,
    start: u64,
    size: u64,
    run: impl FnOnce(&View<'_>) -> T,
) -> T {
    let place = physical_place(start);
    let read = |address: u64, buffer: &mut [u8]| match target.physical() {
        Some(memory) if (place..place.saturating_add(size)).contains(&address) => {
            memory.read(address - NOWHERE, buffer).is_ok()
        }
        _ => target.memory().read(address, buffer).is_ok(),
    };
    with_view_reading(target, source, &read, run)
}

/// The address that stands for a physical one in [`with_physical_view`].
pub fn physical_place(address: u64) -> u64 {
    NOWHERE | address & (NOWHERE - 1)
}

/// The physical address that an address of [`with_physical_view`] stands for.
pub fn physical_address(place: u64) -> u64 {
    place & (NOWHERE - 1)
}

fn with_view_reading<T>(
    target: &Target,
    source: &dyn TypeSource,
    read: &dyn Fn(u64, &mut [u8]) -> bool,
    run: impl FnOnce(&View<'_>) -> T,
) -> T {
    let symbol = |address: u64| {
        let named = target.name_address(address)?;
        // A function pointer that hits its target exactly is written with `+0`.
        Some(match named.offset {
            0 => format!("{}+0", named.name()),
            _ => named.text(),
        })
    };
    let class_member = |name: &str| {
        let holds = |module: &&Module| {
            let symbols = target.symbols().loaded(module);
            symbols
                .and_then(|symbols| symbols.types.clone())
                .is_some_and(|types| std::ptr::addr_eq(&*types, source))
        };
        let module = target.modules_at_hand().find(holds)?;
        Some(target.variable(&format!("{}!{name}", module.name))?.0)
    };
    run(&View::new(source, read, &symbol, &class_member))
}

/// Where bytes stand that have no address of their own: no canonical address, so nothing of the dump is there.
const NOWHERE: u64 = 1 << 63;

/// The value of a type made of bytes that were gathered from registers or memory.
pub fn with_bytes(target: &Target, ty: &FoundType, bytes: &[u8]) -> Value {
    let read = |address: u64, buffer: &mut [u8]| match address.checked_sub(NOWHERE) {
        Some(offset) if offset < bytes.len() as u64 => {
            let part = slice(bytes, offset as usize, buffer.len());
            part.map(|part| buffer.copy_from_slice(part)).is_some()
        }
        _ => target.memory().read(address, buffer).is_ok(),
    };
    let symbol = |address: u64| Some(target.name_address(address)?.text());
    let view = View::new(&*ty.source, &read, &symbol, &|_| None);
    let style = Style { detail: Detail::Plain, level: 0 };
    value(&view, ty.id, NOWHERE, style)
}

/// A line of a layout with its roles, and links to what can be followed.
pub fn field_line(line: &FieldLine, options: &FormatOptions, found: &FoundType) -> Line {
    Line::new().label(line.lead(options)).span(value_span(&line.value, &found.of(line.ty), line.address))
}

/// A value with its role; a pointer or an embedded structure can be followed.
pub fn value_span(value: &Value, ty: &FoundType, address: Option<u64>) -> Span {
    let role = match value.kind {
        ValueKind::Pointer(_) => Role::Address,
        ValueKind::Code(_) => Role::Symbol,
        ValueKind::Unreadable => Role::Unreadable,
        _ => Role::Value,
    };
    let span = Span::new(role, &value.text);
    let action = match (value.kind, ty.get()) {
        (ValueKind::Code(to), _) if to != 0 => Some(Action::Code(to)),
        (ValueKind::Pointer(to), Some(Type::Pointer { target, .. })) if to != 0 => {
            Some(match ty.source.get(target) {
                Some(Type::Udt(udt)) => Action::object(format!("{}!{}", ty.module, udt.name), to),
                _ => Action::Numbers(to),
            })
        }
        (_, Some(Type::Udt(udt))) if !udt.name.starts_with('<') => {
            let name = format!("{}!{}", ty.module, udt.name);
            Some(match address {
                Some(address) => Action::object(name, address),
                None => Action::Type(name.into()),
            })
        }
        _ => None,
    };
    match action {
        Some(action) => span.with_action(action),
        None => span,
    }
}

/// Says, once a command, that a layout is built in and of which build, and what was corrected in it.
pub fn note_layout(found: &FoundType, context: &mut Context<'_>) -> Result<(), CommandError> {
    let remarks = found.source.remarks(found.id);
    let target = &context.session.target;
    let here = match target.kernel_version() {
        Version([major, minor, build, 0]) => format!("{major}.{minor}.{build}, revision unknown"),
        version => version.to_string(),
    };
    let text = match (found.source.exactness(), remarks.is_empty()) {
        (Exactness::Exact, true) => return Ok(()),
        (Exactness::BuiltIn(build), true) => {
            format!("Note: built-in layout of {build}, the dump's own build")
        }
        (Exactness::Nearest(build), _) => format!("Note: built-in layout of {build} (this dump: {here})"),
        (Exactness::Exact | Exactness::BuiltIn(_), false) => format!("Note: {}", found.source.type_origin()),
    };
    context.out.emit(Line::new().role(Role::Dim, text))?;
    for remark in remarks {
        context.out.emit(Line::new().role(Role::Dim, format!("Note: {remark}")))?;
    }
    Ok(())
}

/// A module by name.
///
/// # Errors
/// There is none of that name.
pub fn module_named(name: &str, context: &Context<'_>) -> Result<Module, CommandError> {
    let found = context.session.target.modules().named(name).cloned();
    found.ok_or_else(|| CommandError::Argument(format!("no module is called '{name}'; lm lists them")))
}
