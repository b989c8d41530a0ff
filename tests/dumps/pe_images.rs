//! The PE reader against what `llvm-readobj` says about the same images (tests/data/pe, built by build.sh there).

use std::path::{Path, PathBuf};

use dumpscope::symbols::pe::{
    DebugData, Directory, ExportTarget, FileImage, FunctionLookup, Image, ImageBytes, ImportName, MappedBytes,
};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pe").join(name)
}

fn open(name: &str) -> Image<FileImage<Vec<u8>>> {
    Image::open(&data(name)).unwrap()
}

/// A listing as (path of block names, key, value).
struct Listing(Vec<(String, String, String)>);

impl Listing {
    fn read(name: &str) -> Listing {
        let text = std::fs::read_to_string(data(name)).unwrap();
        let mut path: Vec<String> = Vec::new();
        let mut lines = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some((name, _)) = line.split_once(" [ (") {
                path.push(name.to_owned());
            } else if let Some(name) = line.strip_suffix(['{', '[', '(']) {
                path.push(name.split([' ', ':']).next().unwrap().to_owned());
            } else if matches!(line, "}" | "]" | ")") {
                path.pop();
            } else if let Some((key, value)) = line.split_once(':') {
                lines.push((path.join("/"), key.to_owned(), value.trim().to_owned()));
            }
        }
        Listing(lines)
    }

    /// Values of `key` in blocks whose path is `path`.
    fn all(&self, path: &str, key: &str) -> Vec<&str> {
        let lines = self.0.iter().filter(|(p, k, _)| p == path && k == key);
        lines.map(|(_, _, value)| value.as_str()).collect()
    }

    fn number(&self, path: &str, key: &str) -> u64 {
        number(self.all(path, key)[0])
    }
}

/// `12`, `0x1F`, or the last of these in brackets: `NAME (0x1F)`.
fn number(text: &str) -> u64 {
    let text = match text.rsplit_once('(') {
        Some((_, inner)) => inner.trim_end_matches(')'),
        None => text,
    };
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

const IMAGES: [&str; 3] = ["sample64.sys", "samplea64.sys", "sample32.dll"];

#[test]
fn headers_agree() {
    for name in IMAGES {
        let (image, list) = (open(name), Listing::read(&format!("{name}.txt")));
        let h = image.headers();
        let file = |key| list.number("ImageFileHeader", key);
        let optional = |key| list.number("ImageOptionalHeader", key);
        assert_eq!(u64::from(h.machine), file("Machine"));
        assert_eq!(u64::from(h.time_date_stamp), file("TimeDateStamp"));
        assert_eq!(u64::from(h.optional_header_size), file("OptionalHeaderSize"));
        for (ours, key) in [
            (u64::from(h.code_size), "SizeOfCode"),
            (h.initialized_data_size.into(), "SizeOfInitializedData"),
            (h.entry_point.into(), "AddressOfEntryPoint"),
            (h.base_of_code.into(), "BaseOfCode"),
            (h.image_base, "ImageBase"),
            (h.section_alignment.into(), "SectionAlignment"),
            (h.file_alignment.into(), "FileAlignment"),
            (h.os_version.0.into(), "MajorOperatingSystemVersion"),
            (h.image_version.0.into(), "MajorImageVersion"),
            (h.image_version.1.into(), "MinorImageVersion"),
            (h.subsystem_version.0.into(), "MajorSubsystemVersion"),
            (h.size_of_image.into(), "SizeOfImage"),
            (h.size_of_headers.into(), "SizeOfHeaders"),
            (h.check_sum.into(), "CheckSum"),
            (h.subsystem.into(), "Subsystem"),
            (h.stack_reserve, "SizeOfStackReserve"),
            (h.stack_commit, "SizeOfStackCommit"),
            (h.heap_reserve, "SizeOfHeapReserve"),
            (h.heap_commit, "SizeOfHeapCommit"),
        ] {
            assert_eq!(ours, optional(key), "{name} {key}");
        }
        for (which, key) in [
            (Directory::Export, "ExportTable"),
            (Directory::Import, "ImportTable"),
            (Directory::Resource, "ResourceTable"),
            (Directory::Exception, "ExceptionTable"),
            (Directory::BaseRelocation, "BaseRelocationTable"),
            (Directory::Debug, "Debug"),
            (Directory::ImportAddressTable, "IAT"),
        ] {
            let ours = h.directory(which).unwrap_or_default();
            let path = "ImageOptionalHeader/DataDirectory";
            let theirs = (list.number(path, &format!("{key}RVA")), list.number(path, &format!("{key}Size")));
            assert_eq!((ours.rva.into(), ours.size.into()), theirs, "{name} {key}");
        }
        let path = "Sections/Section";
        let names: Vec<_> = list.all(path, "Name").iter().map(|n| n.split(' ').next().unwrap()).collect();
        assert_eq!(h.sections.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), names);
        for (ours, key) in [
            (h.sections.iter().map(|s| s.virtual_size).collect::<Vec<_>>(), "VirtualSize"),
            (h.sections.iter().map(|s| s.rva).collect(), "VirtualAddress"),
            (h.sections.iter().map(|s| s.raw_size).collect(), "RawDataSize"),
            (h.sections.iter().map(|s| s.raw_offset).collect(), "PointerToRawData"),
        ] {
            let theirs: Vec<u32> = list.all(path, key).iter().map(|v| number(v) as u32).collect();
            assert_eq!(ours, theirs, "{name} {key}");
        }
    }
}

