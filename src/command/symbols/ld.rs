//! `ld`: loads a module's symbols now.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Module, SymbolStatus};
use crate::output::{Cell, Record, Role};
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
use crate::words::Message;

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
        return Err(CommandError::Argument(format!("no module is called '{}'", args.text))
            .hinting(Message::new("hint.modules")));
    }
    for module in modules {
        context.out.check()?;
        let before = context.session.target.symbols().loaded(&module).is_some();
        let symbols = context.session.target.module_symbols(&module);
        let cell = |value: &str, role| Cell::new(value).role(role);
        let (name, word) = (module.name.as_str(), symbols.status.word());
        let record = Record::new("symbols");
        let record = match symbols.status {
            SymbolStatus::None | SymbolStatus::Deferred | SymbolStatus::BuiltIn => {
                let record = record
                    .role(Role::Warning, "No symbols found for ")
                    .cell("module", cell(name, Role::Warning));
                match symbols.status {
                    SymbolStatus::BuiltIn => {
                        record.role(Role::Warning, "; its types: ").cell("status", cell(&word, Role::Warning))
                    }
                    _ => record.field("status", word),
                }
            }
            _ => record
                .text(if before { "Symbols already loaded for " } else { "Symbols loaded for " })
                .cell("module", cell(name, Role::Text))
                .text(" ")
                .cell("status", cell(&word, Role::Text)),
        };
        context.out.emit(record)?;
    }
    Ok(())
}
