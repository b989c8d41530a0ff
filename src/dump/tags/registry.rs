//! Values of the registry key of the first processor, as mssmbios copies them.

use crate::util::bounded;

/// A dump holds about eight values; more than this are damage.
const MAX_VALUES: usize = 64;
const REG_SZ: u32 = 1;
const REG_DWORD: u32 = 4;
const REG_QWORD: u32 = 11;

/// A value of the processor's registry key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryValue {
    /// Its name: `ProcessorNameString`.
    pub name: String,
    /// What it holds.
    pub data: RegistryData,
}

/// What a registry value holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryData {
    /// REG_SZ, up to its NUL.
    Text(String),
    /// REG_DWORD
    Number(u32),
    /// REG_QWORD
    Wide(u64),
    /// REG_BINARY, REG_FULL_RESOURCE_DESCRIPTOR and others, by the number of the type.
    Bytes(u32, Vec<u8>),
}

/// The values in the order of the dump.
pub(super) struct Values<'a>(Vec<Value<'a>>);

struct Value<'a> {
    name: String,
    kind: u32,
    data: &'a [u8],
}

impl<'a> Values<'a> {
    /// Form (from real dumps): {bytes of the name with NUL, UTF-16 name, type, bytes of the data, data} one after the other.
    pub(super) fn parse(bytes: &'a [u8]) -> Values<'a> {
        let mut values = Vec::new();
        let mut at = 0;
        while values.len() < MAX_VALUES {
            let Some((value, next)) = value(bytes, at) else { break };
            values.push(value);
            at = next;
        }
        Values(values)
    }

    /// All of them, as they stand.
    pub(super) fn all(&self) -> Vec<RegistryValue> {
        let read = |value: &Value<'_>| {
            let data = match value.kind {
                REG_SZ => {
                    let text = bounded::utf16_lossy(value.data);
                    Some(RegistryData::Text(text.split('\0').next().unwrap_or_default().to_owned()))
                }
                REG_DWORD => bounded::u32_at(value.data, 0).map(RegistryData::Number),
                REG_QWORD => bounded::u64_at(value.data, 0).map(RegistryData::Wide),
                _ => None,
            };
            let data = data.unwrap_or_else(|| RegistryData::Bytes(value.kind, value.data.to_vec()));
            RegistryValue { name: value.name.clone(), data }
        };
        self.0.iter().map(read).collect()
    }

    /// The text of a value, without the blanks that processors pad their names with.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.0.iter().find(|value| value.name == name && value.kind == REG_SZ)?;
        let text = bounded::utf16_lossy(value.data);
        let text = text.split('\0').next()?.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(text)
    }

    /// The number in a value.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        let value = self.0.iter().find(|value| value.name == name && value.kind == REG_DWORD)?;
        bounded::u32_at(value.data, 0)
    }

    /// The 64-bit number in a value.
    pub(super) fn wide(&self, name: &str) -> Option<u64> {
        let value = self.0.iter().find(|value| value.name == name && value.kind == REG_QWORD)?;
        bounded::u64_at(value.data, 0)
    }
}

fn value(bytes: &[u8], at: usize) -> Option<(Value<'_>, usize)> {
    let name_size = bounded::u32_at(bytes, at)? as usize;
    let at = at.checked_add(4)?;
    let name = bounded::utf16_lossy(bounded::slice(bytes, at, name_size)?);
    let at = at.checked_add(name_size)?;
    let kind = bounded::u32_at(bytes, at)?;
    let size = bounded::u32_at(bytes, at.checked_add(4)?)? as usize;
    let at = at.checked_add(8)?;
    let data = bounded::slice(bytes, at, size)?;
    let name = name.trim_end_matches('\0').to_owned();
    Some((Value { name, kind, data }, at.checked_add(size)?))
}
