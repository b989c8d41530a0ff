//! Blocks, and where they go.

use super::sanitize::CleanText;
use super::span::Line;
use std::borrow::Cow;

/// One unit of output.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A line with nothing behind it: a heading, a remark, a blank line.
    Line(Line),
    /// Lines that show one thing, with that thing's facts for JSON.
    Record(Record),
}

impl Block {
    /// The lines that show this block.
    pub fn lines(&self) -> &[Line] {
        match self {
            Block::Line(line) => std::slice::from_ref(line),
            Block::Record(record) => &record.lines,
        }
    }
}

impl<T: Into<Line>> From<T> for Block {
    fn from(line: T) -> Block {
        Block::Line(line.into())
    }
}

impl From<Record> for Block {
    fn from(record: Record) -> Block {
        Block::Record(record)
    }
}

/// One thing's facts together with the lines that show them.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What the thing is: `module`, `register`, `memory` ...
    pub kind: &'static str,
    /// Its facts, in the order in which JSON lists them.
    pub fields: Vec<(Cow<'static, str>, Field)>,
    /// How it is shown.
    pub lines: Vec<Line>,
}

impl Record {
    /// A record of a kind with neither facts nor lines.
    pub fn new(kind: &'static str) -> Record {
        Record { kind, fields: Vec::new(), lines: Vec::new() }
    }

    /// Adds a fact.
    pub fn field(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Field>) -> Record {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Adds a line.
    pub fn line(mut self, line: impl Into<Line>) -> Record {
        self.lines.push(line.into());
        self
    }
}

/// A fact's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Unknown or absent.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A count or size.
    Number(u64),
    /// An address or bit pattern: JSON writes it as `0x` text, because 64 bits do not survive as a JSON number.
    Hex(u64),
    /// Text, clean.
    Text(CleanText),
    /// Several values.
    List(Vec<Field>),
}

impl From<bool> for Field {
    fn from(value: bool) -> Field {
        Field::Bool(value)
    }
}

impl From<u64> for Field {
    fn from(value: u64) -> Field {
        Field::Number(value)
    }
}

impl From<&str> for Field {
    fn from(value: &str) -> Field {
        Field::Text(CleanText::new(value))
    }
}

impl From<String> for Field {
    fn from(value: String) -> Field {
        Field::Text(CleanText::new(value))
    }
}

impl<T: Into<Field>> From<Option<T>> for Field {
    fn from(value: Option<T>) -> Field {
        value.map_or(Field::Null, Into::into)
    }
}

impl<T: Into<Field>> From<Vec<T>> for Field {
    fn from(values: Vec<T>) -> Field {
        Field::List(values.into_iter().map(Into::into).collect())
    }
}

/// Everything one command said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
}

impl Document {
    /// All lines of all blocks.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.blocks.iter().flat_map(|block| block.lines())
    }
}

/// Nobody takes the output any more: its reader has gone (a closed pipe, a quiet end), or it cannot be written, which the
/// sink itself remembers and tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputClosed;

/// Where blocks go, one by one, as soon as they exist.
pub trait Sink {
    /// Takes a block.
    ///
    /// # Errors
    /// [`OutputClosed`] when nobody reads any more.
    fn block(&mut self, block: Block) -> Result<(), OutputClosed>;

    /// A command begins; the blocks that follow are its.
    fn begin(&mut self, _command: &str) {}

    /// The command that began last has ended, with its error's text if it failed.
    ///
    /// # Errors
    /// [`OutputClosed`] when nobody reads any more.
    fn end(&mut self, _error: Option<&str>) -> Result<(), OutputClosed> {
        Ok(())
    }
}

/// A sink that keeps everything as a document.
#[derive(Debug, Default)]
pub struct Collector {
    /// What has been said so far.
    pub document: Document,
}

impl Sink for Collector {
    fn block(&mut self, block: Block) -> Result<(), OutputClosed> {
        self.document.blocks.push(block);
        Ok(())
    }
}
