//! What the panes show, and where they lead.

use crate::terminal::Terminal;

/// The demo's threads and processes are those of its record, `tests/data/wifi.truth.json`: explorer.exe is the process at
/// ffffa4058c020050, and the thread at ffffa4058c02b050 waits for a resource.
#[test]
fn the_threads_pane_moves_the_stack_and_the_registers() {
    let mut terminal = Terminal::open(120, 36, &["--demo", "wifi"], &[]);
    terminal.wait_for("VERDICT: ");
    terminal.press("\x1b9");
    terminal.wait_for("9 Threads");
    terminal.wait_for("ffffa4058c02b050");
    terminal.press("/c02b050\r\r");
    terminal.wait_for("thread ffffa405`8c02b050");
    terminal.wait_until("the mark", |terminal| {
        terminal.contents().lines().any(|line| line.starts_with('>') && line.contains("ffffa4058c02b050"))
    });
    terminal.wait_for("nt!ExpWaitForResource");
    terminal.leave();
}

/// What wlanflt.sys overwrote, as the demo's record has it: pTOS is ffffa4058c03abe8, in the block ffffa4058c03a9e0 of the pool
/// with the tag Filt.
#[test]
fn a_frames_variable_leads_to_its_type_and_its_pool_block() {
    for (columns, rows, language) in [(80, 24, "en"), (120, 40, "en"), (160, 50, "en"), (200, 60, "zh-CN")] {
        let mut terminal = Terminal::open(columns, rows, &["--demo", "wifi", "--lang", language], &[]);
        terminal.wait_for("wlanflt");
        terminal.press("\x1b3");
        terminal.wait_for(">11 ");
        terminal.press("d");
        terminal.wait_for("pTOS = 0xffffa405`8c03abe8");
        terminal.press("/pTOS\r\r");
        terminal.wait_for("+0x000 pRoutine         : 0x00000032`00360035");
        terminal.press("p");
        terminal.wait_for("*ffffa4058c03a9e0 size:  280");
        // Who uses the tag is one step away, and all steps lead back.
        terminal.press("\x1b[B\r");
        terminal.wait_for("wlanflt             2 hits");
        terminal.press("\x7f\x7f\x7f");
        terminal.wait_for("pTOS = 0xffffa405`8c03abe8");
        terminal.leave();
    }
}

/// At 110 columns the stack stands beside the active pane; how the user arranged the screen is there the next time.
#[test]
fn the_screen_is_arranged_as_it_was_left() {
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/arranged");
    let _ = std::fs::remove_file(file);
    let border = |terminal: &Terminal| {
        let screen = terminal.contents();
        screen.lines().nth(5).and_then(|line| line.chars().position(|c| c == '|'))
    };
    let mut seen = Vec::new();
    for keys in ["\t((", "\tz", "\tz"] {
        let mut terminal = Terminal::open(110, 30, &["--demo", "wifi"], &[("DUMPSCOPE_LAYOUT", file)]);
        terminal.wait_for("VERDICT: ");
        terminal.wait_for_silence();
        seen.push(border(&terminal));
        terminal.press(keys);
        terminal.wait_for_silence();
        terminal.leave();
    }
    let split = |percent: usize| Some(110 - 110 * percent / 100 - 1);
    assert_eq!(seen, [split(45), split(55), None]);
    // What makes no sense is as it was for everybody, the rest as it was left.
    std::fs::write(file, "zoom = \u{1b}\nsplit = 30\nnonsense").expect("written");
    let mut terminal = Terminal::open(110, 30, &["--demo", "wifi"], &[("DUMPSCOPE_LAYOUT", file)]);
    terminal.wait_for("VERDICT: ");
    terminal.wait_for_silence();
    assert_eq!(border(&terminal), split(30));
    terminal.leave();
}

/// Divided by one run, found so and made one again by the next, and found so by the third.
#[test]
fn a_pane_is_divided_and_stays_so() {
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/divided");
    let _ = std::fs::remove_file(file);
    for (language, keys) in [("en", "\t7V"), ("zh-CN", "\t7V"), ("en", "")] {
        let mut terminal =
            Terminal::open(160, 50, &["--demo", "wifi", "--lang", language], &[("DUMPSCOPE_LAYOUT", file)]);
        terminal.wait_for("wlanflt.sys");
        terminal.wait_for_silence();
        let halves = |terminal: &Terminal| {
            let screen = terminal.contents();
            ["7.1 ", "7.2 "].map(|half| screen.contains(half))
        };
        assert_eq!(halves(&terminal), [language == "zh-CN"; 2], "{language} {keys}");
        terminal.press(keys);
        terminal.wait_for_silence();
        assert_eq!(halves(&terminal), [language == "en" && !keys.is_empty(); 2], "{language} {keys}");
        terminal.leave();
    }
}

