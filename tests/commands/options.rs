//! Options that a command does not have are refused, with those that it has.

use crate::forge;
use crate::golden::{run, session};

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
