//! The JSON of a symbol table, as far as it is used (schema 6 of Volatility 3).

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The members of a JSON object in the order of the file.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Entries(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect(PhantomData))
    }
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Table {
    pub(super) metadata: Metadata,
    pub(super) base_types: Entries<BaseType>,
    pub(super) user_types: Entries<UserType>,
    #[serde(default)]
    pub(super) enums: Entries<EnumType>,
    #[serde(default)]
    pub(super) symbols: Entries<SymbolEntry>,
}

/// The names alone, put into the place given: what stands before them is passed over, what comes after them is not read.
/// Tables are sorted by name, so that more than half of each, its structures, comes after.
pub(super) struct NamesInto<'n>(pub(super) &'n mut Option<Entries<SymbolEntry>>);

impl<'de> DeserializeSeed<'de> for NamesInto<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for NamesInto<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a symbol table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "symbols" {
                *self.0 = Some(map.next_value()?);
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Metadata {
    pub(super) windows: Option<Windows>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Windows {
    pub(super) pdb: Option<Pdb>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Pdb {
    #[serde(rename = "GUID")]
    pub(super) guid: String,
    pub(super) age: u32,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct BaseType {
    pub(super) size: u64,
    #[serde(default)]
    pub(super) signed: bool,
    #[serde(default)]
    pub(super) kind: String,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct UserType {
    pub(super) size: u64,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) fields: Entries<FieldEntry>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct FieldEntry {
    pub(super) offset: u64,
    #[serde(rename = "type")]
    pub(super) ty: TypeRef,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct TypeRef {
    pub(super) kind: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) subtype: Option<Box<TypeRef>>,
    #[serde(default)]
    pub(super) count: u64,
    #[serde(default)]
    pub(super) bit_position: u8,
    #[serde(default)]
    pub(super) bit_length: u8,
    #[serde(default, rename = "type")]
    pub(super) holder: Option<Box<TypeRef>>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct EnumType {
    #[serde(default)]
    pub(super) base: String,
    pub(super) size: u64,
    #[serde(default)]
    pub(super) constants: Entries<i64>,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct SymbolEntry {
    pub(super) address: u64,
}
