//! ETHREAD.

use super::process::Process;
use super::wait::{ThreadState, WaitReason};
use crate::debuggee::{Lack, Object, Scope};

/// CLIENT_ID: which thread of which process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientId {
    /// Process id.
    pub process: u64,
    /// Thread id.
    pub thread: u64,
}

/// A thread. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Thread<'s>(Object<'s>);

impl<'s> Thread<'s> {
    /// The thread whose ETHREAD lies at an address.
    ///
    /// # Errors
    /// Where no layout of `_ETHREAD` is at hand, or the dump contradicts it.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Thread<'s>, Lack> {
        scope.object("nt!_ETHREAD", address).map(Thread)
    }

    /// The threads of a process.
    ///
    /// # Errors
    /// Where the types are not known; what is wrong with the list comes as its last element.
    pub fn of_process(
        process: &Process<'s>,
    ) -> Result<impl Iterator<Item = Result<Thread<'s>, Lack>> + use<'s>, Lack> {
        let threads = process.object().field("ThreadListHead")?.list("nt!_ETHREAD", "ThreadListEntry")?;
        Ok(threads.map(|thread| thread.map(Thread)))
    }

    /// Every thread of every process, process by process. A process whose threads cannot be listed gives its reason and
    /// the walk goes on with the next.
    ///
    /// # Errors
    /// As [`Process::all`].
    pub fn all(scope: &'s Scope<'s>) -> Result<impl Iterator<Item = Result<Thread<'s>, Lack>>, Lack> {
        Ok(Process::all(scope)?.flat_map(|process| {
            match process.and_then(|process| Thread::of_process(&process)) {
                Ok(threads) => ThreadsOrLack::Threads(threads),
                Err(lack) => ThreadsOrLack::Lack(Some(lack)),
            }
        }))
    }

    /// The ETHREAD itself.
    pub fn object(&self) -> &Object<'s> {
        &self.0
    }

    /// Address of the ETHREAD.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Its ids.
    pub fn client_id(&self) -> Result<ClientId, Lack> {
        Ok(ClientId {
            process: self.0.field("Cid.UniqueProcess")?.u64()?,
            thread: self.0.field("Cid.UniqueThread")?.u64()?,
        })
    }

    /// Address of the TEB; 0 for threads without user space.
    pub fn teb(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.Teb")?.u64()
    }

    /// Address of its state in win32k; 0 for threads that never used windows.
    pub fn win32_thread(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.Win32Thread")?.u64()
    }

    /// The processor that it runs or will run on, as stored: the high bit says that it stands in a shared queue.
    pub fn next_processor(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.NextProcessor")?.u64()
    }

    /// Whether an APC for user code would end its wait.
    pub fn is_alertable(&self) -> Result<bool, Lack> {
        self.0.field("Tcb.Alertable")?.is_set()
    }

    /// Address of the process that owns it.
    pub fn process(&self) -> Result<u64, Lack> {
        // KTHREAD.Process came with Windows 7; before, ETHREAD kept it.
        self.0.first_of(&["Tcb.Process", "ThreadsProcess"])?.u64()
    }

    /// Address of the process whose address space it uses.
    pub fn attached_process(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.ApcState.Process")?.u64()
    }

    /// What the scheduler does with it.
    pub fn state(&self) -> Result<ThreadState, Lack> {
        self.0.field("Tcb.State")?.u64().map(ThreadState::from)
    }

    /// Why it waits, or waited last.
    pub fn wait_reason(&self) -> Result<WaitReason, Lack> {
        self.0.field("Tcb.WaitReason")?.u64().map(WaitReason::from)
    }

    /// Whether it waits on behalf of user code.
    pub fn waits_in_user_mode(&self) -> Result<bool, Lack> {
        self.0.field("Tcb.WaitMode")?.is_set()
    }

    /// The tick count at which its state changed last: when it began to wait, to run, or to be ready.
    pub fn wait_time(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.WaitTime")?.u64()
    }

    /// Its priority now, 0 to 31.
    pub fn priority(&self) -> Result<u64, Lack> {
        self.level("Tcb.Priority")
    }

    /// The priority without boosts, 0 to 31.
    pub fn base_priority(&self) -> Result<u64, Lack> {
        self.level("Tcb.BasePriority")
    }

    /// A member that can hold a priority only: anything else is no thread, or another build's.
    fn level(&self, path: &str) -> Result<u64, Lack> {
        let member = self.0.field(path)?;
        member.u64().and_then(|level| match level {
            0..32 => Ok(level),
            _ => Err(Lack::Shape { what: member.what(), wanted: "priority" }),
        })
    }

    /// The processors of its group that it may run on, a bit each.
    pub fn affinity(&self) -> Result<u64, Lack> {
        // A KAFFINITY alone before Windows 7, then a GROUP_AFFINITY; the newest builds point to a KAFFINITY_EX.
        self.0.first_of(&["Tcb.Affinity.Mask", "Tcb.Affinity"])?.u64()
    }

    /// The processor that the scheduler likes best for it.
    pub fn ideal_processor(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.IdealProcessor")?.u64()
    }

    /// How often it was switched to.
    pub fn context_switches(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.ContextSwitches")?.u64()
    }

    /// Ticks that it ran in the kernel.
    pub fn kernel_time(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.KernelTime")?.u64()
    }

    /// Ticks that it ran user code.
    pub fn user_time(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.UserTime")?.u64()
    }

    /// Where its code begins as Win32 sees it; that of the thread itself where Win32 says nothing.
    pub fn start_address(&self) -> Result<u64, Lack> {
        let win32 = self.0.field("Win32StartAddress").and_then(|start| start.u64());
        match win32 {
            Ok(start) if start != 0 => Ok(start),
            _ => self.0.field("StartAddress")?.u64(),
        }
    }

    /// The address after the highest byte of its kernel stack.
    pub fn stack_base(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.StackBase")?.u64()
    }

    /// The lowest address of its kernel stack.
    pub fn stack_limit(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.StackLimit")?.u64()
    }

    /// Where its kernel stack stood when it was switched out.
    pub fn kernel_stack(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.KernelStack")?.u64()
    }
}

/// The threads of a process, or why there are none.
enum ThreadsOrLack<T> {
    Threads(T),
    Lack(Option<Lack>),
}

impl<'s, T: Iterator<Item = Result<Thread<'s>, Lack>>> Iterator for ThreadsOrLack<T> {
    type Item = Result<Thread<'s>, Lack>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            ThreadsOrLack::Threads(threads) => threads.next(),
            ThreadsOrLack::Lack(lack) => lack.take().map(Err),
        }
    }
}
