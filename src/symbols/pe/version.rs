//! The version resource (`VS_VERSIONINFO`): file version, product, company, description.
//!
//! A tree of blocks, each with its length, the length of its value, a type and a UTF-16 key; see "VS_VERSIONINFO
//! structure" in the Windows API documentation.

use super::bytes::ImageBytes;
use super::headers::Headers;
use super::resources::{self, TYPE_VERSION};
use crate::util::bounded;

/// The most strings that are kept.
const MAX_STRINGS: usize = 512;
/// The most translations that are kept.
const MAX_TRANSLATIONS: usize = 64;
/// `dwSignature` of the fixed part.
const FIXED_SIGNATURE: u32 = 0xfeef_04bd;

/// `VS_FIXEDFILEINFO`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedFileInfo {
    /// File version, four parts.
    pub file_version: [u16; 4],
    /// Product version, four parts.
    pub product_version: [u16; 4],
    /// Which bits of `flags` count.
    pub flags_mask: u32,
    /// `VS_FF_*`: 1 debug, 2 prerelease, 4 patched, 8 private, 0x10 inferred, 0x20 special.
    pub flags: u32,
    /// `VOS_*`.
    pub os: u32,
    /// `VFT_*`: 1 application, 2 dynamic library, 3 driver, ...
    pub file_type: u32,
    /// `VFT2_*`: the kind of driver.
    pub file_subtype: u32,
    /// File date, high and low word together; usually zero.
    pub date: u64,
}

/// The strings for one language and code page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringTable {
    /// Language identifier.
    pub language: u16,
    /// Code page.
    pub code_page: u16,
    /// Key and text, in file order.
    pub strings: Vec<(String, String)>,
}

/// A decoded version resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionInfo {
    /// The fixed part.
    pub fixed: Option<FixedFileInfo>,
    /// Language and code page pairs of `VarFileInfo`.
    pub translations: Vec<(u16, u16)>,
    /// String tables.
    pub tables: Vec<StringTable>,
}

impl VersionInfo {
    /// Reads the version resource of an image; `None` if it has none or its bytes are missing.
    pub fn read(image: &(impl ImageBytes + ?Sized), headers: &Headers) -> Option<VersionInfo> {
        let resources = resources::read(image, headers, Some(TYPE_VERSION));
        resources.iter().find_map(|resource| VersionInfo::parse(&resource.data(image)?))
    }

    /// Decodes the bytes of a version resource.
    pub fn parse(data: &[u8]) -> Option<VersionInfo> {
        let root = Block::at(data, 0)?;
        if root.key != "VS_VERSION_INFO" {
            return None;
        }
        let mut info = VersionInfo { fixed: fixed(root.value), ..VersionInfo::default() };
        let mut budget = MAX_STRINGS;
        for child in root.children() {
            match child.key.as_str() {
                "StringFileInfo" => {
                    for table in child.children() {
                        info.tables.extend(string_table(&table, &mut budget));
                    }
                }
                "VarFileInfo" => {
                    for variable in child.children().filter(|v| v.key == "Translation") {
                        let pairs = variable.value.chunks_exact(4).take(MAX_TRANSLATIONS);
                        info.translations.extend(
                            pairs.filter_map(|p| Some((bounded::u16_at(p, 0)?, bounded::u16_at(p, 2)?))),
                        );
                    }
                }
                _ => {}
            }
        }
        Some(info)
    }

    /// A string such as `FileDescription`, from the first table that has it.
    pub fn string(&self, key: &str) -> Option<&str> {
        let strings = self.tables.iter().flat_map(|table| &table.strings);
        strings.filter(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, text)| text.as_str()).next()
    }
}

fn string_table(block: &Block<'_>, budget: &mut usize) -> Option<StringTable> {
    let language = u16::from_str_radix(block.key.get(..4)?, 16).ok()?;
    let code_page = u16::from_str_radix(block.key.get(4..8)?, 16).ok()?;
    let mut strings = Vec::new();
    for string in block.children() {
        if *budget == 0 {
            break;
        }
        *budget -= 1;
        let text = bounded::utf16_lossy(string.text_value());
        let text = text.split('\0').next().unwrap_or_default().to_owned();
        strings.push((string.key, text));
    }
    Some(StringTable { language, code_page, strings })
}

fn fixed(value: &[u8]) -> Option<FixedFileInfo> {
    let field = |index: usize| bounded::u32_at(value, index * 4);
    if field(0)? != FIXED_SIGNATURE {
        return None;
    }
    let version = |high: u32, low: u32| [(high >> 16) as u16, high as u16, (low >> 16) as u16, low as u16];
    Some(FixedFileInfo {
        file_version: version(field(2)?, field(3)?),
        product_version: version(field(4)?, field(5)?),
        flags_mask: field(6)?,
        flags: field(7)?,
        os: field(8)?,
        file_type: field(9)?,
        file_subtype: field(10)?,
        date: u64::from(field(11)?) << 32 | u64::from(field(12)?),
    })
}

/// One block of the tree.
struct Block<'a> {
    key: String,
    /// The value as its length field says.
    value: &'a [u8],
    /// Everything after the key: value and children. Some writers give the value's length in bytes, others in
    /// UTF-16 units, so text values are taken up to the block's end.
    after_key: &'a [u8],
    /// Offset of `after_key` from the start of the resource: alignment counts from there.
    base: usize,
    value_end: usize,
}

impl<'a> Block<'a> {
    fn at(data: &'a [u8], offset: usize) -> Option<Block<'a>> {
        Self::of(data.get(offset..)?, offset)
    }

    /// The block at the front of `bytes`, which lie `offset` bytes into the resource.
    fn of(bytes: &'a [u8], offset: usize) -> Option<Block<'a>> {
        let length = usize::from(bounded::u16_at(bytes, 0)?);
        let value_length = usize::from(bounded::u16_at(bytes, 2)?);
        let is_text = bounded::u16_at(bytes, 4)? == 1;
        if length < 6 {
            return None;
        }
        let bytes = bytes.get(..length.min(bytes.len()))?;
        let units = bytes.get(6..)?.chunks_exact(2);
        let key_units = units.take(128).position(|unit| unit == [0, 0])?;
        let key = bounded::utf16(bytes, 6, key_units)?;
        let start = align(offset + 6 + key_units * 2 + 2) - offset;
        let after_key = bytes.get(start.min(bytes.len())..)?;
        let value_size = if is_text { value_length * 2 } else { value_length };
        let value_size = value_size.min(after_key.len());
        Some(Block {
            key,
            value: after_key.get(..value_size)?,
            after_key,
            base: offset + start,
            value_end: value_size,
        })
    }

    fn text_value(&self) -> &'a [u8] {
        self.after_key
    }

    fn children(&self) -> impl Iterator<Item = Block<'a>> + use<'a> {
        let (bytes, base) = (self.after_key, self.base);
        let mut at = align(base + self.value_end) - base;
        std::iter::from_fn(move || {
            let rest = bytes.get(at..)?;
            let length = usize::from(bounded::u16_at(rest, 0)?);
            let block = Block::of(rest, base + at)?;
            // Every block is at least 6 bytes, so this ends.
            at = align(base + at + length) - base;
            Some(block)
        })
    }
}

fn align(offset: usize) -> usize {
    offset.next_multiple_of(4)
}
