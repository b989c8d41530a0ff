//! What walks trees and lists: the session that it sees, and how deep it is.

use super::error::ModelError;
use super::eyes::Eyes;
use super::value::{Native, Value, Wish};
use super::variables::Variables;
use crate::debuggee::Place;
use crate::eval::cxx::{CType, Typed};
use crate::eval::{EvalError, EvalHost};
use crate::session::Session;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// How a value of C++ is written, with a format specifier; `None` for what has no text of its own.
pub type Display = fn(&Model<'_>, &Native, &str) -> Option<String>;

/// Calls, lists and parts of expressions that run inside one another.
const MAX_DEPTH: usize = 96;
/// Processes whose eyes are kept.
const MAX_EYES: usize = 32;

/// The data model of a session.
pub struct Model<'a> {
    /// The session.
    pub(super) session: &'a Session,
    pub(super) host: &'a dyn EvalHost,
    /// What variables stand for.
    pub(super) variables: Variables,
    display: Display,
    own: Rc<Eyes<'a>>,
    others: RefCell<HashMap<u64, Rc<Eyes<'a>>>>,
    depth: Cell<usize>,
    pub(super) wish: RefCell<Option<Wish>>,
}

impl<'a> Model<'a> {
    /// The data model of a session; `display` writes values of C++.
    pub fn new(session: &'a Session, host: &'a dyn EvalHost, display: Display) -> Model<'a> {
        Model {
            session,
            host,
            variables: Variables::of(session),
            display,
            own: Rc::new(Eyes::own(session, host)),
            others: RefCell::default(),
            depth: Cell::new(0),
            wish: RefCell::default(),
        }
    }

    /// The session that it is of.
    pub fn session(&self) -> &'a Session {
        self.session
    }

    /// What the last call asked for that the data model cannot do itself.
    pub fn wish(&self) -> Option<Wish> {
        self.wish.take()
    }

    /// The eyes of a process; those of the session where none is named.
    pub fn eyes(&self, process: Option<u64>) -> Rc<Eyes<'a>> {
        let Some(process) = process.filter(|process| !self.session.target.sees(*process)) else {
            return Rc::clone(&self.own);
        };
        let mut others = self.others.borrow_mut();
        if let Some(eyes) = others.get(&process) {
            return Rc::clone(eyes);
        }
        if others.len() >= MAX_EYES {
            others.clear();
        }
        let eyes = Rc::new(Eyes::of_process(self.session, self.host, process));
        others.insert(process, Rc::clone(&eyes));
        eyes
    }

    /// Something inside of what runs.
    pub(super) fn deeper<T>(&self, run: impl FnOnce() -> Result<T, ModelError>) -> Result<T, ModelError> {
        if self.session.cancel.check().is_err() {
            return Err(ModelError::Stopped);
        }
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            return Err(ModelError::TooDeep);
        }
        self.depth.set(depth + 1);
        let outcome = run();
        self.depth.set(depth);
        outcome
    }

    /// A value of C++ as it is written.
    pub(super) fn written(&self, native: &Native, specifier: &str) -> Option<String> {
        (self.display)(self, native, specifier)
    }

    /// A value of C++ as a number.
    pub(super) fn loaded(&self, native: &Native) -> Result<u64, ModelError> {
        let eyes = self.eyes(native.of);
        native.typed.load(&*eyes).map_err(|fault| EvalError::new(fault, "").into())
    }

    /// The object of a type at an address, of a process's memory.
    pub(super) fn object(&self, ty: &str, address: u64, of: Option<u64>) -> Result<Value, ModelError> {
        let found = self.own.scope().find_type(ty)?;
        let place = Place::memory(address);
        let typed = Typed::at(CType::of(&found), place);
        Ok(Value::Native(Native { typed, of }))
    }
}
