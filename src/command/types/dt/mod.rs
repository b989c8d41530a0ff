//! `dt`: types, and values laid out by them.

mod layout;
mod list;
mod local;
mod names;
mod request;

use crate::command::show::typed::note_layout;
use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::debuggee::FoundType;
use crate::output::Line;
use crate::symbols::types::Type;
use crate::symbols::types::format;
pub(in crate::command) use layout::lines_of;
use request::Request;

/// `dt`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dt"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Symbols,
    usage: "[OPTIONS] [MODULE!]NAME [FIELD ...] [ADDRESS] [-l FIELD]",
    summary: "Shows a type's layout, or memory by it",
    help: "NAME is a type, a variable (of the selected frame, or global), or a pattern (lists matching names). Fields may \
           be dotted (Pcb.Header), hold wildcards, pick array elements ([3], [*]), or end in dots, each of which opens \
           one level. Options, before or after:\n  \
           -r[N]   open structures N levels deep (2 without a number), pointers included\n  \
           -b      open embedded structures only, all the way\n  \
           -a[N]   before NAME: ADDRESS is an array of NAME; before FIELD: array elements one by one\n  \
           -l F    walk the list that is linked by F (ActiveProcessLinks.Flink)\n  \
           -y      fields, or NAME, may be given by their beginnings\n  \
           -d      a pattern shows each type instead of its name\n  \
           -v      kinds, counts and sizes    -c  all on one line\n  \
           -o      without offsets            -i  without indentation\n  \
           -t      types only                 -s SIZE  types of that size only\n  \
           -n      the next word is a name    -p  ADDRESS is physical\n\
           Example: dt nt!_EPROCESS @$proc ImageFileName UniqueProcessId",
    needs: Needs::Types,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if matches!(args.text, "-h" | "-?") {
        return context.run_line(".help dt");
    }
    let request = Request::parse(args.text, context)?;
    if request.physical && context.session.target.physical().is_none() {
        return Err(CommandError::Missing(
            "this dump holds no physical memory; a kernel, automatic or complete dump would".to_owned(),
        ));
    }
    if request.name.contains(['*', '?']) {
        return names::list(&request, context);
    }
    let Some(found) = context.session.target.find_type(&request.name) else {
        if let Some(local) = local::named(&request, context) {
            return local::variable(&request, &local, context);
        }
        return layout::global(&request, context);
    };
    if !request.name.contains('!') {
        context.emit(Line::of(format!("{}!{}", found.module, display_name(&found, &request.name))))?;
    }
    show(&request, &found, context)?;
    note_layout(&found, context)
}

fn show(request: &Request, found: &FoundType, context: &mut Context<'_>) -> Result<(), CommandError> {
    match found.get() {
        Some(Type::Enum(e)) if request.address.is_none() => {
            let wanted = |line: &String| {
                let name = line.split_whitespace().next().unwrap_or_default();
                request.fields.is_empty()
                    || request
                        .fields
                        .iter()
                        .any(|field| crate::symbols::wildcard::Wildcard::new(field).is_match(name))
            };
            for line in format::enum_lines(&e).into_iter().filter(wanted) {
                context.emit(line)?;
            }
            Ok(())
        }
        Some(Type::Udt(_)) => match (&request.list, request.address) {
            (Some(_), Some(_)) if request.physical => Err(CommandError::Argument(
                "dt -l with -p: the links of a list are virtual addresses".to_owned(),
            )),
            (Some(link), Some(start)) => list::walk(request, found, link, start, context),
            (Some(_), None) => {
                Err(CommandError::Argument("-l needs the address of the first element".to_owned()))
            }
            (None, Some(start)) if request.elements.is_some() => list::array(request, found, start, context),
            (None, address) => layout::structure(request, found, address, context),
        },
        Some(Type::Array { element, count, .. })
            if request.elements.is_some() && request.address.is_some() =>
        {
            let limit = usize::try_from(count).unwrap_or(usize::MAX);
            let wanted = request.elements.filter(|&wanted| wanted > 0).unwrap_or(limit).min(limit);
            let each = Request { elements: Some(wanted), ..request.clone() };
            list::array(&each, &found.of(element), request.address.unwrap_or(0), context)
        }
        _ => layout::scalar(found, request, context),
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
