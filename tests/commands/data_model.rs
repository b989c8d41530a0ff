//! The data model of `dx` against the emulator's record: every process, thread, frame, module and handle, by the names and
//! forms of Microsoft's documentation; and any text, which has to end.

use crate::forge::{self, number as hex};
use crate::golden::{lines, run, with_symbols};
use dumpscope::command::run_line;
use dumpscope::output::Collector;
use dumpscope::session::Session;
use proptest::prelude::*;
use serde_json::Value;
use std::thread;
use std::time::{Duration, Instant};

const CASES: [&str; 4] = ["wifi", "scanner-139", "readonly", "usb"];

fn opened(name: &str) -> (Session, Value) {
    (with_symbols(&forge::demo(name)), forge::truth(name))
}

fn list<'v>(truth: &'v Value, key: &str) -> &'v [Value] {
    truth[key].as_array().unwrap()
}

/// The value behind the first line's colon.
fn value(session: &mut Session, expression: &str) -> String {
    let first = lines(session, &format!("dx {expression}")).remove(0);
    first.strip_prefix(expression).unwrap().trim_start().strip_prefix(": ").unwrap_or_default().to_owned()
}

fn error(session: &mut Session, command: &str) -> String {
    run(session, command).unwrap_err()
}

#[test]
fn processes_and_threads_are_those_of_the_record() {
    for case in CASES {
        let (mut session, truth) = opened(case);
        let processes = list(&truth, "processes");
        let shown = lines(&mut session, "dx @$cursession.Processes");
        assert_eq!(shown[0], "@$cursession.Processes");
        let mut wanted: Vec<String> = processes
            .iter()
            .map(|process| {
                let key = format!("[0x{:x}]", hex(&process["pid"]));
                format!("    {key:16} : {} [Switch To]", process["name"].as_str().unwrap())
            })
            .collect();
        let mut had = shown[1..].to_vec();
        wanted.sort();
        had.sort();
        assert_eq!(had, wanted, "{case}");
        for process in processes {
            let pid = hex(&process["pid"]);
            let of = format!("@$cursession.Processes[{pid}]");
            let own: Vec<&Value> =
                list(&truth, "threads").iter().filter(|thread| hex(&thread["pid"]) == pid).collect();
            assert_eq!(value(&mut session, &format!("{of}.Threads.Count()")), format!("0x{:x}", own.len()));
            assert_eq!(value(&mut session, &format!("{of}.Id")), format!("0x{pid:x}"));
            let address = value(&mut session, &format!("&{of}.KernelObject"));
            assert!(address.starts_with(&format!("0x{:x}", hex(&process["eprocess"]))), "{case}: {address}");
            for thread in own {
                let tid = hex(&thread["tid"]);
                if tid == 0 {
                    continue;
                }
                let address = value(&mut session, &format!("&{of}.Threads[0x{tid:x}].KernelObject"));
                assert!(
                    address.starts_with(&format!("0x{:x}", hex(&thread["ethread"]))),
                    "{case}: {address}"
                );
            }
        }
    }
}

/// The queries of the documentation, answered from the record.
#[test]
fn queries_answer_as_the_record_does() {
    let (mut session, truth) = opened("wifi");
    let count = |pid: u64| list(&truth, "threads").iter().filter(|thread| hex(&thread["pid"]) == pid).count();
    let mut by_threads: Vec<(u64, String, usize)> = list(&truth, "processes")
        .iter()
        .map(|process| {
            let pid = hex(&process["pid"]);
            (pid, process["name"].as_str().unwrap().to_owned(), count(pid))
        })
        .collect();
    // Equal counts keep the order of the list, in which the Idle process is first and the others are as recorded.
    by_threads.sort_by_key(|(pid, ..)| *pid != 0);
    by_threads.sort_by_key(|(.., threads)| std::cmp::Reverse(*threads));
    let query = "@$cursession.Processes.Select(p => new { Name = p.Name, ThreadCount = p.Threads.Count() })\
                 .OrderByDescending(p => p.ThreadCount),5";
    let mut wanted = vec![query.to_owned()];
    for (pid, name, threads) in by_threads.iter().take(5) {
        wanted.push(format!("    [0x{pid:x}]"));
        wanted.push(format!("        {:16} : {name}", "Name"));
        wanted.push(format!("        {:16} : 0x{threads:x}", "ThreadCount"));
    }
    wanted.push("    [...]".to_owned());
    assert_eq!(lines(&mut session, &format!("dx -r2 {query}")), wanted);

    let all = list(&truth, "threads").len();
    let threads = "@$cursession.Processes.SelectMany(p => p.Threads)";
    assert_eq!(value(&mut session, &format!("{threads}.Count()")), format!("0x{all:x}"));
    assert_eq!(
        value(&mut session, "@$cursession.Processes.Sum(p => p.Threads.Count())"),
        format!("0x{all:x}")
    );
    let hosts = by_threads.iter().filter(|(_, name, _)| name.starts_with("svc")).count();
    assert_eq!(
        value(&mut session, "@$cursession.Processes.Count(p => p.Name.ToUpper().StartsWith(\"SVC\"))"),
        format!("0x{hosts:x}")
    );
    let names: std::collections::HashSet<&String> = by_threads.iter().map(|(_, name, _)| name).collect();
    for query in ["Select(p => p.Name).Distinct().Count()", "GroupBy(p => p.Name).Count()"] {
        assert_eq!(
            value(&mut session, &format!("@$cursession.Processes.{query}")),
            format!("0x{:x}", names.len())
        );
    }
    let highest = by_threads.iter().map(|(pid, ..)| *pid).max().unwrap();
    for query in [
        "Max(p => p.Id)",
        "OrderBy(p => p.Id).Last().Id",
        "Select(p => p.Id).OrderBy(i => i, (a, b) => b - a).First()",
    ] {
        assert_eq!(value(&mut session, &format!("@$cursession.Processes.{query}")), format!("0x{highest:x}"));
    }
}

