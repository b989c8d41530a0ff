//! EPROCESS.

use super::handle_table::HandleTable;
use super::job::Job;
use super::peb::Peb;
use super::session::Session;
use super::token::Token;
use super::vad::Vad;
use super::working_set::WorkingSet;
use crate::debuggee::{Lack, Object, Scope};

/// A process. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Process<'s>(Object<'s>);

/// Id of the System process, on every Windows.
const SYSTEM: u64 = 4;

impl<'s> Process<'s> {
    /// The process whose EPROCESS lies at an address.
    ///
    /// # Errors
    /// Where no layout of `_EPROCESS` is at hand, or the dump contradicts it.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Process<'s>, Lack> {
        scope.object("nt!_EPROCESS", address).map(Process)
    }

    /// Every process in the order in which they were created. The Idle process is in no list.
    ///
    /// # Errors
    /// Where the list's head or its types are not known; what is wrong with the list comes as its last element.
    pub fn all(scope: &'s Scope<'s>) -> Result<impl Iterator<Item = Result<Process<'s>, Lack>>, Lack> {
        let head = scope.global_of("nt!PsActiveProcessHead", "nt!_LIST_ENTRY")?;
        Ok(head.list("nt!_EPROCESS", "ActiveProcessLinks")?.map(|process| process.map(Process)))
    }

    /// The processes of a session.
    ///
    /// # Errors
    /// As [`Process::all`].
    pub fn of_session(
        session: &Session<'s>,
    ) -> Result<impl Iterator<Item = Result<Process<'s>, Lack>> + use<'s>, Lack> {
        let list = session.process_list()?.list("nt!_EPROCESS", "SessionProcessLinks")?;
        Ok(list.map(|process| process.map(Process)))
    }

    /// The processes that are assigned to a job.
    ///
    /// # Errors
    /// As [`Process::all`].
    pub fn of_job(job: &Job<'s>) -> Result<impl Iterator<Item = Result<Process<'s>, Lack>> + use<'s>, Lack> {
        let list = job.process_list()?.list("nt!_EPROCESS", "JobLinks")?;
        Ok(list.map(|process| process.map(Process)))
    }

    /// The System process, whose threads are the kernel's own.
    ///
    /// # Errors
    /// As [`Process::all`]; [`Lack::NoName`] where the list does not hold it.
    pub fn system(scope: &'s Scope<'s>) -> Result<Process<'s>, Lack> {
        let mut all = Process::all(scope)?.filter_map(Result::ok);
        let found = all.find(|process| process.id() == Ok(SYSTEM));
        found.ok_or_else(|| Lack::NoName { name: "the System process".to_owned() })
    }

    /// The EPROCESS itself.
    pub fn object(&self) -> &Object<'s> {
        &self.0
    }

    /// Address of the EPROCESS.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Process id.
    pub fn id(&self) -> Result<u64, Lack> {
        self.0.field("UniqueProcessId")?.u64()
    }

    /// Process id of the creator.
    pub fn parent_id(&self) -> Result<u64, Lack> {
        self.0.field("InheritedFromUniqueProcessId")?.u64()
    }

    /// Image file name; the kernel keeps at most 15 characters of it.
    pub fn image_file_name(&self) -> Result<String, Lack> {
        self.0.field("ImageFileName")?.text()
    }

    /// Path of its image file as the kernel names it: `\Device\HarddiskVolume2\Windows\System32\smss.exe`.
    pub fn image_path(&self) -> Result<String, Lack> {
        let name = self.0.field("SeAuditProcessCreationInfo.ImageFileName")?;
        name.pointee_as("nt!_OBJECT_NAME_INFORMATION")?.field("Name")?.text()
    }

    /// Its image file by whatever tells: the name kept for audits, the image's section, the PEB.
    pub fn image_file(&self) -> Result<String, Lack> {
        let named = |path: Result<String, Lack>| path.ok().filter(|path| !path.is_empty());
        if let Some(path) = named(self.image_path()) {
            return Ok(path);
        }
        // Since Windows 10 the process refers to its file.
        let file = self
            .0
            .field("ImageFilePointer")
            .and_then(|file| file.pointee_as("nt!_FILE_OBJECT")?.field("FileName")?.text());
        if let Some(path) = named(file).or_else(|| named(self.mapped_image())) {
            return Ok(path);
        }
        self.ask_peb(|peb| peb.parameter("ImagePathName"))
    }

    /// The file of the range of its address space where its image is mapped.
    fn mapped_image(&self) -> Result<String, Lack> {
        let page = self.section_base()? >> 12;
        for vad in self.vads()? {
            let vad = vad?;
            if vad.start()? <= page && page <= vad.end()? {
                return vad.file();
            }
        }
        Err(Lack::Null { what: format!("the range of the image of {}", self.0.what()) })
    }

    /// Its command line, which stands in its own memory.
    pub fn command_line(&self) -> Result<String, Lack> {
        self.ask_peb(|peb| peb.command_line())
    }

    /// The whole name of its image file where memory has it, else the 15 characters that the kernel keeps.
    pub fn name(&self) -> Result<String, Lack> {
        let short = self.image_file_name()?;
        let path = self.image_path().unwrap_or_default();
        let name = path.rsplit('\\').next().unwrap_or_default();
        Ok(if !short.is_empty() && name.starts_with(&short) { name.to_owned() } else { short })
    }

    /// Physical address of the page tables' top level, with the flags in its low bits.
    pub fn directory_table_base(&self) -> Result<u64, Lack> {
        // An array of two before Windows Vista.
        self.0.first_of(&["Pcb.DirectoryTableBase[0]", "Pcb.DirectoryTableBase"])?.u64()
    }

    /// Address of the PEB; 0 for processes without user space.
    pub fn peb(&self) -> Result<u64, Lack> {
        self.0.field("Peb")?.u64()
    }

    /// Address of the handle table; 0 once the process has ended.
    pub fn handle_table(&self) -> Result<u64, Lack> {
        self.0.field("ObjectTable")?.u64()
    }

    /// How many handles are open in it; 0 once it has ended.
    pub fn handle_count(&self) -> Result<u64, Lack> {
        match self.handle_table()? {
            0 => Ok(0),
            table => HandleTable::at(self.0.scope(), table)?.count(),
        }
    }

    /// Asks its PEB, whoever's memory is looked at.
    ///
    /// # Errors
    /// Why its memory cannot be seen; [`Lack::Null`] where it has no PEB; what `ask` fails with.
    pub fn ask_peb<T>(&self, ask: impl FnOnce(&Peb<'_>) -> Result<T, Lack>) -> Result<T, Lack> {
        let scope = self.0.scope();
        let pointer = self.0.field("Peb")?;
        match pointer.u64()? {
            0 => Err(Lack::Null { what: pointer.what() }),
            address if scope.process() == Some(self.address()) => ask(&Peb::at(scope, address)?),
            address => {
                let own = scope.of_process(self.address())?;
                ask(&Peb::at(&own, address)?)
            }
        }
    }

    /// The ranges of its address space, by address; what is wrong with their tree comes among them.
    ///
    /// # Errors
    /// Where the root or the types are not known.
    pub fn vads(&self) -> Result<impl Iterator<Item = Result<Vad<'s>, Lack>> + use<'s>, Lack> {
        Vad::under(self.0.scope(), self.vad_root()?)
    }

    /// How many threads it has.
    pub fn active_threads(&self) -> Result<u64, Lack> {
        self.0.field("ActiveThreads")?.u64()
    }

    /// When it was created, in 100 ns since 1601.
    pub fn create_time(&self) -> Result<u64, Lack> {
        self.0.field("CreateTime")?.u64()
    }

    /// When it ended, in 100 ns since 1601; 0 while it runs.
    pub fn exit_time(&self) -> Result<u64, Lack> {
        self.0.field("ExitTime")?.u64()
    }

    /// Whether it has ended and is still referenced by somebody: a zombie.
    pub fn has_exited(&self) -> Result<bool, Lack> {
        Ok(self.exit_time()? != 0)
    }

    /// Its exit status, as NTSTATUS or as the program chose; STATUS_PENDING (0x103) while it runs.
    pub fn exit_status(&self) -> Result<u64, Lack> {
        self.0.field("ExitStatus")?.u64()
    }

    /// The session that it belongs to; [`Lack::Null`] for those that belong to none (System, smss.exe).
    pub fn session(&self) -> Result<Session<'s>, Lack> {
        Session::of(&self.0)
    }

    /// The number of its session; `None` where it has none. Where the session itself cannot be read, its token tells.
    pub fn session_id(&self) -> Result<Option<u64>, Lack> {
        match self.session().and_then(|session| session.id()) {
            Ok(id) => Ok(Some(id)),
            Err(Lack::Null { .. }) => Ok(None),
            Err(why) => self.token().and_then(|token| token.session_id()).map(Some).map_err(|_| why),
        }
    }

    /// Who it runs as.
    pub fn token(&self) -> Result<Token<'s>, Lack> {
        self.0.field("Token")?.fast_ref("nt!_TOKEN").map(Token::of)
    }

    /// The job that it is in; [`Lack::Null`] for those in none.
    pub fn job(&self) -> Result<Job<'s>, Lack> {
        self.0.field("Job")?.pointee_as("nt!_EJOB").map(Job::of)
    }

    /// Address of its map of drive letters.
    pub fn device_map(&self) -> Result<u64, Lack> {
        Ok(self.0.field("DeviceMap")?.u64()? & !FAST_REF_COUNT)
    }

    /// Ticks that those of its threads that have ended ran user code.
    pub fn user_time(&self) -> Result<u64, Lack> {
        self.0.field("Pcb.UserTime")?.u64()
    }

    /// Ticks that those of its threads that have ended ran in the kernel.
    pub fn kernel_time(&self) -> Result<u64, Lack> {
        self.0.field("Pcb.KernelTime")?.u64()
    }

    /// The priority that its threads begin with.
    pub fn base_priority(&self) -> Result<u64, Lack> {
        self.0.field("Pcb.BasePriority")?.u64()
    }

    /// Its physical memory.
    pub fn working_set(&self) -> Result<WorkingSet<'s>, Lack> {
        self.0.field("Vm").map(WorkingSet::of)
    }

    /// How many ranges its address space has.
    pub fn vad_count(&self) -> Result<u64, Lack> {
        // The tree counted its nodes itself before Windows 8.1.
        self.0.first_of(&["VadCount", "VadRoot.NumberGenericTableElements"])?.u64()
    }

    /// The root of the tree of those ranges; 0 where there are none.
    pub fn vad_root(&self) -> Result<u64, Lack> {
        // Before Windows 8.1 the head of the tree was a node whose right child is the first real one.
        self.0.first_of(&["VadRoot.Root", "VadRoot.BalancedRoot.RightChild"])?.u64()
    }

    /// The root of the pages that it shares after a fork; 0 for almost all.
    pub fn clone_root(&self) -> Result<u64, Lack> {
        self.0.field("CloneRoot")?.u64()
    }

    /// Pages of its own.
    pub fn private_pages(&self) -> Result<u64, Lack> {
        self.0.field("NumberOfPrivatePages")?.u64()
    }

    /// Pages that it changed and that left its working set.
    pub fn modified_pages(&self) -> Result<u64, Lack> {
        self.0.field("ModifiedPageCount")?.u64()
    }

    /// Pages that drivers locked.
    pub fn locked_pages(&self) -> Result<u64, Lack> {
        self.0.field("NumberOfLockedPages")?.u64()
    }

    /// Bytes of paged pool that are charged to it.
    pub fn paged_pool(&self) -> Result<u64, Lack> {
        self.quota(1)
    }

    /// Bytes of nonpaged pool that are charged to it.
    pub fn nonpaged_pool(&self) -> Result<u64, Lack> {
        self.quota(0)
    }

    fn quota(&self, pool: u64) -> Result<u64, Lack> {
        // Before Windows Vista with a third element, the page file.
        self.0.first_of(&["ProcessQuotaUsage", "QuotaUsage"])?.index(pool)?.u64()
    }

    /// Bytes of its address space that are in use.
    pub fn virtual_size(&self) -> Result<u64, Lack> {
        self.0.field("VirtualSize")?.u64()
    }

    /// The most that ever were.
    pub fn peak_virtual_size(&self) -> Result<u64, Lack> {
        self.0.field("PeakVirtualSize")?.u64()
    }

    /// Pages that the system promised to find room for.
    pub fn commit_charge(&self) -> Result<u64, Lack> {
        self.0.field("CommitCharge")?.u64()
    }

    /// Pages of the memory that it shares with others and that are charged to all of them.
    pub fn shared_commit(&self) -> Result<u64, Lack> {
        self.0.field("SharedCommitCharge")?.u64()
    }

    /// Where its image is mapped.
    pub fn section_base(&self) -> Result<u64, Lack> {
        self.0.field("SectionBaseAddress")?.u64()
    }

    /// Whether it runs 32-bit code on a 64-bit system.
    pub fn is_wow64(&self) -> Result<bool, Lack> {
        self.0.first_of(&["WoW64Process", "Wow64Process"])?.is_set()
    }
}

/// Low bits of an EX_FAST_REF, which count references.
const FAST_REF_COUNT: u64 = 0xf;