#[test]
fn debug_directories_agree() {
    for name in IMAGES {
        let (image, list) = (open(name), Listing::read(&format!("{name}.txt")));
        let entries = image.debug();
        let kinds: Vec<_> =
            list.all("DebugDirectory/DebugEntry", "Type").iter().map(|v| number(v) as u32).collect();
        assert_eq!(entries.iter().map(|e| e.kind).collect::<Vec<_>>(), kinds, "{name}");
        let path = "DebugDirectory/DebugEntry/PDBInfo";
        let DebugData::CodeView { guid, age, path: pdb } = &entries[0].data else {
            panic!("{name}: first entry is {:?}", entries[0]);
        };
        assert_eq!(guid.to_string(), list.all(path, "PDBGUID")[0]);
        assert_eq!(u64::from(*age), list.number(path, "PDBAge"));
        assert_eq!(pdb, list.all(path, "PDBFileName")[0]);
        assert_eq!(image.is_reproducible(), name != "sample32.dll");
        let id = image.pdb_id().unwrap();
        assert_eq!(id.name, format!("{}.pdb", name.split('.').next().unwrap()));
    }
    let flags = open("sample64.sys").debug().into_iter().find(|e| e.kind == 20).unwrap();
    assert_eq!(flags.data, DebugData::ExDllCharacteristics(1));
}

