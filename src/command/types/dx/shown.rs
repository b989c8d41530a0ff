//! What a `dx` command is to show.

use super::form::Form;
use crate::command::{Args, CommandError};
use crate::output::Action;

/// Levels opened by `-r` alone; the debugger opens one where no depth is given.
const DEFAULT_DEPTH: usize = 1;
/// More levels than this lead round in circles.
const MAX_DEPTH: usize = 64;
/// What a `dx` command is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// The expression and its format specifiers, as they were typed.
    pub(super) typed: String,
    /// The expression alone.
    pub(super) expression: String,
    /// `-rN`: levels below the expression's own line.
    pub(super) depth: usize,
    /// `-n`: members instead of summaries.
    pub(super) raw: bool,
    /// `-g`: as a grid.
    pub(super) grid: bool,
    /// `-gc N`: the longest text of the grid's cells.
    pub(super) cell: Option<usize>,
    /// `-s`: nothing is shown.
    pub(super) silent: bool,
    /// `-c N`: the first element of an array or a list that is shown.
    pub(super) first: u64,
    /// `,d` and the like.
    pub(super) form: Form,
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
        let (expression, form) = specifiers(rest)?;
        let cell = args.number("-gc").map(|width| usize::try_from(width).unwrap_or(usize::MAX));
        Ok(Shown {
            typed: rest.to_owned(),
            expression: expression.to_owned(),
            depth,
            raw: form.raw || args.has("-n") || args.has("-nv"),
            grid: args.has("-g") || cell.is_some(),
            cell,
            silent: args.has("-s"),
            first: args.number("-c").unwrap_or(0),
            form,
        })
    }
}

/// Splits `EXPRESSION,d`: commas before the last words, outside all brackets and quotes.
fn specifiers(text: &str) -> Result<(&str, Form), CommandError> {
    let (mut expression, mut form) = (text, Form::default());
    while let Some((before, word)) = expression.rsplit_once(',').filter(|(before, word)| {
        let opened = before.matches(['(', '[', '{']).count();
        let closed = before.matches([')', ']', '}']).count();
        let quotes =
            before.matches('"').count() - before.matches("\\\"").count().min(before.matches('"').count());
        let is_word = word.trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '!');
        opened == closed && quotes % 2 == 0 && is_word
    }) {
        if !form.specify(word.trim()) {
            return Err(CommandError::Argument(format!(
                "dx knows the format specifiers {}, not ,{}",
                Form::SPECIFIERS,
                word.trim()
            )));
        }
        expression = before.trim_end();
    }
    Ok((expression, form))
}

#[cfg(test)]
mod tests {
    use super::super::form::Radix;
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
        assert_eq!(request.expression, "#FIELD_OFFSET(nt!_X, Y)");
        assert_eq!(
            (request.typed.as_str(), request.form.radix),
            ("#FIELD_OFFSET(nt!_X, Y),d", Radix::Decimal)
        );
        let both = parse("a.Select(p => new { A = 1, B = p }),x,5").expect("parses");
        assert_eq!(both.expression, "a.Select(p => new { A = 1, B = p })");
        assert_eq!((both.form.radix, both.form.count), (Radix::Hex, Some(5)));
        assert_eq!(parse(r#""a,d""#).expect("parses").expression, r#""a,d""#);
        assert!(parse("1,q").is_err());
    }
}
