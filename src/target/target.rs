//! Opening: from a dump or an image to memory, processors and modules.

use super::build::{KernelBuild, kernel_build};
use super::context::Context;
use super::debugger_data::{DebuggerData, KnownLists};
use super::image::{MemoryImage, ModuleImage};
use super::image_file::ImageFile;
use super::image_overlay::{ImageError, ImageOverlay, ModuleIdentity, find_image};
use super::image_search;
use super::modules::{self, Module, ModuleKind, ModuleList, UnloadedModule};
use super::processors::{Processor, ProcessorSources, processors};
use super::subject::{NoCrash, OpenError, Subject};
use super::symbols::SymbolTable;
use crate::dump::{Bits, DumpFile, Header, Machine, Progress};
use crate::memory::{Memory, PhysicalMemory, VirtualMemory};
use crate::symbols::finder::{Finder, Options};
use crate::symbols::layouts::Version;
use crate::symbols::path::SearchPath;
use crate::symbols::pe::headers::MACHINE_ARMNT;
use crate::symbols::pe::{DataDirectory, Directory, Image, PeError};
use crate::util::bounded::{ascii_z, slice};
use std::path::Path;
use std::sync::Arc;

/// What was opened, a dump or an image, as one object.
///
/// Opening never fails once the file itself is one of them: each part carries its own status, and what could not be read
/// stands in [`Target::warnings`].
pub struct Target {
    subject: Subject,
    memory: VirtualMemory,
    /// The image files behind `memory`.
    images: Arc<ImageOverlay>,
    physical: Option<PhysicalMemory>,
    debugger_data: Option<DebuggerData>,
    kernel_build: Option<KernelBuild>,
    build_lab: Option<String>,
    processors: Vec<Processor>,
    crashed: u32,
    modules: ModuleList,
    unloaded: Vec<UnloadedModule>,
    symbols: SymbolTable,
    warnings: Vec<String>,
}

