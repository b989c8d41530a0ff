//! `lsa`: the source lines around an address.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Branch, Cell, Record, Role};
use crate::util::files::open_found;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// `lsa`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["lsa"],
    group: Group::Symbols,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the source lines around an address",
    help: "Needs line records in the module's PDB, and the source file below a folder of .srcpath.",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

/// Lines before and after.
const AROUND: usize = 5;
/// What of a longer line is shown.
const MAX_LINE: u64 = 4096;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let text = if args.text.is_empty() { "." } else { args.text };
    let address = context.evaluate(text)?;
    let target = &context.session.target;
    let missing = |why: String| CommandError::Missing(why);
    let module =
        target.modules().at(address).ok_or_else(|| missing("no module covers that address".to_owned()))?;
    let symbols = target.module_symbols(module);
    let rva = u32::try_from(address.wrapping_sub(module.base)).unwrap_or(u32::MAX);
    let line = symbols.names.as_ref().and_then(|names| names.line(rva));
    let line =
        line.ok_or_else(|| missing(format!("the symbols of {} have no source line there", module.name)))?;
    let path = find(&line.file, &context.session.settings.source_path);
    let path = path.ok_or_else(|| {
        missing(format!("{} @ {}: the file is not below a folder of .srcpath", line.file, line.line))
    })?;
    let at = line.line as usize;
    let first = at.saturating_sub(AROUND).max(1);
    let source = open_found(&path).map_err(|error| missing(format!("{}: {error}", path.display())))?;
    let mut lines = SourceLines(BufReader::new(source));
    for _ in 1..first {
        context.out.check()?;
        if !lines.skip().map_err(|error| missing(format!("{}: {error}", path.display())))? {
            break;
        }
    }
    let heading = |cell: Cell| cell.role(Role::Heading);
    let head = Record::new("source")
        .role(Role::Heading, "[")
        .cell("file", heading(path.display().to_string().into()))
        .role(Role::Heading, " @ ")
        .cell("line", heading(line.line.into()))
        .role(Role::Heading, "]");
    let mut rows = Vec::new();
    for number in first..=at.saturating_add(AROUND) {
        let text = lines.next().map_err(|error| missing(format!("{}: {error}", path.display())))?;
        let Some(text) = text else {
            break;
        };
        let (mark, role) = if number == at { (">", Role::Changed) } else { (" ", Role::Text) };
        let row = Record::new("source_line")
            .label(mark)
            .cell("number", Cell::new(number as u64).right(6).role(Role::Label))
            .label(": ")
            .cell("text", Cell::new(text).role(role));
        rows.push(row.into());
    }
    context.out.emit(Branch { blocks: rows, ..Branch::new(head) })
}

/// The lines of a source file, one after the other: of a file of any size only those that are shown are kept.
struct SourceLines<R>(R);

impl<R: BufRead> SourceLines<R> {
    /// Passes one line; false at the end.
    fn skip(&mut self) -> io::Result<bool> {
        Ok(self.0.skip_until(b'\n')? != 0)
    }

    /// One line without its end, cut where no source line ends; `None` at the end.
    fn next(&mut self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        let taken = self.0.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)?;
        if taken == 0 {
            return Ok(None);
        }
        if bytes.pop_if(|last| *last == b'\n').is_none() && taken as u64 == MAX_LINE {
            self.skip()?;
        }
        bytes.pop_if(|last| *last == b'\r');
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// The file as recorded, or below a folder of the path by the longest part of its own path that is there.
fn find(recorded: &str, path: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = recorded.split(['\\', '/']).filter(|part| is_plain(part)).collect();
    let folders = path.split(';').map(str::trim).filter(|folder| !folder.is_empty());
    for folder in folders {
        for from in 0..parts.len() {
            let rest = parts.get(from..).unwrap_or_default();
            let mut file = Path::new(folder).to_owned();
            file.extend(rest);
            if file.is_file() {
                return Some(file);
            }
        }
    }
    None
}

/// A recorded path is a PDB's word: nothing in it may lead out of the folder.
fn is_plain(part: &str) -> bool {
    !part.is_empty() && part != "." && part != ".." && !part.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_length_come_one_by_one() {
        let long = "x".repeat(3 * MAX_LINE as usize);
        let text = format!("first\r\n\n{long}\nlast");
        let mut lines = SourceLines(text.as_bytes());
        assert_eq!(lines.next().unwrap().as_deref(), Some("first"));
        assert!(lines.skip().unwrap());
        assert_eq!(lines.next().unwrap(), Some("x".repeat(MAX_LINE as usize)));
        assert_eq!(lines.next().unwrap().as_deref(), Some("last"));
        assert_eq!(lines.next().unwrap(), None);
        assert!(!lines.skip().unwrap());
    }
}
