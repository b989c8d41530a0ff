//! The embedded table: one text of definitions, each with the builds that share it.
//!
//! Lines, tab-separated: `B name...` names the builds, `T name` starts a type, `D kind size mask` starts a definition
//! for the builds whose bits are set in `mask` (all numbers in hex, size 0 for unknown), and every other line is a
//! member: name, offset, lowest bit, number of bits, C type. An unnamed structure is called by the path of the member
//! that has it (`_IRP.Tail`). `tests/symbols/layouts_asset.rs` makes it all.

use std::io::Read;
use std::sync::{Arc, OnceLock};

use super::ctype::{self, Context};
use crate::symbols::types::table::TypeTable;
use crate::symbols::types::{Field, Type, Udt, UdtKind};

const PACKED: &[u8] = include_bytes!("../../../assets/layouts/x64.txt.gz");
/// More than the table can have; only a damaged build of this program gets there.
const MAX_TEXT: u64 = 16 << 20;

/// The table, unpacked when it is first needed.
fn text() -> Option<&'static str> {
    static TEXT: OnceLock<Option<String>> = OnceLock::new();
    TEXT.get_or_init(|| {
        let mut text = String::new();
        let unpacked = flate2::read::GzDecoder::new(PACKED);
        unpacked.take(MAX_TEXT).read_to_string(&mut text).ok()?;
        Some(text)
    })
    .as_deref()
}

/// The names of the builds, in the order of their bits.
pub(super) fn builds() -> Option<Vec<&'static str>> {
    let first = text()?.lines().next()?;
    Some(first.strip_prefix("B\t")?.split('\t').collect())
}

/// All types of the build of that number.
pub(super) fn types(build: usize) -> Option<TypeTable> {
    let mut table = TypeTable::default();
    let mut open: Option<Udt> = None;
    let mut name = "";
    for line in text()?.lines() {
        let mut columns = line.split('\t');
        match columns.next()? {
            "B" => {}
            "T" => {
                close(&mut table, &mut open);
                name = columns.next()?;
            }
            "D" => {
                close(&mut table, &mut open);
                let (kind, size, mask) = (columns.next()?, hex(columns.next()?)?, hex(columns.next()?)?);
                if mask.checked_shr(u32::try_from(build).ok()?)? & 1 == 1 {
                    open = Some(definition(name, kind, size));
                }
            }
            member => {
                if let Some(udt) = &mut open
                    && let Some(field) = field(&mut table, member, columns)
                {
                    udt.fields.push(field);
                }
            }
        }
    }
    close(&mut table, &mut open);
    table.settle_arrays();
    Some(table)
}

fn definition(name: &str, kind: &str, size: u64) -> Udt {
    Udt {
        kind: match kind {
            "union" => UdtKind::Union,
            _ => UdtKind::Struct,
        },
        name: name.to_owned(),
        size,
        elements: 0,
        complete: true,
        fields: Vec::new(),
        bases: Vec::new(),
        statics: Vec::new(),
        methods: Vec::new(),
    }
}

fn close(table: &mut TypeTable, open: &mut Option<Udt>) {
    if let Some(mut udt) = open.take() {
        udt.elements = u32::try_from(udt.fields.len()).unwrap_or(0);
        let name = udt.name.clone();
        let id = table.declare(udt.kind, &name);
        if name.contains('.') {
            udt.name = "<unnamed-tag>".to_owned();
            table.define_unlisted(id, Type::Udt(Arc::new(udt)));
        } else {
            table.define(id, &name, Type::Udt(Arc::new(udt)));
        }
    }
}

fn field<'a>(table: &mut TypeTable, name: &str, mut columns: impl Iterator<Item = &'a str>) -> Option<Field> {
    let offset = hex(columns.next()?)?;
    let (bit, width) = (columns.next()?, columns.next()?);
    let base = ctype::parse(&mut Context { table }, columns.next()?)?;
    let ty = match (bit.parse(), width.parse()) {
        (Ok(bit), Ok(width)) => table.bitfield(base, bit, width),
        _ => base,
    };
    Some(Field { name: name.to_owned(), offset, ty })
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_build_can_be_read() {
        let builds = builds().unwrap();
        assert_eq!(builds.len(), 29);
        for number in 0..builds.len() {
            assert!(types(number).unwrap().find("_EPROCESS").is_some());
        }
    }
}
