//! Whose memory is read: that of the process that a value belongs to.

use crate::debuggee::{FoundType, Place, Scope};
use crate::eval::cxx::Typed;
use crate::eval::{EvalError, EvalHost};
use crate::memory::ReadError;
use crate::session::{Evaluator, Radix, Session};
use crate::symbols::types::Base;
use std::borrow::Cow;

/// What expressions may ask, with memory as one process sees it.
pub struct Eyes<'a> {
    host: &'a dyn EvalHost,
    scope: Scope<'a>,
    /// Whether that is the memory that is looked at anyway.
    own: bool,
}

impl<'a> Eyes<'a> {
    /// As the session looks at memory.
    pub(super) fn own(session: &'a Session, host: &'a dyn EvalHost) -> Eyes<'a> {
        Eyes { host, scope: session.scope(), own: true }
    }

    /// As a process does. Where its page tables cannot be used user memory is nobody's.
    pub(super) fn of_process(session: &'a Session, host: &'a dyn EvalHost, process: u64) -> Eyes<'a> {
        if session.target.sees(process) {
            return Eyes::own(session, host);
        }
        let scope = session.scope();
        let seen = scope.of_process(process).unwrap_or_else(|why| scope.without_user_space(&why));
        Eyes { host, scope: seen, own: false }
    }

    /// What Windows' objects are read through.
    pub fn scope(&self) -> &Scope<'a> {
        &self.scope
    }
}

impl EvalHost for Eyes<'_> {
    fn register(&self, name: &str) -> Option<u64> {
        self.host.register(name)
    }

    fn symbol(&self, name: &str) -> Option<u64> {
        self.host.symbol(name)
    }

    fn read(&self, place: &Place, size: usize) -> Result<u64, ReadError> {
        match self.own {
            true => self.host.read(place, size),
            false => place.uint(self.scope.memory(), self.scope.target().physical(), size),
        }
    }

    fn readable(&self, address: u64, length: u64) -> bool {
        self.host.readable(address, length)
    }

    fn entry_point(&self, address: u64) -> Option<u64> {
        self.host.entry_point(address)
    }

    fn radix(&self) -> Radix {
        self.host.radix()
    }

    fn evaluator(&self) -> Evaluator {
        self.host.evaluator()
    }

    fn pointer_size(&self) -> usize {
        self.host.pointer_size()
    }

    fn find_type(&self, name: &str) -> Option<FoundType> {
        self.host.find_type(name)
    }

    fn variable(&self, name: &str) -> Option<(u64, Option<FoundType>)> {
        self.host.variable(name)
    }

    fn local(&self, name: &str) -> Option<Result<Typed, EvalError>> {
        self.host.local(name)
    }

    fn extends_sign(&self) -> bool {
        self.host.extends_sign()
    }

    fn register_size(&self, name: &str) -> usize {
        self.host.register_size(name)
    }

    fn register_base(&self, name: &str) -> Base {
        self.host.register_base(name)
    }

    fn register_type(&self, name: &str) -> Option<Cow<'_, str>> {
        self.host.register_type(name)
    }
}
