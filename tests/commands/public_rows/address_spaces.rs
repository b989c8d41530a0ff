//! `!peb`, `!vad`, `!findhandle`: structures of the samples, laid into memory that nothing else uses.

use super::stage::Stage;
use super::{hex, samples};
use dumpscope::util::filetime::Zone;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

const PEB: &str = "nt!_PEB";
const LOADER: &str = "nt!_PEB_LDR_DATA";
const ENTRY: &str = "nt!_LDR_DATA_TABLE_ENTRY";
const PARAMETERS: &str = "nt!_RTL_USER_PROCESS_PARAMETERS";
const UNREADABLE: &str = "< Name not readable >";

/// A text at a member, or a pointer to nowhere.
fn text(stage: &mut Stage, ty: &str, address: u64, path: &str, text: &str) {
    let at = stage.place(ty, address, path);
    match text {
        UNREADABLE => {
            stage.dump.put(at, &[8, 0, 8, 0]);
            stage.dump.point(at + 8, 0x1000);
        }
        text => stage.text_at(at, text),
    }
}

/// All of a PEB with its 46 modules, in the zone of its author.
#[test]
fn the_environment_of_a_process() {
    let Some(samples) = samples(&["peb-1"]) else { return };
    let sample = &samples[0];
    let after = |label: &str| {
        let line = sample.lines.iter().map(|line| line.trim_start()).find(|line| line.starts_with(label));
        line.unwrap_or_else(|| panic!("{label}"))[label.len()..].trim().to_owned()
    };
    let mut stage = Stage::wifi();
    let (peb, loader, parameters) = (stage.free(0x100), stage.free(0x60), stage.free(0x100));
    stage.names.add(peb, hex(&words(&sample.lines[0])[2]));
    stage.names.add(loader, hex(&after("Ldr  ")));
    stage.names.add(parameters, hex(&after("ProcessParameters:")));
    for member in ["InheritedAddressSpace", "ReadImageFileExecOptions", "BeingDebugged"] {
        stage.put(PEB, peb, member, u64::from(after(&format!("{member}:")) == "Yes"));
    }
    for member in ["ImageBaseAddress", "NtGlobalFlag", "NtGlobalFlag2", "SubSystemData", "ProcessHeap"] {
        stage.put(PEB, peb, member, hex(&after(&format!("{member}:"))));
    }
    stage.put(PEB, peb, "Ldr", loader);
    stage.put(PEB, peb, "ProcessParameters", parameters);
    stage.put(LOADER, loader, "Initialized", u64::from(after("Ldr.Initialized:") == "Yes"));
    let rows: Vec<&String> = sample
        .lines
        .iter()
        .skip_while(|line| !line.trim_start().starts_with("Base TimeStamp"))
        .skip(1)
        .take_while(|line| !line.trim_start().starts_with("SubSystemData"))
        .collect();
    assert!(rows.len() >= 46, "{}", rows.len());
    // `7ff7931f0000 e1cbfc53 Jan 16 14:56:43 2090 C:\\Windows\\System32\\cmd.exe`
    let mut entries = Vec::new();
    for row in &rows {
        let parts: Vec<&str> = row.trim_start().splitn(7, ' ').collect();
        let entry = stage.free(0x90);
        stage.put(ENTRY, entry, "DllBase", hex(parts[0]));
        stage.put(ENTRY, entry, "TimeDateStamp", hex(parts[1]));
        text(&mut stage, ENTRY, entry, "FullDllName", parts[6]);
        entries.push(entry);
    }
    let head = stage.place(LOADER, loader, "InLoadOrderModuleList");
    stage.dump.list(head, &entries);
    let ends = |list: &str| after(&format!("Ldr.{list}:")).split(" . ").map(hex).collect::<Vec<u64>>();
    let loaded = ends("InLoadOrderModuleList");
    stage.names.add(entries[0], loaded[0]);
    stage.names.add(*entries.last().unwrap(), loaded[1]);
    // The other orders are shown and not walked.
    for list in ["InInitializationOrderModuleList", "InMemoryOrderModuleList"] {
        let at = stage.place(LOADER, loader, list);
        ends(list).into_iter().zip([at, at + 8]).for_each(|(end, at)| stage.dump.point(at, end));
    }
    for (label, path) in [
        ("CurrentDirectory:", "CurrentDirectory.DosPath"),
        ("WindowTitle:", "WindowTitle"),
        ("ImageFile:", "ImagePathName"),
        ("CommandLine:", "CommandLine"),
        ("DllPath:", "DllPath"),
    ] {
        let quoted = after(label);
        let value = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap();
        text(&mut stage, PARAMETERS, parameters, path, value);
    }
    stage.put(PARAMETERS, parameters, "Environment", hex(&after("Environment:")));
    let (mut session, _folder) = stage.dump.open();
    session.settings.zone = Zone::parse("+5:30").unwrap();
    let lines = stage.names.put(crate::golden::run(&mut session, &format!("!peb {peb:x}")).unwrap());
    sample.all_same(&lines[..sample.lines.len()], &sample.lines);
}

