//! A screen as a vector picture: a grid in which a cell is 3 wide and 6 high, and text of size 5, whose characters are
//! then as wide as a cell in most fonts of one width; the others are told how long each piece is.

use super::super::theme::{Theme, ThemeName};
use super::text::row;
use crate::util::markup::escaped;
use crate::util::width::columns;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// A cell's size in the picture's own units.
const WIDTH: usize = 3;
const HEIGHT: usize = 6;
/// How many pixels a unit is.
const SCALE: usize = 3;
/// Blanks in a row from which on a piece of text ends.
const GAP: usize = 3;

/// Colours of a terminal's own sixteen, as xterm has them.
const SIXTEEN: [u32; 16] = [
    0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5, 0x7f_7f7f,
    0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff,
];

/// How a cell looks in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    ink: u32,
    paper: u32,
    bold: bool,
    underlined: bool,
}

/// The colours of a terminal that a theme is for.
fn terminal(theme: &Theme) -> (u32, u32) {
    match theme.name {
        ThemeName::Light => (0x1f_2328, 0xff_ffff),
        ThemeName::HighContrast => (0xff_ffff, 0x00_0000),
        ThemeName::Dark | ThemeName::Sixteen | ThemeName::Plain => (0xd4_d4d4, 0x1c_1c1c),
    }
}

/// Red, green and blue of a colour; of the terminal's own the given one. The cube and the greys of 256 colours are xterm's.
fn rgb(color: Color, own: u32) -> u32 {
    let sixteen = |at: usize| SIXTEEN.get(at).copied().unwrap_or(own);
    match color {
        Color::Reset => own,
        Color::Rgb(red, green, blue) => u32::from_be_bytes([0, red, green, blue]),
        Color::Indexed(at @ 16..=231) => {
            let level = |digit: u8| if digit == 0 { 0 } else { 55 + 40 * digit };
            let at = at - 16;
            u32::from_be_bytes([0, level(at / 36), level(at / 6 % 6), level(at % 6)])
        }
        Color::Indexed(at @ 232..) => u32::from(8 + 10 * (at - 232)) * 0x01_0101,
        Color::Indexed(at) => sixteen(usize::from(at)),
        Color::Black => sixteen(0),
        Color::Red => sixteen(1),
        Color::Green => sixteen(2),
        Color::Yellow => sixteen(3),
        Color::Blue => sixteen(4),
        Color::Magenta => sixteen(5),
        Color::Cyan => sixteen(6),
        Color::Gray => sixteen(7),
        Color::DarkGray => sixteen(8),
        Color::LightRed => sixteen(9),
        Color::LightGreen => sixteen(10),
        Color::LightYellow => sixteen(11),
        Color::LightBlue => sixteen(12),
        Color::LightMagenta => sixteen(13),
        Color::LightCyan => sixteen(14),
        Color::White => sixteen(15),
    }
}

fn look(cell: &Cell, (ink, paper): (u32, u32)) -> Look {
    let (ink, paper) = (rgb(cell.fg, ink), rgb(cell.bg, paper));
    let has = |modifier| cell.modifier.contains(modifier);
    let (ink, paper) = if has(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) };
    Look { ink, paper, bold: has(Modifier::BOLD), underlined: has(Modifier::UNDERLINED) }
}

/// Cells beside each other that look alike.
struct Piece {
    column: usize,
    columns: usize,
    text: String,
    look: Look,
}

fn pieces(buffer: &Buffer, number: u16, own: (u32, u32)) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (column, cell) in row(buffer, number) {
        let (look, width) = (look(cell, own), columns(cell.symbol()).max(1));
        match pieces.last_mut().filter(|piece| piece.look == look) {
            Some(piece) => {
                piece.text.push_str(cell.symbol());
                piece.columns += width;
            }
            None => {
                let text = cell.symbol().to_owned();
                pieces.push(Piece { column: usize::from(column), columns: width, text, look });
            }
        }
    }
    pieces
}

