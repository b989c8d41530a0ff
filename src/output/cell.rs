//! A fact that is also shown: stated once, with its value, its spelling, its role, its link and its width.

use super::action::Action;
use super::field::Field;
use super::sanitize::CleanText;
use super::span::{Role, Span};
use crate::util::filetime::{Zone, session_time};
use crate::util::{hex, width};

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

    /// How it is shown, without the blanks of its column.
    fn span(&self) -> Span {
        let mark = match (&self.spelling, self.width) {
            (Spelling::Digits(count), _) => *count,
            (_, 0) => UNREADABLE,
            (_, width) => width.min(UNREADABLE),
        };
        match &self.field {
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
                    Spelling::Text(text) => Span::clean(role, text.clone()),
                    Spelling::Digits(count) => Span::new(role, with_digits(known, *count)),
                    Spelling::Plain => Span::new(role, spelled(known)),
                };
                match self.action.clone().or_else(|| action_of(known)) {
                    Some(action) => span.with_action(action),
                    None => span,
                }
            }
        }
    }

    /// How many terminal columns its text takes, without the blanks of its column.
    pub fn columns(&self) -> usize {
        width::columns(self.span().text())
    }

    /// The cell's value, its span, and how many blanks stand before and behind it.
    pub(super) fn laid(self) -> (Field, Span, usize, usize) {
        let span = self.span();
        let missing = self.width.saturating_sub(width::columns(span.text()));
        let (before, behind) = match self.side {
            Side::Left => (0, missing),
            Side::Right => (missing, 0),
        };
        (self.field, span, before, behind)
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
        let (_, span, before, behind) = cell.laid();
        format!("{}{}{}", " ".repeat(before), span.text(), " ".repeat(behind))
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
        let (_, span, ..) = cell.shown("never").digits(16).laid();
        assert_eq!((span.text(), span.role), ("????????????????", Role::Unreadable));
        assert_eq!(span.action, Some(Action::Reason("page 1a2 is not in the dump file".into())));
        assert_eq!(text(Cell::new(Field::Null).shown("never").left(4)), "    ");
        assert_eq!(text(Cell::new(Field::Null).absent("none").left(4)), "none");
    }

    #[test]
    fn columns_are_those_of_the_terminal() {
        assert_eq!(text(Cell::new("驱动").left(6)), "驱动  ");
        assert_eq!(text(Cell::new("驱动").right(6)), "  驱动");
        assert_eq!(text(Cell::new("longer").left(3)), "longer");
    }
}
