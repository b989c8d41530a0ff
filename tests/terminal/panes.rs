//! What panes show by themselves, in little room and as something else, by the explorer without a terminal.

use crate::forge;
use crate::screens::{demo, keys};
use dumpscope::command::run_line;
use dumpscope::output::{Collector, plain};
use dumpscope::tui::{Size, Stage, ThemeName};
use dumpscope::util::language::Language;

fn stage(case: &str, columns: u16, rows: u16, language: Language) -> Stage {
    let mut stage =
        Stage::open(demo(case, language), Size { columns, rows }, ThemeName::Dark).expect("a stage");
    stage.press(&keys("<Esc>")).expect("pressed");
    stage
}

fn press(stage: &mut Stage, pressed: &str) -> String {
    stage.press(&keys(pressed)).expect("pressed");
    stage.text()
}

/// The demo's record: a thread of it is ffffa4058c00c350. No row loses the tag, however narrow; the size of the block before goes.
#[test]
fn a_block_keeps_its_tag_in_little_room() {
    for (columns, has_previous) in [(54, false), (80, true)] {
        let mut stage = stage("wifi", columns, 24, Language::English);
        let text = press(&mut stage, "9<Down>p");
        let rows: Vec<&str> = text.lines().filter(|line| line.contains(" size: ")).collect();
        assert!(rows.len() > 1, "{text}");
        for row in &rows {
            let tag = row.split_once("(Allocated) ").or(row.split_once("(Free)      ")).map(|(_, tag)| tag);
            let tag = tag.unwrap_or_default().trim_start_matches(['*', ' ']);
            assert!(tag.len() >= 3, "{row}\n{text}");
            assert_eq!(row.contains("previous size:"), has_previous, "{row}");
        }
        assert_eq!(text.contains(" +1"), !has_previous, "{text}");
        // Who uses the marked block's tag is said to its end.
        let marked = text.lines().skip_while(|line| !line.starts_with('*')).skip(1).take(3);
        let said: Vec<&str> = marked.collect();
        assert!(said.join(" ").contains("pooltag.txt)") || said.join(" ").contains("Binary : "), "{text}");
        stage.close();
    }
}

/// At 54 columns an instruction's operands stay, and its bytes go.
#[test]
fn an_instruction_keeps_its_operands_in_little_room() {
    let mut stage = stage("wifi", 54, 24, Language::English);
    let text = press(&mut stage, "5");
    let row = text.lines().find(|line| line.starts_with(">fffff807`65061065 ")).unwrap_or_default();
    assert_eq!(row.trim_end(), ">fffff807`65061065 mov     rax,r12", "{text}");
    assert!(text.contains("qword ptr [r14+70h],r12"), "{text}");
    stage.close();
}

/// From 80 columns on instructions keep their bytes, and what does not fit beside them is broken: the demo's `ja` is 77 04 at
/// ...06d, so that it leads to ...073, 10 bytes behind `Submit+0x59` at ...069.
#[test]
fn an_instruction_keeps_its_bytes_beside_long_names() {
    for (columns, target) in [(80, ""), (120, " (fffff807`65091073)")] {
        let mut stage = stage("usb", columns, 24, Language::English);
        let text = press(&mut stage, "5z");
        let jump =
            format!(" fffff807`6509106d 7704            ja      usbredir!Redirect::Hub::Submit+0x63{target}");
        assert!(text.lines().any(|line| line.trim_end() == jump), "{text}");
        assert!(text.contains(">fffff807`6509107d ff10            call    qword ptr [rax]"), "{text}");
        // What names the code is read to its end.
        assert!(text.contains("usbredir!Redirect::Hub::Submit+0x80]:"), "{text}");
        // The name alone leads there, too.
        let text = press(&mut stage, "/Submit+0x63<Enter><Enter>");
        assert!(text.contains(" fffff807`65091073 488b4e08"), "{text}");
        assert!(!text.contains("fffff807`6509106d 7704"), "{text}");
        stage.close();
    }
}

