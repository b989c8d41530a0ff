//! `ub`: the code that ends right before an address.

use super::extent::{Extent, extent};
use super::heading::{Headings, NEXT};
use crate::command::show::disassembly::{Shown, before, decode_as, record_as};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};

/// `ub`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["ub"],
    group: Group::Code,
    arguments: &[Argument::new("[ADDRESS [LCOUNT]]", Expects::Range)],
    summary: "Disassembles backwards: the instructions right before an address",
    help: "Shows the eight instructions, or COUNT, that end right before the address: before a return address, the call \
           that led there. x64 code cannot be read backwards for certain: the reading that most starting points \
           agree on is shown.\n\
           \n\
           kd> ub nt+0x4fbc2e L1\n\
           nt+0x4fbc29:\n\
           fffff803`0bcfbc29 e8221f0f00      call    nt+0x3fdb50 (fffff803`0bbfdb50)",
    needs: Needs::Code,
    ..CommandSpec::runs(run)
};

/// More instructions than this in one backward reading are a mistyped count.
const MAX_COUNT: u64 = 0x1000;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (address, extent) = extent(args.text, context)?;
    match extent {
        Extent::Count(count) | Extent::Before(count) => show(address, count, context),
        Extent::Until(_) => Err(CommandError::Syntax(args.text.to_owned())),
    }
}

/// Shows `count` instructions before `address`.
///
/// # Errors
/// An absurd count; nothing readable before the address.
pub fn show(address: u64, count: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    if count > MAX_COUNT {
        return Err(CommandError::Argument(format!(
            "{count:#x} instructions backwards: at most {MAX_COUNT:#x} are possible"
        )));
    }
    let starts = before(context, address, usize::try_from(count).unwrap_or(0));
    if starts.is_empty() && count > 0 {
        return Err(CommandError::Missing(format!("no code can be read that ends at {address:#x}")));
    }
    let mut headings = Headings::default();
    if let Some(&first) = starts.first() {
        context.session.next_address.insert(NEXT, first);
    }
    each(&starts, Shown::Whole, &mut headings, context)
}

/// Shows the instructions that start there.
///
/// # Errors
/// As [`Out::emit`](crate::command::line::Out::emit).
pub fn each(
    starts: &[u64],
    shown: Shown,
    headings: &mut Headings,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    for &at in starts {
        headings.over(at, context)?;
        if let Some(instruction) = decode_as(context, at, shown) {
            context.out.emit(record_as(&instruction, shown))?;
        }
    }
    Ok(())
}
