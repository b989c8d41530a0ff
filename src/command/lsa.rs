//! `lsa`: the source lines around an address.

use super::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::output::{Line, Record, Role};
use std::path::{Path, PathBuf};

/// `lsa`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["lsa"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Symbols,
    usage: "[ADDRESS]",
    summary: "Shows the source lines around an address",
    help: "Needs line records in the module's PDB, and the source file below a folder of .srcpath.",
    needs: Needs::Target,
    run,
};

/// Lines before and after.
const AROUND: usize = 5;
/// Larger files are no source text.
const MAX_FILE: u64 = 32 << 20;

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
    let bytes = std::fs::read(&path).map_err(|error| missing(format!("{}: {error}", path.display())))?;
    let text = String::from_utf8_lossy(&bytes);
    let at = line.line as usize;
    let first = at.saturating_sub(AROUND).max(1);
    let mut record = Record::new("source")
        .field("file", path.display().to_string())
        .field("line", u64::from(line.line))
        .line(Line::new().role(Role::Heading, format!("[{} @ {}]", path.display(), line.line)));
    for (index, text) in text.lines().enumerate().skip(first - 1).take(at + AROUND + 1 - first) {
        let number = index + 1;
        let (mark, role) = if number == at { ('>', Role::Changed) } else { (' ', Role::Text) };
        record = record.line(Line::new().label(format!("{mark}{number:>6}: ")).role(role, text));
    }
    context.emit(record)
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
            let small = file.metadata().is_ok_and(|data| data.is_file() && data.len() <= MAX_FILE);
            if small {
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
