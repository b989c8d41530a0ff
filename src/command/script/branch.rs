//! `.if`, `.elsif`, `.else`: one of several blocks.

use crate::command::line::{Reader, SYNTAX};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};

/// `.if`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".if"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new(
        "(CONDITION) { COMMANDS } [.elsif (CONDITION) { COMMANDS }] ... [.else { COMMANDS }]",
        Expects::Expression,
    )],
    summary: "Runs the first block whose condition is not zero",
    help: "Blocks stand in braces, which quotation marks do not protect, and may hold blocks. An error ends the line with all \
           blocks, unless .catch stands around it.\n\
           Example: .if (@rsp > 0) { .echo yes } .else { .echo no }\n\
           yes",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

/// `.else` and `.elsif` without `.if` before them.
pub const ELSE: CommandSpec = CommandSpec {
    names: &[".else", ".elsif"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new("{ COMMANDS }", Expects::Command)],
    summary: "What runs where no condition before it holds: a part of .if",
    help: "Stands behind the block of an .if or .elsif.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, _| {
        let mut reader = Reader::new(&args.typed);
        reader.back_to_name(&args.typed);
        Err(reader.fail(SYNTAX))
    })
};

/// What stands behind a block.
#[derive(PartialEq, Eq)]
enum Next {
    Elsif,
    Else,
    Nothing,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut reader = Reader::new(&args.typed);
    let mut done = false;
    let mut next = Next::Elsif;
    loop {
        let chosen = match next {
            Next::Elsif if !done => reader.value(context)? != 0,
            Next::Elsif => {
                reader.until(|c| c == '{');
                false
            }
            Next::Else => !done,
            Next::Nothing => break,
        };
        let block = reader.block()?;
        if chosen {
            done = true;
            context.run_block(block)?;
        }
        let was_else = next == Next::Else;
        next = following(&mut reader);
        if was_else && next != Next::Nothing {
            return Err(reader.fail(SYNTAX));
        }
    }
    context.ends_at(reader.at());
    Ok(())
}

/// Takes `.elsif` or `.else` if one stands next, also on the next line of a file.
fn following(reader: &mut Reader<'_>) -> Next {
    let mut ahead = *reader;
    ahead.lines();
    let next = match () {
        () if ahead.takes(".elsif") => Next::Elsif,
        () if ahead.takes(".else") => Next::Else,
        () => return Next::Nothing,
    };
    *reader = ahead;
    next
}
