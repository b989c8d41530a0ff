//! README.md lists the commands that there are.

use dumpscope::words::Language;
use std::path::Path;

const BEGIN: &str = "<!-- commands: made from the command table -->\n";
const END: &str = "<!-- end of commands -->\n";

/// Set `DUMPSCOPE_UPDATE=1` to write the reference into README.md.
#[test]
fn the_reference_in_the_readme_is_that_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the reference's beginning");
    let (found, after) = rest.split_once(END).expect("the reference's end");
    let every = dumpscope::command::reference(|_| true, Language::English);
    let wanted = format!("\n{every}");
    if std::env::var_os("DUMPSCOPE_UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(found, wanted, "run the test with DUMPSCOPE_UPDATE=1");
}
