//! ETHREAD.

use super::dispatcher::{Dispatcher, DispatcherKind};
use super::process::Process;
use super::wait::{ThreadState, WaitReason};
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;

/// CLIENT_ID: which thread of which process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientId {
    /// Process id.
    pub process: u64,
    /// Thread id.
    pub thread: u64,
}

/// How far a server may act as its client (SECURITY_IMPERSONATION_LEVEL of the public headers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It does not know the client.
    Anonymous,
    /// It may ask who the client is.
    Identification,
    /// It may act as the client on this computer.
    Impersonation,
    /// It may act as the client anywhere.
    Delegation,
}

/// On whose behalf a thread acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impersonation {
    /// Address of the token.
    pub token: u64,
    /// How far.
    pub level: Level,
}

/// A thread. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Thread<'s>(Object<'s>);

/// What idle threads of Windows 11 have for a priority at times (public outputs of `!mex.running` on build 22621).
const IDLE_PRIORITY: u64 = 63;

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

    /// Whether a thread lies there: what every object that can be waited for begins with says which kind it is. An IRP
    /// begins with the same number, so the owner must be a process, too.
    pub fn is_thread(&self) -> Result<bool, Lack> {
        let scope = self.0.scope();
        if Dispatcher::at(scope, self.address())?.kind()? != DispatcherKind::Thread {
            return Ok(false);
        }
        let owner = Dispatcher::at(scope, self.process()?)?.kind();
        Ok(owner.map_or_else(|_| self.process() != Ok(0), |kind| kind == DispatcherKind::Process))
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

    /// Its priority now, 0 to 31; of an idle thread also 63.
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
            0..32 | IDLE_PRIORITY => Ok(level),
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

    /// Address of the queue that it takes work from; [`Lack::Null`] where it takes none.
    pub fn queue(&self) -> Result<u64, Lack> {
        let queue = self.0.field("Tcb.Queue")?;
        match queue.u64()? {
            0 => Err(Lack::Null { what: queue.what() }),
            address => Ok(address),
        }
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

    /// Where its kernel stack begins: below the space that the processor's extended state takes.
    pub fn initial_stack(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.InitialStack")?.u64()
    }

    /// The kernel stack on which it called user code back; 0 where it did not. Windows 8 and later keep none.
    pub fn callback_stack(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.CallbackStack")?.u64()
    }

    /// How often it was suspended and not resumed.
    pub fn suspend_count(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.SuspendCount")?.u64()
    }

    /// How often its process was frozen and not thawed.
    pub fn freeze_count(&self) -> Result<u64, Lack> {
        self.0.field("Tcb.FreezeCount")?.u64()
    }

    /// Priority that it has because its process is in the foreground: the low half of a byte.
    pub fn foreground_boost(&self) -> Result<u64, Lack> {
        // PriorityDecrement stands for both halves where the layout has no bit-fields.
        Ok(self.0.field("Tcb.PriorityDecrement")?.u64()? & 0xf)
    }

    /// Priority that it has for another reason: the high half of that byte.
    pub fn unusual_boost(&self) -> Result<u64, Lack> {
        Ok(self.0.field("Tcb.PriorityDecrement")?.u64()? >> 4 & 0xf)
    }

    /// Priority of its requests, 0 to 7.
    pub fn io_priority(&self) -> Result<u64, Lack> {
        self.0.field("ThreadIoPriority")?.u64()
    }

    /// Priority of the pages that it touches, 0 to 7.
    pub fn page_priority(&self) -> Result<u64, Lack> {
        self.0.field("ThreadPagePriority")?.u64()
    }

    /// On whose behalf it acts; `None` on its process's own.
    pub fn impersonation(&self) -> Result<Option<Impersonation>, Lack> {
        if !self.0.field("ActiveImpersonationInfo")?.is_set()? {
            return Ok(None);
        }
        // PS_CLIENT_SECURITY_CONTEXT: the token's address, with the level in two bits and EffectiveOnly in the third.
        let context = self.0.field("ClientSecurity")?;
        let data = self.0.scope().memory().u64(context.address());
        let data = data.map_err(|why| Lack::Unreadable { what: context.what(), why })?;
        let level = match data & 3 {
            0 => Level::Anonymous,
            1 => Level::Identification,
            2 => Level::Impersonation,
            _ => Level::Delegation,
        };
        Ok(Some(Impersonation { token: data & !7, level }))
    }

    /// Address of the ALPC message that it waits to be answered; [`Lack::Null`] where it waits for none.
    pub fn alpc_message(&self) -> Result<Object<'s>, Lack> {
        let message = self.0.field("AlpcMessage")?;
        // While it receives, a small number takes the pointer's place.
        match message.u64()? {
            0..0x1_0000_0000 => Err(Lack::Null { what: message.what() }),
            address => self.0.scope().object("nt!_KALPC_MESSAGE", address),
        }
    }

    /// Whether its kernel stack is in memory.
    pub fn is_stack_resident(&self) -> Result<bool, Lack> {
        self.0.field("Tcb.KernelStackResident")?.is_set()
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
