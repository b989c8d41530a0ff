//! Every member that the kernel views ask for, looked up in the layouts of Windows 7 to 11: a name that Windows changed is
//! found here, and not by the user whose dump it is.
//!
//! The paths are read from the sources (`src/kernel`). Of `first_of(&["New", "Old"])` one has to exist. Types are those that
//! the file names (`"nt!_KTHREAD"`), or that `OF_FILE` gives to files that are handed their object. What a build did not have
//! stands in `absent_members.tsv`, with the reason; a line there that is not needed fails, too. `*` stands for all
//! paths of a file whose objects some builds do not have.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use dumpscope::symbols::isf::Isf;
use dumpscope::symbols::types::TypeSource;
use dumpscope::symbols::types::layout::field_of;
use regex::Regex;

/// Builds of x64 whose layouts are at hand: symbol tables, which have all types, and tables of facts, which have most.
const SYMBOL_TABLES: [u32; 6] = [7601, 9600, 14393, 17763, 19041, 22000];
const FACT_TABLES: [(u32, &str); 4] =
    [(7600, "6.1.7600.16385"), (10240, "10.0.10240.16384"), (22621, "10.0.22621.382"), (26100, "10.0.26100")];

/// Types of the objects that files are handed.
const OF_FILE: [(&str, &[&str]); 33] = [
    ("alpc_message", &["_PORT_MESSAGE"]),
    ("apc", &["_ETHREAD", "_KAPC_STATE", "_LIST_ENTRY"]),
    ("clock", &["_KSYSTEM_TIME"]),
    ("cpu", &["_KPRCB"]),
    ("dpc", &["_KPRCB", "_KDPC_DATA", "_LIST_ENTRY"]),
    ("dpc_watchdog", &["_KPRCB"]),
    ("file_object", &["_LIST_ENTRY"]),
    ("handle_entry", &["_HANDLE_TABLE_ENTRY"]),
    ("heaps", &["_EX_HEAP_POOL_NODE"]),
    ("interrupt", &["_KPRCB", "_LIST_ENTRY"]),
    ("io_stack_location", &["_IO_STACK_LOCATION"]),
    ("ipi", &["_KPRCB", "_REQUEST_MAILBOX"]),
    ("irp", &["_ETHREAD"]),
    ("large", &["_SEGMENT_HEAP"]),
    ("lock_entry", &["_ETHREAD", "_KLOCK_ENTRY"]),
    ("memory_counters", &["_MI_SYSTEM_PTE_TYPE"]),
    ("page_file", &["_UNICODE_STRING"]),
    ("page_frame_search", &["_MMPFN"]),
    ("processor", &["_KSPIN_LOCK_QUEUE"]),
    ("push_lock", &["_ETHREAD"]),
    ("ready", &["_KPRCB"]),
    ("segment", &["_HEAP_SEG_CONTEXT"]),
    ("session", &["_EPROCESS"]),
    ("stack", &["_ETHREAD"]),
    ("state_search", &["_EX_HEAP_POOL_NODE"]),
    ("system_regions", &["_MI_SYSTEM_VA_ASSIGNMENT"]),
    ("thread", &["_EPROCESS"]),
    ("timer", &["_KPRCB", "_KTIMER_TABLE", "_KTIMER_TABLE_ENTRY", "_LIST_ENTRY"]),
    ("timer2", &["_RTL_RB_TREE"]),
    ("vad", &["_MMVAD_FLAGS"]),
    ("wait_block", &["_ETHREAD", "_DISPATCHER_HEADER"]),
    ("wait_chain", &["_KALPC_MESSAGE"]),
    ("working_set", &["_MMSUPPORT_INSTANCE", "_MMSUPPORT", "_MMSUPPORT_FLAGS"]),
];

/// Files whose objects are not the kernel's own, but of drivers whose layouts are not at hand.
const OF_DRIVERS: [&str; 16] = [
    "minifilter",
    "filter_operation",
    "net_buffer_list",
    // In the folders ndis and storage.
    "adapter",
    "binding",
    "filter_driver",
    "filter_module",
    "miniport_driver",
    "nbl_pool",
    "oid",
    "protocol",
    "relations",
    "request",
    "unit",
    // In the folder wdf.
    "device",
    "driver",
];

/// Something that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    file: String,
    /// The paths of which one has to exist.
    paths: Vec<String>,
    /// The type that has it, where the call names it.
    ty: Option<String>,
}

