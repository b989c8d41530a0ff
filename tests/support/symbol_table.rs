//! A Volatility symbol table of a few names and types, for what the fixtures' own symbols do not have.
#![allow(dead_code)]

use serde_json::{Value, json};
use std::path::Path;

/// A structure: its name, its size, its members with their offsets and types ([`number`], [`pointer`] ...).
pub type Structure<'t> = (&'t str, u64, &'t [(&'t str, u64, Value)]);

/// An enumeration of 32 bits: its name, its enumerators.
pub type Enumeration<'t> = (&'t str, &'t [(&'t str, u64)]);

/// Writes the table of an image, where `isf*FOLDER` finds it: names with their distance from the image's base, and types.
pub fn write(folder: &Path, pdb: &str, key: &str, names: &[(&str, u64)], types: &[Structure<'_>]) {
    write_with(folder, pdb, key, names, types, &[]);
}

/// The same with enumerations.
pub fn write_with(
    folder: &Path,
    pdb: &str,
    key: &str,
    names: &[(&str, u64)],
    types: &[Structure<'_>],
    enums: &[Enumeration<'_>],
) {
    let (guid, age) = key.split_at(32);
    let age = u32::from_str_radix(age, 16).unwrap();
    let base =
        |size: u64, kind: &str| json!({"size": size, "signed": false, "kind": kind, "endian": "little"});
    let symbols = names.iter().map(|(name, rva)| ((*name).to_owned(), json!({"address": rva})));
    let types = types.iter().map(|(name, size, members)| {
        let fields =
            members.iter().map(|(name, at, ty)| ((*name).to_owned(), json!({"offset": at, "type": ty})));
        let fields: serde_json::Map<String, Value> = fields.collect();
        ((*name).to_owned(), json!({"size": size, "kind": "struct", "fields": fields}))
    });
    let enums = enums.iter().map(|(name, all)| {
        let all = all.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
        let constants: serde_json::Map<String, Value> = all.collect();
        ((*name).to_owned(), json!({"size": 4, "base": "u32", "constants": constants}))
    });
    let table = json!({
        "metadata": {"format": "6.1.0", "windows": {"pdb": {"GUID": guid, "age": age, "database": pdb, "machine_type": 34404}}},
        "base_types": {
            "u8": base(1, "int"), "u16": base(2, "int"), "u32": base(4, "int"), "u64": base(8, "int"),
            "pointer": base(8, "int"), "char": base(1, "char"), "wchar": base(2, "char"), "void": base(0, "void"),
        },
        "user_types": types.collect::<serde_json::Map<_, _>>(),
        "enums": enums.collect::<serde_json::Map<_, _>>(),
        "symbols": symbols.collect::<serde_json::Map<_, _>>(),
    });
    std::fs::write(folder.join(format!("{guid}-{age}.json")), table.to_string()).unwrap();
}

/// A number of so many bits.
pub fn number(bits: u32) -> Value {
    json!({"kind": "base", "name": format!("u{bits}")})
}

/// Some bits of a number of so many.
pub fn bits_of(bits: u32, from: u32, count: u32) -> Value {
    json!({"kind": "bitfield", "bit_position": from, "bit_length": count, "type": number(bits)})
}

/// A pointer to something of a type.
pub fn pointer(to: Value) -> Value {
    json!({"kind": "pointer", "subtype": to})
}

/// A structure of the table.
pub fn structure(name: &str) -> Value {
    json!({"kind": "struct", "name": name})
}

/// An enumeration of the table.
pub fn enumeration(name: &str) -> Value {
    json!({"kind": "enum", "name": name})
}

/// An array.
pub fn array(count: u64, of: Value) -> Value {
    json!({"kind": "array", "count": count, "subtype": of})
}

/// The same, owned.
pub type Owned = (&'static str, u64, Vec<(&'static str, u64, Value)>);

/// LIST_ENTRY and UNICODE_STRING, which are the same everywhere.
pub fn basics() -> Vec<Owned> {
    let link = || pointer(structure("_LIST_ENTRY"));
    vec![
        ("_LIST_ENTRY", 16, vec![("Flink", 0, link()), ("Blink", 8, link())]),
        (
            "_UNICODE_STRING",
            16,
            vec![
                ("Length", 0, number(16)),
                ("MaximumLength", 2, number(16)),
                ("Buffer", 8, pointer(json!({"kind": "base", "name": "wchar"}))),
            ],
        ),
    ]
}
