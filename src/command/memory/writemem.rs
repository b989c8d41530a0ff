//! `.writemem`: memory as a file.

use crate::command::line::{nothing_more, range};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs};
use crate::memory::Memory;
use crate::output::{Cell, Field, Record};
use crate::util::files::{self, OutputError};
use std::io::{BufWriter, Write};
use std::path::Path;

/// `.writemem`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".writemem"],
    group: Group::Memory,
    arguments: &[Argument::new("FILE", Expects::Path), Argument::new("RANGE", Expects::Range)],
    summary: "Writes memory to a new file, as it is",
    help: "A file that is there already is left alone. What cannot be read ends the file: it never holds bytes that the dump does \
           not. FILE stands in quotation marks if it has blanks; the count is of bytes.\n\
           Example: .writemem driver.bin nwifi L6000\n\
           Writing 6000 bytes.",
    needs: Needs::Memory,
    effect: Effect::Writes,
    ..CommandSpec::runs(run)
};

/// So much is read at a time, in bytes.
const STEP: usize = 1 << 20;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let quoted = args.text.strip_prefix('"').and_then(|text| text.split_once('"'));
    let (name, rest) =
        quoted.or_else(|| args.text.split_once(char::is_whitespace)).unwrap_or((args.text, ""));
    if name.is_empty() || rest.trim().is_empty() {
        return Err(CommandError::Argument(".writemem needs a FILE and a RANGE".to_owned()));
    }
    let (range, rest) = range(rest.trim_start(), 1, context)?;
    nothing_more(rest)?;
    let length = range.count.ok_or_else(|| {
        CommandError::Argument("the range has no length: ADDRESS LBYTES, ADDRESS END".to_owned())
    })?;
    let path = Path::new(name);
    let failed = |error| CommandError::Unwritten(OutputError::Io { output: path.to_owned(), error });
    // Nothing is made where there is nothing to write.
    context.session.target.memory().window(range.start)?;
    let mut file = BufWriter::new(files::create_new(path)?);
    let record = Record::new("writing").label("Writing ").cell("bytes", hex(length)).text(" bytes.");
    context.out.emit(record.field("path", name))?;
    let (mut done, mut why) = (0u64, None);
    let mut buffer = vec![0; STEP];
    while done < length && why.is_none() {
        context.out.check()?;
        let wanted = usize::try_from(length - done).unwrap_or(STEP).min(STEP);
        let part = buffer.get_mut(..wanted).unwrap_or_default();
        let (read, lack) = context.session.target.memory().read_partial(range.start.wrapping_add(done), part);
        file.write_all(part.get(..read).unwrap_or_default()).map_err(failed)?;
        done += read as u64;
        why = lack;
    }
    file.flush().map_err(failed)?;
    match why {
        None => Ok(()),
        Some(why) => Err(CommandError::Argument(format!("{name} has the first {done:x} bytes alone: {why}"))),
    }
}

fn hex(value: u64) -> Cell {
    Cell::new(Field::Hex(value)).shown(format!("{value:x}"))
}