/// The block's longest form, with room for what later builds append.
const DEBUGGER_DATA_SIZE: usize = 0x400;
/// Addresses from here on belong to the kernel.
const KERNEL_SPACE: u64 = 0xffff_8000_0000_0000;
/// The machine value of 32-bit ARM.
const ARMNT: u32 = MACHINE_ARMNT as u32;
/// Longest build-lab text.
const BUILD_LAB_LENGTH: usize = 256;

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

    /// An image at its preferred base: the only module, and all the memory there is.
    fn of_image(image: ImageFile) -> Target {
        let memory = VirtualMemory::of_image(Arc::new(image.clone()), image.bits());
        let mut target = Target {
            modules: ModuleList::new(vec![image.module()]),
            warnings: image.warnings().to_vec(),
            ..Target::bare(Subject::Image(image), memory)
        };
        target.find_build();
        target
    }

    fn bare(subject: Subject, memory: VirtualMemory) -> Target {
        Target {
            subject,
            memory,
            images: Arc::default(),
            physical: None,
            debugger_data: None,
            kernel_build: None,
            build_lab: None,
            processors: Vec::new(),
            crashed: 0,
            modules: ModuleList::default(),
            unloaded: Vec::new(),
            symbols: SymbolTable::default(),
            warnings: Vec::new(),
        }
    }

    /// Reads what the dump says of itself.
    pub fn new(dump: DumpFile) -> Target {
        let mut warnings = dump.warnings().to_vec();
        let memory = VirtualMemory::new(&dump);
        let physical = dump.pages().map(|_| PhysicalMemory::new(&dump));
        let debugger_data = debugger_data(&dump, &memory);
        if debugger_data.is_none() && dump.header().bits == Bits::Bits64 {
            let address = dump.header().kd_debugger_data_block;
            let why =
                memory.window(address).err().map_or("it is damaged".to_owned(), |error| error.to_string());
            warnings.push(format!("no debugger data block at {address:#x}: {why}"));
        }
        let (processors, crashed) = find_processors(&dump, &memory, debugger_data.as_ref());
        let mut target = Target {
            physical,
            debugger_data,
            processors,
            crashed,
            warnings,
            ..Target::bare(Subject::Dump(dump.clone()), memory)
        };
        target.find_modules(&dump);
        target.find_build();
        target
    }

    fn find_modules(&mut self, dump: &DumpFile) {
        let header = dump.header();
        let head = header.ps_loaded_module_list;
        let (mut found, trouble) = match dump.triage() {
            Some(triage) => (modules::from_triage(triage, head), None),
            None if header.bits == Bits::Bits64 => {
                modules::from_list(&self.memory, head, ModuleKind::Kernel, head)
            }
            None => (Vec::new(), Some("module lists of 32-bit dumps are not supported".to_owned())),
        };
        self.warnings.extend(trouble);
        self.search_images(dump, &mut found);
        let (user, trouble) = self.user_modules(head);
        found.extend(user);
        self.warnings.extend(trouble);
        self.modules = ModuleList::new(found);
        self.unloaded = self.find_unloaded(dump);
    }

    /// Where the list is lost, the images of the places that the header names can still be found by their own headers.
    fn search_images(&mut self, dump: &DumpFile, found: &mut Vec<Module>) {
        if dump.triage().is_some() || dump.header().bits != Bits::Bits64 {
            return;
        }
        let header = dump.header();
        let stopped =
            self.processors.iter().filter_map(|processor| Some(processor.context.as_ref().ok()?.ip()));
        let kernels =
            [header.ps_loaded_module_list, header.kd_debugger_data_block].map(|address| (address, true));
        let places = kernels.into_iter().chain(stopped.map(|address| (address, false)));
        for (address, is_kernel) in places.filter(|&(address, _)| address >= KERNEL_SPACE) {
            if found.iter().any(|module| module.contains(address)) {
                continue;
            }
            if let Some(module) = image_search::around(&self.memory, address, is_kernel) {
                self.warnings.push(format!(
                    "{} is not in what is left of the module list; it was found by its headers at {:#x}",
                    module.image_name, module.base
                ));
                found.push(module);
            }
        }
    }

    /// The images of the process that was current at the crash, through its PEB. Dumps without user memory have none,
    /// which is no fault.
    fn user_modules(&self, kernel_contains: u64) -> (Vec<Module>, Option<String>) {
        match self.current_process() {
            Some(process) => self.user_modules_of(process, kernel_contains),
            None => (Vec::new(), None),
        }
    }

    /// The images of a process whose address space `memory` is.
    pub(super) fn user_modules_of(
        &self,
        process: u64,
        kernel_contains: u64,
    ) -> (Vec<Module>, Option<String>) {
        let Some(peb) = self.peb(process) else {
            return (Vec::new(), None);
        };
        let Ok(loader) = self.memory.u64(peb.wrapping_add(0x18)) else {
            return (Vec::new(), None);
        };
        let head = loader.wrapping_add(0x10);
        if loader == 0 || self.memory.u64(head).is_err() {
            return (Vec::new(), None);
        }
        let (found, trouble) = modules::from_list(&self.memory, head, ModuleKind::User, kernel_contains);
        // A triage dump seldom holds more of a process than its PEB.
        let expected = found.is_empty() && self.memory.blocks().is_some();
        (found, trouble.filter(|_| !expected))
    }

    fn find_unloaded(&self, dump: &DumpFile) -> Vec<UnloadedModule> {
        if let Some(triage) = dump.triage() {
            return modules::unloaded_from_triage(triage);
        }
        let pointed = |name| self.memory.u64(self.debugger_data.as_ref()?.nonzero(name)?).ok();
        match (pointed("MmUnloadedDrivers"), pointed("MmLastUnloadedDriver")) {
            (Some(table), Some(next)) if table != 0 => {
                modules::unloaded_from_ring(&self.memory, table, (next & 0xffff_ffff) as u32)
            }
            _ => Vec::new(),
        }
    }

    fn find_build(&mut self) {
        let kernel = self.modules.named("nt");
        self.kernel_build = kernel.and_then(|kernel| {
            kernel_build(self.machine(), kernel.time_date_stamp?, u32::try_from(kernel.size).ok()?)
        });
        let lab = self.debugger_data.as_ref().and_then(|data| data.nonzero("NtBuildLab"));
        self.build_lab = lab.and_then(|address| {
            let mut text = vec![0u8; BUILD_LAB_LENGTH];
            let (read, _) = self.memory.read_partial(address, &mut text);
            let text = ascii_z(text.get(..read)?, 0, BUILD_LAB_LENGTH)?;
            (!text.is_empty()).then_some(text)
        });
    }

    /// Looks for symbols and images along these paths from now on. Images found on the image path stand in for code
    /// that a dump lacks; the PDB of an image that was opened by itself may lie beside it.
    pub fn set_paths(&mut self, symbols: SearchPath, images: SearchPath, options: Options) {
        let mut options = options;
        match &self.subject {
            Subject::Dump(_) => {
                self.images = Arc::new(self.image_overlay(&images));
                self.memory = self.memory.with_images(self.images.clone());
            }
            Subject::Image(image) => options.beside = image.folder().map(Path::to_owned),
        }
        self.symbols.set_finder(Finder::new(symbols, images, options));
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
        self.images.offer(module.base, path)
    }

    /// Whether a module's image is needed to know what it says: its headers are not in the dump, or, in a triage dump,
    /// its unwind data is not.
    pub fn lacks_image(&self, module: &Module) -> bool {
        let Ok(image) = self.image(module) else {
            return true;
        };
        let table = image.headers().directory(Directory::Exception);
        let at = |table: DataDirectory| module.base.wrapping_add(u64::from(table.rva));
        self.memory.blocks().is_some() && table.is_some_and(|table| self.memory.u8(at(table)).is_err())
    }

    /// How many modules have an image file behind them.
    pub fn image_files(&self) -> usize {
        self.images.count()
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

    /// Puts another view of virtual memory in the place of this one.
    pub(super) fn set_memory(&mut self, memory: VirtualMemory) {
        self.memory = memory;
    }

    /// Puts another list of modules in the place of this one.
    pub(super) fn set_modules(&mut self, modules: ModuleList) {
        self.modules = modules;
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

    /// EPROCESS whose address space a thread uses.
    pub fn process_of(&self, thread: u64) -> Option<u64> {
        let offset = self.debugger_data.as_ref()?.nonzero("OffsetKThreadApcProcess")?;
        self.memory.u64(thread.wrapping_add(offset)).ok().filter(|&process| process != 0)
    }

    /// PEB of a process; `None` for processes without user space.
    pub fn peb(&self, process: u64) -> Option<u64> {
        let offset = self.debugger_data.as_ref()?.nonzero("OffsetEprocessPeb")?;
        self.memory.u64(process.wrapping_add(offset)).ok().filter(|&peb| peb != 0)
    }

    /// TEB of a thread; `None` for threads without user space.
    pub fn teb(&self, thread: u64) -> Option<u64> {
        let offset = self.debugger_data.as_ref()?.nonzero("OffsetKThreadTeb")?;
        self.memory.u64(thread.wrapping_add(offset)).ok().filter(|&teb| teb != 0)
    }
}

/// The block from a triage dump's own copy, or from memory at the address that the header names.
fn debugger_data(dump: &DumpFile, memory: &VirtualMemory) -> Option<DebuggerData> {
    let header = dump.header();
    if header.bits != Bits::Bits64 {
        return None;
    }
    let known = KnownLists {
        ps_loaded_module_list: header.ps_loaded_module_list,
        ps_active_process_head: header.ps_active_process_head,
    };
    let copy = dump.triage().map(|triage| triage.debugger_data.clone());
    let copy = copy.and_then(|range| slice(dump.bytes(), range.start, range.len()));
    if let Some(data) = copy.and_then(|bytes| DebuggerData::parse(bytes, known)) {
        return Some(data);
    }
    let mut bytes = vec![0u8; DEBUGGER_DATA_SIZE];
    let (read, _) = memory.read_partial(header.kd_debugger_data_block, &mut bytes);
    DebuggerData::parse(bytes.get(..read)?, known)
}

fn find_processors(
    dump: &DumpFile,
    memory: &VirtualMemory,
    debugger_data: Option<&DebuggerData>,
) -> (Vec<Processor>, u32) {
    let header = dump.header();
    let context = header.context.clone();
    let crash_context = slice(dump.bytes(), context.start, context.len())
        .and_then(|bytes| Context::new(header.machine, bytes))
        .filter(Context::is_plausible);
    let prcb = dump.triage().map(|triage| triage.prcb.clone());
    processors(&ProcessorSources {
        header,
        memory,
        debugger_data,
        crash_context,
        prcb_image: prcb
            .and_then(|range| slice(dump.bytes(), range.start, range.len()))
            .filter(|image| !image.is_empty()),
    })
}

/// What an image file must match to stand for a module; `None` where the dump does not say.
fn identity(module: &Module) -> Option<ModuleIdentity> {
    let size_of_image = u32::try_from(module.size).ok()?;
    Some(ModuleIdentity { base: module.base, size_of_image, time_date_stamp: module.time_date_stamp? })
}
