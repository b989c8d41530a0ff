//! One structure, scalar or variable.

use super::opened::Opened;
use super::wanted::Wanted;
use super::{display_name, show};
use crate::command::line::Out;
use crate::command::show::typed::{
    member, module_named, note_layout, own_place, value_span, with_object, with_view,
};
use crate::command::{CommandError, Context};
use crate::debuggee::{FoundType, Object, Store, Target};
use crate::output::{Action, Block, Branch, Field, Line, Record, Role};
use crate::symbols::types::Type;
use crate::symbols::types::format::value::value;
use crate::symbols::types::format::words::Style;
use crate::symbols::types::format::{self, End, FieldLine, View};

/// The lines of a structure, and the first of them: its own text or links where it has such.
pub(super) fn structure(
    wanted: &Wanted,
    found: &FoundType,
    object: Option<&Object<'_>>,
    target: &Target,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let given = match object {
        None => with_view(target, &*found.source, |view| show_layout(wanted, found, None, view, out)),
        Some(object) => with_object(object, |view, address| {
            show_layout(wanted, found, Some((object, address)), view, out)
        }),
    }?;
    if given == 0 && !wanted.fields.is_empty() {
        return Err(CommandError::Argument(format!(
            "{}!{} has no member {}",
            found.module,
            display_name(found, &wanted.name),
            wanted.fields.join(", ")
        )));
    }
    Ok(())
}

