//! One line a module.

use super::flags::flag;
use super::listing::Listing;
use super::stamp::stamp;
use crate::debuggee::{Module, ModuleKind, UnloadedModule};
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};
use crate::session::Session;

/// The table of modules.
pub fn table(listing: &Listing<'_>) -> Table {
    let columns = [
        Column::left("start", "start", 17),
        Column::left("end", "end", 17),
        Column::left("name", "module name", 8).after(3),
        Column::left("symbols", "", 23),
    ];
    let table = Table::new("module", &columns);
    if listing.names_only {
        return Table { columns: vec![columns[2]], ..table.bare() };
    }
    table.headed("start             end                 module name")
}

/// A module's row.
pub fn row(module: &Module, listing: &Listing<'_>, session: &Session) -> Record {
    let symbols = session.target.symbols().loaded(module);
    let status = session.target.symbols().status(module);
    let file = symbols.as_ref().and_then(|symbols| symbols.file.as_deref());
    let record = Record::new("module")
        .field("start", Field::Hex(module.base))
        .field("end", Field::Hex(module.end()))
        .field("name", module.name.as_str())
        .field("image_name", module.image_name.as_str())
        .field("image_path", module.image_path.as_str())
        .field("time_date_stamp", module.time_date_stamp.map(|stamp| Field::Hex(u64::from(stamp))))
        .field("checksum", module.checksum.map(|sum| Field::Hex(u64::from(sum))))
        .field("kind", if module.kind == ModuleKind::Kernel { "kernel" } else { "user" })
        .field("symbols", status.word().trim_matches(['(', ')']))
        .field("symbol_file", file.map(|file| file.display().to_string()))
        .field("broken", module.broken);
    if listing.names_only {
        return record.line(name(module));
    }
    let line = Line::new().address(module.base).text(" ").address(module.end()).text("   ");
    let mut line = line.append(name(module)).pad_to(38 + 8).text(" ");
    if !(listing.times || listing.checksums || listing.files || listing.mapped || listing.paths) {
        let file = file.map(|file| file.display().to_string()).unwrap_or_default();
        let flag = flag(module, session);
        let line = line.role(Role::Warning, flag.to_string()).text(" ");
        return record.line(line.label(format!("{:<23}", status.word())).text(file));
    }
    if listing.files {
        line = line.text(format!("{:<13}", format!("{} ", module.image_name)));
    }
    if listing.paths {
        line = line.text(format!("{} ", module.image_path));
    }
    if listing.mapped {
        let images = session.target.memory().images();
        let mapped = images.and_then(|images| images.file_at(module.base));
        line = line.text(mapped.map(|path| format!("{} ", path.display())).unwrap_or_default());
    }
    if listing.checksums {
        let checksum = module.checksum.map_or_else(|| "????????".to_owned(), |sum| upper(u64::from(sum)));
        line = line.value(checksum).text(" ");
    }
    if listing.times {
        line = line.value(stamp(module, session));
    }
    record.line(line)
}

fn name(module: &Module) -> Line {
    Line::new().link(Role::Module, &module.name, Action::Module(module.name.as_str().into()))
}

/// An unloaded module's row.
pub fn unloaded(module: &UnloadedModule) -> Record {
    Record::new("unloaded_module")
        .cell("start", Field::Address(module.start))
        .text(" ")
        .cell("end", Field::Address(module.end))
        .text("   ")
        .cell("name", Cell::new(module.name.as_str()).left(8).role(Role::Module))
}

/// 8 upper-case digits, the form of `lmv`.
pub fn upper(value: u64) -> String {
    format!("{value:08X}")
}
