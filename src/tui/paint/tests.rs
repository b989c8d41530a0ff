//! What is written is held to a terminal of its own (vt100), cell by cell.

use super::*;
use proptest::prelude::*;
use ratatui::style::{Color, Modifier, Style};

/// A terminal with the painter that writes to it.
struct Bench {
    terminal: vt100::Parser,
    painter: Painter,
}

impl Bench {
    fn new(width: u16, height: u16) -> Bench {
        Bench { terminal: vt100::Parser::new(height, width, 0), painter: Painter::default() }
    }

    /// Paints, compares every cell, and says how many bytes it took.
    fn show(&mut self, next: &Buffer, cursor: Option<Position>) -> usize {
        let text = self.painter.paint(next.clone(), cursor);
        self.terminal.process(text.as_bytes());
        let screen = self.terminal.screen();
        assert_eq!(screen.hide_cursor(), cursor.is_none());
        if let Some(place) = cursor {
            assert_eq!(screen.cursor_position(), (place.y, place.x), "{text:?}");
        }
        for y in 0..next.area.height {
            let mut x = 0;
            while x < next.area.width {
                let wanted = &next[(x, y)];
                let seen = screen.cell(y, x).expect("a cell");
                let shown = if seen.contents().is_empty() { " " } else { seen.contents() };
                assert_eq!(shown, wanted.symbol(), "{x},{y} after {text:?}");
                assert_eq!(seen.bgcolor(), of(wanted.bg), "{x},{y} after {text:?}");
                assert_eq!(
                    seen.inverse(),
                    wanted.modifier.contains(Modifier::REVERSED),
                    "{x},{y} after {text:?}"
                );
                assert_eq!(
                    seen.underline(),
                    wanted.modifier.contains(Modifier::UNDERLINED),
                    "{x},{y} after {text:?}"
                );
                if wanted.symbol() != " " {
                    assert_eq!(seen.fgcolor(), of(wanted.fg), "{x},{y} after {text:?}");
                    assert_eq!(
                        seen.bold(),
                        wanted.modifier.contains(Modifier::BOLD),
                        "{x},{y} after {text:?}"
                    );
                }
                x += if crate::util::width::columns(wanted.symbol()) > 1 { 2 } else { 1 };
            }
        }
        text.len()
    }
}

fn of(color: Color) -> vt100::Color {
    match color {
        Color::Indexed(number) => vt100::Color::Idx(number),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        Color::Red => vt100::Color::Idx(1),
        Color::White => vt100::Color::Idx(15),
        _ => vt100::Color::Default,
    }
}

fn lines<'t>(texts: impl IntoIterator<Item = &'t str>) -> Buffer {
    let texts: Vec<&str> = texts.into_iter().collect();
    let mut buffer = blank(20, u16::try_from(texts.len()).expect("few"));
    for (text, y) in texts.iter().zip(0..) {
        buffer.set_string(0, y, text, Style::new());
    }
    buffer
}

#[test]
fn nothing_is_written_where_nothing_changes() {
    let mut bench = Bench::new(20, 3);
    let screen = lines(["one", "two", "three"]);
    assert!(bench.show(&screen, None) > 0);
    assert_eq!(bench.show(&screen, None), 0);
    let place = Some(Position { x: 3, y: 1 });
    bench.show(&screen, place);
    assert_eq!(bench.show(&screen, place), 0);
    // Unless nobody knows any more what the terminal shows.
    bench.painter.forget();
    bench.terminal.process(b"\x1b[2;2Hnoise");
    assert!(bench.show(&screen, place) > 13);
}

#[test]
fn a_changed_character_costs_a_move_and_itself() {
    let mut bench = Bench::new(20, 2);
    bench.show(&lines(["one", "two"]), None);
    assert_eq!(bench.show(&lines(["one", "too"]), None), "\x1b[2;2Ho".len());
}

/// The row that comes, and the moving of all others: a screen that stays, rows of 18 different characters each.
#[test]
fn rows_that_move_are_not_written_again() {
    let rows: Vec<String> =
        (0..30).map(|row| format!("{row:>2} abcdefghijklmn{}", "xyz".repeat(row % 2))).collect();
    let window = |from: usize| {
        let body = rows[from..from + 10].iter().map(String::as_str);
        lines(["a heading", "another"].into_iter().chain(body).chain(["the end"]))
    };
    let mut bench = Bench::new(20, 13);
    bench.show(&window(5), None);
    for from in [6, 5, 7, 4, 4, 9] {
        let cost = bench.show(&window(from), None);
        assert!(cost < 30 + 20 * 5, "{cost} bytes to row {from}");
    }
    bench.show(&window(6), None);
    assert!(bench.show(&window(7), None) < 50);
}

