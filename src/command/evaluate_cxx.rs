//! `??`: the value of a C++ expression, with its type.

use super::dt::lines_of;
use super::typed::{note_layout, with_view};
use super::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::debuggee::FoundType;
use crate::eval::cxx::{self, CType, Typed};
use crate::output::{Action, Field, Line, Record, Role};
use crate::symbols::types::format::number::{pointer, signed};
use crate::symbols::types::format::value::{scalar, value as format_value};
use crate::symbols::types::format::words::Style;
use crate::symbols::types::format::{self, Options};
use crate::symbols::types::{BaseKind, Type};

/// `??`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["??"],
    glue: Glue::Anything,
    rest: Rest::Semicolon,
    group: Group::Language,
    usage: "EXPRESSION",
    summary: "Evaluates a C++ expression, with types",
    help: "Numbers are decimal unless they start with 0x; registers are @rsp, @$proc is an _EPROCESS *, @$thread an \
           _ETHREAD *. Casts, members (. and ->), [], * and &, arithmetic, comparisons, sizeof, #FIELD_OFFSET and \
           #CONTAINING_RECORD work. A structure, or what a pointer to one points to, is shown member by member.\n\
           Example: ?? @$proc->UniqueProcessId\n\
           void * 0x00000000`00000004",
    needs: Needs::Types,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Syntax("??".to_owned()));
    }
    let value = cxx::evaluate(args.text, &*context.session)?;
    match &value.ty {
        CType::Pointer(to) => pointer_to(&value, to, context),
        CType::Array(element, _) => array(&value, element, context),
        CType::Named(found) => named(&value, found, context),
        CType::Base(base) => {
            let raw = value.load(&*context.session, args.text)?;
            let text = match (base.kind, base.size) {
                // A character is a number and the character.
                (BaseKind::Void | BaseKind::None, _) => String::new(),
                _ => scalar(*base, raw),
            };
            say(&value, raw, text, Vec::new(), context)
        }
    }
}

/// The first line, and what stands below.
fn say(
    value: &Typed,
    raw: u64,
    text: String,
    below: Vec<Line>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let name = value.ty.name();
    let mut record = Record::new("value")
        .field("type", name.as_str())
        .field("value", Field::Hex(raw))
        .field("address", value.address().map(Field::Hex))
        .line(Line::new().label(name).text(" ").link(Role::Value, text, Action::Numbers(raw)));
    for line in below {
        record = record.line(line);
    }
    context.emit(record)
}

fn pointer_to(value: &Typed, to: &CType, context: &mut Context<'_>) -> Result<(), CommandError> {
    let at = value.load(&*context.session, "")?;
    match to {
        CType::Named(found) if at != 0 && matches!(found.get(), Some(Type::Udt(_))) => {
            let below = members(found, at, context);
            say(value, at, pointer(at), below, context)?;
            note_layout(found, context)
        }
        CType::Named(_) => {
            let name = context.symbol_text(at).map(|name| format!(" {name}"));
            say(value, at, format!("{}{}", pointer(at), name.unwrap_or_default()), Vec::new(), context)
        }
        CType::Base(base)
            if matches!(base.kind, BaseKind::Char | BaseKind::UChar | BaseKind::Wchar) && at != 0 =>
        {
            let text = characters(at, base.size, u64::MAX, context);
            say(value, at, format!("{}{text}", pointer(at)), Vec::new(), context)
        }
        _ => say(value, at, pointer(at), Vec::new(), context),
    }
}

fn array(value: &Typed, element: &CType, context: &mut Context<'_>) -> Result<(), CommandError> {
    let at = value.load(&*context.session, "")?;
    let (CType::Base(base), CType::Array(_, count)) = (element, &value.ty) else {
        return say(value, at, pointer(at), Vec::new(), context);
    };
    let text = match base.kind {
        BaseKind::Char | BaseKind::UChar | BaseKind::Wchar => characters(at, base.size, *count, context),
        _ => String::new(),
    };
    say(value, at, format!("{}{text}", pointer(at)), Vec::new(), context)
}

/// The longest string that is shown.
const MAX_CHARACTERS: u64 = 256;

/// ` "text"` up to its end, to what cannot be printed, or to `count`; nothing where memory cannot be read.
pub(super) fn characters(at: u64, size: u8, count: u64, context: &Context<'_>) -> String {
    let mut text = String::new();
    for index in 0..count.min(MAX_CHARACTERS) {
        let address = at.wrapping_add(index * u64::from(size));
        let code = crate::eval::EvalHost::memory(&*context.session, address, usize::from(size));
        match code.and_then(|code| char::from_u32(code as u32)) {
            None if index == 0 => return String::new(),
            None | Some('\0') => break,
            // What cannot be printed ends a text, as in dt.
            Some(c) if c.is_control() || (size == 1 && !c.is_ascii()) => {
                text.push_str("???");
                break;
            }
            Some(c) => text.push(c),
        }
    }
    format!(" \"{text}\"")
}

/// A structure in memory, or an enumeration's value.
fn named(value: &Typed, found: &FoundType, context: &mut Context<'_>) -> Result<(), CommandError> {
    let raw = value.load(&*context.session, "")?;
    match found.get() {
        Some(Type::Enum(e)) => {
            let number = raw as i64;
            let name = e.values.iter().find(|(_, known)| *known == number).map(|(name, _)| name.as_str());
            let text = format!("{} ({})", name.unwrap_or("<no matching name>"), signed(number));
            let line = Line::new().label(&e.name).text(" ").value(text);
            context.emit(
                Record::new("value")
                    .field("type", e.name.as_str())
                    .field("value", Field::Hex(raw))
                    .line(line),
            )
        }
        Some(Type::Udt(udt)) => {
            let own = with_view(&context.session.target, &*found.source, |view| {
                format_value(view, found.id, raw, Style::PLAIN).text
            });
            let own = own.strip_prefix(&udt.name).map(str::to_owned).unwrap_or_default();
            let mut below: Vec<Line> = Vec::new();
            if !own.is_empty() {
                below.push(Line::of(own));
            }
            below.extend(members(found, raw, context));
            let mut record =
                Record::new("value").field("type", value.ty.name()).field("address", Field::Hex(raw));
            record = record.line(Line::new().label(value.ty.name()));
            for line in below {
                record = record.line(line);
            }
            context.emit(record)?;
            note_layout(found, context)
        }
        _ => say(value, raw, pointer(raw), Vec::new(), context),
    }
}

fn members(found: &FoundType, at: u64, context: &Context<'_>) -> Vec<Line> {
    let options = Options::default();
    let lines = with_view(&context.session.target, &*found.source, |view| {
        format::lines(view, found.id, Some(at), &options)
    });
    lines_of(&lines, &options, found)
}
