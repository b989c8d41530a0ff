//! `!lmi`: what is known of one module, its image and its symbols.

use super::dh::{base_of, machine_name};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Module, SymbolStatus};
use crate::output::{Field, Line, Record, Role};
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

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Argument("!lmi wants a module or an address".to_owned()));
    }
    let base = base_of(args.text, context)?;
    let Some(module) = context.session.target.modules().at(base).cloned() else {
        return Err(CommandError::Missing(format!("no module at {}; lm lists them", hex::tick(base))));
    };
    let record = record(&module, context.session);
    context.out.emit(record)
}

/// A label that ends in the colon's column.
fn row(label: &str, value: impl AsRef<str>) -> Line {
    Line::new().label(format!("{label:>15}: ")).value(value)
}

fn record(module: &Module, session: &Session) -> Record {
    let image = session.target.image(module);
    let headers = image.as_ref().ok().map(|image| image.headers());
    let stem = module.image_name.rsplit_once('.').map_or(module.image_name.as_str(), |(stem, _)| stem);
    let mut record = Record::new("module_image")
        .field("name", module.name.as_str())
        .field("base", Field::Hex(module.base))
        .field("image_name", module.image_name.as_str())
        .line(Line::of(format!("Loaded Module Info: [{}] ", module.name)))
        .line(row("Module", stem))
        .line(row("Base Address", hex::plain(module.base)))
        .line(row("Image Name", &module.image_name));
    if let Some(headers) = headers {
        let machine = headers.machine;
        record = record.line(row("Machine Type", format!("{machine} ({})", machine_name(machine))));
    }
    let stamp = headers.map(|headers| headers.time_date_stamp).or(module.time_date_stamp);
    if let Some(stamp) = stamp {
        let hash = super::lm::is_hash(stamp, module, session);
        record = record
            .field("time_date_stamp", Field::Hex(stamp.into()))
            .line(row("Time Stamp", time_stamp(stamp, hash, &session.settings.zone)));
    }
    record = record.field("size", module.size).line(row("Size", format!("{:x}", module.size)));
    if let Some(checksum) = headers.map(|headers| headers.check_sum).or(module.checksum) {
        record = record.line(row("CheckSum", format!("{checksum:x}")));
    }
    if let (Some(headers), Ok(image)) = (headers, &image) {
        record = record
            .line(row("Characteristics", format!("{:x}  ", headers.characteristics)))
            .line(row("Debug Data Dirs", "Type  Size     VA  Pointer"));
        let entries = image.debug();
        if entries.is_empty() && headers.directory(Directory::Debug).is_some() {
            let words = "[Debug data not mapped] - Can't validate symbols, if present.";
            record = record.line(Line::new().pad_to(17).role(Role::Unreadable, words));
        }
        for line in entries.iter().flat_map(debug_lines) {
            record = record.line(line);
        }
    }
    let (image_type, image_words) = match &image {
        Ok(_) if session.target.dump().is_err() => {
            ("FILE", "Image read successfully from its file.".to_owned())
        }
        Ok(_) => ("MEMORY", "Image read successfully from loaded memory.".to_owned()),
        Err(error) => ("NONE", format!("{error}.")),
    };
    record = record.line(row("Image Type", format!("{image_type:<8} - {image_words}")));
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

fn debug_lines(entry: &DebugEntry) -> Vec<Line> {
    let kind = if entry.kind == 2 { "CODEVIEW".to_owned() } else { entry.kind_name().to_uppercase() };
    let place = format!("{kind:>21} {:>5x}, {:>6x}, {:>7x} ", entry.size, entry.rva, entry.file_offset);
    match &entry.data {
        DebugData::CodeView { guid, age, path } => vec![
            Line::of(format!("{place}RSDS - GUID: {guid}")),
            Line::of(format!("               Age: {age:x}, Pdb: {path}")),
        ],
        DebugData::OldCodeView { signature, age, path } => vec![
            Line::of(format!("{place}NB10 - Sig: {signature:x}, Age: {age:x},")),
            Line::of(format!("               Pdb: {path}")),
        ],
        DebugData::Unreadable => vec![Line::of(place).role(Role::Unreadable, "[Data not mapped]")],
        _ => vec![Line::of(place)],
    }
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
    record = record
        .field("symbols", symbols.status.word())
        .line(row("Symbol Type", format!("{kind:<8} - {words}")));
    if let Some(id) = &symbols.pdb_id {
        record = record
            .field("pdb", id.name.as_str())
            .field("pdb_key", id.key())
            .line(row("PDB wanted", format!("{} {}", id.name, id.key())));
    }
    if let Some(file) = &symbols.file {
        record = record.line(Line::of(format!("{:17}{}", "", file.display())));
    }
    let report = match symbols.status {
        SymbolStatus::PrivatePdb => "private symbols & lines",
        SymbolStatus::Pdb | SymbolStatus::Isf => "public symbols",
        SymbolStatus::Export => "export symbols",
        _ => "no symbols loaded",
    };
    record.line(row("Load Report", report))
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
        let lines: Vec<String> = debug_lines(&entry).iter().map(Line::plain).collect();
        assert_eq!(
            lines,
            [
                "             CODEVIEW    25, 11e03c,  11d83c RSDS - GUID: {00000000-0000-0000-0000-000000000000}",
                "               Age: 2, Pdb: ntkrpamp.pdb",
            ]
        );
        assert_eq!(row("Base Address", "f").plain(), "   Base Address: f");
        assert_eq!(row("Characteristics", "122").plain(), "Characteristics: 122");
    }
}
