//! A zip archive with several dumps, opened from a script and by a person.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Two dumps of the project's own in one archive, in a folder that a Windows program wrote with backslashes.
fn archive() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("two.zip");
    let mut writer = zip::ZipWriter::new(File::create(&archive).unwrap());
    for name in ["wifi-triage.dmp", "wifi-live.dmp"] {
        let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(format!("{name}.gz"));
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(format!("dumps\\{name}"), options).unwrap();
        std::io::copy(&mut flate2::read::GzDecoder::new(File::open(packed).unwrap()), &mut writer).unwrap();
    }
    writer.finish().unwrap();
    (folder, archive)
}

fn script(dump: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    let output = command.args(["-z", dump, "-c", "||"]).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_script_is_told_what_to_type() {
    let (_folder, archive) = archive();
    let archive = archive.to_str().unwrap();
    let (status, out, err) = script(archive);
    assert_eq!((status, out.as_str()), (Some(3), ""));
    for (name, kind) in [("wifi-triage.dmp", "triage"), ("wifi-live.dmp", "bitmap")] {
        let typed = format!("{archive}!dumps\\{name}");
        assert!(err.contains(&format!("\n  {typed}  (0x")), "{err}");
        let opened = format!(".  0 64-bit Kernel {kind} dump: {typed}\n");
        assert_eq!(script(&typed), (Some(0), opened, String::new()));
    }
}

#[test]
#[cfg(all(unix, feature = "explorer"))]
fn a_person_is_asked_which() {
    use crate::terminal::Terminal;
    let (_folder, archive) = archive();
    let mut explorer = Terminal::open(120, 40, &[archive.to_str().unwrap()], &[]);
    explorer.wait_for("which dump of");
    assert!(explorer.contents().contains("  2  dumps\\wifi-live.dmp"), "{}", explorer.contents());
    explorer.press("2\r");
    explorer.wait_for("Analysis");
    // The first line names the dump that was chosen, not only the archive.
    let contents = explorer.contents();
    let ticket = contents.lines().next().unwrap_or_default();
    assert!(ticket.contains("two.zip!dumps\\wifi-live.dmp"), "{ticket}");
    explorer.press("||\r");
    explorer.wait_for("dumps\\wifi-live.dmp");
    explorer.press("q\r");
    assert!(explorer.end().success());
    let mut nothing = Terminal::open(120, 40, &[archive.to_str().unwrap()], &[]);
    nothing.wait_for("which dump of");
    nothing.press("3\r");
    nothing.wait_for("none was chosen");
    assert_eq!(nothing.end().exit_code(), 3);
}
