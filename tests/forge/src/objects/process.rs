//! Processes: EPROCESS, address space, PEB, loader data, VADs, handle table.

use crate::layout;
use crate::memory::{NX, U, W};
use crate::world::{Module, World, map_image, relocate};

const E: &str = "_EPROCESS";

/// A process.
pub struct Process {
    /// EPROCESS.
    pub object: u64,
    /// Id.
    pub pid: u64,
    /// Image file name.
    pub name: String,
    /// Page table root.
    pub cr3: u64,
    /// PEB, 0 for system processes.
    pub peb: u64,
    /// Handle table.
    pub handles: u64,
    /// Parent id.
    pub parent: u64,
    /// Session, None for processes without one.
    pub session: Option<u32>,
    /// Command line.
    pub command: String,
    /// Creation time.
    pub created: u64,
    /// Loaded user images.
    pub modules: Vec<Module>,
    /// Ranges of its address space.
    pub vads: Vec<Vad>,
    /// Next free user stack.
    pub next_stack: u64,
    /// Next TEB.
    pub next_teb: u64,
}

/// What a range is. The numbers are those of MMVAD_FLAGS.VadType; a mapped range has the type of a private one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum VadKind {
    /// Private memory.
    None = 0,
    /// Physical memory mapped by a driver.
    PhysicalMemory = 1,
    /// An image.
    Image = 2,
    /// Physical pages handed out by the program.
    Awe = 3,
    /// Private, with its writes watched.
    WriteWatch = 4,
    /// Private, of large pages.
    LargePages = 5,
    /// Video memory.
    RotatePhysical = 6,
    /// A data file, or the paging file.
    Mapped = 8,
}

/// A range of an address space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vad {
    /// First page.
    pub first: u64,
    /// Last page.
    pub last: u64,
    /// What it is.
    pub kind: VadKind,
    /// Protection, as in page table entries.
    pub protection: u64,
    /// Pages charged.
    pub commit: u64,
    /// File, or empty.
    pub file: String,
}

impl Vad {
    /// Read-write memory of the process, all of it charged.
    pub fn private(at: u64, bytes: u64) -> Self {
        let pages = bytes.div_ceil(0x1000);
        Self {
            first: at >> 12,
            last: (at >> 12) + pages - 1,
            kind: VadKind::None,
            protection: 4,
            commit: pages,
            file: String::new(),
        }
    }

    /// An image.
    pub fn image(at: u64, bytes: u64, protection: u64, file: &str) -> Self {
        Self { kind: VadKind::Image, protection, commit: 2, file: file.into(), ..Self::private(at, bytes) }
    }

    /// Its memory is the process's own.
    fn is_private(&self) -> bool {
        matches!(self.kind, VadKind::None | VadKind::Awe | VadKind::WriteWatch | VadKind::LargePages)
    }
}

/// What to make.
pub struct NewProcess<'a> {
    /// Image file name.
    pub name: &'a str,
    /// Id.
    pub pid: u64,
    /// Parent id.
    pub parent: u64,
    /// Session.
    pub session: Option<u32>,
    /// Command line; empty for system processes.
    pub command: &'a str,
    /// Seconds after boot.
    pub after: u64,
    /// Images to load, the program last.
    pub images: &'a [&'a str],
}

