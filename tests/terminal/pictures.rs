//! Pictures of the explorer, and those in README.md.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn picture(arguments: &[&str], file: &Path) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    command.args(arguments).arg("--screenshot").arg(file).current_dir(root()).env("XDG_CACHE_HOME", cache);
    command.env_remove("_NT_SYMBOL_PATH").env_remove("NO_COLOR").env_remove("DUMPSCOPE_THEME");
    let output = command.stdin(Stdio::null()).output().expect("runs");
    assert!(output.stdout.is_empty());
    (output.status.code().expect("ends by itself"), String::from_utf8(output.stderr).expect("UTF-8"))
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The pictures that README.md shows.
const SHOWN: [(&str, &[&str]); 4] = [
    ("wifi-80x24.svg", &["--demo", "wifi", "--size", "80x24"]),
    ("wifi-160x50.svg", &["--demo", "wifi", "--size", "160x50", "--keys", "<Esc>3d/pTOS<Enter><Enter>p3"]),
    ("readonly-80x24-zh.svg", &["--demo", "readonly", "--size", "80x24", "--lang", "zh-CN"]),
    ("usb-120x40-zh.svg", &["--demo", "usb", "--size", "120x40", "--lang", "zh-CN", "--keys", "<Esc>3d3"]),
];

/// They are what the program draws: reviewed first outputs, written anew with `DUMPSCOPE_UPDATE=1`.
#[test]
fn the_pictures_of_the_readme_are_the_programs_own() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    for (name, arguments) in SHOWN {
        let kept = root().join("assets/pictures").join(name);
        assert!(readme.contains(&format!("(assets/pictures/{name})")), "{name} is not shown");
        let update = std::env::var_os("DUMPSCOPE_UPDATE").is_some();
        let place = if update { kept.clone() } else { file(name) };
        let (status, said) = picture(arguments, &place);
        assert_eq!(status, 0, "{said}");
        let drawn = std::fs::read_to_string(&place).expect("the picture");
        assert!(
            !drawn.contains(env!("CARGO_MANIFEST_DIR")) && !drawn.contains("symbols)"),
            "{name} tells of this machine"
        );
        assert!(drawn.len() < 60_000, "{name} has {} bytes", drawn.len());
        let known = std::fs::read_to_string(&kept).unwrap_or_default();
        assert!(
            drawn == known,
            "{name} is not what is drawn now: DUMPSCOPE_UPDATE=1 cargo test --test terminal pictures"
        );
    }
}

/// Commands run first, then keys are pressed: the block with the tag is that of the demo's record.
#[test]
fn commands_and_keys_come_before_the_picture() {
    let drawn = file("keys.txt");
    let keys = "<Esc>8/Filt<Enter>";
    let (status, said) = picture(
        &["--demo", "wifi", "-c", "!pool ffffa4058c03abe8", "--size", "100x30", "--keys", keys],
        &drawn,
    );
    assert_eq!(status, 0, "{said}");
    let text = std::fs::read_to_string(&drawn).expect("the picture");
    assert_eq!(text.lines().count(), 30);
    assert!(text.contains("[8 Cmd]") && text.contains("*ffffa4058c03a9e0 size:  280"), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.contains("1/1 lines")), "{text}");
}

#[test]
fn what_is_no_picture_is_refused() {
    let (status, said) = picture(&["--demo", "wifi"], &file("picture.png"));
    assert_eq!((status, said.as_str()), (2, "dumpscope: --screenshot writes FILE.svg or FILE.txt\n"));
    let (status, said) = picture(&["--demo", "wifi", "--size", "9x9"], &file("picture.svg"));
    assert!(status == 2 && said.contains("20x5 to 500x200"), "{said}");
    let (status, said) = picture(&["--demo", "wifi", "--keys", "<Nothing>"], &file("picture.svg"));
    assert!(status == 2 && said.contains("<Nothing> is no key"), "{said}");
}

/// A dump is not written over, whatever it is called.
#[test]
fn a_dump_is_no_place_for_a_picture() {
    let dump = file("picture-of.dmp.txt");
    std::fs::copy(root().join("assets/demo/wifi.dmp.gz"), &dump).expect("a copy");
    let before = std::fs::read(&dump).expect("the copy");
    let (status, said) = picture(&[dump.to_str().expect("a name"), "--size", "80x24"], &dump);
    assert_eq!(status, 4, "{said}");
    assert!(std::fs::read(&dump).expect("the copy") == before);
}
