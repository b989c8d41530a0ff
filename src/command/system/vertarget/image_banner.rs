//! What `vertarget` says of an image that was opened by itself.

use crate::command::Context;
use crate::command::modules::dh::subsystem;
use crate::command::modules::lm::timestamp;
use crate::debuggee::ImageFile;
use crate::output::{Field, Line, Record, Role};
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
    let mut record = Record::new("image_target")
        .field("machine", machine.as_str())
        .field("subsystem", subsystem)
        .field("base", Field::Hex(headers.image_base))
        .field("size", u64::from(headers.size_of_image))
        .field("path", image.path().display().to_string())
        .field("entry_point", image.entry_point().map(Field::Hex))
        .field("time_date_stamp", Field::Hex(headers.time_date_stamp.into()))
        .field("file_version", version.map(|version| version.to_string()))
        .field("pdb", pdb.as_ref().map(|pdb| pdb.name.clone()))
        .field("pdb_key", pdb.as_ref().map(|pdb| pdb.key()))
        .line(Line::of(format!("{machine} {kind} ({subsystem}) mapped at its preferred base")))
        .line(
            Line::of("ModLoad: ")
                .address(headers.image_base)
                .text(" ")
                .address(end)
                .text(format!("   {}", image.path().display())),
        );
    if let Some(entry) = image.entry_point() {
        record = record
            .line(context.with_symbol(Line::new().label("Entry point: ").address(entry).text(" "), entry));
    }
    record = record.line(Line::new().label("Timestamp: ").value(stamp));
    if let Some(version) = version {
        record = record.line(Line::new().label("File version: ").value(version.to_string()));
    }
    let pdb = pdb.map_or_else(
        || Line::new().role(Role::Dim, "none named"),
        |pdb| Line::new().value(format!("{} {}", pdb.name, pdb.key())),
    );
    record.line(Line::new().label("PDB: ").append(pdb))
}
