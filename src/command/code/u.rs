//! `u`: code from an address on.

use super::extent::{Extent, extent};
use super::heading::{Headings, NEXT};
use crate::command::show::disassembly::{Shown, before, decode_as, instruction_line, record_as};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::memory::Memory;

/// Instructions before the address that `--around` shows.
const BEFORE: usize = 6;

/// `u`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["u"],
    group: Group::Code,
    switches: Switches::words(&[
        Switch::flag(
            "--around",
            "also up to six instructions that end right before the address: before a return address, the call",
        ),
        Switch::flag("--names", "targets by name alone, without their address"),
        Switch::flag("--narrow", "the same, and in a pane without the bytes where operands need their room"),
    ]),
    arguments: &[Argument::new("[ADDRESS [LCOUNT | END]]", Expects::Range)],
    summary: "Disassembles",
    help: "Shows eight instructions, or COUNT, or those up to END. Without an address, goes on where the last u ended, \
           at first at the instruction pointer (of an image: at its entry point).\n\
           \n\
           kd> u @rip L3\n\
           nt+0x3fdb50:\n\
           fffff803`0bbfdb50 48894c2408      mov     qword ptr [rsp+8],rcx\n\
           fffff803`0bbfdb55 4889542410      mov     qword ptr [rsp+10h],rdx\n\
           fffff803`0bbfdb5a 4c89442418      mov     qword ptr [rsp+18h],r8",
    needs: Needs::Code,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (start, extent) = extent(args.text, context)?;
    match extent {
        Extent::Before(count) => super::ub::show(start, count, context),
        Extent::Count(count) => show(args, start, |_, shown| shown < count, context),
        Extent::Until(end) => show(args, start, |at, _| at <= end, context),
    }
}

fn show(
    args: &Args<'_>,
    start: u64,
    more: impl Fn(u64, u64) -> bool,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let form = match (args.has("--narrow"), args.has("--names")) {
        (true, _) => Shown::Narrow,
        (false, true) => Shown::Names,
        (false, false) => Shown::Whole,
    };
    let mut headings = Headings::default();
    if args.has("--around") {
        super::ub::each(&before(context, start, BEFORE), form, &mut headings, context)?;
    }
    let (mut at, mut shown) = (start, 0);
    while more(at, shown) {
        headings.over(at, context)?;
        let Some(instruction) = decode_as(context, at, form) else {
            let line = instruction_line(context, at);
            context.out.emit(line)?;
            context.session.target.memory().u8(at)?;
            // The byte is there, so the instruction runs into what is missing.
            return Err(CommandError::Missing(format!(
                "the instruction at {at:#x} is cut off by memory that cannot be read"
            )));
        };
        context.out.emit(record_as(&instruction, form))?;
        shown += 1;
        let Some(next) = at.checked_add(instruction.length) else {
            return Ok(());
        };
        at = next;
        context.session.next_address.insert(NEXT, at);
    }
    Ok(())
}