#[test]
fn exports_agree() {
    for name in IMAGES {
        let (image, list) = (open(name), Listing::read(&format!("{name}.txt")));
        let exports = image.exports().unwrap();
        assert!(exports.complete);
        let mut ours: Vec<(u64, String, String)> = exports
            .entries
            .iter()
            .map(|e| {
                let target = match &e.target {
                    ExportTarget::Rva(rva) => format!("0x{rva:X}"),
                    ExportTarget::Forwarder(to) => to.clone(),
                };
                (e.ordinal.into(), e.name.clone().unwrap_or_default(), target)
            })
            .collect();
        let mut theirs = Vec::new();
        for (path, key, value) in &list.0 {
            match (path.as_str(), key.as_str()) {
                ("Export", "Ordinal") => theirs.push((number(value), String::new(), String::new())),
                ("Export", "Name") => theirs.last_mut().unwrap().1 = value.clone(),
                ("Export", _) => theirs.last_mut().unwrap().2 = value.clone(),
                _ => {}
            }
        }
        // Unused ordinals have address zero and are no exports.
        theirs.retain(|(_, _, target)| target != "0x0");
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn nearest_export() {
    let exports = open("sample64.sys").exports().unwrap();
    let read = exports.by_name("SampleRead").unwrap().rva().unwrap();
    assert_eq!(exports.by_name("SampleReadX"), None);
    assert_eq!(exports.by_ordinal(7).unwrap().name.as_deref(), Some("SampleWrite"));
    assert_eq!(exports.by_ordinal(9).unwrap().display_name(), "Ordinal9");
    let (export, distance) = exports.nearest(read + 5).unwrap();
    // Of two names of one address the first in the (alphabetical) name table wins.
    assert_eq!((export.name.as_deref(), distance), (Some("SampleAlias"), 5));
    assert_eq!(exports.nearest(read - 1), None);
    let order: Vec<u32> = exports.iter_by_rva().map(|(rva, _)| rva).collect();
    assert!(order.is_sorted() && order.len() == 5);
}

#[test]
fn imports_agree() {
    for name in ["sample64.sys", "samplea64.sys"] {
        let (image, list) = (open(name), Listing::read(&format!("{name}.txt")));
        let imports = image.imports();
        assert!(imports.complete);
        let [module] = imports.modules.as_slice() else { panic!("one module expected") };
        assert_eq!(module.name.as_deref(), Some(list.all("Import", "Name")[0]));
        let slots = list.number("Import", "ImportAddressTableRVA") as u32;
        assert_eq!(module.functions.iter().map(|f| f.slot).collect::<Vec<_>>(), [slots, slots + 8]);
        assert_eq!(module.functions[0].name, ImportName::Ordinal(12));
        assert_eq!(module.functions[1].name, ImportName::Name { hint: 0, name: "KeSample".into() });
    }
    assert!(open("sample32.dll").imports().modules.is_empty());
}

#[test]
fn function_table_agrees() {
    let image = open("sample64.sys");
    let text = std::fs::read_to_string(data("sample64.sys.unwind.txt")).unwrap();
    let numbers: Vec<u32> =
        text.lines().map(|line| (number(line.trim()) - image.headers().image_base) as u32).collect();
    let table = image.functions().unwrap();
    let ours: Vec<u32> = table.iter(image.bytes()).flat_map(|f| [f.begin, f.end, f.unwind]).collect();
    assert_eq!(ours, numbers);
    for function in table.iter(image.bytes()) {
        for rva in [function.begin, function.end - 1] {
            assert_eq!(table.lookup(image.bytes(), rva), FunctionLookup::Found(function));
        }
        assert_eq!(function.resolve(image.bytes()), Some(function));
    }
    // A leaf function lies between two entries; nothing lies below the first.
    let leaf = image.exports().unwrap().by_ordinal(9).unwrap().rva().unwrap();
    assert_eq!(table.lookup(image.bytes(), leaf), FunctionLookup::NotListed);
    assert_eq!(table.lookup(image.bytes(), 0x10), FunctionLookup::NotListed);
    let arm = open("samplea64.sys");
    let table = arm.functions().unwrap();
    let exports = arm.exports().unwrap();
    let write = exports.by_name("SampleWrite").unwrap().rva().unwrap();
    assert!(matches!(table.lookup(arm.bytes(), write + 4), FunctionLookup::Found(f) if f.begin == write));
    let leaf = exports.by_ordinal(9).unwrap().rva().unwrap();
    assert_eq!(table.lookup(arm.bytes(), leaf), FunctionLookup::NotListed);
    assert!(open("sample32.dll").functions().is_none());
}

/// Expected values are those of sample.rc.
#[test]
fn version_resource() {
    let version = open("sample64.sys").version().unwrap();
    let fixed = version.fixed.unwrap();
    assert_eq!(fixed.file_version, [1, 2, 3, 4]);
    assert_eq!(fixed.product_version, [10, 0, 19041, 5]);
    assert_eq!((fixed.flags_mask, fixed.flags, fixed.os), (0x3f, 2, 0x40004));
    assert_eq!((fixed.file_type, fixed.file_subtype), (3, 7));
    assert_eq!(version.translations, [(0x409, 1200), (0x804, 1200)]);
    assert_eq!(version.tables.len(), 2);
    assert_eq!(version.string("CompanyName"), Some("Sample Company"));
    assert_eq!(version.string("FileVersion"), Some("1.2.3.4 (sample.000000-0000)"));
    assert_eq!(version.string("OriginalFilename"), Some("sample64.sys"));
    assert_eq!(version.string("Empty"), Some(""));
    assert_eq!(version.tables[1].strings, [("FileDescription".to_owned(), "示例驱动".to_owned())]);
    assert_eq!(version.tables[1].language, 0x804);
    assert!(open("sample32.dll").version().is_none());
}

/// The image laid out as the loader does it, from the sections of the listing.
fn mapped(name: &str) -> Vec<u8> {
    let (raw, list) = (std::fs::read(data(name)).unwrap(), Listing::read(&format!("{name}.txt")));
    let optional = |key| list.number("ImageOptionalHeader", key) as usize;
    let mut memory = vec![0; optional("SizeOfImage")];
    let headers = optional("SizeOfHeaders");
    memory[..headers].copy_from_slice(&raw[..headers]);
    let column = |key| list.all("Sections/Section", key).into_iter().map(|v| number(v) as usize);
    let rows = column("VirtualAddress").zip(column("PointerToRawData")).zip(column("RawDataSize"));
    for ((rva, offset), size) in rows {
        memory[rva..rva + size].copy_from_slice(&raw[offset..offset + size]);
    }
    memory
}

#[test]
fn file_and_memory_views_are_the_same() {
    for name in IMAGES {
        let (file, memory) = (open(name), mapped(name));
        let image = Image::new(MappedBytes(&memory)).unwrap();
        let mut all = vec![0; memory.len()];
        assert!(file.bytes().at_rva(0, &mut all), "{name}");
        assert!(all == memory, "{name}");
        assert!(!file.bytes().at_rva(memory.len() as u32 - 4, &mut [0; 8]));
        assert_eq!(image.headers(), file.headers());
        assert_eq!(image.debug(), file.debug());
        assert_eq!(image.exports(), file.exports());
        assert_eq!(image.imports(), file.imports());
        assert_eq!(image.version(), file.version());
    }
}

/// Memory of a dump in which some pages are missing.
struct Holes<'a>(&'a [u8], u32);

impl ImageBytes for Holes<'_> {
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
        let Some(end) = rva.checked_add(buf.len() as u32) else {
            return false;
        };
        let hole = self.1 << 12..(self.1 + 1) << 12;
        (rva >= hole.end || end <= hole.start) && MappedBytes(self.0).at_rva(rva, buf)
    }
}