impl World {
    /// Creates a process; the first one is System and uses the boot tables.
    pub fn process(&mut self, new: &NewProcess<'_>) -> usize {
        let size = layout::size(E);
        let object = self.object(size, b"Proc", Self::type_index("Process"), None);
        let first = self.processes.iter().all(|p| p.pid != 4);
        let cr3 = if first || new.pid == 0 { self.root() } else { self.memory.new_root() };
        let created = self.time - self.uptime + new.after * 10_000_000;
        for (name, value) in [
            ("UniqueProcessId", new.pid),
            ("CreateTime", created),
            ("InheritedFromUniqueProcessId", new.parent),
            ("PriorityClass", 2),
            ("ActiveThreads", 0),
            ("Flags", if new.command.is_empty() { 0x0014_4D00 } else { 0x144D_0C01 }),
            ("ExitStatus", 0x103),
            ("HighestUserAddress", 0x7FFF_FFFF_0000),
            ("Cookie", 0x7A31_55C2 ^ new.pid),
        ] {
            self.put(E, object, name, value);
        }
        let k = "_KPROCESS";
        self.put("_DISPATCHER_HEADER", object, "Type", 3);
        self.put("_DISPATCHER_HEADER", object, "Size", layout::size(k) / 4);
        self.list_init(object + 8);
        self.put(k, object, "DirectoryTableBase", cr3);
        self.put(k, object, "BasePriority", 8);
        self.put(k, object, "QuantumReset", 6);
        for head in ["ThreadListHead", "ReadyListHead", "ProfileListHead"] {
            self.list_init(object + layout::off(k, head));
        }
        self.list_init(object + layout::off(E, "ThreadListHead"));
        let mut file_name = [0u8; 15];
        for (slot, byte) in file_name.iter_mut().take(14).zip(new.name.bytes()) {
            *slot = byte;
        }
        self.bytes(object + layout::off(E, "ImageFileName"), &file_name);
        let handles = self.handle_table(new.pid, object);
        self.put(E, object, "ObjectTable", handles);
        let token = self.object(layout::size("_TOKEN"), b"Toke", Self::type_index("Token"), None);
        self.put("_TOKEN", token, "TokenId", 0x1_0000 + new.pid * 7);
        self.put("_TOKEN", token, "AuthenticationId", 0x3E7);
        self.put("_TOKEN", token, "TokenType", 1);
        self.put("_TOKEN", token, "SessionId", u64::from(new.session.unwrap_or(0)));
        // EX_FAST_REF: the low bits count references.
        self.put(E, object, "Token", token | 0xF);
        let audit = self.alloc_pool(true, 0x60, b"SeAu");
        if !new.command.is_empty() {
            let path = format!("\\Device\\HarddiskVolume3\\Windows\\System32\\{}", new.name);
            self.unicode(audit, &path);
        }
        self.put(E, object, "SeAuditProcessCreationInfo", audit);
        if let Some(session) = new.session {
            let space = self.session(session);
            self.put(E, object, "Session", space);
        }
        if new.pid != 0 {
            let head = self.nt("PsActiveProcessHead");
            self.list_insert(head, object + layout::off(E, "ActiveProcessLinks"));
        }
        self.processes.push(Process {
            object,
            pid: new.pid,
            name: new.name.to_string(),
            cr3,
            peb: 0,
            handles,
            parent: new.parent,
            session: new.session,
            command: new.command.to_string(),
            created,
            modules: Vec::new(),
            vads: Vec::new(),
            next_stack: 0x0000_00C5_3F00_0000 + new.pid * 0x10_0000,
            next_teb: 0x0000_00C5_3E80_2000 + new.pid * 0x10_0000,
        });
        let index = self.processes.len() - 1;
        if !new.images.is_empty() {
            self.user_space(index, new);
        }
        index
    }

    /// MM_SESSION_SPACE of a session, made on first use.
    pub fn session(&mut self, id: u32) -> u64 {
        let name = format!("session {id}");
        if let Some((_, at)) = self.objects.iter().find(|(n, _)| *n == name) {
            return *at;
        }
        let at = self.alloc_big(false, 0x1000, b"MmSe");
        self.put("_MM_SESSION_SPACE", at, "SessionId", u64::from(id));
        self.put("_MM_SESSION_SPACE", at, "ReferenceCount", 1);
        self.objects.push((name, at));
        at
    }

