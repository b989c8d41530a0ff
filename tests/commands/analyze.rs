//! `!analyze` on the forge's dumps: layout, options, languages, links. What is expected stands in the public
//! documentation of each bug check (the pages named in `assets/bugchecks/*.json`), read by hand.

use crate::forge;
use crate::golden::{dumps_with_transcripts, run, session, shared};
use dumpscope::analysis::{Explanation, ParameterKind, Windows, explain};
use dumpscope::command::{COMMANDS, run_line};
use dumpscope::debuggee::Target;
use dumpscope::dump::Machine;
use dumpscope::output::Collector;
use dumpscope::session::{Session, Settings};
use dumpscope::util::language::Language;

const TEN: Windows = Windows { build: 26100, machine: Machine::Amd64 };

fn explained(code: u32, parameters: [u64; 4], windows: Windows) -> Explanation {
    explain(code, parameters, windows).unwrap()
}

/// What the value of an argument means.
fn values(explanation: &Explanation, number: usize) -> Vec<&str> {
    explanation.arguments[number - 1].values.iter().map(|text| text.in_language(Language::English)).collect()
}

fn meaning(explanation: &Explanation, number: usize) -> &str {
    explanation.arguments[number - 1].meaning.as_ref().map_or("", |text| text.in_language(Language::English))
}

fn kind(explanation: &Explanation, number: usize) -> &ParameterKind {
    &explanation.arguments[number - 1].kind
}

fn wifi() -> Session {
    session(&forge::demo("wifi"))
}

#[test]
fn sub_codes_that_other_arguments_select() {
    let freed = explained(0xc1, [0x10, 0x20, 0x30, 0x23], TEN);
    assert_eq!(values(&freed, 4), ["bytes near the freed block, on the same page, are damaged"]);
    assert_eq!(meaning(&freed, 1), "address the driver tried to free");
    assert_eq!(kind(&freed, 1), &ParameterKind::PoolBlock);
    let guard = explained(0x109, [1, 2, 3, 0x19], TEN);
    assert_eq!(values(&guard, 4), ["list of loaded modules changed"]);
    let hotkey = explained(0x1b8, [1, 0, 0, 0], TEN);
    assert_eq!(values(&hotkey, 1), ["the black screen hotkey"]);
    let dispatch = explained(0xc9, [0x21f, 1, 2, 3], TEN);
    assert_eq!(values(&dispatch, 1), ["no dispatch routine is set for a required major function"]);
    assert_eq!((kind(&dispatch, 2), kind(&dispatch, 3)), (&ParameterKind::Code, &ParameterKind::Irp));
    let rpc = explained(0x112, [4, 1, 2, 3], TEN);
    assert_eq!(values(&rpc, 1), ["ALPC delivered an invalid close command"]);
    let pool = explained(0xc4, [0x62, 1, 2, 3], TEN);
    assert_eq!(values(&pool, 1), ["the driver unloads without having freed its pool"]);
    let store = explained(0x1c7, [3, 1, 2, 3], TEN);
    assert_eq!(meaning(&store, 3), "page record now in the page tree");
    let live = explained(0x193, [0x100, 0, 0, 0], TEN);
    assert_eq!(values(&live, 1), ["internal"]);
    assert!(live.check.live_report && explained(0x141, [0; 4], TEN).check.live_report);
    let button = explained(0x1c8, [7000, 0x1000, 0, 0], TEN);
    assert!(!button.check.live_report);
    assert_eq!(kind(&button, 2), &ParameterKind::Structure("nt!_POP_POWER_BUTTON_TRIAGE_BLOCK".into()));
    // The page of 0x65 describes no parameters.
    assert!(explained(0x65, [1, 2, 3, 4], TEN).arguments.iter().all(|argument| argument.meaning.is_none()));
}

