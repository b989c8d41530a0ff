//! Pages in page files, one of which is the store of compressed pages: entries and page files laid out by hand.

use crate::forge::{number, truth};
use crate::golden::run;
use crate::patched::Patched;
use crate::symbol_table::{self, array, basics, bits_of, number as bits, pointer, structure};
use dumpscope::command::run_line;
use dumpscope::output::Collector;
use dumpscope::session::Session;
use serde_json::Value;
use tempfile::TempDir;

/// Distance from the kernel's base at which the partition's visible part is put; page files and a name follow.
const VISIBLE: u64 = 0x9_3c70;
const FILES: [u64; 2] = [VISIBLE + 0x100, VISIBLE + 0x1e0];
const NAME: u64 = VISIBLE + 0x2c0;
const PATH: &str = "\\??\\C:\\pagefile.sys";
/// Members of build 19041 (public symbols): `_MI_PARTITION.Vp`; in it the count of page files, and the pointers to them.
const VP: u64 = 0x1b00;
const COUNT: u64 = 0x18;
const LIST: u64 = 0x20;
/// `_MMPAGING_FILE`: the name, and the word with its number (bits 0 to 3) and whether it is the store (bit 6).
const FILE_NAME: u64 = 0x60;
const FLAGS: u64 = 0xcc;

/// What is put into the word of the second page file: its number, and that it is the store.
const STORE: u16 = 1 | 1 << 6;

/// The dump with two page files, of which the second has no name but if it `is_named`.
fn laid_out(second: u16, is_named: bool) -> (Patched, Value) {
    let truth = truth("paging");
    let nt = number(&truth["modules"][0]["base"]);
    let mut dump = Patched::new("tests/data/paging.dmp.gz");
    dump.put(nt + VISIBLE + COUNT, &2u32.to_le_bytes());
    for (index, file) in (0u64..).zip(FILES) {
        dump.point(nt + VISIBLE + LIST + index * 8, nt + file);
        // A number in every byte that nothing below states: what is read elsewhere would show.
        dump.put(nt + file, &[0x5a; 0xd0]);
    }
    let path: Vec<u8> = PATH.encode_utf16().flat_map(u16::to_le_bytes).collect();
    dump.put(nt + NAME, &path);
    let length = u16::try_from(path.len()).unwrap().to_le_bytes();
    for (file, flags, is_named) in [(FILES[0], 0, true), (FILES[1], second, is_named)] {
        let file = nt + file;
        dump.put(file + FLAGS, &flags.to_le_bytes());
        dump.put(file + FILE_NAME, &[0; 16]);
        if is_named {
            dump.put(file + FILE_NAME, &[length, length].concat());
            dump.point(file + FILE_NAME + 8, nt + NAME);
        }
    }
    (dump, truth)
}

fn opened(dump: &Patched, truth: &Value) -> (Session, TempDir) {
    let (mut session, folder) = dump.open();
    let mut types = basics();
    types.push(("_MI_PARTITION", 0x2000, vec![("Vp", VP, structure("_MI_VISIBLE_PARTITION"))]));
    let files = array(16, pointer(structure("_MMPAGING_FILE")));
    let visible = vec![("NumberOfPagingFiles", COUNT, bits(32)), ("PagingFile", LIST, files)];
    types.push(("_MI_VISIBLE_PARTITION", 0x500, visible));
    let file = vec![
        ("PageFileName", FILE_NAME, structure("_UNICODE_STRING")),
        ("PageFileNumber", FLAGS, bits_of(16, 0, 4)),
        ("VirtualStorePagefile", FLAGS, bits_of(16, 6, 1)),
    ];
    types.push(("_MMPAGING_FILE", 0x120, file));
    let types: Vec<symbol_table::Structure<'_>> =
        types.iter().map(|(name, size, members)| (*name, *size, members.as_slice())).collect();
    let key = truth["modules"][0]["pdb_key"].as_str().unwrap();
    let names = [("MiSystemPartition", VISIBLE - VP)];
    symbol_table::write(folder.path(), "ntkrnlmp.pdb", key, &names, &types);
    attach(&mut session, truth);
    (session, folder)
}

/// The entry of a page in a page file.
fn entry(truth: &Value) -> &Value {
    truth["entries"].as_array().unwrap().iter().find(|entry| entry["kind"] == "pagefile").unwrap()
}

