//! `!smt`: which processors are threads of the same core.

use crate::command::show::processor::{Found, found, mask, unknown};
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Cpu, Processor};
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};
use std::collections::BTreeMap;

/// `!smt`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!smt"],
    group: Group::Kernel,
    summary: "Shows which processors are threads of the same core, and which are idle",
    help: "A `*` stands for each processor of the group. IdleSummary is the scheduler's own word for the processors that \
           have nothing to do; Windows before 8 keeps it elsewhere.\n\n\
           kd> !smt\n\
           SMT Summary:\n\
           ------------\n\
           \n\
           KeActiveProcessors:\n\
           ****------------------------------------------------------------ (000000000000000f)\n\
           IdleSummary:\n\
           ---------------------------------------------------------------- (0000000000000000)",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Processors of a group.
#[derive(Default)]
struct Members {
    active: u64,
    idle: Option<Result<u64, Lack>>,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let processors = found(&scope, None);
    let out = &mut context.out;
    out.emit(Line::new().role(Role::Heading, "SMT Summary:"))?;
    out.emit(Line::of("------------"))?;
    out.blank()?;
    for (number, group) in groups(&processors) {
        out.emit(summary(number, &group))?;
    }
    let Some(first) = processors.iter().find_map(|(_, found)| found.as_ref().ok()) else {
        return unknown(&processors, out);
    };
    let columns = [
        Column::right("processor", "No", 3),
        Column::left("prcb", "PRCB", 16),
        Column::left("smt_members", "SMT Set", 64),
        Column::left("smt_set", "", 18),
        Column::left("apic_id", "APIC Id", 10),
    ];
    let table = Table::new("processor", &columns);
    out.within(table.clone(), |out| {
        let known = processors.iter().filter_map(|(_, found)| found.as_ref().ok());
        known.into_iter().try_for_each(|processor| out.emit(row(&table, processor)))
    })?;
    unknown(&processors, out)?;
    let cpu = Cpu::of(first);
    out.blank()?;
    out.emit(
        Record::new("topology")
            .label("Maximum cores per physical processor:")
            .cell("cores", Cell::new(cpu.cores()).right(4).mark("?"))
            .line(Line::new().label("Maximum logical processors per core: "))
            .cell("threads_per_core", Cell::new(cpu.threads_per_core()).right(4).mark("?")),
    )
}

fn groups(processors: &[Found<'_>]) -> BTreeMap<u64, Members> {
    let mut groups: BTreeMap<u64, Members> = BTreeMap::new();
    for (number, found) in processors {
        let number = u64::from(*number);
        // Where the KPRCB is not known, processors are numbered on from group to group.
        let place = found.as_ref().map_err(Clone::clone);
        let place = place.and_then(|processor| Ok((processor.group()?, processor.set_member()?)));
        let (group, member) = place.unwrap_or((number / 64, 1 << (number % 64)));
        let known = groups.entry(group).or_default();
        known.active |= member;
        let Ok(processor) = found else { continue };
        let idle = Cpu::of(processor).idle_set();
        known.idle = Some(match (known.idle.take(), idle) {
            (Some(Ok(before)), Ok(more)) => Ok(before | more),
            (Some(Err(why)), _) | (_, Err(why)) => Err(why),
            (None, Ok(idle)) => Ok(idle),
        });
    }
    groups
}

fn summary(number: u64, group: &Members) -> Record {
    let idle = group.idle.clone().unwrap_or_else(|| Err(Lack::NoName { name: "the KPRCB".to_owned() }));
    let of_group = if number == 0 { String::new() } else { format!(" (group {number})") };
    Record::new("smt_summary")
        .field("group", number)
        .label(format!("KeActiveProcessors{of_group}:"))
        .line(Line::new())
        .text(mask(group.active))
        .text(" (")
        .cell("active", Cell::new(Field::Hex(group.active)).digits(16))
        .text(")")
        .line(Line::new())
        .label(format!("IdleSummary{of_group}:"))
        .line(Line::new())
        .text(idle.as_ref().map_or("?".repeat(64), |idle| mask(*idle)))
        .text(" (")
        .cell("idle", Cell::new(idle.map(Field::Hex)).digits(16).absent("?".repeat(16)))
        .text(")")
}

fn row(table: &Table, processor: &Processor<'_>) -> Record {
    let address = processor.object().address();
    let cpu = Cpu::of(processor);
    let set = cpu.smt_set();
    let members = set.as_ref().map(|set| mask(*set)).map_err(Clone::clone);
    let set_text = set.as_ref().map_or(String::new(), |set| format!("({set:016x})"));
    let apic = cpu.apic_id();
    let apic_text = apic.as_ref().map_or(String::new(), |apic| format!("0x{apic:08x}"));
    table.row([
        Cell::new(processor.number()).role(Role::Text),
        Cell::new(Field::Address(address)).digits(16).link(Action::object("nt!_KPRCB", address)),
        Cell::new(members).mark("?".repeat(64)).role(Role::Text),
        Cell::new(set.map(Field::Hex)).shown(set_text).mark("(????????????????)"),
        Cell::new(apic.map(Field::Hex)).shown(apic_text).mark("0x????????"),
    ])
}
