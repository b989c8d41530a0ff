//! Output elsewhere: `COMMAND > FILE`, `COMMAND >> FILE`, `COMMAND | PROGRAM`.
//!
//! In the debugger's language the signs compare and add bits. They send output elsewhere only behind a whole command, outside
//! of quotes and brackets, between blanks, and behind no command that takes an expression to its end (`?`, `r`, `dx` ...).

use super::error::CommandError;
use super::parse::{Parsed, likely_end};
use super::pipe;
use super::spec::Rest;
use crate::output::{Line, OutputClosed, Piece, Sink, plain};
use crate::session::{Foreign, Session, Shell};
use crate::util::files::{self, OutputError};
use crate::words::Message;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Where the output of a command goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redirect<'t> {
    to: To<'t>,
    /// Where the command itself ends in its line.
    pub at: usize,
    /// Where all of it ends.
    pub end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To<'t> {
    File { name: &'t str, appends: bool },
    Program(&'t str),
}

/// Commands whose arguments end with an expression that may compare.
const COMPARING: &[&str] = &["?", "??", "r", "dx", "j", "J", "z", "n", ".formats", ".expr"];

/// What sends the output of the command at `at` elsewhere; `end` is where it ends.
pub fn of<'t>(parsed: &Parsed<'t>, line: &'t str, at: usize, end: usize) -> Option<Redirect<'t>> {
    let spec = parsed.spec;
    let end = match spec.rest {
        Rest::Semicolon if !COMPARING.contains(&parsed.args.name) => end,
        // Of those that say themselves where they end, only blocks end before the line does.
        Rest::Own => likely_end(line, at),
        _ => return None,
    };
    let start = parsed.args.start.min(end);
    let text = line.get(start..end)?;
    let before = line.get(..start).and_then(|before| before.chars().next_back()).unwrap_or(' ');
    let found = signs(before, text).find_map(|place| {
        let (before, after) = text.split_at_checked(place)?;
        let is_block = before.trim_end().ends_with('}');
        let to = target(after).filter(|_| is_block || spec.rest != Rest::Own)?;
        Some((place, to))
    });
    let (place, to) = found?;
    Some(Redirect { to, at: start + place, end })
}

/// The places of `>` and `|` that stand behind a blank and outside of quotes and brackets; `before` stands before the text.
fn signs(before: char, text: &str) -> impl Iterator<Item = usize> {
    let (mut quoted, mut depth, mut before) = (false, 0usize, before);
    text.char_indices().filter_map(move |(at, c)| {
        let is_sign = !quoted && depth == 0 && before.is_whitespace() && matches!(c, '>' | '|');
        match c {
            '"' => quoted = !quoted,
            '(' | '{' | '[' if !quoted => depth += 1,
            ')' | '}' | ']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = c;
        is_sign.then_some(at)
    })
}

/// Where output goes by the text from a sign on.
fn target(text: &str) -> Option<To<'_>> {
    if let Some(program) = text.strip_prefix('|') {
        let is_program = program.starts_with(char::is_whitespace) && !program.trim().is_empty();
        return is_program.then(|| To::Program(program.trim()));
    }
    let appended = text.strip_prefix(">>");
    let name = appended.or_else(|| text.strip_prefix('>'))?.trim();
    let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    let is_one = match quoted {
        Some(name) => !name.is_empty() && !name.contains('"'),
        None => !name.is_empty() && !name.contains(char::is_whitespace) && !name.starts_with(['=', '>']),
    };
    is_one.then(|| To::File { name: quoted.unwrap_or(name), appends: appended.is_some() })
}

/// Whether a command may write files now: not where it may have come out of the dump.
///
/// # Errors
/// Why not.
pub fn may_write(session: &Session) -> Result<(), CommandError> {
    match session.interpreter.depth.foreign {
        Foreign::Nothing | Foreign::Words => Ok(()),
        Foreign::Commands => Err(CommandError::Argument(
            "not done: this text holds more than words that came from the dump or from what a command said \
             (an alias, a .foreach), and what writes files or runs programs must have been written by you"
                .to_owned(),
        )),
    }
}

impl Redirect<'_> {
    /// Runs something whose output goes there.
    ///
    /// # Errors
    /// What fails in it; that the file cannot be written, or that no program may be run.
    pub fn run(
        &self,
        session: &mut Session,
        sink: &mut dyn Sink,
        run: impl FnOnce(&mut Session, &mut dyn Sink) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        may_write(session)?;
        match self.to {
            To::File { name, appends } => {
                let mut file = TextFile::open(Path::new(name), appends)?;
                let outcome = run(session, &mut file);
                file.finish().and(outcome)
            }
            To::Program(program) => {
                may_run(session)?;
                pipe::run(program, session, sink, run)
            }
        }
    }
}

