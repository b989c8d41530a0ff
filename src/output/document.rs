//! Documents, and where blocks go.

use super::block::{Block, Piece};
use super::plain::plain;
use super::problem::Problem;
use super::record::Record;
use super::span::Line;
use crate::words::Message;

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

    /// The text of all lines, each with its end.
    pub fn text(&self) -> String {
        plain(self.lines())
    }

    /// All records, wherever they stand: rows of tables, heads of sections and nodes of trees included.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.blocks.iter().flat_map(|block| block.records())
    }
}

/// Nobody takes the output any more: its reader has gone (a closed pipe, a quiet end), or it cannot be written, which the
/// sink itself remembers and tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputClosed;

/// Where blocks go, one by one, as soon as they exist.
pub trait Sink {
    /// Takes the next piece. What is open when the command ends is closed thereby.
    ///
    /// # Errors
    /// [`OutputClosed`] when nobody reads any more.
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed>;

    /// Takes a whole block.
    ///
    /// # Errors
    /// As [`Sink::take`].
    fn block(&mut self, block: Block) -> Result<(), OutputClosed> {
        self.take(Piece::Block(block))
    }

    /// Whether who reads can unfold what is folded: where not, what should be out of sight is left out.
    fn unfolds(&self) -> bool {
        false
    }

    /// How wide the lines are where longer ones would be broken; `None` where they may be as long as they like: in files, for
    /// scripts and in pipes a command's lines are the same on every screen.
    fn columns(&self) -> Option<usize> {
        None
    }

    /// The command that runs is so far; asked many times a second, so that the message is made only where it is shown.
    fn progress(&mut self, _how_far: &dyn Fn() -> Message) {}

    /// A command begins; the pieces that follow are its.
    fn begin(&mut self, _command: &str) {}

    /// The command that began last has ended, with why it failed if it did.
    ///
    /// # Errors
    /// [`OutputClosed`] when nobody reads any more.
    fn end(&mut self, _problem: Option<&Problem>) -> Result<(), OutputClosed> {
        Ok(())
    }
}

/// A sink that keeps everything as a document.
#[derive(Debug, Default)]
pub struct Collector {
    /// What has been said so far; a block that is still open stands in it once it is closed.
    pub document: Document,
    open: Vec<Block>,
}

impl Collector {
    fn put(&mut self, block: Block) {
        match self.open.last_mut().and_then(Block::inside) {
            Some(blocks) => blocks.push(block),
            None => self.document.blocks.push(block),
        }
    }
}

impl Sink for Collector {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        match piece {
            Piece::Block(block) => self.put(block),
            Piece::Open(block) => self.open.push(block),
            Piece::Close => {
                if let Some(block) = self.open.pop() {
                    self.put(block);
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, _problem: Option<&Problem>) -> Result<(), OutputClosed> {
        while let Some(block) = self.open.pop() {
            self.put(block);
        }
        Ok(())
    }
}
