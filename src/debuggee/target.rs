//! What was opened, as one object: what it says, and the image files behind it.

use super::build::KernelBuild;
use super::debugger_data::DebuggerData;
use super::image::{MemoryImage, ModuleImage};
use super::image_overlay::{ImageError, ImageOverlay, ModuleIdentity, find_image};
use super::modules::{Module, ModuleKind, ModuleList, UnloadedModule};
use super::processors::Processor;
use super::searched::Searched;
use super::subject::{NoCrash, OpenError, Subject};
use super::symbols::SymbolTable;
use crate::dump::{DumpFile, Header, Lost, Machine, Progress};
use crate::memory::{Memory, PhysicalMemory, VirtualMemory};
use crate::search::finder::{Finder, FinderOptions};
use crate::search::path::SearchPath;
use crate::symbols::layouts::Version;
use crate::symbols::pe::headers::MACHINE_ARMNT;
use crate::symbols::pe::{DataDirectory, Directory, Image, PeError};
use std::path::Path;
use std::sync::Arc;

/// What was opened, a dump or an image, as one object.
///
/// Opening never fails once the file itself is one of them: each part carries its own status, and what could not be read
/// stands in [`Target::warnings`].
pub struct Target {
    pub(super) subject: Subject,
    pub(super) memory: VirtualMemory,
    /// The image files behind `memory`.
    pub(super) images: Arc<ImageOverlay>,
    pub(super) physical: Option<PhysicalMemory>,
    pub(super) debugger_data: Option<DebuggerData>,
    pub(super) kernel_build: Option<KernelBuild>,
    pub(super) build_lab: Option<String>,
    pub(super) processors: Vec<Processor>,
    pub(super) crashed: u32,
    pub(super) modules: ModuleList,
    pub(super) unloaded: Vec<UnloadedModule>,
    pub(super) symbols: SymbolTable,
    pub(super) warnings: Vec<String>,
    /// `memory` as the processor that crashed saw it, before image files were put behind it.
    pub(super) at_crash: VirtualMemory,
    /// Whose user memory and modules are looked at.
    pub(super) attached: Attached,
    /// What was found by what it holds.
    pub(super) searched: Searched,
}

/// Whose user memory and modules are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attached {
    /// Those of the crash.
    Crash,
    /// Those of this EPROCESS.
    Process(u64),
    /// Nobody's: those of this process, where it is known at all, cannot be seen.
    Unseen(Option<u64>),
}

/// The machine value of 32-bit ARM.
const ARMNT: u32 = MACHINE_ARMNT as u32;

