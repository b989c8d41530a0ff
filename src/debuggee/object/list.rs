//! The elements of linked lists: one walk, over objects where the types are known and over addresses where not.

use super::lack::Lack;
use super::object::Object;
use super::scope::Scope;
use crate::memory::{Memory, ReadError, VirtualMemory};
use crate::symbols::types::Type;
use crate::util::links::{Broken, Links};

type Follow<'s> = Box<dyn FnMut(u64) -> Result<u64, ReadError> + 's>;

/// A step of one's own: from an element to the next one, 0 behind the last.
type Step<'s> = Box<dyn FnMut(u64) -> Result<u64, Lack> + 's>;

/// The pointer in an element that leads to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Where in an element it lies, in bytes.
    pub offset: u64,
    /// Its size in bytes, 4 or 8.
    pub size: u8,
    /// How many bytes into the next element it points.
    pub inner: u64,
}

impl Link {
    /// The element that the one at `element` leads to; 0 where its link is null.
    ///
    /// # Errors
    /// The link cannot be read.
    pub fn follow(self, element: u64, memory: &VirtualMemory) -> Result<u64, ReadError> {
        let at = element.wrapping_add(self.offset);
        let next = if self.size == 4 { memory.u32(at).map(u64::from)? } else { memory.u64(at)? };
        Ok(if next == 0 { 0 } else { next.wrapping_sub(self.inner) })
    }
}

/// Iterates over the addresses of a list's elements; what is wrong with the list comes last, as an error.
pub struct Walk<'s>(Links<'s, Follow<'s>>);

impl<'s> Scope<'s> {
    fn follow(&self, link: Link) -> Follow<'_> {
        Box::new(move |at| link.follow(at, self.memory()))
    }

    /// The elements of the ring whose head lies at `head`, which is none of them.
    pub fn ring(&self, head: u64, link: Link) -> Walk<'_> {
        Walk(Links::ring(head, self.follow(link)).stopped_by(self.stop()))
    }

    /// The elements from `first` on, up to a null pointer.
    pub fn chain(&self, first: u64, link: Link) -> Walk<'_> {
        Walk(Links::chain(first, self.follow(link)).stopped_by(self.stop()))
    }
}

/// Iterates over the addresses of elements that no single pointer links; what is wrong with the list comes last.
pub struct Steps<'s> {
    links: Links<'s, Step<'s>>,
    what: &'static str,
}

impl<'s> Scope<'s> {
    /// The elements from `first` on, each next one found by `step`, up to 0. `what` names the list in errors.
    pub fn steps(
        &'s self,
        first: u64,
        what: &'static str,
        step: impl FnMut(u64) -> Result<u64, Lack> + 's,
    ) -> Steps<'s> {
        let step: Step<'s> = Box::new(step);
        Steps { links: Links::chain(first, step).stopped_by(self.stop()), what }
    }
}

impl Iterator for Steps<'_> {
    type Item = Result<u64, Lack>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.links.next()? {
            Ok(at) => Ok(at),
            Err(Broken::Stopped) => Err(Lack::Stopped),
            Err(Broken::Link { why, .. }) => Err(why),
            Err(Broken::Loop { at }) => Err(self.broken(Broken::Loop { at })),
            Err(Broken::Null { at }) => Err(self.broken(Broken::Null { at })),
            Err(Broken::TooLong { limit }) => Err(self.broken(Broken::TooLong { limit })),
        })
    }
}

impl Steps<'_> {
    fn broken(&self, why: Broken<ReadError>) -> Lack {
        Lack::List { what: self.what.to_owned(), why }
    }
}

impl Walk<'_> {
    /// Ends with an error after `limit` elements.
    #[must_use]
    pub fn at_most(self, limit: usize) -> Self {
        Walk(self.0.at_most(limit))
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<u64, Broken<ReadError>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// Iterates over the structures of a list; what is wrong with the list comes last, as an error.
pub struct Elements<'s> {
    walk: Walk<'s>,
    /// An element at address 0.
    element: Object<'s>,
    /// How far into an element the walk's addresses lie.
    offset: u64,
    /// What the list hangs on: its head, or its first element.
    start: Object<'s>,
}

