//! Commands of symbols and types against the emulator's record, the drivers' sources and the store of their PDBs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::golden::{lines, run, session_with, with_symbols};
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field};
use dumpscope::session::Session;
use serde_json::Value;

/// Member offsets of build 19041, whose layout the emulated kernel has.
const LINKS: u64 = 0x448;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Wi-Fi case with the PDBs of the drivers that have one, and what the emulator wrote down about it.
fn wifi() -> (Session, Value) {
    let truth = std::fs::read(root().join("tests/data/wifi.truth.json")).unwrap();
    let session = with_symbols(&root().join("assets/demo/wifi.dmp.gz"));
    (session, serde_json::from_slice(&truth).unwrap())
}

fn hex(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn tick(address: u64) -> String {
    format!("{:08x}`{:08x}", address >> 32, address & 0xffff_ffff)
}

fn untick(text: &str) -> u64 {
    u64::from_str_radix(&text.replace('`', ""), 16).unwrap()
}

/// The processes of the record but for the idle one, which is on no list.
fn processes(truth: &Value) -> BTreeSet<u64> {
    let all = truth["processes"].as_array().unwrap().iter();
    all.filter(|process| hex(&process["pid"]) != 0).map(|process| hex(&process["eprocess"])).collect()
}

/// The address that the record gives a function of a stack frame.
fn function(truth: &Value, name: &str) -> u64 {
    let frame = truth["frames"].as_array().unwrap().iter().find(|frame| frame["function"] == name).unwrap();
    hex(&frame["rip"]) - hex(&frame["offset"])
}

/// The members as facts: offsets of build 19041 (`_CLIENT_ID` of two pointers, which the emulated kernel has), values of
/// the record, and why what lies nowhere has none.
#[test]
fn members_are_facts() {
    let (mut session, truth) = wifi();
    let thread = hex(&truth["crash_context"]["thread"]);
    let record = truth["threads"].as_array().unwrap().iter().find(|t| hex(&t["ethread"]) == thread).unwrap();
    let id = format!("0x{} Void", tick(hex(&record["tid"])));
    let mut facts = |command: &str| {
        let mut output = Collector::default();
        run_line(command, &mut session, &mut output).map_err(|failure| failure.error).unwrap();
        output.document
    };
    for command in
        ["!ddt nt!_ETHREAD ADDRESS Cid.", "dt nt!_ETHREAD ADDRESS Cid.", "?? ((nt!_ETHREAD *)0xADDRESS)->Cid"]
    {
        let document = facts(&command.replace("ADDRESS", &format!("{thread:x}")));
        let member = document.records().find(|record| record.get("name") == Some(&"UniqueThread".into()));
        let member = member.unwrap_or_else(|| panic!("{command}: {document:?}"));
        let known = |key| member.get(key);
        assert_eq!(known("offset"), Some(&Field::Hex(8)), "{command}");
        assert_eq!(known("type"), Some(&"void *".into()), "{command}");
        assert_eq!(known("value"), Some(&id.as_str().into()), "{command}");
    }
    // Nothing is mapped there.
    let document = facts("dt nt!_LIST_ENTRY 1000");
    let whys: Vec<&Field> = document.records().filter_map(|record| record.get("value")).collect();
    let reason = |why: &&Field| matches!(why, Field::Unreadable(why) if why.as_str().contains("not mapped"));
    assert!(whys.len() == 2 && whys.iter().all(reason), "{whys:?}");
}

/// `dt -p` reads what the record says is behind the thread's page.
#[test]
fn dt_reads_physical_memory() {
    let (mut session, truth) = wifi();
    let thread = hex(&truth["crash_context"]["thread"]);
    let record = truth["threads"].as_array().unwrap().iter().find(|t| hex(&t["ethread"]) == thread).unwrap();
    let page = truth["translations"].as_array().unwrap().iter().find(|t| hex(&t["va"]) >> 12 == thread >> 12);
    let physical = hex(&page.unwrap()["pa"]) & !0xfff | thread & 0xfff;
    let id = format!("0x{} Void", tick(hex(&record["tid"])));
    let shown = lines(&mut session, &format!("dt -p nt!_ETHREAD {physical:x} Cid.UniqueThread"));
    assert!(shown[1].ends_with(&id), "{shown:?}");
    let same = lines(&mut session, &format!("dt nt!_ETHREAD {thread:x} Cid.UniqueThread"));
    assert_eq!(shown, same);
    // What the structure points to is virtual.
    let process = hex(&truth["crash_context"]["process"]);
    let shown = lines(&mut session, &format!("dt -p nt!_KTHREAD {physical:x} Process"));
    assert!(shown[0].contains(&format!("0x{} _KPROCESS", tick(process))), "{shown:?}");
    let beyond = lines(&mut session, "dt -p nt!_LIST_ENTRY 7ffffffff000");
    // The last that could not be read.
    assert!(beyond.last().unwrap().ends_with("Memory read error 00007ffffffff008"), "{beyond:?}");
    assert!(run(&mut session, "dt -p nt!_LIST_ENTRY 1000 -l Flink").is_err());
}

/// `Foo[3]`, `Foo[*]` and `-a` show the elements of an array: here the letters of the process's name.
#[test]
fn dt_picks_elements() {
    let (mut session, truth) = wifi();
    let process = hex(&truth["crash_context"]["process"]);
    let name = truth["processes"][0]["name"].as_str().unwrap().as_bytes().to_vec();
    assert_eq!(name.len(), 6);
    let at = format!("nt!_EPROCESS {process:x}");
    let letter = |index: usize| format!("0x{:x} '{}'", name[index], char::from(name[index]));
    // 19041 has ImageFileName at 0x5a8.
    assert_eq!(
        lines(&mut session, &format!("dt {at} ImageFileName[2]")),
        [format!("   +0x5aa ImageFileName[2] : {}", letter(2))]
    );
    let all = lines(&mut session, &format!("dt {at} ImageFileName[*]"));
    assert_eq!(all.len(), 15);
    assert_eq!(all[5], format!("   +0x5ad ImageFileName[5] : {}", letter(5)));
    let listed = lines(&mut session, &format!("dt {at} -a3 ImageFileName"));
    assert_eq!(listed[1..], (0..3).map(|i| format!("    [{i:02}] {}", letter(i))).collect::<Vec<_>>());
    // Beyond the array there is nothing, and without an address there is the layout.
    assert!(run(&mut session, &format!("dt {at} ImageFileName[15]")).unwrap_err().contains("no member"));
    let layout = lines(&mut session, "dt nt!_KPRCB PPLookasideList[3].L");
    let inner: Vec<&str> = layout[1].split_whitespace().collect();
    assert_eq!(inner, ["+0x008", "L", ":", "Ptr64", "_GENERAL_LOOKASIDE"]);
    let whole = lines(&mut session, "dt nt!_KPRCB PPLookasideList");
    let offset =
        |line: &str| u64::from_str_radix(line.trim_start()[3..].split(' ').next().unwrap(), 16).unwrap();
    assert_eq!(offset(&layout[0]), offset(&whole[0]) + 3 * 16);
}

/// FinderOptions may stand together, a name may be a beginning, an address may stand alone.
#[test]
fn dt_reads_its_options() {
    let (mut session, _) = wifi();
    let both = lines(&mut session, "dt -vy nt!_EPROCESS ImageFileN");
    assert!(both[0].starts_with("struct _EPROCESS, ") && both[1].contains("ImageFileName"), "{both:?}");
    assert_eq!(both, lines(&mut session, "dt -v -y nt!_EPROCESS ImageFileN"));
    let names = lines(&mut session, "dt -y nt!_EPROC");
    assert!(names.iter().any(|line| line.trim() == "nt!_EPROCESS"), "{names:?}");
    let each = lines(&mut session, "dt -d nt!_LIST_ENTR*");
    assert!(each[0] == "nt!_LIST_ENTRY" && each[1].starts_with("   +0x000 Flink "), "{each:?}");
    for wrong in ["dt -q nt!_EPROCESS", "dt -v5 nt!_EPROCESS", "dt -s", "dt -t", "dt 12345678"] {
        assert!(run(&mut session, wrong).is_err(), "{wrong}");
    }
    let adapter = lines(&mut session, "x /0 nwifi!g_Adapt").remove(0);
    assert_eq!(lines(&mut session, &format!("dt {adapter}")), lines(&mut session, "dt nwifi!g_Adapt"));
}

/// However many levels are asked for: structures that lead round in circles end, with a word.
#[test]
fn deep_structures_end() {
    let (mut session, _) = wifi();
    for command in ["dt -r9999999 nt!_EPROCESS @$proc", "dx -r9999999 @$proc"] {
        let shown = lines(&mut session, command);
        assert!(shown.last().unwrap().contains("open fewer levels"), "{command}: {}", shown.len());
        assert!(shown.iter().all(|line| line.len() < 1000), "{command}");
    }
    let path = format!("ActiveProcessLinks{}", ".Flink".repeat(5000));
    assert!(lines(&mut session, &format!("dt nt!_EPROCESS @$proc {path}")).len() < 100);
    assert!(run(&mut session, &format!("dx {}", "(".repeat(5000))).is_err());
}

/// `!ddt` writes both bases, and times as the record has them.
#[test]
fn ddt_writes_both_bases() {
    let (mut session, truth) = wifi();
    let (process, created) =
        (hex(&truth["crash_context"]["process"]), hex(&truth["processes"][0]["created"]));
    let shown = lines(&mut session, &format!("!ddt nt!_EPROCESS {process:x} -y CreateTime"));
    assert!(shown[0].starts_with(&format!("dt nt!_EPROCESS {process:016x} () Recursive: [ -r1 -r2 -r ]")));
    assert_eq!(shown[1], "=".repeat(82));
    // Seconds since 1970 to a date, by the calendar of the library that the project uses for JSON times.
    let seconds = (created / 10_000_000) as i64 - 11_644_473_600;
    let date = jiff::Timestamp::from_second(seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    let date = date.strftime("%a %b %e %H:%M:%S %Y").to_string();
    assert_eq!(
        shown[2].split_whitespace().collect::<Vec<_>>().join(" "),
        format!("+0x468 CreateTime : _LARGE_INTEGER 0x{} ({date})", tick(created)).replace("  ", " ")
    );
    let pid = hex(&truth["processes"][0]["pid"]);
    let shown = lines(&mut session, &format!("!ddt nt!_EPROCESS {process:x} -y UniqueProcessId"));
    assert!(shown[2].ends_with(&format!("0x{} Void (0n{pid})", tick(pid))), "{shown:?}");
    assert!(
        run(&mut session, "!ddt nt!_EPROCESS").is_err() && run(&mut session, "!ddt nt!_NoSuch 0").is_err()
    );
}

/// Each walk finds the processes of the record, each once.
#[test]
fn walks_find_every_process() {
    let (mut session, truth) = wifi();
    let known = processes(&truth);
    let head = untick(&lines(&mut session, "x /0 nt!PsActiveProcessHead")[0]);

    let rows = lines(&mut session, "!dlist nt!PsActiveProcessHead nt!_EPROCESS ActiveProcessLinks");
    let (end, rows) = rows.split_last().unwrap();
    assert_eq!(*end, format!("{} entries; the list returns to its head", known.len()));
    let found: BTreeSet<u64> =
        rows.iter().map(|row| untick(row.split_whitespace().last().unwrap())).collect();
    assert_eq!(found, known);
    assert_eq!(rows.len(), known.len());

    let rows = lines(&mut session, "dl nt!PsActiveProcessHead");
    let found: BTreeSet<u64> =
        rows.iter().map(|row| untick(row.split_whitespace().next().unwrap())).collect();
    let links: BTreeSet<u64> = known.iter().map(|process| process + LINKS).chain([head]).collect();
    assert_eq!(found, links);
    // Backwards it is the same ring.
    let back: BTreeSet<u64> = lines(&mut session, "dlb nt!PsActiveProcessHead")
        .iter()
        .map(|row| untick(row.split_whitespace().next().unwrap()))
        .collect();
    assert_eq!(back, links);

    // The command gets the address whether it names it or not; the head is visited too.
    let first = hex(&truth["processes"][0]["eprocess"]);
    for command in [
        "!list -t nt!_EPROCESS.ActiveProcessLinks.Flink -x \"? @$extret\" FIRST",
        "!list -t nt!_EPROCESS.ActiveProcessLinks.Flink -x \"?\" FIRST",
        "!list \"-t nt!_EPROCESS.ActiveProcessLinks.Flink -x \\\"? @$extret\\\" FIRST\"",
    ] {
        let rows = lines(&mut session, &command.replace("FIRST", &format!("{first:x}")));
        let found: BTreeSet<u64> = rows
            .iter()
            .filter(|row| !row.is_empty())
            .map(|row| untick(row.rsplit(' ').next().unwrap()))
            .collect();
        assert_eq!(found, known.iter().copied().chain([head - LINKS]).collect(), "{command}");
    }
    let three =
        lines(&mut session, &format!("!list -t nt!_LIST_ENTRY.Flink -m 3 -x \"dq\" -a \"L1\" {head:x}"));
    assert_eq!(three.iter().filter(|row| !row.is_empty()).count(), 3);

    // `dt -l` shows every element by the members asked for.
    let rows = lines(
        &mut session,
        &format!("dt nt!_EPROCESS {first:x} -l ActiveProcessLinks.Flink UniqueProcessId"),
    );
    let ids: BTreeSet<u64> = rows
        .iter()
        .filter_map(|row| row.split_once("UniqueProcessId : 0x"))
        .map(|(_, value)| untick(value.split(' ').next().unwrap()))
        .collect();
    let want: BTreeSet<u64> = truth["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| hex(&p["pid"]))
        .filter(|&pid| pid != 0)
        .collect();
    assert_eq!(ids, want);
}

/// Without any symbols the debugger data block still knows some kernel variables: those stand where the PDB has them.
#[test]
fn the_debugger_data_block_names_variables() {
    let (mut session, truth) = wifi();
    let mut bare = session_with(&root().join("assets/demo/wifi.dmp.gz"), "");
    assert!(run(&mut bare, "x nt!KiPageFault").is_err(), "the PDB is not there");
    for name in ["PsActiveProcessHead", "PsLoadedModuleList", "PspCidTable"] {
        let command = format!("? nt!{name}");
        assert_eq!(lines(&mut bare, &command), lines(&mut session, &command));
    }
    let walked = lines(&mut bare, "!dlist nt!PsActiveProcessHead nt!_EPROCESS ActiveProcessLinks");
    assert_eq!(walked.len(), processes(&truth).len() + 1);
    for wrong in ["? nt!PsInitialSystemProcess", "? ndis!PspCidTable"] {
        assert!(run(&mut bare, wrong).is_err(), "{wrong}");
    }
}

/// `ld` loads exactly those modules for which the store has a PDB.
#[test]
fn ld_loads_what_the_store_has() {
    let (mut session, truth) = wifi();
    let zip =
        zip::ZipArchive::new(std::fs::File::open(root().join("assets/demo/symbols.zip")).unwrap()).unwrap();
    let has = |key: &str| zip.file_names().any(|name| name.contains(&format!("/{key}/")));
    for module in truth["modules"].as_array().unwrap() {
        let file = module["name"].as_str().unwrap();
        let name = if file == "ntoskrnl.exe" { "nt" } else { file.split('.').next().unwrap() };
        let shown = lines(&mut session, &format!("ld {name}"));
        let loaded = module["pdb_key"].as_str().is_some_and(has);
        let want = match loaded {
            true => format!("Symbols loaded for {name} (private pdb symbols)"),
            false => format!("No symbols found for {name}"),
        };
        assert_eq!(shown, [want]);
        // `lmv` says what was loaded, and `!chksym` compares it with what the record says of the image.
        let block = lines(&mut session, &format!("lmvm {name}"));
        assert!(block.contains(&format!("    Loaded symbol image file: {file}")), "{block:?}");
        let check = lines(&mut session, &format!("!chksym {name}"));
        let value = |label: &str| {
            let row = check.iter().find(|row| row.trim_start().starts_with(label));
            row.map(|row| row.split_once(": ").unwrap().1.to_owned())
        };
        assert_eq!(value("Timestamp"), Some(format!("{:X}", hex(&module["timestamp"]))));
        assert_eq!(value("SizeOfImage"), Some(format!("{:X}", hex(&module["size"]))));
        let verdict = check.last().unwrap();
        match loaded {
            true => {
                assert!(verdict.starts_with("MATCH: "), "{check:?}");
                let key = value("pdb sig").unwrap().replace(['{', '}', '-'], "") + &value("age").unwrap();
                assert_eq!(key, module["pdb_key"].as_str().unwrap());
            }
            false => assert!(verdict.starts_with("No PDB is loaded for "), "{check:?}"),
        }
    }
    assert!(run(&mut session, "ld nosuch").is_err() && run(&mut session, "!chksym").is_err());
    let unloaded = wifi().0;
    let mut unloaded = unloaded;
    assert!(!lines(&mut unloaded, "lmvm ndis").iter().any(|row| row.contains("Loaded symbol image file")));
}

/// `lsa` shows the lines of the source that a function was compiled from.
#[test]
fn lsa_shows_the_source() {
    let (mut session, truth) = wifi();
    let address = function(&truth, "Dot11SendCompletion");
    assert!(
        run(&mut session, &format!("lsa {address:x}"))
            .unwrap_err()
            .contains("not below a folder of .srcpath")
    );
    let folder = root().join("tests/forge/windows");
    let set = lines(&mut session, &format!(".srcpath {}", folder.display()));
    assert_eq!(set, [format!("Source search path is: {}", folder.display())]);
    let shown = lines(&mut session, &format!("lsa {address:x}"));
    let marked = shown.iter().find(|row| row.starts_with('>')).unwrap();
    let source = std::fs::read_to_string(folder.join("nwifi/nwifi.c")).unwrap();
    let number: usize = marked[1..].trim_start().split(':').next().unwrap().parse().unwrap();
    // A function begins at its name or at the brace after it.
    let near: Vec<&str> = source.lines().skip(number.saturating_sub(4)).take(4).collect();
    assert!(near.iter().any(|line| line.contains("Dot11SendCompletion")), "{near:?}");
    for row in &shown[1..] {
        let (number, text) = row[1..].split_once(": ").unwrap_or((row[1..].trim_end_matches(':'), ""));
        let line = source.lines().nth(number.trim().parse::<usize>().unwrap() - 1).unwrap();
        assert_eq!(text.trim_end(), line.trim_end());
    }
    assert!(run(&mut session, "lsa 0").is_err());
}

#[test]
fn symbol_options_are_kept() {
    let (mut session, _) = wifi();
    let value = |rows: &[String]| {
        let digits = rows[0].strip_prefix("Symbol options are 0x").unwrap().trim_end_matches(':').to_owned();
        u64::from_str_radix(&digits, 16).unwrap()
    };
    let before = value(&lines(&mut session, ".symopt"));
    // SYMOPT_LOAD_ANYTHING is 0x40 in Microsoft's dbghelp.h.
    let rows = lines(&mut session, ".symopt+ 0x40");
    assert_eq!(value(&rows), before | 0x40);
    assert!(rows.iter().any(|row| row == "  0x00000040 - SYMOPT_LOAD_ANYTHING"), "{rows:?}");
    assert_eq!(value(&lines(&mut session, ".symopt")), before | 0x40);
    assert_eq!(value(&lines(&mut session, ".symopt- 0x40")), before & !0x40);
    assert!(run(&mut session, ".symopt ffff").is_err());
    assert_eq!(lines(&mut session, "!sym noisy"), ["noisy mode - symbol prompts off"]);
    let noise = lines(&mut session, ".reload /f nwifi");
    assert!(noise.iter().any(|row| row.starts_with("DBGHELP: nwifi - private pdb symbols")), "{noise:?}");
    assert_eq!(lines(&mut session, "!sym quiet"), ["quiet mode - symbol prompts off"]);
}

/// Every switch of `x` on names that the record's stack has.
#[test]
fn x_switches() {
    let (mut session, truth) = wifi();
    let names = ["Pt6SendComplete", "Dot11SendCompletion"];
    for name in names {
        let address = tick(function(&truth, name));
        assert_eq!(lines(&mut session, &format!("x /0 nwifi!{name}"))[0], address);
        assert_eq!(lines(&mut session, &format!("x /1 nwifi!{name}")), [format!("nwifi!{name}")]);
        assert_eq!(lines(&mut session, &format!("x /2 nwifi!{name}")), [format!("{address} nwifi!{name}")]);
        let plain = lines(&mut session, &format!("x nwifi!{name}"));
        assert!(plain[0].starts_with(&format!("{address} nwifi!{name} (")), "{plain:?}");
        // `/p` leaves out the blank before the bracket, `/q` quotes the name.
        let tight = lines(&mut session, &format!("x /p nwifi!{name}"));
        assert_eq!(tight[0], plain[0].replacen(" (", "(", 1));
        let quoted = lines(&mut session, &format!("x /q nwifi!{name}"));
        assert!(quoted[0].starts_with(&format!("{address} @!\"nwifi!{name}\" (")), "{quoted:?}");
        let regex = lines(&mut session, &format!("x /r nwifi!^{}$", name.to_lowercase()));
        assert_eq!(regex, plain);
    }
    let all = lines(&mut session, "x nwifi!*");
    let column = |rows: &[String], at: usize| -> Vec<String> {
        rows.iter().map(|row| row.split(' ').nth(at).unwrap().to_owned()).collect()
    };
    let addresses = column(&all, 0);
    assert!(addresses.is_sorted() && all.len() > 10);
    // By name: the same rows, sorted as text.
    let by_name = lines(&mut session, "x /n nwifi!*");
    assert!(column(&by_name, 1).is_sorted());
    assert_eq!(by_name.iter().collect::<BTreeSet<_>>(), all.iter().collect::<BTreeSet<_>>());
    // Functions and data are the two halves.
    let (functions, data) = (lines(&mut session, "x /f nwifi!*"), lines(&mut session, "x /d nwifi!*"));
    assert_eq!(functions.len() + data.len(), all.len());
    assert!(
        functions.iter().any(|row| row.contains("Pt6Send")) && data.iter().any(|row| row.contains("g_Adapt"))
    );
    // A size: the adapter is what the compiler made of its structure.
    let size = lines(&mut session, "?? sizeof(nwifi!_ADAPT)")[0].rsplit(' ').next().unwrap().to_owned();
    let sized = lines(&mut session, &format!("x /s {size} /d nwifi!*"));
    assert!(sized.len() == 1 && sized[0].contains("g_Adapt"), "{sized:?}");
    assert!(lines(&mut session, "x /t nwifi!g_Adapt")[0].contains(" struct _ADAPT nwifi!g_Adapt"));
    assert!(lines(&mut session, "x /v nwifi!g_Adapt")[0].starts_with("prv global "));
    // Several modules at once, and what is not there.
    assert!(lines(&mut session, "x n*!*SendComplete*").len() >= 2);
    for wrong in ["x nwifi!nosuch", "x nosuch!*", "x wlanflt!*", "x", "x /r nwifi!("] {
        assert!(run(&mut session, wrong).is_err(), "{wrong}");
    }
}
