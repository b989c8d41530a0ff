//! The project's own dumps, whose truth was recorded while the machine ran: every kind tells the same, and what it
//! tells is true.

use crate::forge;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use crate::forge::{number, truth};
use dumpscope::debuggee::{ImageOverlay, ModuleIdentity};
use dumpscope::debuggee::{ModuleKind, Target};
use dumpscope::dump::{DumpFile, DumpKind, Mapping};
use dumpscope::memory::{Memory, PhysicalMemory, VirtualMemory, paging::Paging};
use kdmp_parser::gxa::Gva;
use kdmp_parser::parse::KernelDumpParser;
use kdmp_parser::{phys, virt};

/// Dumps of one crash in every kind.
const KINDS: [(&str, DumpKind); 9] = [
    ("tests/data/wifi-full.dmp.gz", DumpKind::Full),
    ("tests/data/wifi-triage.dmp.gz", DumpKind::Triage),
    ("assets/demo/wifi.dmp.gz", DumpKind::BitmapFull),
    ("tests/data/wifi-bitmap-kernel.dmp.gz", DumpKind::BitmapFull),
    ("tests/data/wifi-live.dmp.gz", DumpKind::BitmapKernel),
    ("tests/data/wifi-live-automatic.dmp.gz", DumpKind::Automatic),
    ("tests/data/wifi-rdmp-kernel.dmp.gz", DumpKind::DebuggerKernel),
    ("tests/data/wifi-rdmp-kernel-user.dmp.gz", DumpKind::DebuggerKernelUser),
    ("tests/data/wifi-rdmp-complete.dmp.gz", DumpKind::DebuggerComplete),
];

fn file(name: &str) -> PathBuf {
    forge::root().join(name)
}

/// What kdmp-parser says. It knows the format of type 7 by the number before.
fn oracle(dump: &DumpFile) -> KernelDumpParser {
    let mut bytes = dump.bytes().to_vec();
    if dump.kind() == DumpKind::Automatic {
        bytes[0xf98] = 6;
    }
    KernelDumpParser::with_reader(Cursor::new(bytes)).unwrap()
}

