//! Several dumps that are open together: systems, as the debugger calls them (`||`).

use crate::debuggee::Subject;
use std::any::Any;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// Systems that are kept open beside the current one, in one session: of those that nobody looked at for longest, files and
/// symbols are let go.
const MOST_PARKED: usize = 15;
/// Files in the list up to which more are added: a loop that adds them comes to an end.
const MOST_ADDED: usize = 256;

/// One of the dumps that were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// The path that was named.
    pub path: PathBuf,
    /// What is known of it.
    pub known: Known,
}

/// What is known of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: nobody has looked at it.
    Unopened,
    /// It is open, or was.
    Opened {
        /// How many bits its addresses have.
        bits: u32,
        /// `Kernel `, or nothing for an image.
        space: &'static str,
        /// Which kind of dump it is; `image`.
        kind: &'static str,
        /// What it is called: the path, with the name inside an archive.
        title: String,
    },
    /// It cannot be opened; why.
    Failed(String),
}

/// Why there is no such system to look at.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoSystem {
    /// There is none of that number.
    #[error("there is no system {number}; there are 0 to {last}")]
    Number {
        /// The number that was asked for.
        number: usize,
        /// The highest one.
        last: usize,
    },
    /// There are so many that no more are taken.
    #[error("{most} dumps are named, which is as many as one session takes")]
    TooMany {
        /// How many.
        most: usize,
    },
    /// Its file cannot be opened.
    #[error("system {number} is not opened: {why}")]
    Unopened {
        /// Its number.
        number: usize,
        /// What is wrong with the file.
        why: String,
    },
}

/// The dumps that are open together, as one of them sees them. Clones see the same list.
#[derive(Clone, Default)]
pub struct Systems {
    number: usize,
    /// Whether each has a session elsewhere, with a screen of its own.
    apart: bool,
    shared: Arc<Shared>,
}

/// The session of a system that nobody looks at, which only who looks at it again knows.
pub(super) type Parked = Box<dyn Any + Send>;

#[derive(Default)]
struct Shared {
    list: Mutex<Vec<System>>,
    /// The sessions that nobody looks at, the one that was left last at the end.
    parked: Mutex<VecDeque<(usize, Parked)>>,
}