/// Whether a program may be run now.
fn may_run(session: &Session) -> Result<(), CommandError> {
    let depth = session.interpreter.depth;
    let why = match session.settings.shell {
        _ if depth.foreign != Foreign::Nothing => {
            "words that came from the dump stand in the line, and no program gets to see those as commands"
        }
        Shell::Always => return Ok(()),
        Shell::Typed if depth.nesting == 0 => return Ok(()),
        Shell::Typed => {
            "only a line that you type may do that, no block and no command file; --allow-shell allows all"
        }
        Shell::Never => "a script may not do that; --allow-shell allows it",
    };
    Err(CommandError::Argument(format!("no program is run: {why}")))
}

/// A file that takes the text of what is said.
struct TextFile {
    path: PathBuf,
    file: BufWriter<File>,
    error: Option<io::Error>,
}

impl TextFile {
    fn open(path: &Path, appends: bool) -> Result<TextFile, OutputError> {
        let file = if appends { files::append_text(path)?.0 } else { files::create_text(path)? };
        Ok(TextFile { path: path.to_owned(), file: BufWriter::new(file), error: None })
    }

    fn finish(mut self) -> Result<(), CommandError> {
        let flushed = self.file.flush();
        match self.error.or(flushed.err()) {
            None => Ok(()),
            Some(error) => Err(OutputError::Io { output: self.path, error }.into()),
        }
    }
}

impl Sink for TextFile {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        let lines: Vec<&Line> = piece.lines().collect();
        self.file.write_all(plain(lines).as_bytes()).map_err(|error| {
            self.error = Some(error);
            OutputClosed
        })
    }

    fn progress(&mut self, _: &dyn Fn() -> Message) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::line::parse::command_at;

    fn redirect(line: &str) -> Option<(&str, To<'_>)> {
        let (parsed, end) = command_at(line, 0).unwrap().unwrap();
        let found = of(&parsed, line, 0, end)?;
        Some((line[..found.at].trim_end(), found.to))
    }

    #[test]
    fn output_goes_elsewhere_behind_whole_commands_only() {
        let file = |name| Some(To::File { name, appends: false });
        for (line, command, to) in [
            ("lm > a.txt; k", "lm", file("a.txt")),
            ("lm >a.txt", "lm", file("a.txt")),
            ("lm > \"a b.txt\"", "lm", file("a b.txt")),
            ("k 5 >> a.txt", "k 5", Some(To::File { name: "a.txt", appends: true })),
            (".block { lm > x } > a.txt", ".block { lm > x }", file("a.txt")),
            (".if (1 > 0) { lm } > a.txt", ".if (1 > 0) { lm }", file("a.txt")),
            ("lm | grep a > b", "lm", Some(To::Program("grep a > b"))),
            ("db @rsp > a", "db @rsp", file("a")),
        ] {
            assert_eq!(redirect(line), to.map(|to| (command, to)), "{line}");
        }
        for line in [
            "? 1 > 2",
            "?? 1 > 2",
            "r @$t0 = 1 > 2",
            ".echo a > b",
            ".printf \"%d\", 1 > 2",
            "* a > b",
            "$$ a > b",
            "as x a > b",
            "j 1 > 2 'k' ; 'r'",
            "lm > a b",
            "lm>a",
            "lm |grep",
            "dx 1 > 2",
            "lm >= 2",
            "||",
            ".if (1 > 0) { lm }",
            "s -a 0 L1 \"a > b\"",
            "db (1 > 2)",
            "lm >",
        ] {
            assert_eq!(redirect(line), None, "{line}");
        }
    }
}