/// The ranges of which rows were published; the tree here has no others, so that its totals differ.
#[test]
fn ranges_of_an_address_space() {
    let Some(samples) = samples(&["vad-3"]) else { return };
    let sample = &samples[0];
    let rows: Vec<&String> = sample.lines.iter().filter(|line| line.starts_with("ffff")).collect();
    assert_eq!(rows.len(), 3);
    let mut stage = Stage::wifi();
    let ranges: Vec<u64> = rows.iter().map(|_| stage.free(0x90)).collect();
    for (level, (row, &range)) in rows.iter().zip(&ranges).enumerate() {
        let row = words(row);
        stage.names.add(range, hex(&row[0]));
        assert_eq!(row[1], level.to_string());
        // Each right below the one before it.
        if let Some(below) = ranges.get(level + 1) {
            stage.put("nt!_MMVAD_SHORT", range, "VadNode.Right", *below);
        }
        for (member, cell) in [("StartingVpn", &row[2]), ("EndingVpn", &row[3])] {
            let page = hex(cell);
            stage.put("nt!_MMVAD_SHORT", range, member, page & 0xffff_ffff);
            stage.put("nt!_MMVAD_SHORT", range, &format!("{member}High"), page >> 32);
        }
        assert_eq!(row[5], "Mapped");
        let is_image = row[6] == "Exe";
        // MI_VAD_TYPE and the protections of the public symbols: no access is kept as a guard of none.
        let (kind, protection) = if is_image { (2, 7) } else { (0, 0x18) };
        stage.put("nt!_MMVAD_SHORT", range, "u.VadFlags.VadType", kind);
        stage.put("nt!_MMVAD_SHORT", range, "u.VadFlags.Protection", protection);
        stage.put("nt!_MMVAD_SHORT", range, "u1.VadFlags1.CommitCharge", super::decimal(&row[4]));
        let (subsection, area, segment) = (stage.free(0x40), stage.free(0x80), stage.free(0x48));
        stage.put("nt!_MMVAD", range, "Subsection", subsection);
        stage.put("nt!_SUBSECTION", subsection, "ControlArea", area);
        stage.put("nt!_CONTROL_AREA", area, "Segment", segment);
        if is_image {
            let file = stage.free(0xd8);
            stage.put("nt!_CONTROL_AREA", area, "FilePointer", file);
            text(&mut stage, "nt!_FILE_OBJECT", file, "FileName", &row[8]);
        } else {
            stage.put("nt!_SEGMENT", segment, "NumberOfCommittedPages", hex(row.last().unwrap()));
        }
    }
    let lines = stage.run(&format!("!vad {:x}", ranges[0]));
    let shown: Vec<String> = lines.into_iter().filter(|line| line.starts_with("ffff")).collect();
    sample.all_same(&shown, &rows.into_iter().cloned().collect::<Vec<_>>());
}

/// Handles in tables of two levels, at the places that they have in the sample's: an entry of 16 bytes each, 256 a page.
#[test]
fn owners_of_handles() {
    let Some(samples) = samples(&["findhandle-1"]) else { return };
    let sample = &samples[0];
    let mut stage = Stage::wifi();
    let object = stage.process("explorer.exe");
    let owners: Vec<&[String]> = sample.lines.split(String::is_empty).collect();
    let processes = stage.only(owners.len());
    for (lines, &process) in owners.iter().zip(&processes) {
        let head = words(lines[0].trim().trim_matches(['[', ']']));
        stage.names.add(process, hex(&head[0]));
        stage.image(process, &head[1]);
        let top = stage.page();
        let mut leaves: Vec<(u64, u64)> = Vec::new();
        for line in &lines[1..] {
            // `  18ac: Entry ffff99010d4662b0 Granted Access 102a (Protected) (Audit)`
            let row = words(line);
            let index = hex(row[0].trim_end_matches(':')) / 4;
            let leaf = match leaves.iter().find(|(at, _)| *at == index / 256) {
                Some((_, page)) => *page,
                None => stage.page(),
            };
            leaves.push((index / 256, leaf));
            let entry = leaf + index % 256 * 16;
            stage.names.add(entry, hex(&row[2]));
            assert_eq!(entry % 0x1000, hex(&row[2]) % 0x1000);
            // Attributes are protected, inherited and audited, in the order of their bits.
            let attribute = |word: &str| u64::from(row.contains(&format!("({word})")));
            let attributes = attribute("Protected") | attribute("Inherit") << 1 | attribute("Audit") << 2;
            // The header stands 0x30 bytes before its object.
            let header = (object - 0x30) >> 4 & ((1 << 44) - 1);
            stage.dump.point(entry, header << 20 | attributes << 17 | 1);
            stage.dump.point(entry + 8, hex(&row[5]));
            stage.dump.point(top + index / 256 * 8, leaf);
        }
        let table = stage.free(0x80);
        stage.put("nt!_HANDLE_TABLE", table, "TableCode", top | 1);
        stage.put("nt!_EPROCESS", process, "ObjectTable", table);
    }
    let lines = stage.run(&format!("!findhandle {object:x}"));
    sample.all_same(&lines[..sample.lines.len()], &sample.lines);
    assert_eq!(lines[sample.lines.len() + 1], "7 handles, in 5 of 5 processes");
}
