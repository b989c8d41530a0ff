//! `z`: the line once more.

use crate::command::line::nothing_more;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Flow, Glue, Group, Needs};

/// `z`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["z"],
    glue: Glue::Signs,
    group: Group::Language,
    arguments: &[Argument::new("(CONDITION)", Expects::Expression)],
    summary: "Runs what stands before it again as long as a condition is not zero",
    help: "What stands before it in the line, or in its block.\n\
           Example: r $t0=@$t0+1; .echo x; z (@$t0 < 2)\n\
           x\n\
           x",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (value, rest) = context.evaluate_prefix(args.text)?;
    nothing_more(rest)?;
    let before = args.typed.line.get(..args.typed.start).unwrap_or_default();
    // With nothing before it there is nothing to run again, and nothing that would ever change the condition.
    let alone = before.trim_start_matches(|c: char| c == ';' || c.is_whitespace()).trim_end() == args.name;
    if value == 0 || alone { Ok(()) } else { Err(CommandError::Flow(Flow::Again)) }
}
