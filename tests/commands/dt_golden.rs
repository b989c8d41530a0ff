//! `dt` against the reference engine's transcript: the same text on the same dump with the same PDB.

use std::path::PathBuf;

use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::memory::Memory;
use dumpscope::symbols::isf::Isf;
use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::types::format::{self, FieldPath, FormatOptions, View};
use dumpscope::symbols::types::{Type, TypeSource};
use dumpscope::symbols::wildcard::Wildcard;

fn shared() -> Option<PathBuf> {
    crate::shared::root_with(&["golden/dbgeng-types"])
}

/// A `dt` command of the transcript, taken apart.
#[derive(Default)]
struct Command {
    options: FormatOptions,
    name: String,
    address: Option<u64>,
}

fn parse(words: &[&str], target: &Target) -> Command {
    let mut command = Command::default();
    let mut prefix = false;
    for word in words {
        match *word {
            "-b" => command.options.blocks = true,
            "-v" => command.options.verbose = true,
            "-y" => prefix = true,
            "@$proc" => command.address = target.current_process(),
            "@$thread" => command.address = target.current_thread(),
            "@$prcb" => {
                let crashed = target.crashed_processor() as usize;
                command.address = target.processors()[crashed].prcb;
            }
            _ if word.starts_with("-r") => command.options.recurse = word[2..].parse().unwrap(),
            _ if word.starts_with("nt!") => command.name = word[3..].to_owned(),
            _ if word.len() == 16 && word.starts_with("ffff") => {
                command.address = Some(u64::from_str_radix(word, 16).unwrap());
            }
            _ => command.options.fields.push(FieldPath::new(word, prefix)),
        }
    }
    command
}

fn run(command: &Command, pdb: &PdbFile, target: &Target) -> Vec<String> {
    if command.name.contains('*') {
        let names = pdb.type_names(&Wildcard::new(&command.name));
        return names.iter().map(|name| format!("          nt!{name}")).collect();
    }
    let Some(id) = pdb.find(&command.name) else {
        return vec![format!("Symbol nt!{} not found.", command.name)];
    };
    if let Some(Type::Enum(e)) = pdb.get(id) {
        return format::enum_lines(&e);
    }
    let read = |address: u64, buffer: &mut [u8]| {
        let (done, _) = target.memory().read_partial(address, buffer);
        done == buffer.len()
    };
    let view = View::new(pdb, &read, &|_| None, &|_| None);
    format::lines(&view, id, command.address, &command.options).text(&command.options)
}

/// Differences that are meant: what is listed here says why.
fn is_known(ours: &str, theirs: &str) -> bool {
    // The reference engine could not read the module's name from this dump.
    let named = theirs.replace("MZ_!", "nt!");
    // It prints a second `???` for an array of one character.
    let one = theirs.replace("[1]  \"??????\"", "[1]  \"???\"");
    ours == named || ours == one
}

#[test]
fn every_dt_of_the_transcript() {
    let Some(root) = shared() else { return };
    let pdb = root.join("symbols/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B8441/ntkrnlmp.pdb");
    let pdb = PdbFile::open(&pdb, None).unwrap();
    let dump = root.join("dumps/rizin-testbins-triage_x64.dmp");
    let target = Target::new(DumpFile::open(&dump, &mut |_| {}).unwrap());
    let text = std::fs::read(root.join("golden/dbgeng-types/rizin-testbins-triage_x64.txt")).unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    let (mut commands, mut lines, mut wrong) = (0, 0, Vec::new());
    for block in text.split("kd> ").filter(|block| block.starts_with("dt ")) {
        let mut theirs = block.lines().map(|line| line.trim_end_matches('\r'));
        let title = theirs.next().unwrap();
        let words: Vec<&str> = title.split(' ').skip(1).collect();
        // `-a` on a PRCB walks the processors: a command's matter.
        if words.contains(&"-a") {
            continue;
        }
        let theirs: Vec<&str> = theirs.filter(|line| !line.is_empty()).collect();
        let ours = run(&parse(&words, &target), &pdb, &target);
        commands += 1;
        lines += theirs.len();
        for at in 0..theirs.len().max(ours.len()) {
            let (mine, want) = (ours.get(at).map_or("", |l| l), theirs.get(at).copied().unwrap_or(""));
            if mine != want && !is_known(mine, want) {
                wrong.push(format!("{title}\n  want {want}\n  have {mine}"));
                break;
            }
        }
    }
    println!("{commands} commands, {lines} lines");
    assert!(commands == 25, "{commands}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A symbol table gives the same lines in another order, since it does not keep the members'.
#[test]
fn symbol_table_gives_the_same_lines() {
    let Some(root) = shared() else { return };
    let pdb = root.join("symbols/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B8441/ntkrnlmp.pdb");
    let pdb = PdbFile::open(&pdb, None).unwrap();
    let isf = Isf::open(&root.join("isf/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B844-1.json.xz")).unwrap();
    for name in ["_EPROCESS", "_KTHREAD", "_IRP", "_MMPTE_HARDWARE", "_KTRAP_FRAME", "_POOL_HEADER"] {
        let lines = |source: &dyn TypeSource| {
            let options = FormatOptions::default();
            let view = View::of_types(source);
            let mut lines = format::lines(&view, source.find(name).unwrap(), None, &options).text(&options);
            // The PDB was made of the table; its maker gave all structures without a name the older of two words.
            lines.iter_mut().for_each(|line| *line = line.replace("<anonymous-tag>", "<unnamed-tag>"));
            lines.sort();
            lines
        };
        assert_eq!(lines(&isf), lines(&pdb), "{name}");
    }
}
