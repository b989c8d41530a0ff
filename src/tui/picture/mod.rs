//! The explorer without a terminal: the same state, engine and drawing on a screen of cells, for pictures and for tests.

mod keys;
mod svg;
mod text;

pub use keys::Keys;

use super::TuiError;
use super::app::{App, Effect};
use super::completer::Question;
use super::engine::Engine;
use super::event::Input;
use super::message::{Reply, State};
use super::screen;
use super::theme::{Theme, ThemeName};
use super::ticket::Ticket;
use crate::session::Session;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::time::{Duration, Instant};

/// Columns and rows of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

impl Size {
    /// `160x50`; from 20x5 to 500x200.
    pub fn parse(text: &str) -> Option<Size> {
        let (columns, rows) = text.split_once(['x', 'X'])?;
        let size = Size { columns: columns.parse().ok()?, rows: rows.parse().ok()? };
        ((20..=500).contains(&size.columns) && (5..=200).contains(&size.rows)).then_some(size)
    }
}

/// How long the panes may take to be filled.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long what may stand at the prompt is waited for.
const CHOICES: Duration = Duration::from_secs(5);

/// An explorer on a screen of cells.
pub struct Stage {
    app: App,
    engine: Engine,
    terminal: Terminal<TestBackend>,
    /// What was drawn last: the backend was told only what changed, and nothing of the second halves of wide characters.
    drawn: Buffer,
}

impl Stage {
    /// An explorer on a session; waits until what is in sight is filled.
    ///
    /// # Errors
    /// The system has no thread to give, or it took too long.
    pub fn open(session: Session, size: Size, theme: ThemeName) -> Result<Stage, TuiError> {
        let app = App::new(Ticket::of(&session), State::of(&session), theme, false);
        let Ok(terminal) = Terminal::new(TestBackend::new(size.columns, size.rows));
        let mut stage = Stage { app, engine: Engine::start(session)?, terminal, drawn: Buffer::default() };
        stage.settle()?;
        Ok(stage)
    }

    /// Runs a command line as if it were typed.
    ///
    /// # Errors
    /// It took too long.
    pub fn run(&mut self, line: &str) -> Result<(), TuiError> {
        self.app.enter(line);
        self.settle()
    }

    /// Presses keys, each when what the one before it began is done.
    ///
    /// # Errors
    /// It took too long.
    pub fn press(&mut self, keys: &Keys) -> Result<(), TuiError> {
        for key in keys.iter() {
            self.app.input(Input::Key(key));
            self.settle()?;
        }
        Ok(())
    }

    /// Gives the screen another size.
    ///
    /// # Errors
    /// It took too long.
    pub fn resize(&mut self, size: Size) -> Result<(), TuiError> {
        self.terminal.backend_mut().resize(size.columns, size.rows);
        self.app.input(Input::Resize);
        self.settle()
    }

    /// Draws in other colours.
    pub fn set_theme(&mut self, theme: ThemeName) {
        self.app.theme = Theme::new(theme);
        self.draw(Instant::now());
    }

    /// The screen as text, a line a row.
    pub fn text(&self) -> String {
        text::of(self.cells())
    }

    /// How the screen's cells look: a letter a cell, a line a row, and what the letters stand for.
    pub fn looks(&self) -> String {
        text::looks(self.cells())
    }

    /// The screen as a picture.
    pub fn svg(&self) -> String {
        svg::of(self.cells(), &self.app.theme)
    }

    /// Lets go of the dump.
    pub fn close(self) {
        self.engine.stop();
    }

    fn cells(&self) -> &Buffer {
        &self.drawn
    }

    fn draw(&mut self, now: Instant) {
        let app = &mut self.app;
        let drawn = &mut self.drawn;
        let Ok(_) = self.terminal.draw(|frame| {
            screen::draw(app, frame, now);
            drawn.clone_from(frame.buffer_mut());
        });
    }

    /// Answers requests until there is none, and draws what came of them.
    fn settle(&mut self) -> Result<(), TuiError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.take_effects();
            // Which panes are in sight, and how wide, is known once they are drawn. Nothing tells how long it took.
            self.draw(Instant::now());
            if let Some(request) = self.app.next_request(Instant::now()) {
                self.app.running.iter_mut().for_each(|running| running.since = deadline);
                let _ = self.engine.requests.send(request);
            } else if self.app.running.is_none() && self.engine.fetches.left() == 0 {
                self.app.fetching = None;
                while let Ok(reply) = self.engine.replies.try_recv() {
                    self.app.reply(reply);
                }
                if self.is_settled() {
                    self.draw(Instant::now());
                    return Ok(());
                }
            }
            match self.engine.replies.recv_timeout(Duration::from_millis(20)) {
                Ok(reply) => self.app.reply(reply),
                Err(_) if Instant::now() > deadline => {
                    self.engine.cancel.cancel();
                    return Err(TuiError::TooLong { seconds: PATIENCE.as_secs() });
                }
                Err(_) => {}
            }
        }
    }

    /// Whether drawing now would ask for nothing more.
    fn is_settled(&mut self) -> bool {
        self.draw(Instant::now());
        match self.app.next_request(Instant::now()) {
            Some(request) => {
                let _ = self.engine.requests.send(request);
                false
            }
            None => true,
        }
    }

    fn take_effects(&mut self) {
        for effect in std::mem::take(&mut self.app.effects) {
            match effect {
                Effect::Stop => self.engine.cancel.cancel(),
                Effect::StopFetching => self.engine.fetches.stop(),
                Effect::Complete(typed, completion) => {
                    let names = self.app.state.names.clone();
                    let _ = self.engine.questions.send(Question { typed, completion, names });
                    self.wait_for_choices();
                }
                // There is nobody who copies, types again later, or looks at another screen.
                Effect::Remember(_)
                | Effect::Copy(_)
                | Effect::Mouse(_)
                | Effect::Redraw
                | Effect::Suspend => {}
            }
        }
    }

    fn wait_for_choices(&mut self) {
        let deadline = Instant::now() + CHOICES;
        while let Ok(reply) = self.engine.replies.recv_deadline(deadline) {
            let answered = matches!(reply, Reply::Choices { .. });
            self.app.reply(reply);
            if answered {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_columns_and_rows() {
        assert_eq!(Size::parse("160x50"), Some(Size { columns: 160, rows: 50 }));
        for text in ["160", "x", "1x1", "70000x50", "600x50", "80x-4", "80x24x2"] {
            assert_eq!(Size::parse(text), None, "{text}");
        }
    }
}
