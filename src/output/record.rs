//! One thing's facts, with the lines that show it.

use super::cell::Cell;
use super::field::Field;
use super::span::{Line, Role, Span};
use crate::util::width;
use std::borrow::Cow;

/// One thing's facts together with the lines that show them.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What the thing is: `module`, `register`, `memory` ...
    pub kind: &'static str,
    /// Its facts, in the order in which JSON lists them.
    pub fields: Vec<(Cow<'static, str>, Field)>,
    /// How it is shown.
    pub lines: Vec<Line>,
    /// Where the facts begin that the first line shows: which of `fields`, and the byte.
    starts: Vec<(u16, u32)>,
    /// Its facts that are left out where a row has no room for all, each with how early.
    yields: &'static [(&'static str, u8)],
}

impl Record {
    /// A record of a kind with neither facts nor lines.
    pub fn new(kind: &'static str) -> Record {
        Record { kind, fields: Vec::new(), lines: Vec::new(), starts: Vec::new(), yields: &[] }
    }

    /// Adds a fact that no line shows. A name stands once: a fact that is stated again, because it is shown at another place
    /// too, stays where it was.
    pub fn field(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Field>) -> Record {
        self.state(name.into(), value.into());
        self
    }

    /// States a fact; its place among the others.
    fn state(&mut self, name: Cow<'static, str>, value: Field) -> usize {
        let place = self.fields.iter().position(|(known, _)| *known == name).unwrap_or(self.fields.len());
        match self.fields.get_mut(place) {
            Some((_, known)) => *known = value,
            None => self.fields.push((name, value)),
        }
        place
    }

    /// Adds a line.
    pub fn line(mut self, line: impl Into<Line>) -> Record {
        self.lines.push(line.into());
        self
    }

    /// Adds a fact and shows it at the end of the last line.
    pub fn cell(mut self, name: impl Into<Cow<'static, str>>, cell: impl Into<Cell>) -> Record {
        let (field, shown) = cell.into().laid();
        let place = self.state(name.into(), field);
        self.start(place);
        self.change(|line| line.append(shown))
    }

    /// Adds words that introduce a fact, which is to be stated next: they are left out with it.
    pub fn words_of(mut self, name: impl Into<Cow<'static, str>>, words: impl AsRef<str>) -> Record {
        let place = self.state(name.into(), Field::Null);
        self.start(place);
        self.text(words)
    }

