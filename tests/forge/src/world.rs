//! The Windows that the code runs in: loaded images, and memory addressed by type and member.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::image::Image;
use crate::layout;
use crate::machine::{Machine, Vectors};
use crate::memory::{Memory, NX, W};
use crate::objects::pool::Pool;
use crate::objects::process::Process;
use crate::objects::thread::Thread;

/// An image in memory.
#[derive(Clone)]
pub struct Module {
    /// The image.
    pub image: Image,
    /// Where it is.
    pub base: u64,
    /// Full path as the loader knows it.
    pub path: String,
    /// Loader entry address (kernel modules).
    pub entry: u64,
}

impl Module {
    /// Address of a symbol.
    pub fn at(&self, symbol: &str) -> u64 {
        self.base + u64::from(self.image.symbol(symbol))
    }
}

/// A processor's block and stacks.
#[derive(Clone, Copy)]
pub struct Processor {
    /// KPCR; KPRCB is 0x180 behind.
    pub pcr: u64,
    /// Idle thread.
    pub idle: u64,
}

/// Everything.
pub struct World {
    /// The members of its kernel's types.
    pub layout: &'static layout::Table,
    /// Physical memory and page tables.
    pub memory: Memory,
    /// Processor emulator.
    pub machine: Machine,
    /// Kernel images in load order; the kernel first.
    pub modules: Vec<Module>,
    /// Images of user space by file name.
    pub user_images: BTreeMap<String, Image>,
    /// Processors.
    pub processors: Vec<Processor>,
    /// Processes in creation order.
    pub processes: Vec<Process>,
    /// Threads.
    pub threads: Vec<Thread>,
    /// Pool.
    pub pool: Pool,
    /// Next stack address.
    pub next_stack: u64,
    /// Unloaded drivers: name, start, end.
    pub unloaded: Vec<(String, u64, u64)>,
    /// Objects by name for the truth file.
    pub objects: Vec<(String, u64)>,
    /// Object type addresses by name.
    pub types: BTreeMap<String, u64>,
    /// Crash time, FILETIME.
    pub time: u64,
    /// Up time, 100 ns.
    pub uptime: u64,
    /// Page table entries of note: kind, page table root, address, contents, physical address of the data if any.
    pub entries: Vec<(&'static str, u64, u64, u64, Option<u64>)>,
    /// Requests.
    pub irps: Vec<u64>,
    /// What was laid out, by the key of the truth file.
    pub record: BTreeMap<&'static str, Vec<Value>>,
    /// Ranges that hold code or data of note for triage dumps.
    pub notable: Vec<(u64, u64)>,
}

/// PRCB's place in the PCR.
pub const PRCB: u64 = 0x180;
/// Where the kernel is loaded.
pub const NT_BASE: u64 = 0xFFFF_F807_6140_0000;

impl World {
    /// Root of the System process.
    pub fn root(&self) -> u64 {
        self.memory.system_cr3
    }

    /// The kernel.
    pub fn nt(&self, symbol: &str) -> u64 {
        self.modules[0].at(symbol)
    }

    /// A variable that not every kernel here has.
    pub fn nt_if(&self, symbol: &str) -> Option<u64> {
        let rva = self.modules[0].image.names.get(symbol)?;
        Some(self.modules[0].base + u64::from(*rva))
    }

    /// The module of a name.
    pub fn module(&self, name: &str) -> &Module {
        self.modules.iter().find(|m| m.image.name == name).unwrap_or_else(|| panic!("no module {name}"))
    }

    /// Records what was laid out.
    pub fn note(&mut self, key: &'static str, what: Value) {
        self.record.entry(key).or_default().push(what);
    }

    /// Writes bytes at a kernel address.
    pub fn bytes(&mut self, va: u64, bytes: &[u8]) {
        let root = self.root();
        self.memory.write(root, va, bytes);
    }

    /// Writes a quad.
    pub fn q(&mut self, va: u64, value: u64) {
        self.bytes(va, &value.to_le_bytes());
    }

    /// Writes a dword.
    pub fn d(&mut self, va: u64, value: u32) {
        self.bytes(va, &value.to_le_bytes());
    }

    /// Reads a quad.
    pub fn get(&self, va: u64) -> u64 {
        self.memory.u64(self.root(), va)
    }

    /// Writes one member of a structure; bit fields keep their neighbours.
    pub fn put(&mut self, ty: &'static str, base: u64, name: &'static str, value: u64) {
        let root = self.root();
        self.put_in(root, ty, base, name, value);
    }

    /// The same in another address space.
    pub fn put_in(&mut self, root: u64, ty: &'static str, base: u64, name: &'static str, value: u64) {
        let m = self.layout.member(ty, name);
        let size = m.size.min(8) as usize;
        let at = base + m.offset;
        let value = match m.bits {
            None => value,
            Some((bit, width)) => {
                let mask = if width == 64 { u64::MAX } else { ((1u64 << width) - 1) << bit };
                let mut old = [0u8; 8];
                let now = self.memory.read(root, at, size).expect("mapped");
                old[..size].copy_from_slice(&now);
                u64::from_le_bytes(old) & !mask | value << bit & mask
            }
        };
        self.memory.write(root, at, &value.to_le_bytes()[..size]);
    }

