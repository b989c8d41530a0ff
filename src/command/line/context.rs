//! What a running command works with.

use super::error::CommandError;
use crate::debuggee::{Lack, NamedAddress};
use crate::eval;
use crate::output::{Action, Block, Cell, Field, Line, Piece, Record, Role, Sink};
use crate::session::Session;
use crate::util::cancel::CancelToken;
use crate::words::Message;

/// A running command's session and output.
pub struct Context<'a> {
    /// The session: what is opened and what is selected in it.
    pub session: &'a mut Session,
    /// The way out, which can be used while the session is read.
    pub out: Out<'a>,
    /// What the command did with the text that it stands in.
    pub(super) taken: Taken,
}

/// What a command that reads its own text did with it.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Where it ended in the line, if it said so itself.
    pub(super) end: Option<usize>,
    /// What the debugger shows from then on of the line from the arguments on, if the command took it apart in place.
    pub(super) cut: Option<String>,
}

impl<'a> Context<'a> {
    /// A context for one command.
    pub fn new(session: &'a mut Session, sink: &'a mut dyn Sink) -> Context<'a> {
        let cancel = session.cancel.clone();
        Context { session, out: Out { sink, cancel }, taken: Taken::default() }
    }

    /// The command's text ends there in its line.
    pub fn ends_at(&mut self, end: usize) {
        self.taken.end = Some(end);
    }

    /// From here on a caret's line ends with this in place of the command's arguments.
    pub fn cuts(&mut self, shown: impl Into<String>) {
        self.taken.cut = Some(shown.into());
    }

    /// Says a block whose parts are what `inside` says, which may change the session.
    ///
    /// # Errors
    /// As [`Out::within`].
    pub fn within(
        &mut self,
        block: impl Into<Block>,
        inside: impl FnOnce(&mut Context<'_>) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        self.out.open(block.into())?;
        let outcome = inside(self);
        self.out.close(outcome)
    }

    /// Says that the dump lacks what the command is to show: no failure of the line, which goes on, but a script's exit
    /// status tells of it.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn lack(&mut self, what: &str) -> Result<(), CommandError> {
        self.session.lacks.push(what.to_owned());
        self.out.emit(Line::new().role(Role::Warning, what))
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// What could not be resolved, read or parsed.
    pub fn evaluate(&self, text: &str) -> Result<u64, CommandError> {
        Ok(eval::evaluate(text, &*self.session)?)
    }

    /// The same where the expression may be left out.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub fn evaluate_any(&self, text: &str) -> Result<Option<u64>, CommandError> {
        match text.trim() {
            "" => Ok(None),
            text => self.evaluate(text).map(Some),
        }
    }

    /// The value of the expression at the start of `text`, and what stands after it.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub fn evaluate_prefix<'t>(&self, text: &'t str) -> Result<(u64, &'t str), CommandError> {
        Ok(eval::evaluate_prefix(text, &*self.session)?)
    }

    /// What an address is called; `None` outside all modules.
    pub fn named(&self, address: u64) -> Option<NamedAddress> {
        self.session.target.name_address(address).or_else(|| shared_user_data(address))
    }

    /// An address as text: `nt!KeBugCheckEx+0x10`, `nt+0x3f5a80`; `None` outside all modules.
    pub fn symbol_text(&self, address: u64) -> Option<String> {
        Some(self.named(address)?.text())
    }

    /// The same as a cell, which disassembles when followed.
    pub fn symbol(&self, address: u64) -> Cell {
        Cell::new(self.symbol_text(address)).role(Role::Symbol).link(Action::Code(address))
    }

    /// `line` with an address's symbol added, if it has one: `nt+0x3f5a80`, which disassembles when followed.
    pub fn with_symbol(&self, line: Line, address: u64) -> Line {
        match self.symbol_text(address) {
            Some(text) => line.link(Role::Symbol, text, Action::Code(address)),
            None => line,
        }
    }
}

