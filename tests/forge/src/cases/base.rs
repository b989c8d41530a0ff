//! What all cases share: images, processors, processes, objects.

use std::collections::BTreeMap;

use super::scenery;
use crate::fixtures;
use crate::image::Image;
use crate::machine::{Machine, Vectors};
use crate::memory::Memory;
use crate::objects::pool::Pool;
use crate::objects::process::NewProcess;
use crate::world::{NT_BASE, World};

/// Where drivers go, and how far apart.
const DRIVERS: u64 = 0xFFFF_F807_6500_0000;

/// Where the window manager goes.
const SESSION: u64 = 0xFFFF_9A3C_2E00_0000;

/// All images, built once.
pub struct Images(pub Vec<Image>);

impl Images {
    /// Builds them.
    pub fn build() -> Self {
        Self(fixtures::ALL.iter().map(Image::build).collect())
    }

    /// The special edition of the kernel.
    pub fn special(&self) -> Image {
        let at = fixtures::ALL.iter().position(|s| s.edition == "special").expect("special edition");
        self.0[at].clone()
    }

    fn get(&self, name: &str) -> Image {
        self.0.iter().find(|i| i.name == name).unwrap_or_else(|| panic!("no image {name}")).clone()
    }
}

/// What a case asks for.
pub struct Setup<'a> {
    /// Pages of memory.
    pub pages: u64,
    /// Processors.
    pub processors: u64,
    /// Drivers beside the common ones, in load order.
    pub drivers: &'a [&'a str],
    /// Crash time, FILETIME.
    pub time: u64,
    /// Up time in 100 ns.
    pub uptime: u64,
    /// Unloaded drivers: name, start, end.
    pub unloaded: &'a [(&'a str, u64, u64)],
    /// The special edition of the kernel.
    pub special: bool,
    /// Page tables of five levels.
    pub five_levels: bool,
}

/// Builds the common world.
pub fn world(images: &Images, setup: &Setup<'_>) -> World {
    let mut w = World {
        layout: crate::layout::common(),
        memory: Memory::new(setup.pages, setup.five_levels),
        machine: Machine {
            vectors: Vectors::default(),
            trace: std::env::var_os("FORGE_TRACE").is_some(),
            stop_at: None,
        },
        modules: Vec::new(),
        user_images: BTreeMap::new(),
        processors: Vec::new(),
        processes: Vec::new(),
        threads: Vec::new(),
        pool: Pool::default(),
        next_stack: 0xFFFF_FA8C_1000_0000,
        unloaded: setup.unloaded.iter().map(|u| (u.0.to_string(), u.1, u.2)).collect(),
        objects: Vec::new(),
        types: BTreeMap::new(),
        time: setup.time,
        uptime: setup.uptime,
        notable: Vec::new(),
        entries: Vec::new(),
        record: BTreeMap::new(),
        irps: Vec::new(),
    };
    let kernel = if setup.special { images.special() } else { images.get("ntoskrnl.exe") };
    w.load(kernel, NT_BASE, "\\SystemRoot\\system32\\ntoskrnl.exe");
    w.load(images.get("hal.dll"), 0xFFFF_F807_6120_0000, "\\SystemRoot\\system32\\hal.dll");
    let mut at = DRIVERS;
    for name in setup.drivers {
        let image = images.get(name);
        let step = u64::from(image.size).next_multiple_of(0x1_0000) + 0x2_0000;
        if name.starts_with("win32k") {
            let session = SESSION + w.modules.len() as u64 * 0x10_0000;
            w.load(image, session, &format!("\\SystemRoot\\System32\\{name}"));
            continue;
        }
        w.load(image, at, &format!("\\SystemRoot\\system32\\DRIVERS\\{name}"));
        at += step;
    }
    for image in images.0.iter().filter(|i| fixtures::is_user(&i.name)) {
        w.user_images.insert(image.name.clone(), image.clone());
    }
    w.pool_init();
    for head in
        ["PsActiveProcessHead", "HandleTableListHead", "ExpSystemResourcesList", "KeBugCheckCallbackListHead"]
    {
        let at = w.nt(head);
        w.list_init(at);
    }
    w.types_init();
    w.modules_init();
    w.directories();
    w.processors_init(setup.processors);
    system(&mut w);
    w.work_queues();
    w
}

fn system(w: &mut World) {
    let new = |name, pid, parent| NewProcess {
        name,
        pid,
        parent,
        session: None,
        command: "",
        after: 2,
        images: &[],
    };
    let system = w.process(&new("System", 4, 0));
    let idle = w.process(&new("Idle", 0, 0));
    for (variable, process) in [("PsInitialSystemProcess", system), ("PsIdleProcess", idle)] {
        let at = w.nt(variable);
        let object = w.processes[process].object;
        w.q(at, object);
    }
    for n in 0..w.processors.len() {
        let start = w.nt("KiIdleLoop");
        let thread = w.thread(idle, 0, start, 0);
        let object = w.threads[thread].object;
        w.processors[n].idle = object;
        let prcb = w.processors[n].pcr + crate::world::PRCB;
        w.put("_KPRCB", prcb, "IdleThread", object);
        w.dispatch(n, thread);
    }
}

/// Last steps before the fatal run: lists, tables, debugger block.
pub fn finish(w: &mut World) {
    w.memory_manager();
    scenery::lay(w);
    for i in 0..w.processes.len() {
        if !w.processes[i].vads.is_empty() {
            w.vads(i);
        }
    }
    w.memory_counters();
    w.cid_table();
    w.debugger_data();
    w.pool_hand_over();
    w.pfn_database();
}