/// A list is changed whole or not at all, also by who panics.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Systems {
    /// The dumps with these paths, none of them opened.
    pub fn named(paths: Vec<PathBuf>) -> Systems {
        let list = paths.into_iter().map(|path| System { path, known: Known::Unopened }).collect();
        let shared = Shared { list: Mutex::new(list), ..Shared::default() };
        Systems { shared: Arc::new(shared), ..Systems::default() }
    }

    /// Adds a file behind the others, or finds it among them; its number, and whether it is new. Where there is no list yet the
    /// first is `opened`, which is looked at.
    ///
    /// # Errors
    /// There are too many already.
    pub fn add(&self, path: &Path, opened: &Path) -> Result<(usize, bool), NoSystem> {
        let mut list = locked(&self.shared.list);
        if list.is_empty() {
            list.push(System { path: opened.to_owned(), known: Known::Unopened });
        }
        // Links and ways round lead to the same file.
        let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let wanted = whole(path);
        if let Some(number) = list.iter().position(|system| whole(&system.path) == wanted) {
            return Ok((number, false));
        }
        if list.len() >= MOST_ADDED {
            return Err(NoSystem::TooMany { most: MOST_ADDED });
        }
        list.push(System { path: path.to_owned(), known: Known::Unopened });
        Ok((list.len() - 1, true))
    }

    /// Takes a file out of the list that was added last and cannot be opened.
    pub fn forget_last(&self, number: usize) {
        let mut list = locked(&self.shared.list);
        if list.len() == number + 1 {
            list.pop();
        }
    }

    /// The same list as another one of them sees it.
    pub fn of(&self, number: usize) -> Systems {
        Systems { number, ..self.clone() }
    }

    /// From now on each has a session of its own, and none takes the place of another.
    pub fn set_apart(&mut self) {
        self.apart = true;
    }

    /// Whether each has a session of its own.
    pub fn are_apart(&self) -> bool {
        self.apart
    }

    /// The number of the one that is looked at.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Whether there are several.
    pub fn are_several(&self) -> bool {
        locked(&self.shared.list).len() > 1
    }

    /// All that were named, in their order, which gives them their numbers.
    pub fn list(&self) -> Vec<System> {
        locked(&self.shared.list).clone()
    }

    /// The paths of the other ones.
    pub fn others(&self) -> Vec<PathBuf> {
        let list = self.list().into_iter().enumerate();
        list.filter(|(number, _)| *number != self.number).map(|(_, system)| system.path).collect()
    }

    /// The path of one.
    ///
    /// # Errors
    /// There is none of that number.
    pub fn path(&self, number: usize) -> Result<PathBuf, NoSystem> {
        let list = locked(&self.shared.list);
        let none = NoSystem::Number { number, last: list.len().saturating_sub(1) };
        list.get(number).map(|system| system.path.clone()).ok_or(none)
    }

    /// Keeps that one was opened, and what it is.
    pub fn opened(&self, number: usize, subject: &Subject) {
        self.learn(number, Known::of(subject));
    }

    /// Keeps that one cannot be opened.
    pub fn failed(&self, number: usize, why: &str) {
        self.learn(number, Known::Failed(why.to_owned()));
    }

    fn learn(&self, number: usize, known: Known) {
        if let Some(system) = locked(&self.shared.list).get_mut(number) {
            system.known = known;
        }
    }

    /// The session that was left, if it is still open.
    pub(super) fn unpark(&self, number: usize) -> Option<Parked> {
        let mut parked = locked(&self.shared.parked);
        let place = parked.iter().position(|(parked, _)| *parked == number)?;
        parked.remove(place).map(|(_, session)| session)
    }

    /// Keeps a session open that nobody looks at any more.
    pub(super) fn park(&self, number: usize, session: Parked) {
        let mut parked = locked(&self.shared.parked);
        parked.push_back((number, session));
        let let_go = if parked.len() > MOST_PARKED { parked.pop_front() } else { None };
        // Closing a dump may take its time.
        drop(parked);
        drop(let_go);
    }
}

impl Known {
    /// What an open dump or image is.
    pub fn of(subject: &Subject) -> Known {
        match subject {
            Subject::Dump(dump) => Known::Opened {
                bits: dump.header().bits.count(),
                space: "Kernel ",
                kind: dump.kind().name(),
                title: dump.title(),
            },
            Subject::Image(image) => Known::Opened {
                bits: image.bits().count(),
                space: "",
                kind: "image",
                title: image.path().display().to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Systems {
        Systems::named(vec!["a.dmp".into(), "b.dmp".into()])
    }

    #[test]
    fn clones_see_the_same_list() {
        let first = two();
        let second = first.of(1);
        second.failed(1, "no dump");
        assert_eq!(first.list()[1].known, Known::Failed("no dump".to_owned()));
        assert_eq!((first.others(), second.others()), (vec!["b.dmp".into()], vec!["a.dmp".into()]));
    }

    #[test]
    fn a_file_is_added_once_and_can_be_taken_out_again() {
        let systems = Systems::default();
        let opened = Path::new("a.dmp");
        assert_eq!(systems.add(Path::new("b.dmp"), opened), Ok((1, true)));
        assert_eq!(systems.of(1).add(Path::new("a.dmp"), opened), Ok((0, false)));
        systems.forget_last(0);
        assert_eq!(systems.list().len(), 2, "only the last one is taken out");
        systems.forget_last(1);
        assert_eq!(systems.others(), Vec::<PathBuf>::new());
        for number in 1..MOST_ADDED {
            assert_eq!(systems.add(Path::new(&format!("{number}.dmp")), opened), Ok((number, true)));
        }
        assert_eq!(systems.add(Path::new("one.dmp"), opened), Err(NoSystem::TooMany { most: MOST_ADDED }));
    }

    #[test]
    fn numbers_are_those_that_were_named() {
        assert!(two().are_several() && !Systems::default().are_several());
        assert_eq!(two().path(1), Ok("b.dmp".into()));
        let none = NoSystem::Number { number: 2, last: 1 };
        assert_eq!(none.to_string(), "there is no system 2; there are 0 to 1");
        assert_eq!(two().path(2), Err(none));
    }
}
