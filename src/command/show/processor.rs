//! What commands about processors share: which of them is asked for, what is said of those that are not known, and the
//! names of code.

use crate::command::line::Out;
use crate::command::{Args, CommandError, Context};
use crate::debuggee::{Lack, NamedAddress, Scope, Target};
use crate::kernel::{Dpc, Processor};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use std::collections::BTreeMap;

/// A processor with its number, or why it is not known.
pub type Found<'s> = (u32, Result<Processor<'s>, Lack>);

/// The number that was typed, or the processor's that is looked at.
///
/// # Errors
/// The dump has no such processor; more was typed.
pub fn one(args: &Args<'_>, context: &Context<'_>) -> Result<u32, CommandError> {
    Ok(typed(args, context)?.unwrap_or(context.session.focus.processor))
}

/// The number that was typed; `None` for all processors.
///
/// # Errors
/// The dump has no such processor; more was typed.
pub fn typed(args: &Args<'_>, context: &Context<'_>) -> Result<Option<u32>, CommandError> {
    let Some(number) = context.evaluate_any(args.text)? else { return Ok(None) };
    let processors = context.session.target.processors();
    let found = processors.iter().find(|processor| u64::from(processor.number) == number);
    match found {
        Some(found) => Ok(Some(found.number)),
        None => Err(CommandError::Argument(format!(
            "the dump has no processor {number:#x}; it has 0 to {:#x}",
            processors.len().saturating_sub(1)
        ))),
    }
}

/// Says what the dump lacks of a processor: that is no failure of the line.
///
/// # Errors
/// Any other failure, and as [`Context::lack`].
pub fn lacking(
    number: u32,
    outcome: Result<(), Failure>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    match outcome {
        Ok(()) => Ok(()),
        Err(Failure::Lack(Lack::Stopped)) => Err(CommandError::Cancelled),
        Err(Failure::Lack(why)) => context.lack(&format!("processor {number}: {why}")),
        Err(Failure::Command(error)) => Err(error),
    }
}

/// Why a command about one processor ended.
pub enum Failure {
    /// The dump lacks what it shows.
    Lack(Lack),
    /// It failed.
    Command(CommandError),
}

impl From<Lack> for Failure {
    fn from(lack: Lack) -> Failure {
        Failure::Lack(lack)
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Failure {
        Failure::Command(error)
    }
}

/// The processor of a number, or all.
pub fn found<'s>(scope: &'s Scope<'s>, number: Option<u32>) -> Vec<Found<'s>> {
    match number {
        Some(number) => vec![(number, Processor::numbered(scope, number))],
        None => Processor::all(scope).collect(),
    }
}

/// Shows the processors that were asked for, all unless a number was typed; then says of which nothing is known.
///
/// # Errors
/// As [`typed`], and what `show` fails with.
pub fn asked(
    args: &Args<'_>,
    context: &mut Context<'_>,
    show: impl FnOnce(&Scope<'_>, &[Found<'_>], &mut Out<'_>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let number = typed(args, context)?;
    let scope = context.session.scope();
    let processors = found(&scope, number);
    show(&scope, &processors, &mut context.out)?;
    unknown(&processors, &mut context.out)
}

/// Says once of how many processors nothing is known, and why.
///
/// # Errors
/// As [`Out::emit`].
pub fn unknown(processors: &[Found<'_>], out: &mut Out<'_>) -> Result<(), CommandError> {
    let lacks: Vec<&Lack> = processors.iter().filter_map(|(_, found)| found.as_ref().err()).collect();
    let Some(why) = lacks.first() else { return Ok(()) };
    let text = match processors {
        [(number, _)] => format!("processor {number} is not known: {why}"),
        all => format!("{} of {} processors are not known: {why}", lacks.len(), all.len()),
    };
    out.emit(Line::new().role(Role::Warning, text))
}

/// Tells which processors belong to which group, where there is more than one: Windows counts up to 64 in each.
///
/// # Errors
/// As [`Out::emit`].
pub fn groups(processors: &[Found<'_>], out: &mut Out<'_>) -> Result<(), CommandError> {
    let mut of_group: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (number, found) in processors {
        if let Ok(group) = found.as_ref().map_err(Clone::clone).and_then(Processor::group) {
            of_group.entry(group).or_default().push(*number);
        }
    }
    if of_group.keys().all(|&group| group == 0) {
        return Ok(());
    }
    of_group.into_iter().try_for_each(|(group, numbers)| {
        let list = numbers.iter().map(|&number| Field::from(u64::from(number))).collect();
        let processors = Cell::new(Field::List(list)).shown(ranges(&numbers)).role(Role::Text);
        out.emit(
            Record::new("processor_group")
                .label("Group ")
                .cell("group", group)
                .text(": ")
                .label(if numbers.len() == 1 { "processor " } else { "processors " })
                .cell("processors", processors),
        )
    })
}

/// `0-63, 70`
fn ranges(numbers: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let shown = ranges.into_iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// The address of code, which disassembles when followed.
pub fn code(address: Result<u64, Lack>) -> Cell {
    let cell =
        Cell::new(address.as_ref().map(|&address| Field::Address(address)).map_err(Clone::clone)).digits(16);
    match address {
        Ok(address) if Action::is_address(address) => cell.link(Action::Code(address)),
        _ => cell,
    }
}

/// The address of a DPC, which shows its members when followed.
pub fn dpc(dpc: &Dpc<'_>) -> Cell {
    let address = dpc.address();
    Cell::new(Field::Address(address)).digits(16).link(Action::object("nt!_KDPC", address))
}

/// The name of code: `nt!PpmPerfAction`, `nwifi+0x1234`; nothing outside all modules and for what is not known.
pub fn name(target: &Target, address: &Result<u64, Lack>) -> Cell {
    named(address, |address| target.name_address(address))
}

/// The same as a process sees it: what user code lies there is its own.
pub fn name_in(space: &Scope<'_>, address: &Result<u64, Lack>) -> Cell {
    named(address, |address| space.name_address(address))
}

fn named(address: &Result<u64, Lack>, name: impl FnOnce(u64) -> Option<NamedAddress>) -> Cell {
    let known = address.as_ref().ok().copied().filter(|&address| address != 0);
    match known.and_then(|address| Some((address, name(address)?.text()))) {
        Some((address, text)) => Cell::new(text).role(Role::Symbol).link(Action::Code(address)),
        None => Cell::new(Field::Null),
    }
}

/// The name of code, or its address outside all modules.
pub fn name_or_address(target: &Target, address: &Result<u64, Lack>) -> Cell {
    let named = name(target, address);
    match named.field() {
        Field::Null => code(address.clone()),
        _ => named,
    }
}

/// A character for each processor of a group: `*` where its bit is set.
pub fn mask(processors: u64) -> String {
    (0..64).map(|bit| if processors >> bit & 1 == 1 { '*' } else { '-' }).collect()
}
