//! `.logopen` and `.logappend`: begin a log.

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs, Switch, Switches,
};
use crate::kernel::Process;
use crate::output::{Cell, Record};
use crate::session::{LogForm, Session};
use crate::util::filetime;
use std::path::{Path, PathBuf};

/// `.logopen`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".logopen"],
    group: Group::Language,
    switches: SWITCHES,
    arguments: &[Argument::new("[FILE]", Expects::Path)],
    summary: "Writes what is typed and said to a file, too",
    help: "Without a name the file is dbgeng.log. A log that is open is closed; a text file of that name is replaced, a dump, \
           symbols or anything that is being read never. The log is UTF-8 without /u. A full disk ends it, which is said, and \
           the session goes on.\n\
           Example: .logopen /t report.txt\n\
           Opened log file 'report_0004_2021-02-21_01-38-22-987.txt'",
    needs: Needs::Nothing,
    effect: Effect::Writes,
    ..CommandSpec::runs(|args, context| run(args, false, context))
};

/// `.logappend`
pub const APPEND: CommandSpec = CommandSpec {
    names: &[".logappend"],
    group: Group::Language,
    switches: SWITCHES,
    arguments: &[Argument::new("[FILE]", Expects::Path)],
    summary: "The same, behind what the file holds",
    help: "As .logopen, which replaces what is there.\n\
           Example: .logappend report.txt\n\
           Opened log file 'report.txt'",
    needs: Needs::Nothing,
    effect: Effect::Writes,
    ..CommandSpec::runs(|args, context| run(args, true, context))
};

const SWITCHES: Switches = Switches::words(&[
    Switch::flag("/t", "adds the process's id, the date and the time to the name"),
    Switch::flag("/u", "writes UTF-16"),
    Switch::flag("/d", "names it like what is open"),
])
.before_path();

/// The name where none is typed, as in the debugger.
const DEFAULT: &str = "dbgeng.log";

fn run(args: &Args<'_>, appends: bool, context: &mut Context<'_>) -> Result<(), CommandError> {
    let session = &*context.session;
    let typed = args.text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(args.text);
    let path = match (args.has("/d"), typed) {
        (true, "") => like_what_is_open(session),
        (true, text) => return Err(CommandError::Syntax(text.to_owned())),
        (false, "") => PathBuf::from(DEFAULT),
        (false, name) => PathBuf::from(name),
    };
    let path = if args.has("/t") { stamped(&path, session) } else { path };
    session.log.open(&path, LogForm { appends, utf16: args.has("/u") })?;
    let name = path.display().to_string();
    context.out.emit(Record::new("log").label("Opened log file '").cell("path", Cell::new(name)).text("'"))
}

/// A name in this folder after the file that was opened.
fn like_what_is_open(session: &Session) -> PathBuf {
    let stem = session.target.subject().path().file_stem().unwrap_or_else(|| "dbgeng".as_ref());
    Path::new(stem).with_extension("log")
}

/// `NAME_PID_DATE_TIME.EXT`; without the process's id where none is known.
fn stamped(path: &Path, session: &Session) -> PathBuf {
    let scope = session.scope();
    let process = session.process().and_then(|address| Process::at(&scope, address).ok()?.id().ok());
    let process = process.map(|id| format!("_{id:04X}")).unwrap_or_default();
    let time = filetime::for_file_names(filetime::now(), &session.settings.zone).unwrap_or_default();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{stem}{process}_{time}");
    match path.extension() {
        Some(extension) => path.with_file_name(format!("{name}.{}", extension.to_string_lossy())),
        None => path.with_file_name(name),
    }
}
