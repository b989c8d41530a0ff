//! Images opened by themselves: every image of the project against an independent reader (goblin), through the
//! commands that a user types.

use dumpscope::command::run_line;
use dumpscope::debuggee::{ModuleKind, Subject, SymbolStatus, Target};
use dumpscope::output::Collector;
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};
use goblin::pe::PE;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn is_image(name: &str) -> bool {
    [".sys", ".dll", ".exe", ".pyd"].iter().any(|end| name.to_ascii_lowercase().ends_with(end))
}

/// Every image of the demo's symbol store and of the test data, as (name, bytes). To check more by hand, name their
/// folder in `DUMPSCOPE_IMAGES`: then those alone.
fn images() -> Vec<(String, Vec<u8>)> {
    if let Some(folder) = std::env::var_os("DUMPSCOPE_IMAGES") {
        return loose(Path::new(&folder));
    }
    let store = std::fs::File::open(file("assets/demo/symbols.zip")).unwrap();
    let mut store = zip::ZipArchive::new(store).unwrap();
    let mut found = Vec::new();
    for index in 0..store.len() {
        let mut entry = store.by_index(index).unwrap();
        let name = entry.name().to_owned();
        if is_image(&name) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            found.push((name.rsplit('/').next().unwrap().to_owned(), bytes));
        }
    }
    for folder in ["tests/data/pe", "tests/data/symbols"] {
        found.extend(loose(&file(folder)));
    }
    found
}

