//! Lines one behind the other: their texts in one piece, and what their parts are in another.

use crate::output::{Action, Line, Role, Span};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes of text and notes after which a block is full. Unpacking one of this size takes some 50 microseconds.
const FULL: usize = 64 << 10;

/// What a part of a line is. The number of a link is noted with each part: so there are few styles for many parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Style {
    role: Role,
    /// What it stands for, with zero for its number.
    action: Option<Action>,
    has_number: bool,
}

impl Style {
    fn is_plain(&self) -> bool {
        self.role == Role::Text && self.action.is_none()
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Style>() + self.action.as_ref().map_or(0, Action::text_bytes)
    }
}

/// A part of a line.
struct Part {
    /// Bytes of its text.
    length: usize,
    style: Style,
    /// The number of its link.
    number: Option<u64>,
}

impl Part {
    fn of(span: &Span) -> Part {
        let mut action = span.action.clone();
        let number = action.as_mut().and_then(Action::number_mut).map(std::mem::take);
        let style = Style { role: span.role, action, has_number: number.is_some() };
        Part { length: span.text().len(), style, number }
    }

    /// Whether a span behind it looks alike. Blanks do in every role.
    fn goes_on(&self, span: &Span) -> bool {
        let is_blank = || span.text().bytes().all(|byte| byte == b' ');
        let is_link = span.action.is_some() || self.style.action.is_some();
        !is_link && (self.style.role == span.role || is_blank())
    }
}

/// Where a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    text: u32,
    notes: u32,
}

/// Lines that are kept together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    rows: Vec<Row>,
    text: String,
    /// For each part of a line that is more than ordinary text: how many bytes of text it takes, its style, and the number of
    /// a link that has one, of eight bytes.
    notes: Vec<u8>,
    pub(super) styles: Vec<Style>,
    /// The styles by what they are, while lines are added.
    numbers: HashMap<Style, usize>,
}

impl Block {
    /// A block of which the lines were written with [`Block::write`].
    pub(super) fn read(bytes: &[u8], count: usize, styles: Vec<Style>) -> Option<Block> {
        let mut rest = bytes;
        let (mut rows, mut end) = (Vec::with_capacity(count), Row { text: 0, notes: 0 });
        for _ in 0..count {
            end.text += u32::try_from(take_number(&mut rest)?).ok()?;
            end.notes += u32::try_from(take_number(&mut rest)?).ok()?;
            rows.push(end);
        }
        let (notes, text) = rest.split_at_checked(wide(end.notes))?;
        let text = std::str::from_utf8(text).ok()?.to_owned();
        Some(Block { rows, text, notes: notes.to_vec(), styles, numbers: HashMap::new() })
    }

    /// The lines as bytes, without the styles.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.rows.len() * 4 + self.notes.len() + self.text.len());
        for place in 0..self.rows.len() {
            let (text, notes) = self.ranges(place);
            put_number(&mut bytes, text.len());
            put_number(&mut bytes, notes.len());
        }
        bytes.extend_from_slice(&self.notes);
        bytes.extend_from_slice(self.text.as_bytes());
        bytes
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        self.rows.len()
    }

    /// Whether no more lines should be added.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() + self.notes.len() >= FULL
    }

    /// Whether something can be followed.
    pub(super) fn has_links(&self) -> bool {
        self.styles.iter().any(|style| style.action.is_some())
    }

    /// Adds a line. Parts beside each other that look alike become one.
    pub(super) fn push(&mut self, line: &Line) {
        let mut parts: Vec<Part> = Vec::new();
        for span in line.spans().iter().filter(|span| !span.text().is_empty()) {
            self.text.push_str(span.text());
            match parts.last_mut().filter(|last| last.goes_on(span)) {
                Some(last) => last.length += span.text().len(),
                None => parts.push(Part::of(span)),
            }
        }
        // Of ordinary text nothing has to be noted.
        if !matches!(parts.as_slice(), [only] if only.style.is_plain()) {
            parts.into_iter().for_each(|part| self.note(part));
        }
        let place = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        self.rows.push(Row { text: place(self.text.len()), notes: place(self.notes.len()) });
    }

    fn note(&mut self, part: Part) {
        put_number(&mut self.notes, part.length);
        let next = self.styles.len();
        let place = *self.numbers.entry(part.style).or_insert_with_key(|style| {
            self.styles.push(style.clone());
            next
        });
        put_number(&mut self.notes, place);
        self.notes.extend(part.number.into_iter().flat_map(u64::to_le_bytes));
    }

    fn ranges(&self, place: usize) -> (Range<usize>, Range<usize>) {
        let none = Row { text: 0, notes: 0 };
        let before = place.checked_sub(1).and_then(|before| self.rows.get(before)).copied().unwrap_or(none);
        let row = self.rows.get(place).copied().unwrap_or(before);
        (wide(before.text)..wide(row.text), wide(before.notes)..wide(row.notes))
    }

    /// The text of a line.
    pub(super) fn text(&self, place: usize) -> &str {
        self.text.get(self.ranges(place).0).unwrap_or_default()
    }

    /// Whether something on a line can be followed.
    pub(super) fn has_link(&self, place: usize) -> bool {
        self.parts(place).any(|(_, style, _)| style.action.is_some())
    }

    /// A line.
    pub(super) fn line(&self, place: usize) -> Line {
        let (mut rest, mut line) = (self.text(place), Line::new());
        for (length, style, number) in self.parts(place) {
            let Some((text, behind)) = rest.split_at_checked(length) else { break };
            let span = Span::new(style.role, text);
            line.push(match style.action.clone() {
                Some(mut action) => {
                    if let (Some(number), Some(place)) = (number, action.number_mut()) {
                        *place = number;
                    }
                    span.with_action(action)
                }
                None => span,
            });
            rest = behind;
        }
        if rest.is_empty() { line } else { line.text(rest) }
    }

    /// The parts of a line, unless it is ordinary text: how many bytes of text each takes, its style, and a link's number.
    fn parts(&self, place: usize) -> impl Iterator<Item = (usize, &Style, Option<u64>)> {
        let mut rest = self.notes.get(self.ranges(place).1).unwrap_or_default();
        std::iter::from_fn(move || {
            let length = take_number(&mut rest)?;
            let style = self.styles.get(take_number(&mut rest)?)?;
            if !style.has_number {
                return Some((length, style, None));
            }
            let (number, behind) = rest.split_first_chunk()?;
            rest = behind;
            Some((length, style, Some(u64::from_le_bytes(*number))))
        })
    }
}

/// Writes a number, seven bits a byte, the lowest first.
fn put_number(bytes: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

/// Reads one back.
fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn wide(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