impl Target {
    /// Opens a dump or an image, also one inside a `.zip` or `.gz`, with reports to `progress`.
    ///
    /// # Errors
    /// If the file cannot be read or is neither.
    pub fn open(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Target, OpenError> {
        Subject::open(path, progress).map(Target::of)
    }

    /// Reads what the subject says of itself.
    pub fn of(subject: Subject) -> Target {
        match subject {
            Subject::Dump(dump) => Target::new(dump),
            Subject::Image(image) => Target::of_image(image),
        }
    }

    /// Looks for symbols and images along these paths from now on. Images found on the image path stand in for code
    /// that a dump lacks; the PDB of an image that was opened by itself may lie beside it.
    pub fn set_paths(&mut self, symbols: SearchPath, images: SearchPath, options: FinderOptions) {
        let mut options = options;
        match &self.subject {
            Subject::Dump(_) => self.stand_in(&images),
            Subject::Image(image) => options.beside = image.folder().map(Path::to_owned),
        }
        self.symbols.set_finder(Finder::new(symbols, images, options));
    }

    /// Lets the images of the modules listed now stand behind the memory, and no others.
    pub(super) fn stand_in(&mut self, images: &SearchPath) {
        self.images = Arc::new(self.image_overlay(images));
        self.memory = self.memory.with_images(self.images.clone());
        self.searched.forget();
    }

    /// The files in the folders of an image path that match loaded modules by name, time stamp and size.
    fn image_overlay(&mut self, path: &SearchPath) -> ImageOverlay {
        let mut overlay = ImageOverlay::new();
        let folders: Vec<&Path> = path.folders().collect();
        for module in self.modules.iter() {
            let Some(identity) = identity(module) else { continue };
            let mut found =
                folders.iter().filter_map(|folder| find_image(folder, &module.image_name, identity));
            if let Some(file) = found.next()
                && let Err(error) = overlay.load(&file, identity)
            {
                self.warnings.push(format!("image for {}: {error}", module.name));
            }
        }
        // The kernel's modules stay where they are, whatever process is looked at.
        let kernel = self.modules.iter().filter(|module| module.kind == ModuleKind::Kernel);
        kernel.filter_map(identity).for_each(|identity| overlay.reserve(identity));
        overlay
    }

    /// Lets an image file that was found for a module stand in for what the dump lacks of it; false if nothing is new.
    pub(super) fn adopt_image(&self, module: &Module, path: &Path) -> Result<bool, ImageError> {
        let is_new = self.images.offer(module.base, path)?;
        if is_new {
            self.searched.forget();
        }
        Ok(is_new)
    }

    /// What was looked for in the dump's content.
    pub fn searched(&self) -> &Searched {
        &self.searched
    }

    /// Whether a module's image is needed to know what it says: its headers are not in the dump, or, in a triage dump,
    /// its unwind data is not.
    pub fn lacks_image(&self, module: &Module) -> bool {
        self.lacks_image_in(module, &self.memory)
    }

    pub(super) fn lacks_image_in(&self, module: &Module, memory: &VirtualMemory) -> bool {
        let Ok(image) = Image::new(MemoryImage::new(memory, module.base)) else {
            return true;
        };
        let table = image.headers().directory(Directory::Exception);
        let at = |table: DataDirectory| module.base.wrapping_add(u64::from(table.rva));
        memory.blocks().is_some() && table.is_some_and(|table| memory.u8(at(table)).is_err())
    }

    /// How many modules have an image file behind them.
    pub fn image_files(&self) -> usize {
        self.images.count()
    }

    /// What happened to a file below that was found to be shorter than it was: what was opened first, then the images
    /// behind it. What was read just before may be wrong.
    pub fn lost_files(&self) -> Vec<Lost> {
        self.subject.mapping().check().into_iter().chain(self.images.lost()).collect()
    }

    /// What was opened.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The dump.
    ///
    /// # Errors
    /// If an image was opened.
    pub fn dump(&self) -> Result<&DumpFile, NoCrash> {
        self.subject.dump()
    }

    /// The dump's header.
    ///
    /// # Errors
    /// If an image was opened.
    pub fn header(&self) -> Result<&Header, NoCrash> {
        self.dump().map(DumpFile::header)
    }

    /// Bytes of a pointer.
    pub fn pointer_size(&self) -> usize {
        match self.machine() {
            Machine::I386 | Machine::Other(ARMNT) => 4,
            _ => 8,
        }
    }

    /// The processor that the code is for.
    pub fn machine(&self) -> Machine {
        self.subject.machine()
    }

    /// Virtual memory of the process that was current at the crash, or the image.
    pub fn memory(&self) -> &VirtualMemory {
        &self.memory
    }

    /// Physical memory; triage dumps have none.
    pub fn physical(&self) -> Option<&PhysicalMemory> {
        self.physical.as_ref()
    }

    /// What the kernel keeps for debuggers.
    pub fn debugger_data(&self) -> Option<&DebuggerData> {
        self.debugger_data.as_ref()
    }

    /// The exact build of the kernel, where its time stamp and size are known.
    pub fn kernel_build(&self) -> Option<&KernelBuild> {
        self.kernel_build.as_ref()
    }

    /// The kernel's version as far as it is known; the last part is 0 where only the build number is.
    pub fn kernel_version(&self) -> Version {
        let exact = self.kernel_build.as_ref().and_then(|build| Version::parse(&build.version));
        exact.unwrap_or_else(|| {
            let build = match &self.subject {
                Subject::Dump(dump) => dump.header().minor_version,
                Subject::Image(image) => return image.version(),
            };
            // Up to Windows 8.1 the build lab's second part is the revision; since Windows 10 it is always 1.
            let lab = self.build_lab.as_deref().unwrap_or_default();
            let revision = lab.split('.').nth(1).and_then(|part| part.parse().ok());
            let (major, minor) = match build {
                ..6000 => (5, 2),
                6000..7000 => (6, 0),
                7000..8000 => (6, 1),
                8000..9400 => (6, 2),
                9400..9700 => (6, 3),
                _ => (10, 0),
            };
            let revision = if major == 10 { None } else { revision };
            Version([major, minor, build, revision.unwrap_or(0)])
        })
    }

    /// NtBuildLab: `19041.1.amd64fre.vb_release.191206-1406`.
    pub fn build_lab(&self) -> Option<&str> {
        self.build_lab.as_deref()
    }

    /// The processors by number.
    pub fn processors(&self) -> &[Processor] {
        &self.processors
    }

    /// The number of the processor that crashed.
    pub fn crashed_processor(&self) -> u32 {
        self.crashed
    }

    /// Names and types.
    pub fn symbols(&self) -> &SymbolTable {
        &self.symbols
    }

    /// The loaded modules.
    pub fn modules(&self) -> &ModuleList {
        &self.modules
    }

    /// A module's image as the dump's memory shows it.
    ///
    /// # Errors
    /// Its headers cannot be read (usual in triage dumps) or are no PE headers.
    pub fn image(&self, module: &Module) -> Result<ModuleImage<'_>, PeError> {
        Image::new(MemoryImage::new(&self.memory, module.base))
    }

