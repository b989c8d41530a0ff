//! `.reload`: forgets and loads symbols.

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::{Module, ModuleKind, SymbolStatus};
use crate::output::{Branch, Cell, Line, Record, Role};
use crate::symbols::wildcard::Wildcard;

/// `.reload`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".reload"],
    group: Group::Symbols,
    switches: Switches::words(&[
        Switch::flag("/f", "loads now, and says what could not be loaded and what was tried; names that were kept in the cache are read again"),
        Switch::flag("/i", "takes a PDB whose identity differs"),
        Switch::flag("/u", "only forgets"),
        Switch::flag("/user", "only modules of the current process"),
        Switch::ignored("/d"),
        Switch::ignored("/l"),
        Switch::ignored("/n"),
        Switch::ignored("/o"),
        Switch::ignored("/s"),
        Switch::ignored("/v"),
        Switch::ignored("/w"),
    ]).anywhere(),
    arguments: &[Argument::new("[MODULE]", Expects::Module)],
    summary: "Forgets symbols, and loads them again",
    help: "Without options symbols are forgotten and loaded again when something needs them. MODULE may hold \
           wildcards.\n\
           Example: .reload /f wifi.sys",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

/// Dots on one line.
const DOTS: usize = 64;

/// What is done with the symbols of the modules.
struct Reload {
    force: bool,
    mismatch: bool,
    unload: bool,
    user: bool,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let reload = Reload {
        force: args.has("/f"),
        mismatch: args.has("/i"),
        unload: args.has("/u"),
        user: args.has("/user"),
    };
    if let Some(word) = args.words().find(|word| word.contains('=')) {
        return Err(CommandError::Argument(format!(
            "'{word}': a module cannot be placed by hand; modules come from the dump"
        )));
    }
    let pattern = args.words().last();
    match pattern {
        Some(pattern) => named(pattern, &reload, context),
        None => all(&reload, context),
    }
}

/// One module, or those that match.
fn named(pattern: &str, reload: &Reload, context: &mut Context<'_>) -> Result<(), CommandError> {
    let list = context.session.target.modules();
    let mut modules: Vec<Module> = list.matching(&Wildcard::new(pattern)).cloned().collect();
    if modules.is_empty() {
        modules.extend(list.named(pattern).cloned());
    }
    if modules.is_empty() {
        return Err(CommandError::Argument(format!("\"{pattern}\" was not found in the image list.")));
    }
    for module in &modules {
        context.session.target.symbols().unload(Some(module));
        if reload.unload {
            let name = module.name.as_str();
            context.out.emit(Record::new("unloaded_symbols").text("Unloaded ").cell("module", name))?;
        } else {
            // A module that is named is one whose symbols are wanted.
            load(std::slice::from_ref(module), reload, true, context)?;
        }
    }
    Ok(())
}

fn all(reload: &Reload, context: &mut Context<'_>) -> Result<(), CommandError> {
    let list = context.session.target.modules();
    let of = |kind| list.iter().filter(|module| module.kind == kind).cloned().collect::<Vec<Module>>();
    let (kernel, user) = (of(ModuleKind::Kernel), of(ModuleKind::User));
    let chosen = match reload.user {
        true => vec![("Loading User Symbols", user)],
        false => vec![("Loading Kernel Symbols", kernel), ("Loading User Symbols", user)],
    };
    for (title, modules) in chosen {
        for module in &modules {
            context.session.target.symbols().unload(Some(module));
        }
        if reload.unload {
            continue;
        }
        context.out.emit(Line::of(title))?;
        load(&modules, reload, reload.force, context)?;
        if !reload.force {
            dots(modules.len(), context)?;
        }
    }
    let unloaded = context.session.target.unloaded().len();
    if unloaded > 0 && !reload.user && !reload.unload {
        context.out.emit(Line::of("Loading unloaded module list"))?;
        dots(unloaded, context)?;
    }
    Ok(())
}

fn dots(count: usize, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut left = count;
    while left > 0 {
        let now = left.min(DOTS);
        context.out.emit(Line::of(".".repeat(now)))?;
        left -= now;
    }
    Ok(())
}

/// Loads modules now if `force`; the kernel's symbols otherwise stay for the first command that needs them.
fn load(
    modules: &[Module],
    reload: &Reload,
    force: bool,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    if !force && !reload.mismatch {
        return Ok(());
    }
    let table = context.session.target.symbols();
    let before = table.finder().options().allow_mismatch;
    table.allow_mismatch(before || reload.mismatch);
    table.renew_cache(reload.force);
    context.session.target.fetch_symbols(modules);
    let outcome = modules.iter().try_for_each(|module| one(module, context));
    let table = context.session.target.symbols();
    table.allow_mismatch(before);
    table.renew_cache(false);
    outcome
}

fn one(module: &Module, context: &mut Context<'_>) -> Result<(), CommandError> {
    context.out.check()?;
    let symbols = context.session.target.module_symbols(module);
    let file = symbols.file.as_ref().map(|file| file.display().to_string());
    let word = symbols.status.word();
    let record = Record::new("symbols");
    match symbols.status {
        SymbolStatus::Pdb | SymbolStatus::PrivatePdb | SymbolStatus::Isf => {
            let record = record
                .cell("module", Cell::new(module.name.as_str()).left(10))
                .text(" ")
                .cell("status", Cell::new(word).left(23))
                .cell("file", file);
            context.out.emit(record)
        }
        status => {
            let what = match status {
                SymbolStatus::Export => "exported names only",
                SymbolStatus::BuiltIn => "no names; built-in layouts of kernel types only",
                _ => "no symbols",
            };
            let text = "*** ERROR: Module load completed but symbols could not be loaded for ";
            let head = record
                .field("module", module.name.as_str())
                .role(Role::Warning, text)
                .cell("image_name", Cell::new(module.image_name.as_str()).role(Role::Warning))
                .role(Role::Warning, " (")
                .cell("status", Cell::new(word).shown(what).role(Role::Warning))
                .role(Role::Warning, ")");
            context.out.within(Branch::new(head), |out| {
                symbols.notes.iter().try_for_each(|note| {
                    let note = Cell::new(note.to_string()).role(Role::Dim);
                    out.emit(Record::new("search_note").role(Role::Dim, "        ").cell("text", note))
                })
            })
        }
    }
}
