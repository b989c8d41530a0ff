//! `dv` and `!x`: the variables of the selected frame.

mod row;

pub(in crate::command) use row::{UNAVAILABLE, type_name, value};

use crate::command::line::options::unknown;
use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::output::Line;
use crate::session::Local;
use crate::symbols::wildcard::Wildcard;
use row::Columns;

/// `dv`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dv"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Stack,
    usage: "[/t] [/i] [/V] [/a] [/n] [PATTERN]",
    summary: "Shows the variables of the selected frame",
    help: "Values come from the registers and memory of the frame that .frame selected. A variable that the compiler kept \
           nowhere at this instruction, or in a register that is not recovered in this frame, has no value.\n  \
           /t  with types      /i  parameter or local     /V (or /v)  with the place that holds it\n  \
           /a  by address      /n  by name                PATTERN  only these names (* and ?)\n\
           Needs a private PDB of the frame's module.",
    needs: Needs::Dump,
    run,
};

/// `!x`
pub const PLACES: CommandSpec = CommandSpec {
    names: &["!x", "!mex.x"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Stack,
    usage: "[PATTERN]",
    summary: "Shows the variables of the selected frame with the places that hold them",
    help: "One line a variable: its register or stack slot, its name, its value. Example: .frame 0n17; !x",
    needs: Needs::Dump,
    run: places,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Declared,
    Name,
    Address,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut columns = Columns::default();
    let mut order = Order::Declared;
    let mut pattern = None;
    for word in args.words() {
        match word.strip_prefix('/') {
            None => pattern = Some(word),
            Some("z" | "c") => {}
            Some(options) => {
                for option in options.chars().filter(|&c| c != '/') {
                    match option {
                        't' => columns.types = true,
                        'i' => columns.kinds = true,
                        'v' | 'V' => columns.places = true,
                        'a' => order = Order::Address,
                        'n' => order = Order::Name,
                        _ => return Err(unknown("dv", &format!("/{option}"), "/t /i /v /V /a /n /z /c")),
                    }
                }
            }
        }
    }
    show(columns, order, pattern, context)
}

fn places(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let pattern = Some(args.text).filter(|text| !text.is_empty());
    show(Columns { short_places: true, ..Columns::default() }, Order::Declared, pattern, context)
}

fn show(
    columns: Columns,
    order: Order,
    pattern: Option<&str>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let mut locals = context.session.locals().map_err(CommandError::Missing)?;
    if let Some(pattern) = pattern.map(Wildcard::new) {
        locals.retain(|local| pattern.is_match(&local.name));
    }
    match order {
        Order::Declared => {}
        Order::Name => locals.sort_by_key(|local| local.name.to_ascii_lowercase()),
        Order::Address => locals.sort_by_key(|local| local.home.address()),
    }
    if locals.is_empty() {
        return context.emit(Line::of("No variables here."));
    }
    let width = name_width(&locals);
    for local in &locals {
        let row = columns.row(local, width, context);
        context.emit(row)?;
    }
    Ok(())
}

/// Names line up at the right; short ones keep the classic column.
fn name_width(locals: &[Local]) -> usize {
    const LEAST: usize = 15;
    locals.iter().map(|local| local.name.chars().count()).max().unwrap_or(0).max(LEAST)
}
