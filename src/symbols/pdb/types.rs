//! Types out of a PDB.

use std::collections::HashSet;
use std::sync::Arc;

use super::file::PdbFile;
use super::leaf::{self, EnumLeaf, Leaf, StructLeaf, property};
use super::primitive::{FIRST_RECORD, primitive};
use super::records::Records;
use super::udt;
use crate::symbols::types::{Base, BaseKind, Enum, Function, Type, TypeId, TypeSource, Udt, UdtKind};
use crate::symbols::wildcard::Wildcard;
use crate::util::bits::extend;

/// The most modifiers and aliases that are followed to the type they stand for.
const MAX_CHAIN: usize = 64;
/// The deepest nesting of arrays whose element size is looked up.
const MAX_ARRAY_DEPTH: usize = 32;
/// The most parameters of a function.
const MAX_PARAMETERS: usize = 4096;

impl TypeSource for PdbFile {
    fn find(&self, name: &str) -> Option<TypeId> {
        if let Some(found) = self.known.named(name) {
            return found;
        }
        let records = self.streams().type_records()?;
        let mut found = records.definition(name.as_bytes()).map(TypeId);
        if found.is_none() {
            let defined = self.type_definition(name);
            found = defined.as_ref().ok().copied().flatten().or_else(|| spelled_alike(records, name));
            // Names that were not read to their end may know it yet.
            if found.is_none() && defined.is_err() {
                return None;
            }
        }
        self.known.keep_name(name, found);
        found
    }

    fn get(&self, id: TypeId) -> Option<Type> {
        if id.0 < FIRST_RECORD {
            return primitive(id.0);
        }
        if let Some(known) = self.known.get(id) {
            return Some(known);
        }
        let ty = read(self.streams().type_records()?, id.0)?;
        if matches!(ty, Type::Udt(_) | Type::Enum(_)) {
            self.known.keep(id, &ty);
        }
        Some(ty)
    }

    fn type_names(&self, pattern: &Wildcard) -> Vec<String> {
        let Some(records) = self.streams().type_records() else {
            return Vec::new();
        };
        let mut seen = HashSet::new();
        records
            .indexes()
            .filter_map(|index| {
                let name = leaf::defined_names(records.raw(index)?).next()?;
                let name = std::str::from_utf8(name).ok()?;
                (pattern.is_match(name) && seen.insert(name)).then(|| name.to_owned())
            })
            .collect()
    }

    fn type_origin(&self) -> String {
        self.kind_words().to_owned()
    }
}

/// The first type whose name differs from this one in the case of letters alone.
fn spelled_alike(records: &Records, name: &str) -> Option<TypeId> {
    let is_alike =
        |raw| leaf::defined_names(raw).next().is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()));
    records.indexes().find(|&index| records.raw(index).is_some_and(is_alike)).map(TypeId)
}

fn read(records: &Records, index: u32) -> Option<Type> {
    let mut index = index;
    for _ in 0..MAX_CHAIN {
        if let Some(ty) = primitive(index) {
            return Some(ty);
        }
        match records.leaf(index)? {
            Leaf::Modifier { target } | Leaf::Alias { target } => index = target,
            leaf => return convert(records, leaf),
        }
    }
    None
}

fn convert(records: &Records, leaf: Leaf<'_>) -> Option<Type> {
    Some(match leaf {
        Leaf::Struct(s) => Type::Udt(Arc::new(udt(records, s))),
        Leaf::Enum(e) => Type::Enum(Arc::new(enumeration(records, e))),
        Leaf::Pointer { target, attributes } => pointer(target, attributes),
        Leaf::Array { element, size } => {
            let each = size_of(records, element, 0).unwrap_or(0);
            Type::Array { element: TypeId(element), count: size.checked_div(each).unwrap_or(0), size }
        }
        Leaf::Bitfield { base, length, position } => Type::Bitfield { base: TypeId(base), position, length },
        Leaf::Procedure { result, arguments } => function(records, result, arguments, None),
        Leaf::Method { result, class, arguments } => {
            function(records, result, arguments, Some(TypeId(class)))
        }
        Leaf::TableShape => Type::Base(Base::new(BaseKind::None, 0)),
        _ => return None,
    })
}