#[test]
fn values_that_no_page_lists_are_said_to_be_so() {
    // The page of 0x1A lists 0x403 and 0x404, and no 0x405.
    let corrupt = explained(0x1a, [0x405, 1, 2, 3], TEN);
    assert!(corrupt.arguments[0].is_unlisted && corrupt.arguments[1].meaning.is_none());
    assert!(!explained(0x1a, [0x403, 1, 2, 3], TEN).arguments[0].is_unlisted);
    // A status that the page does not mention is a status all the same.
    assert!(!explained(0x1e, [0xc000_0185, 1, 2, 3], TEN).arguments[0].is_unlisted);
    // Arg4 of 0x4A is documented as 0.
    let level = explained(0x4a, [1, 2, 0, 7], TEN);
    assert!(!level.arguments[2].is_used_after_all() && level.arguments[3].is_used_after_all());
    // Of an address there dumps tell what it is.
    let level = explained(0x4a, [0x7ffe_7350_d0c4, 2, 0, 0xffff_a704_eeb6_bec0], TEN);
    assert!(!level.arguments[3].is_used_after_all() && meaning(&level, 4).contains("trap frame"));
    // What is reserved may hold anything.
    assert!(!explained(0xbe, [1, 2, 3, 4], TEN).arguments[2].is_used_after_all());
}

#[test]
fn meanings_that_changed_with_windows() {
    let old = Windows { build: 9600, machine: Machine::Amd64 };
    let arm = Windows { build: 26100, machine: Machine::Arm64 };
    let fault = |parameters, windows| explained(0x50, parameters, windows);
    assert_eq!(values(&fault([0, 0, 0, 2], TEN), 4), ["the address has no valid, active page table entry"]);
    let eight = fault([0, 0, 0, 8], old);
    assert_eq!((values(&eight, 4), meaning(&eight, 4)), (vec![], "reserved"));
    assert!(fault([0, 0, 0, 8], TEN).arguments[3].is_unlisted);
    for (value, windows, expected) in [
        (0, TEN, "read"),
        (0, old, "read"),
        (2, TEN, "write"),
        (0x10, TEN, "execute"),
        // The processor's error code: bit 0 tells a page that is there from one that is not.
        (1, TEN, "read"),
        (3, TEN, "write"),
        (0x11, TEN, "execute"),
        (1, old, "write"),
        (1, arm, "write"),
        (8, arm, "execute"),
    ] {
        assert_eq!(values(&fault([0, value, 0, 0], windows), 2), [expected], "{value} {windows:?}");
    }
    let power = |build| explained(0x9f, [3, 1, 2, 3], Windows { build, machine: Machine::Amd64 });
    assert_eq!(kind(&power(7600), 3), &ParameterKind::Structure("nt!_TRIAGE_9F_POWER".into()));
    assert_eq!(kind(&power(6002), 3), &ParameterKind::DeviceObject);
}

