//! `!what` against what the forge's kernel put where.

use crate::forge::{number, root, truth};
use crate::golden::{run, with_symbols};
use dumpscope::analysis::{Certainty, Meaning, Question, Value, meanings};
use dumpscope::session::Session;
use dumpscope::util::filetime::Zone;
use dumpscope::words::Language;
use serde_json::Value as Json;

fn list<'t>(value: &'t Json, key: &str) -> &'t [Json] {
    value[key].as_array().unwrap()
}

fn ask(session: &Session, value: u64) -> Vec<Meaning> {
    let scope = session.scope();
    let tags = &session.pool_tags().owners;
    let question =
        Question { scope: &scope, value, process: session.process(), tags, zone: &Zone::Utc, evidence: &[] };
    let found = meanings(&question).unwrap().meanings;
    let order: Vec<Certainty> = found.iter().map(|meaning| meaning.certainty).collect();
    assert!(order.is_sorted(), "{value:x}: {order:?}");
    for meaning in &found {
        // Every reading says something in both languages, with all its values, and leads somewhere.
        for language in [Language::English, Language::Chinese] {
            let text = meaning.fact.in_language(language).unwrap();
            assert!(!text.contains('{'), "{text}");
        }
        assert!(meaning.fact.link.as_ref().unwrap().command().is_ok(), "{:?}", meaning.fact);
    }
    found
}

fn of<'m>(found: &'m [Meaning], kind: &str) -> Option<&'m Meaning> {
    found.iter().find(|meaning| meaning.fact.kind == kind)
}

fn said(meaning: &Meaning, name: &str) -> String {
    meaning.fact.get(name).map(Value::to_string).unwrap_or_default()
}

fn dump(name: &str) -> Session {
    with_symbols(&root().join(format!("tests/data/{name}.dmp.gz")))
}

#[test]
fn what_the_kernel_put_somewhere_is_certain() {
    let truth = truth("wifi");
    let session = dump("wifi-full");
    for module in list(&truth, "modules") {
        let found = ask(&session, number(&module["base"]) + 0x10);
        let meaning = of(&found, "module").unwrap();
        assert_eq!(said(meaning, "image"), module["name"].as_str().unwrap());
        assert_eq!(meaning.certainty, Certainty::Certain);
    }
    for thread in list(&truth, "threads") {
        // Idle threads are in no process's list, and have stacks as others do.
        let found = ask(&session, number(&thread["stack_limit"]) + 0x20);
        let stack = of(&found, "stack").unwrap_or_else(|| panic!("{thread}"));
        assert_eq!(said(stack, "thread"), format!("{:016x}", number(&thread["ethread"])));
        if number(&thread["pid"]) != 0 {
            let found = ask(&session, number(&thread["ethread"]) + 8);
            let object = of(&found, "object").unwrap();
            assert_eq!(
                (said(object, "type"), said(object, "offset")),
                ("Thread".to_owned(), "+0x8".to_owned())
            );
        }
    }
    for object in
        list(&truth, "objects").iter().filter(|object| object["name"].as_str().unwrap().starts_with('\\'))
    {
        let (address, path) = (number(&object["address"]), object["name"].as_str().unwrap());
        let found = ask(&session, address);
        let object = of(&found, "object").unwrap_or_else(|| panic!("{path}"));
        assert_eq!(object.certainty, Certainty::Certain, "{path}");
        assert_eq!(said(object, "object"), format!("{address:016x}"));
        let name = path.rsplit('\\').next().unwrap();
        assert!(name.is_empty() || said(object, "name") == name, "{path}: {}", said(object, "name"));
        // The header leads to the same object.
        let found = ask(&session, address - 0x10);
        assert_eq!(said(of(&found, "object").unwrap(), "object"), format!("{address:016x}"));
    }
    for image in list(&truth, "unloaded") {
        let found = ask(&session, number(&image["start"]) + 0x100);
        assert_eq!(said(of(&found, "unloaded_module").unwrap(), "image"), image["name"].as_str().unwrap());
    }
    for processor in list(&truth, "processors") {
        assert!(of(&ask(&session, number(&processor["prcb"]) + 0x40), "processor").is_some());
    }
}

