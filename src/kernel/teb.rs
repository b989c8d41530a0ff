//! TEB: what a thread keeps in user space.

use super::thread::{ClientId, Thread};
use crate::debuggee::{Lack, Object, Scope};

/// A thread's block in user space. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Teb<'s>(Object<'s>);

impl<'s> Teb<'s> {
    /// The block at an address, in the memory of the scope's process.
    ///
    /// # Errors
    /// Where no layout of `_TEB` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Teb<'s>, Lack> {
        scope.object("nt!_TEB", address).map(Teb)
    }

    /// Where a thread's block lies; [`Lack::Null`] for threads without user space.
    ///
    /// # Errors
    /// As [`Thread::teb`].
    pub fn address_of(thread: &Thread<'_>) -> Result<u64, Lack> {
        match thread.teb()? {
            0 => Err(Lack::Null { what: format!("the TEB of thread {:016x}", thread.address()) }),
            teb => Ok(teb),
        }
    }

    /// Address of the block.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A member that is an address or a number.
    fn value(&self, path: &str) -> Result<u64, Lack> {
        self.0.field(path)?.u64()
    }

    /// Head of the chain of exception handlers; 0 in 64-bit code.
    pub fn exception_list(&self) -> Result<u64, Lack> {
        self.value("NtTib.ExceptionList")
    }

    /// The address after the highest byte of the user stack.
    pub fn stack_base(&self) -> Result<u64, Lack> {
        self.value("NtTib.StackBase")
    }

    /// The lowest address of the user stack that is committed.
    pub fn stack_limit(&self) -> Result<u64, Lack> {
        self.value("NtTib.StackLimit")
    }

    /// What the subsystem keeps.
    pub fn subsystem_tib(&self) -> Result<u64, Lack> {
        self.value("NtTib.SubSystemTib")
    }

    /// The fiber that runs, or the version.
    pub fn fiber_data(&self) -> Result<u64, Lack> {
        self.value("NtTib.FiberData")
    }

    /// A pointer that anyone may use.
    pub fn arbitrary_user_pointer(&self) -> Result<u64, Lack> {
        self.value("NtTib.ArbitraryUserPointer")
    }

    /// The block's own address.
    pub fn own_address(&self) -> Result<u64, Lack> {
        self.value("NtTib.Self")
    }

    /// Nothing in Windows.
    pub fn environment_pointer(&self) -> Result<u64, Lack> {
        self.value("EnvironmentPointer")
    }

    /// The thread's ids.
    pub fn client_id(&self) -> Result<ClientId, Lack> {
        Ok(ClientId {
            process: self.value("ClientId.UniqueProcess")?,
            thread: self.value("ClientId.UniqueThread")?,
        })
    }

    /// Handle of the remote call that runs.
    pub fn rpc_handle(&self) -> Result<u64, Lack> {
        self.value("ActiveRpcHandle")
    }

    /// Array of the thread's own variables.
    pub fn tls_storage(&self) -> Result<u64, Lack> {
        self.value("ThreadLocalStoragePointer")
    }

    /// Address of the process's block.
    pub fn peb(&self) -> Result<u64, Lack> {
        self.value("ProcessEnvironmentBlock")
    }

    /// What GetLastError answers.
    pub fn last_error(&self) -> Result<u64, Lack> {
        self.value("LastErrorValue")
    }

    /// The status that it was made from.
    pub fn last_status(&self) -> Result<u64, Lack> {
        self.value("LastStatusValue")
    }

    /// Critical sections that the thread owns.
    pub fn owned_locks(&self) -> Result<u64, Lack> {
        self.value("CountOfOwnedCriticalSections")
    }

    /// What SetThreadErrorMode chose.
    pub fn hard_error_mode(&self) -> Result<u64, Lack> {
        // Windows Server 2003 calls it HardErrorsAreDisabled.
        self.0.first_of(&["HardErrorMode", "HardErrorsAreDisabled"])?.u64()
    }
}