/// The threads have seven columns, of which 57 columns of the terminal hold four: a thread's address, state and reason stay.
#[test]
fn columns_that_have_no_room_are_left_out_until_w_shows_them() {
    for (language, said) in [("en", "all columns"), ("zh-CN", "显示所有列")] {
        let mut terminal = Terminal::open(120, 36, &["--demo", "wifi", "--lang", language], &[]);
        terminal.wait_for("wlanflt.sys");
        terminal.press("\x1b9");
        terminal.wait_for("ffffa4058c02b050 Waiting WrResource");
        let heading = |terminal: &Terminal| {
            let screen = terminal.contents();
            screen.lines().find(|line| line.contains("Process  ")).unwrap_or_default().to_owned()
        };
        assert!(
            heading(&terminal).contains("Thread           State   Reason          +3"),
            "{}",
            heading(&terminal)
        );
        terminal.press("w");
        terminal.wait_for(said);
        terminal.wait_for("Id State     Time");
        terminal.press("w");
        terminal.wait_for("ffffa4058c02b050 Waiting WrResource");
        // Alone on the screen the pane has room for all.
        terminal.press("z");
        terminal.wait_for("ffffa4058c02b050  34 Waiting 1s.437 WrResource");
        terminal.leave();
    }
}

#[test]
fn the_processes_pane_shows_a_process() {
    let mut terminal = Terminal::open(80, 24, &["--demo", "wifi"], &[]);
    terminal.wait_for("wlanflt.sys");
    terminal.press("\x1b0");
    terminal.wait_for("services.exe");
    terminal.press("/explorer.exe\r\r");
    terminal.wait_for("PROCESS ffffa4058c020050");
    terminal.wait_for("[8 Cmd]");
    terminal.press("\x1b[F");
    terminal.wait_for("explorer!ServicePool");
    terminal.press("\x7f");
    terminal.wait_for("[0 Proc]");
    terminal.leave();
}

/// Each of the demo's two queues with ready threads holds one, whose line takes two rows of 80 columns and one of 160.
#[test]
fn sections_fold_and_a_search_unfolds_them() {
    for (columns, rows, language, hidden) in
        [(80, 24, "en", "[+2 lines]"), (160, 50, "en", "[+1 line]"), (80, 24, "zh-CN", "[+2 行]")]
    {
        let mut terminal = Terminal::open(columns, rows, &["--demo", "wifi", "--lang", language], &[]);
        terminal.wait_for("wlanflt.sys");
        terminal.press("!ready\r");
        terminal.wait_for("Processor 1: Ready Threads at priority 9");
        terminal.press("\x1b8/priority 10\r-");
        terminal.wait_for(&format!("Ready Threads at priority 10 {hidden}"));
        let screen = terminal.contents();
        assert!(!screen.contains("Cid 0004.0044") && screen.contains("Cid 0004.0040"), "{screen}");
        // What is folded is found, and unfolded there.
        terminal.press("/Cid 0004.0044\r");
        terminal.wait_for("    THREAD ffffa4058c031050  Cid 0004.0044");
        terminal.press("_");
        terminal.wait_for("0: kd> !ready [+");
        assert!(!terminal.contents().contains("Ready Threads"), "{}", terminal.contents());
        terminal.press("*");
        terminal.wait_for("Cid 0004.0044");
        terminal.press(":.echo done\r");
        terminal.wait_for("\ndone");
        terminal.leave();
    }
}

