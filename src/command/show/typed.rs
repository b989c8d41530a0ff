//! What commands of symbols and types share: signatures, values as spans, and what is said of the types' source.

use crate::command::{CommandError, Context};
use crate::debuggee::{FoundType, Module, Object, Place, Target};
use crate::memory::Memory;
use crate::output::{Action, Cell, Field, Line, Record, Role, Span};
use crate::symbols::layouts::Version;
use crate::symbols::source::{Symbol, SymbolKind};
use crate::symbols::types::format::value::value;
use crate::symbols::types::format::words::{Style, c_name};
use crate::symbols::types::format::{FieldLine, FormatOptions, Place as LinePlace, Value, ValueKind, View};
use crate::symbols::types::{Exactness, Type, TypeSource};
use crate::words::Message;

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

/// Does something with a view in which an object lies at the given address: its own where it is in memory, and otherwise
/// a place of the view's, which [`own_place`] tells from addresses. What it points to is virtual.
pub fn with_object<T>(object: &Object<'_>, run: impl FnOnce(&View<'_>, u64) -> T) -> T {
    reading(object, |read, start| {
        with_view_reading(object.scope().target(), &**object.types(), read, |view| run(view, start))
    })
}

/// The value of an object, with the names of functions that it points to as variables have them, without `+0`.
pub fn value_of(object: &Object<'_>) -> Value {
    let symbol = |address: u64| Some(object.scope().target().name_address(address)?.text());
    reading(object, |read, start| {
        let view = View::new(&**object.types(), read, &symbol, &|_| None);
        value(&view, object.type_id(), start, Style::PLAIN)
    })
}

/// Where bytes stand that have no address of their own: no canonical address, so nothing of the dump is there.
const NOWHERE: u64 = 1 << 63;

/// What reads an object's bytes and memory, and where the object lies for it.
fn reading<T>(object: &Object<'_>, run: impl FnOnce(&dyn Fn(u64, &mut [u8]) -> bool, u64) -> T) -> T {
    let (target, memory, place) = (object.scope().target(), object.scope().memory(), object.place());
    if let Some(address) = place.address() {
        return run(&|address, buffer| memory.read(address, buffer).is_ok(), address);
    }
    let start = NOWHERE | place.at & (NOWHERE - 1);
    let end = start.saturating_add(object.size().unwrap_or(0));
    let read = |address: u64, buffer: &mut [u8]| match (start..end).contains(&address) {
        true => place.plus(address - start).read(memory, target.physical(), buffer).is_ok(),
        false => memory.read(address, buffer).is_ok(),
    };
    run(&read, start)
}

/// Where a place of [`with_object`] lies in what holds the object; `None` for addresses of memory.
pub fn own_place(object: &Object<'_>, address: u64) -> Option<u64> {
    let start = NOWHERE | object.place().at & (NOWHERE - 1);
    let end = start.saturating_add(object.size().unwrap_or(0));
    let inside = object.place().address().is_none() && (start..end).contains(&address);
    inside.then_some(address & (NOWHERE - 1))
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
    run(&View::new(source, read, &symbol, &class_member).with_pointers(target.pointer_size()))
}

/// A member as a layout's line and as facts: where it is, its name, type and value, and why that cannot be read. `-v` puts
/// a structure's own text on a line of its own. `object` is what the layout lies over.
pub fn member(
    line: &FieldLine,
    options: &FormatOptions,
    found: &FoundType,
    object: Option<&Object<'_>>,
) -> Record {
    let ty = found.of(line.ty);
    let (text, own) = line.value.text.split_once('\n').unwrap_or((&line.value.text, ""));
    let place = object.zip(line.address).map(|(object, at)| match own_place(object, at) {
        Some(at) => Place { at, ..object.place().clone() },
        None => Place::memory(at),
    });
    let address = place.as_ref().and_then(Place::address);
    let value = match (line.value.kind, object.zip(place)) {
        (ValueKind::Word, _) => Field::Null,
        (ValueKind::Unreadable, Some((object, place))) => {
            let lost = object.scope().object_in(ty.clone(), place).bytes(MOST_TRIED);
            lost.map_or_else(Field::from, |_| Field::unreadable(text))
        }
        _ => Field::from(text.trim_end()),
    };
    let (key, lies) = match line.place {
        LinePlace::Offset(offset) => ("offset", Field::Hex(offset)),
        LinePlace::Static(address) => ("static", Field::Address(address)),
        LinePlace::Index(index) => ("index", Field::Number(index)),
        LinePlace::Virtual | LinePlace::Constant => ("offset", Field::Null),
    };
    let mut record = Record::new("member").field("level", line.level as u64).field(key, lies);
    record = record.field("name", line.name.as_str()).field("type", c_name(&*ty.source, ty.id));
    if let Some(Type::Bitfield { position, length, .. }) = ty.get() {
        record = record.field("bit", u64::from(position)).field("bits", u64::from(length));
    }
    let (role, action) = role_and_action(&line.value, &ty, address);
    let record = record.field("address", address.map(Field::Hex)).label(line.lead(options));
    let record = match value {
        // What stands there is no value, but the type's word, which can be followed.
        Field::Null => {
            let word = action.into_iter().fold(Span::new(role, text), Span::with_action);
            record.field("value", Field::Null).spans(Line::new().span(word))
        }
        value => {
            let cell = Cell::new(value).shown(text).mark(text).role(role);
            record.cell("value", action.into_iter().fold(cell, Cell::link))
        }
    };
    if own.is_empty() { record } else { record.line(Line::new().value(own)) }
}

/// The most bytes of a value that are tried to learn why it cannot be read.
const MOST_TRIED: usize = 0x1_0000;

/// A value with its role; a pointer or an embedded structure can be followed.
pub fn value_span(value: &Value, ty: &FoundType, address: Option<u64>) -> Span {
    let (role, action) = role_and_action(value, ty, address);
    action.into_iter().fold(Span::new(role, &value.text), Span::with_action)
}

fn role_and_action(value: &Value, ty: &FoundType, address: Option<u64>) -> (Role, Option<Action>) {
    let role = match value.kind {
        ValueKind::Pointer(_) => Role::Address,
        ValueKind::Code(_) => Role::Symbol,
        ValueKind::Unreadable => Role::Unreadable,
        _ => Role::Value,
    };
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
    (role, action)
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
    found.ok_or_else(|| {
        CommandError::Argument(format!("no module is called '{name}'")).hinting(Message::new("hint.modules"))
    })
}
