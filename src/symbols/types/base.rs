//! Basic types, the words the debugger has for them, and the numbers that they hold.

use crate::util::bits::{bits_of, extend, low};

/// What a basic type holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BaseKind {
    /// No type at all (the element of a table of virtual functions, for one).
    None,
    /// `void`.
    Void,
    /// A truth value.
    Bool,
    /// A character of one byte, signed.
    Char,
    /// A byte: `unsigned char`.
    UChar,
    /// A UTF-16 code unit.
    Wchar,
    /// A signed integer (`int`, `short`, `__int64`).
    Int,
    /// An unsigned integer.
    UInt,
    /// A signed `long`: four bytes on Windows, told from `int` only in C++ expressions.
    Long,
    /// An `unsigned long`.
    ULong,
    /// A floating-point number.
    Float,
    /// An `HRESULT`.
    Hresult,
}

/// A basic type: what it holds and its size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Base {
    /// What it holds.
    pub kind: BaseKind,
    /// Its size in bytes.
    pub size: u8,
}

impl Base {
    /// A basic type.
    pub const fn new(kind: BaseKind, size: u8) -> Base {
        Base { kind, size }
    }

    /// The word that `dt` has for it: `Uint4B`, `UChar`, `Void`.
    pub fn word(self) -> &'static str {
        match (self.kind, self.size) {
            (BaseKind::None, _) => "",
            (BaseKind::Void, _) => "Void",
            (BaseKind::Bool, _) => "Bool",
            (BaseKind::Char, _) => "Char",
            (BaseKind::UChar, _) => "UChar",
            (BaseKind::Wchar, _) => "Wchar",
            (BaseKind::Int | BaseKind::Long, 1) => "Int1B",
            (BaseKind::Int | BaseKind::Long, 2) => "Int2B",
            (BaseKind::Int | BaseKind::Long, 4) => "Int4B",
            (BaseKind::Int | BaseKind::Long, 16) => "Int16B",
            (BaseKind::Int | BaseKind::Long, _) => "Int8B",
            (BaseKind::UInt | BaseKind::ULong, 1) => "Uint1B",
            (BaseKind::UInt | BaseKind::ULong, 2) => "Uint2B",
            (BaseKind::UInt | BaseKind::ULong, 4) => "Uint4B",
            (BaseKind::UInt | BaseKind::ULong, 16) => "Uint16B",
            (BaseKind::UInt | BaseKind::ULong, _) => "Uint8B",
            (BaseKind::Float, 2) => "Float2",
            (BaseKind::Float, 4) => "Float",
            (BaseKind::Float, 8) => "Double",
            (BaseKind::Float, _) => "Float10",
            (BaseKind::Hresult, _) => "HRESULT",
        }
    }

    /// Its name in C++ expressions: `unsigned int64`, `long`, `wchar_t`.
    pub fn c_name(self) -> &'static str {
        match (self.kind, self.size) {
            (BaseKind::None, _) => "<NoType>",
            (BaseKind::Void, _) => "void",
            (BaseKind::Bool, _) => "bool",
            (BaseKind::Char, _) | (BaseKind::Int, 1) => "char",
            (BaseKind::UChar, _) | (BaseKind::UInt, 1) => "unsigned char",
            (BaseKind::Wchar, _) => "wchar_t",
            (BaseKind::Int, 2) => "short",
            (BaseKind::Int, 4) => "int",
            (BaseKind::Int, 16) => "int128",
            (BaseKind::Int, _) => "int64",
            (BaseKind::UInt, 2) => "unsigned short",
            (BaseKind::UInt, 4) => "unsigned int",
            (BaseKind::UInt, 16) => "unsigned int128",
            (BaseKind::UInt, _) => "unsigned int64",
            (BaseKind::Long, _) => "long",
            (BaseKind::ULong, _) => "unsigned long",
            (BaseKind::Float, 4) => "float",
            (BaseKind::Float, 8) => "double",
            (BaseKind::Float, _) => "long double",
            (BaseKind::Hresult, _) => "HRESULT",
        }
    }

    /// The number out of the integer of this type that holds it: all of it, or the bits (lowest, and how many) of a
    /// bit-field. A sign goes up to the highest of 64 bits; a truth value is 0 or 1; a floating-point number its bits.
    pub fn number(self, raw: u64, bits: Option<(u8, u8)>) -> u64 {
        let (raw, width) = match bits {
            Some((position, length)) => (bits_of(raw, position, length), u32::from(length)),
            None => (raw, u32::from(self.size) * 8),
        };
        match self.kind {
            BaseKind::Bool => u64::from(raw != 0),
            _ if width == 0 => raw,
            _ if self.is_signed() => extend(raw, width).cast_unsigned(),
            _ => low(raw, width),
        }
    }

    /// Whether it is an integer whose top bit is a sign.
    pub fn is_signed(self) -> bool {
        matches!(self.kind, BaseKind::Char | BaseKind::Int | BaseKind::Long | BaseKind::Hresult)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_size_and_sign() {
        assert_eq!(Base::new(BaseKind::ULong, 4).word(), "Uint4B");
        assert_eq!(Base::new(BaseKind::Int, 8).word(), "Int8B");
        assert_eq!(Base::new(BaseKind::ULong, 4).c_name(), "unsigned long");
        assert!(Base::new(BaseKind::Char, 1).is_signed());
        assert!(!Base::new(BaseKind::Wchar, 2).is_signed());
    }

    #[test]
    fn numbers_have_the_sign_of_their_type() {
        let number = |kind, size, raw: u64, bits| Base::new(kind, size).number(raw, bits).cast_signed();
        assert_eq!(number(BaseKind::Int, 2, 0xffff_fff0, None), -16);
        assert_eq!(number(BaseKind::UInt, 2, 0xffff_fff0, None), 0xfff0);
        assert_eq!(number(BaseKind::Int, 4, 0b1010_0000, Some((5, 3))), -3);
        assert_eq!(number(BaseKind::UInt, 4, 0b1010_0000, Some((5, 3))), 5);
        assert_eq!(number(BaseKind::Bool, 1, 2, None), 1);
        assert_eq!(number(BaseKind::Long, 4, 0x8000_0000, None), i64::from(i32::MIN));
    }
}
