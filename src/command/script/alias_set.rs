//! `as` and `aS`: make an alias.

use super::files;
use super::printf::{TextKind, pointed};
use crate::command::line::{Reader, SYNTAX};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Rest};
use crate::session::Origin;

/// `as`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["as", "aS"],
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new(
        "NAME TEXT | /x NAME EXPRESSION | /ma|/mu|/msa|/msu NAME ADDRESS | /e NAME VARIABLE | /f NAME FILE | /c NAME COMMANDS",
        Expects::Text,
    )],
    summary: "Makes a name stand for a text",
    help: "as takes the rest of the line, aS up to the next semicolon (quotation marks protect one). The name counts from the \
           next line or block on, where it stands alone between blanks; ${name} counts anywhere. The text may be the value of \
           an expression (/x), the text at an address, a variable of the environment, a file, or what commands print.\n\
           Example: aS /x entry @$exentry; .block { u entry L1 }",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut reader = Reader::new(&args.typed);
    let whole_line = args.name == "as";
    let form = if reader.takes("/") { reader.until(char::is_whitespace) } else { "" };
    reader.blanks();
    let name = reader.until(|c| c.is_whitespace() || c == ';');
    let named = reader;
    reader.blanks();
    if name.is_empty() || reader.rest().is_empty() {
        return Err(reader.fail(SYNTAX));
    }
    // The debugger ends the line behind the name.
    context.cuts(args.typed.line.get(args.typed.start..named.at()).unwrap_or_default());
    let text = match form {
        "" => plain(&mut reader, whole_line),
        "x" => format!("{:#x}", reader.value(context)?),
        "ma" | "mu" | "msa" | "msu" => {
            let address = reader.value(context)?;
            let kind = TextKind { wide: form.ends_with('u'), counted: form.starts_with("ms") };
            pointed(address, kind, context).ok_or_else(|| reader.fail("Memory access error"))?
        }
        "e" => {
            let variable = reader.until(|c| c.is_whitespace() || c == ';');
            std::env::var(variable).map_err(|_| reader.fail("No information found error"))?
        }
        "f" => {
            let file = plain(&mut reader, whole_line);
            files::whole("file", &file, '\n').map_err(|error| CommandError::Argument(error.to_string()))?
        }
        "c" => {
            let commands = if whole_line { reader.until(|_| false) } else { commands(&mut reader) };
            match context.capture(commands) {
                Ok(said) => said.text(),
                Err(error) if error.ends_all() => return Err(error),
                Err(_) => return Err(reader.fail(SYNTAX)),
            }
        }
        _ => return Err(CommandError::Argument(format!("{} has no option '/{form}'", args.name))),
    };
    let found = form.starts_with('m') || form == "c";
    let interpreter = &mut context.session.interpreter;
    let origin = if found { Origin::Found } else { interpreter.depth.origin() };
    interpreter.aliases.set(bare(name), &text, origin)?;
    context.ends_at(reader.at());
    Ok(())
}

/// `foo` of `${/v:foo}`, in which no alias was replaced.
pub fn bare(name: &str) -> &str {
    name.strip_prefix("${/v:").and_then(|name| name.strip_suffix('}')).unwrap_or(name)
}

/// The text that stands next.
fn plain(reader: &mut Reader<'_>, whole_line: bool) -> String {
    if whole_line {
        return reader.until(|_| false).trim_end().to_owned();
    }
    if reader.takes("\"") {
        let text = reader.until(|c| c == '"');
        reader.takes("\"");
        return text.to_owned();
    }
    reader.until(|c| c == ';').trim_end().to_owned()
}

/// Commands up to the next semicolon that is neither quoted nor in braces.
fn commands<'t>(reader: &mut Reader<'t>) -> &'t str {
    let (mut quoted, mut depth) = (false, 0i32);
    reader.until(|c| {
        match c {
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => depth -= 1,
            _ => {}
        }
        c == ';' && !quoted && depth <= 0
    })
}
