//! A fact that is also shown: stated once, with its value, its spelling, its role, its link and its width.

use super::action::Action;
use super::field::Field;
use super::sanitize::CleanText;
use super::span::{Line, Role, Span};
use crate::util::filetime::{Zone, session_time};
use crate::util::hex;

/// A value with the way it is shown. What is not said follows from the value: an address is in tick form and shows the
/// memory there, what could not be read is question marks whose link tells why, what there is not is blank.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    field: Field,
    spelling: Spelling,
    absent: Option<CleanText>,
    mark: Option<CleanText>,
    role: Option<Role>,
    action: Option<Action>,
    width: usize,
    side: Side,
}

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// At the left.
    #[default]
    Left,
    /// At the right.
    Right,
}

#[derive(Debug, Clone, PartialEq)]
enum Spelling {
    /// As the kind of value asks for.
    Plain,
    /// In hexadecimal with at least so many digits.
    Digits(usize),
    /// As it was said.
    Text(CleanText),
    /// As several pieces.
    Spans(Line),
}

/// What stands for a value that could not be read, unless a width or digits say how many.
const UNREADABLE: usize = 8;

impl Cell {
    /// A value, shown as its kind is.
    pub fn new(value: impl Into<Field>) -> Cell {
        Cell {
            field: value.into(),
            spelling: Spelling::Plain,
            absent: None,
            mark: None,
            role: None,
            action: None,
            width: 0,
            side: Side::Left,
        }
    }

    /// Shows a known value as this text.
    #[must_use]
    pub fn shown(self, text: impl AsRef<str>) -> Cell {
        Cell { spelling: Spelling::Text(CleanText::new(text)), ..self }
    }

    /// Shows a known value as these pieces, which have roles and links of their own.
    #[must_use]
    pub fn spans(self, line: Line) -> Cell {
        Cell { spelling: Spelling::Spans(line), ..self }
    }

    /// Several values as one, each shown as its cell is; `between` is what stands before the value of that place. Values
    /// beside each other that could not be read for the same reason are one link.
    pub fn list<'t>(cells: impl IntoIterator<Item = Cell>, between: impl Fn(usize) -> &'t str) -> Cell {
        let (mut values, mut line) = (Vec::new(), Line::new());
        for (index, cell) in cells.into_iter().enumerate() {
            let lead = if index == 0 { "" } else { between(index) };
            let (value, shown) = cell.laid();
            values.push(value);
            line = line.joined(lead, shown);
        }
        Cell::new(Field::List(values)).spans(line)
    }

    /// Shows a number with at least so many hexadecimal digits.
    #[must_use]
    pub fn digits(self, count: usize) -> Cell {
        Cell { spelling: Spelling::Digits(count), ..self }
    }

    /// Shows this text where there is no value.
    #[must_use]
    pub fn absent(self, text: impl AsRef<str>) -> Cell {
        Cell { absent: Some(CleanText::new(text)), ..self }
    }

    /// Shows this text where the value could not be read.
    #[must_use]
    pub fn mark(self, text: impl AsRef<str>) -> Cell {
        Cell { mark: Some(CleanText::new(text)), ..self }
    }

    /// What the text is; a role that follows from the value otherwise.
    #[must_use]
    pub fn role(self, role: Role) -> Cell {
        Cell { role: Some(role), ..self }
    }

    /// What a known value stands for.
    #[must_use]
    pub fn link(self, action: Action) -> Cell {
        Cell { action: Some(action), ..self }
    }

    /// What a known address stands for: `.follow(Action::Thread)`.
    #[must_use]
    pub fn follow(self, action: impl FnOnce(u64) -> Action) -> Cell {
        match self.field {
            Field::Address(address) | Field::Hex(address) => self.link(action(address)),
            _ => self,
        }
    }

    /// At the left of a column.
    #[must_use]
    pub fn left(self, width: usize) -> Cell {
        Cell { width, side: Side::Left, ..self }
    }

    /// At the right of a column.
    #[must_use]
    pub fn right(self, width: usize) -> Cell {
        Cell { width, side: Side::Right, ..self }
    }

    /// The value.
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// The value alone.
    pub(super) fn into_field(self) -> Field {
        self.field
    }

    /// How it is shown, without the blanks of its column.
    fn line(&self) -> Line {
        let mark = match (&self.spelling, self.width) {
            (Spelling::Digits(count), _) => *count,
            (_, 0) => UNREADABLE,
            (_, width) => width.min(UNREADABLE),
        };
        let span = match &self.field {
            Field::Null => Span::clean(
                self.role.unwrap_or(Role::Text),
                self.absent.clone().unwrap_or_else(|| CleanText::new("")),
            ),
            Field::Unreadable(why) => {
                let text = self.mark.clone().unwrap_or_else(|| CleanText::new("?".repeat(mark)));
                Span::clean(Role::Unreadable, text).with_action(Action::Reason(why.as_str().into()))
            }
            known => {
                let role = self.role.unwrap_or_else(|| role_of(known));
                let span = match &self.spelling {
                    Spelling::Spans(line) => return line.clone(),
                    Spelling::Text(text) => Span::clean(role, text.clone()),
                    Spelling::Digits(count) => Span::new(role, with_digits(known, *count)),
                    Spelling::Plain => Span::new(role, spelled(known)),
                };
                match self.action.clone().or_else(|| action_of(known)) {
                    Some(action) => span.with_action(action),
                    None => span,
                }
            }
        };
        if span.text().is_empty() { Line::new() } else { Line::new().span(span) }
    }

    /// How many terminal columns its text takes, without the blanks of its column.
    pub fn columns(&self) -> usize {
        self.line().columns()
    }

    /// The cell's value, and how it is shown, with the blanks of its column.
    pub(super) fn laid(self) -> (Field, Line) {
        let line = self.line();
        let missing = self.width.saturating_sub(line.columns());
        let line = match self.side {
            _ if missing == 0 => line,
            Side::Left => line.text(" ".repeat(missing)),
            Side::Right => Line::new().text(" ".repeat(missing)).append(line),
        };
        (self.field, line)
    }
}

