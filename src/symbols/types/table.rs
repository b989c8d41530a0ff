//! A table of types for sources that are small enough to be read whole: symbol tables and built-in layouts.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Base, Enum, Type, TypeId, Udt, UdtKind};
use crate::symbols::wildcard::Wildcard;

/// How a derived type is recognised when it is wanted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Base(Base),
    Pointer(TypeId, u8),
    Array(TypeId, u64),
    Bitfield(TypeId, u8, u8),
}

/// Types by number and by name.
#[derive(Debug, Default)]
pub struct TypeTable {
    types: Vec<Type>,
    named: HashMap<String, TypeId>,
    /// Defined names in the order of their definition.
    defined: Vec<(String, TypeId)>,
    derived: HashMap<Key, TypeId>,
}

impl TypeTable {
    fn push(&mut self, ty: Type) -> TypeId {
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        self.types.push(ty);
        id
    }

    fn derive(&mut self, key: Key, ty: Type) -> TypeId {
        if let Some(&id) = self.derived.get(&key) {
            return id;
        }
        let id = self.push(ty);
        self.derived.insert(key, id);
        id
    }

    /// A basic type.
    pub fn base(&mut self, base: Base) -> TypeId {
        self.derive(Key::Base(base), Type::Base(base))
    }

    /// A pointer of `size` bytes.
    pub fn pointer(&mut self, target: TypeId, size: u8) -> TypeId {
        let ty = Type::Pointer { target, size, reference: false };
        self.derive(Key::Pointer(target, size), ty)
    }

    /// An array; its size follows from what is known of its element now.
    pub fn array(&mut self, element: TypeId, count: u64) -> TypeId {
        let size = self.size_of(element).unwrap_or(0).saturating_mul(count);
        let ty = Type::Array { element, count, size };
        self.derive(Key::Array(element, count), ty)
    }

    /// A bit-field.
    pub fn bitfield(&mut self, base: TypeId, position: u8, length: u8) -> TypeId {
        let ty = Type::Bitfield { base, position, length };
        self.derive(Key::Bitfield(base, position, length), ty)
    }

    /// A type of which there is only one.
    pub fn single(&mut self, ty: Type) -> TypeId {
        self.push(ty)
    }

    /// The structure or union called `name`, declared now if it is not known yet.
    pub fn declare(&mut self, kind: UdtKind, name: &str) -> TypeId {
        if let Some(&id) = self.named.get(name) {
            return id;
        }
        let id = self.push(Type::Udt(Arc::new(unknown(kind, name))));
        self.named.insert(name.to_owned(), id);
        id
    }

    /// The enumeration called `name` over `base`, declared now if it is not known yet.
    pub fn declare_enum(&mut self, name: &str, base: Base) -> TypeId {
        if let Some(&id) = self.named.get(name) {
            return id;
        }
        let declared = Enum {
            name: name.to_owned(),
            base: self.base(base),
            size: base.size,
            complete: false,
            values: Vec::new(),
        };
        let id = self.push(Type::Enum(Arc::new(declared)));
        self.named.insert(name.to_owned(), id);
        id
    }

    /// Gives a declared type its definition.
    pub fn define(&mut self, id: TypeId, name: &str, ty: Type) {
        self.define_unlisted(id, ty);
        self.defined.push((name.to_owned(), id));
    }

    /// Gives a declared type its definition without listing its name: for structures that have none of their own.
    pub fn define_unlisted(&mut self, id: TypeId, ty: Type) {
        if let Some(place) = self.types.get_mut(id.0 as usize) {
            *place = ty;
        }
    }

    /// The type called `name`, in that case or else in any; declared ones without a definition do not count.
    pub fn find(&self, name: &str) -> Option<TypeId> {
        let is_known = |id: &&TypeId| match self.types.get(id.0 as usize) {
            Some(Type::Udt(udt)) => udt.complete,
            Some(Type::Enum(e)) => e.complete,
            _ => false,
        };
        self.named
            .get(name)
            .filter(is_known)
            .or_else(|| {
                self.defined.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, id)| id)
            })
            .copied()
    }

    /// The type of that number.
    pub fn get(&self, id: TypeId) -> Option<Type> {
        self.types.get(id.0 as usize).cloned()
    }

    /// Defined names that match.
    pub fn names(&self, pattern: &Wildcard) -> Vec<String> {
        let names = self.defined.iter().map(|(name, _)| name);
        names.filter(|name| pattern.is_match(name)).cloned().collect()
    }

    fn size_of(&self, id: TypeId) -> Option<u64> {
        match self.types.get(id.0 as usize)? {
            Type::Base(base) => Some(u64::from(base.size)),
            Type::Pointer { size, .. } => Some(u64::from(*size)),
            Type::Array { size, .. } => Some(*size),
            Type::Udt(udt) => Some(udt.size),
            Type::Enum(e) => Some(u64::from(e.size)),
            Type::Bitfield { .. } | Type::Function(_) => None,
        }
    }

    /// Sets the sizes of arrays whose elements were defined after them.
    pub fn settle_arrays(&mut self) {
        // An array of arrays needs its element first; nesting beyond a few levels does not occur.
        for _ in 0..4 {
            for at in 0..self.types.len() {
                let Some(&Type::Array { element, count, size }) = self.types.get(at) else {
                    continue;
                };
                let settled = self.size_of(element).unwrap_or(0).saturating_mul(count);
                if settled != size
                    && let Some(place) = self.types.get_mut(at)
                {
                    *place = Type::Array { element, count, size: settled };
                }
            }
        }
    }
}

/// A structure of which only the name is known.
fn unknown(kind: UdtKind, name: &str) -> Udt {
    Udt {
        kind,
        name: name.to_owned(),
        size: 0,
        elements: 0,
        complete: false,
        fields: Vec::new(),
        bases: Vec::new(),
        statics: Vec::new(),
        methods: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::types::BaseKind;

    #[test]
    fn declared_types_are_found_once_defined() {
        let mut table = TypeTable::default();
        let id = table.declare(UdtKind::Struct, "_FOO");
        let list = table.array(id, 3);
        assert_eq!(table.find("_FOO"), None);
        let mut foo = unknown(UdtKind::Struct, "_FOO");
        (foo.size, foo.complete) = (8, true);
        table.define(id, "_FOO", Type::Udt(Arc::new(foo)));
        table.settle_arrays();
        assert_eq!(table.find("_foo"), Some(id));
        assert!(matches!(table.get(list), Some(Type::Array { size: 24, .. })));
        assert_eq!(table.names(&Wildcard::new("_F*")), ["_FOO"]);
    }

    #[test]
    fn derived_types_are_shared() {
        let mut table = TypeTable::default();
        let byte = table.base(Base::new(BaseKind::UChar, 1));
        assert_eq!(table.pointer(byte, 8), table.pointer(byte, 8));
        assert_ne!(table.pointer(byte, 8), table.pointer(byte, 4));
    }
}