/// Frames 6 to 57 of the demo are the same two calls over and over. Unfolded they are what `k` says without folding.
#[test]
fn recursion_unfolds_without_running_anything() {
    let mut session = demo("usb", Language::English);
    let mut output = Collector::default();
    run_line("kn", &mut session, &mut output).expect("ran");
    let whole = plain(output.document.lines());
    // In the console a frame takes two lines where its source is told.
    for (columns, pane, hidden) in
        [(80, "3", "[+82 lines]"), (54, "3", "[+82 lines]"), (80, ":k --fold<Enter><Esc>8", "[+164 lines]")]
    {
        let mut stage = stage("usb", columns, 24, Language::English);
        let folded = press(&mut stage, &format!("{pane}/more times<Enter>"));
        assert!(folded.contains("41 more times") && folded.contains(hidden), "{folded}");
        let is_row = |line: &str, number: &str| {
            line.trim_start_matches(['*', ' ', '>']).starts_with(&format!("{number} "))
        };
        assert!(!folded.lines().any(|line| is_row(line, "06")), "{folded}");
        let unfolded = press(&mut stage, "<Enter>");
        let rows: Vec<&str> = unfolded.lines().collect();
        for number in ["06", "07", "08"] {
            let row = rows.iter().find(|line| is_row(line, number));
            let row = row.unwrap_or_else(|| panic!("{number}: {unfolded}"));
            let sp = row.split_whitespace().find(|word| word.contains('`')).expect("its stack pointer");
            assert!(whole.lines().any(|line| line.starts_with(&format!("{number} {sp} "))), "{row}\n{whole}");
        }
        let again = press(&mut stage, "<Enter>");
        assert!(again.contains(hidden), "{again}");
        stage.close();
    }
    // At a prompt of lines nobody can unfold.
    let mut output = Collector::default();
    run_line("kn --fold", &mut session, &mut output).expect("ran");
    assert!(plain(output.document.lines()).lines().count() + 80 < whole.lines().count());
}

/// A log changes nothing of what unfolds, whether a pane or a typed command shows it; it holds what was typed with all of its frames.
#[test]
fn recursion_unfolds_while_a_log_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log.txt");
    for pane in ["3", ":k --fold<Enter><Esc>8"] {
        let mut stage = stage("usb", 80, 24, Language::English);
        press(&mut stage, &format!(":.logopen {}<Enter><Esc>", log.display()));
        let folded = press(&mut stage, &format!("{pane}/more times<Enter>"));
        assert!(folded.contains("41 more times") && folded.contains("lines]"), "{folded}");
        let unfolded = press(&mut stage, "<Right>");
        assert!(!unfolded.contains("lines]") && unfolded.contains("06 fffffa8c`100d0250 "), "{unfolded}");
        press(&mut stage, ":.logclose<Enter>");
        stage.close();
        let logged = std::fs::read_to_string(&log).expect("a log");
        assert_eq!(logged.contains("06 fffffa8c`100d0250 "), pane != "3", "{logged}");
    }
}

/// `rbx` of the verdict's frame is the list in the block with the tag Filt; `@rsp+8` is where frame 12's arguments stand.
#[test]
fn memory_is_named_pointers_and_turns_into_bytes_and_text() {
    for language in [Language::English, Language::Chinese] {
        let mut stage = stage("wifi", 100, 40, language);
        let text = press(&mut stage, "7");
        assert!(text.contains("dps --named @$csp"), "{text}");
        assert!(
            text.lines().any(|line| line.contains("ffffa405`8c03a9f0") && line.contains("Filt")),
            "{text}"
        );
        // A value leads to its memory, again as pointers; Back returns.
        let text = press(&mut stage, "/8c03a9f0<Enter><Enter>");
        assert!(text.contains("dps --named ffffa405`8c03a9f0"), "{text}");
        let text = press(&mut stage, "m");
        assert!(
            text.contains("db /c 8 ffffa405`8c03a9f0") || text.contains("db ffffa405`8c03a9f0"),
            "{text}"
        );
        let text = press(&mut stage, "m");
        assert!(text.contains("da ffffa405`8c03a9f0"), "{text}");
        let text = press(&mut stage, "m<Backspace>");
        assert!(text.contains("dps --named @$csp"), "{text}");
        stage.close();
    }
}

