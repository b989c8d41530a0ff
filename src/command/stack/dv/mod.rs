//! `dv`: the variables of the selected frame.

mod row;

pub(super) use row::Columns;
pub(in crate::command) use row::{UNAVAILABLE, type_name, value};

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::output::Line;
use crate::session::Local;
use crate::symbols::wildcard::Wildcard;
use crate::util::order::Order as _;

/// `dv`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dv"],
    group: Group::Stack,
    switches: Switches::letters(&[
        Switch::flag("/t", "with types"),
        Switch::flag("/i", "parameter or local"),
        Switch::flag("/v", "with the place that holds it"),
        Switch::flag("/V", "the same"),
        Switch::flag("/a", "by address"),
        Switch::flag("/n", "by name"),
        Switch::ignored("/z"),
        Switch::ignored("/c"),
    ])
    .anywhere(),
    arguments: &[Argument::new("[PATTERN]", Expects::Variable)],
    summary: "Shows the variables of the selected frame",
    help: "Values come from the registers and memory of the frame that .frame selected. A variable that the compiler kept \
           nowhere at this instruction, or in a register that is not recovered in this frame, has no value. \
           PATTERN shows only these names (* and ?).\n\
           Needs a private PDB of the frame's module.",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

/// Shows all variables of the selected frame as they were declared.
///
/// # Errors
/// It has none that are known.
pub(in crate::command) fn of_frame(types: bool, context: &mut Context<'_>) -> Result<(), CommandError> {
    show(Columns { types, ..Columns::default() }, Order::Declared, None, context)
}

/// The order of variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Declared,
    Name,
    Address,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let columns = Columns {
        types: args.has("/t"),
        kinds: args.has("/i"),
        places: args.has("/v") || args.has("/V"),
        ..Columns::default()
    };
    let order = args.switches().fold(Order::Declared, |order, given| match given.switch.spelling {
        "/a" => Order::Address,
        "/n" => Order::Name,
        _ => order,
    });
    let pattern = args.words().last();
    show(columns, order, pattern, context)
}

/// Shows those variables of the selected frame that fit a pattern.
pub(super) fn show(
    columns: Columns,
    order: Order,
    pattern: Option<&str>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let mut locals = context.session.locals()?;
    if let Some(pattern) = pattern.map(Wildcard::new) {
        locals.retain(|local| pattern.is_match(&local.name));
    }
    match order {
        Order::Declared => {}
        Order::Name => locals.order_by_key(|local| local.name.to_ascii_lowercase()),
        Order::Address => locals.order_by_key(|local| local.home.address()),
    }
    if locals.is_empty() {
        return context.out.emit(Line::of("No variables here."));
    }
    let width = name_width(&locals);
    for local in &locals {
        let row = columns.row(local, width, context);
        context.out.emit(row)?;
    }
    Ok(())
}

/// Names line up at the right; short ones keep the classic column.
fn name_width(locals: &[Local]) -> usize {
    const LEAST: usize = 15;
    locals.iter().map(|local| local.name.chars().count()).max().unwrap_or(0).max(LEAST)
}
