//! `.exepath`: where images are looked for.

use super::paths::{edited, show};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};

/// `.exepath`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".exepath"],
    glue: Glue::Letters("+"),
    rest: Rest::Line,
    group: Group::Symbols,
    arguments: &[Argument::new("[+] [PATH]", Expects::Path)],
    summary: "Shows, sets or (with +) extends the image path",
    help: "Images that match a loaded module by time stamp and size stand in for code that the dump lacks, and name the \
           PDB of modules whose headers are not in the dump.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let finder = context.session.target.symbols().finder();
    let typed = format!("{}{}", args.glued, args.text);
    if let Some(path) = edited(finder.image_path(), &typed) {
        let (symbols, options) = (finder.symbol_path().clone(), finder.options().clone());
        context.session.target.set_paths(symbols, path, options);
    }
    let path = context.session.target.symbols().finder().image_path().clone();
    show(&path, "Executable image", context)
}
