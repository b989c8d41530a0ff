//! Members by path, resolved once.

use crate::symbols::types::layout::{Located, field_of};
use crate::symbols::types::{Base, BaseKind, Type, TypeId, TypeSource};
use foldhash::fast::RandomState;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A type of one source, as a key. Sources are held as long as the cache, so that their addresses stay theirs.
type Key = (usize, TypeId);

/// What is looked up for every member that is read. The hasher is fast and seeded: paths may hold names from a dump.
type Quick<K, V> = HashMap<K, V, RandomState>;

/// The members of a type that were asked for, by dotted path; `None` for those it has not.
type Members = Quick<Box<str>, Option<Rc<Member>>>;

/// Where members lie, by type and dotted path.
#[derive(Default)]
pub(super) struct Paths {
    known: RefCell<Quick<Key, Members>>,
    sources: RefCell<Vec<Arc<dyn TypeSource>>>,
}

/// A member that was looked up.
#[derive(Debug)]
pub(super) struct Member {
    /// The path that led to it.
    pub path: Box<str>,
    /// Where it lies.
    pub at: Located,
    /// The integer that it is read as; `None` where it is none.
    pub scalar: Option<Base>,
}

impl Paths {
    /// The member at a dotted path; `None` where the type has none.
    pub fn member(&self, source: &Arc<dyn TypeSource>, id: TypeId, path: &str) -> Option<Rc<Member>> {
        let key = (Arc::as_ptr(source).cast::<()>() as usize, id);
        let mut known = self.known.borrow_mut();
        if let Some(found) = known.get(&key).and_then(|members| members.get(path)) {
            return found.clone();
        }
        let mut sources = self.sources.borrow_mut();
        if !sources.iter().any(|held| Arc::ptr_eq(held, source)) {
            sources.push(Arc::clone(source));
        }
        let found = field_of(&**source, id, path).map(|at| {
            let scalar = scalar_of(&**source, at.ty);
            Rc::new(Member { path: path.into(), at, scalar })
        });
        known.entry(key).or_default().insert(path.into(), found.clone());
        found
    }
}

/// The integer that a value of a type is read as: a structure that wraps one (LARGE_INTEGER, EX_PUSH_LOCK ...) is read
/// as that integer. `None` where the type is none, or of another width.
pub(super) fn scalar_of(source: &dyn TypeSource, id: TypeId) -> Option<Base> {
    let unsigned = |size| Some(Base::new(BaseKind::UInt, size));
    let base = match source.get(id)? {
        Type::Base(base) => Some(base),
        Type::Pointer { size, .. } => unsigned(size),
        Type::Enum(found) => unsigned(found.size),
        Type::Udt(udt) => unsigned(u8::try_from(udt.size).ok()?),
        Type::Bitfield { .. } | Type::Array { .. } | Type::Function(_) => None,
    };
    base.filter(|base| matches!(base.size, 1 | 2 | 4 | 8))
}
