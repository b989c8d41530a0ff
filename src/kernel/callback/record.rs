//! Records whose members no symbols name, and the lists that they form.

use super::Callbacks;
use crate::debuggee::{Lack, Link, Scope, Walk};
use crate::memory::{Memory, ReadError};
use crate::util::hex::tick;
use crate::util::links::Broken;

/// A LIST_ENTRY or SINGLE_LIST_ENTRY at the start of each record.
const FIRST: Link = Link { offset: 0, size: 8, inner: 0 };
/// Names that drivers give themselves are short.
const MOST_TEXT: usize = 64;

/// A record at an address. Offsets are in bytes, of 64-bit Windows.
#[derive(Clone, Copy)]
pub(super) struct Record<'s> {
    scope: &'s Scope<'s>,
    /// Where it lies.
    pub(super) at: u64,
    what: &'static str,
}

impl<'s> Record<'s> {
    /// The record at an address; `what` names it in errors.
    pub(super) fn new(scope: &'s Scope<'s>, at: u64, what: &'static str) -> Record<'s> {
        Record { scope, at, what }
    }

    /// The scope that it is read in.
    pub(super) fn scope(&self) -> &'s Scope<'s> {
        self.scope
    }

    /// A pointer in it.
    pub(super) fn pointer(&self, offset: u64) -> Result<u64, Lack> {
        self.read(self.scope.memory().u64(self.address(offset)))
    }

    /// A number of 32 bits in it.
    pub(super) fn ulong(&self, offset: u64) -> Result<u64, Lack> {
        self.read(self.scope.memory().u32(self.address(offset)).map(u64::from))
    }

    /// A UNICODE_STRING in it.
    pub(super) fn unicode(&self, offset: u64) -> Result<String, Lack> {
        self.scope.object("nt!_UNICODE_STRING", self.address(offset))?.text()
    }

    /// What a pointer in it to characters of 8 bits points to.
    pub(super) fn characters(&self, offset: u64) -> Result<String, Lack> {
        let mut bytes = [0; MOST_TEXT];
        let (read, why) = self.scope.memory().read_partial(self.pointer(offset)?, &mut bytes);
        let text = bytes.get(..read).unwrap_or_default();
        match (text.iter().position(|&byte| byte == 0), why) {
            (None, Some(why)) => self.read(Err(why)),
            (end, _) => {
                let text = text.get(..end.unwrap_or(read)).unwrap_or_default();
                Ok(String::from_utf8_lossy(text).into_owned())
            }
        }
    }

    /// The address of a member.
    pub(super) fn address(&self, offset: u64) -> u64 {
        self.at.wrapping_add(offset)
    }

    /// That it contradicts itself.
    pub(super) fn refused(&self) -> Lack {
        Lack::Shape { what: format!("what lies at {}", tick(self.at)), wanted: self.what }
    }

    fn read<T>(&self, value: Result<T, ReadError>) -> Result<T, Lack> {
        let what = || format!("the {} at {}", self.what, tick(self.at));
        value.map_err(|why| Lack::Unreadable { what: what(), why })
    }
}

/// Where a variable of the kernel lies.
pub(super) fn variable(scope: &Scope<'_>, names: &[&str]) -> Result<u64, Lack> {
    let found = names.iter().find_map(|name| Some(scope.target().variable(name)?.0));
    found.ok_or_else(|| Lack::NoName { name: names.join(" or ") })
}

/// What each record of a ring registers.
///
/// # Errors
/// The head cannot be read. What is wrong with the list comes as its last element.
pub(super) fn ring<'s>(
    scope: &'s Scope<'s>,
    head: u64,
    what: &'static str,
    of: impl FnMut(Record<'s>) -> Callbacks,
) -> Result<Callbacks, Lack> {
    walked(scope, head, |_| scope.ring(head, FIRST), what, of)
}

/// The same for a chain, whose last link is null.
///
/// # Errors
/// As [`ring`].
pub(super) fn chain<'s>(
    scope: &'s Scope<'s>,
    head: u64,
    what: &'static str,
    of: impl FnMut(Record<'s>) -> Callbacks,
) -> Result<Callbacks, Lack> {
    walked(scope, head, |first| scope.chain(first, FIRST), what, of)
}

fn walked<'s>(
    scope: &'s Scope<'s>,
    head: u64,
    walk: impl FnOnce(u64) -> Walk<'s>,
    what: &'static str,
    mut of: impl FnMut(Record<'s>) -> Callbacks,
) -> Result<Callbacks, Lack> {
    let first = Record::new(scope, head, "list head").pointer(0)?;
    // Windows fills in the head of a ring when it starts what the list is for.
    if first == 0 {
        return Ok(Vec::new());
    }
    let records = walk(first).flat_map(|at| match at {
        Ok(at) => of(Record::new(scope, at, what)),
        Err(Broken::Stopped) => vec![Err(Lack::Stopped)],
        Err(why) => vec![Err(Lack::List { what: format!("the list of {what}s"), why })],
    });
    Ok(records.collect())
}