#[test]
fn frames_and_registers_are_those_of_the_record() {
    for case in CASES {
        let (mut session, truth) = opened(case);
        let frames = list(&truth, "frames");
        let first = &frames[0];
        let of = "@$curstack.Frames[0].Attributes";
        for (member, key) in
            [("InstructionOffset", "rip"), ("StackOffset", "rsp"), ("ReturnOffset", "return_address")]
        {
            assert_eq!(
                value(&mut session, &format!("{of}.{member}")),
                format!("0x{:x}", hex(&first[key])),
                "{case}"
            );
        }
        assert_eq!(
            value(&mut session, &format!("{of}.SourceInformation.FunctionName")),
            first["function"].as_str().unwrap()
        );
        let regs = truth["crash_context"]["regs"].as_object().unwrap();
        for name in ["rax", "rbx", "rsp", "r15", "rip"] {
            let known = hex(&regs[name]);
            assert_eq!(
                value(&mut session, &format!("@$curthread.Registers.User.{name}")),
                format!("0x{known:x}")
            );
        }
        // A thread that waits, without any of its selection.
        let (thread, pid) = (hex(&truth["crash_context"]["thread"]), hex(&truth["processes"][0]["pid"]));
        let other = list(&truth, "threads").iter().find(|other| {
            hex(&other["ethread"]) != thread && hex(&other["pid"]) == pid && other["state"] == "waiting"
        });
        if let Some(other) = other {
            let ip = value(
                &mut session,
                &format!(
                    "@$cursession.Processes[{pid}].Threads[{}].Stack.Frames.First().Attributes.InstructionOffset",
                    hex(&other["tid"])
                ),
            );
            let wanted: Vec<u64> =
                other["frames"].as_array().unwrap().iter().map(|frame| hex(&frame["rip"])).collect();
            let ip = u64::from_str_radix(ip.trim_start_matches("0x"), 16).unwrap();
            assert!(wanted.contains(&ip), "{case}: {ip:x} is in none of the recorded frames");
        }
    }
}

#[test]
fn modules_and_handles_are_those_of_the_record() {
    let (mut session, truth) = opened("wifi");
    for module in list(&truth, "modules") {
        let name = module["name"].as_str().unwrap();
        let base = format!(
            "@$cursession.Processes[4].Modules.Where(m => m.Name == \"{name}\").Single().BaseAddress"
        );
        assert_eq!(value(&mut session, &base), format!("0x{:x}", hex(&module["base"])));
    }
    for handle in list(&truth, "handles") {
        let of =
            format!("@$cursession.Processes[{}].Io.Handles[{}]", hex(&handle["pid"]), hex(&handle["handle"]));
        assert_eq!(value(&mut session, &format!("{of}.Type")), handle["type"].as_str().unwrap());
        assert_eq!(
            value(&mut session, &format!("{of}.GrantedAccess")),
            format!("0x{:x}", hex(&handle["access"]))
        );
    }
}