#[test]
fn what_ends_early_is_erased() {
    let mut bench = Bench::new(20, 2);
    bench.show(&lines(["abcdefghijklmnopqrst", "abcdefghijklmnopqrst"]), None);
    assert!(bench.show(&lines(["ab", "abcdefghijklmnopqrst"]), None) < 12);
}

/// A character whose width terminals do not agree about is followed by a move to a place, not by the next character.
#[test]
fn nothing_relies_on_an_uncertain_width() {
    let mut bench = Bench::new(20, 1);
    let mut buffer = blank(20, 1);
    buffer.set_string(0, 0, "“abc” …x e\u{301}y", Style::new());
    bench.show(&buffer, None);
    let mut painter = Painter::default();
    let text = painter.paint(buffer, None);
    for (character, next) in [("“", 2), ("”", 7), ("…", 8), ("e\u{301}", 11)] {
        assert!(text.contains(&format!("{character}\x1b[;{next}H")), "{text:?}");
    }
}

#[test]
fn screens_without_room_are_painted() {
    for (width, height) in [(0, 0), (1, 1), (0, 5), (2, 1)] {
        let mut painter = Painter::default();
        let mut buffer = blank(width, height);
        if buffer.area.area() > 0 {
            buffer[(0, 0)].set_symbol("驱");
        }
        painter.paint(buffer.clone(), None);
        painter.paint(buffer, None);
    }
}

fn styles() -> impl Strategy<Value = Style> {
    let colour = prop_oneof![
        Just(Color::Reset),
        Just(Color::Indexed(110)),
        Just(Color::Indexed(7)),
        Just(Color::Red),
        Just(Color::White),
        Just(Color::Rgb(1, 2, 3)),
    ];
    let modifiers = proptest::bits::u8::between(0, 4).prop_map(|bits| {
        let all = [Modifier::BOLD, Modifier::UNDERLINED, Modifier::REVERSED, Modifier::ITALIC];
        all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, it)| *it).collect::<Modifier>()
    });
    (colour.clone(), colour, modifiers)
        .prop_map(|(fg, bg, modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifier))
}

/// Something that changes a screen: text at a place, or all rows moved.
#[derive(Debug, Clone)]
enum Change {
    Text(u16, u16, String, Style),
    Paint(u16, u16, u16, Style),
    Move(usize),
    Empty,
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (0..24u16, 0..9u16, "[a-c 驱动é“e\u{301}]{0,24}", styles()).prop_map(|(x, y, text, style)| Change::Text(x, y, text, style)),
        2 => (0..24u16, 0..9u16, 0..24u16, styles()).prop_map(|(x, y, width, style)| Change::Paint(x, y, width, style)),
        2 => (0..9usize).prop_map(Change::Move),
        1 => Just(Change::Empty),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_terminal_shows_what_was_painted(
        frames in prop::collection::vec((prop::collection::vec(changes(), 0..8), prop::option::of((0..24u16, 0..9u16))), 1..8)
    ) {
        let mut bench = Bench::new(24, 9);
        let mut screen = blank(24, 9);
        for (changes, cursor) in frames {
            for change in changes {
                match change {
                    Change::Text(x, y, text, style) => {
                        screen.set_string(x, y, text, style);
                    }
                    Change::Paint(x, y, width, style) => {
                        screen.set_style(Rect { x, y, width: width.min(24 - x), height: 1 }, style);
                    }
                    Change::Move(rows) => screen.content.rotate_left(rows * 24),
                    Change::Empty => screen.reset(),
                }
            }
            whole(&mut screen);
            bench.show(&screen, cursor.map(|(x, y)| Position { x, y }));
        }
    }
}

/// Halves of wide characters that were written over are none, as drawing never leaves any.
fn whole(screen: &mut Buffer) {
    for row in screen.content.chunks_mut(24) {
        for x in 0..row.len() {
            if crate::util::width::columns(row[x].symbol()) > 1 {
                match row.get(x + 1) {
                    Some(next) if next.symbol() == " " => {
                        let style = row[x].style();
                        row[x + 1].set_style(style);
                    }
                    _ => {
                        row[x].set_symbol(" ");
                    }
                }
            }
        }
    }
}