#[test]
fn small_dumps_have_codes_of_their_own() {
    let own = explained(0x1000_007e, [0xffff_ffff_c000_0005, 1, 2, 3], TEN);
    assert_eq!(own.check.code(), 0x1000_007e);
    assert_eq!(own.check.name, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M");
    assert_eq!(
        (kind(&own, 3), kind(&own, 4)),
        (&ParameterKind::ExceptionRecord, &ParameterKind::ContextRecord)
    );
    // No page has 0x100000D1.
    let other = explained(0x1000_00d1, [1, 2, 0, 3], TEN);
    assert_eq!((other.check.code(), other.check.name.as_str()), (0xd1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL"));
}

#[test]
fn the_layout_is_the_classic_one() {
    let shown = run(&mut wifi(), "!analyze -show 1000007e ffffffffc0000005 0 0 0").unwrap();
    assert_eq!(shown[0], "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M (1000007e)");
    let arguments = shown.iter().position(|line| line == "Arguments:").unwrap();
    assert_eq!(
        shown[arguments + 1..arguments + 4],
        [
            "Arg1: ffffffffc0000005, exception code (STATUS_ACCESS_VIOLATION): access",
            "        violation: an invalid address was read, written or executed",
            "Arg2: 0000000000000000, address where the exception occurred",
        ]
    );
    let unknown = run(&mut wifi(), "!analyze -show a0000001 5 0 0 0").unwrap();
    assert_eq!(unknown[0], "Unknown bugcheck code (a0000001)");
    assert_eq!(unknown.last().unwrap(), "Arg4: 0000000000000000, not documented");
    let live = run(&mut wifi(), "!analyze -show 141 0 0 0 0").unwrap().join("\n");
    assert!(live.contains("went on running"), "{live}");
}

#[test]
fn chinese_takes_two_columns() {
    let mut session = wifi();
    session.settings.language = Language::Chinese;
    let shown = run(&mut session, "!analyze -show 13a 12 0 0 0").unwrap();
    assert_eq!(shown[0], "KERNEL_MODE_HEAP_CORRUPTION (13a)");
    assert!(shown[1].starts_with("内核模式堆管理器"), "{shown:?}");
    let wide = |line: &String| unicode_width::UnicodeWidthStr::width(line.as_str());
    assert!(shown.iter().all(|line| wide(line) <= 79), "{shown:?}");
    // A line ends only where the next character had no room.
    let broken = shown.iter().position(|line| line.starts_with("Arg1:")).unwrap();
    assert!(wide(&shown[broken]) >= 77, "{shown:?}");
}

/// Labels and remarks change, names and numbers do not: both languages show the same ones in the same order.
#[test]
fn facts_are_the_same_in_chinese() {
    let facts = |language| {
        let mut session = wifi();
        session.settings.language = language;
        let shown = run(&mut session, "!analyze -v").unwrap();
        let heading = if language == Language::Chinese { "事实" } else { "Facts" };
        let start = shown.iter().position(|line| line == heading).unwrap();
        shown[start + 1..].to_vec()
    };
    let (english, chinese) = (facts(Language::English), facts(Language::Chinese));
    assert_eq!(english.len(), chinese.len());
    let numbers = |lines: &[String]| -> Vec<String> {
        let is_number = |word: &&str| word.chars().any(|c| c.is_ascii_digit());
        let words = lines.iter().flat_map(|line| line.split(|c: char| !c.is_ascii_graphic() && c != '`'));
        words.filter(is_number).map(|word| word.trim_matches(['(', ')', ';', ',']).to_owned()).collect()
    };
    assert_eq!(numbers(&english), numbers(&chinese));
    let chinese = chinese.join("\n");
    for label in ["停止位置", "线程", "进程", "寄存器", "陷阱帧", "崩溃时间", "运行时间"]
    {
        assert!(chinese.contains(label), "{label}: {chinese}");
    }
    for english in ["Stopped", "Thread", "Process ", "Registers", "lies in", "processor"] {
        assert!(!chinese.contains(english), "{english}: {chinese}");
    }
}

#[test]
fn options_that_there_are_not_are_refused() {
    let mut session = wifi();
    for line in ["!analyze -showfoo", "!analyze -hung", "!analyze -v -x", "!analyze -vv", "!analyze 5"] {
        let error = run(&mut session, line).unwrap_err();
        assert!(error.contains("!analyze has no option") && error.contains("-show [CODE"), "{line}: {error}");
    }
    let error = run(&mut session, "!analyze -show 1a 1 2 3 4 5").unwrap_err();
    assert!(error.contains("four arguments"), "{error}");
    let own = run(&mut session, "!analyze -show").unwrap();
    let whole = run(&mut session, "!analyze -v9 -f").unwrap();
    let start = whole.iter().position(|line| *line == own[0]).unwrap();
    assert_eq!(whole[start..start + own.len()], own);
}

#[test]
fn a_code_without_arguments_lists_its_values() {
    let shown = run(&mut wifi(), "!analyze -show d1").unwrap().join("\n");
    for line in ["Arg3 0: read", "Arg3 1: write", "Arg2: IRQL"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(!shown.contains("0000000000000000"), "{shown}");
    // Values of another Windows are left out: the dump is of Windows 10.
    let fault = run(&mut wifi(), "!analyze -show 50").unwrap().join("\n");
    assert!(fault.contains("Arg2 & 2 = 2: write") && !fault.contains("Arg2 1:"), "{fault}");
}

/// A hung power IRP and a PnP lock that nobody gives back are one bug check, and nothing is alike in how one begins (the
/// page of 0x9F).
#[test]
fn what_to_look_at_first_depends_on_the_case() {
    let look = |line: &str| {
        let shown = run(&mut wifi(), line).unwrap().join(" ");
        shown.split_once("First look: ").expect("advice").1.to_owned()
    };
    let irp = look("!analyze -show 9f 3 ffff800000001000 ffff800000002000 ffff800000003000");
    assert!(irp.contains("!irp on parameter 4") && !irp.contains("!thread"), "{irp}");
    let lock = look("!analyze -show 9f 4 12c ffff800000002000 ffff800000003000");
    assert!(lock.contains("!thread on parameter 3") && !lock.contains("!irp"), "{lock}");
    let all = look("!analyze -show 9f");
    assert!(all.contains("!thread") && all.contains("!irp"), "{all}");
}

/// A code that was noted down elsewhere needs no dump; with an image, the newest Windows is meant.
#[test]
fn a_code_is_explained_with_an_image_too() {
    let image = forge::root().join("tests/data/symbols/driver.sys");
    let target = Target::open(&image, &mut |_| {}).unwrap();
    let mut session = Session::new(target, Settings::default());
    let shown = run(&mut session, "!analyze -show d1 0 2 1 fffff80000001000").unwrap();
    assert_eq!(shown[0], "DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)");
    assert!(shown.iter().any(|line| line.starts_with("Arg2: 0000000000000002, IRQL")), "{shown:?}");
    assert!(run(&mut session, "!analyze -show 50").unwrap()[0].ends_with("(50)"));
    for line in ["!analyze", "!analyze -v", "!analyze -show"] {
        let error = run(&mut session, line).unwrap_err();
        assert!(error.contains("no dump"), "{line}: {error}");
    }
}

/// Everything that `!analyze` can be led on to works, on every dump that there is.
#[test]
fn what_arguments_lead_to_can_be_shown() {
    let own = forge::dumps().into_iter().map(|(_, path)| path);
    let real = shared().map_or(Vec::new(), |folder| dumps_with_transcripts(&folder, "dbgeng"));
    let real = real.into_iter().map(|(path, _)| path);
    let mut followed = 0;
    for path in own.chain(real) {
        let mut session = session(&path);
        let mut collector = Collector::default();
        run_line("!analyze -show", &mut session, &mut collector)
            .unwrap_or_else(|failure| panic!("{}", failure.error));
        for line in collector.document.lines() {
            for command in line.spans().iter().filter_map(|span| span.action.as_ref()) {
                let command = &*command.command().unwrap();
                let name = command.split(' ').next().unwrap();
                assert!(COMMANDS.iter().any(|known| known.names.contains(&name)), "{command}");
                run(&mut session, command)
                    .unwrap_or_else(|error| panic!("{}: {command}: {error}", path.display()));
                run(&mut session, ".cxr").unwrap();
                followed += 1;
            }
        }
    }
    assert!(followed > 20, "{followed}");
}

#[test]
fn numbers_lead_nowhere() {
    let mut session = wifi();
    let mut collector = Collector::default();
    let line = "!analyze -show d1 10 @rsp @rsp @rip";
    run_line(line, &mut session, &mut collector).unwrap_or_else(|failure| panic!("{}", failure.error));
    let arguments = collector.document.lines().filter(|line| {
        let text = line.plain();
        text.starts_with("Arg") && text.as_bytes()[3].is_ascii_digit()
    });
    let linked: Vec<bool> =
        arguments.map(|line| line.spans().iter().any(|span| span.action.is_some())).collect();
    // Arg1 is an address too low for any, Arg2 an IRQL, Arg3 a kind, Arg4 code.
    assert_eq!(linked, [false, false, false, true]);
}
