//! `||`: several dumps at once, by the program itself. What is expected of one of them is what it says alone.

use crate::forge;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn demo(case: &str) -> String {
    forge::demo(case).display().to_string()
}

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    program.args(["-y", concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/symbols.zip"), "--color", "never"]);
    program.args(arguments).env_remove("_NT_SYMBOL_PATH");
    program
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn run(arguments: &[&str]) -> (String, Output) {
    let output = program(arguments).output().expect("the program");
    (text(&output.stdout), output)
}

/// What a dump alone says to a line.
fn alone(case: &str, line: &str) -> String {
    let (said, output) = run(&["-z", &demo(case), "-c", line]);
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn the_rest_of_the_line_is_about_the_dump_that_was_chosen() {
    let (wifi, usb) = (demo("wifi"), demo("usb"));
    let (said, output) = run(&[&wifi, &usb, "-c", "k; ||1s; k; .bugcheck; ||0s; .bugcheck"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let parts: Vec<&str> = said.split_inclusive('\n').filter(|line| line.starts_with(".  ")).collect();
    assert_eq!(parts.len(), 2, "{said}");
    assert!(parts[0].starts_with(".  1 64-bit Kernel ") && parts[0].trim_end().ends_with(&usb), "{said}");
    let expected = alone("wifi", "k")
        + parts[0]
        + &alone("usb", "k; .bugcheck")
        + parts[1]
        + &alone("wifi", ".bugcheck");
    assert_eq!(said, expected);
}

#[test]
fn each_keeps_what_was_selected_and_the_debugger_keeps_its_own() {
    let (wifi, usb) = (demo("wifi"), demo("usb"));
    let line = ".frame 3; r $t3=5; .lang zh-CN; ||1s; ? @$t3; .frame; ||0s; .frame";
    let (said, _) = run(&[&wifi, &usb, "-c", line]);
    assert!(said.contains("00000000`00000005"), "{said}");
    let frame = |said: &str| said.lines().rev().find(|line| line.starts_with("0")).map(str::to_owned);
    assert_eq!(frame(&said), frame(&alone("wifi", ".frame 3; .frame")), "{said}");
    let other = alone("usb", ".frame");
    assert!(said.contains(other.trim_end()), "{said}\n{other}");
}

#[test]
fn a_block_goes_on_with_the_dump_that_was_chosen() {
    let (wifi, usb) = (demo("wifi"), demo("usb"));
    let (said, _) = run(&[&wifi, &usb, "-c", ".foreach (n {.echo 1 0}) { ||${n}s; .bugcheck }; .bugcheck"]);
    let codes: Vec<&str> = said.lines().filter(|line| line.starts_with("Bugcheck code")).collect();
    let code = |case| alone(case, ".bugcheck").lines().next().expect("a line").to_owned();
    assert_eq!(codes, [code("usb"), code("wifi"), code("wifi")], "{said}");
}

#[test]
fn one_that_cannot_be_opened_takes_no_other_with_it() {
    let (wifi, usb) = (demo("wifi"), demo("usb"));
    let (said, output) =
        run(&[&wifi, "/nowhere/b.dmp", &usb, "-c", "||1s", "-c", "||2s; .bugcheck", "-c", "||"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("system 1 is not opened: ") && said.contains(alone("usb", ".bugcheck").trim_end()),
        "{said}"
    );
    let rows: Vec<&str> = said.lines().rev().take(3).collect();
    assert!(rows[2].starts_with("   0 64-bit Kernel ") && rows[2].ends_with(&wifi), "{said}");
    assert!(rows[1].starts_with("   1 not opened: ") && rows[1].contains("/nowhere/b.dmp"), "{said}");
    assert!(rows[0].starts_with(".  2 64-bit Kernel ") && rows[0].ends_with(&usb), "{said}");
    // A script is meant for the first one.
    let (_, output) = run(&["/nowhere/b.dmp", &usb, "-c", ".bugcheck"]);
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn numbers_that_no_dump_has_are_refused() {
    let (wifi, usb) = (demo("wifi"), demo("usb"));
    for (line, why) in [
        ("||2s", "there is no system 2; there are 0 to 1"),
        ("||2", "there is no system 2; there are 0 to 1"),
        ("||xs", "Syntax error in '||xs'"),
        ("||#", "Syntax error in '||#'"),
    ] {
        let (said, output) = run(&["-z", &wifi, "-z", &usb, "-c", line]);
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert!(said.contains(why), "{line}: {said}");
    }
    let (said, _) = run(&["-z", &wifi, "-c", "||1s"]);
    assert!(said.contains("there is no system 1; there are 0 to 0"), "{said}");
    let (said, _) = run(&[&wifi, &usb, "-c", "||; ||.; ||1; ||s; ||0s"]);
    let rows: Vec<&str> = said.lines().map(|line| line.get(..5).unwrap_or(line)).collect();
    assert_eq!(rows, [".  0 ", "   1 ", ".  0 ", "   1 ", ".  0 ", ".  0 "], "{said}");
    assert_eq!(
        said.matches(": not opened yet").count() + said.matches("not opened yet: ").count(),
        2,
        "{said}"
    );
}

#[test]
fn the_prompt_tells_which_one_it_is() {
    let lines = |arguments: &[&str], typed: &str| {
        let mut program = program(arguments);
        let mut program =
            program.arg("--repl").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let program = program.as_mut().expect("the program");
        program.stdin.take().expect("a pipe").write_all(typed.as_bytes()).expect("typed");
        let mut said = String::new();
        std::io::Read::read_to_string(&mut program.stdout.take().expect("a pipe"), &mut said).expect("text");
        program.wait().expect("ended");
        said
    };
    let (wifi, usb) = (demo("wifi"), demo("usb"));
    let own = |case| lines(&[&demo(case)], "q\n").trim_end().to_owned();
    let said = lines(&[&wifi, &usb], "||1s\n||0s\nq\n");
    let prompts: Vec<&str> =
        said.match_indices("||").map(|(at, _)| said[at..].split("> ").next().unwrap()).collect();
    let prompt = |number: usize, case| format!("||{number}:{}", own(case).trim_end_matches('>'));
    assert_eq!(prompts, [prompt(0, "wifi"), prompt(1, "usb"), prompt(0, "wifi")], "{said}");
    // Whoever sees the prompt sees which dump it is.
    let said = lines(&["/nowhere/b.dmp", &usb], "||\nq\n");
    assert!(said.contains("||1:") && said.contains("   0 not opened: "), "{said}");
}

/// A file that is opened later is the next system and the current one, as if it had been named at first.
#[test]
fn another_dump_is_opened_beside_the_first() {
    let (wifi, usb) = (demo("wifi"), demo("usb"));
    let line = format!(".opendump {usb}; .bugcheck; ||0s; .bugcheck; .opendump \"{usb}\"; .bugcheck; ||");
    let (said, output) = run(&["-z", &wifi, "-c", &line]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let codes: Vec<&str> = said.lines().filter(|line| line.starts_with("Bugcheck code")).collect();
    let code = |case| alone(case, ".bugcheck").lines().next().expect("a line").to_owned();
    assert_eq!(codes, [code("usb"), code("wifi"), code("usb")], "{said}");
    let rows: Vec<&str> = said.lines().rev().take(2).collect();
    assert!(rows[1].starts_with("   0 64-bit Kernel ") && rows[1].ends_with(&wifi), "{said}");
    assert!(rows[0].starts_with(".  1 64-bit Kernel ") && rows[0].ends_with(&usb), "{said}");
}

/// What cannot be opened is not in the list, and what runs goes on with the dump that is open.
#[test]
fn what_cannot_be_opened_leaves_everything_as_it_was() {
    let wifi = demo("wifi");
    for file in ["/nowhere/b.dmp", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), ""] {
        let (said, output) = run(&["-z", &wifi, "-c", &format!(".opendump {file}"), "-c", ".bugcheck; ||"]);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(alone("wifi", ".bugcheck").trim_end()), "{said}");
        assert!(said.trim_end().ends_with(&wifi) && !said.contains("   1 "), "{said}");
    }
}