/// Shows a layout; says how many members there were.
fn show_layout(
    wanted: &Wanted,
    found: &FoundType,
    laid: Option<(&Object<'_>, u64)>,
    view: &View<'_>,
    out: &mut Out<'_>,
) -> Result<usize, CommandError> {
    let options = &wanted.options;
    let address = laid.map(|(_, address)| address);
    if let Some(own) = own_text(wanted, found, address, view) {
        out.emit(own)?;
    }
    // What is not in memory is laid over a place of its own, which is no address.
    let own = |at: u64| laid.and_then(|(object, _)| own_place(object, at));
    let is_held = laid.is_some_and(|(object, _)| matches!(object.place().store, Store::Held(_)));
    let record = Record::new("type")
        .field("module", found.module.as_str())
        .field("type", display_name(found, &wanted.name))
        .field("size", found.size())
        .field("address", address.filter(|_| !is_held).map(|at| Field::Hex(own(at).unwrap_or(at))))
        .field("source", found.source.type_origin());
    if options.compact {
        let lines = format::lines(view, found.id, address, options);
        let record = lines.text(options).into_iter().map(Line::of).fold(record, Record::line);
        return out.emit(record).map(|()| lines.lines.len());
    }
    let header = format::header_of(view, found.id, options);
    let header = header.map(|header| Line::new().role(Role::Heading, header));
    let head = header.into_iter().fold(record, Record::line);
    let mut given = 0;
    out.within(Block::Tree(Branch::new(head)), |out| {
        let mut outcome = Ok(());
        let mut opened = Opened::default();
        let mut take = |line: FieldLine| {
            given += 1;
            let record = member(&line, options, found, laid.map(|(object, _)| object));
            outcome = opened.take(line.level, record).into_iter().try_for_each(|block| out.emit(block));
            outcome.is_ok()
        };
        let end = format::lines_to(view, found.id, address, options, &mut take);
        outcome?;
        opened.rest().into_iter().try_for_each(|block| out.emit(block))?;
        let end = End { failed_at: end.failed_at.map(|at| own(at).unwrap_or(at)), ..end };
        end_lines(end).into_iter().try_for_each(|line| out.emit(line))
    })?;
    Ok(given)
}

/// What a structure as a whole is: a list's links, a string's text.
fn own_text(wanted: &Wanted, found: &FoundType, address: Option<u64>, view: &View<'_>) -> Option<String> {
    let at = address.filter(|_| wanted.fields.is_empty() && !wanted.options.verbose)?;
    let text = value(view, found.id, at, Style::PLAIN).text;
    let Some(Type::Udt(udt)) = found.get() else {
        return None;
    };
    text.strip_prefix(&udt.name).filter(|rest| !rest.is_empty()).map(str::to_owned)
}

/// What is said below the members.
fn end_lines(end: End) -> Vec<Line> {
    let failed = end
        .failed_at
        .map(|address| Line::new().role(Role::Unreadable, format!("Memory read error {address:016x}")));
    let cut = end
        .truncated
        .then(|| Line::new().role(Role::Warning, "... more lines than are shown; open fewer levels"));
    failed.into_iter().chain(cut).collect()
}

/// An integer, pointer or other type without members.
pub(super) fn scalar(
    found: &FoundType,
    wanted: &Wanted,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let line = match wanted.address {
        Some(_) => Line::of("   ").append(scalar_value(found, wanted, context)),
        None => Line::of(format::words::word(&*found.source, found.id, Style::PLAIN)),
    };
    context.out.emit(line)
}

/// The value at the wanted's address.
pub(super) fn scalar_value(found: &FoundType, wanted: &Wanted, context: &Context<'_>) -> Line {
    let scope = context.session.scope();
    let object = wanted.object(found, wanted.address.unwrap_or(0), &scope);
    let shown = with_object(&object, |view, address| value(view, found.id, address, Style::PLAIN));
    Line::new().span(value_span(&shown, found, object.place().address()))
}

/// A name that is no type: a global variable.
pub(super) fn global(wanted: &Wanted, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some((address, ty)) = variable(wanted, context)? else {
        return Err(missing(wanted, context));
    };
    let Some(found) = ty else {
        let line = Line::new().address(address).text(" ").role(Role::Symbol, &wanted.name);
        return context.out.emit(line.text(" = <no type information>"));
    };

    match found.get() {
        Some(Type::Function(_)) => {
            let name = format!(
                "{}!{}",
                found.module,
                wanted.name.split_once('!').map_or(&*wanted.name, |(_, name)| name)
            );
            let line = Line::new().link(Role::Symbol, name, Action::Code(address));
            context.out.emit(line.text("  ").text(format::words::c_name(&*found.source, found.id)))?;
        }
        Some(Type::Pointer { target, .. }) => {
            let at = Wanted { address: Some(address), ..wanted.clone() };
            scalar(&found, &at, context)?;
            let pointed = found.of(target);
            let (session, out) = (&*context.session, &mut context.out);
            let scope = session.scope();
            // The pointer is as wide as its type says.
            if let (Some(Type::Udt(_)), Ok(to)) =
                (pointed.get(), scope.object_of(found.clone(), address).pointee())
            {
                structure(wanted, &pointed, Some(&to), &session.target, out)?;
            }
        }
        ty => {
            let mut at = Wanted { address: Some(address), ..wanted.clone() };
            // One structure is no array of them: `-a` is meant for the arrays in it.
            if let Some(Type::Udt(_)) = ty
                && let Some(count) = at.elements.take()
            {
                at.options.arrays = Some(count);
            }
            show(&at, &found, context)?;
        }
    }
    note_layout(&found, context)
}

/// A variable's address, and its type where that is known.
type Variable = (u64, Option<FoundType>);

fn variable(wanted: &Wanted, context: &Context<'_>) -> Result<Option<Variable>, CommandError> {
    if wanted.types_only {
        return Ok(None);
    }
    if let Some((module, _)) = wanted.name.split_once('!') {
        module_named(module, context)?;
    }
    Ok(context.session.target.variable(&wanted.name))
}

/// Says that there is no such type or variable; and where the module has no types, or its built-in layout does not fit
/// the dump, that this is why.
fn missing(wanted: &Wanted, context: &Context<'_>) -> CommandError {
    let target = &context.session.target;
    let (module, name) = wanted.name.split_once('!').unwrap_or(("nt", &wanted.name));
    let why = target.modules().named(module).and_then(|module| {
        let symbols = target.module_symbols(module);
        let refused = symbols.refusals(name);
        let Some(types) = &symbols.types else {
            let text = " has no type information; '.reload /f NAME' tells what was tried.";
            return Some(format!(" {}{}", module.name, text.replace("NAME", &module.name)));
        };
        let reasons: Vec<&str> = refused.iter().map(|check| check.text.as_str()).take(3).collect();
        (!reasons.is_empty()).then(|| {
            format!(
                " The {} does not fit this dump, so nothing is read by it ({}). It takes the kernel's own PDB.",
                types.type_origin(),
                reasons.join("; ")
            )
        })
    });
    CommandError::Argument(format!("Symbol {} not found.{}", wanted.name, why.unwrap_or_default()))
}