/// The images in a folder and those below it.
fn loose(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            found.extend(loose(&path));
        } else if is_image(name) {
            found.push((name.to_owned(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

/// A session on an image that is in memory, with symbols from `path` and a cache of its own.
struct Opened {
    session: Session,
    _cache: tempfile::TempDir,
}

fn open(name: &str, bytes: &[u8], path: &str) -> Opened {
    let cache = tempfile::tempdir().unwrap();
    let mut target = Target::of(Subject::from_bytes(name, bytes.to_vec()).unwrap());
    let options =
        FinderOptions { default_cache: cache.path().to_owned(), network: false, ..FinderOptions::default() };
    target.set_paths(SearchPath::parse(path), SearchPath::default(), options);
    Opened { session: Session::new(target, Settings::default()), _cache: cache }
}

impl Opened {
    fn run(&mut self, command: &str) -> Result<Vec<String>, String> {
        let mut output = Collector::default();
        run_line(command, &mut self.session, &mut output).map_err(|failure| failure.error.to_string())?;
        Ok(output.document.lines().map(|line| line.plain().trim_end().to_owned()).collect())
    }

    #[track_caller]
    fn lines(&mut self, command: &str) -> Vec<String> {
        self.run(command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }
}

fn tick(value: u64) -> String {
    format!("{:08x}`{:08x}", value >> 32, value & 0xffff_ffff)
}

#[test]
fn the_module_is_what_the_headers_say() {
    for (name, bytes) in images() {
        let pe = PE::parse(&bytes).unwrap();
        let windows = pe.header.optional_header.unwrap().windows_fields;
        let target = Target::of(Subject::from_bytes(&name, bytes.clone()).unwrap());
        let modules: Vec<_> = target.modules().iter().collect();
        let [module] = modules.as_slice() else { panic!("{name}: {} modules", modules.len()) };
        assert_eq!(module.base, windows.image_base, "{name}");
        assert_eq!(module.size, u64::from(windows.size_of_image), "{name}");
        assert_eq!(module.time_date_stamp, Some(pe.header.coff_header.time_date_stamp), "{name}");
        assert_eq!(module.checksum, Some(windows.check_sum), "{name}");
        assert_eq!(module.kind == ModuleKind::Kernel, windows.subsystem == 1, "{name}");
        assert_eq!(module.image_name, name);
        assert_eq!(target.warnings(), &[] as &[String], "{name}");
    }
}

/// Section bytes at their addresses: those of the file, then zeros to the section's end.
#[test]
fn memory_is_what_the_sections_say() {
    let mut compared = 0;
    for (name, bytes) in images() {
        let pe = PE::parse(&bytes).unwrap();
        let base = pe.header.optional_header.unwrap().windows_fields.image_base;
        let target = Target::of(Subject::from_bytes(&name, bytes.clone()).unwrap());
        for section in &pe.sections {
            let size = section.virtual_size as usize;
            let raw = section.size_of_raw_data.min(section.virtual_size) as usize;
            let start = section.pointer_to_raw_data as usize;
            let mut expected = bytes[start..start + raw].to_vec();
            expected.resize(size, 0);
            let address = base + u64::from(section.virtual_address);
            let read = dumpscope::memory::Memory::read_vec(target.memory(), address, size, size).unwrap();
            assert!(read == expected, "{name} {:?}", section.name());
            compared += size;
        }
    }
    assert!(compared > 0x10_0000, "{compared:#x}");
}

/// Without a PDB the names are the exports, each at its address.
#[test]
fn names_are_the_exports() {
    let mut count = 0;
    for (name, bytes) in images() {
        let pe = PE::parse(&bytes).unwrap();
        let base = pe.header.optional_header.unwrap().windows_fields.image_base;
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for export in pe.exports.iter().filter(|export| export.reexport.is_none()) {
            if let (Some(name), true) = (export.name, export.rva != 0) {
                expected.insert(name.to_owned(), base + export.rva as u64);
            }
        }
        if expected.is_empty() {
            continue;
        }
        let mut opened = open(&name, &bytes, "");
        let module = opened.session.target.modules().iter().next().unwrap().name.clone();
        let lines = opened.lines(&format!("x {module}!*"));
        let mut found = BTreeMap::new();
        for line in &lines {
            let (address, rest) = line.split_once(' ').unwrap();
            let symbol = rest.trim_start().split_once('!').unwrap().1;
            let symbol = symbol.split(" (").next().unwrap().split(" =").next().unwrap().trim();
            found.insert(symbol.to_owned(), u64::from_str_radix(&address.replace('`', ""), 16).unwrap());
        }
        for (symbol, address) in &expected {
            let undecorated = symbol.trim_start_matches('_').split('@').next().unwrap();
            let at = found.get(symbol).or_else(|| found.get(undecorated));
            assert_eq!(at, Some(address), "{name}!{symbol} in {found:?}");
        }
        count += expected.len();
    }
    assert!(count > 100, "{count} exports");
}

/// A function of the function table, as goblin reads it.
struct Function {
    begin: u32,
    end: u32,
    /// Whether the entry is a piece that is chained to another.
    chained: bool,
}

fn functions(pe: &PE<'_>) -> Vec<Function> {
    let Some(table) = pe.exception_data.as_ref() else { return Vec::new() };
    let x64 = table.functions().map(|function| {
        let function = function.unwrap();
        let info = table.get_unwind_info(function, &pe.sections).unwrap();
        let (begin, end) = (function.begin_address, function.end_address);
        Function { begin, end, chained: info.chained_info.is_some() }
    });
    let arm64 = table.functions_arm64().map(|function| {
        let function = function.unwrap();
        let full = table.get_unwind_info_arm64(function, &pe.sections);
        let length = full.map_or(function.function_length(), |info| info.unwrap().header.function_length());
        let begin = function.begin_address;
        // Packed data that is a fragment (flag 2) has no prolog of its own.
        Function { begin, end: begin + length, chained: function.flag() == 2 }
    });
    match pe.header.coff_header.machine {
        0x8664 => x64.collect(),
        0xaa64 => arm64.collect(),
        _ => Vec::new(),
    }
}

/// Every function of the function table resolves, has a name and decodes.
#[test]
fn every_function_resolves_and_decodes() {
    let store = file("assets/demo/symbols.zip");
    let loose = file("tests/data/symbols");
    let pe_data = file("tests/data/pe");
    let path = format!("{};{};{}", store.display(), loose.display(), pe_data.display());
    let (mut count, mut named) = (0, 0);
    for (name, bytes) in images() {
        let pe = PE::parse(&bytes).unwrap();
        let base = pe.header.optional_header.unwrap().windows_fields.image_base;
        let functions = functions(&pe);
        let mut opened = open(&name, &bytes, &path);
        let is_x64 = pe.header.coff_header.machine == 0x8664;
        for Function { begin, end, chained } in functions {
            let at = base + u64::from(begin);
            let lines = opened.lines(&format!(".fnent {:x}", at));
            let field = |label: &str| {
                let line = lines.iter().find(|line| line.starts_with(label)).unwrap();
                line.rsplit(' ').next().unwrap().to_owned()
            };
            assert_eq!(field("BeginAddress"), tick(begin.into()), "{name}");
            assert_eq!(field("EndAddress"), tick(end.into()), "{name}");
            let shown = lines.iter().any(|line| line == "Chained info:");
            assert_eq!(shown, chained && is_x64, "{name} {begin:x}: {lines:?}");
            let code = opened.lines(&format!("u {at:x} L1"));
            let line = code.last().unwrap();
            assert!(line.starts_with(&tick(at)), "{name}: {line}");
            let whole = opened.lines(&format!("uf {at:x}"));
            assert!(whole.len() > 1, "{name} {begin:x}: {whole:?}");
            // Jump tables have an entry of their own, chained to their function's.
            let bad = |lines: &[String]| lines.iter().any(|line| line.ends_with("???"));
            assert!(chained || !bad(&code) && !bad(&whole), "{name} {begin:x}: {whole:?}");
            let names = opened.run(&format!("ln {at:x}"));
            let exact = names.as_ref().is_ok_and(|lines| lines.iter().any(|line| line == "Exact matches:"));
            let module = opened.session.target.modules().iter().next().unwrap().clone();
            let status = opened.session.target.module_symbols(&module).status;
            if matches!(status, SymbolStatus::PrivatePdb | SymbolStatus::Pdb) && !chained {
                assert!(exact, "{name} {begin:x}: {names:?}");
                named += 1;
            }
            count += 1;
        }
    }
    println!("{count} functions, {named} with a name at their start");
    let enough = (count > 200 && named > 150) || std::env::var_os("DUMPSCOPE_IMAGES").is_some();
    assert!(enough, "{count} functions, {named} named");
}
