//! What WinDbg's users type by habit: prefixes of extensions, another case, commands that are elsewhere here, several processors.

use crate::forge::root;
use crate::golden::{run, session};
use dumpscope::command::{CommandError, run_line};
use dumpscope::dump::DumpFile;
use dumpscope::output::Collector;
use dumpscope::session::Session;
use dumpscope::words::Language;

fn wifi() -> Session {
    session(&root().join("tests/data/wifi-full.dmp.gz"))
}

/// Why a line failed, with the hints.
fn refused(session: &mut Session, line: &str) -> (String, String) {
    let failure = run_line(line, session, &mut Collector::default()).expect_err(line);
    let hints = failure.error.hints();
    let hints: Vec<_> = hints.iter().map(|hint| hint.in_language(Language::English).into_owned()).collect();
    (failure.error.to_string(), hints.join("\n"))
}

#[test]
fn an_extension_before_a_command_and_another_case_change_nothing() {
    let mut session = wifi();
    for (typed, plain) in [
        ("!kdexts.process 0 0", "!process 0 0"),
        ("!KDEXTS.Thread", "!thread"),
        ("!ext.error c0000005", "!error c0000005"),
        ("!exts.pool @rsp", "!pool @rsp"),
        ("K 3", "k 3"),
        ("DQ @rsp L4", "dq @rsp L4"),
        ("LM m nt", "lm m nt"),
        ("? 1; R rip", "? 1; r rip"),
        // With the prompt of the transcript that it was copied from.
        ("0: kd> k 3; r rip", "k 3; r rip"),
        ("kd> !irql", "!irql"),
        ("lkd> ? 1", "? 1"),
        ("||1:2: kd> ? 1", "? 1"),
    ] {
        assert_eq!(run(&mut session, typed).unwrap(), run(&mut session, plain).unwrap(), "{typed}");
    }
    // What only looks like one is none, and kd is a command.
    assert!(refused(&mut session, "0: k").0.contains("Syntax error"));
    assert!(refused(&mut session, "0:kd> k").0.contains("Syntax error"));
    assert_eq!(run(&mut session, "kd 2").unwrap().len(), 2);
    // Where the case tells two commands apart, it is heeded.
    assert_ne!(run(&mut session, "dD @rsp L2").unwrap(), run(&mut session, "dd @rsp L2").unwrap());
}

#[test]
fn what_is_no_command_says_what_is_there_instead() {
    let mut session = wifi();
    for (line, instead) in [
        ("!heap -s", "!process ADDRESS 7"),
        ("!ntsdexts.gle", "!process ADDRESS 7"),
        (".dump /ma x.dmp", ".writemem FILE RANGE"),
        (".shell dir", "COMMAND | PROGRAM"),
        ("!deadlock", "!waitchain"),
        ("!nosuch.locks", "!locks"),
        ("!nosuch", ".help"),
    ] {
        let (why, hints) = refused(&mut session, line);
        assert!(why.starts_with("no command '"), "{line}: {why}");
        assert!(hints.contains(instead), "{line}: {hints}");
    }
}

/// An option that a command has not got is no name of a symbol.
#[test]
fn options_are_refused_as_options() {
    let mut session = wifi();
    let (why, hints) = refused(&mut session, "!pool @rsp -x");
    assert_eq!(why, "!pool has no option '-x'");
    assert!(hints.contains(".help !pool"), "{hints}");
    assert!(!hints.contains("lm lists"), "{hints}");
    // Where an argument is wanted, or none more, what is wanted is told.
    for (line, usage) in
        [("!irp", "!irp ADDRESS"), ("!pte", "!pte ADDRESS [1]"), ("!wdfdevice", "HANDLE [FLAGS]")]
    {
        let (why, hints) = refused(&mut session, line);
        assert!(why.starts_with("Syntax error in '"), "{why}");
        assert!(hints.starts_with("type ") && hints.contains(usage), "{line}: {hints}");
    }
    // A difference is one.
    let (why, _) = refused(&mut session, "!pool nosuch-alike");
    assert!(why.starts_with("Couldn't resolve error at 'nosuch-alike'"), "{why}");
    let (why, _) = refused(&mut session, "? 5 -alike");
    assert!(why.starts_with("Couldn't resolve error at 'alike'"), "{why}");
    assert_eq!(run(&mut session, "!pool @rsp -8").unwrap().len(), 2);
}

#[test]
fn a_command_runs_on_each_processor_or_on_one() {
    let mut session = wifi();
    let before = session.focus.processor;
    let each: Vec<String> = [0, 1]
        .iter()
        .map(|number| run(&mut session, &format!("~{number}s; r rip")).unwrap().remove(0))
        .collect();
    assert_ne!(each[0], each[1]);
    run(&mut session, &format!("~{before}s")).unwrap();
    let lines = run(&mut session, "~* r rip").unwrap();
    let told: Vec<&String> = lines.iter().filter(|line| line.starts_with("rip=")).collect();
    assert_eq!(told, each.iter().collect::<Vec<_>>());
    let other = 1 - before;
    assert_eq!(run(&mut session, &format!("~{other} r rip")).unwrap(), [each[other as usize].as_str()]);
    assert_eq!(session.focus.processor, before);
    assert!(refused(&mut session, "~7 r").0.contains("0 to 1"));
    // What fails on each is told for each.
    assert_eq!(
        run(&mut session, "~* r nosuch").unwrap().iter().filter(|line| line.contains("Bad register")).count(),
        2
    );
}