/// Where a command says something, and where it hears that it is to stop.
pub struct Out<'a> {
    pub(super) sink: &'a mut dyn Sink,
    pub(super) cancel: CancelToken,
}

impl Out<'_> {
    /// Says something. Every block is also a place where the command can be stopped.
    ///
    /// # Errors
    /// [`CommandError::Cancelled`], [`CommandError::Closed`].
    pub fn emit(&mut self, block: impl Into<Block>) -> Result<(), CommandError> {
        self.check()?;
        Ok(self.sink.block(block.into())?)
    }

    /// Says what must not be missed, if there is anything.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn warn(&mut self, what: Option<String>) -> Result<(), CommandError> {
        what.map_or(Ok(()), |what| self.emit(Line::new().role(Role::Warning, what)))
    }

    /// Says an empty line.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn blank(&mut self) -> Result<(), CommandError> {
        self.emit(Line::new())
    }

    /// Whether who reads can unfold what is folded.
    pub fn unfolds(&self) -> bool {
        self.sink.unfolds()
    }

    /// Whether lines of so many columns would be broken where they are read.
    pub fn breaks(&self, columns: usize) -> bool {
        self.sink.columns().is_some_and(|there| there < columns)
    }

    /// Tells how far the command is, where what it says cannot show that; called after each step.
    pub fn progress(&mut self, how_far: &dyn Fn() -> Message) {
        self.sink.progress(how_far);
    }

    /// A place where the command can be stopped.
    ///
    /// # Errors
    /// [`CommandError::Cancelled`].
    pub fn check(&self) -> Result<(), CommandError> {
        self.cancel.check().map_err(|_| CommandError::Cancelled)
    }

    /// Says a row for each element of a list, and why where an element, or the list itself, is not known.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn rows<T>(
        &mut self,
        elements: Result<impl IntoIterator<Item = Result<T, Lack>>, Lack>,
        row: impl Fn(T) -> Record,
    ) -> Result<(), CommandError> {
        match elements {
            Ok(elements) => elements.into_iter().try_for_each(|element| match element {
                Ok(element) => self.emit(row(element)),
                Err(why) => self.lacking(why),
            }),
            Err(why) => self.lacking(why),
        }
    }

    /// Says in the place of a row, or of all, why there is none.
    ///
    /// # Errors
    /// As [`Out::emit`]; being stopped is no reason.
    pub fn lacking(&mut self, why: Lack) -> Result<(), CommandError> {
        if matches!(why, Lack::Stopped) {
            return Err(CommandError::Cancelled);
        }
        let text = why.to_string();
        let row = Record::new("unreadable").role(Role::Unreadable, &text);
        self.emit(row.field("why", Field::unreadable(text)))
    }

    /// Says a block whose parts are what `inside` says: the rows of a table as they come, a section, a node of a tree.
    ///
    /// # Errors
    /// As [`Out::emit`], and what `inside` fails with.
    pub fn within(
        &mut self,
        block: impl Into<Block>,
        inside: impl FnOnce(&mut Out<'_>) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        self.open(block.into())?;
        let outcome = inside(self);
        self.close(outcome)
    }

    fn open(&mut self, block: Block) -> Result<(), CommandError> {
        self.check()?;
        Ok(self.sink.take(Piece::Open(block))?)
    }

    /// What failed was said up to there; the reader that has gone needs no end.
    fn close(&mut self, outcome: Result<(), CommandError>) -> Result<(), CommandError> {
        let closed = self.sink.take(Piece::Close);
        outcome.and(closed.map_err(CommandError::from))
    }
}

/// The page that Windows shares with every process stands at a fixed address in user space.
fn shared_user_data(address: u64) -> Option<NamedAddress> {
    let offset = address.checked_sub(0x7ffe_0000).filter(|offset| *offset < 0x1000)?;
    Some(NamedAddress { module: "SharedUserData".to_owned(), symbol: None, offset })
}
