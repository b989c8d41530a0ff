//! Several dumps in the explorer as a user has them.

use crate::forge;
use crate::terminal::Terminal;

fn demo(case: &str) -> String {
    forge::demo(case).display().to_string()
}

#[test]
fn each_dump_has_a_tab_and_one_that_cannot_be_opened_takes_no_other_with_it() {
    let (wifi, readonly) = (demo("wifi"), demo("readonly"));
    let symbols = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/symbols.zip");
    let arguments = ["-y", symbols, wifi.as_str(), "/nowhere/b.dmp", readonly.as_str()];
    let mut terminal = Terminal::open(80, 24, &arguments, &[]);
    terminal.wait_for("[||0 wifi.dmp.gz] ||1 b.dmp  ||2 readonly.dmp.gz");
    terminal.wait_for("VERDICT: ");
    terminal.press("? 0x41+1\r");
    terminal.wait_for("00000000`00000042");
    // The next one: there is none, and it says so.
    terminal.press("\x1b[6;5~");
    terminal.wait_for("[||1 b.dmp !]");
    terminal.wait_for("/nowhere/b.dmp");
    terminal.press("k\r");
    terminal.wait_for("this dump is not open");
    terminal.press("\x1b}");
    terminal.wait_for("[||2 readonly.dmp.gz]");
    terminal.wait_for("be ATTEMPTED_WRITE_TO_READONLY_MEMORY");
    // The rest of a line, and lines behind it, are about the dump that it goes to.
    terminal.press("||0s; .bugcheck\r");
    terminal.wait_for("[||0 wifi.dmp.gz]");
    terminal.wait_for("Bugcheck code 0000001E");
    // What was said there before is still there.
    terminal.press("\x1b8");
    terminal.wait_for("00000000`00000042");
    terminal.press(":q\r");
    assert!(terminal.end().success());
    terminal.assert_restored();
}
