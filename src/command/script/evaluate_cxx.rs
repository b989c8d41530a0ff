//! `??`: the value of a C++ expression, with its type.

use crate::command::line::{Out, nothing_more};
use crate::command::show::characters::characters;
use crate::command::show::typed::{member, note_layout, with_object};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs};
use crate::debuggee::{FoundType, Object, Place};
use crate::eval::EvalError;
use crate::eval::cxx::{self, CType, Typed};
use crate::output::{Action, Block, Branch, Field, Line, Record, Role};
use crate::symbols::types::format::number::{address, pointer, quoted, signed};
use crate::symbols::types::format::value::{scalar, value as format_value};
use crate::symbols::types::format::words::Style;
use crate::symbols::types::format::{self, FormatOptions, ValueKind};
use crate::symbols::types::{Base, BaseKind, Type};
use crate::util::bits::extend;
use crate::util::float;

/// `??`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["??"],
    glue: Glue::Anything,
    group: Group::Language,
    arguments: &[Argument::new("EXPRESSION", Expects::Expression)],
    summary: "Evaluates a C++ expression, with types",
    help: "Numbers are decimal unless they start with 0x; registers are @rsp, @$proc is an _EPROCESS *, @$thread an \
           _ETHREAD *. Casts, members (. and ->), [], * and &, arithmetic, comparisons, sizeof, #FIELD_OFFSET and \
           #CONTAINING_RECORD work. A structure, or what a pointer to one points to, is shown member by member.\n\
           Example: ?? @$proc->UniqueProcessId\n\
           void * 0x00000000`00000004",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    show(args.text, context)
}

/// Shows the value of a C++ expression.
///
/// # Errors
/// What has no value; text behind the expression, after its value was shown.
pub fn show(text: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (value, rest) = cxx::evaluate_prefix(text, &*context.session)?;
    typed(&value, context)?;
    nothing_more(rest)
}

fn typed(value: &Typed, context: &mut Context<'_>) -> Result<(), CommandError> {
    let value = value.clone();
    match &value.ty {
        CType::Pointer(to, _) => pointer_to(&value, to, context),
        CType::Array(element, _) => array(&value, element, context),
        CType::Named(found) => named(&value, found, context),
        CType::Base(base) => {
            let raw = load(&value, context)?;
            say(&value, raw, number(*base, raw), Vec::new(), context)
        }
    }
}

/// The value as a number. That it can be read is known of a number or pointer, and of others their address is all.
fn load(value: &Typed, context: &Context<'_>) -> Result<u64, CommandError> {
    let raw = value.load(&*context.session);
    raw.map_err(|fault| EvalError::new(fault, "").into())
}

/// A number, character, truth value or floating-point number as `??` has it.
fn number(base: Base, raw: u64) -> String {
    match (base.kind, base.size) {
        (BaseKind::Void | BaseKind::None, _) => String::new(),
        (BaseKind::Char, _) => format!("{} {}", signed(extend(raw, 8)), quoted(raw)),
        (BaseKind::UChar, _) => format!("0x{raw:02x} {}", quoted(raw)),
        // All digits that tell the number, and for a double some that do not.
        (BaseKind::Float, 4) => float::general(f64::from(f32::from_bits(raw as u32)), 9),
        (BaseKind::Float, 8) => float::general(f64::from_bits(raw), 20),
        _ => scalar(base, raw),
    }
}

/// The first line, and what stands below.
fn say(
    value: &Typed,
    raw: u64,
    text: String,
    below: Vec<Block>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let name = value.ty.name();
    let record = Record::new("value")
        .field("type", name.as_str())
        .field("value", Field::Hex(raw))
        .field("address", value.address().map(Field::Hex))
        .line(Line::new().label(name).text(" ").link(Role::Value, text, Action::Numbers(raw)));
    tree(record, below, &mut context.out)
}

/// A value, and what stands below it.
fn tree(head: Record, below: Vec<Block>, out: &mut Out<'_>) -> Result<(), CommandError> {
    if below.is_empty() {
        return out.emit(head);
    }
    out.within(Block::Tree(Branch::new(head)), |out| below.into_iter().try_for_each(|block| out.emit(block)))
}

