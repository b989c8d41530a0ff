//! `!for_each_function`: commands that run for each function of a module.

use super::{Name, commands, each, word};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::symbols::source::SymbolKind;
use crate::symbols::wildcard::Wildcard;
use crate::words::Message;

/// `!for_each_function`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!for_each_function"],
    group: Group::Language,
    switches: Switches::letters(&[
        Switch::with("-m", Takes::Text, ":MODULE", "the module").expecting(Expects::Module),
        Switch::with("-p", Takes::Text, ":PATTERN", "the names of functions, with * and ?; all unless said"),
        Switch::with("-c", Takes::Rest, ":COMMANDS", "what runs; the names are listed unless said")
            .expecting(Expects::Command),
    ]),
    arguments: &[] as &[Argument],
    summary: "Runs commands for each function of a module whose name matches",
    help: "@#SymbolName stands for the module and the function, @#FunctionName for the function alone, @#SymbolAddress for \
           its address, @#ModName for the module, between blanks or as ${@#SymbolName}. A name that stands at several \
           addresses has a turn for each.\n\
           Example: !for_each_function -m:nt -p:*bugcheck* -c:.echo @#FunctionName",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    // The colon that touches the letter is a part of how the switch is written.
    let of =
        |letter: &str| args.text_of(letter).map(|text| text.strip_prefix(':').unwrap_or(text).to_owned());
    let name = of("-m").ok_or_else(|| CommandError::Syntax(args.text.to_owned()))?;
    let pattern = Wildcard::new(of("-p").as_deref().unwrap_or("*"));
    let typed = of("-c").unwrap_or_default();
    let target = &context.session.target;
    let module = target.modules().named(&name).cloned();
    let module = module.ok_or_else(|| {
        CommandError::Argument(format!("no module '{name}'")).hinting(Message::new("hint.modules"))
    })?;
    let symbols = target.module_symbols(&module);
    let Some(names) = &symbols.names else {
        let hint = Message::new("hint.symbols").with("module", &module.name);
        return Err(CommandError::Missing(format!("{} has no symbols", module.name)).hinting(hint));
    };
    let mut found: Vec<(u64, String)> = names
        .matching(&pattern)
        .into_iter()
        .filter(|symbol| is_function(symbol.kind))
        .map(|symbol| (module.base.wrapping_add(symbol.rva.into()), symbol.name.to_owned()))
        .collect();
    found.sort();
    found.dedup();
    each(found, &commands(&typed, ".echo @#SymbolName"), context, |(address, name), _| {
        Ok::<Vec<Name>, CommandError>(vec![
            ("@#SymbolName", format!("{}!{name}", module.name)),
            ("@#SymbolAddress", word(address)),
            ("@#ModName", module.name.clone()),
            ("@#FunctionName", name),
        ])
    })
}

/// Whether a symbol is a function. What an export is, nobody says: most are.
fn is_function(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Function | SymbolKind::PublicCode | SymbolKind::Export | SymbolKind::Thunk)
}
