//! `ln`: what lies at an address.

use crate::command::show::symbol_text::{data, words};
use crate::command::show::typed::with_view;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Module, Target};
use crate::output::{Action, Field, Line, Record, Role};

/// `ln`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["ln"],
    group: Group::Symbols,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the symbols nearest to an address",
    help: "Shows the symbol at or before the address and the one after it, its source line where known, and every \
           symbol that stands exactly there. An address in a module without symbols shows the module; one in no module \
           prints nothing.\n\
           Example: ln nt!KeBugCheckEx+10\n\
           (fffff804`7bdf5a80)   nt!KeBugCheckEx+0x10   |  (fffff804`7bdf5bb0)   nt!KeContextToKframes",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address = match args.text {
        "" => context.evaluate(".")?,
        text => context.evaluate(text)?,
    };
    let target = &context.session.target;
    let Some(module) = target.modules().at(address) else {
        return Ok(());
    };
    let mut nearest = nearest(target, module, address).unwrap_or_else(|| bare(module, address));
    if nearest.exact.is_empty() {
        // A variable that the debugger data block places, where no symbol stands.
        let known = target.known_variables(module).into_iter().find(|(_, at)| *at == address);
        nearest.exact.extend(known.map(|(name, _)| known_line(target, module, name, address)));
    }
    let mut record = nearest.record.line(nearest.line);
    if !nearest.exact.is_empty() {
        record = record.line("Exact matches:");
    }
    context.out.emit(nearest.exact.into_iter().fold(record, Record::line))
}

/// What is near an address: its facts, the line that tells them, and a line for each name that stands exactly there.
struct Nearest {
    record: Record,
    line: Line,
    exact: Vec<Line>,
}

/// The first line of what is said of an address in a module.
pub fn place_line(target: &Target, module: &Module, address: u64) -> Line {
    nearest(target, module, address).unwrap_or_else(|| bare(module, address)).line
}

fn nearest(target: &Target, module: &Module, address: u64) -> Option<Nearest> {
    let symbols = target.module_symbols(module);
    let names = symbols.names.as_ref()?;
    let rva = u32::try_from(address.checked_sub(module.base)?).ok()?;
    let symbol = names.nearest(rva)?;
    let start = module.base.wrapping_add(u64::from(symbol.rva));
    let offset = address.wrapping_sub(start);
    let mut line = Line::new();
    let source = names.line(rva);
    if let Some(source) = &source {
        line = line.role(Role::Dim, format!("[{} @ {}] ", source.file, source.line));
    }
    line = place(line, module, symbol.name, start, offset).text("   |");
    let following = names.following(symbol.rva.max(rva));
    if let Some(next) = &following {
        let start = module.base.wrapping_add(u64::from(next.rva));
        line = place(line.text("  "), module, next.name, start, 0);
    }
    let record = Record::new("nearest")
        .field("address", Field::Hex(address))
        .field("symbol", format!("{}!{}", module.name, symbol.name))
        .field("offset", Field::Hex(offset))
        .field("next", following.map(|next| format!("{}!{}", module.name, next.name)))
        .field("file", source.as_ref().map(|source| source.file.clone()))
        .field("line", source.as_ref().map(|source| u64::from(source.line)));
    let exact = if offset == 0 { names.exact(rva) } else { Vec::new() };
    let exact = exact.iter().map(|symbol| {
        let words = words(symbol, address, symbols.types.as_ref(), target);
        let name = format!("{}!{}", module.name, symbol.name);
        Line::of("    ").link(Role::Symbol, name, Action::Code(address)).text(format!(" {words}"))
    });
    Some(Nearest { record, line, exact: exact.collect() })
}

/// `(fffff804`7bdf5a80)   nt!KeBugCheckEx+0x10`.
fn place(line: Line, module: &Module, name: &str, start: u64, offset: u64) -> Line {
    let plus = match offset {
        0 => String::new(),
        offset => format!("+{offset:#x}"),
    };
    let name = format!("{}!{name}{plus}", module.name);
    let follow = Action::Code(start);
    line.text("(").address(start).text(")   ").link(Role::Symbol, name, follow)
}

/// A module without a name at or before the address.
fn bare(module: &Module, address: u64) -> Nearest {
    let offset = address.wrapping_sub(module.base);
    let record = Record::new("nearest")
        .field("address", Field::Hex(address))
        .field("symbol", module.name.as_str())
        .field("offset", Field::Hex(offset));
    let line = Line::of("(")
        .address(module.base)
        .text(")   ")
        .link(Role::Module, &module.name, Action::Module(module.name.as_str().into()))
        .text(format!("+{offset:#x}   (no symbols)"));
    Nearest { record, line, exact: Vec::new() }
}

/// `    nt!PsActiveProcessHead = struct _LIST_ENTRY [ a - b ]`: heads of lists are lists, whatever the symbols say.
fn known_line(target: &Target, module: &Module, name: &str, address: u64) -> Line {
    let words = known_words(target, name, address);
    let line =
        Line::of("    ").link(Role::Symbol, format!("{}!{name}", module.name), Action::Pointers(address));
    line.text(format!(" {words}"))
}

/// What stands after the name of a variable that the debugger data block places.
pub fn known_words(target: &Target, name: &str, address: u64) -> String {
    let is_list = name.ends_with("ListHead") || matches!(name, "PsActiveProcessHead" | "PsLoadedModuleList");
    match target.find_type("nt!_LIST_ENTRY").filter(|_| is_list) {
        Some(list) => format!("= {}", with_view(target, &*list.source, |view| data(view, list.id, address))),
        None => "= <no type information>".to_owned(),
    }
}