fn open(name: &str) -> DumpFile {
    DumpFile::open(&file(name), &mut |_| {}).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn headers_are_true_in_every_kind() {
    let truth = truth("wifi");
    for (name, kind) in KINDS {
        let dump = open(name);
        let header = dump.header();
        assert_eq!(dump.kind(), kind, "{name}");
        assert_eq!(dump.warnings(), &[] as &[String], "{name}");
        if name.contains("live") {
            // A live dump has its own code: LIVE_SYSTEM_DUMP.
            assert_eq!(header.bug_check_code, 0x161);
            continue;
        }
        assert_eq!(u64::from(header.bug_check_code) & 0xffff_ffff, number(&truth["bugcheck"]["code"]));
        let parameters: Vec<u64> =
            truth["bugcheck"]["parameters"].as_array().unwrap().iter().map(number).collect();
        assert_eq!(header.bug_check_parameters.as_slice(), parameters);
        assert_eq!(header.processors as usize, truth["processors"].as_array().unwrap().len());
        assert_eq!(header.system_time, Some(number(&truth["time"])));
        assert_eq!(header.uptime, Some(number(&truth["uptime"])));
        let context = dump.context().unwrap();
        let rip = u64::from_le_bytes(context[0xf8..0x100].try_into().unwrap());
        assert_eq!(rip, number(&truth["crash_context"]["regs"]["rip"]), "{name}");
    }
}

#[test]
fn translations_are_true() {
    for (case, name) in [
        ("wifi", "assets/demo/wifi.dmp.gz"),
        ("wifi", "tests/data/wifi-full.dmp.gz"),
        ("wifi", "tests/data/wifi-rdmp-complete.dmp.gz"),
        ("wifi-50", "assets/demo/wifi-50.dmp.gz"),
        ("wifi-d1", "assets/demo/wifi-d1.dmp.gz"),
        ("wifi-fc", "assets/demo/wifi-fc.dmp.gz"),
        // This machine ran on five levels of page tables; its record holds addresses of 57 bits.
        ("la57", "tests/data/la57.dmp.gz"),
    ] {
        let truth = truth(case);
        let dump = open(name);
        let paging = Paging::new(&dump).with_five_levels(case == "la57");
        let translations = truth["translations"].as_array().unwrap();
        assert!(translations.len() > 20);
        for expected in translations {
            let (address, physical) = (number(&expected["va"]), number(&expected["pa"]));
            let space = paging.with_directory_table_base(number(&expected["cr3"]));
            assert_eq!(space.translate(address).unwrap().physical, physical, "{address:x} of {name}");
            let direct = space.physical().u8(physical);
            assert_eq!(space.u8(address).ok(), direct.ok(), "{address:x} of {name}");
            // Once more, now from what was remembered.
            assert_eq!(space.u8(address).ok(), space.physical().u8(physical).ok());
        }
    }
}

#[test]
fn every_page_and_module_translation_agrees_with_the_oracle() {
    let modules = truth("wifi")["modules"].as_array().unwrap().clone();
    for (name, kind) in KINDS.into_iter().filter(|(_, kind)| *kind != DumpKind::Triage) {
        let dump = open(name);
        let oracle = oracle(&dump);
        let index = dump.pages().unwrap();
        let memory = PhysicalMemory::new(&dump);
        let reader = phys::Reader::new(&oracle);
        for (physical, offset) in oracle.physmem() {
            let address = u64::from(physical);
            assert_eq!(index.offset(address >> 12), Some(offset), "{name} {kind:?}");
            let mut page = vec![0; 0x1000];
            reader.read_exact(physical, &mut page).unwrap();
            assert_eq!(memory.window(address).unwrap(), page, "{name}");
        }
        assert_eq!(index.page_count(), oracle.physmem().len() as u64, "{name}");
        let paging = Paging::new(&dump);
        let reader = virt::Reader::new(&oracle);
        let mut found = 0;
        for module in &modules {
            let base = number(&module["base"]);
            for address in (base..base + number(&module["size"])).step_by(0x1000) {
                let ours = paging.translate(address).ok().map(|found| found.physical);
                let theirs = reader.translate(Gva::new(address)).ok().map(|found| u64::from(found.gpa()));
                assert_eq!(ours, theirs, "{address:x} of {name}");
                found += usize::from(ours.is_some());
            }
        }
        assert!(found > 50, "{found} pages of modules in {name}");
    }
}

/// Registers and modules of every dump with pages, as the oracle reads them. It walks four levels of page tables, and no
/// list that was cut off.
#[test]
fn registers_and_modules_agree_with_the_oracle() {
    let mut compared = 0;
    for (stem, path) in forge::dumps() {
        if stem.contains("triage") || stem.contains("truncated") || stem == "la57" {
            continue;
        }
        let target = Target::new(DumpFile::open(&path, &mut |_| {}).unwrap());
        let oracle = oracle(target.dump().unwrap());
        let theirs = oracle.context_record();
        let crashed = &target.processors()[target.crashed_processor() as usize];
        let ours = crashed.context.as_ref().unwrap();
        for (name, value) in [
            ("rax", theirs.rax),
            ("rbx", theirs.rbx),
            ("rcx", theirs.rcx),
            ("rdx", theirs.rdx),
            ("rsi", theirs.rsi),
            ("rdi", theirs.rdi),
            ("rbp", theirs.rbp),
            ("rsp", theirs.rsp),
            ("rip", theirs.rip),
            ("r8", theirs.r8),
            ("r9", theirs.r9),
            ("r10", theirs.r10),
            ("r11", theirs.r11),
            ("r12", theirs.r12),
            ("r13", theirs.r13),
            ("r14", theirs.r14),
            ("r15", theirs.r15),
        ] {
            assert_eq!(ours.get(name), Some(value), "{stem}: {name}");
        }
        let kernel = target.modules().iter().filter(|module| module.kind == ModuleKind::Kernel);
        let ours: Vec<(u64, u64)> = kernel.map(|module| (module.base, module.end())).collect();
        let mut theirs: Vec<(u64, u64)> =
            oracle.kernel_modules().map(|(range, _)| (range.start.into(), range.end.into())).collect();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{stem}");
        compared += 1;
    }
    assert!(compared >= 17, "{compared}");
}

/// User code ran in ring 3, and the emulated processor says so: what a processor was interrupted in has its selectors.
#[test]
fn selectors_are_those_of_the_ring() {
    let (mut kernel, mut user) = (0, 0);
    for (case, truth, dumps) in forge::cases() {
        let whole = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage")).unwrap();
        let target = Target::new(DumpFile::open(whole, &mut |_| {}).unwrap());
        for processor in target.processors() {
            let (Ok(context), Some(current)) = (&processor.context, processor.current_thread) else {
                continue;
            };
            let threads = truth["threads"].as_array().unwrap();
            let thread = threads.iter().find(|thread| number(&thread["ethread"]) == current).unwrap();
            let crashed = truth["crash_context"]["thread"] == thread["ethread"];
            let frame = if crashed { &truth["frames"][0] } else { &thread["frames"][0] };
            for name in ["cs", "ss"] {
                assert_eq!(context.get(name), Some(number(&frame[name])), "{case}: {name} of {current:x}");
            }
            let ring = context.get("cs").unwrap() & 3;
            assert_eq!(ring == 3, number(&frame["rip"]) >> 47 == 0, "{case}: {current:x}");
            if ring == 3 { user += 1 } else { kernel += 1 }
        }
    }
    assert!(user >= 3 && kernel > 30, "{user} in user code, {kernel} in the kernel");
}

#[test]
fn every_kind_holds_the_same_memory() {
    let full = open("tests/data/wifi-full.dmp.gz");
    let full = VirtualMemory::new(&full);
    for (name, kind) in KINDS {
        let dump = open(name);
        let memory = VirtualMemory::new(&dump);
        if kind == DumpKind::Triage {
            let mut compared = 0;
            for (address, size, saved) in memory.blocks().unwrap().ranges() {
                let ours = memory.read_vec(address, size as usize, 1 << 20).unwrap();
                let theirs = full.read_vec(address, size as usize, 1 << 20).unwrap();
                assert!(ours == theirs, "{saved:?} at {address:x}");
                compared += ours.len();
            }
            assert!(compared > 0x4000, "{compared:#x} bytes");
            continue;
        }
        let physical = PhysicalMemory::new(&dump);
        for run in dump.pages().unwrap().runs() {
            for pfn in run.pfn..run.pfn + run.pages {
                let ours = physical.window(pfn << 12).unwrap();
                assert!(
                    full.paging().unwrap().physical().window(pfn << 12).unwrap() == ours,
                    "{pfn:x} of {name}"
                );
            }
        }
    }
}

#[test]
fn the_triage_lists_are_true() {
    let truth = truth("wifi");
    let dump = open("tests/data/wifi-triage.dmp.gz");
    let triage = dump.triage().unwrap();
    let modules = truth["modules"].as_array().unwrap();
    assert_eq!(triage.drivers().len(), modules.len());
    for (driver, module) in triage.drivers().iter().zip(modules) {
        assert_eq!(driver.base, number(&module["base"]));
        assert_eq!(u64::from(driver.size), number(&module["size"]));
        assert_eq!(u64::from(driver.time_date_stamp), number(&module["timestamp"]));
        assert_eq!(u64::from(driver.checksum), number(&module["checksum"]));
        let name = module["name"].as_str().unwrap();
        assert!(driver.name.ends_with(name), "{} for {name}", driver.name);
    }
    let unloaded = truth["unloaded"].as_array().unwrap();
    assert_eq!(triage.unloaded.len(), unloaded.len());
    for driver in unloaded {
        let (start, end) = (number(&driver["start"]), number(&driver["end"]));
        let ours = triage.unloaded.iter().find(|ours| ours.start == start).unwrap();
        assert_eq!(ours.end, end);
        assert!(driver["name"].as_str().unwrap().starts_with(&ours.name));
    }
    let memory = VirtualMemory::new(&dump);
    let blocks = memory.blocks().unwrap();
    assert_eq!(blocks.thread(), Some(number(&truth["crash_context"]["thread"])));
    assert_eq!(blocks.process(), Some(number(&truth["crash_context"]["process"])));
    assert_eq!(blocks.prcb(), Some(number(&truth["processors"][0]["prcb"])));
}

/// What an image file stands for must be what memory really held.
#[test]
fn image_files_agree_with_memory() {
    let truth = truth("wifi");
    let dump = open("tests/data/wifi-full.dmp.gz");
    let memory = VirtualMemory::new(&dump);
    let store = std::fs::File::open(file("assets/demo/symbols.zip")).unwrap();
    let mut store = zip::ZipArchive::new(store).unwrap();
    let mut overlay = ImageOverlay::new();
    for module in truth["modules"].as_array().unwrap() {
        let name = module["name"].as_str().unwrap();
        let identity = ModuleIdentity {
            base: number(&module["base"]),
            size_of_image: number(&module["size"]) as u32,
            time_date_stamp: number(&module["timestamp"]) as u32,
        };
        // The store holds images of several builds under one name: the key tells them apart.
        let key = format!("{name}/{:08X}{:x}/{name}", identity.time_date_stamp, identity.size_of_image);
        let Some(entry) = store.file_names().find(|entry| entry.ends_with(&key)) else {
            continue;
        };
        let entry = entry.to_owned();
        let mut bytes = Vec::new();
        store.by_name(&entry).unwrap().read_to_end(&mut bytes).unwrap();
        overlay.add(Path::new(name), Mapping::of_bytes(bytes), identity).unwrap();
    }
    let (mut compared, mut modules) = (0, 0);
    for (module, path) in overlay.modules() {
        modules += 1;
        let end = module.base + u64::from(module.size_of_image);
        let mut address = module.base;
        while address < end {
            let Ok(bytes) = overlay.window(address) else {
                address += 1;
                continue;
            };
            let in_page = (0x1000 - address % 0x1000).min(bytes.len() as u64) as usize;
            if let Ok(real) = memory.read_vec(address, in_page, 0x1000) {
                let differs = real.iter().zip(bytes).position(|(a, b)| a != b);
                assert_eq!(
                    differs,
                    None,
                    "byte after {address:x}, {:x} into {}",
                    address - module.base,
                    path.display()
                );
                compared += in_page;
            }
            address += in_page as u64;
        }
    }
    assert!(modules >= 4 && compared > 0x6000, "{modules} modules, {compared:#x} bytes");
    // A triage dump gains the code that it lacks.
    let triage = VirtualMemory::new(&open("tests/data/wifi-triage.dmp.gz"));
    let nt = number(&truth["modules"][0]["base"]);
    let code =
        (nt..nt + 0x9_0000).step_by(0x100).find(|&at| triage.u8(at).is_err() && overlay.u8(at).is_ok());
    let code = code.expect("an address that only the image has");
    let with_images = triage.with_images(std::sync::Arc::new(overlay));
    assert_eq!(with_images.u8(code), memory.u8(code));
    assert!(with_images.is_from_image(code) && !triage.is_from_image(code));
}

/// What gs addresses in kernel code: each processor's KPCR, which holds its own address (Self, at 0x18).
#[test]
fn gs_is_each_processors_own() {
    let truth = truth("wifi");
    let target = dumpscope::debuggee::Target::new(open("tests/data/wifi-full.dmp.gz"));
    let processors = truth["processors"].as_array().unwrap();
    assert_eq!(target.processors().len(), processors.len());
    for (processor, truth) in target.processors().iter().zip(processors) {
        let gs = processor.kernel_gs().unwrap();
        assert_eq!(gs + 0x180, number(&truth["prcb"]));
        assert_eq!(target.memory().u64(gs + 0x18), Ok(gs));
    }
}
