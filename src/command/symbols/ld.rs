//! `ld`: loads a module's symbols now.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Module, SymbolStatus};
use crate::output::{Line, Role};
use crate::symbols::wildcard::Wildcard;

/// `ld`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["ld"],
    group: Group::Symbols,
    arguments: &[Argument::new("MODULE | *", Expects::Module)],
    summary: "Loads the symbols of modules",
    help: "MODULE may hold wildcards. .reload /f says in full what was tried where nothing is found.",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Syntax("ld".to_owned()));
    }
    let pattern = Wildcard::new(args.text);
    let list = context.session.target.modules();
    let mut modules: Vec<Module> = list.matching(&pattern).cloned().collect();
    if modules.is_empty() {
        modules.extend(list.named(args.text).cloned());
    }
    if modules.is_empty() {
        return Err(CommandError::Argument(format!("no module is called '{}'; lm lists them", args.text)));
    }
    for module in modules {
        context.out.check()?;
        let before = context.session.target.symbols().loaded(&module).is_some();
        let symbols = context.session.target.module_symbols(&module);
        let line = match symbols.status {
            SymbolStatus::None | SymbolStatus::Deferred => {
                Line::new().role(Role::Warning, format!("No symbols found for {}", module.name))
            }
            SymbolStatus::BuiltIn => {
                let text =
                    format!("No symbols found for {}; its types: {}", module.name, symbols.status.word());
                Line::new().role(Role::Warning, text)
            }
            status => {
                let already = if before { "already " } else { "" };
                Line::of(format!("Symbols {already}loaded for {} {}", module.name, status.word()))
            }
        };
        context.out.emit(line)?;
    }
    Ok(())
}