    /// Reads one member.
    pub fn member(&self, ty: &'static str, base: u64, name: &'static str) -> u64 {
        let m = self.layout.member(ty, name);
        let size = m.size.min(8) as usize;
        let bytes = self.memory.read(self.root(), base + m.offset, size).expect("mapped");
        let mut quad = [0u8; 8];
        quad[..size].copy_from_slice(&bytes);
        u64::from_le_bytes(quad)
    }

    /// Makes a list head empty.
    pub fn list_init(&mut self, head: u64) {
        self.q(head, head);
        self.q(head + 8, head);
    }

    /// Appends to a list.
    pub fn list_insert(&mut self, head: u64, entry: u64) {
        let last = self.get(head + 8);
        self.q(entry, head);
        self.q(entry + 8, last);
        self.q(last, entry);
        self.q(head + 8, entry);
    }

    /// A UNICODE_STRING at `at` whose text goes to paged or nonpaged pool.
    pub fn unicode(&mut self, at: u64, text: &str) {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let buffer = self.alloc_pool(false, units.len() as u64 + 2, b"Strg");
        self.bytes(buffer, &units);
        self.bytes(at, &(units.len() as u16).to_le_bytes());
        self.bytes(at + 2, &(units.len() as u16 + 2).to_le_bytes());
        self.q(at + 8, buffer);
    }

    /// Maps an image, relocates it and binds its imports to images loaded before.
    pub fn load(&mut self, image: Image, base: u64, path: &str) -> &Module {
        let root = self.root();
        let bound = |dll: &str, name: &str, modules: &[Module], own: &Image| -> u64 {
            let m = modules
                .iter()
                .find(|m| m.image.name.eq_ignore_ascii_case(dll))
                .unwrap_or_else(|| panic!("{} imports {dll}, which is not loaded", own.name));
            m.base
                + u64::from(*m.image.exports.get(name).unwrap_or_else(|| panic!("{dll} exports no {name}")))
        };
        let mapped = relocate(&image, base, |dll, name| bound(dll, name, &self.modules, &image));
        map_image(&mut self.memory, root, &image, base, &mapped, 0);
        self.modules.push(Module { image, base, path: path.to_string(), entry: 0 });
        self.modules.last().expect("just pushed")
    }

    /// Tells the machine where the kernel's entry points are.
    pub fn set_vectors(&mut self, ist: u64) {
        self.machine.vectors = Vectors {
            page_fault: self.nt("KiPageFault"),
            breakpoint: self.nt("KiBreakpointTrap"),
            fast_fail: self.nt("KiRaiseSecurityCheckFailure"),
            double_fault: self.nt("KiDoubleFaultAbort"),
            general_protection: self.nt("KiGeneralProtectionFault"),
            system_call: self.nt("KiSystemCall64"),
            service_internal: self.nt("KiServiceInternal"),
            service_linkage: self.nt("KiServiceLinkage"),
            interrupt_return: self.interrupt_return(),
            ist,
        };
    }

    /// The `iretq` that ends a system service.
    fn interrupt_return(&self) -> u64 {
        let from = self.nt("KiSystemServiceExit");
        let code = self.memory.read(self.root(), from, 0x80).expect("kernel code");
        let at = code.windows(2).position(|bytes| bytes == [0x48, 0xCF]).expect("iretq");
        from + at as u64
    }
}

/// The image's bytes at their place, relocated and bound.
pub fn relocate(image: &Image, base: u64, bind: impl Fn(&str, &str) -> u64) -> Vec<u8> {
    let mut mapped = image.mapped();
    let delta = base.wrapping_sub(image.base);
    for rva in &image.relocations {
        let slot = &mut mapped[*rva as usize..*rva as usize + 8];
        let value = u64::from_le_bytes((&*slot).try_into().expect("eight")).wrapping_add(delta);
        slot.copy_from_slice(&value.to_le_bytes());
    }
    for (dll, name, rva) in &image.imports {
        let value = bind(dll, name);
        mapped[*rva as usize..*rva as usize + 8].copy_from_slice(&value.to_le_bytes());
    }
    // The loader stores the real base in the header.
    let pe = u32::from_le_bytes(mapped[0x3C..0x40].try_into().expect("four")) as usize;
    mapped[pe + 48..pe + 56].copy_from_slice(&base.to_le_bytes());
    mapped
}

/// Maps the sections with their protections.
pub fn map_image(memory: &mut Memory, root: u64, image: &Image, base: u64, mapped: &[u8], user: u64) {
    memory.map(root, base, u64::from(image.header_size), NX | user);
    for s in &image.sections {
        let mut flags = user;
        if s.write {
            flags |= W;
        }
        if !s.execute {
            flags |= NX;
        }
        memory.map(root, base + u64::from(s.rva), u64::from(s.size.max(1)), flags);
    }
    let mut at = 0;
    while at < mapped.len() {
        if memory.translate(root, base + at as u64).is_some() {
            memory.write(root, base + at as u64, &mapped[at..(at + 0x1000).min(mapped.len())]);
        }
        at += 0x1000;
    }
}
