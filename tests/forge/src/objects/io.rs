//! Drivers, devices, requests and the directories that name them.

use crate::layout::{off, size};
use crate::world::World;

const DRIVER: &str = "_DRIVER_OBJECT";
const DEVICE: &str = "_DEVICE_OBJECT";
const IRP: &str = "_IRP";
const STACK: &str = "_IO_STACK_LOCATION";

impl World {
    /// The root directory with the usual subdirectories.
    pub fn directories(&mut self) {
        let root = self.object(size("_OBJECT_DIRECTORY"), b"Dire", Self::type_index("Directory"), None);
        let variable = self.nt("ObpRootDirectoryObject");
        self.q(variable, root);
        self.objects.push(("\\".into(), root));
        for name in ["Driver", "Device", "FileSystem"] {
            let at = self.object(
                size("_OBJECT_DIRECTORY"),
                b"Dire",
                Self::type_index("Directory"),
                Some((root, name)),
            );
            self.directory_insert(root, name, at);
            self.objects.push((format!("\\{name}"), at));
        }
    }

    fn directory(&self, path: &str) -> u64 {
        self.objects.iter().find(|(n, _)| n == path).unwrap_or_else(|| panic!("no directory {path}")).1
    }

    /// Enters an object; the bucket is chosen by the hash of the upper-case name.
    fn directory_insert(&mut self, directory: u64, name: &str, object: u64) {
        let hash = name
            .to_uppercase()
            .encode_utf16()
            .fold(0u32, |h, c| h.wrapping_add(h << 1).wrapping_add(h >> 1).wrapping_add(u32::from(c)));
        let bucket = directory + u64::from(hash % 37) * 8;
        let entry = self.alloc_pool(true, size("_OBJECT_DIRECTORY_ENTRY"), b"ObDi");
        let e = "_OBJECT_DIRECTORY_ENTRY";
        let chain = self.get(bucket);
        self.put(e, entry, "ChainLink", chain);
        self.put(e, entry, "Object", object);
        self.put(e, entry, "HashValue", u64::from(hash));
        self.q(bucket, entry);
    }

    /// The driver object of a loaded module.
    pub fn driver(&mut self, module: &str) -> u64 {
        let m = self.module(module).clone();
        let name = module.rsplit_once('.').map_or(module, |(stem, _)| stem);
        let directory = self.directory("\\Driver");
        let at =
            self.object(size(DRIVER) + 0x50, b"Driv", Self::type_index("Driver"), Some((directory, name)));
        let invalid = self.nt("IofCompleteRequest");
        for (field, value) in [
            ("Type", 4),
            ("Size", size(DRIVER)),
            ("Flags", 0x12),
            ("DriverStart", m.base),
            ("DriverSize", u64::from(m.image.size)),
            ("DriverSection", m.entry),
            ("DriverExtension", at + size(DRIVER)),
            ("DriverInit", m.base + u64::from(m.image.entry)),
        ] {
            self.put(DRIVER, at, field, value);
        }
        self.unicode(at + off(DRIVER, "DriverName"), &format!("\\Driver\\{name}"));
        for i in 0..28 {
            self.q(at + off(DRIVER, "MajorFunction") + i * 8, invalid);
        }
        self.q(at + size(DRIVER), at);
        self.directory_insert(directory, name, at);
        self.objects.push((format!("\\Driver\\{name}"), at));
        at
    }

    /// A device of a driver, attached over `below` if that is not 0.
    pub fn device(&mut self, driver: u64, name: Option<&str>, kind: u64, below: u64) -> u64 {
        let directory = self.directory("\\Device");
        let at = self.object(
            size(DEVICE) + 0x40,
            b"Devi",
            Self::type_index("Device"),
            name.map(|n| (directory, n)),
        );
        let next = self.member(DRIVER, driver, "DeviceObject");
        for (field, value) in [
            ("Type", 3),
            ("Size", size(DEVICE)),
            ("ReferenceCount", 1),
            ("DriverObject", driver),
            ("NextDevice", next),
            ("Flags", 0x44),
            ("Characteristics", 0x100),
            ("DeviceType", kind),
            ("StackSize", if below == 0 { 1 } else { 2 }),
            ("DeviceObjectExtension", at + size(DEVICE)),
        ] {
            self.put(DEVICE, at, field, value);
        }
        self.put(DRIVER, driver, "DeviceObject", at);
        if below != 0 {
            self.put(DEVICE, below, "AttachedDevice", at);
        }
        if let Some(name) = name {
            self.directory_insert(directory, name, at);
            self.objects.push((format!("\\Device\\{name}"), at));
        }
        at
    }

    /// A request of a thread, about to go down to a device; `pending` ones already lie with it.
    pub fn irp(
        &mut self,
        thread: usize,
        device: u64,
        file: u64,
        major: u64,
        stack: u64,
        pending: bool,
    ) -> u64 {
        let bytes = size(IRP) + stack * size(STACK);
        let at = self.alloc_pool(false, bytes, b"Irp ");
        let (object, process) = (self.threads[thread].object, self.threads[thread].process);
        let current = if pending { stack } else { stack + 1 };
        let location = at + size(IRP) + (current - 1) * size(STACK);
        for (field, value) in [
            ("Type", 6),
            ("Size", bytes),
            ("Flags", 0x6_0000),
            ("StackCount", stack),
            ("CurrentLocation", current),
            ("RequestorMode", u64::from(self.processes[process].peb != 0)),
            ("Tail.Overlay.Thread", object),
            ("Tail.Overlay.CurrentStackLocation", location),
            ("Tail.Overlay.OriginalFileObject", file),
        ] {
            self.put(IRP, at, field, value);
        }
        let last = at + size(IRP) + (stack - 1) * size(STACK);
        self.put(STACK, last, "MajorFunction", major);
        self.put(STACK, last, "FileObject", file);
        if pending {
            self.put(STACK, last, "DeviceObject", device);
            self.put(STACK, last, "Control", 1);
        }
        self.list_insert(object + off("_ETHREAD", "IrpList"), at + off(IRP, "ThreadListEntry"));
        self.objects.push((format!("irp of {:#x}", self.threads[thread].tid), at));
        at
    }

    /// An event object, not signalled.
    pub fn event(&mut self, name: Option<&str>) -> u64 {
        let directory = self.directory("\\Device");
        let at =
            self.object(size("_KEVENT"), b"Even", Self::type_index("Event"), name.map(|n| (directory, n)));
        self.put("_DISPATCHER_HEADER", at, "Size", 6);
        self.list_init(at + 8);
        at
    }

    /// A completion port.
    pub fn completion_port(&mut self) -> u64 {
        let at = self.object(size("_KQUEUE"), b"IoCo", Self::type_index("IoCompletion"), None);
        self.put("_DISPATCHER_HEADER", at, "Type", 4);
        self.list_init(at + 8);
        self.list_init(at + off("_KQUEUE", "EntryListHead"));
        self.list_init(at + off("_KQUEUE", "ThreadListHead"));
        at
    }
}
