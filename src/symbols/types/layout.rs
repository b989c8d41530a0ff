//! Where a member lies, by its dotted path.

use super::{Type, TypeId, TypeSource, Udt};
use crate::util::bits::bits_of;

/// The deepest nesting of anonymous members and base classes that is searched.
const MAX_DEPTH: usize = 16;

/// A member found by [`field`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Its offset in bytes from the start of the outer type.
    pub offset: u64,
    /// Its size in bytes, 0 where the source does not know; of a bit-field, the size of the integer that holds it.
    pub size: u64,
    /// Its type: for a bit-field the integer that holds it.
    pub ty: TypeId,
    /// Lowest bit and number of bits, for a bit-field.
    pub bits: Option<(u8, u8)>,
}

impl Located {
    /// The member's value out of the integer `raw` that holds it: a bit-field's bits, anything else as it is.
    pub fn extract(&self, raw: u64) -> u64 {
        match self.bits {
            Some((position, length)) => bits_of(raw, position, length),
            None => raw,
        }
    }
}

/// The member at `path` of the type called `name`: `field(source, "_KTHREAD", "ApcState.Process")`.
///
/// Steps are separated by dots; `[3]` picks an array element. Members of anonymous structures and unions and of base
/// classes count as the type's own, and a step also passes through unions that a source names `u`, `s`, `u1` only
/// when it is written. Pointers are not followed. `None` where the type or a step is not there.
pub fn field(source: &dyn TypeSource, name: &str, path: &str) -> Option<Located> {
    field_of(source, source.find(name)?, path)
}

/// Like [`field`], starting from a type's id.
pub fn field_of(source: &dyn TypeSource, id: TypeId, path: &str) -> Option<Located> {
    let mut at = Located { offset: 0, size: source.size_of(id).unwrap_or(0), ty: id, bits: None };
    for step in path.split('.') {
        let (name, indexes) = step.split_once('[').map_or((step, ""), |(name, rest)| (name, rest));
        let Type::Udt(udt) = source.get(at.ty)? else {
            return None;
        };
        let (offset, ty) = member(source, &udt, name, 0)?;
        at = place(source, at.offset.checked_add(offset)?, ty)?;
        for index in indexes.split('[').filter(|part| !part.is_empty()) {
            let index: u64 = index.strip_suffix(']')?.parse().ok()?;
            let Type::Array { element, count, .. } = source.get(at.ty)? else {
                return None;
            };
            let size = source.size_of(element).filter(|&size| size > 0)?;
            if index >= count {
                return None;
            }
            let offset = at.offset.checked_add(index.checked_mul(size)?)?;
            at = Located { offset, size, ty: element, bits: None };
        }
    }
    Some(at)
}

/// The size in bytes of the type called `name`; `None` where it is not known.
pub fn size_of(source: &dyn TypeSource, name: &str) -> Option<u64> {
    source.size_of(source.find(name)?).filter(|&size| size > 0)
}

fn place(source: &dyn TypeSource, offset: u64, ty: TypeId) -> Option<Located> {
    let size = source.size_of(ty).unwrap_or(0);
    Some(match source.get(ty)? {
        Type::Bitfield { base, position, length } => {
            Located { offset, size, ty: base, bits: Some((position, length)) }
        }
        _ => Located { offset, size, ty, bits: None },
    })
}

/// Offset and type of the member `name`, looking into anonymous members and base classes.
fn member(source: &dyn TypeSource, udt: &Udt, name: &str, depth: usize) -> Option<(u64, TypeId)> {
    if name.is_empty() || depth > MAX_DEPTH {
        return None;
    }
    if let Some(found) = udt.fields.iter().find(|field| field.name == name) {
        return Some((found.offset, found.ty));
    }
    let anonymous =
        udt.fields.iter().filter(|field| field.name.is_empty()).map(|field| (field.offset, field.ty));
    let bases = udt.bases.iter().filter(|base| !base.is_virtual).map(|base| (base.offset, base.ty));
    anonymous.chain(bases).find_map(|(offset, ty)| {
        let Type::Udt(inner) = source.get(ty)? else {
            return None;
        };
        let (within, ty) = member(source, &inner, name, depth + 1)?;
        Some((offset.checked_add(within)?, ty))
    })
}
