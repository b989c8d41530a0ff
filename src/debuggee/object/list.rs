//! The elements of a linked list.

use super::lack::Lack;
use super::object::Object;
use crate::memory::{Memory, ReadError};
use crate::util::links::{Broken, Links};

type Follow<'s> = Box<dyn FnMut(u64) -> Result<u64, ReadError> + 's>;

/// Iterates over the structures of a list; what is wrong with the list comes last, as an error.
pub struct Elements<'s> {
    links: Links<'s, Follow<'s>>,
    /// An element at address 0.
    element: Object<'s>,
    /// Where the links lie in an element.
    offset: u64,
    head: Object<'s>,
}

impl<'s> Object<'s> {
    /// The elements of the list whose head this LIST_ENTRY is: structures of type `ty` linked by their member `link`.
    ///
    /// # Errors
    /// No such type or member. What is wrong with the list comes as its last element.
    pub fn list(&self, ty: &str, link: &str) -> Result<Elements<'s>, Lack> {
        Elements::new(self, ty, link, Links::ring)
    }

    /// The elements of the list whose head this SINGLE_LIST_ENTRY is: structures of type `ty` linked by their member
    /// `link`; the last one's link is null.
    ///
    /// # Errors
    /// As [`Object::list`]; the head cannot be read.
    pub fn chain(&self, ty: &str, link: &str) -> Result<Elements<'s>, Lack> {
        let first = self.u64()?;
        Elements::new(self, ty, link, |_, follow| Links::chain(first, follow))
    }
}

impl<'s> Elements<'s> {
    fn new(
        head: &Object<'s>,
        ty: &str,
        link: &str,
        links: impl FnOnce(u64, Follow<'s>) -> Links<'s, Follow<'s>>,
    ) -> Result<Elements<'s>, Lack> {
        let scope = head.scope();
        let element = scope.object(ty, 0)?;
        let offset = element.field(link)?.address();
        // The pointer's size is that of the link's own type: four bytes in 32-bit structures.
        let forward = element.first_of(&[&format!("{link}.Flink"), &format!("{link}.Next"), link])?;
        let inner = forward.address().wrapping_sub(offset);
        let size = forward.size();
        let memory = scope.memory();
        let follow: Follow<'s> = Box::new(move |at| {
            let at = at.wrapping_add(inner);
            if size == Some(4) { memory.u32(at).map(u64::from) } else { memory.u64(at) }
        });
        let links = links(head.address(), follow).stopped_by(scope.stop());
        Ok(Elements { links, element, offset, head: head.clone() })
    }

    /// Ends with an error after `limit` elements.
    #[must_use]
    pub fn at_most(self, limit: usize) -> Elements<'s> {
        Elements { links: self.links.at_most(limit), ..self }
    }
}

impl<'s> Iterator for Elements<'s> {
    type Item = Result<Object<'s>, Lack>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.links.next()? {
            Ok(at) => Ok(self.element.moved_to(at.wrapping_sub(self.offset))),
            Err(Broken::Stopped) => Err(Lack::Stopped),
            Err(why) => Err(Lack::List { what: self.head.what(), why }),
        })
    }
}
