//! The line that says who uses a tag.

use crate::kernel::pool::{PoolTag, TagOwners};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::words::Language;

/// `Pooltag MmSt : prototype page table entries of sections, Binary : nt!mm`, or that nobody is known, with a link to the drivers
/// that have the tag in their code.
pub fn owner_line(tag: PoolTag, owners: &TagOwners, language: Language) -> Record {
    let record = Record::new("pool_tag").field("tag", tag.unprotected().to_string()).text("                ");
    match owners.of(tag) {
        Some(owner) => {
            let record = record.text(format!("Pooltag {} : ", owner.tag));
            let purpose = Some(owner.purpose_in(language)).filter(|purpose| !purpose.is_empty());
            record
                .cell("purpose", Cell::new(purpose))
                .text(if purpose.is_some() { ", Binary : " } else { "Binary : " })
                .cell("owner", owner.owner.as_str())
        }
        None => record
            .field("owner", Field::Null)
            .spans(Line::of("Owning component : ").link(
                Role::Value,
                "Unknown",
                Action::PoolTag(tag.unprotected().0),
            ))
            .text(" (update pooltag.txt)"),
    }
}