    /// Where a pane has no room for a row that stands in no table, these facts are left out: of several ranks the highest first,
    /// as of columns (`Column::yields`).
    #[must_use]
    pub fn yielding(self, yields: &'static [(&'static str, u8)]) -> Record {
        Record { yields, ..self }
    }

    /// What is left out where there is no room, each with its rank.
    pub fn yields(&self) -> &'static [(&'static str, u8)] {
        self.yields
    }

    /// From here on the first line shows the fact of that place.
    fn start(&mut self, place: usize) {
        if self.lines.len() <= 1 {
            let spans = self.lines.first().map_or(&[][..], Line::spans);
            let byte: usize = spans.iter().map(|span| span.text().len()).sum();
            self.starts.extend(u16::try_from(place).ok().zip(u32::try_from(byte).ok()));
        }
    }

    /// Adds a fact, and shows it at the end of the last line where that is wanted.
    pub fn cell_where(
        self,
        shown: bool,
        name: impl Into<Cow<'static, str>>,
        cell: impl Into<Cell>,
    ) -> Record {
        match shown {
            true => self.cell(name, cell),
            false => self.field(name, cell.into().into_field()),
        }
    }

    /// Adds a list, and shows each of its values on a line of its own behind a label.
    pub fn cells<L: AsRef<str>>(
        mut self,
        name: impl Into<Cow<'static, str>>,
        cells: impl IntoIterator<Item = (L, Cell)>,
    ) -> Record {
        let mut values = Vec::new();
        for (label, cell) in cells {
            let (value, shown) = cell.laid();
            values.push(value);
            self.lines.push(Line::new().label(label).append(shown));
        }
        self.field(name, Field::List(values))
    }

    /// The same with a text before its first line.
    pub(super) fn behind(mut self, before: Line) -> Record {
        let bytes: usize = before.spans().iter().map(|span| span.text().len()).sum();
        for (_, start) in &mut self.starts {
            *start = start.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
        match self.lines.first_mut() {
            Some(first) => *first = before.append(std::mem::take(first)),
            None => self.lines.push(before),
        }
        self
    }

    /// Adds a label and a fact that is shown behind it, on a line of their own.
    pub fn labelled(
        self,
        label: impl AsRef<str>,
        name: impl Into<Cow<'static, str>>,
        cell: impl Into<Cell>,
    ) -> Record {
        self.line(Line::new().label(label)).cell(name, cell)
    }

    /// Shows a cell that is no fact of its own at the end of the last line.
    pub fn show(self, cell: impl Into<Cell>) -> Record {
        let (_, shown) = cell.into().laid();
        self.change(|line| line.append(shown))
    }

    /// Adds a fact of several values and shows them at the end of the last line, each with what it is on its own.
    pub fn list(
        self,
        name: impl Into<Cow<'static, str>>,
        between: &str,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Record {
        self.cell(name, Cell::list(cells, |_| between))
    }

    /// Adds a fact of several values and shows each on a line of its own below, behind so many blanks.
    pub fn column(
        self,
        name: impl Into<Cow<'static, str>>,
        indent: usize,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Record {
        self.cells(name, cells.into_iter().map(|cell| (" ".repeat(indent), cell)))
    }

    /// Adds a fact that is a text of several spans and shows it at the end of the last line.
    pub fn phrase(self, name: impl Into<Cow<'static, str>>, words: Line) -> Record {
        self.field(name, words.plain()).spans(words)
    }

    /// Adds a fact of many words and shows it from the end of the last line on, as many lines as it takes in so many
    /// columns. The lines after the first begin behind `indent` blanks.
    pub fn prose(
        mut self,
        name: impl Into<Cow<'static, str>>,
        cell: impl Into<Cell>,
        indent: usize,
        columns: usize,
    ) -> Record {
        let (field, shown) = cell.into().laid();
        self = self.field(name, field);
        let Some(span) = shown.spans().first() else { return self };
        let used = self.lines.last().map_or(0, Line::columns);
        let rest = columns.saturating_sub(indent);
        for (index, part) in
            width::wrap(span.text(), columns.saturating_sub(used), rest).into_iter().enumerate()
        {
            let mut part = Span::new(span.role, part);
            part.action.clone_from(&span.action);
            self = if index > 0 { self.line(Line::of(" ".repeat(indent))) } else { self };
            self = self.change(|line| line.span(part));
        }
        self
    }

    /// Adds a list of things, and shows each as its own record is, on lines of its own.
    pub fn things(
        mut self,
        name: impl Into<Cow<'static, str>>,
        things: impl IntoIterator<Item = Record>,
    ) -> Record {
        let mut values = Vec::new();
        for thing in things {
            self.lines.extend(thing.lines);
            values.push(Field::Object(thing.fields));
        }
        self.field(name, Field::List(values))
    }

    /// Adds a list of texts, and shows each as a paragraph behind `lead`, with which its further lines are in line.
    pub fn paragraphs(
        mut self,
        name: impl Into<Cow<'static, str>>,
        lead: &str,
        columns: usize,
        texts: impl IntoIterator<Item = String>,
    ) -> Record {
        let mut values = Vec::new();
        for text in texts {
            let shown = Record::new("").line(Line::of(lead)).prose("", text.as_str(), lead.len(), columns);
            self.lines.extend(shown.lines);
            values.push(Field::from(text));
        }
        self.field(name, Field::List(values))
    }

    /// Adds text to the last line.
    pub fn text(self, text: impl AsRef<str>) -> Record {
        self.role(Role::Text, text)
    }

    /// Adds a label to the last line.
    pub fn label(self, text: impl AsRef<str>) -> Record {
        self.role(Role::Label, text)
    }

    /// Adds text of a role to the last line.
    pub fn role(self, role: Role, text: impl AsRef<str>) -> Record {
        self.change(|line| line.role(role, text))
    }

    /// Adds the spans of a line to the last line.
    pub fn spans(self, more: Line) -> Record {
        self.change(|line| line.append(more))
    }

    /// Pads the last line with blanks to a column.
    pub fn pad_to(self, columns: usize) -> Record {
        self.change(|line| line.pad_to(columns))
    }

    /// The facts that the first line shows, in order, with the byte where each begins.
    pub fn starts(&self) -> impl Iterator<Item = (&str, u32)> {
        self.starts.iter().filter_map(|&(place, byte)| {
            self.fields.get(usize::from(place)).map(|(name, _)| (name.as_ref(), byte))
        })
    }

    /// A fact by its name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, field)| field)
    }

    /// Changes the last line, which is an empty one where there is none.
    fn change(mut self, change: impl FnOnce(Line) -> Line) -> Record {
        let line = self.lines.pop().unwrap_or_default();
        self.lines.push(change(line));
        self
    }
}

impl From<Record> for Cell {
    /// A thing's facts as one value, shown as the record's only line is.
    fn from(record: Record) -> Cell {
        let line = record.lines.into_iter().reduce(Line::append).unwrap_or_default();
        Cell::new(Field::Object(record.fields)).spans(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Action;

    #[test]
    fn a_statement_makes_the_fact_and_the_text() {
        let record = Record::new("processor")
            .cell("number", Cell::new(3u64).right(3))
            .text("  ")
            .field("hidden", true)
            .cell("thread", Cell::new(Field::Address(0x1_0000)).digits(16).link(Action::Thread(0x1_0000)));
        assert_eq!(record.lines.len(), 1);
        assert_eq!(record.lines[0].plain(), "  3  0000000000010000");
        assert_eq!(record.lines[0].spans().last().unwrap().action, Some(Action::Thread(0x1_0000)));
        assert_eq!(record.get("thread"), Some(&Field::Address(0x1_0000)));
        assert_eq!(record.get("hidden"), Some(&Field::Bool(true)));
        assert_eq!(record.fields.len(), 3);
        assert_eq!(record.starts().collect::<Vec<_>>(), [("number", 0), ("thread", 5)]);
    }

    #[test]
    fn words_of_a_fact_begin_where_it_does() {
        let size = Cell::new(Field::Hex(0x20)).shown("20");
        let record = Record::new("block").cell("at", 1u64).words_of("size", " size: ").cell("size", size);
        assert_eq!(record.lines[0].plain(), "1 size: 20");
        assert_eq!(record.starts().collect::<Vec<_>>(), [("at", 0), ("size", 1), ("size", 8)]);
        assert_eq!((record.fields.len(), record.get("size")), (2, Some(&Field::Hex(0x20))));
    }

    #[test]
    fn every_value_of_a_list_is_what_it_is_alone() {
        let values = [0x1_0000, 3].map(|value| Cell::new(Field::Address(value)));
        let record = Record::new("x").label("Arguments ").list("arguments", " ", values);
        assert_eq!(record.lines[0].plain(), "Arguments 00000000`00010000 00000000`00000003");
        assert_eq!(record.lines[0].spans()[1].action, Some(Action::Memory(0x1_0000)));
        let expected = Field::List(vec![Field::Address(0x1_0000), Field::Address(3)]);
        assert_eq!(record.get("arguments"), Some(&expected));
    }

    #[test]
    fn many_words_take_the_lines_that_they_need() {
        let record = Record::new("x").label("Look: ").prose("text", Cell::new("one two three four"), 2, 14);
        let lines: Vec<String> = record.lines.iter().map(Line::plain).collect();
        assert_eq!(lines, ["Look: one two", "  three four"]);
        assert_eq!(record.get("text"), Some(&"one two three four".into()));
        let whole = Record::new("x").prose("text", Cell::new("one two"), 2, usize::MAX);
        assert_eq!(whole.lines.len(), 1);
    }

    #[test]
    fn a_thing_is_its_facts() {
        let record = Record::new("parameter").cell("type", "long").text(" ").cell("name", "status");
        let (value, line) = Cell::from(record).laid();
        assert_eq!(line.plain(), "long status");
        assert_eq!(
            value,
            Field::Object(vec![("type".into(), "long".into()), ("name".into(), "status".into())])
        );
    }

    #[test]
    fn facts_are_kept_where_they_are_not_shown() {
        let record = Record::new("module").cell_where(false, "hidden", 1u64).cell_where(true, "shown", 2u64);
        let record = record.cell("shown", 2u64);
        assert_eq!(record.lines, [Line::new().value("2").value("2")]);
        assert_eq!(record.fields.len(), 2, "a name stands once");
        assert_eq!((record.get("hidden"), record.get("shown")), (Some(&1u64.into()), Some(&2u64.into())));
    }

    #[test]
    fn values_of_a_list_stand_on_lines_of_their_own() {
        let cells = [("first: ", Cell::new(1u64)), ("second: ", Cell::new(2u64))];
        let record = Record::new("exception").labelled("code: ", "code", 7u64).cells("parameters", cells);
        let lines: Vec<String> = record.lines.iter().map(Line::plain).collect();
        assert_eq!(lines, ["code: 7", "first: 1", "second: 2"]);
        assert_eq!(record.get("parameters"), Some(&vec![1u64, 2].into()));
    }
}