#[test]
fn missing_pages_cost_only_what_lies_there() {
    let memory = mapped("sample64.sys");
    assert!(Image::new(Holes(&memory, 0)).is_err());
    // Page 2 is .rdata: debug directory, exports and imports; page 4 is .pdata; page 5 the resources.
    let image = Image::new(Holes(&memory, 2)).unwrap();
    assert!(image.exports().is_err());
    assert!(!image.imports().complete);
    assert!(image.pdb_id().is_none());
    assert!(image.version().is_some());
    let image = Image::new(Holes(&memory, 4)).unwrap();
    let lookup = image.functions().unwrap().lookup(image.bytes(), 0x1055);
    assert!(matches!(lookup, FunctionLookup::Unreadable(rva) if rva >> 12 == 4));
    assert!(image.exports().unwrap().complete);
    assert!(Image::new(Holes(&memory, 5)).unwrap().version().is_none());
}

/// The images of the embedded demo, in a store that other code made: keys, names and PDBs belong together.
#[test]
fn images_of_a_store_carry_its_keys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/symbols.zip");
    let mut zip = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let names: Vec<String> = zip.file_names().map(str::to_owned).collect();
    let (mut pdbs, mut tables) = (Vec::new(), 0);
    for entry in names.iter().filter(|name| !name.ends_with(".pdb")) {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_name(entry).unwrap(), &mut bytes).unwrap();
        let image = Image::from_file_bytes(bytes).unwrap();
        let [name, key, _] = entry.split('/').collect::<Vec<_>>()[..] else { panic!("{entry}") };
        assert_eq!(image.image_id(name).key(), key);
        let pdb = image.pdb_id().unwrap();
        pdbs.push(format!("{}/{}/{}", pdb.name, pdb.key(), pdb.name));
        // hal.dll has leaf functions only.
        let Some(table) = image.functions() else { continue };
        tables += 1;
        let functions: Vec<_> = table.iter(image.bytes()).collect();
        assert!(functions.is_sorted_by_key(|f| f.begin), "{entry}");
        for function in functions {
            assert_eq!(table.lookup(image.bytes(), function.end - 1), FunctionLookup::Found(function));
        }
    }
    // A PDB outside the layout is there to be refused: it is of another build.
    for pdb in names.iter().filter(|name| name.ends_with(".pdb") && name.contains('/')) {
        assert!(pdbs.contains(pdb), "no image names {pdb}");
    }
    assert!(tables >= 4, "{tables}");
}

