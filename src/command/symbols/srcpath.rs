//! `.srcpath`: where source files are looked for.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};
use crate::output::{Cell, Record, Role};

/// `.srcpath`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".srcpath"],
    glue: Glue::Letters("+"),
    rest: Rest::Line,
    group: Group::Symbols,
    arguments: &[Argument::new("[+] [PATH]", Expects::Path)],
    summary: "Shows, sets or (with +) extends the source path",
    help: "Folders, separated by ; . A file is looked for below each by the longest part of its recorded path, then by \
           its name.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let path = &mut context.session.settings.source_path;
    let typed = format!("{}{}", args.glued, args.text);
    match typed.trim().strip_prefix('+') {
        Some(more) if path.is_empty() => *path = more.trim().to_owned(),
        Some(more) => *path = format!("{path};{}", more.trim()),
        None if typed.trim().is_empty() => {}
        None => *path = typed.trim().to_owned(),
    }
    let path = Cell::new(Some(path.clone()).filter(|path| !path.is_empty()));
    let path = path.absent("<empty>").role(Role::Value);
    context.out.emit(Record::new("source_path").label("Source search path is: ").cell("path", path))
}