    /// The unloaded modules, newest first.
    pub fn unloaded(&self) -> &[UnloadedModule] {
        &self.unloaded
    }

    /// The module that was last unloaded from an address.
    pub fn unloaded_at(&self, address: u64) -> Option<&UnloadedModule> {
        self.unloaded.iter().find(|module| (module.start..module.end).contains(&address))
    }

    /// What could not be read at opening, each with its reason.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The kernel's base address: its module's, or what the debugger data block says.
    pub fn kernel_base(&self) -> Option<u64> {
        let module = self.modules.named("nt").map(|kernel| kernel.base);
        module.or_else(|| self.debugger_data.as_ref()?.nonzero("KernBase"))
    }

    /// ETHREAD of the thread that the crashing processor ran.
    pub fn current_thread(&self) -> Option<u64> {
        self.processors.get(self.crashed as usize)?.current_thread
    }

    /// EPROCESS whose address space the crashing thread used.
    pub fn current_process(&self) -> Option<u64> {
        self.process_of(self.current_thread()?)
    }

    /// The process whose user memory and modules are looked at now, also where they cannot be seen.
    pub fn attached(&self) -> Option<u64> {
        match self.attached {
            Attached::Crash => self.current_process(),
            Attached::Process(process) => Some(process),
            Attached::Unseen(process) => process,
        }
    }

    /// Whether the user memory and modules of `process` are what is looked at now.
    pub fn sees(&self, process: u64) -> bool {
        !matches!(self.attached, Attached::Unseen(_)) && self.attached() == Some(process)
    }

    /// Whether memory is looked at as the processor that crashed saw it.
    pub fn is_at_crash(&self) -> bool {
        self.attached == Attached::Crash
    }

    /// EPROCESS whose address space a thread uses.
    pub fn process_of(&self, thread: u64) -> Option<u64> {
        let offset = self.debugger_data.as_ref()?.nonzero("OffsetKThreadApcProcess")?;
        self.memory.u64(thread.wrapping_add(offset)).ok().filter(|&process| process != 0)
    }

    /// PEB of a process; `None` for processes without user space.
    pub fn peb(&self, process: u64) -> Option<u64> {
        self.peb_field(process).filter(|&peb| peb != 0)
    }

    /// What a process holds as the address of its PEB: 0 without user space; `None` where it cannot be read.
    pub fn peb_field(&self, process: u64) -> Option<u64> {
        let offset = self.debugger_data.as_ref()?.nonzero("OffsetEprocessPeb")?;
        self.memory.u64(process.wrapping_add(offset)).ok()
    }

    /// TEB of a thread; `None` for threads without user space.
    pub fn teb(&self, thread: u64) -> Option<u64> {
        self.teb_field(thread).filter(|&teb| teb != 0)
    }

    /// What a thread holds as the address of its TEB: 0 without user space; `None` where it cannot be read.
    pub fn teb_field(&self, thread: u64) -> Option<u64> {
        let offset = self.debugger_data.as_ref()?.nonzero("OffsetKThreadTeb")?;
        self.memory.u64(thread.wrapping_add(offset)).ok()
    }
}

/// What an image file must match to stand for a module; `None` where the dump does not say.
fn identity(module: &Module) -> Option<ModuleIdentity> {
    let size_of_image = u32::try_from(module.size).ok()?;
    Some(ModuleIdentity { base: module.base, size_of_image, time_date_stamp: module.time_date_stamp? })
}