/// An image in a dump's memory says the same as its file.
#[test]
fn images_in_dump_memory_are_those_of_the_files() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let dump = dumpscope::dump::DumpFile::open(&assets.join("wifi.dmp.gz"), &mut |_| {}).unwrap();
    let target = dumpscope::debuggee::Target::new(dump);
    let mut zip = zip::ZipArchive::new(std::fs::File::open(assets.join("symbols.zip")).unwrap()).unwrap();
    let mut compared = 0;
    for module in target.modules().iter() {
        let seen = target.image(module).unwrap();
        let key = seen.image_id(&module.image_name).key();
        let mut bytes = Vec::new();
        let mut entry = zip.by_name(&format!("{0}/{key}/{0}", module.image_name)).unwrap();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        let file = Image::from_file_bytes(bytes).unwrap();
        assert_eq!(seen.headers().sections, file.headers().sections);
        assert_eq!(seen.pdb_id(), file.pdb_id());
        assert_eq!(seen.exports(), file.exports(), "{}", module.name);
        assert_eq!(seen.version(), file.version());
        let functions = |image: &dyn ImageBytes, headers| {
            let table = dumpscope::symbols::pe::FunctionTable::of(headers);
            table.map(|table| table.iter(image).collect::<Vec<_>>())
        };
        assert_eq!(functions(seen.bytes(), seen.headers()), functions(file.bytes(), file.headers()));
        compared += 1;
    }
    assert!(compared >= 6, "{compared}");
}

mod damaged {
    use super::*;
    use proptest::prelude::*;

    fn walk<I: ImageBytes>(bytes: I) {
        let Ok(image) = Image::new(bytes) else { return };
        let _ = (image.debug(), image.imports(), image.version());
        if let Ok(exports) = image.exports() {
            let _ = (exports.nearest(0x1055), exports.by_name("SampleRead"));
        }
        if let Some(table) = image.functions() {
            for rva in [0, 0x1055, u32::MAX] {
                let _ = table.lookup(image.bytes(), rva);
            }
            let _ = table.iter(image.bytes()).count();
        }
        let _ = dumpscope::symbols::pe::resources::read(image.bytes(), image.headers(), None);
    }

    fn mutate(bytes: &mut Vec<u8>, edits: &[(u32, u8, u32)]) {
        for &(at, how, value) in edits {
            let at = at as usize % bytes.len().max(1);
            match how % 4 {
                0 => bytes.truncate(at.max(1)),
                1 => {
                    let from = value as usize % bytes.len();
                    let len = 64.min(bytes.len() - at).min(bytes.len() - from);
                    bytes.copy_within(from..from + len, at);
                }
                2 => {
                    for (slot, byte) in bytes.iter_mut().skip(at & !3).zip(value.to_le_bytes()) {
                        *slot = byte;
                    }
                }
                _ => bytes[at] = value as u8,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]
        #[test]
        fn never_panics_or_hangs(
            which in 0usize..3,
            as_memory: bool,
            low in any::<bool>(),
            edits in prop::collection::vec((any::<u32>(), any::<u8>(), any::<u32>()), 1..12),
        ) {
            let name = IMAGES[which];
            let mut bytes = if as_memory { mapped(name) } else { std::fs::read(data(name)).unwrap() };
            // Half of the cases keep to the headers, where damage does most.
            let edits: Vec<_> = edits
                .into_iter()
                .map(|(at, how, value)| if low { (at % 0x280, how % 3 + 1, value) } else { (at, how, value) })
                .collect();
            mutate(&mut bytes, &edits);
            let started = std::time::Instant::now();
            if as_memory {
                walk(MappedBytes(&bytes));
            } else if let Ok(file) = FileImage::new(bytes) {
                walk(file);
            }
            prop_assert!(started.elapsed().as_secs() < 5);
        }
    }
}

/// Sizes of 4 GiB in the directory and the section: an image in which every read succeeds.
#[test]
fn absurd_sizes_are_cut() {
    let mut bytes = std::fs::read(data("sample64.sys")).unwrap();
    let patch = |bytes: &mut Vec<u8>, from: &[u8], at: usize, value: u32| {
        let found = bytes.windows(from.len()).position(|w| w == from).unwrap();
        bytes[found + at..found + at + 4].copy_from_slice(&value.to_le_bytes());
    };
    let exception = [0x4000u32.to_le_bytes(), 0x30u32.to_le_bytes()].concat();
    patch(&mut bytes, &exception, 4, u32::MAX);
    patch(&mut bytes, b".pdata\0\0", 8, u32::MAX);
    let image = Image::from_file_bytes(bytes).unwrap();
    let table = image.functions().unwrap();
    assert_eq!(table.count, 1 << 20);
    assert!(matches!(
        table.lookup(image.bytes(), 0x1055),
        FunctionLookup::NotListed | FunctionLookup::Found(_)
    ));
    assert!(table.iter(image.bytes()).count() <= 1 << 20);
}
