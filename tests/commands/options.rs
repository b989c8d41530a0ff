//! Options that a command does not have are refused, with those that it has.

use crate::forge;
use crate::golden::{run, session};

#[test]
fn commands_of_live_targets_say_why_there_are_none() {
    let mut session = session(&forge::demo("wifi"));
    for line in ["g", "p", "t", "gu", "bp nt!KeBugCheckEx", "bl", ".restart"] {
        let error = run(&mut session, line).unwrap_err();
        assert!(error.contains("does not run") && !error.contains("did you mean"), "{line}: {error}");
    }
    // A single letter is near every other: nothing is suggested.
    let error = run(&mut session, "j").unwrap_err();
    assert!(!error.contains("did you mean"), "{error}");
}

/// A mistyped line must not end the session.
#[test]
fn the_end_takes_no_arguments() {
    let mut session = session(&forge::demo("wifi"));
    assert!(run(&mut session, "q me").is_err());
    assert!(run(&mut session, "q").is_ok());
}

#[test]
fn unknown_options_name_the_known_ones() {
    let mut session = session(&forge::demo("wifi"));
    for (command, option, known) in [
        (".thread /q", "/q", "/p /r /P /w"),
        (".process /z 0", "/z", "/p /r /P /i"),
        (".frame /x 1", "/x", "/c /r"),
        ("!ddt -v nt!_EPROCESS @$proc", "-v", "-rN"),
        ("!dh -q nt", "-q", "-f -s -a"),
        ("!list -z nt!_LIST_ENTRY.Flink @rsp", "-z", "-t [MODULE!]TYPE.FIELD -x"),
        (".reload /q", "/q", "/f /i"),
        ("dv /q", "/q", "/t /i"),
        ("uf /q nt!KeBugCheckEx", "/q", "/c /i"),
        ("dd /q @rsp", "/q", "/c COLUMNS"),
        ("s -z @rsp L10 1", "-z", "-b -w"),
        ("s -[q]b @rsp L10 1", "[q]", "[1 w s"),
        ("x /y nt!*", "/y", "/0 /1 /2"),
        ("dt -w nt!_EPROCESS", "-w", "-r[N]"),
        ("dx -z @$proc", "-z", "-rN"),
        ("lm q", "q", "o l e"),
    ] {
        let error = run(&mut session, command).unwrap_err();
        let name = command.split(' ').next().unwrap();
        for part in [name, "has no option", option, known] {
            assert!(error.contains(part), "{command}: {error}");
        }
    }
}

/// As extensions of the debugger are asked what they do; a command's own switch of that name stays its own.
#[test]
fn commands_with_an_exclamation_mark_explain_themselves() {
    let mut session = session(&forge::demo("wifi"));
    for (asked, name) in
        [("!di -h", "!di"), ("!lt -?", "!lt"), ("!mex.tl -help", "!tl"), ("!pool /?", "!pool")]
    {
        let help = run(&mut session, &format!(".help {name}")).unwrap();
        assert!(help.len() > 3, "{help:?}");
        assert_eq!(run(&mut session, asked).unwrap(), help, "{asked}");
    }
}
