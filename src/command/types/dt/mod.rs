//! `dt`: types, and values laid out by them.

mod layout;
mod list;
mod local;
mod names;
mod opened;
mod told;
mod wanted;

use crate::command::show::typed::note_layout;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::FoundType;
use crate::output::Line;
use crate::symbols::types::Type;
use crate::symbols::types::format;
use wanted::Wanted;

/// `dt`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dt"],
    group: Group::Symbols,
    switches: Switches::letters(&[
        Switch::with(
            "-r",
            Takes::Digits,
            "[N]",
            "opens structures N levels deep (2 without a number), pointers included",
        ),
        Switch::flag("-b", "opens embedded structures only, all the way"),
        Switch::with(
            "-a",
            Takes::Digits,
            "[N]",
            "before NAME: ADDRESS is an array of NAME; before FIELD: array elements one by one",
        ),
        Switch::with(
            "-l",
            Takes::Name,
            "FIELD",
            "walks the list that is linked by FIELD (ActiveProcessLinks.Flink)",
        ),
        Switch::flag("-y", "fields, or NAME, may be given by their beginnings"),
        Switch::flag("-d", "a pattern shows each type instead of its name"),
        Switch::flag("-v", "kinds, counts and sizes"),
        Switch::flag("-c", "all on one line"),
        Switch::flag("-o", "without offsets"),
        Switch::flag("-i", "without indentation"),
        Switch::flag("-t", "types only"),
        Switch::with("-s", Takes::Value, "SIZE", "types of that size only"),
        Switch::with("-n", Takes::Name, "NAME", "the next word is a name").expecting(Expects::Type),
        Switch::flag("-p", "ADDRESS is physical"),
        Switch::flag("-h", "this help"),
        Switch::ignored("-e"),
        Switch::ignored("-k"),
    ])
    .anywhere(),
    arguments: &[
        Argument::new("[[MODULE!]NAME]", Expects::Type),
        Argument::new("[FIELD ...]", Expects::Field),
        Argument::new("[ADDRESS]", Expects::Expression),
    ],
    summary: "Shows a type's layout, or memory by it",
    help: "NAME is a type, a variable (of the selected frame, or global), or a pattern (lists matching names). Fields may \
           be dotted (Pcb.Header), hold wildcards, pick array elements ([3], [*]), or end in dots, each of which opens \
           one level. Without NAME: the objects that arguments of the bug check are the addresses of, and the variables of \
           the selected frame (with -o without their types).\n\
           Example: dt nt!_EPROCESS @$proc ImageFileName UniqueProcessId",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.has("-h") || args.text == "-?" {
        return context.run_line(".help dt");
    }
    let wanted = Wanted::of(args, context)?;
    if wanted.name.is_empty() {
        return told::all(&wanted, context);
    }
    if wanted.physical && context.session.target.physical().is_none() {
        return Err(CommandError::Missing(
            "this dump holds no physical memory; a kernel, automatic or complete dump would".to_owned(),
        ));
    }
    if wanted.name.contains(['*', '?']) {
        return names::list(&wanted, context);
    }
    let Some(found) = context.session.target.find_type(&wanted.name) else {
        if let Some(local) = local::named(&wanted, context) {
            return local::variable(&wanted, &local, context);
        }
        return layout::global(&wanted, context);
    };
    if !wanted.name.contains('!') {
        context.out.emit(Line::of(format!("{}!{}", found.module, display_name(&found, &wanted.name))))?;
    }
    show(&wanted, &found, context)?;
    note_layout(&found, context)
}

fn show(wanted: &Wanted, found: &FoundType, context: &mut Context<'_>) -> Result<(), CommandError> {
    match found.get() {
        Some(Type::Enum(e)) if wanted.address.is_none() => {
            let wanted = |line: &String| {
                let name = line.split_whitespace().next().unwrap_or_default();
                wanted.fields.is_empty()
                    || wanted
                        .fields
                        .iter()
                        .any(|field| crate::symbols::wildcard::Wildcard::new(field).is_match(name))
            };
            for line in format::enum_lines(&e).into_iter().filter(wanted) {
                context.out.emit(line)?;
            }
            Ok(())
        }
        Some(Type::Udt(_)) => match (&wanted.list, wanted.address) {
            (Some(_), Some(_)) if wanted.physical => Err(CommandError::Argument(
                "dt -l with -p: the links of a list are virtual addresses".to_owned(),
            )),
            (Some(link), Some(start)) => list::walk(wanted, found, link, start, context),
            (Some(_), None) => {
                Err(CommandError::Argument("-l needs the address of the first element".to_owned()))
            }
            (None, Some(start)) if wanted.elements.is_some() => list::array(wanted, found, start, context),
            (None, address) => {
                let scope = context.session.scope();
                let object = address.map(|address| wanted.object(found, address, &scope));
                layout::structure(wanted, found, object.as_ref(), &context.session.target, &mut context.out)
            }
        },
        Some(Type::Array { element, count, .. }) if wanted.elements.is_some() && wanted.address.is_some() => {
            let limit = usize::try_from(count).unwrap_or(usize::MAX);
            let count = wanted.elements.filter(|&count| count > 0).unwrap_or(limit).min(limit);
            let each = Wanted { elements: Some(count), ..wanted.clone() };
            list::array(&each, &found.of(element), wanted.address.unwrap_or(0), context)
        }
        _ => layout::scalar(found, wanted, context),
    }
}

/// The type's own spelling of its name, whatever case was typed.
fn display_name(found: &FoundType, typed: &str) -> String {
    match found.get() {
        Some(Type::Udt(udt)) => udt.name.clone(),
        Some(Type::Enum(e)) => e.name.clone(),
        _ => typed.to_owned(),
    }
}
