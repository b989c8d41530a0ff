//! Loaded and unloaded modules.

use crate::dump::Triage;
use crate::memory::Memory;
use crate::symbols::module::file_name;
use crate::symbols::wildcard::Wildcard;
use crate::util::bounded::{u16_at, u32_at, u64_at, utf16_lossy};
use crate::util::links::Links;
use crate::util::order::Order;
use std::collections::HashSet;

/// Where a module runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleKind {
    /// The kernel, a driver, or a kernel library.
    Kernel,
    /// An image of the current process.
    User,
}

/// A loaded image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The debugger's name: `nt` for the kernel, otherwise the file name without extension, with `_` for what cannot
    /// stand in an expression.
    pub name: String,
    /// File name as the loader recorded it.
    pub image_name: String,
    /// Path as the loader recorded it; the file name alone in dumps that keep no paths.
    pub image_path: String,
    /// Address of the first byte.
    pub base: u64,
    /// Bytes of address space.
    pub size: u64,
    /// PE check sum, where recorded.
    pub checksum: Option<u32>,
    /// PE time stamp (or, for reproducible builds, a hash), where recorded.
    pub time_date_stamp: Option<u32>,
    /// What the loader notes of it (`Flags` of its entry), where the dump tells.
    pub flags: Option<u32>,
    /// Kernel or user.
    pub kind: ModuleKind,
    /// Whether the dump itself names it as the driver at fault.
    pub broken: bool,
}

impl Module {
    /// Which image lies where: two modules of the same identity have the same symbols, whichever process maps them.
    pub(super) fn identity(&self) -> ModuleKey {
        ModuleKey { base: self.base, size: self.size, time_date_stamp: self.time_date_stamp }
    }

    /// The address after the last byte.
    pub fn end(&self) -> u64 {
        self.base.saturating_add(self.size)
    }

    /// Whether Driver Verifier watches it; `None` where the dump does not tell.
    pub fn is_verified(&self) -> Option<bool> {
        Some(self.flags? & IMAGE_VERIFYING != 0).filter(|_| self.kind == ModuleKind::Kernel)
    }

    /// Whether the module covers an address.
    pub fn contains(&self, address: u64) -> bool {
        (self.base..self.end()).contains(&address)
    }
}

/// Flags of a loader entry, as public headers name them (`LDRP_ENTRY_PROCESSED`, `LDRP_IMAGE_VERIFYING`).
const ENTRY_PROCESSED: u32 = 0x4000;
const IMAGE_VERIFYING: u32 = 0x0200_0000;

/// An image at an address, as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ModuleKey {
    base: u64,
    size: u64,
    time_date_stamp: Option<u32>,
}

/// An image that was unloaded; Windows remembers the last fifty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnloadedModule {
    /// File name; triage dumps keep twelve characters of it.
    pub name: String,
    /// Address of its first byte.
    pub start: u64,
    /// The address after its last byte.
    pub end: u64,
    /// FILETIME of unloading, where recorded.
    pub time: Option<u64>,
}

/// The loaded modules by address.
#[derive(Debug, Clone, Default)]
pub struct ModuleList {
    modules: Vec<Module>,
}

/// Windows loads a few hundred drivers; a list longer than this is damaged.
const MAX_MODULES: usize = 10_000;
/// Image names longer than a Windows path can be are damage.
const MAX_NAME_BYTES: u16 = 2 * 1024;
/// MmUnloadedDrivers has room for fifty.
const UNLOADED_SLOTS: usize = 50;

impl ModuleList {
    /// A list sorted by address; of modules with one name the later ones get their address added to it, so that every
    /// name means one module. Kernel modules come first: their names do not depend on the process that is looked at.
    pub fn new(mut modules: Vec<Module>) -> ModuleList {
        modules.order_by_key(|module| module.base);
        modules.dedup_by_key(|module| module.base);
        let mut seen = HashSet::new();
        for kind in [ModuleKind::Kernel, ModuleKind::User] {
            for module in modules.iter_mut().filter(|module| module.kind == kind) {
                if !seen.insert(module.name.to_ascii_lowercase()) {
                    module.name = format!("{}_{:x}", module.name, module.base);
                }
            }
        }
        ModuleList { modules }
    }

