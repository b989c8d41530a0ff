//! The one walk along links that lead from element to element: bounded, checked for loops, and stoppable.

use super::cancel::CancelToken;
use super::hex::tick;
use std::collections::HashSet;
use std::fmt;

/// The most elements that are followed unless a caller says otherwise: far more than any list of a kernel has, and
/// little enough to remember.
pub const MAX_ELEMENTS: usize = 1 << 20;

/// Why a walk ended before the end of its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken<E> {
    /// The list comes back to an element that is not its head.
    Loop {
        /// That element.
        at: u64,
    },
    /// A link of a ring is null; a ring ends at its head.
    Null {
        /// The element whose link it is; the head where the first link is null.
        at: u64,
    },
    /// More elements than the bound.
    TooLong {
        /// The bound.
        limit: usize,
    },
    /// A link cannot be followed.
    Link {
        /// The element whose link it is.
        at: u64,
        /// Why.
        why: E,
    },
    /// Someone stopped the walk.
    Stopped,
}

impl<E: fmt::Display> fmt::Display for Broken<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Loop { at } => {
                write!(f, "the list turns back to {} and never returns to its head", tick(*at))
            }
            Broken::Null { at } => write!(f, "the link of {} is null", tick(*at)),
            Broken::TooLong { limit } => write!(f, "not followed beyond {limit} elements"),
            Broken::Link { why, .. } => write!(f, "the rest cannot be followed: {why}"),
            Broken::Stopped => f.write_str("stopped"),
        }
    }
}

/// How a list ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// At its head, which is no element.
    Ring { head: u64 },
    /// At null.
    Chain,
}

/// The elements of a list, each before its own link is read: what is wrong with the list comes last, as an error.
#[derive(Debug)]
pub struct Links<'s, F> {
    kind: Kind,
    follow: F,
    /// The element whose link is to be read next; `None` before the first.
    last: Option<u64>,
    first: u64,
    seen: HashSet<u64>,
    limit: usize,
    stop: Option<&'s CancelToken>,
    ended: bool,
}

impl<'s, E, F: FnMut(u64) -> Result<u64, E>> Links<'s, F> {
    /// The elements of a ring such as a LIST_ENTRY's: from what `head` links to until the list is back at `head`.
    pub fn ring(head: u64, follow: F) -> Links<'s, F> {
        Links { last: Some(head), ..Links::new(Kind::Ring { head }, head, follow) }
    }

    /// The elements of a chain such as a SINGLE_LIST_ENTRY's: `first` and what it leads to until a link is null.
    pub fn chain(first: u64, follow: F) -> Links<'s, F> {
        Links::new(Kind::Chain, first, follow)
    }

    fn new(kind: Kind, first: u64, follow: F) -> Links<'s, F> {
        Links {
            kind,
            follow,
            last: None,
            first,
            seen: HashSet::new(),
            limit: MAX_ELEMENTS,
            stop: None,
            ended: false,
        }
    }

    /// Ends with [`Broken::TooLong`] after `limit` elements.
    #[must_use]
    pub fn at_most(self, limit: usize) -> Links<'s, F> {
        Links { limit, ..self }
    }

    /// Ends with [`Broken::Stopped`] when this says so.
    #[must_use]
    pub fn stopped_by(self, stop: &'s CancelToken) -> Links<'s, F> {
        Links { stop: Some(stop), ..self }
    }

    fn step(&mut self) -> Result<Option<u64>, Broken<E>> {
        if self.stop.is_some_and(CancelToken::is_cancelled) {
            return Err(Broken::Stopped);
        }
        let next = match self.last {
            None => self.first,
            Some(at) => (self.follow)(at).map_err(|why| Broken::Link { at, why })?,
        };
        match self.kind {
            Kind::Ring { head } if next == head => return Ok(None),
            Kind::Ring { head } if next == 0 => return Err(Broken::Null { at: self.last.unwrap_or(head) }),
            Kind::Chain if next == 0 => return Ok(None),
            _ => {}
        }
        if self.seen.contains(&next) {
            return Err(Broken::Loop { at: next });
        }
        if self.seen.len() >= self.limit {
            return Err(Broken::TooLong { limit: self.limit });
        }
        self.seen.insert(next);
        self.last = Some(next);
        Ok(Some(next))
    }
}

impl<E, F: FnMut(u64) -> Result<u64, E>> Iterator for Links<'_, F> {
    type Item = Result<u64, Broken<E>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let step = self.step();
        self.ended = !matches!(step, Ok(Some(_)));
        step.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows links from a table; what is not in it cannot be read.
    fn follow<'t>(table: &'t [(u64, u64)]) -> impl FnMut(u64) -> Result<u64, &'static str> + 't {
        |at| table.iter().find(|(from, _)| *from == at).map(|(_, to)| *to).ok_or("unreadable")
    }

    #[test]
    fn a_ring_ends_at_its_head_and_a_chain_at_null() {
        let ring = [(1, 2), (2, 3), (3, 1)];
        assert_eq!(Links::ring(1, follow(&ring)).collect::<Vec<_>>(), [Ok(2), Ok(3)]);
        assert_eq!(Links::ring(1, follow(&[(1, 1)])).count(), 0);
        let chain = [(2, 3), (3, 0)];
        assert_eq!(Links::chain(2, follow(&chain)).collect::<Vec<_>>(), [Ok(2), Ok(3)]);
        assert_eq!(Links::chain(0, follow(&chain)).count(), 0);
    }

    #[test]
    fn what_is_wrong_comes_last() {
        let broken = |table: &[(u64, u64)]| Links::ring(1, follow(table)).last();
        assert_eq!(broken(&[(1, 2), (2, 3), (3, 2)]), Some(Err(Broken::Loop { at: 2 })));
        assert_eq!(broken(&[(1, 2), (2, 0)]), Some(Err(Broken::Null { at: 2 })));
        assert_eq!(broken(&[(1, 2)]), Some(Err(Broken::Link { at: 2, why: "unreadable" })));
        let endless = Links::chain(1, |at| Ok::<_, ()>(at + 1)).at_most(3);
        assert_eq!(endless.collect::<Vec<_>>(), [Ok(1), Ok(2), Ok(3), Err(Broken::TooLong { limit: 3 })]);
    }

    #[test]
    fn a_walk_can_be_stopped() {
        let stop = CancelToken::default();
        let mut walk = Links::chain(1, |at| Ok::<_, ()>(at + 1)).stopped_by(&stop);
        assert_eq!(walk.next(), Some(Ok(1)));
        stop.cancel();
        assert_eq!(walk.next(), Some(Err(Broken::Stopped)));
        assert_eq!(walk.next(), None);
    }
}