/// User memory of a process is read as that process sees it, whatever is looked at.
#[test]
fn each_process_is_read_with_its_own_eyes() {
    let (mut session, truth) = opened("wifi");
    let mut compared = 0;
    for process in list(&truth, "processes") {
        let (pid, line) = (hex(&process["pid"]), process["command_line"].as_str().unwrap());
        if line.is_empty() {
            continue;
        }
        let text = format!("@$cursession.Processes[{pid}].KernelObject.Peb->ProcessParameters->CommandLine");
        let shown = value(&mut session, &text);
        assert!(shown.starts_with(&format!("\"{line}\"")), "{pid:x}: {shown}");
        let text = format!("{text}.ToDisplayString(\"sub\")");
        assert_eq!(value(&mut session, &text), line);
        compared += 1;
    }
    assert!(compared > 3, "{compared}");
}

/// The values of the documentation of dx and of LINQ.
#[test]
fn expressions_are_those_of_the_documentation() {
    let (mut session, _) = opened("wifi");
    for (expression, wanted) in [
        ("((x, y) => (x + y))(5, 7)", "12"),
        ("((x, y) => (x + y))(\"Hello\", \"World\")", "HelloWorld"),
        ("(10).ToDisplayString(\"d\")", "10"),
        ("(10).ToDisplayString(\"x\")", "0xa"),
        ("(10).ToDisplayString(\"o\")", "012"),
        ("(10).ToDisplayString(\"b\")", "0y1010"),
        ("10,o", "012"),
        ("\"abcabc\".Length", "0x6"),
        ("\"abcabc\".LastIndexOf(\"b\")", "4"),
        ("\"abc\".IndexOf(\"x\")", "-1"),
        ("\"abcabc\".Substring(2, 3)", "cab"),
        ("\"abcabc\".Remove(2, 3)", "abc"),
        ("\"abcabc\".Replace(\"b\", \"--\")", "a--ca--c"),
        ("\"ab\".PadLeft(4) + \"|\"", "  ab|"),
        ("\"ab\".EndsWith(\"b\") && !\"ab\".Contains(\"c\")", "true"),
        ("1 > 2 ? \"yes\" : \"no\"", "no"),
        ("new { A = new { B = 3 } }.A.B", "3"),
        ("@$proc->ImageFileName.Take(6).Select(c => c).First()", "0x53 [Type: unsigned char]"),
        ("@$proc->ImageFileName.ToDisplayString(\"sb\")", "System"),
    ] {
        let first = lines(&mut session, &format!("dx {expression}")).remove(0);
        assert_eq!(first.split(" : ").last(), Some(wanted), "{first}");
    }
    assert_eq!(
        lines(&mut session, "dx -r1 new { MyInt = 42, MyString = \"Hello World\" }")[1..],
        ["    MyInt            : 42", "    MyString         : Hello World"]
    );
    let grid = lines(&mut session, "dx -g @$curprocess.Modules.Take(1)");
    assert_eq!(grid.len(), 5);
    assert!(grid[1].contains("= BaseAddress") && grid[3].starts_with("= [0x0] : "), "{grid:?}");
}

#[test]
fn variables_are_kept() {
    let (mut session, _) = opened("wifi");
    run(&mut session, "dx @$big = (p => p.Threads.Count() > 3)").unwrap();
    run(&mut session, "dx @$all = @$cursession.Processes").unwrap();
    assert_eq!(value(&mut session, "@$all.Where(@$big).First().Name"), "System");
    assert_eq!(value(&mut session, "@$_"), "System");
    assert_eq!(value(&mut session, "@$vars.Remove(\"all\")"), "true");
    assert!(error(&mut session, "dx @$all").contains("@$big"));
    for reserved in ["dx @$t0 = 1", "dx @$curthread = 1", "dx @$_ = 1"] {
        assert!(error(&mut session, reserved).contains("own"), "{reserved}");
    }
    // What is switched to is what .frame says then.
    run(&mut session, "dx -s @$curstack.Frames[3].SwitchTo()").unwrap();
    assert!(lines(&mut session, ".frame")[0].starts_with("03 "));
}

#[test]
fn a_name_that_is_not_there_is_answered_with_those_that_are() {
    let (mut session, _) = opened("wifi");
    for (command, wanted) in [
        ("dx @$cursession.Processes.First().Nmae", "KernelObject, Name, Id"),
        ("dx @$cursession.Processes.Were(p => p)", "Where()"),
        ("dx \"a\".Foo()", "StartsWith()"),
        ("dx new { A = 1 }.B", "has A"),
        ("dx @$cursession.Processes[99999]", "[99999]"),
        ("dx @$cursession.Processes.Where(5)", "a function"),
        ("dx (p => p)(1, 2)", "1 arguments, not 2"),
        ("dx @$cursession.Processes.First(p => false)", "no such element"),
        ("dx 1 + new { A = 1 }", "an object"),
        ("dx (f => f(f))(f => f(f))", "deep"),
        ("dx @$proc->NoSuch", "NoSuch"),
        ("dx Foo", "Foo"),
    ] {
        let said = error(&mut session, command);
        assert!(said.contains(wanted), "{command}: {said}");
    }
}

