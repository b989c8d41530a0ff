//! Types below index 0x1000, which stand for themselves (`cvinfo.h`, `TYPE_ENUM_e`).

use crate::symbols::types::{Base, BaseKind, Type, TypeId};

/// The first index that has a record.
pub(crate) const FIRST_RECORD: u32 = 0x1000;

/// The type that an index below [`FIRST_RECORD`] stands for.
pub(crate) fn primitive(index: u32) -> Option<Type> {
    if index >= FIRST_RECORD {
        return None;
    }
    let pointer = |size| Some(Type::Pointer { target: TypeId(index & 0xff), size, reference: false });
    match index >> 8 {
        0 => base(index & 0xff).map(Type::Base),
        1..=3 => pointer(2),
        4 => pointer(4),
        5 => pointer(6),
        6 => pointer(8),
        7 => pointer(16),
        _ => None,
    }
}

fn base(kind: u32) -> Option<Base> {
    use BaseKind::{Bool, Char, Float, Hresult, Int, Long, None as NoType, UChar, UInt, ULong, Void, Wchar};
    let (kind, size) = match kind {
        0x00 | 0x07 => (NoType, 0),
        0x03 => (Void, 0),
        0x08 => (Hresult, 4),
        0x10 | 0x70 | 0x68 => (Char, 1),
        0x20 | 0x69 | 0x7c => (UChar, 1),
        0x71 | 0x7a => (Wchar, 2),
        0x7b => (UInt, 4),
        0x11 | 0x72 => (Int, 2),
        0x21 | 0x73 => (UInt, 2),
        0x12 => (Long, 4),
        0x22 => (ULong, 4),
        0x74 => (Int, 4),
        0x75 => (UInt, 4),
        0x13 | 0x76 => (Int, 8),
        0x23 | 0x77 => (UInt, 8),
        0x14 | 0x78 => (Int, 16),
        0x24 | 0x79 => (UInt, 16),
        0x30 => (Bool, 1),
        0x31 => (Bool, 2),
        0x32 => (Bool, 4),
        0x33 => (Bool, 8),
        0x46 => (Float, 2),
        0x40 | 0x45 => (Float, 4),
        0x44 => (Float, 6),
        0x41 => (Float, 8),
        0x42 => (Float, 10),
        0x43 => (Float, 16),
        _ => return None,
    };
    Some(Base::new(kind, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_indexes() {
        assert_eq!(primitive(0x22), Some(Type::Base(Base::new(BaseKind::ULong, 4))));
        assert_eq!(primitive(0x0603), Some(Type::Pointer { target: TypeId(3), size: 8, reference: false }));
        assert_eq!(primitive(0x1000), None);
        assert_eq!(primitive(0xff), None);
    }
}
