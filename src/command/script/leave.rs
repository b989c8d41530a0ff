//! `.break`, `.continue`, `.leave`: out of a loop, its turn, a `.catch`.

use crate::command::line::Reader;
use crate::command::{Args, CommandError, CommandSpec, Context, Flow, Group, Needs};

/// `.break`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".break"],
    group: Group::Language,
    summary: "Ends the loop",
    help: "Goes on behind the innermost .for, .while, .do or .foreach.\n\
           Example: .for (r $t0=0; 1; r $t0=@$t0+1) { .if (@$t0 == 3) { .break } }; ? @$t0\n\
           Evaluate expression: 3 = 00000000`00000003",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, context| leave(args, context, Flow::Break))
};

/// `.continue`
pub const CONTINUE: CommandSpec = CommandSpec {
    names: &[".continue"],
    group: Group::Language,
    summary: "Ends the turn of the loop",
    help: "Goes on with the next turn of the innermost .for, .while, .do or .foreach.\n\
           Example: .foreach (x { .echo a b c }) { .if ($scmp(\"${x}\", \"b\") == 0) { .continue }; .echo x }\n\
           a\n\
           c",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, context| leave(args, context, Flow::Continue))
};

/// `.leave`
pub const LEAVE: CommandSpec = CommandSpec {
    names: &[".leave"],
    group: Group::Language,
    summary: "Ends the block of .catch",
    help: "Goes on behind the innermost .catch.\n\
           Example: .catch { .leave; .echo a }; .echo b\n\
           b",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, context| leave(args, context, Flow::Leave))
};

fn leave(args: &Args<'_>, context: &mut Context<'_>, flow: Flow) -> Result<(), CommandError> {
    args.none()?;
    let depth = context.session.interpreter.depth;
    let (around, what) = match flow {
        Flow::Leave => (depth.catches, ".leave outside of scope error"),
        Flow::Continue => (depth.loops, ".continue outside of scope error"),
        _ => (depth.loops, ".break outside of scope error"),
    };
    match around {
        0 => {
            let mut reader = Reader::new(&args.typed);
            reader.back_to_name(&args.typed);
            Err(reader.fail(what))
        }
        _ => Err(CommandError::Flow(flow)),
    }
}
