//! `x`: symbols by name.

mod row;
mod rows;

use crate::command::modules::lm;
use crate::command::{
    Args, Argument, Call, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::{Module, Target};
use crate::output::Line;
use crate::symbols::source::{Symbol, SymbolSource};
use crate::symbols::wildcard::Wildcard;
use crate::util::order::Order as _;
use regex::{Regex, RegexBuilder};
use rows::{Order, Rows, Which};

/// `x`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["x"],
    group: Group::Symbols,
    switches: Switches::letters(&[
        Switch::flag("/0", "addresses alone"),
        Switch::flag("/1", "names alone"),
        Switch::flag("/2", "addresses and names"),
        Switch::flag("/t", "with types"),
        Switch::flag("/v", "kind and size"),
        Switch::with("/s", Takes::Value, "SIZE", "of that size"),
        Switch::flag("/f", "functions"),
        Switch::flag("/d", "data"),
        Switch::flag("/q", "names in quotes for expressions"),
        Switch::flag("/p", "no blank before ("),
        Switch::flag("/r", "the pattern is a regular expression"),
        Switch::flag("/D", "an index of first letters above"),
        Switch::flag("/a", "by address (the default)"),
        Switch::flag("/A", "by address, downwards"),
        Switch::flag("/n", "by name"),
        Switch::flag("/N", "by name, downwards"),
        Switch::flag("/z", "by size"),
        Switch::flag("/Z", "by size, downwards"),
        Switch::ignored("/i"),
    ]),
    arguments: &[Argument::new("[MODULE!]PATTERN", Expects::Symbol)],
    summary: "Lists symbols whose names match",
    help: "Wildcards: * ? [a-z] # (any number of what stands before) + (one or more).\n\
           Without a module the kernel and the modules whose symbols are loaded are searched; x *! lists modules.\n\
           A function that was inlined has a row for each place, with the function that it became part of there.\n\
           Example: x nt!KeBugCheck*",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};
use crate::words::Message;

/// More symbols than this are cut off, with a word.
const MAX_ROWS: usize = 1_000_000;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (options, pattern) = (Rows::of(args), args.text);
    if pattern.is_empty() {
        return Err(CommandError::Syntax("x".to_owned()));
    }
    let (module_pattern, name) = match pattern.split_once('!') {
        Some((module, name)) => (Some(module), name),
        None => (None, pattern),
    };
    let modules = modules(&context.session.target, module_pattern);
    if module_pattern.is_some() && name.is_empty() {
        return list_modules(&modules, context);
    }
    let matcher = Matcher::new(name, &options)?;
    if options.index {
        context.out.emit(Line::new().label(INDEX))?;
    }
    let mut shown = 0;
    for module in &modules {
        shown += one_module(module, &matcher, &options, context)?;
    }
    let nameless = match modules.as_slice() {
        [] => true,
        [module] => context.session.target.module_symbols(module).names.is_none(),
        _ => false,
    };
    if shown == 0 && (nameless || matcher.is_literal()) {
        let (why, hint) = why_not(&modules, context);
        let error = CommandError::Argument(format!("Couldn't resolve 'x {pattern}'{why}"));
        return Err(match hint {
            Some(hint) => error.hinting(hint),
            None => error,
        });
    }
    Ok(())
}

/// The first letters, above the rows of `/D`.
const INDEX: &str = " A B C D E F G H I J K L M N O P Q R S T U V W X Y Z";

/// What to match names with.
enum Matcher {
    Wildcard(Wildcard),
    Regex(Regex),
}

impl Matcher {
    fn new(pattern: &str, options: &Rows) -> Result<Matcher, CommandError> {
        if !options.regex {
            return Ok(Matcher::Wildcard(Wildcard::new(pattern)));
        }
        RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(1 << 20)
            .build()
            .map(Matcher::Regex)
            .map_err(|error| CommandError::Argument(format!("'{pattern}' is no regular expression: {error}")))
    }

    fn is_literal(&self) -> bool {
        matches!(self, Matcher::Wildcard(wildcard) if wildcard.literal().is_some())
    }

    fn is_match(&self, name: &str) -> bool {
        match self {
            Matcher::Wildcard(wildcard) => wildcard.is_match(name),
            Matcher::Regex(regex) => regex.is_match(name),
        }
    }

