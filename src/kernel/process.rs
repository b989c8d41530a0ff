//! EPROCESS.

use crate::debuggee::{Lack, Object, Scope};

/// A process. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Process<'s>(Object<'s>);

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

    /// The whole name of its image file where memory has it, else the 15 characters that the kernel keeps.
    pub fn name(&self) -> Result<String, Lack> {
        let short = self.image_file_name()?;
        let path = self.image_path().unwrap_or_default();
        let name = path.rsplit('\\').next().unwrap_or_default();
        Ok(if !short.is_empty() && name.starts_with(&short) { name.to_owned() } else { short })
    }

    /// Physical address of the page tables' top level, with the flags in its low bits.
    pub fn directory_table_base(&self) -> Result<u64, Lack> {
        self.0.field("Pcb.DirectoryTableBase")?.u64()
    }

    /// Address of the PEB; 0 for processes without user space.
    pub fn peb(&self) -> Result<u64, Lack> {
        self.0.field("Peb")?.u64()
    }

    /// Address of the handle table; 0 once the process has ended.
    pub fn handle_table(&self) -> Result<u64, Lack> {
        self.0.field("ObjectTable")?.u64()
    }

    /// Address of the object that maps its drive letters.
    pub fn device_map(&self) -> Result<u64, Lack> {
        // An EX_FAST_REF since Windows 11, whose low bits count references.
        Ok(self.0.field("DeviceMap")?.u64()? & !0xf)
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
}