#[test]
fn blocks_and_structures_of_the_pool_are_told() {
    let truth = truth("wifi");
    let session = dump("wifi-full");
    let mut same = 0;
    let blocks = list(&truth["pool"], "blocks");
    for block in blocks {
        let found = ask(&session, number(&block["address"]));
        let pool = of(&found, "pool").unwrap_or_else(|| panic!("{block}"));
        let region = if block["paged"] == true { "paged" } else { "nonpaged" };
        assert_eq!(said(pool, "pool"), region, "{block}");
        same += usize::from(said(pool, "tag") == block["tag"].as_str().unwrap());
    }
    // A few were freed and handed out anew after the record was made.
    assert!(same * 20 >= blocks.len() * 19, "{same} of {}", blocks.len());
    for irp in list(&truth, "irps") {
        let address = number(&irp["address"]);
        for (value, offset) in [(address, ""), (address + 0x18, "+0x18")] {
            let found = ask(&session, value);
            let meaning = of(&found, "irp").unwrap();
            assert_eq!(said(meaning, "address"), format!("{address:016x}"));
            assert_eq!(said(meaning, "offset"), offset);
        }
    }
    for dpc in list(&truth, "dpcs") {
        assert!(of(&ask(&session, number(&dpc["address"])), "dpc").is_some(), "{dpc}");
    }
    for device in list(&truth, "devices") {
        let found = ask(&session, number(&device["address"]));
        assert_eq!(said(of(&found, "object").unwrap(), "name"), device["name"].as_str().unwrap_or_default());
    }
}

#[test]
fn what_was_saved_on_stacks_is_told() {
    let truth = truth("wifi");
    let session = dump("wifi-full");
    for trap in list(&truth, "trap_frames") {
        let address = number(&trap["address"]);
        for value in [address, address + 0x168] {
            let found = ask(&session, value);
            let meaning = of(&found, "trap_frame").unwrap_or_else(|| panic!("{value:x}"));
            assert_eq!(said(meaning, "address"), format!("{address:016x}"));
        }
    }
    let rsp = number(&truth["crash_context"]["regs"]["rsp"]);
    let found = ask(&session, rsp + 0x10);
    let stack = of(&found, "stack").unwrap();
    assert!(said(stack, "state").starts_with("in use, frame "), "{}", said(stack, "state"));
    assert!(said(of(&ask(&session, rsp - 0x40), "stack").unwrap(), "state").starts_with("below"));
}

#[test]
fn handles_and_ids_are_those_of_the_process() {
    let truth = truth("wifi");
    let mut session = dump("wifi-full");
    for process in list(&truth, "processes") {
        let pid = number(&process["pid"]);
        if pid != 0 {
            let found = ask(&session, pid);
            let id = of(&found, "process_id").unwrap_or_else(|| panic!("{process}"));
            assert_eq!(said(id, "address"), format!("{:016x}", number(&process["eprocess"])));
            assert_eq!(id.certainty, Certainty::Possible);
        }
        let handles: Vec<&Json> =
            list(&truth, "handles").iter().filter(|handle| number(&handle["pid"]) == pid).collect();
        if handles.is_empty() {
            continue;
        }
        run(&mut session, &format!(".process /p {:x}", number(&process["eprocess"]))).unwrap();
        for handle in handles {
            let found = ask(&session, number(&handle["handle"]));
            let meaning = of(&found, "handle").unwrap_or_else(|| panic!("{handle}"));
            assert_eq!(said(meaning, "object"), format!("{:016x}", number(&handle["object"])));
            assert_eq!(said(meaning, "type"), handle["type"].as_str().unwrap());
        }
    }
}

#[test]
fn user_space_is_that_of_the_process() {
    let truth = truth("wifi");
    let mut session = dump("wifi-full");
    let (mut pebs, mut tebs) = (0, 0);
    for process in list(&truth, "processes").iter().filter(|process| number(&process["peb"]) != 0) {
        run(&mut session, &format!(".process /p {:x}", number(&process["eprocess"]))).unwrap();
        let found = ask(&session, number(&process["peb"]) + 0x18);
        assert_eq!(said(of(&found, "peb").unwrap(), "offset"), "+0x18");
        pebs += 1;
        for thread in list(&truth, "threads") {
            if thread["pid"] == process["pid"] && number(&thread["teb"]) != 0 {
                let found = ask(&session, number(&thread["teb"]) + 0x30);
                let teb = of(&found, "teb").unwrap_or_else(|| panic!("{thread}"));
                assert_eq!(said(teb, "thread"), format!("{:016x}", number(&thread["ethread"])));
                tebs += 1;
            }
        }
    }
    assert!(pebs > 2 && tebs > 2, "{pebs} {tebs}");
}

#[test]
fn pages_that_are_elsewhere_are_told() {
    let truth = truth("paging");
    let mut session = dump("paging");
    let owner = list(&truth, "processes").iter().find(|process| process["cr3"] == truth["entries"][0]["cr3"]);
    run(&mut session, &format!(".process /p {:x}", number(&owner.unwrap()["eprocess"]))).unwrap();
    for entry in list(&truth, "entries") {
        let found = ask(&session, number(&entry["va"]));
        let page = of(&found, "page").and_then(|meaning| meaning.fact.in_language(Language::English));
        match entry["kind"].as_str().unwrap() {
            "pagefile" => assert!(page.unwrap().starts_with("its page is in page file "), "{entry}"),
            "demand-zero" => assert_eq!(page.as_deref(), Some("its page was never touched"), "{entry}"),
            "hardware" => assert_eq!(page, None, "{entry}"),
            _ => {}
        }
    }
}

