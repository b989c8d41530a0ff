//! The explorer without a terminal: the same state, engine and drawing on a screen of cells, for pictures and for tests.

mod keys;
mod svg;
mod text;

pub use keys::Keys;

use super::TuiError;
use super::app::Effect;
use super::completer::Question;
use super::event::Input;
use super::message::Reply;
use super::paint;
use super::screen;
use super::tabs::Tabs;
use super::theme::{Theme, ThemeName};
use crate::session::Session;
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
    tabs: Tabs,
    /// What was drawn last.
    drawn: Buffer,
}

impl Stage {
    /// An explorer on a session; waits until what is in sight is filled.
    ///
    /// # Errors
    /// The system has no thread to give, or it took too long.
    pub fn open(session: Session, size: Size, theme: ThemeName) -> Result<Stage, TuiError> {
        let drawn = paint::blank(size.columns, size.rows);
        let tabs = Tabs::start(session, theme, false)?;
        let mut stage = Stage { tabs, drawn };
        stage.settle()?;
        Ok(stage)
    }

    /// Runs a command line as if it were typed.
    ///
    /// # Errors
    /// It took too long.
    pub fn run(&mut self, line: &str) -> Result<(), TuiError> {
        self.tabs.app().enter(line);
        self.settle()
    }

    /// Presses keys, each when what the one before it began is done.
    ///
    /// # Errors
    /// It took too long.
    pub fn press(&mut self, keys: &Keys) -> Result<(), TuiError> {
        for key in keys.iter() {
            self.tabs.app().input(Input::Key(key));
            self.settle()?;
        }
        Ok(())
    }

    /// Gives the screen another size.
    ///
    /// # Errors
    /// It took too long.
    pub fn resize(&mut self, size: Size) -> Result<(), TuiError> {
        self.drawn = paint::blank(size.columns, size.rows);
        self.tabs.app().input(Input::Resize);
        self.settle()
    }

    /// Draws in other colours.
    pub fn set_theme(&mut self, theme: ThemeName) {
        self.tabs.app().theme = Theme::new(theme);
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
        svg::of(self.cells(), &self.tabs.shown().theme)
    }

    /// Lets go of the dump.
    pub fn close(self) {
        self.tabs.stop();
    }

    fn cells(&self) -> &Buffer {
        &self.drawn
    }

    fn draw(&mut self, now: Instant) {
        self.drawn.reset();
        screen::draw(self.tabs.app(), &mut self.drawn, now);
    }

    /// Answers requests until there is none, and draws what came of them.
    fn settle(&mut self) -> Result<(), TuiError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.take_effects();
            // Which panes are in sight, and how wide, is known once they are drawn. Nothing tells how long it took.
            self.draw(Instant::now());
            self.request(deadline);
            if !self.tabs.is_opening() && self.is_idle() {
                self.tabs.app().fetching = None;
                while let Some((number, reply)) = self.reply(Duration::ZERO) {
                    self.tabs.reply(number, reply);
                }
                self.draw(Instant::now());
                self.request(deadline);
                if self.is_idle() && self.tabs.app().effects.is_empty() {
                    self.draw(Instant::now());
                    return Ok(());
                }
            }
            match self.reply(Duration::from_millis(20)) {
                Some((number, reply)) => self.tabs.reply(number, reply),
                None if Instant::now() > deadline => {
                    self.tabs.engine().into_iter().for_each(|engine| engine.cancel.cancel());
                    return Err(TuiError::TooLong { seconds: PATIENCE.as_secs() });
                }
                None => {}
            }
        }
    }

    /// Asks for what is wanted next; what runs then is as if it had only begun.
    fn request(&mut self, deadline: Instant) {
        self.tabs.request(Instant::now());
        self.tabs.app().running.iter_mut().for_each(|running| running.since = deadline);
    }

    /// Whether the dump in sight has nothing to do.
    fn is_idle(&mut self) -> bool {
        let engine = self.tabs.engine().is_none_or(|engine| engine.fetches.left() == 0);
        let app = self.tabs.app();
        engine && app.running.is_none() && !app.is_looking()
    }

    /// What the engine of the dump in sight says next. A dump that was opened meanwhile is taken.
    fn reply(&mut self, within: Duration) -> Option<(usize, Reply)> {
        if self.tabs.is_opening() {
            let opened = self.tabs.opened().recv_timeout(within).ok()?;
            self.tabs.take(opened);
            return None;
        }
        let number = self.tabs.number();
        let engine = self.tabs.engine()?;
        engine.replies.recv_timeout(within).ok().map(|reply| (number, reply))
    }

    fn take_effects(&mut self) {
        for (number, effect) in self.tabs.effects() {
            match effect {
                Effect::Stop => {
                    self.tabs.of(number).into_iter().for_each(|(engine, _)| engine.cancel.cancel())
                }
                Effect::StopFetching => {
                    self.tabs.of(number).into_iter().for_each(|(engine, _)| engine.fetches.stop());
                }
                Effect::Complete(typed, completion) => {
                    if let Some((engine, app)) = self.tabs.of(number) {
                        let names = app.state.names.clone();
                        let _ = engine.questions.send(Question { typed, completion, names });
                        self.wait_for_choices();
                    }
                }
                Effect::Show(go, rest) => self.tabs.show(go, &rest),
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
        while let Some((number, reply)) = self.reply(deadline.saturating_duration_since(Instant::now())) {
            let answered = matches!(reply, Reply::Choices { .. });
            self.tabs.reply(number, reply);
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
