//! Which modules `lm` lists, and what of each.

use crate::command::{Args, Follows};
use crate::debuggee::ModuleKind;

/// Which modules, and what of each.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing<'t> {
    /// Which of them.
    pub filter: Filter<'t>,
    /// Only these.
    pub kind: Option<ModuleKind>,
    /// `o`, `l`, `e`: only modules whose symbols are so; the unloaded ones have none.
    pub symbols: Option<Symbols>,
    /// `3`: only those that did not come with Windows; of unloaded ones that is not known.
    pub third_party: bool,
    /// `v`
    pub verbose: bool,
    /// `t`
    pub times: bool,
    /// `c`
    pub checksums: bool,
    /// `n` and `i`
    pub files: bool,
    /// `p`
    pub mapped: bool,
    /// `f`
    pub paths: bool,
    /// `1m`
    pub names_only: bool,
    /// `sm`
    pub by_name: bool,
}

/// Which modules.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Filter<'t> {
    /// All of them.
    #[default]
    All,
    /// Names that match.
    Name(&'t str),
    /// Paths that match.
    Path(&'t str),
    /// The one at an address.
    Address(u64),
}

/// Modules chosen by their symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// `o`: any loaded module.
    Any,
    /// `l`: those whose symbols were loaded from a file.
    Loaded,
    /// `e`: those with a problem: no symbols, exported names only, or a flag in their row.
    Faulty,
}

impl<'t> Listing<'t> {
    /// What the switches of a command say; of those that exclude each other the last one counts.
    pub fn of(args: &Args<'t>) -> Listing<'t> {
        let mut listing = Listing {
            third_party: args.has("3"),
            verbose: args.has("v"),
            times: args.has("t"),
            checksums: args.has("c"),
            files: args.has("n") || args.has("i"),
            mapped: args.has("p"),
            paths: args.has("f"),
            names_only: args.has("1m"),
            by_name: args.has("sm"),
            ..Listing::default()
        };
        for given in args.switches() {
            match (given.switch.spelling, given.value) {
                ("o", _) => listing.symbols = listing.symbols.or(Some(Symbols::Any)),
                ("l", _) => listing.symbols = Some(Symbols::Loaded),
                ("e", _) => listing.symbols = Some(Symbols::Faulty),
                ("u", _) => listing.kind = Some(ModuleKind::User),
                ("k", _) => listing.kind = Some(ModuleKind::Kernel),
                ("m", Follows::Text(pattern)) => listing.filter = Filter::Name(pattern),
                ("M", Follows::Text(pattern)) => listing.filter = Filter::Path(pattern),
                ("a", Follows::Number(address)) => listing.filter = Filter::Address(address),
                _ => {}
            }
        }
        listing
    }
}
