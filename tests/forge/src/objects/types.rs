//! Object types, object headers and handle tables.

use serde_json::json;

use crate::layout;
use crate::truth::hex;
use crate::world::World;

/// Type names in index order from 2 on; the order is that of this build's start-up.
pub const NAMES: &[&str] = &[
    "Type",
    "Directory",
    "SymbolicLink",
    "Token",
    "Job",
    "Process",
    "Thread",
    "Partition",
    "UserApcReserve",
    "IoCompletionReserve",
    "ActivityReference",
    "PsSiloContextPaged",
    "PsSiloContextNonPaged",
    "DebugObject",
    "Event",
    "Mutant",
    "Callback",
    "Semaphore",
    "Timer",
    "IRTimer",
    "Profile",
    "KeyedEvent",
    "WindowStation",
    "Desktop",
    "Composition",
    "RawInputManager",
    "CoreMessaging",
    "TpWorkerFactory",
    "Adapter",
    "Controller",
    "Device",
    "Driver",
    "IoCompletion",
    "WaitCompletionPacket",
    "File",
    "Section",
    "Session",
    "Key",
    "ALPC Port",
];
const COOKIE: u8 = 0x6B;
/// References that a handle table entry starts with.
const ENTRY_REFERENCES: u64 = 0x7FF8;
/// nt!MmBadPointer.
const BAD_POINTER: u64 = 0xFFFF_B100_5A5C_6000;
const H: &str = "_OBJECT_HEADER";

impl World {
    /// Makes all object types and the kernel's table of them.
    pub fn types_init(&mut self) {
        let cookie = self.nt("ObHeaderCookie");
        self.bytes(cookie, &[COOKIE]);
        let offsets = self.nt("ObpInfoMaskToOffset");
        for mask in 0u64..256 {
            let sizes = [0x20, 0x20, 0x10, 0x20, 0x10, 0x10, 0x10, 4];
            let total: u64 = (0..8).filter(|b| mask >> b & 1 == 1).map(|b| sizes[b]).sum();
            self.bytes(offsets + mask, &[total as u8]);
        }
        let table = self.nt("ObTypeIndexTable");
        // No type has index 0 or 1: the table holds null, then an address that nothing maps.
        let bad = self.nt("MmBadPointer");
        self.q(bad, BAD_POINTER);
        self.q(table + 8, BAD_POINTER);
        for (i, name) in NAMES.iter().enumerate() {
            let index = i as u64 + 2;
            let size = layout::size("_OBJECT_TYPE");
            let body = self.object(size, b"ObjT", 2, None);
            self.types.insert((*name).to_string(), body);
            self.q(table + index * 8, body);
            self.put("_OBJECT_TYPE", body, "Index", index);
            self.unicode(body + layout::off("_OBJECT_TYPE", "Name"), name);
            self.list_init(body);
            let key = if *name == "Process" {
                *b"Proc"
            } else if *name == "Thread" {
                *b"Thre"
            } else {
                tag4(name)
            };
            self.put("_OBJECT_TYPE", body, "Key", u64::from(u32::from_le_bytes(key)));
        }
        for (variable, name) in [
            ("PsProcessType", "Process"),
            ("PsThreadType", "Thread"),
            ("IoFileObjectType", "File"),
            ("IoDriverObjectType", "Driver"),
            ("IoDeviceObjectType", "Device"),
            ("ObpDirectoryObjectType", "Directory"),
            ("ExEventObjectType", "Event"),
            ("MmSectionObjectType", "Section"),
            ("CmKeyObjectType", "Key"),
            ("ObpTypeObjectType", "Type"),
        ] {
            let at = self.nt(variable);
            let value = self.types[name];
            self.q(at, value);
        }
    }

    /// Index of a type name.
    pub fn type_index(name: &str) -> u64 {
        NAMES.iter().position(|n| *n == name).unwrap_or_else(|| panic!("no type {name}")) as u64 + 2
    }

    /// An object with its header; a named one has a name header before. Returns the body.
    pub fn object(&mut self, size: u64, tag: &[u8; 4], type_index: u64, name: Option<(u64, &str)>) -> u64 {
        let extra = if name.is_some() { 0x20 } else { 0 };
        let paged = ["SymbolicLink", "Section"].contains(&NAMES[type_index as usize - 2]);
        let block = self.alloc_pool(paged, extra + 0x30 + size, tag);
        let header = block + extra;
        if let Some((directory, text)) = name {
            self.put("_OBJECT_HEADER_NAME_INFO", block, "Directory", directory);
            self.unicode(block + 8, text);
            self.put("_OBJECT_HEADER_NAME_INFO", block, "ReferenceCount", 1);
            self.put(H, header, "InfoMask", 2);
        }
        self.put(H, header, "PointerCount", 1);
        self.count(type_index, "TotalNumberOfObjects");
        let byte = (type_index as u8) ^ COOKIE ^ (header >> 8) as u8;
        self.put(H, header, "TypeIndex", u64::from(byte));
        self.put(H, header, "Flags", 0x22);
        header + 0x30
    }

