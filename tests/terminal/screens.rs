//! Whole screens, pane by pane, as `--screenshot FILE.txt` draws them: reviewed first outputs, a packed file a size in
//! `tests/data/screens`. `DUMPSCOPE_UPDATE=1 cargo test --test terminal screens` writes them anew; the screens as text, to be
//! read, go to `target/tmp/screens` in any case.

use crate::forge;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};
use dumpscope::tui::{Keys, Size, Stage, ThemeName};
use dumpscope::util::language::Language;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

const SIZES: [(u16, u16); 5] = [(80, 24), (100, 30), (120, 40), (160, 50), (200, 60)];

/// The keys that lead to each pane, and those that lead back. The pool's page is that of a thread.
const PANES: [(&str, &str); 12] = [
    ("1", ""),
    ("2", ""),
    ("3", ""),
    ("4", ""),
    ("5", ""),
    ("6", ""),
    ("7", ""),
    ("8", ""),
    ("9", ""),
    ("0", ""),
    ("3d", "<Backspace>"),
    ("9<Down>p", "<Backspace>"),
];

/// A demo as `--demo` opens it. The places of its symbols, which some rows tell, are the same on every machine.
pub fn demo(case: &str, language: Language) -> Session {
    let bytes = fs::read(forge::demo(case)).expect("the demo");
    let mut target = Target::new(DumpFile::from_bytes(&format!("{case}.dmp"), bytes).expect("opens"));
    let cache = Path::new("target/tmp/screens-cache").to_owned();
    let options = FinderOptions { default_cache: cache, network: false, ..FinderOptions::default() };
    target.set_paths(SearchPath::parse("assets/demo/symbols.zip"), SearchPath::default(), options);
    Session::new(target, Settings { language, ..Settings::default() })
}

pub fn keys(text: &str) -> Keys {
    Keys::parse(text).expect("keys")
}

/// All screens of a size, each under a line that says which it is; of the smallest size also how the cells look, in colours
/// and without.
fn screens(columns: u16, rows: u16) -> String {
    let mut all = String::new();
    for (case, language) in ["wifi", "readonly"]
        .iter()
        .flat_map(|case| [Language::English, Language::Chinese].map(|it| (case, it)))
    {
        let size = Size { columns, rows };
        let mut stage = Stage::open(demo(case, language), size, ThemeName::Dark).expect("a stage");
        stage.press(&keys("<Esc>")).expect("pressed");
        for (to, back) in PANES {
            stage.press(&keys(to)).expect("pressed");
            let _ = write!(all, "== {case} {language:?} {to}\n{}", stage.text());
            if (columns, language) == (80, Language::English) && "136".contains(to) {
                for theme in [ThemeName::Plain, ThemeName::Dark] {
                    stage.set_theme(theme);
                    let _ = write!(all, "== {case} {to} in {}\n{}", theme.name(), stage.looks());
                }
            }
            stage.press(&keys(back)).expect("pressed");
        }
        stage.close();
    }
    all
}

pub fn packed(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(text.as_bytes()).expect("packs");
    packer.finish().expect("packs")
}

pub fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    GzDecoder::new(file).read_to_string(&mut text).expect("text");
    text
}

#[test]
fn every_pane_of_every_size_is_as_it_was_reviewed() {
    let folder = forge::root().join("tests/data/screens");
    let drawn_to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screens");
    fs::create_dir_all(&drawn_to).expect("a folder");
    let mut total = 0;
    for (columns, rows) in SIZES {
        let drawn = screens(columns, rows);
        let name = format!("{columns}x{rows}");
        fs::write(drawn_to.join(format!("{name}.txt")), &drawn).expect("written");
        let kept = folder.join(format!("{name}.gz"));
        if std::env::var_os("DUMPSCOPE_UPDATE").is_some() {
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(&kept, packed(&drawn)).expect("written");
        }
        total += fs::metadata(&kept).expect("the screens").len();
        let known = unpacked(&kept);
        let mut screen = "";
        let pairs = known.lines().zip(drawn.lines());
        for (known, drawn) in pairs {
            screen = if drawn.starts_with("== ") { drawn } else { screen };
            assert_eq!(known, drawn, "{name} {screen}");
        }
        assert_eq!(known.lines().count(), drawn.lines().count(), "{name}");
    }
    assert!(total < 300_000, "{total} bytes");
}
