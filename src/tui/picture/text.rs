//! A screen as text.

use crate::util::width::columns;
use ratatui::buffer::{Buffer, Cell};

/// The cells of a row with their columns; the second one of a wide character is left out.
pub(super) fn row(buffer: &Buffer, row: u16) -> impl Iterator<Item = (u16, &Cell)> {
    let mut next = 0;
    (0..buffer.area.width).filter_map(move |column| {
        if column < next {
            return None;
        }
        let cell = buffer.cell((column, row))?;
        next = column + u16::try_from(columns(cell.symbol())).unwrap_or(1).max(1);
        Some((column, cell))
    })
}

/// A line a row, without blanks at its end.
pub(super) fn of(buffer: &Buffer) -> String {
    let mut text = String::new();
    for number in 0..buffer.area.height {
        let line: String = row(buffer, number).map(|(_, cell)| cell.symbol()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A letter a cell for how it looks, a line a row, and then what each letter stands for. Cells like the first one, and
/// blanks at the end of a row, are dots.
pub(super) fn looks(buffer: &Buffer) -> String {
    let mut known: Vec<String> = vec![look(&Cell::default())];
    let mut text = String::new();
    for number in 0..buffer.area.height {
        let mut line = String::new();
        for (_, cell) in row(buffer, number) {
            let look = look(cell);
            let at = known.iter().position(|it| *it == look).unwrap_or_else(|| {
                known.push(look);
                known.len() - 1
            });
            line.push(letter(at));
        }
        text.push_str(line.trim_end_matches(letter(0)));
        text.push('\n');
    }
    for (at, look) in known.iter().enumerate().skip(1) {
        text.push_str(&format!("{} {look}\n", letter(at)));
    }
    text
}

fn look(cell: &Cell) -> String {
    format!("{} on {} {:?}", cell.fg, cell.bg, cell.modifier)
}

fn letter(at: usize) -> char {
    match u8::try_from(at) {
        Ok(0) => '.',
        Ok(at @ 1..=26) => char::from(b'a' + at - 1),
        Ok(at @ 27..=52) => char::from(b'A' + at - 27),
        _ => '#',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    #[test]
    fn wide_characters_take_one_place_in_the_text() {
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: 8, height: 2 });
        buffer.set_string(0, 0, "驱动 x", Style::new().fg(Color::Red));
        buffer.set_string(0, 1, "y", Style::new());
        assert_eq!(of(&buffer), "驱动 x\ny\n");
        assert_eq!(looks(&buffer), "aaaa\n\na Red on Reset NONE\n");
    }
}
