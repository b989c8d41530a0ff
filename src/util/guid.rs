//! GUIDs as Windows stores them: three little-endian numbers and eight bytes.

use std::fmt;
use std::str::FromStr;

/// A GUID by its 16 stored bytes. `Display` writes `{11223344-5566-7788-99AA-BBCCDDEEFF00}` as the debugger does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// The GUID whose 32 digits, read as one number, are `digits`: `0x11223344_5566_7788_99aa_bbccddeeff00`.
    pub const fn of(digits: u128) -> Guid {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = digits.to_be_bytes();
        Guid([d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p])
    }

    /// The four fields: `Data1`, `Data2`, `Data3` as numbers and `Data4` as bytes.
    pub fn fields(&self) -> (u32, u16, u16, [u8; 8]) {
        let [a, b, c, d, e, f, g, h, tail @ ..] = self.0;
        (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]), u16::from_le_bytes([g, h]), tail)
    }

    /// True for the all-zero GUID.
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 16]
    }

    /// 32 upper-case digits without dashes: the form of symbol-store keys.
    pub fn digits(&self) -> String {
        let (d1, d2, d3, d4) = self.fields();
        let tail: String = d4.iter().map(|byte| format!("{byte:02X}")).collect();
        format!("{d1:08X}{d2:04X}{d3:04X}{tail}")
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (d1, d2, d3, [a, b, tail @ ..]) = self.fields();
        write!(f, "{{{d1:08X}-{d2:04X}-{d3:04X}-{a:02X}{b:02X}-")?;
        tail.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
        f.write_str("}")
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text was not 32 hexadecimal digits with optional dashes and braces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID: 32 hexadecimal digits are expected, with or without dashes and braces")]
pub struct ParseGuidError;

impl FromStr for Guid {
    type Err = ParseGuidError;

    fn from_str(text: &str) -> Result<Guid, ParseGuidError> {
        let digits: String = text.chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect();
        if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ParseGuidError);
        }
        u128::from_str_radix(&digits, 16).map(Guid::of).map_err(|_| ParseGuidError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_read_back() {
        let bytes =
            [0x44, 0x33, 0x22, 0x11, 0x66, 0x55, 0x88, 0x77, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00];
        let guid = Guid(bytes);
        assert_eq!(guid.digits(), "112233445566778899AABBCCDDEEFF00");
        assert_eq!(guid.to_string(), "{11223344-5566-7788-99AA-BBCCDDEEFF00}");
        assert_eq!("112233445566778899aabbccddeeff00".parse(), Ok(guid));
        assert_eq!("{11223344-5566-7788-99AA-BBCCDDEEFF00}".parse(), Ok(guid));
        assert!("11223344".parse::<Guid>().is_err());
        assert!("+1223344556677889 9AABBCCDDEEFF0".parse::<Guid>().is_err());
    }
}
