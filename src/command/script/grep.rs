//! `!grep`: the lines of another command's output that match.

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Rest, Switch, Switches, Takes,
};
use crate::output::{Block, Line, OutputClosed, Piece, Sink};
use crate::words::Message;
use regex::{Regex, RegexBuilder};
use std::collections::VecDeque;

/// `!grep`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!grep"],
    group: Group::Language,
    rest: Rest::Semicolon,
    switches: Switches::letters(&[
        Switch::flag("-i", "letters match in either case"),
        Switch::flag("-v", "the lines that do not match"),
        Switch::flag("-r", "the pattern is a regular expression"),
        Switch::with("-A", Takes::Count, "LINES", "so many lines after each match, too"),
        Switch::with("-B", Takes::Count, "LINES", "so many lines before each match, too"),
    ]),
    arguments: &[Argument::new("PATTERN", Expects::Text), Argument::new("COMMAND", Expects::Command)],
    summary: "Runs a command and shows the lines that match",
    help: "The pattern is a text, in quotes if it has blanks. Lines come as the command says them, with their links; \
           stopping stops the command.\n\n\
           kd> !grep -i wlan lm\n\
           kd> !grep -A 2 \"WAIT: (Executive)\" !process 0 2",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (pattern, command) = pattern(args.text.trim_start());
    if pattern.is_empty() || command.trim().is_empty() {
        return Err(CommandError::Syntax(args.text.to_owned()));
    }
    let text = if args.has("-r") { pattern.to_owned() } else { regex::escape(pattern) };
    let regex =
        RegexBuilder::new(&text).case_insensitive(args.has("-i")).size_limit(1 << 20).build().map_err(
            |error| CommandError::Argument(format!("'{pattern}' is no regular expression: {error}")),
        )?;
    let lines = |name| args.number(name).map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let wanted =
        Wanted { regex, inverse: args.has("-v"), before: lines("-B").min(MOST_KEPT), after: lines("-A") };
    let matching = |sink| Matching { sink, wanted, kept: VecDeque::new(), left: 0 };
    context.through(matching, |context| context.run_block(command))
}

/// The most lines that are kept because a match may follow.
const MOST_KEPT: usize = 10_000;

/// The pattern, a word or a text in quotes, and the rest.
fn pattern(text: &str) -> (&str, &str) {
    if let Some((pattern, rest)) = text.strip_prefix('"').and_then(|inner| inner.split_once('"')) {
        return (pattern, rest);
    }
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

struct Wanted {
    regex: Regex,
    inverse: bool,
    before: usize,
    after: usize,
}

/// Passes on the lines that match.
struct Matching<'s> {
    sink: &'s mut dyn Sink,
    wanted: Wanted,
    /// The last lines that were not passed on.
    kept: VecDeque<Line>,
    /// How many lines after the last match are still to be passed on.
    left: usize,
}

impl Matching<'_> {
    fn line(&mut self, line: Line) -> Result<(), OutputClosed> {
        if self.wanted.regex.is_match(&line.plain()) != self.wanted.inverse {
            self.left = self.wanted.after;
            for earlier in std::mem::take(&mut self.kept) {
                self.sink.block(earlier.into())?;
            }
            return self.sink.block(line.into());
        }
        if self.left > 0 {
            self.left -= 1;
            return self.sink.block(line.into());
        }
        if self.wanted.before > 0 {
            if self.kept.len() >= self.wanted.before {
                self.kept.pop_front();
            }
            self.kept.push_back(line);
        }
        Ok(())
    }
}

impl Sink for Matching<'_> {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        match piece {
            Piece::Block(block) => block.into_lines().into_iter().try_for_each(|line| self.line(line)),
            Piece::Open(Block::Table(table, _)) => {
                table.heading.into_iter().try_for_each(|line| self.line(line))
            }
            Piece::Open(block) => block.into_lines().into_iter().try_for_each(|line| self.line(line)),
            Piece::Close => Ok(()),
        }
    }

    fn progress(&mut self, how_far: &dyn Fn() -> Message) {
        self.sink.progress(how_far);
    }
}