/// The picture.
pub(super) fn of(buffer: &Buffer, theme: &Theme) -> String {
    let own = terminal(theme);
    let (wide, high) = (usize::from(buffer.area.width) * WIDTH, usize::from(buffer.area.height) * HEIGHT);
    let mut classes = Classes::default();
    let (mut papers, mut texts) = (String::new(), String::new());
    for number in 0..buffer.area.height {
        let top = usize::from(number) * HEIGHT;
        for piece in pieces(buffer, number, own) {
            let (x, w) = (piece.column * WIDTH, piece.columns * WIDTH);
            if piece.look.paper != own.1 {
                let class = classes.of(format!("fill:#{:06x}", piece.look.paper));
                // Text of a formatter into a string cannot fail.
                let _ = write!(
                    papers,
                    "<rect x=\"{x}\" y=\"{top}\" width=\"{w}\" height=\"{HEIGHT}\" class=\"{class}\"/>"
                );
            }
            for (skipped, text) in words(&piece.text) {
                let class = classes.of(style(&piece.look));
                let (x, length) = (x + skipped * WIDTH, columns(text) * WIDTH);
                let y = top + HEIGHT - 1;
                let _ = write!(
                    texts,
                    "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" class=\"{class}\">{}</text>",
                    escaped(text)
                );
            }
        }
        texts.push('\n');
    }
    let family =
        "'DejaVu Sans Mono',ui-monospace,Menlo,Consolas,'Noto Sans Mono CJK SC','Microsoft YaHei',monospace";
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{}\" height=\"{}\" \
         font-family=\"{family}\" font-size=\"5\" xml:space=\"preserve\">\n<style>text{{white-space:pre}}",
        wide * SCALE,
        high * SCALE,
    );
    for (at, style) in classes.0.iter().enumerate() {
        let _ = write!(svg, ".{}{{{style}}}", Classes::name(at));
    }
    let _ = write!(
        svg,
        "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#{:06x}\"/>\n{papers}\n{texts}</svg>\n",
        own.1
    );
    svg
}

fn style(look: &Look) -> String {
    let mut style = format!("fill:#{:06x}", look.ink);
    if look.bold {
        style.push_str(";font-weight:bold");
    }
    if look.underlined {
        style.push_str(";text-decoration:underline");
    }
    style
}

/// The parts of a text without long runs of blanks, each with the columns before it.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut before, mut rest) = (0, text);
    let gap = " ".repeat(GAP);
    loop {
        let start = rest.len() - rest.trim_start_matches(' ').len();
        let (_, part) = rest.split_at(start);
        before += start;
        if part.is_empty() {
            return parts;
        }
        let (word, after) = part.split_at(part.find(&gap).unwrap_or(part.len()));
        parts.push((before, word.trim_end_matches(' ')));
        before += columns(word);
        rest = after;
    }
}

/// Styles by name.
#[derive(Default)]
struct Classes(Vec<String>);

impl Classes {
    fn of(&mut self, style: String) -> String {
        let at = self.0.iter().position(|known| *known == style).unwrap_or_else(|| {
            self.0.push(style);
            self.0.len() - 1
        });
        Classes::name(at)
    }

    fn name(at: usize) -> String {
        format!("c{at:x}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::theme::ThemeName;
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn every_piece_stands_in_its_cell() {
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: 20, height: 2 });
        buffer.set_string(0, 0, "驱动 <a&b>     end", Style::new());
        buffer.set_string(2, 1, "bar", Style::new().add_modifier(Modifier::REVERSED));
        let svg = of(&buffer, &Theme::new(ThemeName::Dark));
        assert!(
            svg.contains("<text x=\"0\" y=\"5\" textLength=\"30\" class=\"c0\">驱动 &lt;a&amp;b&gt;</text>"),
            "{svg}"
        );
        assert!(svg.contains("<text x=\"45\" y=\"5\" textLength=\"9\" class=\"c0\">end</text>"), "{svg}");
        assert!(svg.contains("<rect x=\"6\" y=\"6\" width=\"9\" height=\"6\" class=\"c0\"/>"), "{svg}");
        assert!(svg.contains(".c0{fill:#d4d4d4}.c1{fill:#1c1c1c}"), "{svg}");
    }

    #[test]
    fn colours_are_those_of_256() {
        assert_eq!(rgb(Color::Indexed(110), 0), 0x87_afd7);
        assert_eq!(rgb(Color::Indexed(243), 0), 0x76_7676);
        assert_eq!(rgb(Color::Reset, 7), 7);
    }
}
