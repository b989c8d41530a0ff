//! The stacks of many threads, each in its own process's address space, and those of them that are alike.

use super::stack::{Walker, space};
use super::thread::Thread;
use crate::debuggee::{Lack, Scope};
use crate::unwind::{Frame, Stack};
use crate::util::order::Order;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// A thread whose stack was walked.
pub struct WalkedThread<'s> {
    /// The thread.
    pub thread: Thread<'s>,
    /// The address space that its stack stands in; threads of one process share it.
    pub space: Rc<Scope<'s>>,
    /// Its stack, or why it is not known.
    pub stack: Result<Stack, Lack>,
}

/// Walks the stacks of threads one by one. Those that follow one another and are attached to one process are walked with
/// what was read of its images before.
///
/// # Errors
/// What `visit` fails with, which ends the walk; it is given what is wrong with the list of threads, too.
pub fn walk_each<'s, E>(
    threads: impl Iterator<Item = Result<Thread<'s>, Lack>>,
    max_frames: usize,
    mut visit: impl FnMut(Result<WalkedThread<'s>, Lack>) -> Result<(), E>,
) -> Result<(), E> {
    let mut threads = threads.peekable();
    while let Some(first) = threads.next() {
        let first = match first {
            Ok(first) => first,
            Err(why) => {
                visit(Err(why))?;
                continue;
            }
        };
        let process = first.attached_process().ok();
        let space = Rc::new(space(&first));
        let mut walker = Walker::new(&space);
        let mut next = Some(first);
        while let Some(thread) = next {
            let stack = walker.walk(&thread, max_frames);
            visit(Ok(WalkedThread { thread, space: Rc::clone(&space), stack }))?;
            let same = |thread: &Result<Thread<'s>, Lack>| {
                thread.as_ref().is_ok_and(|thread| thread.attached_process().ok() == process)
            };
            next = threads.next_if(same).and_then(Result::ok);
        }
    }
    Ok(())
}

/// Threads whose stacks are alike.
pub struct UniqueStack<'s> {
    /// The stack of the first.
    pub stack: Stack,
    /// The address space that it stands in.
    pub space: Rc<Scope<'s>>,
    /// The threads, in the order in which they came.
    pub threads: Vec<Thread<'s>>,
}

/// Stacks by what they are.
#[derive(Default)]
pub struct UniqueStacks<'s> {
    found: HashMap<Vec<(u64, u64)>, usize>,
    stacks: Vec<UniqueStack<'s>>,
    /// For each process and instruction pointer in user space: which image it lies in.
    images: HashMap<String, u64>,
}

impl<'s> UniqueStacks<'s> {
    /// None yet.
    pub fn new() -> UniqueStacks<'s> {
        UniqueStacks { found: HashMap::new(), stacks: Vec::new(), images: HashMap::new() }
    }

    /// Adds a thread's stack, of which the frames that `counts` decide whether it is like another.
    pub fn add(
        &mut self,
        thread: Thread<'s>,
        space: Rc<Scope<'s>>,
        stack: Stack,
        counts: impl Fn(&Frame) -> bool,
    ) {
        let frames = stack.physical().filter(|frame| counts(frame));
        let ips: Vec<u64> = frames.map(|frame| frame.ip).collect();
        let key = ips.into_iter().map(|ip| (ip, self.image(ip, &space))).collect();
        match self.found.entry(key) {
            Entry::Occupied(entry) => {
                if let Some(known) = self.stacks.get_mut(*entry.get()) {
                    known.threads.push(thread);
                }
            }
            Entry::Vacant(entry) => {
                entry.insert(self.stacks.len());
                self.stacks.push(UniqueStack { stack, space, threads: vec![thread] });
            }
        }
    }

    /// A number for the image that an address lies in: other processes have other programs at the same addresses. The
    /// kernel's modules are the same for all.
    fn image(&mut self, ip: u64, space: &Scope<'_>) -> u64 {
        if ip >> 63 == 1 {
            return 0;
        }
        let Some(module) = space.modules().at(ip) else { return 0 };
        if let Some(&known) = self.images.get(&module.image_name) {
            return known;
        }
        let number = self.images.len() as u64 + 1;
        self.images.insert(module.image_name.clone(), number);
        number
    }

    /// The stacks, those of few threads first; among these in the order in which they came.
    pub fn by_count(self) -> Vec<UniqueStack<'s>> {
        let mut stacks = self.stacks;
        stacks.order_by_key(|stack| stack.threads.len());
        stacks
    }

    /// The stacks in the order in which they came.
    pub fn in_order(self) -> Vec<UniqueStack<'s>> {
        self.stacks
    }
}