    /// All modules, by address.
    pub fn iter(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.modules.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    /// The module that covers an address.
    pub fn at(&self, address: u64) -> Option<&Module> {
        let after = self.modules.partition_point(|module| module.base <= address);
        self.modules.get(after.checked_sub(1)?).filter(|module| module.contains(address))
    }

    /// The module of this name; the kernel also answers to its file's name.
    pub fn named(&self, name: &str) -> Option<&Module> {
        let by_name = self.modules.iter().find(|module| module.name.eq_ignore_ascii_case(name));
        by_name.or_else(|| {
            self.modules.iter().find(|module| {
                module.image_name.eq_ignore_ascii_case(name)
                    || stem(&module.image_name).eq_ignore_ascii_case(name)
            })
        })
    }

    /// The modules whose names match a pattern, by address.
    pub fn matching(&self, pattern: &Wildcard) -> impl Iterator<Item = &Module> {
        self.modules.iter().filter(|module| pattern.is_match(&module.name))
    }
}

/// A file name without its extension.
fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// The debugger's name for an image file.
fn module_name(image_name: &str, is_kernel: bool) -> String {
    if is_kernel {
        return "nt".to_owned();
    }
    let name: String =
        stem(image_name).chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
    // No other image may pass for the kernel.
    if name.eq_ignore_ascii_case("nt") { format!("{name}_") } else { name }
}

/// A module from what the loader recorded of it.
pub fn module(path: &str, base: u64, size: u64, kind: ModuleKind, is_kernel: bool) -> Module {
    let image_name = file_name(path);
    let image_name = if image_name.is_empty() { "unknown" } else { image_name };
    Module {
        name: module_name(image_name, is_kernel),
        image_name: image_name.to_owned(),
        image_path: path.to_owned(),
        base,
        size,
        checksum: None,
        time_date_stamp: None,
        flags: None,
        kind,
        broken: false,
    }
}

/// The drivers listed in a triage dump. The kernel is the one that holds the loaded module list's head.
pub fn from_triage(triage: &Triage, module_list_head: u64) -> Vec<Module> {
    let broken = triage.broken_driver.as_ref().map(|driver| driver.base);
    // Some writers leave the flags out; every driver that runs has this one.
    let has_flags = triage.drivers().iter().all(|driver| driver.flags & ENTRY_PROCESSED != 0);
    let drivers = triage.drivers().iter().map(|driver| {
        let size = u64::from(driver.size);
        let is_kernel = (driver.base..driver.base.saturating_add(size)).contains(&module_list_head);
        Module {
            checksum: Some(driver.checksum),
            time_date_stamp: Some(driver.time_date_stamp),
            flags: has_flags.then_some(driver.flags),
            broken: broken == Some(driver.base),
            ..module(&driver.name, driver.base, size, ModuleKind::Kernel, is_kernel)
        }
    });
    drivers.collect()
}

/// Walks a list of loader entries (`PsLoadedModuleList`, or a process's InLoadOrderModuleList). The two kinds of entry
/// share the offsets used here (KLDR_DATA_TABLE_ENTRY and LDR_DATA_TABLE_ENTRY: DllBase 0x30, SizeOfImage 0x40,
/// FullDllName 0x48, BaseDllName 0x58, Flags 0x68; CheckSum 0x78 only in the kernel's).
///
/// Returns what could be read, and why the walk ended early if it did.
pub fn from_list(
    memory: &dyn Memory,
    head: u64,
    kind: ModuleKind,
    kernel_contains: u64,
) -> (Vec<Module>, Option<String>) {
    let mut modules = Vec::new();
    for entry in Links::ring(head, |entry| memory.u64(entry)).at_most(MAX_MODULES) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(broken) => return (modules, Some(format!("module list at {head:#x}: {broken}"))),
        };
        let mut bytes = [0u8; 0xa0];
        if let Err(error) = memory.read(entry, &mut bytes) {
            return (modules, Some(format!("module list entry {entry:#x}: {error}")));
        }
        modules.extend(loader_entry(memory, &bytes, kind, kernel_contains));
    }
    (modules, None)
}

fn loader_entry(memory: &dyn Memory, entry: &[u8], kind: ModuleKind, kernel_contains: u64) -> Option<Module> {
    let base = u64_at(entry, 0x30).filter(|&base| base != 0)?;
    let size = u64::from(u32_at(entry, 0x40)?);
    let path = unicode_string(memory, entry, 0x48).or_else(|| unicode_string(memory, entry, 0x58));
    let path = path.unwrap_or_else(|| "unknown".to_owned());
    let is_kernel = (base..base.saturating_add(size)).contains(&kernel_contains);
    let mut module = module(&path, base, size, kind, is_kernel);
    module.flags = u32_at(entry, 0x68);
    if kind == ModuleKind::Kernel {
        module.checksum = u32_at(entry, 0x78);
        module.time_date_stamp = u32_at(entry, 0x9c).filter(|&stamp| stamp != 0);
    } else {
        module.time_date_stamp = u32_at(entry, 0x80);
    }
    if let Some(stamp) = header_stamp(memory, base) {
        module.time_date_stamp = Some(stamp);
    }
    Some(module)
}