/// Pointer attributes: mode in bits 5 to 7 (1 and 4 are references), size in bits 13 to 18; the kind in bits 0 to 4
/// says 64 bits (12) or 32 bits (10) where the size is left out.
fn pointer(target: u32, attributes: u32) -> Type {
    let size = match ((attributes >> 13) & 0x3f, attributes & 0x1f) {
        (0, 12) => 8,
        (0, _) => 4,
        (size, _) => size as u8,
    };
    let reference = matches!((attributes >> 5) & 7, 1 | 4);
    Type::Pointer { target: TypeId(target), size, reference }
}

/// The definition of what is only declared: by its unique name, or else by its name.
fn definition<'a>(
    records: &'a Records,
    properties: u16,
    name: &[u8],
    unique: Option<&[u8]>,
) -> Option<Leaf<'a>> {
    if properties & property::FORWARD == 0 {
        return None;
    }
    let index = unique.and_then(|unique| records.definition(unique)).or_else(|| records.definition(name));
    records.leaf(index?)
}

fn udt(records: &Records, declared: StructLeaf<'_>) -> Udt {
    let leaf = match definition(records, declared.properties, declared.name, declared.unique_name) {
        Some(Leaf::Struct(s)) => s,
        _ => declared,
    };
    let complete = leaf.properties & property::FORWARD == 0;
    let members = match leaf.fields {
        0 => udt::Members::default(),
        fields => udt::members(records, fields),
    };
    Udt {
        kind: match leaf.kind {
            leaf::LF_CLASS | leaf::LF_CLASS2 => UdtKind::Class,
            leaf::LF_UNION | leaf::LF_UNION2 => UdtKind::Union,
            leaf::LF_INTERFACE | leaf::LF_INTERFACE2 => UdtKind::Interface,
            _ => UdtKind::Struct,
        },
        name: lossy(leaf.name),
        size: leaf.size,
        elements: u32::from(leaf.count),
        complete,
        fields: members.fields,
        bases: members.bases,
        statics: members.statics,
        methods: members.methods,
    }
}

fn enumeration(records: &Records, declared: EnumLeaf<'_>) -> Enum {
    let leaf = match definition(records, declared.properties, declared.name, declared.unique_name) {
        Some(Leaf::Enum(e)) => e,
        _ => declared,
    };
    let complete = leaf.properties & property::FORWARD == 0;
    let size = size_of(records, leaf.base, 0).map_or(4, |size| size as u8);
    let mut values = udt::members(records, leaf.fields).values;
    // Compilers write -1 of an `int` as 0xffffffff too.
    if matches!(primitive(leaf.base), Some(Type::Base(base)) if base.is_signed()) {
        for (_, value) in &mut values {
            *value = extend(value.cast_unsigned(), u32::from(size) * 8);
        }
    }
    Enum { name: lossy(leaf.name), base: TypeId(leaf.base), size, complete, values }
}

fn function(records: &Records, result: u32, arguments: u32, class: Option<TypeId>) -> Type {
    let mut parameters = Vec::new();
    if let Some(Leaf::Arguments(mut list)) = records.leaf(arguments) {
        while let Some(index) = list.u32() {
            if parameters.len() >= MAX_PARAMETERS {
                break;
            }
            parameters.push(TypeId(index));
        }
    }
    Type::Function(Arc::new(Function { result: TypeId(result), parameters, class }))
}

/// The size of a type straight from its record: what an array's element count needs.
fn size_of(records: &Records, index: u32, depth: usize) -> Option<u64> {
    if depth > MAX_ARRAY_DEPTH {
        return None;
    }
    if let Some(ty) = primitive(index) {
        return match ty {
            Type::Base(base) => Some(u64::from(base.size)),
            Type::Pointer { size, .. } => Some(u64::from(size)),
            _ => None,
        };
    }
    match records.leaf(index)? {
        Leaf::Struct(s) if s.properties & property::FORWARD == 0 => Some(s.size),
        Leaf::Struct(s) => match definition(records, s.properties, s.name, s.unique_name)? {
            Leaf::Struct(s) => Some(s.size),
            _ => None,
        },
        Leaf::Enum(e) => size_of(records, e.base, depth + 1),
        Leaf::Pointer { target, attributes } => match pointer(target, attributes) {
            Type::Pointer { size, .. } => Some(u64::from(size)),
            _ => None,
        },
        Leaf::Modifier { target } | Leaf::Alias { target } => size_of(records, target, depth + 1),
        Leaf::Array { size, .. } => Some(size),
        Leaf::Bitfield { base, .. } => size_of(records, base, depth + 1),
        _ => None,
    }
}

fn lossy(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
