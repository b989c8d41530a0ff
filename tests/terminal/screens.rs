//! Whole screens, pane by pane and layer by layer, as `--screenshot FILE.txt` draws them, each with how its cells look in two
//! themes: reviewed first outputs, a packed file a size in `tests/data/screens`. `DUMPSCOPE_UPDATE=1 cargo test --test terminal screens` writes them anew; the screens as text, to be
//! read, go to `target/tmp/screens` in any case.

use crate::forge;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};
use dumpscope::tui::{Keys, Size, Stage, ThemeName};
use dumpscope::util::language::Language;
use liblzma::read::XzDecoder;
use liblzma::write::XzEncoder;
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

/// The keys that lay something over a pane, which shows modules or the stack, and those that take it away.
const LAYERS: [(&str, &str); 11] = [
    ("<F1>", "<Esc>"),
    ("<F1><PgDn>", "<Esc>"),
    ("<Ctrl-p>", "<Esc>"),
    ("<Ctrl-p>nwi", "<Esc>"),
    ("3.", "<Esc>"),
    ("6.", "<Esc>"),
    ("6/sys", "<Esc>"),
    ("6/sys<Enter>", "<Esc>"),
    ("6fnt", "<Esc>"),
    ("6fnt<Enter>", "f<Esc>"),
    (":.sym<Tab>", "<Esc><Ctrl-c><Esc>"),
];

/// The second theme, and what tells roles apart without colours.
const THEMES: [ThemeName; 2] = [ThemeName::Light, ThemeName::Dark];

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

/// All screens of a size, each under a line that says which it is, with how its cells look; of the smallest size also
/// without colours.
fn screens(columns: u16, rows: u16) -> String {
    let mut all = String::new();
    for (case, language) in ["wifi", "readonly"]
        .iter()
        .flat_map(|case| [Language::English, Language::Chinese].map(|it| (case, it)))
    {
        let size = Size { columns, rows };
        let mut stage = Stage::open(demo(case, language), size, ThemeName::Dark).expect("a stage");
        stage.press(&keys("<Esc>")).expect("pressed");
        // What lies over panes is the same over those of any dump.
        let layers = LAYERS.iter().filter(|_| *case == "wifi");
        for (to, back) in PANES.iter().chain(layers) {
            stage.press(&keys(to)).expect("pressed");
            let _ = write!(all, "== {case} {language:?} {to}\n{}", stage.text());
            let plain = (columns == 80).then_some(ThemeName::Plain);
            for theme in plain.into_iter().chain(THEMES) {
                stage.set_theme(theme);
                let _ = write!(all, "== {case} {language:?} {to} in {}\n{}", theme.name(), stage.looks());
            }
            stage.press(&keys(back)).expect("pressed");
        }
        stage.close();
    }
    all
}

/// What the looks have in common stands far apart, out of the reach of smaller windows.
pub fn packed(text: &str) -> Vec<u8> {
    let mut packer = XzEncoder::new(Vec::new(), 9);
    packer.write_all(text.as_bytes()).expect("packs");
    packer.finish().expect("packs")
}

pub fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    XzDecoder::new(file).read_to_string(&mut text).expect("text");
    text
}

/// The engine itself: why an extension had nothing to show stands in the console before what stood behind it in the line.
#[test]
fn an_extension_that_lacks_something_ends_no_line_in_the_explorer() {
    let size = Size { columns: 100, rows: 30 };
    let mut stage = Stage::open(demo("wifi", Language::English), size, ThemeName::Dark).expect("a stage");
    stage.run("!object \\NoSuch; .echo two").expect("run");
    let text = stage.text();
    let said: Vec<&str> = text.lines().skip_while(|line| !line.contains("> !object")).collect();
    assert!(said.len() > 2 && said[1].contains("NoSuch") && said[2].trim() == "two", "{text}");
    assert_eq!(text.matches("is not there").count(), 1, "{text}");
    stage.close();
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
        let kept = folder.join(format!("{name}.xz"));
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
