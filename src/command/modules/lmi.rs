//! `!lmi`: what is known of one module, its image and its symbols.

use super::dh::{base_of, machine_name};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Module, SymbolStatus};
use crate::output::{Cell, Field, Line, Record, Role};
use crate::session::Session;
use crate::symbols::pe::{DebugData, DebugEntry, Directory};
use crate::util::filetime::{Zone, asctime_unix};
use crate::util::hex;

/// `!lmi`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!lmi"],
    group: Group::Modules,
    arguments: &[Argument::new("MODULE | ADDRESS", Expects::Module)],
    summary: "Shows a module's image facts: time stamp, checksum, the PDB that belongs to it, its symbols",
    help: "Shows what the module list says of a module, what its headers say where the dump (or an image file named with \
           -i) holds them, which PDB belongs to it and which symbols were found.",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};
use crate::words::Message;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Argument("!lmi wants a module or an address".to_owned()));
    }
    let base = base_of(args.text, context)?;
    let Some(module) = context.session.target.modules().at(base).cloned() else {
        return Err(CommandError::Missing(format!("no module at {}", hex::tick(base)))
            .hinting(Message::new("hint.modules")));
    };
    let record = record(&module, context.session);
    context.out.emit(record)
}

/// Adds a row whose label ends in the colon's column.
fn row(record: Record, key: &'static str, label: &str, value: impl Into<Cell>) -> Record {
    let value: Cell = value.into();
    record.line(Line::new().label(format!("{label:>15}: "))).cell(key, value.role(Role::Value))
}

fn record(module: &Module, session: &Session) -> Record {
    let image = session.target.image(module);
    let headers = image.as_ref().ok().map(|image| image.headers());
    let stem = module.image_name.rsplit_once('.').map_or(module.image_name.as_str(), |(stem, _)| stem);
    let hex = |value: u64| Cell::new(Field::Hex(value));
    let mut record = Record::new("module_image")
        .text("Loaded Module Info: [")
        .cell("name", module.name.as_str())
        .text("] ");
    record = row(record, "stem", "Module", stem);
    record = row(record, "base", "Base Address", Cell::new(Field::Address(module.base)).digits(16));
    record = row(record, "image_name", "Image Name", module.image_name.as_str());
    if let Some(headers) = headers {
        let machine = headers.machine;
        let text = format!("{machine} ({})", machine_name(machine));
        record = row(record, "machine", "Machine Type", hex(machine.into()).shown(text));
    }
    let stamp = headers.map(|headers| headers.time_date_stamp).or(module.time_date_stamp);
    if let Some(stamp) = stamp {
        let hash = session.target.stamp_is_hash(module);
        let text = time_stamp(stamp, hash, &session.settings.zone);
        record = row(record, "time_date_stamp", "Time Stamp", hex(stamp.into()).shown(text));
    }
    let size = Cell::new(module.size).shown(format!("{:x}", module.size));
    record = row(record, "size", "Size", size);
    if let Some(checksum) = headers.map(|headers| headers.check_sum).or(module.checksum) {
        record = row(record, "check_sum", "CheckSum", hex(checksum.into()));
    }
    if let (Some(headers), Ok(image)) = (headers, &image) {
        record = row(record, "characteristics", "Characteristics", hex(headers.characteristics.into()));
        record = record.role(Role::Value, "  ");
        record = record.line(Line::new().label("Debug Data Dirs: ").value("Type  Size     VA  Pointer"));
        let entries = image.debug();
        if entries.is_empty() && headers.directory(Directory::Debug).is_some() {
            let words = "[Debug data not mapped] - Can't validate symbols, if present.";
            record = record.line(Line::new().pad_to(17).role(Role::Unreadable, words));
        }
        record = record.things("debug_data", entries.iter().map(debug_data));
    }
    let (image_type, image_words) = match &image {
        Ok(_) if session.target.dump().is_err() => {
            ("FILE", "Image read successfully from its file.".to_owned())
        }
        Ok(_) => ("MEMORY", "Image read successfully from loaded memory.".to_owned()),
        Err(error) => ("NONE", format!("{error}.")),
    };
    record = row(record, "image_type", "Image Type", Cell::new(image_type).left(8));
    record = record.role(Role::Value, " - ").role(Role::Value, image_words);
    symbols(record, module, session)
}

