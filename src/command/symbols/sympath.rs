//! `.sympath`: where symbols are looked for.

use super::paths::{edited, show, use_symbol_path};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};

/// `.sympath`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".sympath"],
    glue: Glue::Letters("+"),
    rest: Rest::Line,
    group: Group::Symbols,
    arguments: &[Argument::new("[+] [PATH]", Expects::Path)],
    summary: "Shows, sets or (with +) extends the symbol path",
    help: "Elements are separated by ; : a folder (flat, or a store), srv*CACHE*URL, cache*FOLDER, and isf*FOLDER for \
           Volatility symbol tables. Symbols that were loaded are looked for again.\n\
           Example: .sympath+ /srv/symbols",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let old = context.session.target.symbols().finder().symbol_path().clone();
    let typed = format!("{}{}", args.glued, args.text);
    if let Some(path) = edited(&old, &typed) {
        use_symbol_path(path, context);
    }
    let path = context.session.target.symbols().finder().symbol_path().clone();
    show(&path, "Symbol", context)
}
