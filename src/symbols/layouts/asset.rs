//! The embedded tables: texts of definitions, one for a few builds each, so that only the text with the wanted build is
//! unpacked and read.
//!
//! The file begins with an index, one line a text: its packed length in bytes, then the names of its builds, separated by
//! tabs. A blank line ends the index; the texts follow, each packed by itself (gzip).
//!
//! Lines of a text, tab-separated: `T name` starts a type, `D kind size mask` starts a definition for the builds of that
//! text whose bits are set in `mask` (all numbers in hex, size 0 for unknown), and every other line is a member: name,
//! offset, lowest bit, number of bits, C type. An unnamed structure is called by the path of the member that has it
//! (`_IRP.Tail`). `tests/symbols/layouts_asset.rs` makes it all.

use std::io::Read;
use std::sync::Arc;

use super::Version;
use super::ctype::{self, TypeMaker};
use crate::symbols::types::table::TypeTable;
use crate::symbols::types::{Field, Type, Udt, UdtKind};
use crate::util::bounded::slice;

const ASSET: &[u8] = include_bytes!("../../../assets/layouts/x64.layouts");
/// More than a text can have; only a damaged build of this program gets there.
const MAX_TEXT: u64 = 16 << 20;

/// Where the layouts of one build are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The build's name.
    pub(super) build: &'static str,
    /// Its bit in the masks of its text.
    bit: u32,
    /// Where its text begins in the asset.
    start: usize,
    /// The packed length of that text.
    length: usize,
}

/// The builds, oldest first.
pub(super) fn builds() -> Option<Vec<Place>> {
    let end = ASSET.windows(2).position(|pair| pair == b"\n\n")?;
    let index = std::str::from_utf8(slice(ASSET, 0, end)?).ok()?;
    let mut start = end.checked_add(2)?;
    let mut places = Vec::new();
    for line in index.lines() {
        let mut columns = line.split('\t');
        let length = columns.next()?.parse().ok()?;
        places.extend((0..).zip(columns).map(|(bit, build)| Place { build, bit, start, length }));
        start = start.checked_add(length)?;
    }
    Some(places)
}

fn text(place: Place) -> Option<String> {
    let packed = slice(ASSET, place.start, place.length)?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed).take(MAX_TEXT).read_to_string(&mut text).ok()?;
    Some(text)
}

/// All types of a build.
pub(super) fn types(place: Place) -> Option<TypeTable> {
    let mut table = TypeTable::default();
    let mut open: Option<Udt> = None;
    let mut name = "";
    let tag = match Version::parse(place.build) {
        // As the symbol tables of these builds have it, and those of the builds before and after have not.
        Some(Version([10, 0, 18362..=19045, _])) => "<anonymous-tag>",
        _ => "<unnamed-tag>",
    };
    let text = text(place)?;
    for line in text.lines() {
        let mut columns = line.split('\t');
        match columns.next()? {
            "T" => {
                close(&mut table, &mut open, tag);
                name = columns.next()?;
            }
            "D" => {
                close(&mut table, &mut open, tag);
                let (kind, size, mask) = (columns.next()?, hex(columns.next()?)?, hex(columns.next()?)?);
                if mask.checked_shr(place.bit)? & 1 == 1 {
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
    close(&mut table, &mut open, tag);
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

fn close(table: &mut TypeTable, open: &mut Option<Udt>, tag: &str) {
    if let Some(mut udt) = open.take() {
        udt.elements = u32::try_from(udt.fields.len()).unwrap_or(0);
        let name = udt.name.clone();
        let id = table.declare(udt.kind, &name);
        if name.contains('.') {
            udt.name = tag.to_owned();
            table.define_unlisted(id, Type::Udt(Arc::new(udt)));
        } else {
            table.define(id, &name, Type::Udt(Arc::new(udt)));
        }
    }
}

fn field<'a>(table: &mut TypeTable, name: &str, mut columns: impl Iterator<Item = &'a str>) -> Option<Field> {
    let offset = hex(columns.next()?)?;
    let (bit, width) = (columns.next()?, columns.next()?);
    let base = ctype::parse(&mut TypeMaker { table }, columns.next()?)?;
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
        for place in builds {
            assert!(types(place).unwrap().find("_EPROCESS").is_some(), "{}", place.build);
        }
    }

    /// One build's text is a small part of all: that is what makes loading it cheap.
    #[test]
    fn a_build_is_read_out_of_a_small_part() {
        for place in builds().unwrap() {
            assert!(place.length * 5 < ASSET.len(), "{}: {} bytes", place.build, place.length);
        }
    }
}