/// Chooses the process whose page it is.
fn attach(session: &mut Session, truth: &Value) {
    let cr3 = &entry(truth)["cr3"];
    let process =
        truth["processes"].as_array().unwrap().iter().find(|process| process["cr3"] == *cr3).unwrap();
    run(session, &format!(".process /p {:x}", number(&process["eprocess"]))).unwrap();
}

fn use_symbols(session: &mut Session, folder: &TempDir) {
    run(session, &format!(".sympath isf*{}", folder.path().display())).unwrap();
    run(session, ".reload").unwrap();
}

fn last(session: &mut Session, line: &str) -> String {
    run(session, line).unwrap().pop().unwrap()
}

/// The facts of what a command shows, reasons included.
fn facts(session: &mut Session, line: &str) -> String {
    let mut output = Collector::default();
    run_line(line, session, &mut output).unwrap_or_else(|failure| panic!("{line}: {}", failure.error));
    output.document.records().map(|record| format!("{:?}", record.fields)).collect()
}

/// The last line that a command says of the fixture's page in page file 1.
fn told(second: u16, is_named: bool, command: &str) -> String {
    let (dump, truth) = laid_out(second, is_named);
    let (mut session, folder) = opened(&dump, &truth);
    use_symbols(&mut session, &folder);
    last(&mut session, &format!("{command} {:x}", number(&entry(&truth)["va"])))
}

#[test]
fn a_page_in_the_store_of_compressed_pages_is_said_to_be_there() {
    let (dump, truth) = laid_out(STORE, false);
    let entry = entry(&truth);
    let page = number(&entry["va"]);
    // The entry's bit 4 is clear: bit 45 is inverted.
    let offset = (number(&entry["value"]) >> 32) ^ 0x2000;
    let (mut session, folder) = opened(&dump, &truth);
    // Without the kernel's symbols the number alone is known.
    let line = last(&mut session, &format!("!pte {page:x}"));
    let unknown =
        "PTE: page file 1 is a file, or the store of compressed pages: nt!MiSystemPartition is not known";
    assert_eq!(line, unknown);
    let paged_out = format!("paged out to page file 1, page offset {offset:#x}");
    assert!(last(&mut session, &format!("!vtop 0 {page:x}")).ends_with(&paged_out));
    use_symbols(&mut session, &folder);
    let lines = run(&mut session, &format!("!pte {page:x}")).unwrap();
    let store = "PTE: page file 1 is the store of compressed pages: the page is in memory, compressed";
    assert_eq!(lines.last().unwrap(), store);
    assert!(lines.iter().any(|line| line.trim() == format!("Offset: {offset:x}")), "{lines:#?}");
    let said = format!(
        "compressed in memory, in the store that Windows counts as page file 1, page offset {offset:#x}"
    );
    assert!(last(&mut session, &format!("!vtop 0 {page:x}")).ends_with(&said));
    let lines = run(&mut session, &format!("!address {page:x}")).unwrap();
    assert!(lines.iter().any(|line| line.starts_with("Page:") && line.ends_with(&said)), "{lines:#?}");
    let values = facts(&mut session, &format!("db {page:x} L1"));
    assert!(values.contains(&said), "{values}");
    let meant = run(&mut session, &format!("!what {page:x}")).unwrap().join("\n");
    assert!(meant.contains("in the store of compressed pages (page file 1"), "{meant}");
}

#[test]
fn a_page_in_a_file_is_said_to_be_in_that_file() {
    assert_eq!(told(1, true, "!pte"), format!("PTE: page file 1 is {PATH}"));
    assert!(told(1, true, "!vtop 0").contains(": paged out to page file 1, page offset"));
}

/// A page file whose own number is another's, or that has neither a name nor the bit, is damaged.
#[test]
fn a_page_file_that_contradicts_itself_is_not_believed() {
    for (second, is_named) in [(2 | 1 << 6, false), (1, false)] {
        let line = told(second, is_named, "!pte");
        assert!(line.starts_with("PTE: page file 1 is a file, or the store of compressed pages: "), "{line}");
        assert!(told(second, is_named, "!vtop 0").contains(": paged out to page file 1, page offset"));
    }
}