    fn symbols<'s>(&self, names: &'s dyn SymbolSource) -> Vec<Symbol<'s>> {
        match self {
            Matcher::Wildcard(wildcard) => names.matching(wildcard),
            Matcher::Regex(regex) => {
                let mut all = names.matching(&Wildcard::new("*"));
                all.retain(|symbol| regex.is_match(symbol.name));
                all
            }
        }
    }
}

/// The modules that a pattern names, or those whose symbols are at hand.
fn modules(target: &Target, pattern: Option<&str>) -> Vec<Module> {
    match pattern {
        None => target.modules_at_hand().cloned().collect(),
        Some(pattern) => {
            let mut found: Vec<Module> =
                target.modules().matching(&Wildcard::new(pattern)).cloned().collect();
            if found.is_empty() {
                found.extend(target.modules().named(pattern).cloned());
            }
            found
        }
    }
}

fn one_module(
    module: &Module,
    matcher: &Matcher,
    options: &Rows,
    context: &mut Context<'_>,
) -> Result<usize, CommandError> {
    context.out.check()?;
    let symbols = context.session.target.module_symbols(module);
    let Some(names) = &symbols.names else {
        return known(module, matcher, options, context);
    };
    let mut found = matcher.symbols(&**names);
    let sites = match options.which {
        Which::Data => Vec::new(),
        Which::All | Which::Functions => names.inline_sites(&|name| matcher.is_match(name)),
    };
    found.extend(sites.iter().map(row::inlined));
    context.out.check()?;
    found.retain(|symbol| {
        let wanted = match options.which {
            Which::All => true,
            Which::Functions => !row::is_data(symbol.kind),
            Which::Data => row::is_data(symbol.kind),
        };
        wanted && options.size.is_none_or(|size| row::size(symbol, symbols.types.as_deref()) == Some(size))
    });
    match options.order {
        Order::Address => found.order_by_key(|symbol| symbol.rva),
        Order::Name => found.order_by(|a, b| a.name.cmp(b.name)),
        Order::Size => found.order_by_key(|symbol| row::size(symbol, symbols.types.as_deref())),
    }
    if options.backwards {
        found.reverse();
    }
    // Exported names are not all that is known of a kernel.
    let more = match found.len() {
        0 => known(module, matcher, options, context)?,
        _ => 0,
    };
    for symbol in found.iter().take(MAX_ROWS) {
        let record = row::row(symbol, module, symbols.types.as_ref(), options, context);
        context.out.emit(record)?;
    }
    if found.len() > MAX_ROWS {
        context.out.emit(format!("... {} more", found.len() - MAX_ROWS))?;
    }
    Ok(found.len() + more)
}

/// What the debugger data block names of a kernel without symbols: `?` knows it too.
fn known(
    module: &Module,
    matcher: &Matcher,
    options: &Rows,
    context: &mut Context<'_>,
) -> Result<usize, CommandError> {
    if options.which == Which::Functions || options.size.is_some() {
        return Ok(0);
    }
    let mut found = context.session.target.known_variables(module);
    found.retain(|(name, _)| matcher.is_match(name));
    match options.order {
        Order::Address | Order::Size => found.order_by_key(|(_, address)| *address),
        Order::Name => found.sort_unstable(),
    }
    if options.backwards {
        found.reverse();
    }
    for (name, address) in &found {
        let record = row::known(module, name, *address, options, context);
        context.out.emit(record)?;
    }
    Ok(found.len())
}

fn list_modules(modules: &[Module], context: &mut Context<'_>) -> Result<(), CommandError> {
    let list = |text: &str, context: &mut Context<'_>| lm::SPEC.start(&Call::new("lm", text), context);
    if modules.len() == context.session.target.modules().len() {
        return list("", context);
    }
    for module in modules {
        list(&format!("m {}", module.name), context)?;
    }
    Ok(())
}

/// Why a literal name was not found, where the reason is a module without names, and what helps.
fn why_not(modules: &[Module], context: &Context<'_>) -> (String, Option<Message>) {
    match modules {
        [] => (": no such module".to_owned(), Some(Message::new("hint.modules"))),
        [module] => {
            let symbols = context.session.target.module_symbols(module);
            match &symbols.names {
                Some(names) => {
                    (format!(": no such name in the {} of {}", names.symbol_origin(), module.name), None)
                }
                None => {
                    let hint = Message::new("hint.symbols").with("module", &module.name);
                    (format!(": {} has no symbols", module.name), Some(hint))
                }
            }
        }
        _ => (String::new(), None),
    }
}