/// The analysis opens with its arguments and facts in sight; its prose is broken for the width, its parts are the same.
#[test]
fn the_analysis_folds_on_every_size() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut terminal = Terminal::open(columns, rows, &["--demo", "scanner-1a"], &[]);
        // The verdict comes first, whatever the size.
        terminal.wait_for("VERDICT: ");
        terminal.wait_for_silence();
        // Not with Esc, which stops what still runs.
        terminal.enter_panes();
        terminal.press("_");
        terminal.press("/Facts\r");
        terminal.wait_until("the folds", |terminal| {
            let screen = terminal.contents();
            screen.contains("Facts [+") && !screen.contains("Arg4: ")
        });
        terminal.press("/Arg4\r");
        terminal.wait_for("Arg4: ");
        terminal.press("/Facts\r");
        terminal.wait_for("Facts [+");
        terminal.press("*");
        // Beside it frames that repeat are folded.
        let of_analysis = |line: &str| line.split('|').next().unwrap_or_default().contains("[+");
        terminal.wait_until("all facts", |terminal| !terminal.contents().lines().any(of_analysis));
        terminal.press(":q\r");
        assert!(terminal.end().success());
    }
}

#[test]
fn panes_scroll() {
    let mut terminal = Terminal::explore(80, 12, &[]);
    terminal.press(".help\r\t8");
    terminal.wait_for("[8 Cmd]");
    // A long answer is shown from its beginning.
    terminal.wait_for("kd> .help");
    assert!(!terminal.contents().contains("Ends the session"));
    terminal.press("\x1b[F");
    terminal.wait_for("Ends the session");
    terminal.press("\x1b[H");
    terminal.wait_until("the first page", |terminal| !terminal.contents().contains("Ends the session"));
    terminal.press(":.help\r\t8");
    terminal.wait_for("kd> .help");
    terminal.press("\x1b[6~");
    terminal.wait_until("next page", |terminal| !terminal.contents().contains("kd> .help"));
    terminal.press("\x1b[F");
    terminal.wait_for("Ends the session");
}

/// Calls do not preserve rax, rcx and rdx (the x64 calling convention), so that nobody knows them in an outer frame; its
/// stack pointer follows from the unwinding.
#[test]
fn a_selected_frame_is_marked_and_its_unknown_registers_are_shown_as_such() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut terminal = Terminal::open(columns, rows, &["--demo", "wifi"], &[]);
        terminal.wait_for("[1 Analysis]");
        terminal.press("\x1b3");
        // What called the code that is none.
        terminal.wait_for(">11 ");
        terminal.wait_for("frame 11  ");
        terminal.press(":.frame 1\r");
        terminal.wait_for("frame 01  ");
        terminal.wait_for(">01 ");
        assert!(!terminal.contents().contains(">11 "), "{}", terminal.contents());
        terminal.press("\x1b4");
        terminal.wait_for("rax=?  ");
        let screen = terminal.contents();
        assert!(screen.contains("rcx=? ") && screen.contains("rdx=? "), "{screen}");
        assert!(screen.contains("rsp=ffff"), "{screen}");
        terminal.wait_for("not recovered in this frame");
        // Another frame's mark goes with it.
        terminal.press(":.frame 0\r");
        terminal.wait_for("frame 00  ");
        terminal.wait_until("its registers", |terminal| !terminal.contents().contains("rax=?"));
        terminal.leave();
    }
}

/// What was not recovered is the registers pane's to say; values of an inner frame stand nowhere.
#[test]
fn following_a_frame_selects_it_without_its_registers_in_the_console() {
    let mut terminal = Terminal::open(160, 50, &["--demo", "wifi"], &[]);
    terminal.wait_for(">11 ");
    terminal.press("\x1b3");
    terminal.press("\x1b[A\r");
    terminal.wait_for("frame 10  ");
    terminal.wait_for("> .frame 10");
    let screen = terminal.contents();
    assert!(!screen.contains(".frame /r"), "{screen}");
    terminal.leave();
}

/// Each case of the record with the frame that its verdict looks at, as `k` numbers the stack of the crash: what called the text
/// that is no code, and the driver that is suspected. Back and forward go between what was selected.
#[test]
fn opening_lands_on_the_frame_of_the_verdict() {
    for (demo, frame, place) in [
        ("wifi", "11", "nwifi!Dot11SendCompletion+0x45"),
        ("scanner-1a", "0c", "vscan!VSSwapTable+0x136d"),
        ("scanner-139", "05", "vscan!VSSwapTable+0x13b2"),
    ] {
        let mut terminal = Terminal::open(80, 24, &["--demo", demo], &[]);
        terminal.wait_for(&format!("frame {frame}  "));
        terminal.press("\x1b3");
        terminal.wait_until("the frame in sight", |terminal| {
            let screen = terminal.contents();
            screen.lines().any(|line| line.starts_with(&format!(">{frame} ")) && line.contains(place))
        });
        terminal.press(":.frame 1\r");
        terminal.wait_for("frame 01  ");
        terminal.press("\x1b");
        terminal.wait_for("Tab pane");
        terminal.press("\x7f");
        terminal.wait_for(&format!("frame {frame}  "));
        terminal.press("\x1b[1;3C");
        terminal.wait_for("frame 01  ");
        terminal.press(":q\r");
        assert!(terminal.end().success());
    }
}

