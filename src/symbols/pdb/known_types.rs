//! The types of a PDB that were asked for, by id and by name.

use crate::symbols::types::{Type, TypeId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most types that are kept once read, and the most names, which a user may type at will.
const MAX_CACHED: usize = 20_000;

/// What was read and looked up; a PDB does not change while it is open.
#[derive(Debug, Default)]
pub(super) struct KnownTypes {
    types: Mutex<HashMap<u32, Type>>,
    names: Mutex<HashMap<Box<str>, Option<TypeId>>>,
}

impl KnownTypes {
    pub(super) fn get(&self, id: TypeId) -> Option<Type> {
        held(&self.types).get(&id.0).cloned()
    }

    pub(super) fn keep(&self, id: TypeId, ty: &Type) {
        insert(&self.types, id.0, ty.clone());
    }

    /// What was found under a name; the outer `None` where nobody asked yet.
    pub(super) fn named(&self, name: &str) -> Option<Option<TypeId>> {
        held(&self.names).get(name).copied()
    }

    pub(super) fn keep_name(&self, name: &str, found: Option<TypeId>) {
        insert(&self.names, name.into(), found);
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn insert<K: Eq + std::hash::Hash, V>(of: &Mutex<HashMap<K, V>>, key: K, value: V) {
    let mut known = held(of);
    if known.len() < MAX_CACHED {
        known.insert(key, value);
    }
}
