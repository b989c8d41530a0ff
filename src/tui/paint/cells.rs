//! The cells of a screen in the one form in which two of them look alike only if they are equal.

use crate::util::width::columns;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

/// What is seen of a blank besides its background.
const ON_BLANKS: Modifier = Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);

/// Gives blanks no look that nobody sees, and the second half of a wide character an empty text and the look of the first.
pub(super) fn normalise(buffer: &mut Buffer) {
    // Where rows begin must not depend on where the screen does.
    buffer.area = Rect { x: 0, y: 0, ..buffer.area };
    let width = usize::from(buffer.area.width).max(1);
    for row in buffer.content.chunks_mut(width) {
        let mut rest = row;
        while let Some((cell, after)) = rest.split_first_mut() {
            let wide = columns(cell.symbol()).saturating_sub(1);
            rest = after;
            if cell.symbol().is_empty() || wide > rest.len() {
                cell.set_symbol(" ");
            } else if wide > 0
                && let Some((halves, after)) = std::mem::take(&mut rest).split_at_mut_checked(wide)
            {
                halves.iter_mut().for_each(|half| {
                    half.clone_from(cell);
                    half.set_symbol("");
                });
                rest = after;
            }
            if cell.symbol() == " " && !cell.modifier.intersects(ON_BLANKS) {
                cell.fg = Color::Reset;
                cell.modifier = Modifier::empty();
            }
        }
    }
}

/// Whether attributes are seen on a blank.
pub(super) fn shows_on_blanks(modifier: Modifier) -> bool {
    modifier.intersects(ON_BLANKS)
}

/// Whether a character takes two columns.
pub(super) fn is_wide(cell: &Cell) -> bool {
    columns(cell.symbol()) > 1
}

/// The rows of a screen.
pub(super) fn rows(buffer: &Buffer) -> impl DoubleEndedIterator<Item = &[Cell]> + ExactSizeIterator {
    buffer.content.chunks(usize::from(buffer.area.width).max(1))
}

/// Where the character begins of which a cell is a part.
pub(super) fn start(row: &[Cell], at: usize) -> usize {
    row.get(..=at).and_then(|row| row.iter().rposition(|cell| !cell.symbol().is_empty())).unwrap_or(at)
}

/// Whether every terminal gives a character as many columns as we do: not those of ambiguous width, which Chinese terminals may
/// show wide, nor what is composed of several.
pub(super) fn is_certain(symbol: &str) -> bool {
    let mut characters = symbol.chars();
    let certain = characters.next().is_none_or(|c| {
        matches!(c, ' '..='~' | '\u{3000}'..='\u{303e}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}')
            || matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff5e}')
    });
    certain && characters.next().is_none()
}
