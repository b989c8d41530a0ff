//! `.logclose` and `.logfile`: end a log, or tell of it.

use crate::command::{CommandSpec, Group, Needs};
use crate::output::{Cell, Line, Record};

/// `.logclose`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".logclose"],
    group: Group::Language,
    summary: "Ends the log",
    help: "The file is whole then.\n\
           Example: .logclose\n\
           Closing open log file report.txt",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, context| {
        args.none()?;
        let Some((path, _)) = context.session.log.file() else {
            return context.out.emit(Line::of("No log file open"));
        };
        let name = Cell::new(path.display().to_string());
        context.out.emit(Record::new("log").label("Closing open log file ").cell("path", name))?;
        context.session.log.close();
        Ok(())
    })
};

/// `.logfile`
pub const FILE: CommandSpec = CommandSpec {
    names: &[".logfile"],
    group: Group::Language,
    summary: "Tells which log is written",
    help: "Example: .logfile\n\
           Log 'report.txt' opened",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, context| {
        args.none()?;
        let Some((path, form)) = context.session.log.file() else {
            return context.out.emit(Line::of("No log file open"));
        };
        let record = Record::new("log").label("Log '").cell("path", Cell::new(path.display().to_string()));
        let record = record.text("' opened").field("appends", form.appends).field("utf16", form.utf16);
        context.out.emit(if form.appends { record.text(", append") } else { record })
    })
};