    fn user_space(&mut self, index: usize, new: &NewProcess<'_>) {
        let cr3 = self.processes[index].cr3;
        // Every process sees the shared page.
        let root = self.root();
        let pfn = self.memory.translate(root, 0xFFFF_F780_0000_0000).expect("shared page") >> 12;
        let frame = self.memory.frames[&pfn];
        self.memory.map_frame(cr3, 0x7FFE_0000, pfn, U | NX);
        self.memory.frames.insert(pfn, frame);
        let mut modules: Vec<Module> = Vec::new();
        for name in new.images {
            let image = self.user_images.get(*name).unwrap_or_else(|| panic!("no user image {name}")).clone();
            let base = match *name {
                "ntdll.dll" => 0x7FFB_5E2B_0000,
                "KERNELBASE.dll" => 0x7FFB_5BC4_0000,
                "KERNEL32.DLL" => 0x7FFB_5D41_0000,
                _ => 0x7FF6_2A41_0000,
            };
            let mapped = relocate(&image, base, |dll, function| {
                let m = modules
                    .iter()
                    .find(|m| m.image.name.eq_ignore_ascii_case(dll))
                    .unwrap_or_else(|| panic!("{dll} first"));
                m.base
                    + u64::from(*m.image.exports.get(function).unwrap_or_else(|| panic!("{dll}!{function}")))
            });
            map_image(&mut self.memory, cr3, &image, base, &mapped, U);
            self.processes[index].vads.push(Vad::image(base, u64::from(image.size), 7, name));
            modules.push(Module { image, base, path: format!("C:\\Windows\\System32\\{name}"), entry: 0 });
        }
        let peb = 0x0000_00C5_3E80_0000 + new.pid * 0x10_0000;
        self.memory.map(cr3, peb, 0x1000, W | U | NX);
        self.processes[index].vads.push(Vad::private(peb, 0x2_0000));
        let heap = 0x0000_0218_4C10_0000 + new.pid * 0x100_0000;
        self.memory.map(cr3, heap, 0x3000, W | U | NX);
        self.processes[index].vads.push(Vad::private(heap, 0x10_0000));
        let program = modules.last().expect("a program").base;
        for (name, value) in [
            ("ImageBaseAddress", program),
            ("Ldr", heap + 0x400),
            ("ProcessParameters", heap + 0x1000),
            ("ProcessHeap", heap),
            ("NumberOfProcessors", self.processors.len() as u64),
            ("OSMajorVersion", 10),
            ("OSBuildNumber", 19041),
            ("OSPlatformId", 2),
            ("SessionId", u64::from(new.session.unwrap_or(0))),
        ] {
            self.put_in(cr3, "_PEB", peb, name, value);
        }
        let p = "_RTL_USER_PROCESS_PARAMETERS";
        let mut text = heap + 0x1800;
        let mut string = |w: &mut Self, at: u64, s: &str| {
            let units: Vec<u8> = s.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
            w.memory.write(cr3, text, &units);
            w.memory.write(cr3, at, &(units.len() as u16 - 2).to_le_bytes());
            w.memory.write(cr3, at + 2, &(units.len() as u16).to_le_bytes());
            w.memory.write(cr3, at + 8, &text.to_le_bytes());
            text += (units.len() as u64 + 7) & !7;
        };
        let image_path = modules.last().expect("a program").path.clone();
        string(self, heap + 0x1000 + layout::off(p, "ImagePathName"), &image_path);
        string(self, heap + 0x1000 + layout::off(p, "CommandLine"), new.command);
        string(self, heap + 0x1000 + layout::off(p, "CurrentDirectory"), "C:\\Windows\\system32\\");
        let l = "_LDR_DATA_TABLE_ENTRY";
        let ldr = heap + 0x400;
        self.put_in(cr3, "_PEB_LDR_DATA", ldr, "Length", 0x58);
        self.put_in(cr3, "_PEB_LDR_DATA", ldr, "Initialized", 1);
        let lists = [
            ("InLoadOrderModuleList", "InLoadOrderLinks"),
            ("InMemoryOrderModuleList", "InMemoryOrderLinks"),
            ("InInitializationOrderModuleList", "InInitializationOrderLinks"),
        ];
        // The program comes first in load order.
        let mut order: Vec<usize> = (0..modules.len()).collect();
        order.rotate_right(1);
        let entry_of =
            |i: usize| heap + 0x500 + i as u64 * layout::size("_LDR_DATA_TABLE_ENTRY").next_multiple_of(16);
        for (i, m) in order.iter().map(|i| &modules[*i]).enumerate() {
            let e = entry_of(i);
            self.put_in(cr3, l, e, "DllBase", m.base);
            self.put_in(cr3, l, e, "EntryPoint", m.base + u64::from(m.image.entry));
            self.put_in(cr3, l, e, "SizeOfImage", u64::from(m.image.size));
            self.put_in(cr3, l, e, "TimeDateStamp", u64::from(m.image.timestamp));
            self.put_in(cr3, l, e, "Flags", 0xA2CC);
            string(self, e + layout::off(l, "FullDllName"), &m.path);
            string(self, e + layout::off(l, "BaseDllName"), &m.image.name);
        }
        for (head, link) in lists {
            let head = ldr + layout::off("_PEB_LDR_DATA", head);
            let link = layout::off(l, link);
            let ring: Vec<u64> =
                std::iter::once(head).chain((0..modules.len()).map(|i| entry_of(i) + link)).collect();
            for (i, at) in ring.iter().enumerate() {
                self.memory.write(cr3, *at, &ring[(i + 1) % ring.len()].to_le_bytes());
                self.memory.write(cr3, *at + 8, &ring[(i + ring.len() - 1) % ring.len()].to_le_bytes());
            }
        }
        let object = self.processes[index].object;
        self.put(E, object, "Peb", peb);
        self.put(E, object, "SectionBaseAddress", program);
        self.processes[index].peb = peb;
        self.processes[index].modules = modules;
    }

