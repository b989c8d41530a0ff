//! Looking through the eyes of another process: user memory and user modules are those of one process at a time.

use super::image_overlay::ImageOverlay;
use super::modules::{ModuleKind, ModuleList};
use super::subject::NoCrash;
use super::target::{Attached, Target};
use crate::memory::{Backing, Memory, ReadError, Reason, VirtualMemory};
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

/// Why memory cannot be seen as a process sees it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoSpace {
    /// The dump keeps the memory of one process.
    #[error("this dump holds no page tables: memory can be seen only as the crashing process saw it")]
    NoPageTables,
    /// Nothing tells where the page tables of a process are.
    #[error("the debugger data block does not say where an EPROCESS keeps its page tables")]
    NotSaid,
    /// The EPROCESS cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// An image was opened.
    #[error(transparent)]
    NoCrash(#[from] NoCrash),
    /// Something else lies at the address.
    #[error("{process:#x} is no process: through its page tables ({directory:#x}) the kernel is not there")]
    NoProcess {
        /// The address.
        process: u64,
        /// What would be the physical address of its page tables.
        directory: u64,
    },
}

impl Target {
    /// Reads user memory as `process` (an EPROCESS) sees it from now on, and lists its modules. Kernel memory is the same
    /// for all processes. A process without user space (System) has no user modules.
    ///
    /// # Errors
    /// Why nothing was changed: a triage dump holds one process's memory only, the EPROCESS cannot be read, or the
    /// kernel cannot be seen through its page tables, which then are no page tables.
    pub fn attach(&mut self, process: u64) -> Result<(), NoSpace> {
        if self.current_process() == Some(process) {
            self.attach_at_crash();
            return Ok(());
        }
        let seen = self.seen_by(process)?;
        self.look_through(seen, Attached::Process(process));
        Ok(())
    }

    /// Reads user memory as the processor that crashed saw it, and lists the modules of its process. That needs nothing
    /// that the dump may lack.
    pub fn attach_at_crash(&mut self) {
        self.look_through(self.at_crash.clone(), Attached::Crash);
    }

    /// Reads no user memory from now on and lists no user modules, because those of `process`, where it is known at all,
    /// cannot be seen for the reason `why`: what another process has at the same addresses must not pass for its own.
    pub fn attach_unseen(&mut self, process: Option<u64>, why: &str) {
        self.look_through(self.at_crash.without_user_space(why), Attached::Unseen(process));
    }

    /// Whether the dump holds user memory of any process, or may: that a triage dump has none can be told.
    pub fn holds_user_space(&self) -> bool {
        let is_user = |start: u64| start < USER_SPACE;
        match self.at_crash.blocks() {
            Some(blocks) => blocks.ranges().any(|(start, ..)| is_user(start)),
            None => self.at_crash.paging().is_some(),
        }
    }

    fn look_through(&mut self, memory: VirtualMemory, attached: Attached) {
        self.forget_user_symbols();
        self.memory = memory;
        // Until all is in place it is nobody's.
        self.attached = Attached::Unseen(None);
        let process = match attached {
            Attached::Crash => self.current_process(),
            Attached::Process(process) => Some(process),
            Attached::Unseen(_) => None,
        };
        self.modules = self.modules_of(process, &self.memory);
        let images = self.symbols().finder().image_path().clone();
        self.stand_in(&images);
        self.attached = attached;
    }

    /// Virtual memory as `process` sees it, for looking at it without attaching. Image files stand in for what the dump
    /// lacks of the kernel's modules only: those of the attached process's modules are another process's.
    ///
    /// # Errors
    /// As [`Target::attach`].
    pub fn space_of(&self, process: u64) -> Result<VirtualMemory, NoSpace> {
        let images: Arc<dyn Backing> = Arc::new(KernelHalf(self.images.clone()));
        Ok(self.seen_by(process)?.with_images(images))
    }

    /// The kernel's modules and those of a process whose memory this is.
    pub(super) fn modules_of(&self, process: Option<u64>, memory: &VirtualMemory) -> ModuleList {
        let mut modules: Vec<_> =
            self.modules.iter().filter(|module| module.kind == ModuleKind::Kernel).cloned().collect();
        if let (Some(process), Ok(header)) = (process, self.header()) {
            modules.extend(self.user_modules_of(process, memory, header.ps_loaded_module_list).0);
        }
        ModuleList::new(modules)
    }

    fn seen_by(&self, process: u64) -> Result<VirtualMemory, NoSpace> {
        if self.at_crash.paging().is_none() {
            return Err(NoSpace::NoPageTables);
        }
        let offset = self.debugger_data().and_then(|data| data.nonzero("OffsetEprocessDirectoryTableBase"));
        let offset = offset.ok_or(NoSpace::NotSaid)?;
        let base = self.memory().u64(process.wrapping_add(offset))?;
        let seen = self.at_crash.with_directory_table_base(base);
        let header = self.header()?;
        // A word of the kernel that the dump holds must be there through these page tables too.
        let mut words =
            [Some(header.ps_loaded_module_list), Some(header.kd_debugger_data_block), self.kernel_base()]
                .into_iter()
                .flatten();
        let word = words.find_map(|address| Some((address, self.memory().u64(address).ok()?)));
        let same = word.is_some_and(|(address, value)| seen.u64(address) == Ok(value));
        if base == 0 || !same {
            return Err(NoSpace::NoProcess { process, directory: base });
        }
        Ok(seen)
    }

    /// Images of different processes may lie at one address.
    fn forget_user_symbols(&self) {
        for module in self.modules().iter().filter(|module| module.kind == ModuleKind::User) {
            self.symbols().forget(Some(module));
        }
    }
}

/// The image files behind kernel space alone.
struct KernelHalf(Arc<ImageOverlay>);

/// The lower half of the address space is the process's.
const USER_SPACE: u64 = 1 << 63;

impl Memory for KernelHalf {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        if address < USER_SPACE {
            return Err(ReadError::new(address, Reason::NotInImage));
        }
        self.0.window(address)
    }
}

impl Backing for KernelHalf {
    fn ranges(&self) -> Vec<(u64, u64)> {
        self.0.ranges().into_iter().filter(|&(start, _)| start >= USER_SPACE).collect()
    }

    fn file_at(&self, base: u64) -> Option<&Path> {
        self.0.file_at(base).filter(|_| base >= USER_SPACE)
    }
}
