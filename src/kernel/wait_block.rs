//! KWAIT_BLOCK: what ties a thread to an object that it waits for.

use super::dispatcher::Dispatcher;
use super::thread::Thread;
use crate::debuggee::{Lack, Link, Object};
use crate::util::links::Broken;

/// A wait block. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct WaitBlock<'s>(Object<'s>);

/// A thread waits for 64 objects (MAXIMUM_WAIT_OBJECTS of the public headers) and a timer at most.
const MOST: u64 = 65;

impl<'s> WaitBlock<'s> {
    /// The wait blocks of a thread, one for each object that it waits for, or waited for last; what is wrong with them
    /// comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn of(thread: &Thread<'s>) -> Result<Vec<Result<WaitBlock<'s>, Lack>>, Lack> {
        let list = thread.object().field("Tcb.WaitBlockList")?;
        let first = match list.pointee_as("nt!_KWAIT_BLOCK") {
            Err(Lack::Null { .. }) => return Ok(Vec::new()),
            first => first?,
        };
        // Until Windows 7 the blocks form a ring; since Windows 8 they lie behind one another.
        if first.has("NextWaitBlock") {
            return Ok(ring(&first));
        }
        let size = first.size().unwrap_or(0x30);
        let count = thread.object().field("Tcb.WaitBlockCount")?.u64()?;
        let block = |index| first.moved_to(first.address().wrapping_add(index * size));
        Ok((0..count.min(MOST)).map(|index| Ok(WaitBlock(block(index)))).collect())
    }

    /// Address of the block.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// The object that is waited for.
    ///
    /// # Errors
    /// [`Lack::Null`] where there is none: threads that wait for an alert, or a block that was never used.
    pub fn dispatcher(&self) -> Result<Dispatcher<'s>, Lack> {
        let object = self.0.field("Object")?;
        match object.u64()? {
            0 => Err(Lack::Null { what: object.what() }),
            address => Dispatcher::at(self.0.scope(), address),
        }
    }
}

impl<'s> Dispatcher<'s> {
    /// The objects that a thread waits for, or waited for last; what is wrong with its wait blocks comes last.
    ///
    /// # Errors
    /// As [`WaitBlock::of`].
    pub fn waited_for(thread: &Thread<'s>) -> Result<Vec<Result<Dispatcher<'s>, Lack>>, Lack> {
        let object = |block: Result<WaitBlock<'s>, Lack>| match block.and_then(|block| block.dispatcher()) {
            // A block without an object: the thread waits for an alert.
            Err(Lack::Null { .. }) => None,
            object => Some(object),
        };
        Ok(WaitBlock::of(thread)?.into_iter().filter_map(object).collect())
    }

    /// The threads that wait for it, the longest first; what is wrong with the list comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn waiters(&self) -> Result<impl Iterator<Item = Result<Thread<'s>, Lack>> + use<'s>, Lack> {
        let scope = self.object().scope();
        let blocks = self.object().field("WaitListHead")?.list("nt!_KWAIT_BLOCK", "WaitListEntry")?;
        Ok(blocks.map(|block| Thread::at(scope, block?.field("Thread")?.u64()?)))
    }
}

/// The blocks of a ring that `first` is one of.
fn ring<'s>(first: &Object<'s>) -> Vec<Result<WaitBlock<'s>, Lack>> {
    let scope = first.scope();
    let offset = first.field("NextWaitBlock").map_or(0, |next| next.address().wrapping_sub(first.address()));
    let rest = scope.ring(first.address(), Link { offset, size: 8, inner: 0 }).at_most(MOST as usize);
    let rest = rest.map(|block| match block {
        Ok(at) => Ok(WaitBlock(first.moved_to(at))),
        Err(Broken::Stopped) => Err(Lack::Stopped),
        Err(why) => Err(Lack::List { what: first.what(), why }),
    });
    std::iter::once(Ok(WaitBlock(first.clone()))).chain(rest).collect()
}