/// Stamps of reproducible builds are no dates; those past 2038 cannot be any.
fn time_stamp(stamp: u32, hash: bool, zone: &Zone) -> String {
    let time = asctime_unix(stamp, zone).filter(|_| !hash && stamp >> 31 == 0);
    match time {
        Some(time) => format!("{stamp:x} {time}"),
        None => format!("{stamp:x} (This is a reproducible build file hash, not a true timestamp)"),
    }
}

/// An entry of the debug directory: its kind and place, and which PDB it names.
fn debug_data(entry: &DebugEntry) -> Record {
    let kind = if entry.kind == 2 { "CODEVIEW".to_owned() } else { entry.kind_name().to_uppercase() };
    let hex = |value: u32| Cell::new(Field::Hex(value.into()));
    let record = Record::new("debug_data")
        .cell("kind", Cell::new(kind).right(21).role(Role::Text))
        .text(" ")
        .cell("size", hex(entry.size).right(5))
        .text(", ")
        .cell("rva", hex(entry.rva).right(6))
        .text(", ")
        .cell("file_offset", hex(entry.file_offset).right(7))
        .text(" ");
    let (record, age, path) = match &entry.data {
        DebugData::CodeView { guid, age, path } => {
            let record = record.text("RSDS - GUID: ").cell("guid", guid.to_string());
            (record.line("               Age: "), age, path)
        }
        DebugData::OldCodeView { signature, age, path } => {
            let record = record.text("NB10 - Sig: ").cell("signature", hex(*signature));
            let record = record.text(", Age: ").cell("age", hex(*age));
            return record.text(",").line("               Pdb: ").cell("pdb", path.as_str());
        }
        DebugData::Unreadable => return record.role(Role::Unreadable, "[Data not mapped]"),
        _ => return record,
    };
    record.cell("age", hex(*age)).text(", Pdb: ").cell("pdb", path.as_str())
}

fn symbols(mut record: Record, module: &Module, session: &Session) -> Record {
    let symbols = session.target.module_symbols(module);
    let (kind, words) = match symbols.status {
        SymbolStatus::PrivatePdb | SymbolStatus::Pdb => ("PDB", "Symbols loaded successfully."),
        SymbolStatus::Isf => ("ISF", "Symbols loaded successfully."),
        SymbolStatus::Export => ("EXPORT", "PDB not found"),
        SymbolStatus::BuiltIn => ("NONE", "PDB not found; types come from the built-in layouts."),
        SymbolStatus::Deferred => ("DEFERRED", "Nothing needed them yet."),
        SymbolStatus::None => ("NONE", "PDB not found"),
    };
    record = row(record, "symbol_type", "Symbol Type", Cell::new(kind).left(8));
    record = record.role(Role::Value, " - ").role(Role::Value, words).field("symbols", symbols.status.word());
    if let Some(id) = &symbols.pdb_id {
        record = row(record, "pdb", "PDB wanted", id.name.as_str());
        record = record.role(Role::Value, " ").cell("pdb_key", Cell::new(id.key()).role(Role::Value));
    }
    if let Some(file) = &symbols.file {
        record = record.line(" ".repeat(17)).cell("symbol_file", file.display().to_string());
    }
    let report = match symbols.status {
        SymbolStatus::PrivatePdb => "private symbols & lines",
        SymbolStatus::Pdb | SymbolStatus::Isf => "public symbols",
        SymbolStatus::Export => "export symbols",
        _ => "no symbols loaded",
    };
    row(record, "load_report", "Load Report", report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::guid::Guid;

    /// The layout of spec/COMMANDS.md section 7.
    #[test]
    fn columns_of_the_debug_directory() {
        let entry = DebugEntry {
            kind: 2,
            characteristics: 0,
            time_date_stamp: 0,
            version: (0, 0),
            size: 0x25,
            rva: 0x11e03c,
            file_offset: 0x11d83c,
            data: DebugData::CodeView { guid: Guid([0; 16]), age: 2, path: "ntkrpamp.pdb".to_owned() },
        };
        let lines: Vec<String> = debug_data(&entry).lines.iter().map(Line::plain).collect();
        assert_eq!(
            lines,
            [
                "             CODEVIEW    25, 11e03c,  11d83c RSDS - GUID: {00000000-0000-0000-0000-000000000000}",
                "               Age: 2, Pdb: ntkrpamp.pdb",
            ]
        );
        let row = |label, value| row(Record::new("x"), "key", label, value).lines[0].plain();
        assert_eq!(row("Base Address", "f"), "   Base Address: f");
        assert_eq!(row("Characteristics", "122"), "Characteristics: 122");
    }
}
