//! What a `dx` command is to show.

use super::text::Radix;
use crate::command::{Args, CommandError};
use crate::output::Action;

/// Levels opened by `-r` alone; the debugger opens one where no depth is given.
const DEFAULT_DEPTH: usize = 1;
/// More levels than this lead round in circles.
const MAX_DEPTH: usize = 64;
/// Roots of the debugger's data model, and what only its queries have.
const DATA_MODEL: &[&str] =
    &["Debugger.", "@$cursession", "@$curprocess", "@$curthread", "@$curstack", "@$curframe", "=>", "new {"];

/// What a `dx` command is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// The expression, as it was typed.
    pub(super) expression: String,
    /// `-rN`: levels below the expression's own line.
    pub(super) depth: usize,
    /// `-n`: members instead of summaries.
    pub(super) raw: bool,
    /// `-g`: as a grid.
    pub(super) grid: bool,
    /// `-c N`: the first element of an array that is shown.
    pub(super) first: u64,
    /// `,d` and `,x`.
    pub(super) radix: Radix,
}

impl Shown {
    /// The same expression again, with other options.
    pub(super) fn more(&self, options: &str) -> Action {
        Action::More { options: options.into(), expression: self.expression.as_str().into() }
    }

    /// What a command line asks for.
    pub(super) fn of(args: &Args<'_>) -> Result<Shown, CommandError> {
        let depth = match (args.has("-r"), args.number("-r")) {
            (true, Some(depth)) => usize::try_from(depth).unwrap_or(MAX_DEPTH).min(MAX_DEPTH),
            _ => DEFAULT_DEPTH,
        };
        let rest = args.text;
        if rest.is_empty() {
            return Err(CommandError::Syntax("dx".to_owned()));
        }
        if is_data_model(rest) {
            return Err(CommandError::Argument(
                "dx shows typed expressions only, as in dx @$proc->Pcb; the debugger's data model (sessions, \
                 processes, queries, variables) is not there"
                    .to_owned(),
            ));
        }
        let (expression, radix) = specifier(rest)?;
        Ok(Shown {
            expression: expression.to_owned(),
            depth,
            raw: args.has("-n") || args.has("-nv"),
            grid: args.has("-g") || args.has("-gc"),
            first: args.number("-c").unwrap_or(0),
            radix,
        })
    }
}

fn is_data_model(text: &str) -> bool {
    let variable = text.strip_prefix("@$").and_then(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        let after = rest.get(end..)?.trim_start();
        after.strip_prefix('=').filter(|after| !after.starts_with('='))
    });
    text == "Debugger" || variable.is_some() || DATA_MODEL.iter().any(|word| text.contains(word))
}

/// Splits `EXPRESSION,d`: a comma before the last word, outside all brackets.
fn specifier(text: &str) -> Result<(&str, Radix), CommandError> {
    let split = text.rsplit_once(',').filter(|(expression, word)| {
        let opened = expression.matches(['(', '[']).count();
        let closed = expression.matches([')', ']']).count();
        opened == closed && word.trim().chars().all(|c| c.is_ascii_alphanumeric())
    });
    let Some((expression, rest)) = split else {
        return Ok((text, Radix::ByType));
    };
    let radix = match rest.trim() {
        "d" => Radix::Decimal,
        "x" | "h" => Radix::Hex,
        other => {
            return Err(CommandError::Argument(format!(
                "dx knows the format specifiers ,d and ,x, not ,{other}"
            )));
        }
    };
    Ok((expression.trim_end(), radix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::line::test_args;

    fn parse(text: &str) -> Result<Shown, CommandError> {
        Shown::of(&test_args(&crate::command::types::dx::SPEC, text)?)
    }

    #[test]
    fn options_stand_before_the_expression() {
        let request = parse("-id 0,0,ffff9b050411d080 -r2 -nv (*((nt!_X *)0x10))").expect("parses");
        assert_eq!((request.depth, request.raw, request.grid), (2, true, false));
        assert_eq!(request.expression, "(*((nt!_X *)0x10))");
        assert_eq!(parse("-g -c 100 a[2]").expect("parses").first, 100);
        // A minus before a number is no option.
        assert_eq!(parse("-5").expect("parses").expression, "-5");
        assert_eq!(parse("-r1000000 a").expect("parses").depth, MAX_DEPTH);
        assert!(parse("").is_err() && parse("-q 1").is_err());
    }

    #[test]
    fn format_specifiers_end_the_expression() {
        let request = parse("#FIELD_OFFSET(nt!_X, Y),d").expect("parses");
        assert_eq!((request.expression.as_str(), request.radix), ("#FIELD_OFFSET(nt!_X, Y)", Radix::Decimal));
        assert!(parse("1,q").is_err());
    }

    #[test]
    fn the_data_model_is_refused() {
        for text in
            ["@$cursession.Processes", "Debugger", "Debugger.Sessions[0]", "@$x = 1", "a.Where(p => 1)"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("@$proc->Pcb").is_ok() && parse("@$t0 == 1").is_ok());
    }
}