    /// Counts an object or a handle of a type.
    fn count(&mut self, type_index: u64, what: &'static str) {
        // The first types are made before they can count themselves.
        if let Some(body) = self.types.get(NAMES[type_index as usize - 2]).copied() {
            let total = self.member("_OBJECT_TYPE", body, what) + 1;
            self.put("_OBJECT_TYPE", body, what, total);
        }
    }

    /// A handle table with room for 256 handles; returns the table and its first page.
    pub fn handle_table(&mut self, pid: u64, process: u64) -> u64 {
        let t = "_HANDLE_TABLE";
        let table = self.alloc_pool(true, layout::size(t), b"Obtb");
        let page = self.alloc_big(true, 0x1000, b"Obtb");
        self.put(t, table, "TableCode", page);
        self.put(t, table, "QuotaProcess", process);
        self.put(t, table, "UniqueProcessId", pid);
        self.put(t, table, "NextHandleNeedingPool", 0x400);
        let head = self.nt("HandleTableListHead");
        self.list_insert(head, table + layout::off(t, "HandleTableList"));
        table
    }

    /// Puts an object into a handle table (one level).
    pub fn handle(&mut self, table: u64, handle: u64, body: u64, access: u64) {
        let page = self.get(table + layout::off("_HANDLE_TABLE", "TableCode")) & !3;
        self.handle_entry(page + handle * 4, body - 0x30, access);
        // A handle holds the references that its entry may give out.
        let header = body - 0x30;
        let handles = self.member(H, header, "HandleCount") + 1;
        self.put(H, header, "HandleCount", handles);
        let pointers = self.member(H, header, "PointerCount") + ENTRY_REFERENCES;
        self.put(H, header, "PointerCount", pointers);
        self.count(Self::type_index(self.type_of(body)), "TotalNumberOfHandles");
        // The first free list counts the table's handles: HandleCount at 0x18 of it.
        let count = table + layout::off("_HANDLE_TABLE", "FreeLists") + 0x18;
        let now = self.get(count) as u32 + 1;
        self.d(count, now);
    }

    /// Gives a process a handle, and records it.
    pub fn give(&mut self, process: usize, handle: u64, body: u64, access: u64) {
        let table = self.processes[process].handles;
        self.handle(table, handle, body, access);
        let (pid, kind) = (self.processes[process].pid, self.type_of(body));
        self.note("handles", json!({
            "pid": hex(pid), "handle": hex(handle), "object": hex(body), "type": kind, "access": hex(access),
        }));
    }

    /// The type of an object, by the index in its header.
    pub fn type_of(&self, body: u64) -> &'static str {
        let header = body - 0x30;
        let index = self.member(H, header, "TypeIndex") as u8 ^ COOKIE ^ (header >> 8) as u8;
        NAMES[usize::from(index) - 2]
    }

    /// One entry: pointer bits, reference bits, unlocked bit, access.
    pub fn handle_entry(&mut self, at: u64, pointer: u64, access: u64) {
        self.q(at, (pointer >> 4) << 20 | ENTRY_REFERENCES << 1 | 1);
        self.q(at + 8, access & 0x1FF_FFFF);
    }

    /// The table that finds processes and threads by id: two levels.
    pub fn cid_table(&mut self) {
        let t = "_HANDLE_TABLE";
        let table = self.alloc_pool(true, layout::size(t), b"Obtb");
        let top = self.alloc_big(true, 0x1000, b"Obtb");
        self.put(t, table, "TableCode", top | 1);
        self.put(t, table, "NextHandleNeedingPool", 0x2000);
        self.list_init(table + layout::off(t, "HandleTableList"));
        let mut ids: Vec<(u64, u64)> =
            self.processes.iter().filter(|p| p.pid != 0).map(|p| (p.pid, p.object)).collect();
        ids.extend(self.threads.iter().filter(|t| t.tid != 0).map(|t| (t.tid, t.object)));
        let last = ids.iter().map(|i| i.0).max().unwrap_or(0);
        for leaf in 0..=last / 0x400 {
            let page = self.alloc_big(true, 0x1000, b"Obtb");
            self.q(top + leaf * 8, page);
            for (id, object) in &ids {
                if id / 0x400 == leaf {
                    self.handle_entry(page + id % 0x400 * 4, *object, 0);
                }
            }
        }
        let variable = self.nt("PspCidTable");
        self.q(variable, table);
    }
}

fn tag4(name: &str) -> [u8; 4] {
    let mut tag = *b"    ";
    for (slot, byte) in tag.iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    tag
}
