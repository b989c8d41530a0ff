//! `!ptov`: everything that page tables map.

use super::vtop::page_tables;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::eval::as_typed;
use crate::kernel::PteSpace;
use crate::memory::Step;
use crate::output::{Action, Cell, Field, Record};
use crate::util::hex::tick;

/// `!ptov`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ptov"],
    group: Group::Memory,
    arguments: &[Argument::new("[DIRBASE]", Expects::Expression)],
    summary: "Lists every page that the page tables map: physical address, virtual address",
    help: "DIRBASE is the root of the page tables, as !process shows it, or its page frame number; 0 and nothing mean those \
           of the current process. Pages are listed by virtual address; those of more than 4 KB say their size. The tables \
           themselves, which Windows maps too, are left out. Pages that are not valid are not listed: see !pte.\n\n\
           kd> !ptov 187000\n\
           Amd64PtoV: pagedir 187000\n\
           00000001`034fb000 1d0000",
    needs: Needs::Physical,
    ..CommandSpec::runs(run)
};

/// Rows and tables that are looked at. 16 GB of small pages have as many rows; damaged tables never end.
const MOST: usize = 1 << 22;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let root = context.evaluate_any(args.text)?.map_or(0, as_typed);
    let scope = context.session.scope();
    let paging = page_tables(&scope, root)?;
    let skipped = PteSpace::of(scope.target()).map(PteSpace::slot);
    let out = &mut context.out;
    let base = paging.directory_table_base();
    out.emit(Record::new("ptov_root").text("Amd64PtoV: pagedir ").cell("dirbase", Field::Hex(base)))?;
    let mut missing = 0u64;
    let mut steps = paging.mappings(skipped);
    for step in steps.by_ref().take(MOST) {
        match step {
            Step::Table => out.check()?,
            Step::Missing(_) => missing += 1,
            Step::Page { address, physical, size } => {
                let row = Record::new("mapping")
                    .cell("physical", number(Field::Hex(physical), physical).link(Action::Physical(physical)))
                    .text(" ")
                    .cell("virtual", number(Field::Address(address), address).link(Action::Memory(address)));
                let kilobytes = size >> 10;
                out.emit(match size {
                    0x1000 => row,
                    _ => row.text(" (").cell("kilobytes", kilobytes).text(" KB)"),
                })?;
            }
        }
    }
    if steps.next().is_some() {
        out.warn(Some(format!("not all is listed: the tables map more than {MOST} pages and tables")))?;
    }
    out.warn((missing > 0).then(|| {
        format!("not all is listed: {missing} page tables are not in the dump, so what they map is not known")
    }))
}

/// An address as this command has it: in tick form above 4 GB.
fn number(field: Field, value: u64) -> Cell {
    let shown = if value >> 32 == 0 { format!("{value:x}") } else { tick(value) };
    Cell::new(field).shown(shown)
}
