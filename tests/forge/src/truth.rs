//! The file of facts beside each dump: what the emulator saw, in JSON. Its format is described in README.md.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::machine::{Entry, GPR_NAMES, Kind, Registers};
use crate::memory::PAGE;
use crate::world::{Module, World};
use crate::writer::Crash;

/// A number as the truth files have them.
pub fn hex(value: u64) -> Value {
    Value::String(format!("{value:#x}"))
}

fn registers(r: &Registers) -> Value {
    let mut map = Map::new();
    for (name, value) in GPR_NAMES.iter().zip(r.gpr) {
        map.insert((*name).to_string(), hex(value));
    }
    map.insert("rip".into(), hex(r.rip));
    map.insert("efl".into(), hex(r.flags));
    for (i, x) in r.xmm.iter().enumerate() {
        let text: String = x.iter().rev().map(|b| format!("{b:02x}")).collect();
        map.insert(format!("xmm{}", i + 6), Value::String(text));
    }
    Value::Object(map)
}

/// Inline chains by (image path, rva), from the compiler's records as llvm-symbolizer reads them.
type Inlines = BTreeMap<(String, u64), Vec<String>>;

struct Resolver<'a> {
    world: &'a World,
    inlines: Inlines,
}

impl<'a> Resolver<'a> {
    fn module(&self, process: usize, address: u64) -> Option<&'a Module> {
        self.world
            .modules
            .iter()
            .chain(&self.world.processes[process].modules)
            .find(|m| (m.base..m.base + u64::from(m.image.size)).contains(&address))
    }

    /// Asks once for all addresses.
    fn load(&mut self, addresses: &[(usize, u64)]) {
        let mut by_image: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (process, address) in addresses {
            if let Some(m) = self.module(*process, *address) {
                by_image
                    .entry(m.image.path.to_string_lossy().to_string())
                    .or_default()
                    .push(address - m.base);
            }
        }
        for (path, mut rvas) in by_image {
            rvas.sort_unstable();
            rvas.dedup();
            let mut tool = Command::new("llvm-symbolizer-19");
            tool.args(["--output-style=JSON", "--relative-address", "--no-demangle", "--obj"]).arg(&path);
            tool.args(rvas.iter().map(|r| format!("{r:#x}")));
            let out = tool.output().expect("llvm-symbolizer-19 runs");
            let text = String::from_utf8_lossy(&out.stdout);
            let items: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
            for (item, rva) in items.as_array().into_iter().flatten().zip(&rvas) {
                let names = item["Symbol"].as_array().map_or_else(Vec::new, |symbols| {
                    symbols.iter().filter_map(|s| s["FunctionName"].as_str()).map(str::to_string).collect()
                });
                self.inlines.insert((path.clone(), *rva), names);
            }
        }
    }

    /// Module, function and offset of an address; `lookup` is the address whose inline chain counts.
    fn name(&self, process: usize, address: u64, lookup: u64) -> Map<String, Value> {
        let mut map = Map::new();
        let Some(m) = self.module(process, address) else {
            map.insert("module".into(), Value::Null);
            map.insert("function".into(), Value::Null);
            map.insert("offset".into(), Value::Null);
            map.insert("inline".into(), json!([]));
            return map;
        };
        let rva = (address - m.base) as u32;
        map.insert("module".into(), json!(m.image.name));
        let code = m.image.sections.iter().any(|s| (s.rva..s.rva + s.size).contains(&rva));
        match m.image.symbols.range(..=rva).next_back().filter(|_| code) {
            Some((at, name)) => {
                map.insert("function".into(), json!(name));
                map.insert("offset".into(), hex(u64::from(rva - at)));
            }
            None => {
                map.insert("function".into(), Value::Null);
                map.insert("offset".into(), hex(u64::from(rva)));
            }
        }
        map.insert("module_offset".into(), hex(u64::from(rva)));
        let key = (m.image.path.to_string_lossy().to_string(), lookup - m.base);
        let chain = self.inlines.get(&key).cloned().unwrap_or_default();
        // The last name is the function itself; those before it were inlined into it, innermost first.
        let inner = chain.len().saturating_sub(1);
        map.insert("inline".into(), json!(chain[..inner]));
        map
    }
}

