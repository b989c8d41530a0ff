//! Real triage dumps against what a reference engine printed for them. Skipped where the shared data are absent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dumpscope::debuggee::Target;
use dumpscope::dump::{DumpFile, DumpKind, Machine};
use dumpscope::memory::{Memory, VirtualMemory};
use dumpscope::util::{bounded, hex};

fn shared() -> Option<PathBuf> {
    crate::shared::root_with(&["dumps"])
}

/// Each dump with its transcript: command to output.
fn dumps(root: &Path) -> Vec<(PathBuf, BTreeMap<String, String>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join("dumps")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "dmp") {
            continue;
        }
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read(root.join(format!("golden/dbgeng/{stem}.txt"))).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let commands = text
            .split("kd> ")
            .filter_map(|part| part.split_once('\n'))
            .map(|(command, output)| (command.trim().to_owned(), output.to_owned()))
            .collect();
        found.push((path, commands));
    }
    assert!(found.len() >= 20, "only {} dumps", found.len());
    found
}

fn open(path: &Path) -> DumpFile {
    DumpFile::open(path, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"))
}

/// The hexadecimal numbers at the start of a line.
fn numbers(line: &str) -> Vec<u64> {
    line.split_whitespace().map_while(hex::parse).collect()
}

#[test]
fn headers_agree() {
    let Some(root) = shared() else { return };
    for (path, golden) in dumps(&root) {
        let dump = open(&path);
        let header = dump.header();
        assert_eq!(dump.kind(), DumpKind::Triage);
        assert_eq!(dump.warnings(), &[] as &[String], "{}", path.display());
        let expected: Vec<u64> = golden[".bugcheck"]
            .split_whitespace()
            .filter(|word| !matches!(*word, "Bugcheck" | "code" | "Arguments"))
            .map(|word| hex::parse(word).unwrap())
            .collect();
        let mut ours = vec![u64::from(header.bug_check_code)];
        ours.extend(header.bug_check_parameters);
        assert_eq!(ours, expected, "{}", path.display());
        let loaded = format!("PsLoadedModuleList = 0x{}", hex::tick(header.ps_loaded_module_list));
        assert!(golden["vertarget"].contains(&loaded), "{}", path.display());
        assert!(golden["vertarget"].contains(&format!("Kernel Version {} ", header.minor_version)));
        assert!(dump.context().is_some());
    }
}

#[test]
fn driver_lists_agree() {
    let Some(root) = shared() else { return };
    for (path, golden) in dumps(&root) {
        let dump = open(&path);
        let triage = dump.triage().unwrap();
        let (loaded, unloaded) =
            golden["lm"].split_once("Unloaded modules:").unwrap_or((golden["lm"].as_str(), ""));
        let ranges = |text: &str| -> Vec<(u64, u64)> {
            let mut ranges: Vec<(u64, u64)> = text
                .lines()
                .filter_map(|line| match numbers(line)[..] {
                    [start, end, ..] => Some((start, end)),
                    _ => None,
                })
                .collect();
            ranges.sort_unstable();
            ranges
        };
        let mut ours: Vec<(u64, u64)> = triage
            .drivers()
            .iter()
            .map(|driver| (driver.base, driver.base + u64::from(driver.size)))
            .collect();
        ours.sort_unstable();
        assert_eq!(ours, ranges(loaded), "{}", path.display());
        assert!(triage.drivers().iter().all(|driver| !driver.name.is_empty()));
        let mut gone: Vec<(u64, u64)> =
            triage.unloaded.iter().map(|driver| (driver.start, driver.end)).collect();
        gone.sort_unstable();
        assert_eq!(gone, ranges(unloaded), "{}", path.display());
        for driver in &triage.unloaded {
            assert!(unloaded.contains(driver.name.trim()), "{} in {unloaded}", driver.name);
        }
        // The time stamp of the kernel as `lmvm nt` prints it: `Timestamp:  ... (5A3B1C2D)`.
        let stamp = format!("({:08X})", triage.drivers()[0].time_date_stamp);
        assert!(golden["lmvm nt"].contains(&stamp), "{stamp} in {}", golden["lmvm nt"]);
    }
}

#[test]
fn stacks_agree() {
    let Some(root) = shared() else { return };
    for (path, golden) in dumps(&root) {
        let dump = open(&path);
        let memory = VirtualMemory::new(&dump);
        let mut words = 0;
        for line in golden["dps @rsp L40"].lines().chain(golden["dq @rsp L20"].lines()) {
            let mut parts = line.split_whitespace();
            let Some(address) = parts.next().and_then(hex::parse) else {
                continue;
            };
            let values =
                parts.enumerate().take_while(|(_, word)| word.len() == 17 && word.as_bytes()[8] == b'`');
            for (index, word) in values {
                let at = address + 8 * index as u64;
                match hex::parse(word) {
                    Some(expected) => {
                        assert_eq!(memory.u64(at).ok(), Some(expected), "{at:x} of {}", path.display());
                        words += 1;
                    }
                    None => {
                        assert!(memory.u64(at).is_err(), "{at:x} of {} should be unreadable", path.display())
                    }
                }
            }
        }
        assert!(words > 40 || dump.header().machine != Machine::Amd64, "{words} words of {}", path.display());
    }
}

#[test]
fn saved_objects_have_their_addresses() {
    let Some(root) = shared() else { return };
    for (path, golden) in dumps(&root) {
        let memory = VirtualMemory::new(&open(&path));
        let blocks = memory.blocks().unwrap();
        let address = |command: &str| {
            golden.get(command).and_then(|text| text.split_whitespace().last()).and_then(hex::parse)
        };
        if let Some(thread) = address(".thread") {
            assert_eq!(blocks.thread(), Some(thread), "{}", path.display());
        }
        if let Some(process) = address(".process") {
            assert_eq!(blocks.process(), Some(process), "{}", path.display());
        }
        // A KPRCB lies 0x180 into its KPCR on x64 and 0x980 on ARM64; a KPCR begins a page.
        let prcb = blocks.prcb().unwrap_or_else(|| panic!("no PRCB in {}", path.display()));
        assert!(matches!(prcb & 0xfff, 0x180 | 0x980), "{prcb:x} in {}", path.display());
        // CurrentThread is the second pointer of a KPRCB.
        assert_eq!(memory.u64(prcb + 8).ok(), blocks.thread(), "{}", path.display());
        let target = Target::new(open(&path));
        let crashed = &target.processors()[target.crashed_processor() as usize];
        assert_eq!(crashed.prcb, Some(prcb), "{}", path.display());
    }
}

#[test]
fn secondary_data_are_listed() {
    let Some(root) = shared() else { return };
    for (path, _) in dumps(&root) {
        let dump = open(&path);
        assert!(dump.secondary().len() >= 8, "{}", path.display());
        for blob in dump.secondary() {
            assert!(bounded::slice(dump.bytes(), blob.data.start, blob.data.len()).is_some());
        }
    }
}

/// Since build 26100 the kernel saves memory inside tagged data. An empty list head holds its own address twice: the kernel's
/// second range is one in every such dump, so the place of the bytes is checked by the bytes.
#[test]
fn memory_in_tagged_data_lies_where_its_lists_say() {
    let Some(root) = shared() else { return };
    let mut seen = 0;
    for (path, _) in dumps(&root) {
        let dump = open(&path);
        let tagged = dump.tagged_memory();
        assert_eq!(tagged.ranges.is_empty(), dump.header().minor_version < 26100, "{}", path.display());
        let Some(range) = tagged.ranges.get(1) else { continue };
        seen += 1;
        assert_eq!(tagged.components[0], "IoTriageDumpData");
        assert!(tagged.ranges.len() > 40, "{}", path.display());
        let memory = VirtualMemory::new(&dump);
        assert_eq!(memory.u64(range.address), Ok(range.address), "{}", path.display());
        assert_eq!(memory.u64(range.address + 8), Ok(range.address), "{}", path.display());
        for range in &tagged.ranges {
            let mut bytes = vec![0; range.size as usize];
            memory.read(range.address, &mut bytes).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    assert!(seen >= 5, "only {seen} dumps of such a build");
}

/// The processor's name, the maker and the hypervisor are text of the machine itself: CPUID spells the same vendor as the
/// registry, and virtual machines are known by their firmware.
#[test]
fn tagged_data_describe_the_machine() {
    let Some(root) = shared() else { return };
    let (mut processors, mut virtual_machines) = (0, 0);
    for (path, _) in dumps(&root) {
        let hardware = open(&path).tagged().hardware();
        let Some(cpu) = hardware.cpu else { continue };
        processors += 1;
        let name = cpu.name.unwrap_or_else(|| panic!("{}", path.display()));
        assert!(cpu.mhz.is_some_and(|mhz| (800..6000).contains(&mhz)), "{}", path.display());
        // A guest of VirtualBox reads all ones where the microcode's revision stands, which is none.
        let is_guest = hardware.under_hypervisor == Some(true);
        match cpu.vendor.as_deref() {
            Some("GenuineIntel") => {
                assert!(name.contains("Intel") && (cpu.microcode.is_some() || is_guest), "{name}");
            }
            Some("AuthenticAMD") => assert!(name.contains("AMD"), "{name}"),
            _ => assert!(name.contains("Snapdragon"), "{name}"),
        }
        let firmware = hardware.firmware.map(|firmware| format!("{firmware:?}")).unwrap_or_default();
        let hypervisor = hardware.hypervisor.unwrap_or_default();
        for (text, letters) in [("VMware", "VMwareVMware"), ("VirtualBox", "VBoxVBoxVBox")] {
            if firmware.contains(text) {
                virtual_machines += 1;
                assert_eq!((hypervisor.as_str(), hardware.under_hypervisor), (letters, Some(true)));
            }
        }
    }
    assert!(processors >= 20 && virtual_machines >= 1, "{processors} {virtual_machines}");
}