impl From<Line> for Cell {
    /// A text whose pieces have roles and links of their own.
    fn from(line: Line) -> Cell {
        Cell::new(line.plain()).spans(line)
    }
}

impl<T: Into<Field>> From<T> for Cell {
    fn from(value: T) -> Cell {
        Cell::new(value)
    }
}

fn role_of(value: &Field) -> Role {
    match value {
        Field::Address(_) => Role::Address,
        Field::Text(_) | Field::Null => Role::Text,
        Field::Unreadable(_) => Role::Unreadable,
        _ => Role::Value,
    }
}

fn action_of(value: &Field) -> Option<Action> {
    match value {
        Field::Address(address) if Action::is_address(*address) => Some(Action::Memory(*address)),
        _ => None,
    }
}

fn with_digits(value: &Field, count: usize) -> String {
    match value {
        Field::Number(value) | Field::Hex(value) | Field::Address(value) => format!("{value:0count$x}"),
        other => spelled(other),
    }
}

/// A value as text where nobody said otherwise.
fn spelled(value: &Field) -> String {
    match value {
        Field::Null => String::new(),
        Field::Bool(true) => "yes".to_owned(),
        Field::Bool(false) => "no".to_owned(),
        Field::Number(value) => value.to_string(),
        Field::Signed(value) => value.to_string(),
        Field::Float(value) => value.to_string(),
        Field::Hex(value) => format!("{value:x}"),
        Field::Address(value) => hex::tick(*value),
        Field::Time(value) => session_time(*value, &Zone::Utc).unwrap_or_else(|| value.to_string()),
        Field::Text(text) => text.as_str().to_owned(),
        Field::List(values) => values.iter().map(spelled).collect::<Vec<_>>().join(" "),
        Field::Object(values) => {
            let named: Vec<String> =
                values.iter().map(|(name, value)| format!("{name}={}", spelled(value))).collect();
            named.join(" ")
        }
        Field::Unreadable(_) => "?".repeat(UNREADABLE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: Cell) -> String {
        cell.laid().1.plain()
    }

    #[test]
    fn values_are_shown_as_their_kind_is() {
        assert_eq!(text(Cell::new(Field::Address(0xffff_8000_0000_1000))), "ffff8000`00001000");
        assert_eq!(text(Cell::new(Field::Hex(0x1f)).digits(4)), "001f");
        assert_eq!(text(Cell::new(7u64).right(3)), "  7");
        assert_eq!(text(Cell::new(-7i64).left(4)), "-7  ");
        assert_eq!(text(Cell::new(vec![1u64, 2])), "1 2");
        assert_eq!(text(Cell::new(7u64).shown("seven")), "seven");
        // 2021-02-21 01:38:22.987 UTC, from `date -u -d @1613871502`.
        let moment = Field::Time((1_613_871_502 + 11_644_473_600) * 10_000_000 + 9_870_000);
        assert_eq!(text(Cell::new(moment)), "Sun Feb 21 01:38:22.987 2021 (UTC + 0:00)");
    }

    #[test]
    fn what_is_not_known_tells_why_and_what_there_is_not_is_blank() {
        let cell = Cell::new(Field::unreadable("page 1a2 is not in the dump file")).digits(16);
        let span = cell.shown("never").digits(16).laid().1.spans()[0].clone();
        assert_eq!((span.text(), span.role), ("????????????????", Role::Unreadable));
        assert_eq!(span.action, Some(Action::Reason("page 1a2 is not in the dump file".into())));
        assert_eq!(text(Cell::new(Field::Null).shown("never").left(4)), "    ");
        assert_eq!(text(Cell::new(Field::Null).absent("none").left(4)), "none");
    }

    #[test]
    fn a_list_is_its_cells() {
        let gone = || Cell::new(Field::unreadable("gone")).digits(2);
        let cells =
            [Cell::new(Field::Hex(0x4d)).digits(2), gone(), gone(), Cell::new(Field::Address(0x1_0000))];
        let (value, line) = Cell::list(cells, |place| if place == 2 { "-" } else { " " }).left(30).laid();
        assert_eq!(line.plain(), "4d ??-?? 00000000`00010000    ");
        let gone = Field::unreadable("gone");
        let values = vec![Field::Hex(0x4d), gone.clone(), gone, Field::Address(0x1_0000)];
        assert_eq!(value, Field::List(values));
        let links: Vec<(&str, &Action)> =
            line.spans().iter().filter_map(|span| Some((span.text(), span.action.as_ref()?))).collect();
        let reason = Action::Reason("gone".into());
        assert_eq!(links, [("??-??", &reason), ("00000000`00010000", &Action::Memory(0x1_0000))]);
    }

    #[test]
    fn a_line_is_the_text_that_its_pieces_make() {
        let line = Line::new().label("a ").link(Role::Symbol, "b", Action::Code(1));
        assert_eq!(Cell::from(line.clone()).laid(), (Field::from("a b"), line));
    }

    #[test]
    fn columns_are_those_of_the_terminal() {
        assert_eq!(text(Cell::new("驱动").left(6)), "驱动  ");
        assert_eq!(text(Cell::new("驱动").right(6)), "  驱动");
        assert_eq!(text(Cell::new("longer").left(3)), "longer");
    }
}