fn pointer_to(value: &Typed, to: &CType, context: &mut Context<'_>) -> Result<(), CommandError> {
    let at = load(value, context)?;
    let number = address(at, value.ty.integer().map_or(8, |base| base.size));
    match to {
        CType::Named(found) if at != 0 && matches!(found.get(), Some(Type::Udt(_))) => {
            let scope = context.session.scope();
            let below = members(&scope.object_of(found.clone(), at), found);
            say(value, at, number, below, context)?;
            note_layout(found, context)
        }
        CType::Named(_) => {
            let name = context.symbol_text(at).map(|name| format!(" {name}"));
            say(value, at, format!("{number}{}", name.unwrap_or_default()), Vec::new(), context)
        }
        CType::Base(base)
            if matches!(base.kind, BaseKind::Char | BaseKind::UChar | BaseKind::Wchar) && at != 0 =>
        {
            let text = characters(&Place::memory(at), base.size, u64::MAX, &*context.session);
            let below = text.map(|text| Line::of(text).into()).into_iter().collect();
            say(value, at, number, below, context)
        }
        _ => say(value, at, number, Vec::new(), context),
    }
}

fn array(value: &Typed, element: &CType, context: &mut Context<'_>) -> Result<(), CommandError> {
    let at = load(value, context)?;
    // Below the address stands the first element.
    let first = match element {
        CType::Base(base) => Typed::at(element.clone(), Place::memory(at))
            .load(&*context.session)
            .map_or("??".to_owned(), |raw| number(*base, raw)),
        _ => String::new(),
    };
    let below = if first.is_empty() { Vec::new() } else { vec![Line::of(first).into()] };
    say(value, at, pointer(at), below, context)
}

/// A structure in memory, or an enumeration's value.
fn named(value: &Typed, found: &FoundType, context: &mut Context<'_>) -> Result<(), CommandError> {
    match found.get() {
        Some(Type::Enum(e)) => {
            let raw = load(value, context)?;
            let number = raw as i64;
            let text = match e.name_of(raw) {
                Some(name) => format!("{name} ({})", signed(number)),
                None => format!("{} (No matching enumerant)", signed(number)),
            };
            let line = Line::new().label(&e.name).text(" ").value(text);
            context.out.emit(
                Record::new("value")
                    .field("type", e.name.as_str())
                    .field("value", Field::Hex(raw))
                    .line(line),
            )
        }
        Some(Type::Udt(_)) => {
            let scope = context.session.scope();
            let below = value.object(&scope).map(|object| members(&object, found)).unwrap_or_default();
            let record = Record::new("value")
                .field("type", value.ty.name())
                .field("address", value.address().map(Field::Hex));
            tree(record.label(value.ty.name()), below, &mut context.out)?;
            note_layout(found, context)
        }
        _ => {
            let raw = load(value, context)?;
            say(value, raw, pointer(raw), Vec::new(), context)
        }
    }
}

/// What `dt` says of the structure beside its name, if anything, and its members.
fn members(object: &Object<'_>, found: &FoundType) -> Vec<Block> {
    let options = FormatOptions::default();
    let own = with_object(object, |view, at| format_value(view, found.id, at, Style::PLAIN).text);
    let own = match found.get() {
        Some(Type::Udt(udt)) => own.strip_prefix(&udt.name).map(str::to_owned),
        _ => None,
    };
    let own = own.filter(|own| !own.is_empty()).map(|own| Line::of(own).into());
    let lines = with_object(object, |view, at| format::lines(view, found.id, Some(at), &options));
    // Here, unlike in `dt`, a pointer that cannot be read is four question marks, and no line below tells of it.
    let members = lines.lines.into_iter().map(|mut line| {
        let pointer = matches!(found.source.get(line.ty), Some(Type::Pointer { .. }));
        if pointer && line.value.kind == ValueKind::Unreadable {
            line.value.text = "???? ".to_owned();
        }
        member(&line, &options, found, Some(object)).into()
    });
    own.into_iter().chain(members).collect()
}
