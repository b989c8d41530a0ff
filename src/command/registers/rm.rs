//! `rm`: which parts of the register set `r` shows.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs};
use crate::output::{Cell, Field, Record, Role};

/// `rm`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["rm"],
    group: Group::Registers,
    arguments: &[Argument::new("[MASK | ?]", Expects::Expression)],
    summary: "Shows or chooses which parts of the register set r shows",
    help: "MASK is a sum of the bits that rm ? lists; rM shows other parts once.\n\
           Example: rm 8; r",
    needs: Needs::Nothing,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

/// What `r` shows unless another is chosen: integers and segments.
const DEFAULT: u64 = 0xa;

/// The bits (WinDbg's documentation of rm).
const PARTS: &[(u64, &str)] = &[
    (0x1, "Integer state (32-bit)"),
    (0x2, "Integer state (64-bit)"),
    (0x4, "Floating-point state"),
    (0x8, "Segment registers"),
    (0x20, "Debug registers"),
    (0x40, "SSE XMM registers"),
    (0x80, "Control registers"),
];

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let every: u64 = PARTS.iter().map(|(bit, _)| bit).sum();
    let shown = match args.text {
        "" => {
            let mask = context.session.settings.registers.unwrap_or(DEFAULT);
            let head = Record::new("register_mask").text("Register output mask is ");
            context
                .out
                .emit(head.cell("mask", Cell::new(Field::Hex(mask)).shown(format!("{mask:x}"))).text(":"))?;
            mask
        }
        "?" => every,
        text => {
            let mask = context.evaluate(text)?;
            if mask == 0 || mask & !every != 0 {
                return Err(CommandError::Argument(format!("no mask {mask:x}: rm ? lists the bits")));
            }
            context.session.settings.registers = (mask != DEFAULT).then_some(mask);
            return Ok(());
        }
    };
    for (bit, name) in PARTS.iter().filter(|(bit, _)| shown & bit != 0) {
        let bit = Cell::new(Field::Hex(*bit)).shown(format!("{bit:8x}")).role(Role::Value);
        context.out.emit(Record::new("register_part").cell("bit", bit).text(" - ").cell("name", *name))?;
    }
    Ok(())
}
