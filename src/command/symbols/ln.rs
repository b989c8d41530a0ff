//! `ln`: what lies at an address.

use crate::command::show::symbol_text::{data, words};
use crate::command::show::typed::with_view;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Module, Target, UnloadedModule};
use crate::output::{Action, Cell, Column, Field, Record, Role, Table};

/// `ln`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["ln"],
    group: Group::Symbols,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the symbols nearest to an address",
    help: "Shows the symbol at or before the address and the one after it, its source line where known, and every \
           symbol that stands exactly there. An address in a module without symbols shows the module, one where a module \
           was before it was unloaded says so; one in no module prints nothing.\n\
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
        let unloaded = target.unloaded_at(address);
        return unloaded.map_or(Ok(()), |module| context.out.emit(gone(module, address)));
    };
    let record = Record::new("nearest").field("address", Field::Hex(address));
    let place = nearest(record, target, module, address);
    let mut exact = exact(target, module, address);
    if exact.is_empty() {
        // A variable that the debugger data block places, where no symbol stands.
        let known = target.known_variables(module).into_iter().find(|(_, at)| *at == address);
        exact.extend(known.map(|(name, _)| known_match(target, module, name, address)));
    }
    context.out.emit(place)?;
    if exact.is_empty() {
        return Ok(());
    }
    let columns = ["name", "text"].map(|key| Column::left(key, "", 0));
    context.out.within(Table::new("exact_match", &columns).headed("Exact matches:"), |out| {
        exact.into_iter().try_for_each(|record| out.emit(record))
    })
}

/// Adds what is near an address of a module: the symbol at or before it with the source line, and the one after it; the
/// module where it has no names.
pub fn nearest(record: Record, target: &Target, module: &Module, address: u64) -> Record {
    let symbols = target.module_symbols(module);
    let rva = address.checked_sub(module.base).and_then(|rva| u32::try_from(rva).ok());
    let named =
        symbols.names.as_ref().zip(rva).and_then(|(names, rva)| Some((names, rva, names.nearest(rva)?)));
    let Some((names, rva, symbol)) = named else {
        let why = if symbols.names.is_some() { "(no symbol at or before it)" } else { "(no symbols)" };
        return bare(record, module, address, why);
    };
    let start = module.base.wrapping_add(u64::from(symbol.rva));
    let dim = |cell: Cell| cell.role(Role::Dim);
    let record = match names.line(rva) {
        Some(source) => record
            .role(Role::Dim, "[")
            .cell("file", dim(Cell::new(source.file.clone())))
            .role(Role::Dim, " @ ")
            .cell("line", dim(Cell::new(source.line)))
            .role(Role::Dim, "] "),
        None => record.field("file", Field::Null).field("line", Field::Null),
    };
    let offset = address.wrapping_sub(start);
    let plus = if offset == 0 { String::new() } else { format!("+{offset:#x}") };
    let plus = Cell::new(Field::Hex(offset)).shown(plus).role(Role::Symbol).link(Action::Code(start));
    let record = record
        .text("(")
        .cell("symbol_address", Cell::new(Field::Address(start)))
        .text(")   ")
        .cell("symbol", name(module, symbol.name, start))
        .cell("offset", plus)
        .text("   |");
    let Some(next) = names.following(symbol.rva.max(rva)) else {
        return record.field("next", Field::Null);
    };
    let start = module.base.wrapping_add(u64::from(next.rva));
    record
        .text("  (")
        .cell("next_address", Cell::new(Field::Address(start)))
        .text(")   ")
        .cell("next", name(module, next.name, start))
}

/// `nt!KeBugCheckEx`.
fn name(module: &Module, name: &str, address: u64) -> Cell {
    Cell::new(format!("{}!{name}", module.name)).role(Role::Symbol).link(Action::Code(address))
}

/// A module without a name at or before the address.
fn bare(record: Record, module: &Module, address: u64, why: &str) -> Record {
    let offset = address.wrapping_sub(module.base);
    let link = Action::Module(module.name.as_str().into());
    record
        .text("(")
        .cell("symbol_address", Cell::new(Field::Address(module.base)))
        .text(")   ")
        .cell("symbol", Cell::new(module.name.as_str()).role(Role::Module).link(link))
        .cell("offset", Cell::new(Field::Hex(offset)).shown(format!("+{offset:#x}")).role(Role::Text))
        .text(format!("   {why}"))
}

/// Where a module was that is unloaded.
fn gone(module: &UnloadedModule, address: u64) -> Record {
    let offset = address.wrapping_sub(module.start);
    Record::new("unloaded")
        .field("address", Field::Hex(address))
        .text("(")
        .cell("start", Cell::new(Field::Address(module.start)))
        .text(")   ")
        .cell(
            "name",
            Cell::new(module.name.as_str()).shown(format!("<Unloaded_{}>", module.name)).role(Role::Module),
        )
        .cell("offset", Cell::new(Field::Hex(offset)).shown(format!("+{offset:#x}")).role(Role::Text))
        .field("unloaded", module.time.map(Field::Time))
}

/// A row for each symbol that stands exactly at an address.
fn exact(target: &Target, module: &Module, address: u64) -> Vec<Record> {
    let symbols = target.module_symbols(module);
    let rva = address.checked_sub(module.base).and_then(|rva| u32::try_from(rva).ok());
    let Some((names, rva)) = symbols.names.as_ref().zip(rva) else {
        return Vec::new();
    };
    // Whatever stands there is among the nearest.
    if names.nearest(rva).is_none_or(|nearest| nearest.rva != rva) {
        return Vec::new();
    }
    let found = names.exact(rva);
    let rows = found.iter().map(|symbol| {
        let words = words(symbol, address, symbols.types.as_ref(), target);
        exact_match(name(module, symbol.name, address), words)
    });
    rows.collect()
}

/// `    nt!KeBugCheckEx (...)`
fn exact_match(name: Cell, words: String) -> Record {
    Record::new("exact_match").text("    ").cell("name", name).text(" ").cell("text", words)
}

/// `    nt!PsActiveProcessHead = struct _LIST_ENTRY [ a - b ]`: heads of lists are lists, whatever the symbols say.
fn known_match(target: &Target, module: &Module, name: &str, address: u64) -> Record {
    let words = known_words(target, name, address);
    let name = Cell::new(format!("{}!{name}", module.name));
    exact_match(name.role(Role::Symbol).link(Action::Pointers(address)), words)
}

/// What stands after the name of a variable that the debugger data block places.
pub fn known_words(target: &Target, name: &str, address: u64) -> String {
    let is_list = name.ends_with("ListHead") || matches!(name, "PsActiveProcessHead" | "PsLoadedModuleList");
    match target.find_type("nt!_LIST_ENTRY").filter(|_| is_list) {
        Some(list) => format!("= {}", with_view(target, &*list.source, |view| data(view, list.id, address))),
        None => "= <no type information>".to_owned(),
    }
}
