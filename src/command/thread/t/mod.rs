//! `!t`: a thread in short, with its requests, priorities, what it waits for, and its stack.

mod raw;
mod requests;
mod section;
mod summary;
mod waits;

use crate::command::line::{AskedThread, Out};
use crate::command::show::thread_block::no_stack;
use crate::command::show::thread_cells::decimal;
use crate::command::show::thread_stack::{Layout, ThreadStack};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::kernel::{Thread, stack};
use crate::output::{Column, Table};
use crate::session::DEFAULT_FRAMES;
use raw::raw;
use requests::requests;
use section::section;
use summary::summary;
use waits::waits;

/// `!t`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!t"],
    group: Group::Kernel,
    switches: Switches::words(&[
        Switch::with("-t", Takes::Value, "ID", "the thread of this id"),
        Switch::flag("-i", "without the stack"),
        Switch::flag("-raw", "the words on the stack that point into code instead of frames"),
    ])
    .anywhere(),
    arguments: &[Argument::new("[ADDRESS | ID]", Expects::Expression)],
    summary: "Shows a thread in short: times, state, requests, priorities, what it waits for, stack",
    help: "Without an address the current thread is shown. Behind the address E leads to all of it (!thread), K to its \
           KTHREAD, R to the words on its stack, and V, choosing the thread, to the variables where it stands; W tells whether it has a \
           32-bit stack, which is not walked. Priorities are told where they are not the usual ones. Other Waiters counts the other threads \
           that wait for the same object; of a fast mutex Info names the owner.\n\n\
           kd> !t ffffd80c05b7c040",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let typed = words.next();
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let asked = match args.number("-t") {
        Some(id) => AskedThread::Id(id),
        None => AskedThread::of(typed, false, context)?,
    };
    let scope = context.session.scope();
    let thread = asked.find(&scope)?;
    let out = &mut context.out;
    summary(&thread, out)?;
    out.blank()?;
    requests(&thread, out)?;
    priorities(&thread, out)?;
    waits(&thread, out)?;
    if args.has("-i") {
        return Ok(());
    }
    if args.has("-raw") {
        return raw(&thread, out);
    }
    let space = stack::space(&thread);
    match stack::Walker::new(&space).walk(&thread, DEFAULT_FRAMES) {
        Ok(stack) => ThreadStack { stack: &stack, space: &space }.say(Layout::Numbered, 0, out),
        Err(why) => out.emit(no_stack(&thread, &why, 0)),
    }
}

/// The priorities, unless they are what most threads have.
fn priorities(thread: &Thread<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let usual = thread.priority() == thread.base_priority()
        && thread.foreground_boost() == Ok(0)
        && thread.unusual_boost() == Ok(0)
        && thread.io_priority() == Ok(2)
        && thread.page_priority() == Ok(5);
    if usual {
        return Ok(());
    }
    let row = vec![
        decimal(thread.priority()),
        decimal(thread.base_priority()),
        decimal(thread.unusual_boost()),
        decimal(thread.foreground_boost()),
        decimal(thread.io_priority()),
        decimal(thread.page_priority()),
    ];
    section("Priority:", &priority_table(), vec![row], out)
}

fn priority_table() -> Table {
    Table::new(
        "priority",
        &[
            Column::left("priority", "Current", 7),
            Column::left("base_priority", "Base", 4),
            Column::left("decrement", "Decrement", 9),
            Column::left("foreground_boost", "ForegroundBoost", 15),
            Column::left("io_priority", "IO", 2),
            Column::left("page_priority", "Page", 4),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Cell;

    /// The priorities of a public transcript of `!mex.t`.
    #[test]
    fn priorities_stand_in_the_columns_of_a_real_transcript() {
        let row: Vec<Cell> = [15u64, 8, 0, 96, 0, 5].map(|value| decimal(Ok(value))).into();
        let table = priority_table().fitted(std::slice::from_ref(&row));
        assert_eq!(table.heading[0].plain(), "Current Base Decrement ForegroundBoost IO Page");
        assert_eq!(table.row(row).lines[0].plain(), "15      8    0         96              0  5");
    }
}
