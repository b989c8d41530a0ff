//! `!vtop`: an address taken through the page tables.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Scope;
use crate::eval::as_typed;
use crate::kernel::{PteSpace, root_of, why_unreadable};
use crate::memory::paging::{Entry, Paging};
use crate::memory::{Level, Memory};
use crate::output::{Action, Cell, Field, Record};

/// `!vtop`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!vtop"],
    group: Group::Memory,
    arguments: &[
        Argument::new("[DIRBASE]", Expects::Expression),
        Argument::new("ADDRESS", Expects::Expression),
    ],
    summary: "Takes an address through the page tables to its physical address, step by step",
    help: "DIRBASE is the root of the page tables, as !process shows it, or its page frame number; 0 and nothing mean those \
           of the current process. Dumps of pages have page tables; triage dumps do not: see !pte.\n\n\
           kd> !vtop 0 1a42ea30240\n\
           Amd64VtoP: Virt 000001a42ea30240, pagedir 00000000001ad000\n\
           Amd64VtoP: PML4E 00000000001ad018\n\
           Amd64VtoP: PDPE 000000000ecc0480\n\
           Amd64VtoP: PDE 0000000013341ba8\n\
           Amd64VtoP: PTE 00000000077af180\n\
           Amd64VtoP: Mapped phys 00000000166b7240\n\
           Virtual address 1a42ea30240 translates to physical address 166b7240.",
    needs: Needs::Physical,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let words: Vec<&str> = args.words().collect();
    let (root, address) = match words.as_slice() {
        [address] => (0, context.evaluate(address)?),
        [root, address] => (as_typed(context.evaluate(root)?), context.evaluate(address)?),
        _ => return Err(CommandError::Syntax("!vtop".to_owned())),
    };
    let scope = context.session.scope();
    let paging = page_tables(&scope, root)?;
    let prefix = "Amd64VtoP: ";
    let mut record = Record::new("vtop")
        .text(format!("{prefix}Virt "))
        .cell("va", Cell::new(Field::Address(address)).digits(16))
        .text(", pagedir ")
        .cell("dirbase", physical(paging.directory_table_base()));
    let walk = paging.translate(address);
    let entries = walk.as_ref().map_or_else(|broken| &broken.entries, |found| &found.entries);
    for Entry { level, address, .. } in entries {
        let (label, name) = named(*level);
        record = record.line(format!("{prefix}{label} ")).cell(name, physical(*address));
    }
    let number = |value: u64| Cell::new(Field::Hex(value)).link(Action::Physical(value));
    record = match walk {
        Ok(found) => {
            let size = match found.page_size {
                0x1000 => "Mapped phys ",
                _ => "Large page mapped phys ",
            };
            record
                .line(format!("{prefix}{size}"))
                .cell("physical", physical(found.physical))
                .line("Virtual address ")
                .show(Cell::new(Field::Hex(address)))
                .text(" translates to physical address ")
                .show(number(found.physical))
                .text(".")
        }
        Err(broken) => record
            .line("Virtual address ")
            .show(Cell::new(Field::Hex(address)))
            .text(" translation fails: ")
            .cell("why", why_unreadable(&scope, broken.error.reason).to_string()),
    };
    context.out.emit(record)
}

/// The page tables that a root names; 0 names those of the current process.
pub fn page_tables(scope: &Scope<'_>, root: u64) -> Result<Paging, CommandError> {
    let paging = scope.memory().paging().ok_or_else(|| match scope.memory().u8(0) {
        Err(why) => CommandError::Missing(format!("no page tables: {}", why.reason)),
        Ok(_) => CommandError::Missing("no page tables".to_owned()),
    })?;
    Ok(match root {
        0 => paging.clone(),
        root => root_of(paging, PteSpace::of(scope.target()), root),
    })
}

fn physical(at: u64) -> Cell {
    Cell::new(Field::Hex(at)).digits(16).link(Action::Physical(at))
}

/// The names that this command has for the entries of a level.
fn named(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Pml5e => ("PML5E", "pml5e"),
        Level::Pxe => ("PML4E", "pml4e"),
        Level::Ppe => ("PDPE", "pdpe"),
        Level::Pde => ("PDE", "pde"),
        Level::Pte => ("PTE", "pte"),
    }
}