/// DUMP_HEADER64.Exception, whose code stands first.
#[test]
fn the_last_event_is_the_exception_of_the_header() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("event.dmp");
    for (code, told) in [
        (0x8000_0003u32, "Break instruction exception - code 80000003"),
        (0xc000_0005, "Access violation - code c0000005"),
        (0xc000_0374, "Unknown exception - code c0000374"),
    ] {
        let mut bytes = crate::patched::Patched::new("tests/data/wifi-full.dmp.gz").into_bytes();
        bytes[0xf00..0xf04].copy_from_slice(&code.to_le_bytes());
        std::fs::write(&path, bytes).unwrap();
        assert!(DumpFile::open(&path, &mut |_| {}).is_ok());
        let lines = run(&mut session(&path), ".lastevent").unwrap();
        assert_eq!(lines, [format!("Last event: {told} (first/second chance not available)")]);
    }
}

/// Before the first symbol of a module there is none, which is not to say that it has none.
#[test]
fn an_address_before_all_symbols_is_not_called_without_symbols() {
    let mut session = wifi();
    let lines = run(&mut session, "ln nt").unwrap();
    assert!(lines[0].ends_with("nt+0x0   (no symbol at or before it)"), "{lines:?}");
}

/// With 0, as without an address, what was selected is left.
#[test]
fn a_context_at_zero_goes_back() {
    let mut session = wifi();
    let own = run(&mut session, "r rip").unwrap();
    for line in [".cxr 0", ".trap 0", ".cxr", ".trap"] {
        run(&mut session, ".ecxr").unwrap();
        assert_ne!(run(&mut session, "r rip").unwrap(), own);
        assert_eq!(run(&mut session, line).unwrap(), ["Resetting default scope"]);
        assert_eq!(run(&mut session, "r rip").unwrap(), own, "{line}");
    }
}

/// The flags of `!thread`, for each of the threads that a list shows.
#[test]
fn lists_of_threads_show_as_much_as_their_flags_ask_for() {
    let mut session = wifi();
    for (line, full) in [("!ready", "!ready 6"), ("!exqueue", "!exqueue 6")] {
        let short = run(&mut session, line).unwrap();
        let threads: Vec<&str> = short
            .iter()
            .filter_map(|line| line.trim_start().strip_prefix("THREAD ")?.split(' ').next())
            .collect();
        assert!(!threads.is_empty(), "{line}");
        let long = run(&mut session, full).unwrap().join("\n");
        for thread in threads {
            let alone = run(&mut session, &format!("!thread {thread} 6")).unwrap();
            let indented = alone.iter().map(|line| format!("    {line}").trim_end().to_owned());
            let indented = indented.collect::<Vec<_>>().join("\n");
            let long: Vec<&str> = long.lines().map(str::trim_end).collect();
            assert!(long.join("\n").contains(&indented), "{full} {thread}:\n{indented}");
        }
    }
}

/// What the same expressions say without a register between them.
#[test]
fn a_pseudo_register_keeps_the_type_it_was_set_with() {
    let mut session = wifi();
    let next = "((nt!_EPROCESS*)@$proc)->ActiveProcessLinks.Flink";
    for (set, asked, plain) in [
        ("(nt!_EPROCESS*)@$proc", "@$t3->UniqueProcessId", "@$proc->UniqueProcessId"),
        ("@$proc->ImageFileName", "*@$t3", "@$proc->ImageFileName[0]"),
        (next, "@$t3", next),
        ("@$proc->Pcb.BasePriority", "@$t3", "@$proc->Pcb.BasePriority"),
        ("&@$proc->Pcb.ThreadListHead", "@$t3->Flink", "@$proc->Pcb.ThreadListHead.Flink"),
        ("2.5", "@$t3", "2.5"),
    ] {
        let line = format!("r? $t3 = {set}; ?? {asked}");
        let wanted = run(&mut session, &format!("?? {plain}")).unwrap();
        assert_eq!(run(&mut session, &line).unwrap(), wanted, "{line}");
    }
    // For MASM it is a number, and r sets one without a type.
    run(&mut session, "r? $t3 = @$proc").unwrap();
    let number = run(&mut session, "? @$proc").unwrap();
    assert_eq!(run(&mut session, "? @$t3").unwrap(), number);
    assert_eq!(run(&mut session, "r? $t3").unwrap()[0], run(&mut session, "?? @$proc").unwrap()[0]);
    assert_eq!(run(&mut session, "r $t3 = 5; ?? @$t3").unwrap(), ["unsigned int64 5"]);
    let (why, _) = refused(&mut session, "r? $t3 = *@$proc");
    assert!(why.starts_with("Type conflict error"), "{why}");
    assert!(refused(&mut session, "r? $t20 = 1").0.contains("Bad register error"));
    assert!(refused(&mut session, "r? rax = 1").0.contains("Bad register error"));
}

#[test]
fn live_commands_are_refused_with_the_reason() {
    let mut session = wifi();
    for (line, why) in [
        ("g", "g cannot run, step or stop anything: what was dumped does not run"),
        ("eb @rsp 1", "eb cannot change memory: a dump is only read"),
    ] {
        let failure = run_line(line, &mut session, &mut Collector::default()).expect_err(line);
        assert!(matches!(failure.error, CommandError::Argument(_)), "{line}");
        assert_eq!(failure.error.to_string(), why);
    }
}