/// What a dump does not hold stays in the list with its reason, and is not counted as if it were not there.
#[test]
fn what_is_not_known_is_said_in_its_place() {
    let mut session = with_symbols(&forge::root().join("tests/data/wifi-triage.dmp.gz"));
    let shown = lines(&mut session, "dx @$cursession.Processes");
    assert!(shown.iter().any(|line| line.contains("triage dump")), "{shown:?}");
    assert!(error(&mut session, "dx @$cursession.Processes.Count()").contains("triage dump"));
    assert!(lines(&mut session, "dx @$curstack.Frames").len() > 3);
}

/// What expressions are made of.
const PIECES: &[&str] = &[
    "@$cursession",
    "@$curprocess",
    "@$curthread",
    "@$curstack",
    "Debugger",
    ".Processes",
    ".Threads",
    ".Frames",
    ".Where(",
    ".Select(",
    ".OrderBy(",
    ".GroupBy(",
    ".Flatten(",
    ".First()",
    ".Count()",
    ".Any()",
    ".Sum(",
    ".Take(3)",
    ".Skip(1)",
    ".Distinct()",
    ".Concat(",
    "p => ",
    "(a, b) => ",
    "p",
    "p.Name",
    "p.Id",
    "f => f(f)",
    "(f => f(f))",
    "@$l",
    "@$x",
    "new { A = ",
    " }",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\"s\"",
    "+",
    "-",
    "*",
    "&",
    "==",
    "&&",
    "?",
    ":",
    ",",
    ",5",
    ",x",
    "1",
    "0x4",
    "2.5",
    "'c'",
    "@rip",
    "@$proc",
    "->",
    ".",
    "=>",
    "=",
    "@$x = ",
    " ",
    "sizeof(",
    "__iserror(",
    ".ToDisplayString()",
    ".Length",
    "nt!_EPROCESS",
    "-r3 ",
    "-g ",
    "-c 2 ",
];

/// The default stack of a thread is smaller than the main one's: recursion without end is seen.
fn on_a_small_stack(line: String) -> Result<(), TestCaseError> {
    const WHILE: Duration = Duration::from_millis(1500);
    let run = move || {
        let mut session = with_symbols(&forge::demo("wifi"));
        let _ = run_line("dx @$l = @$cursession.Processes", &mut session, &mut Collector::default());
        let cancel = session.cancel.clone();
        let (done, ends) = std::sync::mpsc::channel::<()>();
        let watch = thread::spawn(move || {
            while ends.recv_timeout(WHILE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                cancel.cancel();
            }
        });
        let start = Instant::now();
        let _ = run_line(&line, &mut session, &mut Collector::default());
        let took = start.elapsed();
        drop(done);
        watch.join().unwrap();
        prop_assert!(took < WHILE + Duration::from_secs(20), "{line:?} took {took:?}");
        Ok(())
    };
    thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
}

#[test]
fn functions_that_call_themselves_end() {
    for line in [
        "dx (f => f(f))(f => f(f))".to_owned(),
        "dx (f => @$l.Where(x => f(f)))(f => @$l.Where(x => f(f)).Any())".to_owned(),
        "dx (f => f(f))(f => @$l.Select(x => f(f)).Count())".to_owned(),
        "dx (f => f(f))(f => @$l.OrderBy(x => f(f)).GroupBy(x => f(f)).Count())".to_owned(),
        "dx @$l.Flatten(x => @$l).Count()".to_owned(),
        ".for (r $t0 = 0; @$t0 < 200; r $t0 = @$t0 + 1) { dx -s @$l = @$l.Where(p => true) }".to_owned(),
        ".for (r $t0 = 0; @$t0 < 200; r $t0 = @$t0 + 1) { dx -s @$l = new { A = @$l } }".to_owned(),
        ".for (r $t0 = 0; @$t0 < 60; r $t0 = @$t0 + 1) { dx -s @$l = \"x\" + @$_ + @$_ }".to_owned(),
        format!("dx {}1{}", "(".repeat(5000), ")".repeat(5000)),
        format!("dx {}", "p => ".repeat(5000)),
        format!("dx @$l{}", ".Skip(1)".repeat(5000)),
        format!("dx 1{}", "+1".repeat(5000)),
        format!("dx {}1", "-".repeat(5000)),
    ] {
        on_a_small_stack(line).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_expression_ends(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        on_a_small_stack(format!("dx {}", pieces.concat()))?;
    }

    #[test]
    fn any_characters_end(text in "[^>;]{0,120}") {
        on_a_small_stack(format!("dx {text}"))?;
    }
}
