//! A piece of text with its meaning.

use super::action::Action;
use super::sanitize::CleanText;
use crate::util::{hex, width};

/// What a piece of text is. Roles carry the colours; every role that warns also has a word or mark in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Ordinary text, punctuation, padding.
    Text,
    /// The name of a field, a column heading.
    Label,
    /// A title of a section.
    Heading,
    /// An address.
    Address,
    /// A value that is no address.
    Value,
    /// A symbol name.
    Symbol,
    /// A module name.
    Module,
    /// A module that did not come with Windows.
    ThirdParty,
    /// A register name.
    Register,
    /// An instruction's mnemonic.
    Mnemonic,
    /// A value that differs from the one before.
    Changed,
    /// What could not be read (`????????`).
    Unreadable,
    /// Something the reader should know before trusting the rest.
    Warning,
    /// A failure.
    Error,
    /// Side remarks.
    Dim,
}

/// A piece of text with its role and, where it can be followed, an action.
///
/// The text is sanitised when the span is made, so that no renderer has to think of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    text: CleanText,
    /// What the text is.
    pub role: Role,
    /// What following it shows.
    pub action: Option<Action>,
}

impl Span {
    /// A span without action.
    pub fn new(role: Role, text: impl AsRef<str>) -> Span {
        Span { text: CleanText::new(text), role, action: None }
    }

    /// A span of clean text.
    pub(super) fn clean(role: Role, text: CleanText) -> Span {
        Span { text, role, action: None }
    }

    /// Ordinary text that the user typed, which keeps its tabs.
    pub fn typed(text: &str) -> Span {
        Span { text: CleanText::typed(text), role: Role::Text, action: None }
    }

    /// The same span, standing for `action`.
    pub fn with_action(mut self, action: Action) -> Span {
        self.action = Some(action);
        self
    }

    /// The sanitised text.
    pub fn text(&self) -> &str {
        self.text.as_str()
    }
}

/// One line of output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    spans: Vec<Span>,
}

impl Line {
    /// An empty line.
    pub fn new() -> Line {
        Line::default()
    }

    /// A line of ordinary text.
    pub fn of(text: impl AsRef<str>) -> Line {
        Line::new().text(text)
    }

    /// The line's spans, left to right.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Whether nothing is on the line.
    pub fn is_empty(&self) -> bool {
        self.spans.iter().all(|span| span.text().is_empty())
    }

    /// Adds a span.
    pub fn push(&mut self, span: Span) {
        self.spans.push(span);
    }

    /// Adds a span, builder style.
    pub fn span(mut self, span: Span) -> Line {
        self.spans.push(span);
        self
    }

    /// Adds text of a role.
    pub fn role(self, role: Role, text: impl AsRef<str>) -> Line {
        self.span(Span::new(role, text))
    }

    /// Adds ordinary text.
    pub fn text(self, text: impl AsRef<str>) -> Line {
        self.role(Role::Text, text)
    }

    /// Adds a label.
    pub fn label(self, text: impl AsRef<str>) -> Line {
        self.role(Role::Label, text)
    }

    /// Adds a value.
    pub fn value(self, text: impl AsRef<str>) -> Line {
        self.role(Role::Value, text)
    }

    /// Adds an address in tick form that shows the memory there when followed; a small number is nothing to follow.
    pub fn address(self, address: u64) -> Line {
        match Action::is_address(address) {
            true => self.link(Role::Address, hex::tick(address), Action::Memory(address)),
            false => self.role(Role::Address, hex::tick(address)),
        }
    }

    /// Adds text that stands for `action`.
    pub fn link(self, role: Role, text: impl AsRef<str>, action: Action) -> Line {
        self.span(Span::new(role, text).with_action(action))
    }

    /// Adds the spans of another line.
    pub fn append(mut self, other: Line) -> Line {
        self.spans.extend(other.spans);
        self
    }

    /// Adds `between` and the spans of another line. Where both could not be read for the same reason all of it is one link.
    pub(super) fn joined(mut self, between: &str, other: Line) -> Line {
        let is_same = |last: &Span, next: &Span| {
            matches!(last.action, Some(Action::Reason(_)))
                && (last.role, &last.action) == (next.role, &next.action)
        };
        match (self.spans.last_mut(), other.spans.as_slice()) {
            (Some(last), [next]) if is_same(last, next) => {
                last.text = CleanText::new(format!("{}{between}{}", last.text(), next.text()));
                self
            }
            _ if between.is_empty() => self.append(other),
            _ => self.text(between).append(other),
        }
    }

    /// A text behind the line's.
    pub fn then(&self, text: &str) -> String {
        self.plain() + text
    }

    /// Pads with blanks until the line is `columns` wide; a longer line stays as it is.
    pub fn pad_to(self, columns: usize) -> Line {
        let missing = columns.saturating_sub(self.columns());
        if missing == 0 { self } else { self.text(" ".repeat(missing)) }
    }

    /// How many terminal columns the line takes.
    pub fn columns(&self) -> usize {
        self.spans.iter().map(|span| width::columns(span.text())).sum()
    }

    /// The text without roles.
    pub fn plain(&self) -> String {
        self.spans.iter().map(Span::text).collect()
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Line {
        Line::of(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Line {
        Line::of(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_keeps_tabs_and_nothing_else() {
        assert_eq!(Span::typed("a\tb\x1b[31m").text(), "a\tb.[31m");
    }

    #[test]
    fn spans_are_sanitised_when_made() {
        assert_eq!(Span::new(Role::Module, "evil\x1b]0;x\x07").text(), "evil.]0;x.");
    }

    #[test]
    fn lines_pad_and_measure_in_columns() {
        let line = Line::of("nt").pad_to(5).address(0x10000);
        assert_eq!(line.plain(), "nt   00000000`00010000");
        assert_eq!(line.columns(), 22);
        assert_eq!(line.spans()[2].action, Some(Action::Memory(0x10000)));
    }
}
