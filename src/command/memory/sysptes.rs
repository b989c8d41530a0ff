//! `!sysptes`: the page table entries that map what belongs to no process.

use crate::command::show::missing::Missing;
use crate::command::show::page_entry::address;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::kernel::{MemoryCounters, SystemPtes};
use crate::output::{Action, Cell, Field, Record};

/// `!sysptes`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!sysptes"],
    group: Group::Memory,
    summary: "Shows the system's page table entries: how many, how many are free, how often none could be had",
    help: "System PTEs map what belongs to no process: I/O, MDLs, kernel stacks. Needs symbols of the kernel (nt!MiState), and \
           Windows 10 or later. Which of them are free is not listed: the bitmap covers terabytes.\n\n\
           kd> !sysptes\n\
           System PTE Information\n  \
           Total System Ptes 571224\n     \
           starting PTE: FFFFFA7D40000000\n     \
           total free: 552337   failures: 0",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let mut missing = Missing::default();
    let kinds = MemoryCounters::of(&scope).system_ptes()?;
    for (title, ptes) in ["System PTE Information", "Kernel Stack PTE Information"].iter().zip(kinds) {
        match ptes {
            Ok(ptes) => {
                let record = section(title, &ptes);
                missing.note(&record);
                out.emit(record)?;
            }
            Err(why) => missing.add(&format!("{title}: {why}")),
        }
    }
    missing.say(out)
}

fn section(title: &str, ptes: &SystemPtes<'_>) -> Record {
    let link = Action::object("nt!_MI_SYSTEM_PTE_TYPE", ptes.address());
    Record::new("system_ptes")
        .cell("kind", Cell::new(title).link(link))
        .line("  Total System Ptes ")
        .cell("total", ptes.total())
        .line("     starting PTE: ")
        .cell("first", address(ptes.first(), Action::Pte))
        .line("     total free: ")
        .cell("free", ptes.free())
        .text("   failures: ")
        .cell("failures", ptes.failures().map(Field::Number))
}
