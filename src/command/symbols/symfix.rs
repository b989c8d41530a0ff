//! `.symfix`: the Microsoft symbol server.

use super::paths::use_symbol_path;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs};
use crate::search::path::SearchPath;

/// `.symfix`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".symfix"],
    glue: Glue::Letters("+"),
    group: Group::Symbols,
    arguments: &[Argument::new("[+] [FOLDER]", Expects::Path)],
    summary: "Points the symbol path at the Microsoft symbol server",
    help: "What is downloaded is kept in FOLDER, or in the user's cache. With + the server is added to the path.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (added, folder) = match args.text.strip_prefix('+') {
        Some(folder) => (true, folder),
        None => (args.glued.contains('+'), args.text),
    };
    let server = SearchPath::symfix(Some(folder));
    let old = context.session.target.symbols().finder().symbol_path().clone();
    let path = match added && !old.is_empty() {
        true => old.append(server.text()),
        false => server,
    };
    use_symbol_path(path, context);
    Ok(())
}
