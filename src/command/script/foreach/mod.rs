//! `.foreach`: a loop over words.

mod words;

use super::loops::{in_loop, turn};
use crate::command::line::{Reader, SYNTAX};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};
use crate::session::Origin;
use words::Words;

/// `.foreach`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".foreach"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new(
        "[/pS N] [/ps N] (NAME { COMMANDS }) { COMMANDS } | /s (NAME \"TEXT\") {..} | /f (NAME \"FILE\") {..}",
        Expects::Command,
    )],
    summary: "Runs a block for each word that commands print, of a text or of a file",
    help: "NAME stands for the word where it stands alone between blanks, and ${NAME} anywhere. /pS N passes over so many words \
           at the beginning, /ps N after each that is taken.\n\
           Example: .foreach (x { .echo 1 2 }) { ? ${x} * 2 }\n\
           Evaluate expression: 2 = 00000000`00000002\n\
           Evaluate expression: 4 = 00000000`00000004",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

/// Where the words come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Commands,
    Text,
    File,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut reader = Reader::new(&args.typed);
    let (mut source, mut first, mut between) = (Source::Commands, 0, 0);
    reader.blanks();
    while reader.takes("/") {
        match reader.rest().get(..2) {
            Some("pS") => first = count(&mut reader, context)?,
            Some("ps") => between = count(&mut reader, context)?,
            _ if reader.takes("s") => source = Source::Text,
            _ if reader.takes("f") => source = Source::File,
            _ => return Err(reader.fail(SYNTAX)),
        }
        reader.blanks();
    }
    if !reader.takes("(") {
        return Err(reader.fail(SYNTAX));
    }
    reader.blanks();
    let name = reader.until(char::is_whitespace);
    reader.blanks();
    let from = match source {
        Source::Commands => reader.block()?,
        Source::Text | Source::File => quoted(&mut reader)?,
    };
    reader.blanks();
    if !reader.takes(")") {
        return Err(reader.fail(SYNTAX));
    }
    let block = reader.block()?;
    let origin = match source {
        Source::Commands => Origin::Found,
        Source::Text | Source::File => context.session.interpreter.depth.origin(),
    };
    let words = match source {
        Source::Commands => Words::of_text(context.capture(from)?.text()),
        Source::Text => Words::of_text(from.to_owned()),
        Source::File => Words::of_file(from)?,
    };
    // What the name stood for before it stands for afterwards.
    let before = context.session.interpreter.aliases.put_aside([name]);
    let outcome = in_loop(context, |context| {
        for word in words.skip(first).step_by(between.saturating_add(1)) {
            context.session.interpreter.aliases.set(name, &word?, origin)?;
            if !turn(block, context)? {
                break;
            }
        }
        Ok(())
    });
    context.session.interpreter.aliases.put_back(before);
    context.ends_at(reader.at());
    outcome
}

/// The number behind `pS` or `ps`, touching or apart: a word, for a slash begins the next switch.
fn count(reader: &mut Reader<'_>, context: &Context<'_>) -> Result<usize, CommandError> {
    reader.takes("ps");
    reader.blanks();
    let word = reader.until(|c| c.is_whitespace() || c == '(');
    let value = context.evaluate(word)?;
    Ok(usize::try_from(value).unwrap_or(usize::MAX))
}

fn quoted<'t>(reader: &mut Reader<'t>) -> Result<&'t str, CommandError> {
    if !reader.takes("\"") {
        return Err(reader.fail("Quotes required"));
    }
    let text = reader.until(|c| c == '"');
    if reader.takes("\"") { Ok(text) } else { Err(reader.fail("Trailing quote missing")) }
}