/// The time stamp in the image's own header, which wins over the loader's copy: kernels before Windows 10 keep none.
fn header_stamp(memory: &dyn Memory, base: u64) -> Option<u32> {
    let offset = u64::from(memory.u32(base.checked_add(0x3c)?).ok()?);
    let header = base.checked_add(offset).filter(|_| offset < 0x1000)?;
    (memory.u32(header).ok()? == 0x4550).then(|| memory.u32(header + 8).ok()).flatten()
}

/// The text of the UNICODE_STRING at `offset` of `bytes`.
fn unicode_string(memory: &dyn Memory, bytes: &[u8], offset: usize) -> Option<String> {
    let length = u16_at(bytes, offset)?;
    let buffer = u64_at(bytes, offset + 8)?;
    if length == 0 || length > MAX_NAME_BYTES || buffer == 0 {
        return None;
    }
    let mut text = vec![0u8; usize::from(length)];
    memory.read(buffer, &mut text).ok()?;
    Some(utf16_lossy(&text))
}

/// The unloaded drivers of a triage dump, last unloaded first, as listed in the file.
pub fn unloaded_from_triage(triage: &Triage) -> Vec<UnloadedModule> {
    triage
        .unloaded
        .iter()
        .map(|u| UnloadedModule { name: u.name.clone(), start: u.start, end: u.end, time: None })
        .collect()
}

/// The unloaded drivers that the kernel remembers: `table` is the ring MmUnloadedDrivers points to, `next` the slot
/// that will be written next. Newest first.
pub fn unloaded_from_ring(memory: &dyn Memory, table: u64, next: u32) -> Vec<UnloadedModule> {
    const ENTRY: u64 = 0x28;
    let next = usize::try_from(next).unwrap_or(0) % UNLOADED_SLOTS;
    let slots = (0..UNLOADED_SLOTS).map(|back| (next + UNLOADED_SLOTS - 1 - back) % UNLOADED_SLOTS);
    let mut found = Vec::new();
    for slot in slots {
        let mut entry = [0u8; ENTRY as usize];
        let address = table.wrapping_add(slot as u64 * ENTRY);
        if memory.read(address, &mut entry).is_err() {
            continue;
        }
        let (start, end) = (u64_at(&entry, 0x10).unwrap_or(0), u64_at(&entry, 0x18).unwrap_or(0));
        if start == 0 || end <= start {
            continue;
        }
        let name = unicode_string(memory, &entry, 0).unwrap_or_else(|| "unknown".to_owned());
        found.push(UnloadedModule { name, start, end, time: u64_at(&entry, 0x20) });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_expressions_and_are_unique() {
        let list = ModuleList::new(vec![
            module(r"\SystemRoot\system32\ntoskrnl.exe", 0x1000, 0x1000, ModuleKind::Kernel, true),
            module("Microsoft.Bluetooth.Legacy.LEEnumerator.sys", 0x3000, 0x1000, ModuleKind::Kernel, false),
            module("a.sys", 0x5000, 0x1000, ModuleKind::Kernel, false),
            module("A.SYS", 0x6000, 0x1000, ModuleKind::Kernel, false),
        ]);
        let names: Vec<_> = list.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(names, ["nt", "Microsoft_Bluetooth_Legacy_LEEnumerator", "a", "A_6000"]);
        assert_eq!(list.named("NTOSKRNL").map(|module| module.base), Some(0x1000));
    }

    #[test]
    fn no_image_of_a_process_takes_a_name_from_the_kernel() {
        let list = ModuleList::new(vec![
            module(r"C:\tools\nt.exe", 0x1000, 0x1000, ModuleKind::User, false),
            module("CI.dll", 0x3000, 0x1000, ModuleKind::User, false),
            module("ntoskrnl.exe", 0xffff_8000_0000_0000, 0x1000, ModuleKind::Kernel, true),
            module("CI.dll", 0xffff_8000_0001_0000, 0x1000, ModuleKind::Kernel, false),
        ]);
        let names: Vec<_> = list.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(names, ["nt_", "CI_3000", "nt", "CI"]);
    }

    #[test]
    fn an_address_finds_its_module() {
        let list = ModuleList::new(vec![
            module("b.sys", 0x3000, 0x1000, ModuleKind::Kernel, false),
            module("a.sys", 0x1000, 0x1000, ModuleKind::Kernel, false),
        ]);
        assert_eq!(list.at(0x1fff).map(|module| module.name.as_str()), Some("a"));
        assert_eq!(list.at(0x2000), None);
        assert_eq!(list.at(0xfff), None);
        assert_eq!(list.at(0x3000).map(|module| module.name.as_str()), Some("b"));
    }
}
