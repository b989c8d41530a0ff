//! The embedded tables: texts of definitions, one for a few builds each, so that only the text with the wanted build is
//! unpacked and read.
//!
//! The file is a pack (`util::pack`) with the texts of the newest builds first; a text's name is those of its builds,
//! separated by tabs.
//!
//! Lines of a text, tab-separated: `T name` starts a type, `D kind size mask` starts a definition for the builds of that
//! text whose bits are set in `mask` (all numbers in hex, size 0 for unknown), and every other line is a member: name,
//! offset, lowest bit, number of bits, C type. An unnamed structure is called by the path of the member that has it
//! (`_IRP.Tail`). `tests/symbols/layouts_asset` makes it all.

use std::sync::{Arc, OnceLock};

use super::Version;
use super::ctype::{self, TypeMaker};
use crate::symbols::types::table::TypeTable;
use crate::symbols::types::{Field, Type, Udt, UdtKind};
use crate::util::pack::Pack;

static ASSET: &[u8] = include_bytes!("../../../assets/layouts/x64.layouts");

/// Where the layouts of one build are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The build's name.
    pub(super) build: &'static str,
    /// Its bit in the masks of its text.
    bit: u32,
    /// The name of its text.
    text: &'static str,
}

/// The builds, oldest first.
pub(super) fn builds() -> Option<Vec<Place>> {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let pack = Pack::open(ASSET);
        pack.map_or_else(|_| Vec::new(), |pack| pack.names().map(str::to_owned).collect())
    });
    let places = |text: &'static String| {
        (0..).zip(text.split('\t')).map(move |(bit, build)| Place { build, bit, text })
    };
    Some(names.iter().rev().flat_map(places).collect()).filter(|places: &Vec<Place>| !places.is_empty())
}

fn text(place: Place) -> Option<String> {
    let (_, text) = Pack::open(ASSET).ok()?.next_of(|name| name == place.text).ok()??;
    String::from_utf8(text).ok()
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
}