/// The files of the kernel views, by their names without folders and ending, and what stands in them before their tests.
fn files() -> Vec<(String, String)> {
    fn add(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split_once("#[cfg(test)]").map_or(text.as_str(), |(code, _)| code).to_owned();
            found.push((path.file_stem().unwrap().to_str().unwrap().to_owned(), text));
        }
    }
    let mut found = Vec::new();
    add(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kernel"), &mut found);
    found.retain(|(name, _)| name != "mod" && !OF_DRIVERS.contains(&name.as_str()));
    found.sort();
    found
}

/// The types that a file names, and those that it is handed.
fn types_of(file: &str, text: &str) -> BTreeSet<String> {
    let named = Regex::new(r#""nt!(_\w+)""#).unwrap();
    let named = named.captures_iter(text).map(|found| found[1].to_owned());
    let handed = OF_FILE.iter().filter(|(name, _)| *name == file).flat_map(|(_, types)| types.iter());
    named.chain(handed.map(|ty| (*ty).to_owned())).collect()
}

fn asked() -> BTreeSet<Asked> {
    // A call with one path, one with several, one that names the type, too. Paths begin like members.
    let one = Regex::new(r#"(?:\.field|\.following|\.link|self\.\w+|\bend|\bflag|\bnumber)\(\s*"([A-Z][\w.\[\]]*|u\d[\w.]*)"\s*\)"#).unwrap();
    let several = Regex::new(r#"first_of\(\s*&\[([^\]]*)\]"#).unwrap();
    let typed = Regex::new(r#"\.(?:list|chain|container)\(\s*"nt!(_\w+)",\s*"([\w.]+)""#).unwrap();
    let quoted = Regex::new(r#""([^"]+)""#).unwrap();
    let mut found = BTreeSet::new();
    for (file, text) in files() {
        let mut add = |paths: Vec<String>, ty: Option<&str>| {
            found.insert(Asked { file: file.clone(), paths, ty: ty.map(str::to_owned) });
        };
        one.captures_iter(&text).for_each(|call| add(vec![call[1].to_owned()], None));
        typed.captures_iter(&text).for_each(|call| add(vec![call[2].to_owned()], Some(&call[1])));
        for call in several.captures_iter(&text) {
            let paths: Vec<String> = quoted.captures_iter(&call[1]).map(|path| path[1].to_owned()).collect();
            // What is put together from pieces is not to be read here.
            if !paths.is_empty() && !paths.iter().any(|path| path.contains('{')) && !call[1].contains('&') {
                add(paths, None);
            }
        }
    }
    found
}

/// What a build's structures look like.
enum Build {
    Symbols(Box<Isf>),
    /// By type and member: the member's type in C.
    Facts(HashMap<String, HashMap<String, String>>),
}

impl Build {
    fn facts(path: &Path) -> Build {
        let mut types: HashMap<String, HashMap<String, String>> = HashMap::new();
        for line in std::fs::read_to_string(path).unwrap().lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [ty, member, _, _, _, ctype] = columns[..] else { continue };
            types.entry(ty.to_owned()).or_default().insert(member.to_owned(), ctype.to_owned());
        }
        Build::Facts(types)
    }

    fn knows(&self, ty: &str) -> bool {
        match self {
            Build::Symbols(isf) => isf.find(ty).is_some(),
            Build::Facts(types) => types.contains_key(ty),
        }
    }

    /// Whether a path leads somewhere in a type; `None` where it leads through a type that is not at hand.
    fn has(&self, ty: &str, path: &str) -> Option<bool> {
        let types = match self {
            Build::Symbols(isf) => return Some(field_of(&**isf, isf.find(ty)?, path).is_some()),
            Build::Facts(types) => types,
        };
        let members = types.get(ty)?;
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let Some(ctype) = members.get(first.split('[').next().unwrap()) else { return Some(false) };
        let Some(rest) = rest else { return Some(true) };
        let word = ctype.split([' ', '[']).find(|word| word.starts_with('_'));
        match word {
            Some(inner) => self.has(inner, rest),
            // The members of unnamed structures stand among those of the outer one.
            None => {
                let ends = rest.match_indices('.').map(|(at, _)| &rest[at + 1..]);
                let found = std::iter::once(rest).chain(ends).map(|end| self.has(ty, end));
                let found: Vec<Option<bool>> = found.collect();
                if found.contains(&Some(true)) { Some(true) } else { *found.iter().min()? }
            }
        }
    }
}

fn builds(shared: &Path) -> BTreeMap<u32, Build> {
    let index = std::fs::read_to_string(shared.join("isf/INDEX.csv")).unwrap();
    let mut builds = BTreeMap::new();
    for line in index.lines().skip(1) {
        let columns: Vec<&str> = line.trim().split(',').collect();
        let build: u32 = columns[0].split('.').nth(2).unwrap().parse().unwrap();
        if SYMBOL_TABLES.contains(&build) {
            let path = shared.join("isf/ntkrnlmp.pdb").join(columns[3]);
            builds.insert(build, Build::Symbols(Box::new(Isf::open(&path).unwrap())));
        }
    }
    for (build, name) in FACT_TABLES {
        builds.insert(build, Build::facts(&shared.join(format!("layouts/{name}.tsv"))));
    }
    assert_eq!(builds.len(), SYMBOL_TABLES.len() + FACT_TABLES.len());
    builds
}

/// A line of `absent_members.tsv`: the builds that have it.
struct Absent {
    file: String,
    paths: String,
    first: u32,
    last: u32,
}

fn absent() -> Vec<Absent> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/symbols/absent_members.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [file, paths, builds, why] = columns[..] else { panic!("{line}: not four columns") };
            assert!(!why.trim().is_empty(), "{line}: no reason");
            let (first, last) = builds.split_once('-').unwrap_or_else(|| panic!("{line}: no range"));
            Absent {
                file: file.to_owned(),
                paths: paths.to_owned(),
                first: if first.is_empty() { 0 } else { first.parse().unwrap() },
                last: if last.is_empty() { u32::MAX } else { last.parse().unwrap() },
            }
        })
        .collect()
}

#[test]
fn every_build_has_one_of_the_names_that_are_asked_for() {
    let Some(shared) = crate::shared::root_with(&["layouts", "isf"]) else { return };
    let (builds, absent, asked) = (builds(&shared), absent(), asked());
    let texts: BTreeMap<String, String> = files().into_iter().collect();
    assert!(asked.len() > 250, "only {} paths were found in the sources", asked.len());
    let mut wrong = Vec::new();
    let mut needed = BTreeSet::new();
    let mut compared = 0;
    for asked in &asked {
        let candidates = match &asked.ty {
            Some(ty) => BTreeSet::from([ty.clone()]),
            None => types_of(&asked.file, &texts[&asked.file]),
        };
        let paths = asked.paths.join("|");
        let line = absent.iter().find(|line| line.file == asked.file && line.paths == paths);
        // By the build: whether it has one; `None` where its table does not tell.
        let mut found: BTreeMap<u32, Option<bool>> = BTreeMap::new();
        for (&number, build) in &builds {
            let known: Vec<&String> = candidates.iter().filter(|ty| build.knows(ty)).collect();
            let answers = known.iter().flat_map(|ty| asked.paths.iter().map(|path| build.has(ty, path)));
            let answers: Vec<Option<bool>> = answers.collect();
            // A table of facts lacks types; what may stand in one of those is left open.
            let open = known.len() < candidates.len() || answers.contains(&None);
            found.insert(
                number,
                match answers.contains(&Some(true)) {
                    true => Some(true),
                    false if open && matches!(build, Build::Facts(_)) => None,
                    false => Some(false),
                },
            );
        }
        let has_one = |near: Option<(&u32, &Option<bool>)>| near.is_none_or(|(_, has)| *has == Some(true));
        let newest = *found.keys().next_back().unwrap();
        for (&number, &has) in &found {
            compared += usize::from(has == Some(true));
            // Tables of facts lack members, too: pointers to functions, the ends of long structures. What the builds before
            // and after have was hardly away in between. What the newest lacks may be gone.
            let (before, after) = (found.range(..number).next_back(), found.range(number + 1..).next());
            let between = number != newest && has_one(before) && has_one(after);
            if has != Some(false) || between && matches!(builds[&number], Build::Facts(_)) {
                continue;
            }
            // What holds for all of a file stands in one line.
            let whole = absent.iter().find(|line| line.file == asked.file && line.paths == "*");
            let explains = |line: &&Absent| !(line.first..=line.last).contains(&number);
            match line.filter(explains).or(whole.filter(explains)) {
                Some(line) => {
                    needed.insert((line.file.clone(), line.paths.clone()));
                }
                None => wrong.push(format!("{}\t{paths}\t{number}\tin none of {candidates:?}", asked.file)),
            }
        }
    }
    for line in &absent {
        if !needed.contains(&(line.file.clone(), line.paths.clone())) {
            wrong
                .push(format!("{}\t{}: the line of absent_members.tsv is not needed", line.file, line.paths));
        }
    }
    assert!(compared > 2000, "only {compared} members compared");
    let help = "name what the build calls it (first_of), the object's type (OF_FILE), or why it has none (absent_members.tsv)";
    assert!(wrong.is_empty(), "{} members; {help}:\n{}", wrong.len(), wrong.join("\n"));
}