/// What the analysis of the crash says of a number stands among its readings, and does not stand in the way of others.
#[test]
fn what_the_crash_is_about_is_told() {
    let mut session = dump("wifi-full");
    // Where the overwritten function pointer led.
    let lines = run(&mut session, "!what 0000003200360035").unwrap();
    assert!(lines[1].starts_with("certain ") && lines[1].contains("it jumped to"), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("its bytes are the text")), "{lines:#?}");
    // The record of page table entries of a scanner's crash: bit 37 alone.
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dumpscope"))
        .args(["--demo", "scanner-1a", "-c", "!what 0000002000000000"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("exactly one bit (37) set") && text.contains("guess     0x0 with bit 37 set"),
        "{text}"
    );
    // Numbers that nothing is about have no such reading.
    let lines = run(&mut session, "!what 0000123400000000").unwrap();
    assert!(lines.iter().all(|line| !line.starts_with("certain")), "{lines:#?}");
}

/// One bit more or less than something known is a guess, and told only where nothing better is known.
#[test]
fn a_wrong_bit_is_a_guess() {
    let truth = truth("wifi");
    let session = dump("wifi-full");
    let kernel = number(&truth["modules"][0]["base"]) + 0x1e90;
    assert!(ask(&session, kernel).iter().all(|meaning| meaning.certainty != Certainty::Guess));
    let found = ask(&session, kernel ^ 1 << 37);
    let guess = of(&found, "module_bit").unwrap();
    assert_eq!((guess.certainty, said(guess, "bit")), (Certainty::Guess, "37".to_owned()));
    assert_eq!(said(guess, "other"), format!("{kernel:016x}"));
    let block = number(&truth["pool"]["blocks"][3]["address"]);
    let found = ask(&session, block ^ 1 << 40);
    assert!(found.iter().any(|meaning| meaning.certainty == Certainty::Guess
        && said(meaning, "other") == format!("{block:016x}")
        && meaning.fact.in_language(Language::English).unwrap().ends_with("a page of pool")));
    // Two bits are chance.
    assert_eq!(ask(&session, block ^ 1 << 40 ^ 1 << 42), []);
    let found = ask(&session, 0x0000_0020_0000_0068);
    assert_eq!(said(of(&found, "null_bit").unwrap(), "bit"), "37");
}

/// Numbers whose meaning is public: MS-ERREF, `wdm.h`, the time of a known second (`date -u -d @1613871502`).
#[test]
fn numbers_that_are_no_addresses_are_read() {
    let session = dump("wifi-full");
    let reads = |value: u64, kind: &str, certainty: Certainty, words: &str| {
        let found = ask(&session, value);
        let text = |meaning: &Meaning| meaning.fact.in_language(Language::English).unwrap();
        let fits = |meaning: &&Meaning| meaning.fact.kind == kind && text(meaning).contains(words);
        let meaning = found.iter().find(fits).unwrap_or_else(|| panic!("{value:x}: {found:?}"));
        assert_eq!(meaning.certainty, certainty, "{value:x}");
    };
    reads(0xffff_ffff_c000_0005, "code", Certainty::Likely, "STATUS_ACCESS_VIOLATION");
    reads(0x1e, "code", Certainty::Possible, "KMODE_EXCEPTION_NOT_HANDLED");
    reads(0x6031_b98e, "unix_time", Certainty::Possible, "Feb 21 01:38:22 2021");
    reads(0x01d7_07f2_3dbb_15b0, "filetime", Certainty::Likely, "Feb 21 01:38:22.987 2021");
    reads(0x2070_7249, "pool_tag", Certainty::Possible, "\"Irp \"");
    reads(0x4972_7020, "pool_tag", Certainty::Possible, "reading order");
    reads(0x0000_0032_0036_0035, "text", Certainty::Possible, "\"562\"");
    reads(0xbad0_b0b0_bad0_b0b0, "fill", Certainty::Likely, "free or was never set");
    reads(0xffff_f801_dead_beef, "fill", Certainty::Likely, "deadbeef");
    reads(0x0000_8000_0000_0000, "not_canonical", Certainty::Certain, "no address");
    reads(0xffff_f780_0000_0014, "shared_data", Certainty::Certain, "KUSER_SHARED_DATA+0x14");
    assert_eq!(ask(&session, 0), []);
}
