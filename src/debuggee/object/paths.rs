//! Members by path, resolved once.

use crate::symbols::types::layout::{Located, field_of};
use crate::symbols::types::{TypeId, TypeSource};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A type of one source, as a key. Sources are held as long as the cache, so that their addresses stay theirs.
type Key = (usize, TypeId);

/// The members of a type that were asked for, by dotted path; `None` for those it has not.
type Members = HashMap<Box<str>, Option<Rc<Member>>>;

/// Where members lie, by type and dotted path.
#[derive(Default)]
pub(super) struct Paths {
    known: RefCell<HashMap<Key, Members>>,
    sources: RefCell<Vec<Arc<dyn TypeSource>>>,
}

/// A member that was looked up.
#[derive(Debug)]
pub(super) struct Member {
    /// The path that led to it.
    pub path: Box<str>,
    /// Where it lies.
    pub at: Located,
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
        let found = field_of(&**source, id, path).map(|at| Rc::new(Member { path: path.into(), at }));
        known.entry(key).or_default().insert(path.into(), found.clone());
        found
    }
}