impl<'s> Object<'s> {
    /// The elements of the list whose head this LIST_ENTRY is: structures of type `ty` linked by their member `link`.
    ///
    /// # Errors
    /// No such type or member. What is wrong with the list comes as its last element.
    pub fn list(&self, ty: &str, link: &str) -> Result<Elements<'s>, Lack> {
        self.linked(ty, link, |scope, at| scope.ring(self.address(), at))
    }

    /// The elements of the list whose head this SINGLE_LIST_ENTRY is: structures of type `ty` linked by their member
    /// `link`; the last one's link is null.
    ///
    /// # Errors
    /// As [`Object::list`]; the head cannot be read.
    pub fn chain(&self, ty: &str, link: &str) -> Result<Elements<'s>, Lack> {
        let first = self.u64()?;
        self.linked(ty, link, |scope, at| scope.chain(first, at))
    }

    fn linked(
        &self,
        ty: &str,
        link: &str,
        walk: impl FnOnce(&'s Scope<'s>, Link) -> Walk<'s>,
    ) -> Result<Elements<'s>, Lack> {
        let scope = self.scope();
        let element = scope.object(ty, 0)?;
        let offset = element.field(link)?.address();
        // The pointer's size is that of the link's own type: four bytes in 32-bit structures.
        let forward = element.first_of(&[&format!("{link}.Flink"), &format!("{link}.Next"), link])?;
        let at = Link { offset: forward.address().wrapping_sub(offset), size: width(&forward), inner: 0 };
        Ok(Elements { walk: walk(scope, at), element, offset, start: self.clone() })
    }

    /// This structure and those that its member `path` leads to, up to a null pointer, or once round.
    ///
    /// # Errors
    /// No such member. What is wrong with the list comes as its last element.
    pub fn following(&self, path: &str) -> Result<Elements<'s>, Lack> {
        let link = self.link(path)?;
        let walk = self.scope().chain(self.address(), link);
        Ok(Elements { walk, element: self.moved_to(0), offset: 0, start: self.clone() })
    }

    /// The link that the member `path` is: a pointer to the structure itself points to its start, any other
    /// (`Links.Flink`) to the next element's `Links`; a LIST_ENTRY links by its first pointer.
    ///
    /// # Errors
    /// No such member.
    pub fn link(&self, path: &str) -> Result<Link, Lack> {
        let element = self.moved_to(0);
        let member = element.field(path)?;
        let outer = path.rsplit_once('.').map_or(path, |(outer, _)| outer);
        let inner = match member.ty() {
            Some(Type::Pointer { target, .. }) if target != self.type_id() => element.field(outer)?.address(),
            Some(Type::Udt(_)) => member.address(),
            _ => 0,
        };
        let first = member.first_of(&["Flink", "Next"]).unwrap_or_else(|_| member.clone());
        Ok(Link { offset: member.address(), size: width(&first), inner })
    }
}

fn width(pointer: &Object<'_>) -> u8 {
    if pointer.size() == Some(4) { 4 } else { 8 }
}

impl Elements<'_> {
    /// Ends with an error after `limit` elements.
    #[must_use]
    pub fn at_most(self, limit: usize) -> Self {
        Elements { walk: self.walk.at_most(limit), ..self }
    }
}

impl<'s> Iterator for Elements<'s> {
    type Item = Result<Object<'s>, Lack>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.walk.next()? {
            Ok(at) => Ok(self.element.moved_to(at.wrapping_sub(self.offset))),
            // A chain that comes back to where it began was a ring, walked once round.
            Err(Broken::Loop { at }) if at == self.start.address() => return None,
            Err(Broken::Stopped) => Err(Lack::Stopped),
            Err(why) => Err(Lack::List { what: self.start.what(), why }),
        })
    }
}