/// Frames from the innermost outwards.
fn frames(resolver: &Resolver<'_>, process: usize, top: &Registers, chain: &[Entry]) -> Vec<Value> {
    let mut states: Vec<(&Registers, &'static str, Option<&Entry>)> = vec![(top, "context", None)];
    for entry in chain.iter().rev() {
        let kind = match entry.kind {
            Kind::Call => "call",
            Kind::Exception(_) => "exception",
            Kind::Service => "service",
        };
        states.push((&entry.regs, kind, Some(entry)));
    }
    let mut out = Vec::new();
    for (i, (regs, kind, entry)) in states.iter().enumerate() {
        let lookup = if *kind == "call" { regs.rip - 1 } else { regs.rip };
        let mut frame = Map::new();
        frame.insert("index".into(), json!(i));
        frame.insert("kind".into(), json!(kind));
        frame.insert("rip".into(), hex(regs.rip));
        frame.insert("rsp".into(), hex(regs.gpr[4]));
        frame.insert("return_address".into(), hex(states.get(i + 1).map_or(0, |s| s.0.rip)));
        frame.extend(resolver.name(process, regs.rip, lookup));
        if let Some(e) = entry {
            match e.kind {
                Kind::Call => {
                    frame.insert("call_site".into(), hex(e.site));
                    // What the callee (the frame before this one) was given.
                    frame.insert("callee_arguments".into(), json!(e.arguments.map(hex)));
                }
                Kind::Exception(v) => {
                    frame.insert("vector".into(), hex(u64::from(v)));
                    frame.insert("trap_frame".into(), hex(e.trap_frame));
                }
                Kind::Service => {
                    frame.insert("trap_frame".into(), hex(e.trap_frame));
                }
            }
        }
        if *kind != "call" {
            frame.insert("cs".into(), hex(u64::from(regs.cs)));
            frame.insert("ss".into(), hex(u64::from(regs.ss)));
        }
        frame.insert("regs".into(), registers(regs));
        out.push(Value::Object(frame));
    }
    out
}

fn lookups(process: usize, top: &Registers, chain: &[Entry]) -> Vec<(usize, u64)> {
    std::iter::once((process, top.rip))
        .chain(
            chain.iter().map(|e| (process, if e.kind == Kind::Call { e.regs.rip - 1 } else { e.regs.rip })),
        )
        .collect()
}

/// Registers that a CONTEXT holds.
fn context_registers(context: &[u8]) -> Registers {
    let quad = |at: usize| u64::from_le_bytes(context[at..at + 8].try_into().expect("eight"));
    let half = |at: usize| u16::from_le_bytes(context[at..at + 2].try_into().expect("two"));
    let mut r = Registers {
        rip: quad(0xF8),
        flags: u64::from(quad(0x44) as u32),
        cs: half(0x38),
        ss: half(0x42),
        ..Registers::default()
    };
    for (i, g) in r.gpr.iter_mut().enumerate() {
        *g = quad(0x78 + i * 8);
    }
    for (i, x) in r.xmm.iter_mut().enumerate() {
        x.copy_from_slice(&context[0x200 + i * 16..0x210 + i * 16]);
    }
    r
}

/// Everything known about the crash.
pub fn write(world: &World, case: &str, crash: &Crash) -> Value {
    let thread = &world.threads[crash.thread];
    let process = thread.process;
    let top = context_registers(&crash.context);
    let chain = bugcheck_chain(world, world.chain(crash.thread));
    let mut resolver = Resolver { world, inlines: Inlines::new() };
    let mut wanted = lookups(process, &top, &chain);
    for t in &world.threads {
        if let Some(s) = &t.stopped {
            wanted.extend(lookups(t.process, &s.regs, &s.chain));
        }
    }
    resolver.load(&wanted);
    let modules: Vec<Value> = world.modules.iter().map(module).collect();
    let processes: Vec<Value> = world
        .processes
        .iter()
        .map(|p| {
            json!({
                "name": p.name, "pid": hex(p.pid), "eprocess": hex(p.object), "cr3": hex(p.cr3), "peb": hex(p.peb),
                "parent": hex(p.parent), "session": p.session, "command_line": p.command, "created": hex(p.created),
                "handle_table": hex(p.handles),
                "modules": p.modules.iter().map(module).collect::<Vec<_>>(),
                "vads": p.vads.iter().map(|v| json!([
                    hex(v.first), hex(v.last), format!("{:?}", v.kind), v.protection, v.commit, v.file,
                ])).collect::<Vec<_>>(),
            })
        })
        .collect();
    let threads: Vec<Value> = world
        .threads
        .iter()
        .enumerate()
        .map(|(i, t)| {
            let stopped = t.stopped.as_ref();
            let list = match stopped {
                _ if i == crash.thread => Vec::new(),
                Some(s) => frames(&resolver, t.process, &s.regs, &s.chain),
                None => Vec::new(),
            };
            json!({
                "ethread": hex(t.object), "tid": hex(t.tid), "pid": hex(world.processes[t.process].pid), "teb": hex(t.teb),
                "state": if i == crash.thread { "crashed" } else { t.state },
                "start": hex(t.start), "stack_base": hex(t.stack.0), "stack_limit": hex(t.stack.1), "initial_stack": hex(t.initial),
                "frames": list,
            })
        })
        .collect();
    let traps: Vec<Value> = chain
        .iter()
        .rev()
        .filter(|e| e.trap_frame != 0)
        .map(|e| json!({"address": hex(e.trap_frame), "kind": format!("{:?}", e.kind), "regs": registers(&e.regs)}))
        .collect();
    let mut truth = json!({
        "case": case,
        "build": "19041.928",
        "bugcheck": {"code": hex(u64::from(crash.code)), "parameters": crash.parameters.map(hex)},
        "time": hex(world.time), "uptime": hex(world.uptime),
        "processors": world.processors.iter().map(|p| json!({"pcr": hex(p.pcr), "prcb": hex(p.pcr + crate::world::PRCB)})).collect::<Vec<_>>(),
        "modules": modules,
        "unloaded": world.unloaded.iter().map(|u| json!({"name": u.0, "start": hex(u.1), "end": hex(u.2)})).collect::<Vec<_>>(),
        "processes": processes,
        "threads": threads,
        "crash_context": {
            "processor": crash.processor, "thread": hex(thread.object), "process": hex(world.processes[process].object),
            "cr3": hex(crash.cr3), "regs": registers(&top),
        },
        "frames": frames(&resolver, process, &top, &chain),
        "trap_frames": traps,
        "pool": pool(world),
        "objects": world.objects.iter().map(|(n, a)| json!({"name": n, "address": hex(*a)})).collect::<Vec<_>>(),
        "entries": world.entries.iter().map(|(kind, cr3, va, value, pa)| json!({
            "kind": kind, "cr3": hex(*cr3), "va": hex(*va), "value": hex(*value), "pa": pa.map(hex),
        })).collect::<Vec<_>>(),
        "translations": translations(world),
        "page_hashes": hashes(world),
    });
    for (key, facts) in &world.record {
        truth[*key] = json!(facts);
    }
    truth["work_queues"] = json!(world.describe_work_queues());
    truth["irps"] = json!(world.irps.iter().map(|at| world.describe_irp(*at)).collect::<Vec<_>>());
    truth
}

/// The chain up to the entry of KeBugCheckEx: what lies deeper is the writing of the dump.
pub fn bugcheck_chain(world: &World, chain: &[Entry]) -> Vec<Entry> {
    let inside = world.nt("KeBugCheckEx")..world.nt("RtlpExecuteHandlerForException");
    let cut = chain.iter().position(|e| inside.contains(&e.regs.rip)).unwrap_or(chain.len());
    chain[..cut].to_vec()
}

fn module(m: &Module) -> Value {
    json!({
        "name": m.image.name, "base": hex(m.base), "size": hex(u64::from(m.image.size)), "timestamp": hex(u64::from(m.image.timestamp)),
        "checksum": hex(u64::from(m.image.checksum)), "path": m.path, "pdb_key": m.image.pdb_key,
    })
}

fn pool(world: &World) -> Value {
    let block = |b: &(u64, u64, [u8; 4], bool)| json!({"address": hex(b.0), "size": hex(b.1), "tag": String::from_utf8_lossy(&b.2), "paged": b.3});
    json!({
        "blocks": world.pool.blocks.iter().map(block).collect::<Vec<_>>(),
        "big": world.pool.big.iter().map(block).collect::<Vec<_>>(),
    })
}

/// One address in several of every kind, through the tables as they are.
fn translations(world: &World) -> Vec<Value> {
    let mut out = Vec::new();
    let mut take = |cr3: u64, va: u64| {
        if let Some(pa) = world.memory.translate(cr3, va) {
            out.push(json!({"cr3": hex(cr3), "va": hex(va), "pa": hex(pa)}));
        }
    };
    let root = world.root();
    for m in &world.modules {
        for page in 0..u64::from(m.image.size) / PAGE {
            if page % 5 == 0 {
                take(root, m.base + page * PAGE + page * 24 % PAGE);
            }
        }
    }
    for t in &world.threads {
        take(root, t.stack.0 - 8);
        take(root, t.object + 0x38);
    }
    for p in &world.processes {
        if p.peb != 0 {
            take(p.cr3, p.peb + 0x10);
            for m in &p.modules {
                take(p.cr3, m.base + 0x1008);
            }
        }
        take(p.cr3, world.memory.pte_address(p.object, 0));
    }
    take(root, 0xFFFF_F780_0000_0014);
    out
}

fn hashes(world: &World) -> Vec<Value> {
    let mut out = Vec::new();
    for (i, pfn) in world.memory.frames.keys().enumerate() {
        let page = world.memory.physical(pfn * PAGE, PAGE as usize);
        if i % 12 == 0 && page.iter().any(|b| *b != 0) {
            let digest: String = Sha256::digest(page).iter().map(|b| format!("{b:02x}")).collect();
            out.push(json!({"pfn": hex(*pfn), "sha256": digest}));
        }
    }
    out
}
