//! Where line mode's lines come from: a terminal, on which they can be edited, or anything else.

use super::writer::Writer;
use crate::session::Session;
#[cfg(feature = "explorer")]
use crate::tui::{Entered, LineEditor};
use crate::util::lines::{LineError, Lines};
use std::io::{self, StdinLock};

/// Lines of standard input.
pub(super) struct Input {
    #[cfg(feature = "explorer")]
    editor: Option<LineEditor>,
    lines: Lines<StdinLock<'static>>,
}

/// What comes next.
pub(super) enum Next {
    /// A line.
    Line(String),
    /// Nothing more, or nobody who takes the prompt.
    End,
    /// A line that cannot be run.
    Refused(LineError),
}

impl Input {
    /// Standard input.
    pub(super) fn new() -> Input {
        Input {
            #[cfg(feature = "explorer")]
            editor: LineEditor::new(),
            lines: Lines::of("standard input", io::stdin().lock()),
        }
    }

    /// The next line behind a prompt.
    pub(super) fn next(&mut self, prompt: &str, session: &Session, writer: &mut Writer) -> Next {
        #[cfg(feature = "explorer")]
        if let Some(editor) = &mut self.editor {
            let names = || crate::command::Names::of(&session.target);
            match writer.pass().map(|()| editor.read(prompt, names)) {
                Ok(Ok(Entered::Line(line))) => return Next::Line(line),
                Ok(Ok(Entered::End)) | Err(_) => return Next::End,
                // A terminal that cannot be edited on can still be read.
                Ok(Err(_)) => self.editor = None,
            }
        }
        let _ = session;
        if writer.prompt(prompt).is_err() {
            return Next::End;
        }
        match self.lines.next() {
            Ok(Some(line)) => Next::Line(line),
            Ok(None) => Next::End,
            Err(error) => Next::Refused(error),
        }
    }
}
