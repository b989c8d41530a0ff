//! Blocks: what a command says, piece by piece.

use super::record::Record;
use super::span::Line;
use super::table::Table;

/// One unit of output.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A line with nothing behind it: a heading, a remark, a blank line.
    Line(Line),
    /// Lines that show one thing, with that thing's facts for JSON.
    Record(Record),
    /// Rows under a heading: records. What is said between rows (the stack of a row's thread) is a block like any other.
    Table(Table, Vec<Block>),
    /// A part of the output under a title, which can be folded away.
    Section(Branch),
    /// A node of a tree, with the nodes under it.
    Tree(Branch),
}

/// Something that is shown, and what belongs under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The title of a section; what a node of a tree is.
    pub head: Record,
    /// Whether what is under it is out of sight at first, where it can be brought into sight.
    pub folded: bool,
    /// What is under it.
    pub blocks: Vec<Block>,
}

impl Branch {
    /// Something with nothing under it yet.
    pub fn new(head: Record) -> Branch {
        Branch { head, folded: false, blocks: Vec::new() }
    }
}

impl Block {
    /// The lines of the block itself: of one with blocks inside, the heading.
    pub fn own_lines(&self) -> &[Line] {
        match self {
            Block::Line(line) => std::slice::from_ref(line),
            Block::Record(record) => &record.lines,
            Block::Table(table, _) => &table.heading,
            Block::Section(branch) | Block::Tree(branch) => &branch.head.lines,
        }
    }

    /// The blocks inside it.
    pub fn blocks(&self) -> &[Block] {
        match self {
            Block::Line(_) | Block::Record(_) => &[],
            Block::Table(_, rows) => rows,
            Block::Section(branch) | Block::Tree(branch) => &branch.blocks,
        }
    }

    /// The place of the blocks inside it; a line and a record have none.
    pub(super) fn inside(&mut self) -> Option<&mut Vec<Block>> {
        match self {
            Block::Line(_) | Block::Record(_) => None,
            Block::Table(_, rows) => Some(rows),
            Block::Section(branch) | Block::Tree(branch) => Some(&mut branch.blocks),
        }
    }

    /// What kind of thing it shows; a line shows none.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Block::Line(_) => None,
            Block::Record(record) => Some(record.kind),
            Block::Table(table, _) => Some(table.kind),
            Block::Section(branch) | Block::Tree(branch) => Some(branch.head.kind),
        }
    }

    /// All lines that show it, those of the blocks inside it included.
    pub fn lines(&self) -> Box<dyn Iterator<Item = &Line> + '_> {
        Box::new(self.own_lines().iter().chain(self.blocks().iter().flat_map(Block::lines)))
    }

    /// All records in it, itself included.
    pub fn records(&self) -> Box<dyn Iterator<Item = &Record> + '_> {
        let own = match self {
            Block::Line(_) | Block::Table(..) => None,
            Block::Record(record) => Some(record),
            Block::Section(branch) | Block::Tree(branch) => Some(&branch.head),
        };
        Box::new(own.into_iter().chain(self.blocks().iter().flat_map(Block::records)))
    }

    /// The same lines for good.
    pub fn into_lines(self) -> Vec<Line> {
        match self {
            Block::Line(line) => vec![line],
            Block::Record(record) => record.lines,
            nested => nested.lines().cloned().collect(),
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

impl From<Branch> for Block {
    fn from(section: Branch) -> Block {
        Block::Section(section)
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Block {
        Block::Table(table, Vec::new())
    }
}

/// A step of the output.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// A whole block.
    Block(Block),
    /// A block whose parts follow until it is closed: a table is shown as its rows come.
    Open(Block),
    /// The block that was opened last is complete.
    Close,
}

impl Piece {
    /// What kind of thing it shows, as [`Block::kind`].
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Piece::Block(block) | Piece::Open(block) => block.kind(),
            Piece::Close => None,
        }
    }

    /// The lines that it adds to what is shown.
    pub fn lines(&self) -> Box<dyn Iterator<Item = &Line> + '_> {
        match self {
            Piece::Block(block) | Piece::Open(block) => block.lines(),
            Piece::Close => Box::new(std::iter::empty()),
        }
    }

    /// About how many bytes it takes.
    pub fn size(&self) -> usize {
        let spans = |line: &Line| line.spans().iter().map(|span| 64 + span.text().len()).sum::<usize>();
        64 + self.lines().map(|line| 64 + spans(line)).sum::<usize>()
    }

    /// The pieces that show it behind what was said before on the same line.
    pub fn behind(self, before: Line) -> Vec<Piece> {
        match self {
            Piece::Block(Block::Line(line)) => vec![before.append(line).into()],
            Piece::Block(Block::Record(record)) => vec![Piece::Block(record.behind(before).into())],
            piece => vec![before.into(), piece],
        }
    }

    /// The same lines for good.
    pub fn into_lines(self) -> Vec<Line> {
        match self {
            Piece::Block(block) | Piece::Open(block) => block.into_lines(),
            Piece::Close => Vec::new(),
        }
    }
}

impl<T: Into<Block>> From<T> for Piece {
    fn from(block: T) -> Piece {
        Piece::Block(block.into())
    }
}
