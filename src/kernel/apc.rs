//! APCs: calls that wait to be made by a thread, in two lists a thread.

use super::thread::Thread;
use crate::debuggee::{Lack, Object, Scope};
use std::fmt;

/// Where an APC's function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApcMode {
    /// In the kernel.
    Kernel,
    /// In user code.
    User,
}

impl ApcMode {
    /// Both, in the order of KAPC_STATE.ApcListHead.
    pub const ALL: [ApcMode; 2] = [ApcMode::Kernel, ApcMode::User];
}

impl fmt::Display for ApcMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ApcMode::Kernel => "KERNEL",
            ApcMode::User => "USER",
        })
    }
}

/// A KAPC.
#[derive(Clone)]
pub struct Apc<'s>(Object<'s>);

impl<'s> Apc<'s> {
    /// The APC at an address.
    ///
    /// # Errors
    /// Where the layout of `_KAPC` is not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Apc<'s>, Lack> {
        scope.object("nt!_KAPC", address).map(Apc)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Its type: 18 for an APC.
    pub fn ty(&self) -> Result<u64, Lack> {
        self.0.field("Type")?.u64()
    }

    /// The thread that is to make the call.
    pub fn thread(&self) -> Result<u64, Lack> {
        self.0.field("Thread")?.u64()
    }

    /// The function that the kernel calls first.
    pub fn kernel_routine(&self) -> Result<u64, Lack> {
        self.0.field("KernelRoutine")?.u64()
    }

    /// The function that is called instead where the thread ends before; 0 for none.
    pub fn rundown_routine(&self) -> Result<u64, Lack> {
        self.0.field("RundownRoutine")?.u64()
    }

    /// The function that is called in the end; 0 for a special kernel APC, which has none.
    pub fn normal_routine(&self) -> Result<u64, Lack> {
        self.0.field("NormalRoutine")?.u64()
    }

    /// What that function is called with.
    pub fn normal_context(&self) -> Result<u64, Lack> {
        self.0.field("NormalContext")?.u64()
    }
}

/// A list of a thread: the APCs of one mode, for one of its two environments.
#[derive(Clone)]
pub struct ApcList<'s> {
    head: Object<'s>,
    mode: ApcMode,
    environment: u64,
}

impl<'s> ApcList<'s> {
    /// The lists of a thread: those in force, and those that were put aside when it went into another process's address
    /// space.
    ///
    /// # Errors
    /// Where the layout is not known, or the thread cannot be read.
    pub fn all(thread: &Thread<'s>) -> Result<Vec<ApcList<'s>>, Lack> {
        let environment = thread.object().field("Tcb.ApcStateIndex")?.u64()?;
        let mut lists = ApcList::of_state(thread, "Tcb.ApcState", environment)?;
        if environment == 1 {
            lists.extend(ApcList::of_state(thread, "Tcb.SavedApcState", 0)?);
        }
        Ok(lists)
    }

    fn of_state(thread: &Thread<'s>, state: &str, environment: u64) -> Result<Vec<ApcList<'s>>, Lack> {
        let heads = thread.object().field(state)?.field("ApcListHead")?;
        let list = |(index, mode)| Ok(ApcList { head: heads.index(index)?, mode, environment });
        (0..).zip(ApcMode::ALL).map(list).collect()
    }

    /// Where its functions run.
    pub fn mode(&self) -> ApcMode {
        self.mode
    }

    /// 0 for the thread's own process, 1 for one that it is attached to.
    pub fn environment(&self) -> u64 {
        self.environment
    }

    /// Address of its head.
    pub fn address(&self) -> u64 {
        self.head.address()
    }

    /// Whether nothing is in it. A head that was never made is as empty.
    pub fn is_empty(&self) -> Result<bool, Lack> {
        let first = self.head.field("Flink")?.u64()?;
        Ok(first == 0 || first == self.head.address())
    }

    /// Its APCs, next first; what is wrong with the list comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn apcs(&self) -> Result<impl Iterator<Item = Result<Apc<'s>, Lack>> + use<'s>, Lack> {
        Ok(self.head.list("nt!_KAPC", "ApcListEntry")?.map(|apc| apc.map(Apc)))
    }
}
