//! CodeView type records. Numbers and shapes are those of `cvinfo.h` in Microsoft's published microsoft-pdb.

use crate::util::bounded;

/// A cursor over a record: every read answers `None` at its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek_u8(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn skip(&mut self, len: usize) -> Option<()> {
        self.take(len).map(|_| ())
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        bounded::u16_at(self.take(2)?, 0)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        bounded::u32_at(self.take(4)?, 0)
    }

    /// A NUL-terminated string without its NUL.
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let len = memchr::memchr(0, self.rest)?;
        let text = self.take(len)?;
        self.skip(1)?;
        Some(text)
    }

    /// A number of variable size, sign-extended to 64 bits where it is signed.
    pub(crate) fn number(&mut self) -> Option<i64> {
        let small = self.u16()?;
        let size = match small {
            0..0x8000 => return Some(i64::from(small)),
            0x8000 => return self.take(1).and_then(|b| b.first().map(|&b| i64::from(b as i8))),
            0x8001 => return self.u16().map(|v| i64::from(v as i16)),
            0x8002 => return self.u16().map(i64::from),
            0x8003 => return self.u32().map(|v| i64::from(v as i32)),
            0x8004 => return self.u32().map(i64::from),
            0x8009 | 0x800a => 8,
            _ => return None,
        };
        bounded::u64_at(self.take(size)?, 0).map(|v| v as i64)
    }
}

/// Bits of a structure's property word.
pub(crate) mod property {
    pub(crate) const FORWARD: u16 = 0x0080;
    pub(crate) const UNIQUE_NAME: u16 = 0x0200;
}

/// A structure, class, interface or union.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StructLeaf<'a> {
    pub(crate) kind: u16,
    pub(crate) count: u16,
    pub(crate) properties: u16,
    pub(crate) fields: u32,
    pub(crate) size: u64,
    pub(crate) name: &'a [u8],
    pub(crate) unique_name: Option<&'a [u8]>,
}

/// An enumeration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EnumLeaf<'a> {
    pub(crate) properties: u16,
    pub(crate) base: u32,
    pub(crate) fields: u32,
    pub(crate) name: &'a [u8],
    pub(crate) unique_name: Option<&'a [u8]>,
}

pub(crate) const LF_MODIFIER: u16 = 0x1001;
pub(crate) const LF_POINTER: u16 = 0x1002;
pub(crate) const LF_PROCEDURE: u16 = 0x1008;
pub(crate) const LF_MFUNCTION: u16 = 0x1009;
pub(crate) const LF_VTSHAPE: u16 = 0x000a;
pub(crate) const LF_ARGLIST: u16 = 0x1201;
pub(crate) const LF_FIELDLIST: u16 = 0x1203;
pub(crate) const LF_BITFIELD: u16 = 0x1205;
pub(crate) const LF_METHODLIST: u16 = 0x1206;
pub(crate) const LF_ARRAY: u16 = 0x1503;
pub(crate) const LF_CLASS: u16 = 0x1504;
pub(crate) const LF_STRUCTURE: u16 = 0x1505;
pub(crate) const LF_UNION: u16 = 0x1506;
pub(crate) const LF_ENUM: u16 = 0x1507;
pub(crate) const LF_ALIAS: u16 = 0x150a;
pub(crate) const LF_INTERFACE: u16 = 0x1519;
pub(crate) const LF_CLASS2: u16 = 0x1608;
pub(crate) const LF_STRUCTURE2: u16 = 0x1609;
pub(crate) const LF_UNION2: u16 = 0x160a;
pub(crate) const LF_INTERFACE2: u16 = 0x160b;
pub(crate) const LF_FUNC_ID: u16 = 0x1601;
pub(crate) const LF_MFUNC_ID: u16 = 0x1602;
pub(crate) const LF_STRING_ID: u16 = 0x1605;

