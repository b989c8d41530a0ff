//! `lm`: the loaded and unloaded modules.

mod details;
mod flags;
mod label;
mod options;
mod rows;
mod stamp;
mod version;

use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::debuggee::{Module, ModuleKind, SymbolStatus};
use crate::output::Line;
use crate::symbols::wildcard::Wildcard;
pub use stamp::{is_hash, timestamp};

use options::{Filter, Options, Symbols};

/// `lm`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["lm"],
    glue: Glue::Anything,
    rest: Rest::Semicolon,
    group: Group::Modules,
    usage: "[options] [a ADDRESS | m PATTERN | M PATHPATTERN]",
    summary: "Lists modules",
    help: "Options, together or apart:\n  \
           v    everything known of each module\n  \
           u    only user-mode modules      k    only kernel-mode modules\n  \
           o    without the unloaded ones   l    only those with symbols loaded\n  \
           e    only those whose symbols were looked for and have a problem\n  \
           m    those whose name matches the pattern (* ? [a-z])\n  \
           M    those whose path matches    a    the one that holds the address\n  \
           t    with time stamps            c    with check sums\n  \
           n, i with file names             f    with full paths\n  \
           p    with the image files that were found for them\n  \
           1m   names only                  sm   sorted by name\n\
           The letter before the status: T no image to compare the time stamp with, C no check sum, M a PDB of another \
           build that was taken all the same. There is no # for a PDB that does not match: without .symopt +0x40 none \
           is taken, and with it the letter is M.\n\
           Most images of today have a hash for a time stamp. (reproducible build) says so where it is known; the dates \
           of images that the dump lacks may be such hashes.\n\
           Example: lmvm nt",
    needs: Needs::Target,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let options = Options::parse(args.text, context)?;
    let modules = chosen(&options, context)?;
    if !options.names_only {
        context.emit(Line::of("start             end                 module name"))?;
    }
    for module in &modules {
        context.emit(rows::row(module, &options, context.session))?;
        if options.verbose {
            for line in details::lines(module, context.session) {
                context.emit(line)?;
            }
        }
    }
    if !options.names_only && options.symbols.is_none() && options.kind != Some(ModuleKind::User) {
        unloaded(&options, context)?;
    }
    Ok(())
}

fn chosen(options: &Options<'_>, context: &Context<'_>) -> Result<Vec<Module>, CommandError> {
    let list = context.session.target.modules();
    let mut modules: Vec<Module> = match &options.filter {
        Filter::All => list.iter().cloned().collect(),
        Filter::Name(pattern) => list.matching(&Wildcard::new(pattern)).cloned().collect(),
        Filter::Path(pattern) => {
            let pattern = Wildcard::new(pattern);
            list.iter().filter(|module| pattern.is_match(&module.image_path)).cloned().collect()
        }
        Filter::Address(address) => list.at(*address).cloned().into_iter().collect(),
    };
    modules.retain(|module| options.kind.is_none_or(|kind| kind == module.kind));
    modules.retain(|module| match options.symbols {
        None | Some(Symbols::Any) => true,
        Some(Symbols::Loaded) => has_symbols(status(module, context)),
        Some(Symbols::Faulty) => {
            let status = status(module, context);
            status != SymbolStatus::Deferred
                && (!has_symbols(status)
                    || status == SymbolStatus::Export
                    || flags::flag(module, context.session) != ' ')
        }
    });
    if options.by_name {
        modules.sort_by_key(|module| module.name.to_ascii_lowercase());
    }
    Ok(modules)
}

fn status(module: &Module, context: &Context<'_>) -> SymbolStatus {
    context.session.target.symbols().status(module)
}

/// Whether names came from a file; a built-in layout is not of the module itself.
fn has_symbols(status: SymbolStatus) -> bool {
    !matches!(status, SymbolStatus::Deferred | SymbolStatus::None | SymbolStatus::BuiltIn)
}

fn unloaded(options: &Options<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut unloaded = context.session.target.unloaded().to_vec();
    unloaded.retain(|module| match &options.filter {
        Filter::All => true,
        Filter::Name(pattern) => Wildcard::new(pattern).is_match(&module.name),
        Filter::Path(_) | Filter::Address(_) => false,
    });
    if unloaded.is_empty() {
        return Ok(());
    }
    context.blank()?;
    context.emit(Line::of("Unloaded modules:"))?;
    for module in unloaded {
        context.emit(rows::unloaded(&module))?;
        if options.verbose || options.times {
            for line in details::unloaded(&module, &context.session.settings.zone) {
                context.emit(line)?;
            }
        }
    }
    Ok(())
}
