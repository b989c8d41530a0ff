//! What `vertarget` says of an image that was opened by itself.

use crate::command::Context;
use crate::command::modules::dh::subsystem;
use crate::command::modules::lm::timestamp;
use crate::debuggee::ImageFile;
use crate::output::{Cell, Field, Line, Record, Role};
use crate::symbols::layouts::UNKNOWN;

/// The banner: what it is, where it lies, where it begins, and which build it is.
pub fn banner(image: &ImageFile, context: &Context<'_>) -> Record {
    let headers = image.headers();
    let end = headers.image_base.saturating_add(headers.size_of_image.into());
    let machine = image.machine().banner_name();
    let kind = if headers.characteristics & 0x2000 != 0 { "DLL" } else { "executable image" };
    let subsystem = subsystem(headers.subsystem);
    let reproducible = image.image().is_reproducible();
    let stamp = match reproducible {
        true => format!("{:08X} (reproducible build file hash)", headers.time_date_stamp),
        false => timestamp(Some(headers.time_date_stamp), &context.session.settings.zone),
    };
    let version = Some(image.version()).filter(|&version| version != UNKNOWN);
    let pdb = image.image().pdb_id();
    let path = image.path().display().to_string();
    let address = |value: u64| Cell::new(Field::Address(value));
    let value = |text: String| Cell::new(text).role(Role::Value);
    let mut record = Record::new("image_target")
        .cell("machine", machine)
        .text(" ")
        .cell("kind", kind)
        .text(" (")
        .cell("subsystem", subsystem)
        .text(") mapped at its preferred base")
        .line("ModLoad: ")
        .cell("base", address(headers.image_base))
        .text(" ")
        .cell("end", address(end))
        .field("size", u64::from(headers.size_of_image))
        .text("   ")
        .cell("path", path);
    record = match image.entry_point() {
        Some(entry) => {
            let symbol = context.with_symbol(Line::new(), entry);
            let label = Line::new().label("Entry point: ");
            record.line(label).cell("entry_point", address(entry)).text(" ").spans(symbol)
        }
        None => record.field("entry_point", Field::Null),
    };
    let number = Field::Hex(headers.time_date_stamp.into());
    let stamp = Cell::new(number).shown(stamp).role(Role::Value);
    record = record.line(Line::new().label("Timestamp: ")).cell("time_date_stamp", stamp);
    record = match version {
        Some(version) => {
            let label = Line::new().label("File version: ");
            record.line(label).cell("file_version", value(version.to_string()))
        }
        None => record.field("file_version", Field::Null),
    };
    let record = record.line(Line::new().label("PDB: "));
    match pdb {
        Some(pdb) => record
            .cell("pdb", value(pdb.name.clone()))
            .role(Role::Value, " ")
            .cell("pdb_key", value(pdb.key())),
        None => record
            .cell("pdb", Cell::new(Field::Null).absent("none named").role(Role::Dim))
            .field("pdb_key", Field::Null),
    }
}