/// A record, as far as it is used here.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leaf<'a> {
    Struct(StructLeaf<'a>),
    Enum(EnumLeaf<'a>),
    Pointer {
        target: u32,
        attributes: u32,
    },
    Modifier {
        target: u32,
    },
    Array {
        element: u32,
        size: u64,
    },
    Bitfield {
        base: u32,
        length: u8,
        position: u8,
    },
    Procedure {
        result: u32,
        arguments: u32,
    },
    Method {
        result: u32,
        class: u32,
        arguments: u32,
    },
    Arguments(Cursor<'a>),
    Fields(Cursor<'a>),
    Methods(Cursor<'a>),
    Alias {
        target: u32,
    },
    /// The shape of a table of virtual functions.
    TableShape,
    /// An id record: a function's name, with its scope (an id) or its class (a type).
    FunctionId {
        scope: u32,
        name: &'a [u8],
    },
    MethodId {
        class: u32,
        name: &'a [u8],
    },
    StringId {
        text: &'a [u8],
    },
}

impl<'a> Leaf<'a> {
    pub(crate) fn parse(record: &'a [u8]) -> Option<Leaf<'a>> {
        let mut at = Cursor::new(record);
        let kind = at.u16()?;
        Some(match kind {
            LF_CLASS | LF_STRUCTURE | LF_INTERFACE | LF_UNION | LF_CLASS2 | LF_STRUCTURE2 | LF_INTERFACE2
            | LF_UNION2 => Leaf::Struct(structure(kind, at)?),
            LF_ENUM => {
                at.skip(2)?;
                let properties = at.u16()?;
                let (base, fields) = (at.u32()?, at.u32()?);
                let name = at.text()?;
                let unique_name = unique_name(properties, &mut at);
                Leaf::Enum(EnumLeaf { properties, base, fields, name, unique_name })
            }
            LF_POINTER => Leaf::Pointer { target: at.u32()?, attributes: at.u32()? },
            LF_MODIFIER => Leaf::Modifier { target: at.u32()? },
            LF_ARRAY => {
                let element = at.u32()?;
                at.skip(4)?;
                Leaf::Array { element, size: at.number()? as u64 }
            }
            LF_BITFIELD => {
                let base = at.u32()?;
                let [length, position] = at.u16()?.to_le_bytes();
                Leaf::Bitfield { base, length, position }
            }
            LF_PROCEDURE => {
                let result = at.u32()?;
                at.skip(4)?;
                Leaf::Procedure { result, arguments: at.u32()? }
            }
            LF_MFUNCTION => {
                let (result, class) = (at.u32()?, at.u32()?);
                at.skip(8)?;
                Leaf::Method { result, class, arguments: at.u32()? }
            }
            LF_ARGLIST => {
                at.skip(4)?;
                Leaf::Arguments(at)
            }
            LF_FIELDLIST => Leaf::Fields(at),
            LF_METHODLIST => Leaf::Methods(at),
            LF_ALIAS => Leaf::Alias { target: at.u32()? },
            LF_VTSHAPE => Leaf::TableShape,
            LF_FUNC_ID => {
                let scope = at.u32()?;
                at.skip(4)?;
                Leaf::FunctionId { scope, name: at.text()? }
            }
            LF_MFUNC_ID => {
                let class = at.u32()?;
                at.skip(4)?;
                Leaf::MethodId { class, name: at.text()? }
            }
            LF_STRING_ID => {
                at.skip(4)?;
                Leaf::StringId { text: at.text()? }
            }
            _ => return None,
        })
    }
}

fn structure(kind: u16, mut at: Cursor<'_>) -> Option<StructLeaf<'_>> {
    let is_union = matches!(kind, LF_UNION | LF_UNION2);
    let (count, properties, fields);
    if matches!(kind, LF_CLASS2 | LF_STRUCTURE2 | LF_INTERFACE2 | LF_UNION2) {
        properties = at.u32()? as u16;
        fields = at.u32()?;
        if !is_union {
            at.skip(8)?;
        }
        count = at.u16()?;
    } else {
        count = at.u16()?;
        properties = at.u16()?;
        fields = at.u32()?;
        if !is_union {
            at.skip(8)?;
        }
    }
    let size = at.number()? as u64;
    let name = at.text()?;
    let unique_name = unique_name(properties, &mut at);
    Some(StructLeaf { kind, count, properties, fields, size, name, unique_name })
}

fn unique_name<'a>(properties: u16, at: &mut Cursor<'a>) -> Option<&'a [u8]> {
    (properties & property::UNIQUE_NAME != 0).then(|| at.text()).flatten()
}

/// The names under which a record can be looked up: none unless it defines (and not merely declares) a structure, union
/// or enumeration.
pub(crate) fn defined_names(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let names = match bounded::u16_at(record, 0) {
        Some(0x1504..=0x1507 | 0x1519 | 0x1608..=0x160b) => match Leaf::parse(record) {
            Some(Leaf::Struct(s)) => Some((s.properties, s.name, s.unique_name)),
            Some(Leaf::Enum(e)) => Some((e.properties, e.name, e.unique_name)),
            _ => None,
        },
        _ => None,
    };
    names
        .filter(|(properties, ..)| properties & property::FORWARD == 0)
        .into_iter()
        .flat_map(|(_, name, unique)| std::iter::once(name).chain(unique))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_sign() {
        let number = |bytes: &[u8]| Cursor::new(bytes).number();
        assert_eq!(number(&[0x05, 0x00]), Some(5));
        assert_eq!(number(&[0x00, 0x80, 0xff]), Some(-1));
        assert_eq!(number(&[0x01, 0x80, 0xfe, 0xff]), Some(-2));
        assert_eq!(number(&[0x02, 0x80, 0xfe, 0xff]), Some(0xfffe));
        assert_eq!(number(&[0x04, 0x80, 0xff, 0xff, 0xff, 0xff]), Some(0xffff_ffff));
        assert_eq!(number(&[0x04, 0x80, 0xff]), None);
        assert_eq!(number(&[0x10, 0x80, 0, 0]), None);
    }
}
