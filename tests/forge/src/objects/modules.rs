//! Loaded and unloaded kernel modules.

use crate::layout;
use crate::world::World;

const K: &str = "_KLDR_DATA_TABLE_ENTRY";

impl World {
    /// Builds PsLoadedModuleList and the ring of unloaded drivers.
    pub fn modules_init(&mut self) {
        let head = self.nt("PsLoadedModuleList");
        self.list_init(head);
        for i in 0..self.modules.len() {
            let m = self.modules[i].clone();
            let entry = self.alloc_pool(false, layout::size(K), b"MmLd");
            self.modules[i].entry = entry;
            self.put(K, entry, "ExceptionTable", m.base + u64::from(m.image.exceptions.0));
            self.put(K, entry, "ExceptionTableSize", u64::from(m.image.exceptions.1));
            self.put(K, entry, "DllBase", m.base);
            self.put(K, entry, "EntryPoint", m.base + u64::from(m.image.entry));
            self.put(K, entry, "SizeOfImage", u64::from(m.image.size));
            self.put(K, entry, "SizeOfImageNotRounded", u64::from(m.image.size));
            self.unicode(entry + layout::off(K, "FullDllName"), &m.path);
            self.unicode(entry + layout::off(K, "BaseDllName"), &m.image.name);
            self.put(K, entry, "Flags", if i < 2 { 0x0800_4000 } else { 0x4900_4000 });
            self.put(K, entry, "LoadCount", if i < 2 { 0xFFFF } else { 1 });
            self.put(K, entry, "CheckSum", u64::from(m.image.checksum));
            self.put(K, entry, "TimeDateStamp", u64::from(m.image.timestamp));
            self.put(K, entry, "u1", 0xC);
            self.list_insert(head, entry);
        }
        let ring = self.alloc_pool(false, 50 * 0x28, b"MmDT");
        for (i, (name, start, end)) in self.unloaded.clone().into_iter().enumerate() {
            let e = ring + i as u64 * 0x28;
            self.unicode(e, &name);
            self.q(e + 0x10, start);
            self.q(e + 0x18, end);
            let when = self.time - 9_000_000_000 + i as u64 * 70_000_000;
            self.q(e + 0x20, when);
        }
        let pointer = self.nt("MmUnloadedDrivers");
        self.q(pointer, ring);
        let count = self.nt("MmLastUnloadedDriver");
        let number = self.unloaded.len() as u32;
        self.d(count, number);
    }
}