#[test]
fn the_stack_of_a_large_screen_has_stack_pointers_and_offsets() {
    let mut terminal = Terminal::open(160, 50, &["--demo", "wifi"], &[]);
    terminal.wait_for("# Child-SP");
    terminal.wait_until("offset", |terminal| {
        let screen = terminal.contents();
        let row = screen.lines().find(|line| line.contains("nt!KiExceptionDispatch+0x"));
        row.is_some_and(|row| row.contains("`"))
    });
}

/// Every pane of an image has something of the image to show.
#[test]
fn an_image_fills_the_panes() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut terminal = Terminal::open(columns, rows, &["tests/data/symbols/driver.sys"], &[]);
        for (pane, shown) in [
            ("1 Image", "ModLoad:"),
            ("2 Sections", "SECTION HEADER #1"),
            ("3 Names", "driver!"),
            ("4 Header", "FILE HEADER VALUES"),
            ("5 Code", "driver!DriverEntry:"),
            ("6 Modules", "module name"),
            ("7 Memory", "00000001`40000000 "),
            ("8 Command", "ModLoad:"),
        ] {
            terminal.wait_for("driver.sys  Native image  x64");
            terminal.press(&format!("\x1b{}", &pane[..1]));
            terminal.wait_for(&format!("[{pane}]"));
            terminal.wait_for(shown);
        }
        terminal.press(":k\r");
        terminal.wait_for("driver.sys is an image, no dump");
        terminal.leave();
    }
}

/// Every pane of real dumps, on a small and on a large screen.
#[test]
fn panes_of_real_dumps_are_full() {
    let Some(folder) = crate::shared::shared("dumps") else { return };
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut dumps: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    dumps.retain(|path| path.extension().is_some_and(|extension| extension == "dmp"));
    dumps.sort();
    for (number, dump) in dumps.iter().enumerate() {
        let (columns, rows) = if number % 2 == 0 { (80, 24) } else { (160, 50) };
        let dump = dump.to_str().expect("a name");
        let mut terminal = Terminal::open(columns, rows, &[dump], &[]);
        for pane in [
            "1 Analysis",
            "2 CPUs",
            "3 Stack",
            "4 Regs",
            "5 Code",
            "6 Mod",
            "7 Mem",
            "8 C",
            "9 Thr",
            "0 Proc",
        ] {
            terminal.wait_for("1 Analysis");
            terminal.press(&format!("\x1b{}", &pane[..1]));
            terminal.wait_for(&format!("[{pane}"));
            terminal.wait_until("its lines", |terminal| {
                let screen = terminal.contents();
                let body: Vec<&str> = screen.lines().skip(2).take(usize::from(rows) - 4).collect();
                body.iter().any(|line| !line.trim().is_empty())
                    && !body.iter().any(|line| line.trim() == "...")
            });
            let screen = terminal.contents();
            assert!(!screen.contains("dumpscope itself failed"), "{dump}, {pane}:\n{screen}");
            assert!(!screen.contains("no command"), "{dump}, {pane}:\n{screen}");
        }
        terminal.leave();
    }
}

/// A pane breaks Chinese by columns, between characters, and the frame beside it stays where it is.
#[test]
fn chinese_explanations_fit_a_pane() {
    let mut terminal = Terminal::open(160, 50, &["--demo", "wifi", "--lang", "zh-CN"], &[]);
    terminal.wait_for("首先查看");
    terminal.wait_for("的异常。");
    let contents = terminal.contents();
    let row = contents.lines().find(|row| row.starts_with("内核模式代码")).expect("the summary");
    let (summary, _) = row.split_once('|').expect("the frame beside it");
    // A column stays free beside the next pane, which half a character does not fill.
    assert_eq!(summary, "内核模式代码引发了未被任何处理程序捕  ");
    assert!(contents.lines().any(|row| row.starts_with("  获的异常。")), "{contents}");
    terminal.leave();
}