    /// Builds the tree of address ranges from what was mapped.
    pub fn vads(&mut self, index: usize) {
        let mut ranges = self.processes[index].vads.clone();
        ranges.sort();
        // A range that is the process's own has the short form, under a tag of its own.
        let nodes: Vec<u64> = ranges
            .iter()
            .map(|vad| match vad.is_private() {
                true => self.alloc_pool(false, layout::size("_MMVAD_SHORT"), b"VadS"),
                false => self.alloc_pool(false, layout::size("_MMVAD"), b"Vad "),
            })
            .collect();
        for (node, vad) in nodes.iter().zip(&ranges) {
            let s = "_MMVAD_SHORT";
            let private = vad.is_private();
            self.put(s, *node, "StartingVpn", vad.first & 0xFFFF_FFFF);
            self.put(s, *node, "EndingVpn", vad.last & 0xFFFF_FFFF);
            self.put(s, *node, "StartingVpnHigh", vad.first >> 32);
            self.put(s, *node, "EndingVpnHigh", vad.last >> 32);
            let flags = (vad.kind as u64 & 7) << 4 | vad.protection << 7 | u64::from(private) << 20;
            self.put(s, *node, "u", flags);
            let all = u64::from(private && vad.commit == vad.last - vad.first + 1);
            self.put(s, *node, "u1", vad.commit | all << 31);
            if !private && vad.kind != VadKind::PhysicalMemory {
                let area = self.control_area(&vad.file, vad.commit);
                let subsection = area + layout::size("_CONTROL_AREA");
                if vad.kind == VadKind::Image {
                    self.put("_CONTROL_AREA", area, "u", 0xA0);
                }
                self.put("_MMVAD", *node, "Subsection", subsection);
                self.put("_MMVAD", *node, "VadsProcess", self.processes[index].object);
            }
        }
        let root = self.vad_tree(&nodes, 0);
        let object = self.processes[index].object;
        self.put(E, object, "VadRoot", root);
        self.put(E, object, "VadCount", nodes.len() as u64);
        let pages: u64 = ranges.iter().map(|r| r.last - r.first + 1).sum();
        let charged: u64 = ranges.iter().map(|r| r.commit).sum();
        self.put(E, object, "VirtualSize", pages * 0x1000);
        self.put(E, object, "PeakVirtualSize", pages * 0x1000 + 0x9000);
        self.put(E, object, "CommitCharge", charged);
        self.put(E, object, "CommitChargePeak", charged + 9);
    }

    /// The control area of a file on the system volume, or of `commit` pages of the paging file; its subsection follows.
    pub fn control_area(&mut self, file: &str, commit: u64) -> u64 {
        let c = "_CONTROL_AREA";
        let area = self.alloc_pool(false, layout::size(c) + layout::size("_SUBSECTION"), b"MmCa");
        let segment = self.alloc_pool(true, layout::size("_SEGMENT"), b"MmSm");
        self.put("_SEGMENT", segment, "ControlArea", area);
        self.put("_SEGMENT", segment, "NumberOfCommittedPages", commit);
        self.put(c, area, "Segment", segment);
        self.put(c, area, "NumberOfMappedViews", 1);
        if file.is_empty() {
            // MMSECTION_FLAGS.Commit.
            self.put(c, area, "u", 0x2000);
        } else {
            let object = self.file_object(&format!("\\Windows\\System32\\{file}"), 0);
            self.put(c, area, "FilePointer", object | 0xF);
            self.put(c, area, "u", 0x80);
        }
        self.put("_SUBSECTION", area + layout::size(c), "ControlArea", area);
        area
    }

    fn vad_tree(&mut self, nodes: &[u64], parent: u64) -> u64 {
        if nodes.is_empty() {
            return 0;
        }
        let middle = nodes.len() / 2;
        let node = nodes[middle];
        let left = self.vad_tree(&nodes[..middle], node);
        let right = self.vad_tree(&nodes[middle + 1..], node);
        self.q(node, left);
        self.q(node + 8, right);
        self.q(node + 16, parent);
        node
    }

    /// A file object of a path on the system volume.
    pub fn file_object(&mut self, path: &str, device: u64) -> u64 {
        let f = "_FILE_OBJECT";
        let object = self.object(layout::size(f), b"File", Self::type_index("File"), None);
        self.put(f, object, "Type", 5);
        self.put(f, object, "Size", layout::size(f));
        self.put(f, object, "DeviceObject", device);
        self.put(f, object, "ReadAccess", 1);
        self.put(f, object, "SharedRead", 1);
        self.put(f, object, "Flags", 0x44042);
        self.unicode(object + layout::off(f, "FileName"), path);
        object
    }
}
