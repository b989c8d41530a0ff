//! What the explorer writes to the terminal, in bytes: over a slow line every one of them is waited for. The figures are
//! printed (`cargo test --test terminal bytes -- --nocapture`), and those of the smallest screen held to what a step may take.

use crate::terminal::Terminal;
use std::thread;
use std::time::{Duration, Instant};

/// Going to a pane at 80x24, and scrolling by a line there.
const SWITCH: usize = 2048;
const SCROLL: usize = 500;
/// The key and the number of each pane that a dump has by itself.
const PANES: &str = "234567890";
const FRAME: &[u8] = b"\x1b[?2026h";

/// Until nothing was written for a while that a person would not notice; the bytes that the keys caused.
fn written(terminal: &mut Terminal, keys: &str) -> Vec<u8> {
    let before = terminal.bytes.lock().unwrap().len();
    terminal.press(keys);
    let (mut count, mut since, begun) = (before, Instant::now(), Instant::now());
    while since.elapsed() < Duration::from_millis(300)
        || (count == before && begun.elapsed() < Duration::from_millis(900))
    {
        thread::sleep(Duration::from_millis(10));
        let now = terminal.bytes.lock().unwrap().len();
        if now != count {
            (count, since) = (now, Instant::now());
        }
    }
    terminal.bytes.lock().unwrap()[before..].to_vec()
}

/// Every cell as it is seen: of blanks neither the colour of what is not written nor its weight.
fn cells(terminal: &Terminal) -> Vec<String> {
    let parser = terminal.screen.lock().unwrap();
    let screen = parser.screen();
    let (rows, columns) = screen.size();
    let cell = |row: u16, column: u16| {
        let cell = screen.cell(row, column).expect("a cell");
        let text = if cell.contents().is_empty() { " " } else { cell.contents() };
        let ink = if text == " " { None } else { Some((cell.fgcolor(), cell.bold())) };
        format!(
            "{row},{column} {text:?} {ink:?} {:?} {} {}",
            cell.bgcolor(),
            cell.inverse(),
            cell.underline()
        )
    };
    (0..rows).flat_map(|row| (0..columns).map(move |column| cell(row, column))).collect()
}

/// The terminal shows what it shows when everything is drawn anew.
fn assert_whole(terminal: &mut Terminal, what: &str) {
    let before = cells(terminal);
    let whole = written(terminal, "\x0c");
    assert!(whole.windows(4).any(|window| window == b"\x1b[2J"), "{what}: it is drawn anew");
    for (seen, drawn) in before.iter().zip(cells(terminal)) {
        assert_eq!(*seen, drawn, "{what}");
    }
}

/// The bytes of the longest frame.
fn longest(written: &[u8]) -> usize {
    let starts = (0..written.len()).filter(|at| written[*at..].starts_with(FRAME));
    let ends = starts.clone().skip(1).chain([written.len()]);
    starts.zip(ends).map(|(start, end)| end - start).max().unwrap_or(0)
}

/// Goes through all panes twice, the second time when they are filled, and scrolls in each by a line, down and up.
fn measure(case: &str, language: &str, columns: u16, rows: u16) -> Vec<(String, usize)> {
    let mut terminal = Terminal::open(columns, rows, &["--demo", case, "--lang", language], &[]);
    terminal.wait_for(if language == "en" { "VERDICT: " } else { "结论：" });
    terminal.wait_for_silence();
    terminal.enter_panes();
    let mut figures = Vec::new();
    for key in PANES.chars() {
        let first = written(&mut terminal, &key.to_string());
        figures.push((format!("{key} first frame"), longest(&first)));
    }
    written(&mut terminal, "1");
    for key in PANES.chars().chain(['1']) {
        let cost = written(&mut terminal, &key.to_string()).len();
        figures.push((format!("{key} switch"), cost));
        assert_whole(&mut terminal, &format!("{case} {language} {columns}x{rows}, pane {key}"));
        // To the last row in sight; what is shorter does not scroll.
        written(&mut terminal, &"j".repeat(usize::from(rows)));
        for (step, way) in [("j", "down"), ("j", "down"), ("k", "up")] {
            let keys = if way == "up" { "k".repeat(usize::from(rows)) } else { String::new() };
            written(&mut terminal, &keys);
            let cost = written(&mut terminal, step).len();
            figures.push((format!("{key} scroll {way}"), cost));
        }
        assert_whole(&mut terminal, &format!("{case} {language} {columns}x{rows}, pane {key} scrolled"));
    }
    terminal.leave();
    println!("{case} {language} {columns}x{rows}");
    for (what, bytes) in &figures {
        println!("  {what:<16}{bytes:>6}");
    }
    figures
}

fn hold(figures: &[(String, usize)]) {
    for (what, bytes) in figures {
        let most = if what.contains("scroll") { SCROLL } else { SWITCH };
        assert!(*bytes < most, "{what}: {bytes} bytes");
    }
    assert!(figures.iter().filter(|(what, bytes)| what.contains("scroll") && *bytes > 0).count() > 6);
}

/// Side by side, for most of the time is waiting. On a large screen panes stand beside one another, of which none can be moved
/// alone: its figures are printed, not held.
#[test]
fn a_step_costs_little_and_draws_what_all_would() {
    thread::scope(|scope| {
        scope.spawn(|| hold(&measure("wifi", "en", 80, 24)));
        scope.spawn(|| hold(&measure("readonly", "zh-CN", 80, 24)));
        scope.spawn(|| measure("wifi", "en", 200, 60));
    });
}
