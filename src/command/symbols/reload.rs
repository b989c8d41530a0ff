//! `.reload`: forgets and loads symbols.

use crate::command::line::options::unknown;
use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::debuggee::{Module, ModuleKind, SymbolStatus};
use crate::output::{Line, Role};
use crate::symbols::wildcard::Wildcard;

/// `.reload`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".reload"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Symbols,
    usage: "[/f] [/i] [/u] [/user] [MODULE]",
    summary: "Forgets symbols, and loads them again",
    help: "Without options symbols are forgotten and loaded again when something needs them. MODULE may hold \
           wildcards. Options:\n  \
           /f     loads now, and says what could not be loaded and what was tried; names that were kept in the cache are\n         \
                  read again\n  \
           /i     takes a PDB whose identity differs\n  \
           /u     only forgets\n  \
           /user  only modules of the current process\n\
           Example: .reload /f wifi.sys",
    needs: Needs::Target,
    run,
};

/// What there is; the letters after `/user` concern live targets and the debugger's own loading, and change nothing.
const KNOWN: &str = "/f /i /u /user /d /l /n /o /s /v /w";
/// Dots on one line.
const DOTS: usize = 64;

#[derive(Default)]
struct Options {
    force: bool,
    mismatch: bool,
    unload: bool,
    user: bool,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (mut options, mut pattern) = (Options::default(), None);
    for word in args.words() {
        match word.to_ascii_lowercase().as_str() {
            "/f" => options.force = true,
            "/i" => options.mismatch = true,
            "/u" => options.unload = true,
            "/user" => options.user = true,
            // They concern live targets and the debugger's own loading.
            "/d" | "/n" | "/o" | "/s" | "/v" | "/w" | "/l" => {}
            _ if word.starts_with('/') => return Err(unknown(".reload", word, KNOWN)),
            _ if word.contains('=') => {
                return Err(CommandError::Argument(format!(
                    "'{word}': a module cannot be placed by hand; modules come from the dump"
                )));
            }
            _ => pattern = Some(word),
        }
    }
    match pattern {
        Some(pattern) => named(pattern, &options, context),
        None => all(&options, context),
    }
}

/// One module, or those that match.
fn named(pattern: &str, options: &Options, context: &mut Context<'_>) -> Result<(), CommandError> {
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
        if options.unload {
            context.emit(Line::of(format!("Unloaded {}", module.name)))?;
        } else {
            // A module that is named is one whose symbols are wanted.
            load(std::slice::from_ref(module), options, true, context)?;
        }
    }
    Ok(())
}

fn all(options: &Options, context: &mut Context<'_>) -> Result<(), CommandError> {
    let list = context.session.target.modules();
    let of = |kind| list.iter().filter(|module| module.kind == kind).cloned().collect::<Vec<Module>>();
    let (kernel, user) = (of(ModuleKind::Kernel), of(ModuleKind::User));
    let chosen = match options.user {
        true => vec![("Loading User Symbols", user)],
        false => vec![("Loading Kernel Symbols", kernel), ("Loading User Symbols", user)],
    };
    for (title, modules) in chosen {
        for module in &modules {
            context.session.target.symbols().unload(Some(module));
        }
        if options.unload {
            continue;
        }
        context.emit(Line::of(title))?;
        load(&modules, options, options.force, context)?;
        if !options.force {
            dots(modules.len(), context)?;
        }
    }
    let unloaded = context.session.target.unloaded().len();
    if unloaded > 0 && !options.user && !options.unload {
        context.emit(Line::of("Loading unloaded module list"))?;
        dots(unloaded, context)?;
    }
    Ok(())
}

fn dots(count: usize, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut left = count;
    while left > 0 {
        let now = left.min(DOTS);
        context.emit(Line::of(".".repeat(now)))?;
        left -= now;
    }
    Ok(())
}

/// Loads modules now if `force`; the kernel's symbols otherwise stay for the first command that needs them.
fn load(
    modules: &[Module],
    options: &Options,
    force: bool,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    if !force && !options.mismatch {
        return Ok(());
    }
    let table = context.session.target.symbols();
    let before = table.finder().options().allow_mismatch;
    table.allow_mismatch(before || options.mismatch);
    table.renew_cache(options.force);
    context.session.target.fetch_symbols(modules);
    let outcome = modules.iter().try_for_each(|module| one(module, context));
    let table = context.session.target.symbols();
    table.allow_mismatch(before);
    table.renew_cache(false);
    outcome
}

fn one(module: &Module, context: &mut Context<'_>) -> Result<(), CommandError> {
    context.check()?;
    let symbols = context.session.target.module_symbols(module);
    let file = symbols.file.as_ref().map(|file| file.display().to_string());
    match symbols.status {
        SymbolStatus::Pdb | SymbolStatus::PrivatePdb | SymbolStatus::Isf => {
            let text =
                format!("{:<10} {:<23}{}", module.name, symbols.status.word(), file.unwrap_or_default());
            context.emit(Line::of(text))
        }
        status => {
            let what = match status {
                SymbolStatus::Export => "exported names only",
                SymbolStatus::BuiltIn => "no names; built-in layouts of kernel types only",
                _ => "no symbols",
            };
            let text = format!(
                "*** ERROR: Module load completed but symbols could not be loaded for {} ({what})",
                module.image_name
            );
            context.emit(Line::new().role(Role::Warning, text))?;
            for note in &symbols.notes {
                context.emit(Line::new().role(Role::Dim, format!("        {note}")))?;
            }
            Ok(())
        }
    }
}
