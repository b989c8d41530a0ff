//! What of the tables of facts can be relied on.

use super::additions::c_type;
use super::tables::{Definition, References, Row, Types, family, member, references, udt};
use dumpscope::symbols::isf::Isf;
use dumpscope::symbols::layouts::Version;
use dumpscope::symbols::types::{Type, TypeSource, Udt};
use std::collections::BTreeSet;

/// Bits in the integer that a bit-field's C type names; `None` for types that the program does not read.
fn holder_bits(ctype: &str) -> Option<u16> {
    let word = ctype.split(' ').find(|word| !matches!(*word, "volatile" | "const"))?;
    Some(match word {
        "UCHAR" | "CHAR" => 8,
        "USHORT" | "SHORT" => 16,
        "ULONG" | "LONG" => 32,
        "ULONGLONG" | "LONGLONG" => 64,
        _ => return None,
    })
}

/// Members that the fact tables list and the symbol table of the same build does not have: those of inner structures.
pub type Inner = BTreeSet<(String, String)>;

/// The type of a member that a table of facts gives as bytes and that a neighbour of the same size has in the same place as
/// an array of as many arrays: of these one table has lost what they are made of.
fn nested_array(isf: &Isf, udt: &Udt, name: &str, definition: &Definition, row: &Row) -> Option<String> {
    let field = udt.fields.iter().find(|field| field.name == row.name && field.offset == row.offset)?;
    let Type::Array { element, count, .. } = isf.get(field.ty)? else { return None };
    let is_nested = matches!(isf.get(element)?, Type::Array { .. });
    if !is_nested || udt.size != definition.size || row.ctype != format!("UCHAR[{count}]") {
        return None;
    }
    let mut inner = Vec::new();
    c_type(isf, field.ty, name, &mut inner, 0).filter(|_| inner.is_empty())
}

/// What of one type can be relied on.
pub fn clean(name: &str, definition: &Definition, references: &References<'_>, inner: &Inner) -> Definition {
    let has_inner = definition.rows.iter().any(|row| row.ctype.starts_with("anon"));
    let same = references.same.and_then(|isf| Some((isf, udt(isf, name)?)));
    let near: Vec<_> = references.near.iter().filter_map(|isf| Some((*isf, udt(isf, name)?))).collect();
    let repeated = |row: &Row| definition.rows.iter().filter(|r| r.name == row.name).count() > 1;
    let mut rows: Vec<Row> = Vec::new();
    let mut last = 0;
    for row in &definition.rows {
        let mut row = row.clone();
        let readable = !row.ctype.contains("//");
        let fits = |bits: Option<(u8, u8)>| {
            bits.is_none_or(|(at, len)| {
                holder_bits(&row.ctype).is_some_and(|all| u16::from(at) + u16::from(len) <= all)
            })
        };
        let mut keep = readable && !rows.iter().any(|kept| kept.name == row.name);
        if let Some((isf, udt)) = &same {
            match member(isf, udt, &row.name) {
                None => keep &= !has_inner,
                Some((offset, bits)) if offset == row.offset => {
                    keep &= bits.is_some() == row.bits.is_some();
                    row.bits = bits;
                }
                // Another revision may have moved a member, but not one that is also an inner one's name.
                Some(_) => keep &= !has_inner && !repeated(&row),
            }
        } else {
            let known = near.iter().find_map(|(isf, udt)| member(isf, udt, &row.name));
            let in_order = row.offset >= last;
            keep &= match known {
                None if inner.contains(&(name.to_owned(), row.name.clone())) => false,
                None => !has_inner || (in_order && !references.is_between),
                Some((offset, bits)) if repeated(&row) => offset == row.offset && bits == row.bits,
                Some((offset, bits)) if has_inner => (offset == row.offset && bits == row.bits) || in_order,
                Some((offset, bits)) => offset != row.offset || bits.is_some() == row.bits.is_some(),
            };
            // Bits that a neighbour has elsewhere in the same place were numbered on past the end of a structure.
            if let (Some((offset, Some(bits))), Some(mine)) = (known, row.bits) {
                keep &= offset != row.offset || bits == mine || bits.1 != mine.1;
            }
        }
        keep &= fits(row.bits) && (definition.size == 0 || row.offset <= definition.size);
        if keep {
            if same.is_none()
                && let Some(ctype) =
                    near.iter().find_map(|(isf, udt)| nested_array(isf, udt, name, definition, &row))
            {
                row.ctype = ctype;
            }
            last = row.offset;
            rows.push(row);
        }
    }
    let end = rows.iter().map(|row| row.offset).max().unwrap_or(0);
    let stated = same.as_ref().map(|(_, udt)| udt.size).filter(|size| *size > definition.size);
    let doubtful = definition.size <= end && !rows.is_empty()
        || near.iter().any(|(_, udt)| udt.size > definition.size.saturating_mul(2));
    Definition {
        kind: definition.kind.clone(),
        size: match (stated, doubtful) {
            // The tables describe only the documented start of a few types.
            (Some(size), true) => size,
            (None, true) => 0,
            _ => definition.size,
        },
        rows,
    }
}

pub fn inner_members(tables: &[(String, Types)], isfs: &[(Version, Isf)], but: Option<u32>) -> Inner {
    let mut inner = Inner::new();
    for (name, types) in tables {
        let version = Version::parse(name).unwrap();
        let Some(isf) = references(isfs, version, false).same else {
            continue;
        };
        if but == Some(family(version.0[2])) {
            continue;
        }
        for (name, definition) in types {
            let Some(udt) = udt(isf, name) else { continue };
            if !definition.rows.iter().any(|row| row.ctype.starts_with("anon")) {
                continue;
            }
            let absent = definition.rows.iter().filter(|row| member(isf, &udt, &row.name).is_none());
            inner.extend(absent.map(|row| (name.clone(), row.name.clone())));
        }
    }
    inner
}
