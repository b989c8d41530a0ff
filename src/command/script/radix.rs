//! `n`: the radix of numbers without a prefix.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs};
use crate::output::Record;
use crate::session::Radix;

/// `n`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["n"],
    glue: Glue::Anything,
    group: Group::Language,
    arguments: &[Argument::new("[8 | 10 | 16]", Expects::Word(&["8", "10", "16"]))],
    summary: "Shows or chooses the radix of numbers without a prefix",
    help: "Numbers in expressions are hexadecimal unless another radix is chosen; 0x, 0n, 0t and 0y name one for a number.\n\
           Example: n 10\n\
           base is 10",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let radix = match args.text {
        "" => context.session.settings.radix,
        "8" => Radix::Octal,
        "10" => Radix::Decimal,
        "16" => Radix::Hex,
        _ => {
            return Err(CommandError::Caret { what: "Syntax error", at: args.typed.start.saturating_sub(1) });
        }
    };
    context.session.settings.radix = radix;
    context.out.emit(Record::new("radix").text("base is ").cell("radix", u64::from(radix.base())))
}
