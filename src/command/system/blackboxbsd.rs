//! `!blackboxbsd`: how the last boots began and ended.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::dump::tags::{BootFact, BootValue};
use crate::output::{Cell, Field, Line, Record};
use crate::util::filetime::iso8601;

/// `!blackboxbsd`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!blackboxbsd"],
    group: Group::Dump,
    summary: "Shows the boot status record: last boots, power transitions, power button",
    help: "The record that the boot loader and the kernel keep, as the kernel added it to the dump: whether the last boot \
           succeeded and ended with a shutdown, what power transition was going on, when the power button was pressed. \
           A boot id counts boots; where `Last boot id` is larger than `Last successful shutdown boot id` by two or \
           more, the boot before this one ended without a shutdown. Times are UTC.\n\
           \n\
           kd> !blackboxbsd\n\
           Version: 0xb0\n\
           Product type: 1\n\
           \n\
           Auto advanced boot: FALSE",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let status = context.session.target.dump()?.tagged().boot_status();
    let Some(status) = status else {
        return Err(CommandError::Missing("no boot status (BSD) block in this dump".to_owned()));
    };
    let mut head =
        Record::new("boot_status").label("Version: ").cell("version", hexadecimal(status.version.into()));
    if status.held < status.version as usize {
        head = head.labelled("WARNING: Truncated Data: ", "held", hexadecimal(status.held as u64));
    }
    context.out.emit(head)?;
    for (group, facts) in status.groups {
        if group != "product" {
            context.out.blank()?;
        }
        let record = facts.iter().fold(Record::new("boot_status").field("group", group), fact);
        context.out.emit(record)?;
    }
    Ok(())
}

/// A line a fact.
fn fact(record: Record, fact: &BootFact) -> Record {
    let label = match fact.value {
        BootValue::State(..) => format!("{} : ", fact.name),
        _ => format!("{}: ", fact.name),
    };
    let cell = match fact.value {
        BootValue::Flag(set) => Cell::new(set).shown(if set { "TRUE" } else { "FALSE" }),
        BootValue::Number(number) => Cell::new(number),
        BootValue::Hex(number) => hexadecimal(number),
        BootValue::Time(time) | BootValue::Dated(time) => {
            Cell::new(Field::Time(time)).shown(if time == 0 { "0".to_owned() } else { format!("{time:#x}") })
        }
        BootValue::Status(status) => Cell::new(Field::Hex(status.into())).shown(format!("{status:#x}")),
        BootValue::State(name @ "Unknown Value", state) => Cell::new(name).shown(format!("{name} ({state})")),
        BootValue::State(name, _) => Cell::new(name),
    };
    let record = record.labelled(label, fact.key(), cell);
    match fact.value {
        BootValue::Dated(time) => match iso8601(time) {
            Some(date) => record.line(Line::new().text(format!("    {date}"))),
            None => record,
        },
        _ => record,
    }
}

/// As C's `%#x` writes it.
fn hexadecimal(number: u64) -> Cell {
    Cell::new(Field::Hex(number)).shown(if number == 0 { "0".to_owned() } else { format!("{number:#x}") })
}
