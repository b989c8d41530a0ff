//! `$$>a<`, `$$><`, `$$<`, `$><`, `$<`: the commands of a file.

use super::files;
use crate::command::line::Reader;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};
use crate::output::{Line, Role, Span};
use crate::util::lines::{self, LineError};
use std::io::ErrorKind;
use std::path::Path;

/// `$$>a<` and its likes.
pub const SPEC: CommandSpec = CommandSpec {
    names: &["$$>a<", "$$><", "$$<", "$><", "$<"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new("FILE [ARGUMENT] ...", Expects::Text)],
    summary: "Runs the commands of a file",
    help: "$$>a<, $$>< and $>< run the file as one line, a semicolon behind each of its lines, so that blocks may take several; \
           $$>a< makes ${$arg1}, ${$arg2} ... of its arguments. $$< and $< run line by line, show each, and go on after an \
           error. The name ends at the next semicolon, for $>< and $< at the line's end, or stands in quotation marks. Files \
           are UTF-8, UTF-16 with its mark, or GB18030.\n\
           Example: $$>a<threads.dbg services.exe 5",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut reader = Reader::new(&args.typed);
    let takes_arguments = args.name == "$$>a<";
    let to_the_end = matches!(args.name, "$<" | "$><");
    let name = match reader.takes("\"") {
        true => {
            let name = reader.until(|c| c == '"');
            reader.takes("\"");
            name
        }
        false => reader.until(|c| !to_the_end && (c == ';' || takes_arguments && c.is_whitespace())).trim(),
    };
    if name.is_empty() {
        reader.back_to_name(&args.typed);
        return Err(reader.fail("Non-empty string required"));
    }
    let given = if takes_arguments { reader.until(|c| c == ';') } else { "" };
    context.ends_at(reader.at());
    match args.name {
        "$$<" | "$<" => line_by_line(name, context),
        _ => match files::whole("command file", name, ';') {
            Ok(text) => with_arguments(given, &text, context),
            Err(error) => not_run(&error, context),
        },
    }
}

/// Runs a file's text, in which the arguments stand for themselves; what they stood for before they stand for afterwards.
fn with_arguments(given: &str, text: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let interpreter = &mut context.session.interpreter;
    let (aliases, origin) = (&mut interpreter.aliases, interpreter.depth.origin());
    let given = arguments(given);
    let name = |index: usize| format!("$arg{index}");
    let is_argument = |name: &str| {
        name.strip_prefix("$arg").is_some_and(|digits| digits.chars().all(|c| c.is_ascii_digit()))
    };
    // What was given to a script around this one is not meant in it, if something was given to this one.
    let outer: Vec<String> = aliases
        .all()
        .map(|(name, _)| name.to_owned())
        .filter(|name| !given.is_empty() && is_argument(name))
        .collect();
    let before = aliases.put_aside((1..=given.len()).map(name).chain(outer));
    let set = (1..).zip(&given).try_for_each(|(index, word)| aliases.set(&name(index), word, origin));
    let outcome = set.map_err(CommandError::from).and_then(|()| context.run_block(text));
    context.session.interpreter.aliases.put_back(before);
    outcome
}

/// Words between blanks, of which those in quotation marks are one.
fn arguments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"').and_then(|inner| inner.split_once('"'));
        let (word, after) = quoted.or_else(|| rest.split_once(char::is_whitespace)).unwrap_or((rest, ""));
        found.push(word);
        rest = after.trim_start();
    }
    found
}

fn line_by_line(name: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut lines = match lines::of_file("command file", Path::new(name)) {
        Ok(lines) => lines,
        Err(error) => return not_run(&error, context),
    };
    loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(error) => return not_run(&error, context),
        };
        context.end_line()?;
        let prompt = context.session.prompt();
        context.out.emit(Line::new().role(Role::Dim, &prompt).span(Span::typed(&line)))?;
        if let Err(error) = context.run_typed(&line, prompt.len()) {
            context.tell(error)?;
        }
    }
}

/// A file that is not there ends nothing.
fn not_run(error: &LineError, context: &mut Context<'_>) -> Result<(), CommandError> {
    let text = match error {
        LineError::Io { error, .. } if error.kind() == ErrorKind::NotFound => {
            "Command file execution failed, Win32 error 0n2\n    \"File not found.\"".to_owned()
        }
        error => format!("Command file execution failed: {error}"),
    };
    context.tell(CommandError::Argument(text))
}
