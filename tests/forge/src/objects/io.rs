//! Drivers, devices, requests and the directories that name them.

use serde_json::{Value, json};

use crate::layout::{off, size};
use crate::truth::hex;
use crate::world::World;

const DRIVER: &str = "_DRIVER_OBJECT";
const DEVICE: &str = "_DEVICE_OBJECT";
const IRP: &str = "_IRP";
const EXTENSION: &str = "_DEVOBJ_EXTENSION";
const STACK: &str = "_IO_STACK_LOCATION";

impl World {
    /// The root directory with the usual subdirectories.
    pub fn directories(&mut self) {
        let root = self.object(size("_OBJECT_DIRECTORY"), b"Dire", Self::type_index("Directory"), None);
        let variable = self.nt("ObpRootDirectoryObject");
        self.q(variable, root);
        self.objects.push(("\\".into(), root));
        for name in ["Driver", "Device", "FileSystem", "BaseNamedObjects", "GLOBAL??"] {
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
        let kind = self.type_of(object);
        self.note("directory_entries", json!({
            "directory": hex(directory), "bucket": hash % 37, "name": name, "type": kind, "object": hex(object),
        }));
    }

    /// A named object of a directory.
    pub fn named(&mut self, directory: &str, name: &str, kind: &str, bytes: u64) -> u64 {
        let parent = self.directory(directory);
        let mut tag = *b"    ";
        for (slot, byte) in tag.iter_mut().zip(kind.bytes()) {
            *slot = byte;
        }
        let at = self.object(bytes, &tag, Self::type_index(kind), Some((parent, name)));
        self.directory_insert(parent, name, at);
        self.objects.push((format!("{directory}\\{name}"), at));
        at
    }

    /// A symbolic link.
    pub fn symbolic_link(&mut self, directory: &str, name: &str, target: &str) {
        let l = "_OBJECT_SYMBOLIC_LINK";
        let at = self.named(directory, name, "SymbolicLink", size(l));
        let created = self.time - self.uptime;
        self.put(l, at, "CreationTime", created);
        self.unicode(at + off(l, "LinkTarget"), target);
        if name.len() == 2 && name.ends_with(':') {
            let letter = u64::from(name.as_bytes()[0] - b'A') + 1;
            self.put(l, at, "DosDeviceDriveIndex", letter);
        }
        self.note("symbolic_links", json!({"address": hex(at), "name": name, "target": target}));
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
            size(DEVICE) + size(EXTENSION),
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
            ("StackSize", if below == 0 { 1 } else { self.member(DEVICE, below, "StackSize") + 1 }),
            ("DeviceObjectExtension", at + size(DEVICE)),
        ] {
            self.put(DEVICE, at, field, value);
        }
        self.put(DRIVER, driver, "DeviceObject", at);
        let extension = at + size(DEVICE);
        self.put(EXTENSION, extension, "Type", 13);
        self.put(EXTENSION, extension, "DeviceObject", at);
        self.put(EXTENSION, extension, "AttachedTo", below);
        if below != 0 {
            self.put(DEVICE, below, "AttachedDevice", at);
        }
        self.note(
            "devices",
            json!({
                "address": hex(at), "driver": hex(driver), "name": name, "attached_to": hex(below),
            }),
        );
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
        self.irps.push(at);
        at
    }

    /// A request of a thread that lies with one level of a stack of devices, given from the lowest: device, completion
    /// routine and context that the level above has set. Levels below are done: completion has cleared them.
    pub fn irp_at(&mut self, thread: usize, file: u64, major: u64, levels: &[(u64, u64, u64)], current: u64) {
        let device = levels[0].0;
        let at = self.irp(thread, device, file, major, levels.len() as u64, false);
        self.put(IRP, at, "CurrentLocation", current);
        self.put(IRP, at, "Tail.Overlay.CurrentStackLocation", at + size(IRP) + (current - 1) * size(STACK));
        for (i, (device, completion, context)) in (1u64..).zip(levels).filter(|(i, _)| *i >= current) {
            let location = at + size(IRP) + (i - 1) * size(STACK);
            // SL_INVOKE_ON_SUCCESS, ERROR and CANCEL; SL_PENDING_RETURNED.
            let invoke = if *completion == 0 { 0 } else { 0xE0 };
            for (field, value) in [
                ("MajorFunction", major),
                ("Control", invoke | 1),
                ("DeviceObject", *device),
                ("FileObject", file),
                ("CompletionRoutine", *completion),
                ("Context", *context),
            ] {
                self.put(STACK, location, field, value);
            }
        }
    }

    /// A request as it is when the machine has stopped.
    pub fn describe_irp(&self, at: u64) -> Value {
        let field = |name| self.member(IRP, at, name);
        let count = field("StackCount");
        let levels: Vec<Value> = (0..count)
            .map(|i| {
                let get = |name| self.member(STACK, at + size(IRP) + i * size(STACK), name);
                json!({
                    "major": get("MajorFunction"), "minor": get("MinorFunction"), "control": get("Control"),
                    "device": hex(get("DeviceObject")), "file": hex(get("FileObject")),
                    "completion": hex(get("CompletionRoutine")), "context": hex(get("Context")),
                })
            })
            .collect();
        json!({
            "address": hex(at), "thread": hex(field("Tail.Overlay.Thread")), "current": field("CurrentLocation"),
            "levels": levels,
        })
    }

    /// An event object, not signalled.
    pub fn event(&mut self, name: Option<&str>) -> u64 {
        let at = match name {
            Some(name) => self.named("\\BaseNamedObjects", name, "Event", size("_KEVENT")),
            None => self.object(size("_KEVENT"), b"Even", Self::type_index("Event"), None),
        };
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
