//! `!chksym`: does the loaded PDB belong to the image?

use crate::command::show::typed::module_named;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::SymbolStatus;
use crate::output::{Cell, Field, Line, Record, Role};
use crate::symbols::module::PdbId;
use crate::symbols::pdb::PdbFile;

/// `!chksym`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!chksym"],
    group: Group::Symbols,
    arguments: &[Argument::new("MODULE", Expects::Module)],
    summary: "Compares a module's PDB with what the image asks for",
    help: "Shows time stamp, size and PDB identity of the image, the identity of the PDB that is loaded, and whether \
           they agree. Where the dump holds no image header, the kernel's PDB is recognised by the addresses that the \
           dump holds.",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};
use crate::words::Message;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Argument("!chksym needs a module's name".to_owned())
            .hinting(Message::new("hint.modules")));
    }
    let module = module_named(args.text, context)?;
    let symbols = context.session.target.module_symbols(&module);
    let mut record = Record::new("symbol_check")
        .field("module", module.name.as_str())
        .field("status", symbols.status.name())
        .cell("image_name", Cell::new(module.image_name.as_str()).role(Role::Module));
    if let Some(stamp) = module.time_date_stamp {
        record = row(record, "time_date_stamp", "Timestamp", upper(stamp));
    }
    record = row(record, "size", "SizeOfImage", upper(module.size));
    record = match &symbols.pdb_id {
        Some(id) => identity(record, id),
        None => {
            let why = "unknown: the image's headers are not in the dump";
            row(record, "pdb", "pdb", Cell::new(Field::Null).absent(why))
        }
    };
    let path = symbols.file.as_ref().map(|file| file.display().to_string());
    let is_pdb = matches!(symbols.status, SymbolStatus::Pdb | SymbolStatus::PrivatePdb);
    let Some(file) = symbols.file.as_ref().filter(|_| is_pdb) else {
        let text = format!("No PDB is loaded for {}: its symbols are {}", module.name, symbols.status.word());
        let record = record.field("file", path).line("").line(Line::new().role(Role::Warning, text));
        return context.out.emit(record);
    };
    let pdb = PdbFile::open(file, context.session.target.symbols().index_cache().as_deref());
    let pdb = pdb.map_err(|error| CommandError::Missing(error.to_string()))?;
    let found = pdb.identity();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    record = record.line("").line("Loaded pdb is ").cell("file", path).line("");
    record = record.line("").cell("loaded_pdb", name.as_str());
    record = row(record, "loaded_sig", "pdb sig", Cell::new(found.guid.to_string()));
    record = row(record, "loaded_age", "age", upper(found.age)).line("");
    let verdict = match &symbols.pdb_id {
        Some(id) => Cell::new(id.key() == found.key()).shown(match id.key() == found.key() {
            true => format!("MATCH: {name} and {}", module.image_name),
            false => format!("MISMATCH: {name} and {}", module.image_name),
        }),
        None => Cell::new(true)
            .shown(format!("MATCH: {name} and the addresses of kernel variables that the dump holds")),
    };
    let role = if *verdict.field() == Field::Bool(true) { Role::Text } else { Role::Warning };
    context.out.emit(record.line("").cell("match", verdict.role(role)))
}

fn identity(record: Record, id: &PdbId) -> Record {
    let record = row(record, "pdb", "pdb", Cell::new(id.name.as_str()));
    let record = row(record, "pdb_sig", "pdb sig", Cell::new(id.guid.to_string()));
    row(record, "pdb_age", "age", upper(id.age)).field("pdb_key", id.key())
}

/// A number in capital digits.
fn upper(value: impl Into<u64>) -> Cell {
    let value = value.into();
    Cell::new(Field::Hex(value)).shown(format!("{value:X}"))
}

/// Labels end at the same column.
fn row(record: Record, key: &'static str, label: &str, value: Cell) -> Record {
    record.line(Line::new().label(format!("{label:>13}: "))).cell(key, value.role(Role::Value))
}
