//! `!uniqstack`: each stack once, with the heading of the first thread that has it.

use crate::command::process::processes::Which;
use crate::command::show::missing::not_all;
use crate::command::show::thread::heading;
use crate::command::show::thread_block::no_stack;
use crate::command::show::thread_stack::{Layout, ThreadStack};
use crate::command::show::walking::{Walking, walk_told};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::Lack;
use crate::kernel::{Thread, UniqueStacks, WalkedThread, known_threads_of};
use crate::output::{Branch, Cell, Field, Line, Record, Role};

/// `!uniqstack`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!uniqstack"],
    group: Group::Kernel,
    switches: Switches::letters(&[
        Switch::flag("-v", "with the argument slots"),
        Switch::flag("-b", "the same"),
        Switch::ignored("-n"),
        Switch::ignored("-p"),
    ])
    .anywhere(),
    arguments: &[Argument::new("[PROCESS]", Expects::Expression)],
    summary: "Shows the stacks of a process's threads, those that are alike once",
    help: "Without a process the current one's threads are looked at. PROCESS is an address, an id or the name of an \
           image. !us shows the same more briefly, and for all processes.\n\n\
           kd> !uniqstack",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let process = Which::read(words.next(), context)?;
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let layout = if args.has("-v") || args.has("-b") { Layout::Arguments } else { Layout::Plain };
    let scope = context.session.scope();
    let process = process.one(&scope)?;
    let out = &mut context.out;
    let threads: Vec<Result<Thread<'_>, Lack>> = known_threads_of(&process)?.collect();
    out.emit(Line::of(format!("Processing {} threads, please wait", threads.len())))?;
    out.blank()?;
    let mut unique = UniqueStacks::new();
    let (mut total, mut lost, mut lacks) = (0u64, Vec::new(), Vec::new());
    let mut walking = Walking::of(threads.len());
    walk_told(
        threads.into_iter(),
        &mut walking,
        out,
        &mut lacks,
        |WalkedThread { thread, space, stack }, _| {
            total += 1;
            match stack {
                Ok(stack) => unique.add(thread, space, stack, |_| true),
                Err(why) => lost.push((thread, why)),
            }
            Ok(())
        },
    )?;
    let mut duplicates = Vec::new();
    for group in unique.in_order() {
        if let Some(first) = group.threads.first() {
            out.within(Branch::new(heading(first, 0)), |out| {
                ThreadStack { stack: &group.stack, space: &group.space }.say(layout, 0, out)
            })?;
            out.blank()?;
        }
        duplicates.extend(group.threads.into_iter().skip(1));
    }
    for (thread, why) in &lost {
        out.within(Branch::new(heading(thread, 0)), |out| out.emit(no_stack(thread, why, 0)))?;
        out.blank()?;
    }
    let number = |value: u64| Cell::new(value).role(Role::Value);
    out.emit(Record::new("count").label("Total threads: ").cell("threads", number(total)))?;
    if !duplicates.is_empty() {
        let ids: Vec<String> = duplicates
            .iter()
            .map(|thread| thread.client_id().map_or("?".to_owned(), |id| format!("{:x}", id.thread)))
            .collect();
        let addresses = duplicates.iter().map(|thread| Field::Address(thread.address())).collect();
        out.emit(
            Record::new("duplicates")
                .label("Duplicate callstacks: ")
                .cell("count", number(duplicates.len() as u64))
                .label(" (thread ids follow):"),
        )?;
        let threads = Cell::new(Field::List(addresses)).shown(ids.join(", ")).role(Role::Text);
        out.emit(Record::new("duplicates").cell("threads", threads))?;
    }
    out.warn(not_all(&lacks))
}
