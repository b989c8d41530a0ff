//! A thread that was typed: by the address of its ETHREAD, or by its id.

use crate::command::{CommandError, Context};
use crate::debuggee::{Lack, Scope};
use crate::kernel::Thread;

/// Where kernel space begins: what is lower is no thread's address.
const KERNEL_SPACE: u64 = 1 << 63;

/// What was typed for a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedThread {
    /// The ETHREAD at an address.
    At(u64),
    /// The thread of an id.
    Id(u64),
}

impl AskedThread {
    /// The thread of a text: an address; an id, where the number is no kernel address or `is_id` says so; the current
    /// thread where nothing was typed or `-1`.
    ///
    /// # Errors
    /// What could not be evaluated; the current thread is not known.
    pub fn of(text: Option<&str>, is_id: bool, context: &Context<'_>) -> Result<AskedThread, CommandError> {
        let Some(text) = text.filter(|text| *text != "-1") else {
            let current = context.session.thread();
            return current
                .map(AskedThread::At)
                .ok_or_else(|| CommandError::Missing("the current thread is not known".to_owned()));
        };
        let value = context.evaluate(text)?;
        Ok(if is_id || value < KERNEL_SPACE { AskedThread::Id(value) } else { AskedThread::At(value) })
    }

    /// The thread itself.
    ///
    /// # Errors
    /// No such thread, or no types.
    pub fn find<'s>(self, scope: &'s Scope<'s>) -> Result<Thread<'s>, CommandError> {
        match self {
            AskedThread::Id(id) => by_id(scope, id),
            AskedThread::At(address) => {
                let thread = Thread::at(scope, address)?;
                // What cannot be read at all may be a thread; what is something else is none.
                match thread.is_thread() {
                    Ok(false) => Err(CommandError::Missing(format!(
                        "{address:016x} is no thread: the object there is of another type"
                    ))),
                    _ => Ok(thread),
                }
            }
        }
    }
}

/// The thread of an id, among those of all processes.
fn by_id<'s>(scope: &'s Scope<'s>, id: u64) -> Result<Thread<'s>, CommandError> {
    let mut broken = None;
    for thread in Thread::all(scope)? {
        match thread {
            Ok(thread) if thread.client_id().is_ok_and(|found| found.thread == id) => return Ok(thread),
            Ok(_) => {}
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => broken = Some(why),
        }
    }
    let text = format!("no thread has the id {id:x}");
    Err(CommandError::Missing(match broken {
        Some(why) => format!("{text}; not all threads are known: {why}"),
        None => text,
    }))
}
