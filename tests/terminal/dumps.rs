//! Several dumps in the explorer without a terminal: whole screens with the row of dumps, and any keys.
//! `DUMPSCOPE_UPDATE=1 cargo test --test terminal dumps` writes the screens anew; as text, to be read, they go to
//! `target/tmp/screens`.

use crate::forge;
use crate::screens::{demo, keys, packed, unpacked};
use dumpscope::session::Systems;
use dumpscope::tui::{Size, Stage, ThemeName};
use dumpscope::util::language::Language;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The demos, and a file that is none. Paths are as on every machine.
fn stage(size: Size, language: Language) -> Stage {
    let mut session = demo("wifi", language);
    let paths = ["wifi.dmp", "assets/demo/readonly.dmp.gz", "tests/data/no-such.dmp"];
    session.systems = Systems::named(paths.map(Into::into).into());
    Stage::open(session, size, ThemeName::Dark).expect("a stage")
}

/// The keys that lead to each screen.
const STEPS: [&str; 7] = ["<Esc>", "}", "3", "}", ":||0s<Enter>", ":||1s; .bugcheck<Enter>", "<Esc>{C"];

fn screens(columns: u16, rows: u16) -> String {
    let mut all = String::new();
    for language in [Language::English, Language::Chinese] {
        let mut stage = stage(Size { columns, rows }, language);
        for step in STEPS {
            stage.press(&keys(step)).expect("pressed");
            let _ = write!(all, "== {language:?} {step}\n{}", stage.text());
        }
        stage.close();
    }
    all
}

#[test]
fn the_row_of_dumps_is_as_it_was_reviewed() {
    let folder = forge::root().join("tests/data/screens");
    let drawn_to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screens");
    fs::create_dir_all(&drawn_to).expect("a folder");
    for (columns, rows) in [(80, 24), (160, 50)] {
        let drawn = screens(columns, rows);
        let name = format!("dumps-{columns}x{rows}");
        fs::write(drawn_to.join(format!("{name}.txt")), &drawn).expect("written");
        let kept = folder.join(format!("{name}.xz"));
        if std::env::var_os("DUMPSCOPE_UPDATE").is_some() {
            fs::write(&kept, packed(&drawn)).expect("written");
        }
        let known = unpacked(&kept);
        let mut screen = "";
        for (known, drawn) in known.lines().zip(drawn.lines()) {
            screen = if drawn.starts_with("== ") { drawn } else { screen };
            assert_eq!(known, drawn, "{name} {screen}");
        }
        assert_eq!(known.lines().count(), drawn.lines().count(), "{name}");
    }
}

/// Each dump is found again as it was left, however one comes back to it.
#[test]
fn each_dump_keeps_what_was_selected_and_said() {
    let mut stage = stage(Size { columns: 80, rows: 24 }, Language::English);
    stage.run(".frame 3").expect("ran");
    stage.press(&keys("<Esc>8")).expect("pressed");
    let before = stage.text();
    stage.press(&keys("}")).expect("pressed");
    stage.run(".frame 1").expect("ran");
    let other = stage.text();
    assert!(other.contains("||1:") && other.contains("frame 01") && !other.contains("frame 03"), "{other}");
    stage.press(&keys("<Esc>{")).expect("pressed");
    let text = stage.text();
    assert!(text.contains("frame 03") && !text.contains("frame 01"), "{text}");
    // All but the hint of the last line.
    let body = |text: &str| text.lines().take(22).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&text), body(&before));
    stage.close();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn no_keys_break_several_dumps(
        pressed in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "<Esc>", "<Tab>", "<Enter>", "<Down>", "<Backspace>", "1", "3", "8", "z", "d", "p", ":", "||1s<Enter>",
                "||0s; k<Enter>", "||2s; k<Enter>", "/nt<Enter>", "<Ctrl-p>", "q", "?", "s", "+", "-",
            ]),
            1..25,
        ),
        columns in 20u16..200, rows in 5u16..60,
    ) {
        let mut stage = stage(Size { columns, rows }, Language::English);
        for key in pressed {
            stage.press(&keys(key)).expect("pressed");
        }
        stage.resize(Size { columns: 80, rows: 24 }).expect("resized");
        let text = stage.text();
        let row = text.lines().next().unwrap_or_default();
        prop_assert!(row.contains("||0 wifi.dmp") && row.contains("||2 no-such.dmp"), "{}", text);
        prop_assert_eq!(row.matches('[').count(), 1, "{}", text);
        stage.close();
    }
}
