//! Opening: from a dump or an image to memory, processors and modules.

use super::Target;
use super::build::kernel_build;
use super::context::RegisterContext;
use super::debugger_data::{DebuggerData, KnownLists};
use super::image_file::ImageFile;
use super::image_search;
use super::modules::{self, Module, ModuleKind, ModuleList, UnloadedModule};
use super::processors::{Processor, ProcessorSources, processors};
use super::searched::Searched;
use super::subject::Subject;
use super::symbols::SymbolTable;
use super::target::Attached;
use crate::dump::{Bits, DumpFile};
use crate::memory::{Memory, PhysicalMemory, VirtualMemory};
use crate::util::bounded::{ascii_z, slice};
use std::sync::Arc;

/// The block's longest form, with room for what later builds append.
const DEBUGGER_DATA_SIZE: usize = 0x400;
/// Addresses from here on belong to the kernel.
const KERNEL_SPACE: u64 = 0xffff_8000_0000_0000;
/// Longest build-lab text.
const BUILD_LAB_LENGTH: usize = 256;

impl Target {
    /// An image at its preferred base: the only module, and all the memory there is.
    pub(super) fn of_image(image: ImageFile) -> Target {
        let memory = VirtualMemory::of_image(Arc::new(image.clone()), image.bits(), image.mapping().clone());
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
            at_crash: memory.clone(),
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
            attached: Attached::Crash,
            searched: Searched::default(),
        }
    }

    /// Reads what the dump says of itself.
    pub fn new(dump: DumpFile) -> Target {
        let mut warnings = dump.warnings().to_vec();
        let memory = VirtualMemory::new(&dump);
        let physical = dump.pages().map(|_| PhysicalMemory::new(&dump));
        let debugger_data = debugger_data(&dump, &memory);
        // Without any memory, which the dump itself tells, what lies in memory is missing of course.
        if debugger_data.is_none() && dump.header().bits == Bits::Bits64 && dump.has_memory() {
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
        self.warnings.extend(trouble.filter(|_| dump.has_memory()));
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
            Some(process) => self.user_modules_of(process, &self.memory, kernel_contains),
            None => (Vec::new(), None),
        }
    }

    /// The images of a process whose address space `memory` is.
    pub(super) fn user_modules_of(
        &self,
        process: u64,
        memory: &VirtualMemory,
        kernel_contains: u64,
    ) -> (Vec<Module>, Option<String>) {
        let Some(peb) = self.peb(process) else {
            return (Vec::new(), None);
        };
        let Ok(loader) = memory.u64(peb.wrapping_add(0x18)) else {
            return (Vec::new(), None);
        };
        let head = loader.wrapping_add(0x10);
        if loader == 0 || memory.u64(head).is_err() {
            return (Vec::new(), None);
        }
        let (found, trouble) = modules::from_list(memory, head, ModuleKind::User, kernel_contains);
        // A triage dump seldom holds more of a process than its PEB.
        let expected = found.is_empty() && memory.blocks().is_some();
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
        .and_then(|bytes| RegisterContext::new(header.machine, bytes))
        .filter(RegisterContext::is_plausible);
    let prcb = dump.triage().map(|triage| triage.prcb.clone());
    processors(&ProcessorSources {
        header,
        memory,
        debugger_data,
        crash_context,
        prcb_image: prcb
            .and_then(|range| slice(dump.bytes(), range.start, range.len()))
            .filter(|image| !image.is_empty()),
        prcb_address: memory.blocks().and_then(|blocks| blocks.prcb()),
    })
}
