//! `j`: one of two commands.

use crate::command::line::Reader;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Rest};

/// `j`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["j", "J"],
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new("CONDITION ['COMMANDS'] [; ['COMMANDS']]", Expects::Expression)],
    summary: "Runs the first of two commands if a condition is not zero, else the second",
    help: "Several commands stand in single quotes.\n\
           Example: j (@rsp > 0) '.echo yes'; '.echo no'\n\
           yes",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut reader = Reader::new(&args.typed);
    let holds = reader.value(context)? != 0;
    let first = command(&mut reader);
    let second = if reader.takes(";") { command(&mut reader) } else { (reader.at(), reader.at()) };
    let (start, end) = if holds { first } else { second };
    // They run where they stand; the debugger cuts the line behind them.
    let line = args.typed.line.get(..end).unwrap_or_default();
    context.run_part(line, start)?;
    context.ends_at(reader.at());
    Ok(())
}

/// Takes the command that stands next; where it begins and ends.
fn command(reader: &mut Reader<'_>) -> (usize, usize) {
    reader.blanks();
    let quoted = reader.takes("'");
    let start = reader.at();
    reader.until(|c| if quoted { c == '\'' } else { c == ';' });
    let end = reader.at();
    if quoted {
        reader.takes("'");
        reader.blanks();
    }
    (start, end)
}
