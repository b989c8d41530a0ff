//! `!ndiskd.*`: network adapters, their drivers, and the filters and protocols above them.

pub mod filter;
pub mod filterdriver;
pub mod minidriver;
pub mod mopen;
pub mod nb;
pub mod nbl;
pub mod nblpool;
pub mod netadapter;
pub mod oid;
mod owner;
pub mod protocol;

use crate::command::line::Out;
use crate::command::show::{driver_symbols, maker};
use crate::command::{Args, CommandError, Context};
use crate::debuggee::{Lack, Maker, Module, Scope};
use crate::output::{Action, Cell, Field, Line, Record, Role, Structure};

/// Blanks before labels, and columns of a label.
const INDENT: &str = "    ";
const LABEL: usize = 19;

/// Why nothing of NDIS can be shown.
fn untold(scope: &Scope<'_>, why: Lack) -> CommandError {
    driver_symbols::untold(scope, "ndis", why)
}

/// `    Ndis handle        `
fn label(text: &str) -> String {
    format!("{INDENT}{text:<LABEL$}")
}

/// The heads of a list's columns; rows set theirs as wide.
fn head(columns: &[&str]) -> String {
    const WIDTHS: [usize; 3] = [LABEL, 20, LABEL];
    let last = columns.len().saturating_sub(1);
    let widths = WIDTHS.into_iter().take(last).chain(std::iter::repeat(0));
    columns
        .iter()
        .zip(widths)
        .fold(INDENT.to_owned(), |head, (column, width)| format!("{head}{column:<width$}"))
}

/// The address of a thing, which leads to it.
fn handle(kind: Structure, address: u64) -> Cell {
    Cell::new(Field::Address(address)).digits(16).link(Action::Structure(kind, address))
}

/// The same where it may not be known.
fn handle_of(kind: Structure, address: Result<u64, Lack>) -> Cell {
    match address {
        Ok(0) => Cell::new(Field::Null).absent("NULL").left(16),
        Ok(address) => handle(kind, address),
        Err(why) => Cell::new(Field::from(why)).digits(16),
    }
}

/// A pointer to memory, `NULL` where it is null.
fn context(value: Result<u64, Lack>) -> Cell {
    match value {
        Ok(0) => Cell::new(Field::Null).absent("NULL"),
        value => Cell::new(value.map(Field::Address)).digits(16),
    }
}

/// Shows the thing whose address was typed, or else the list of them.
fn list_or_one(
    args: &Args<'_>,
    context: &mut Context<'_>,
    list: fn(&Scope<'_>, &mut Out<'_>) -> Result<(), CommandError>,
    one: fn(&Scope<'_>, u64, &mut Out<'_>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let typed = context.evaluate_any(args.text)?;
    let scope = context.session.scope();
    match typed {
        None => list(&scope, &mut context.out),
        Some(address) => one(&scope, address, &mut context.out),
    }
}

/// An element of a list; what is wrong with it is said in its place.
fn told<T>(element: Result<T, Lack>, out: &mut Out<'_>) -> Result<Option<T>, CommandError> {
    match element {
        Ok(element) => Ok(Some(element)),
        Err(why) => out.lacking(why).map(|()| None),
    }
}

/// The row of a driver: `ffffbc064ccd4900 - QoS Packet Scheduler`, and whose it is.
fn row(
    kind: &'static str,
    indent: &str,
    address: Cell,
    name: Result<String, Lack>,
    owner: Option<(&Module, Maker)>,
) -> Record {
    let role = maker::role(owner.map(|(_, maker)| maker), Role::Text);
    let record = Record::new(kind)
        .text(indent)
        .cell("address", address)
        .text(" - ")
        .cell("name", Cell::new(name).role(role));
    maker::whose(record, owner, true)
}

/// The head of what is told of one driver: its name under a title, and whose it is.
fn titled(
    kind: &'static str,
    title: &'static str,
    name: Result<String, Lack>,
    owner: Option<(&Module, Maker)>,
) -> Record {
    let role = maker::role(owner.map(|(_, maker)| maker), Role::Text);
    let record = Record::new(kind).label(title).line("").labelled(INDENT, "name", Cell::new(name).role(role));
    maker::whose(record, owner, true).line("")
}

/// Refuses an address where a list of NDIS holds nothing; where the list cannot be followed to its end, a remark.
fn in_list<T>(
    scope: &Scope<'_>,
    all: Result<impl Iterator<Item = Result<T, Lack>>, Lack>,
    address: u64,
    of: impl Fn(&T) -> u64,
    what: &str,
) -> Result<Option<String>, CommandError> {
    let mut count = 0;
    for element in all.map_err(|why| untold(scope, why))? {
        match element {
            Ok(element) if of(&element) == address => return Ok(None),
            Ok(_) => count += 1,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                return Ok(Some(format!(
                    "whether this is {what} cannot be told, the list of them breaks: {why}"
                )));
            }
        }
    }
    Err(CommandError::Missing(format!(
        "{address:016x} is not the handle of {what}: it is none of the {count} in the list that ndis keeps"
    )))
}

/// The routines of a driver, as NDIS has them. One that lies in another module than the driver's is marked.
fn handlers<'h>(
    scope: &Scope<'_>,
    owner: Option<(&Module, Maker)>,
    handlers: impl Iterator<Item = (&'h str, Result<u64, Lack>)>,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    out.blank()?;
    out.emit(Line::new().label("HANDLERS"))?;
    out.blank()?;
    let head = format!("{INDENT}{:<39}{:<18}Symbol (if available)", "NDIS Handler", "Function pointer");
    out.emit(Line::new().label(head))?;
    for (name, routine) in handlers {
        let record = Record::new("handler")
            .text(INDENT)
            .cell("handler", Cell::new(name).left(39))
            .cell("routine", routine_cell(&routine));
        let at = routine.ok().filter(|&at| at != 0);
        let named = at.and_then(|at| scope.target().name_address(at));
        let record = match (named, at) {
            (Some(named), Some(at)) => record
                .text("  ")
                .cell("symbol", Cell::new(named.text()).role(Role::Symbol).link(Action::Code(at))),
            _ => record.field("symbol", Field::Null),
        };
        let place = at.and_then(|at| maker::of_address(scope.target(), at));
        let is_stranger = at.is_some()
            && owner.is_some_and(|(own, _)| place.is_none_or(|(module, _)| module.base != own.base));
        let record = record.field("in_driver", at.map(|_| !is_stranger));
        out.emit(match is_stranger {
            true => record.role(Role::Warning, "  <- not in the driver's image"),
            false => record,
        })?;
    }
    Ok(())
}

fn routine_cell(routine: &Result<u64, Lack>) -> Cell {
    match routine {
        Ok(0) => Cell::new(Field::Null).absent("[None]"),
        Ok(at) => Cell::new(Field::Address(*at)).digits(16).link(Action::Code(*at)),
        Err(why) => Cell::new(Field::from(why.clone())).digits(16),
    }
}

/// A version as it is shown: `v6.30`.
fn version(version: Result<String, Lack>) -> Cell {
    let text = version.as_ref().map_or(String::new(), |version| format!("v{version}"));
    Cell::new(version).shown(text)
}
