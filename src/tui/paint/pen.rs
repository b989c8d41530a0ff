//! What writes: where it stands, how it writes, and the sequences that change that, the shortest each.

use super::cells;
use super::scroll::Shift;
use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

/// Blanks more than which are erased rather than written.
pub(super) const ERASE: usize = 3;

/// The attributes: each with the parameter that sets it and the one that ends it (ECMA-48, SGR).
const ATTRIBUTES: [(Modifier, u8, u8); 8] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// How a pen writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Look {
    /// That of a cell.
    pub(super) fn of(cell: &Cell) -> Look {
        Look { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a cell written so looks as it should: of a blank only some attributes are seen.
    pub(super) fn suits(self, cell: &Cell) -> bool {
        let wanted = Look::of(cell);
        let blank = cell.symbol() == " " && wanted == Look { bg: wanted.bg, ..Look::default() };
        self == wanted || (blank && self.bg == wanted.bg && !cells::shows_on_blanks(self.modifier))
    }
}

/// What is written so far, and where and how it would go on.
#[derive(Debug, Clone)]
pub(super) struct Pen {
    text: String,
    look: Look,
    /// The column and row; `None` where they are not certain, as behind the last column.
    at: Option<(u16, u16)>,
    width: u16,
}

impl Pen {
    /// A pen of a screen so wide, with the terminal's own look.
    pub(super) fn new(width: u16) -> Pen {
        Pen { text: String::new(), look: Look::default(), at: None, width }
    }

    /// What it wrote.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How many bytes that is.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// One that goes on where this one stands, with nothing written yet.
    pub(super) fn lift(&self) -> Pen {
        Pen { text: String::new(), ..*self }
    }

    /// Goes on as one does that was lifted from here.
    pub(super) fn go_on(&mut self, other: Pen) {
        self.text.push_str(&other.text);
        *self = Pen { text: std::mem::take(&mut self.text), ..other };
    }

    /// Empties the terminal.
    pub(super) fn clear_screen(&mut self) {
        self.text.push_str("\x1b[m\x1b[H\x1b[2J");
        self.at = Some((0, 0));
    }

    /// Where it is, if the terminal shows the cursor there.
    pub(super) fn stand(&mut self, place: Option<Position>) {
        if let Some(place) = place {
            self.at = Some((place.x, place.y));
        }
    }

    /// Whether it stands at a column and row.
    pub(super) fn stands(&self, x: u16, y: u16) -> bool {
        self.at == Some((x, y))
    }

    /// Goes to a column and row.
    pub(super) fn go(&mut self, x: u16, y: u16) {
        if self.stands(x, y) {
            return;
        }
        let mut best = match (x, y) {
            (0, 0) => "\x1b[H".to_owned(),
            (0, _) => format!("\x1b[{}H", y + 1),
            (_, 0) => format!("\x1b[;{}H", x + 1),
            _ => format!("\x1b[{};{}H", y + 1, x + 1),
        };
        let mut offer = |way: String| {
            if way.len() < best.len() {
                best = way;
            }
        };
        if let Some((from, row)) = self.at {
            if y == row && x > from {
                offer(forward(x - from));
            }
            if y == row && x < from {
                offer("\x08".repeat(usize::from(from - x)));
            }
            if y >= row && y - row <= 4 {
                let down = "\n".repeat(usize::from(y - row));
                offer(format!("\r{down}{}", forward(x)));
                // The Windows console may go to the first column with every line feed.
                if x <= from && from - x <= 4 && !cfg!(windows) {
                    offer(format!("{down}{}", "\x08".repeat(usize::from(from - x))));
                }
            }
        }
        self.text.push_str(&best);
        self.at = Some((x, y));
    }

    /// Writes cells that stand side by side from a column and row on.
    pub(super) fn put_all(&mut self, cells: &[Cell], x: u16, y: u16) {
        for (cell, x) in cells.iter().zip(x..) {
            if cell.symbol().is_empty() {
                continue;
            }
            self.go(x, y);
            self.dip(cell);
            self.text.push_str(cell.symbol());
            let after = x + u16::from(cells::is_wide(cell)) + 1;
            self.at = (cells::is_certain(cell.symbol()) && after < self.width).then_some((after, y));
        }
    }

    /// Whether to write cells again is no longer than to go past them.
    pub(super) fn repeats(&self, cells: &[Cell]) -> bool {
        let count = u16::try_from(cells.len()).unwrap_or(u16::MAX);
        cells.len() <= forward(count).len()
            && cells.iter().all(|cell| cell.symbol().len() == 1 && self.look.suits(cell))
    }

    /// Erases a row from a column on.
    pub(super) fn erase_from(&mut self, x: u16, y: u16) {
        self.go(x, y);
        self.dip(&Cell::default());
        self.text.push_str("\x1b[K");
    }

    /// Moves lines between two rows.
    pub(super) fn scroll(&mut self, shift: &Shift) {
        self.rest();
        let (count, what) = if shift.by > 0 { (shift.by, 'M') } else { (-shift.by, 'L') };
        let count = if count == 1 { String::new() } else { count.to_string() };
        self.text.push_str(&format!("\x1b[{};{}r", shift.top + 1, shift.bottom));
        // Setting the region, and ending it, moves the cursor, but not everywhere to the same corner.
        self.at = None;
        self.go(0, shift.top);
        self.text.push_str(&format!("\x1b[{count}{what}\x1b[r"));
        self.at = None;
    }

    /// Takes the terminal's own look again.
    pub(super) fn rest(&mut self) {
        if self.look != Look::default() {
            self.text.push_str("\x1b[m");
            self.look = Look::default();
        }
    }

    /// Takes the look of a cell.
    fn dip(&mut self, cell: &Cell) {
        if self.look.suits(cell) {
            return;
        }
        let look = Look::of(cell);
        let (anew, changed) = (anew(look), changed(self.look, look));
        self.text.push_str(if changed.len() < anew.len() { &changed } else { &anew });
        self.look = look;
    }
}

/// The sequence that sets a look whatever was before.
fn anew(look: Look) -> String {
    if look == Look::default() {
        return "\x1b[m".to_owned();
    }
    let mut parameters = vec!["0".to_owned()];
    parameters.extend(set(Modifier::empty(), look.modifier));
    parameters.extend((look.fg != Color::Reset).then(|| color(look.fg, false)));
    parameters.extend((look.bg != Color::Reset).then(|| color(look.bg, true)));
    sequence(&parameters)
}

/// The sequence that makes one look of another.
fn changed(from: Look, to: Look) -> String {
    let mut parameters: Vec<String> = Vec::new();
    let mut left = from.modifier;
    for (attribute, _, end) in ATTRIBUTES {
        // Bold and dim end together.
        if left.contains(attribute) && !to.modifier.contains(attribute) {
            parameters.push(end.to_string());
            ATTRIBUTES
                .iter()
                .filter(|(_, _, other)| *other == end)
                .for_each(|(other, ..)| left.remove(*other));
        }
    }
    parameters.extend(set(left, to.modifier));
    parameters.extend((from.fg != to.fg).then(|| color(to.fg, false)));
    parameters.extend((from.bg != to.bg).then(|| color(to.bg, true)));
    sequence(&parameters)
}

/// The parameters of the attributes that are not set yet.
fn set(from: Modifier, to: Modifier) -> impl Iterator<Item = String> {
    let missing = ATTRIBUTES.into_iter().filter(move |(it, ..)| to.contains(*it) && !from.contains(*it));
    missing.map(|(_, set, _)| set.to_string())
}

fn sequence(parameters: &[String]) -> String {
    format!("\x1b[{}m", parameters.join(";"))
}

/// The parameter of a colour: the sixteen by their own numbers, which every terminal knows.
fn color(color: Color, background: bool) -> String {
    let base: u8 = if background { 10 } else { 0 };
    let plain = |number: u8| (number + base).to_string();
    match color {
        Color::Reset => plain(39),
        Color::Black => plain(30),
        Color::Red => plain(31),
        Color::Green => plain(32),
        Color::Yellow => plain(33),
        Color::Blue => plain(34),
        Color::Magenta => plain(35),
        Color::Cyan => plain(36),
        Color::Gray => plain(37),
        Color::DarkGray => plain(90),
        Color::LightRed => plain(91),
        Color::LightGreen => plain(92),
        Color::LightYellow => plain(93),
        Color::LightBlue => plain(94),
        Color::LightMagenta => plain(95),
        Color::LightCyan => plain(96),
        Color::White => plain(97),
        Color::Indexed(number) => format!("{};5;{number}", plain(38)),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", plain(38)),
    }
}

/// Columns to the right.
fn forward(count: u16) -> String {
    match count {
        0 => String::new(),
        1 => "\x1b[C".to_owned(),
        _ => format!("\x1b[{count}C"),
    }
}
