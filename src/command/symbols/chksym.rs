//! `!chksym`: does the loaded PDB belong to the image?

use crate::command::show::typed::module_named;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::SymbolStatus;
use crate::output::{Line, Record, Role};
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

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Argument("!chksym needs a module's name; lm lists them".to_owned()));
    }
    let module = module_named(args.text, context)?;
    let symbols = context.session.target.module_symbols(&module);
    let mut record = Record::new("symbol_check")
        .field("module", module.name.as_str())
        .field("status", symbols.status.word().trim_matches(['(', ')']))
        .field("file", symbols.file.as_ref().map(|file| file.display().to_string()))
        .line(Line::new().role(Role::Module, &module.image_name));
    if let Some(stamp) = module.time_date_stamp {
        record = record.line(row("Timestamp", &format!("{stamp:X}")));
    }
    record = record.line(row("SizeOfImage", &format!("{:X}", module.size)));
    record = match &symbols.pdb_id {
        Some(id) => identity(record, id),
        None => record.line(row("pdb", "unknown: the image's headers are not in the dump")),
    };
    let is_pdb = matches!(symbols.status, SymbolStatus::Pdb | SymbolStatus::PrivatePdb);
    let file = symbols.file.as_ref().filter(|_| is_pdb);
    let Some(file) = file else {
        let text = format!("No PDB is loaded for {}: its symbols are {}", module.name, symbols.status.word());
        return context.out.emit(record.line("").line(Line::new().role(Role::Warning, text)));
    };
    let pdb = PdbFile::open(file, context.session.target.symbols().index_cache().as_deref());
    let pdb = pdb.map_err(|error| CommandError::Missing(error.to_string()))?;
    let found = pdb.identity();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    record = record
        .line("")
        .line(format!("Loaded pdb is {}", file.display()))
        .line("")
        .line(name.as_str())
        .line(row("pdb sig", &found.guid.to_string()))
        .line(row("age", &format!("{:X}", found.age)))
        .line("");
    let verdict = match &symbols.pdb_id {
        Some(id) if id.key() == found.key() => Line::of(format!("MATCH: {name} and {}", module.image_name)),
        Some(_) => Line::new().role(Role::Warning, format!("MISMATCH: {name} and {}", module.image_name)),
        None => Line::of(format!("MATCH: {name} and the addresses of kernel variables that the dump holds")),
    };
    context.out.emit(record.line(verdict))
}

fn identity(record: Record, id: &PdbId) -> Record {
    record
        .field("pdb_key", id.key())
        .line(row("pdb", &id.name))
        .line(row("pdb sig", &id.guid.to_string()))
        .line(row("age", &format!("{:X}", id.age)))
}

/// Labels end at the same column.
fn row(label: &str, value: &str) -> Line {
    Line::new().label(format!("{label:>13}: ")).value(value)
}
