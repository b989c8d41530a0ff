//! One line a module.

use super::details::details;
use super::facts::{checksum, image_name, mapped_file, time_date_stamp};
use super::flags::flag;
use super::listing::Listing;
use crate::command::show::maker;
use crate::debuggee::{Maker, Module, ModuleKind, UnloadedModule};
use crate::output::{Action, Cell, Column, Field, Record, Role, Table};
use crate::session::Session;

/// The table of modules.
pub fn table(listing: &Listing<'_>) -> Table {
    let columns = [
        Column::left("start", "start", 17),
        Column::left("end", "end", 17).yields(1),
        Column::left("name", "module name", 8).after(3),
        Column::left("symbols", "", 23),
        // Of a path the end counts, which is cut first.
        Column::left("symbol_file", "", 0).yields(2),
    ];
    let table = Table::new("module", &columns);
    if listing.names_only {
        return Table { columns: vec![columns[2]], ..table.bare() };
    }
    table.headed("start             end                 module name")
}

/// A module's row, and what is known of it beneath where that is wanted.
pub fn row(module: &Module, listing: &Listing<'_>, session: &Session) -> Record {
    let symbols = session.target.symbols().loaded(module);
    let status = session.target.symbols().status(module);
    let origin = session.target.origin(module);
    let file = symbols.as_ref().and_then(|symbols| symbols.file.as_deref());
    let file = file.map(|file| file.display().to_string());
    let named = listing.names_only;
    let given = listing.times || listing.checksums || listing.files || listing.mapped || listing.paths;
    let plain = !named && !given;
    let gap = |record: Record, shown: bool, blanks: &str| if shown { record.text(blanks) } else { record };

    let mut record = Record::new("module").cell_where(!named, "start", Field::Address(module.base));
    record = gap(record, !named, " ").cell_where(!named, "end", Field::Address(module.end()));
    record =
        gap(record, !named, "   ").cell("name", name(module, origin.maker).left(if named { 0 } else { 8 }));
    record = gap(record, !named, " ");
    if plain {
        let flag = Some(flag(module, session)).filter(|&flag| flag != ' ').map(String::from);
        record = record.cell("flag", Cell::new(flag).role(Role::Warning).left(1)).text(" ");
    }
    record = record
        .cell_where(
            plain,
            "symbols",
            Cell::new(status.name()).shown(status.word()).role(Role::Label).left(23),
        )
        .cell_where(plain, "symbol_file", file)
        .field("maker", maker::word(origin.maker))
        .field("maker_evidence", maker::evidence(&origin.evidence))
        .field("kind", if module.kind == ModuleKind::Kernel { "kernel" } else { "user" });
    // In this order they stand in a row.
    let shown = |wanted: bool| wanted && !named;
    let (files, paths) = (shown(listing.files), shown(listing.paths));
    record = gap(record.cell_where(files, "image_name", image_name(module).left(12)), files, " ");
    record = gap(record.cell_where(paths, "image_path", module.image_path.as_str()), paths, " ");
    if shown(listing.mapped)
        && let Some(path) = mapped_file(module, session)
    {
        record = record.cell("mapped_file", path).text(" ");
    }
    let (sums, times) = (shown(listing.checksums), shown(listing.times));
    record = gap(record.cell_where(sums, "checksum", checksum(module.checksum)), sums, " ");
    record = record.cell_where(times, "time_date_stamp", time_date_stamp(module, session));
    if listing.verbose {
        return details(record, module, &origin, session);
    }
    if listing.third_party && plain {
        record = record.role(Role::Dim, format!(" {}", maker::sentence(&origin)));
    }
    record.field("broken", module.broken)
}

fn name(module: &Module, maker: Maker) -> Cell {
    let role = maker::role(Some(maker), Role::Module);
    Cell::new(module.name.as_str()).role(role).link(Action::Module(module.name.as_str().into()))
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
