//! `lm`: the loaded and unloaded modules.

mod details;
mod facts;
mod flags;
mod label;
mod listing;
mod rows;
mod stamp;
mod version;

use crate::command::{
    Args, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::{Maker, Module, ModuleKind, SymbolStatus};
use crate::output::Line;
use crate::symbols::wildcard::Wildcard;
use crate::util::order::Order;
pub use stamp::{stamp, timestamp};

use listing::{Filter, Listing, Symbols};

/// `lm`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["lm"],
    glue: Glue::Anything,
    group: Group::Modules,
    switches: Switches::letters(&[
        Switch::flag("v", "everything known of each module"),
        Switch::flag("u", "only user-mode modules"),
        Switch::flag("k", "only kernel-mode modules"),
        Switch::flag("o", "without the unloaded ones"),
        Switch::flag("l", "only those with symbols loaded"),
        Switch::flag("e", "only those whose symbols were looked for and have a problem"),
        Switch::flag("3", "only those that did not come with Windows, and by what that is known"),
        Switch::flag("t", "with time stamps"),
        Switch::flag("c", "with check sums"),
        Switch::flag("n", "with file names"),
        Switch::flag("i", "the same"),
        Switch::flag("f", "with full paths"),
        Switch::flag("p", "with the image files that were found for them"),
        Switch::flag("1m", "names only"),
        Switch::flag("sm", "sorted by name"),
        Switch::ignored("D"),
        Switch::with("m", Takes::Text, "PATTERN", "those whose name matches the pattern (* ? [a-z])")
            .expecting(Expects::Module),
        Switch::with("M", Takes::Text, "PATHPATTERN", "those whose path matches"),
        Switch::with("a", Takes::Expression, "ADDRESS", "the one that holds the address"),
    ])
    .anywhere(),
    summary: "Lists modules",
    help: "Letters may stand together, after lm or apart.\n\
           The letter before the status: T no image to compare the time stamp with, C no check sum, M a PDB of another \
           build that was taken all the same. There is no # for a PDB that does not match: without .symopt +0x40 none \
           is taken, and with it the letter is M.\n\
           Most images of today have a hash for a time stamp. (reproducible build) says so where it is known; the dates \
           of images that the dump lacks may be such hashes.\n\
           Names of modules that did not come with Windows have a colour of their own, lm 3 lists them alone and lmv \
           says who made a module: by the list of Windows' own names, else by the company of the version resource \
           where the dump or an image holds it. Who takes a name of Windows' own is not told apart. !software shows what they do.\n\
           Example: lmvm nt",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(word) = args.words().next() {
        return Err(args.unknown(word));
    }
    let listing = Listing::of(args);
    let modules = chosen(&listing, context)?;
    context.within(rows::table(&listing), |context| {
        for module in &modules {
            context.out.emit(rows::row(module, &listing, context.session))?;
        }
        Ok(())
    })?;
    if !listing.names_only
        && !listing.third_party
        && listing.symbols.is_none()
        && listing.kind != Some(ModuleKind::User)
    {
        unloaded(&listing, context)?;
    }
    Ok(())
}

fn chosen(listing: &Listing<'_>, context: &Context<'_>) -> Result<Vec<Module>, CommandError> {
    let list = context.session.target.modules();
    let mut modules: Vec<Module> = match &listing.filter {
        Filter::All => list.iter().cloned().collect(),
        Filter::Name(pattern) => list.matching(&Wildcard::new(pattern)).cloned().collect(),
        Filter::Path(pattern) => {
            let pattern = Wildcard::new(pattern);
            list.iter().filter(|module| pattern.is_match(&module.image_path)).cloned().collect()
        }
        Filter::Address(address) => list.at(*address).cloned().into_iter().collect(),
    };
    modules.retain(|module| listing.kind.is_none_or(|kind| kind == module.kind));
    let target = &context.session.target;
    modules.retain(|module| !listing.third_party || target.origin(module).maker == Maker::ThirdParty);
    modules.retain(|module| match listing.symbols {
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
    if listing.by_name {
        modules.order_by_key(|module| module.name.to_ascii_lowercase());
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

fn unloaded(listing: &Listing<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut unloaded = context.session.target.unloaded().to_vec();
    unloaded.retain(|module| match &listing.filter {
        Filter::All => true,
        Filter::Name(pattern) => Wildcard::new(pattern).is_match(&module.name),
        Filter::Path(_) | Filter::Address(_) => false,
    });
    if unloaded.is_empty() {
        return Ok(());
    }
    context.out.blank()?;
    context.out.emit(Line::of("Unloaded modules:"))?;
    for module in unloaded {
        let row = rows::unloaded(&module);
        context.out.emit(match listing.verbose || listing.times {
            true => details::unloaded(row, &module, &context.session.settings.zone),
            false => row,
        })?;
    }
    Ok(())
}