/// The stack of the demo ran over its end, below which nothing can be read: that is one row, and what is on the stack in sight.
#[test]
fn memory_that_cannot_be_read_is_folded_away() {
    let mut stage = stage("usb", 80, 24, Language::English);
    let text = press(&mut stage, "7");
    let rows: Vec<&str> = text.lines().skip(2).map(str::trim_end).collect();
    assert_eq!(rows[0], "fffffa8c`100cff60  ????????`???????? [+19 lines]", "{text}");
    assert!(rows[1].starts_with("fffffa8c`100d0000  ") && !rows[1].contains('?'), "{text}");
    let text = press(&mut stage, "<Right>");
    assert!(text.contains("fffffa8c`100cff68  ????????`????????"), "{text}");
    stage.close();
}

/// The pane of types begins with the objects that the bug check names: folded where the frame has variables, else the first as
/// it is.
#[test]
fn types_begin_with_what_the_bug_check_names() {
    for (language, said) in
        [(Language::English, "argument 3 of the bug check"), (Language::Chinese, "错误检查的参数 3")]
    {
        let mut readonly = stage("readonly", 80, 24, language);
        let text = press(&mut readonly, "d");
        let rows: Vec<String> = text.lines().skip(2).map(|row| row.split_whitespace().collect()).collect();
        let said: String = said.split_whitespace().collect();
        assert_eq!(rows[0], "nt!_KTRAP_FRAMEfffffa8c`1015d4d0", "{text}");
        assert!(rows[1].starts_with(&said) && rows[1].contains("[+"), "{text}");
        assert!(rows[2].contains("Bitmap="), "{text}");
        let text = press(&mut readonly, "<Right>");
        assert!(text.contains("+0x000 P1Home") && !text.contains("[+7"), "{text}");
        readonly.close();
        let mut guard = stage("scanner-139", 80, 24, language);
        let text = press(&mut guard, "d");
        assert!(text.contains("nt!_KTRAP_FRAME fffffa8c`100dd740"), "{text}");
        assert!(text.contains("   +0x000 P1Home           : 0"), "{text}");
        let text = press(&mut guard, "<End>");
        assert!(text.contains("nt!_EXCEPTION_RECORD fffffa8c`100dd6a0"), "{text}");
        guard.close();
    }
}

/// Where nothing was chosen the pool pane begins with what the frame tells; that of types says what to choose.
#[test]
fn panes_of_what_is_chosen_begin_with_something() {
    let mut wifi = stage("wifi", 80, 24, Language::English);
    let text = press(&mut wifi, "1<BackTab>");
    assert!(text.contains("[p Pool]"), "{text}");
    assert!(text.contains("Register rbx of the frame lies in the pool.") && text.contains("*Filt"), "{text}");
    wifi.close();
    for (language, words) in [(Language::English, "p on an address"), (Language::Chinese, "对地址按 p")] {
        let mut nosyms = stage("nosyms", 80, 24, language);
        let text = press(&mut nosyms, "1<BackTab>");
        let is_told = text.contains(" lies in the pool.") || text.contains("位于池中");
        assert!(is_told || text.contains(words), "{text}");
        let text = press(&mut nosyms, "<BackTab>");
        let guide = if language == Language::English { "lays out by its type" } else { "按类型显示" };
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(guide), "{text}");
        nosyms.close();
    }
}

/// A dump that is opened later has a tab as one that was named; where it cannot be opened the tab says so, and both lead back.
#[test]
fn another_dump_is_opened_as_a_tab() {
    let usb = forge::demo("usb");
    let mut stage = stage("wifi", 80, 24, Language::English);
    stage.run(&format!(".opendump {}; .bugcheck", usb.display())).expect("ran");
    let text = stage.text();
    assert!(text.contains("[||1 ") && text.contains("Bugcheck code 0000007F"), "{text}");
    stage.run("||0s").expect("ran");
    stage.run(".bugcheck").expect("ran");
    let text = stage.text();
    assert!(text.contains("[||0 ") && text.contains("Bugcheck code 0000001E"), "{text}");
    stage.run(".opendump /nowhere/a.dmp").expect("ran");
    let text = stage.text();
    assert!(text.contains("[||2 a.dmp !]") && text.contains("/nowhere/a.dmp"), "{text}");
    // The file that is open already is gone to.
    stage.run("||0s").expect("ran");
    stage.run(&format!(".opendump \"{}\"", usb.display())).expect("ran");
    let text = stage.text();
    assert!(text.contains("[||1 ") && !text.contains("||3"), "{text}");
    stage.close();
}
