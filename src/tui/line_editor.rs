//! The prompt of line mode on a terminal: the explorer's keys, history and completion on one line.

use super::prompt::{Prompt, Typed};
use super::terminal::is_terminal;
use crate::command::{Choices, Completion, Names};
use crate::output::sanitize;
use crate::util::temporary;
use crate::util::width::columns;
use crossterm::cursor::MoveToColumn;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::Print;
use crossterm::terminal::{self, Clear, ClearType};
use crossterm::{execute, queue};
use std::io::{self, Write};

/// Choices that are shown below a line at most.
const MAX_CHOICES: usize = 60;

/// Columns of a terminal that does not tell.
const COLUMNS: usize = 80;

/// Reads lines from a terminal.
#[derive(Debug, Default)]
pub struct LineEditor {
    prompt: Prompt,
}

/// What was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// A line.
    Line(String),
    /// Nothing more (Ctrl-D).
    End,
}

impl LineEditor {
    /// An editor, if there is a terminal that knows a cursor.
    pub fn new() -> Option<LineEditor> {
        let knows_cursor = std::env::var("TERM").is_ok_and(|term| !matches!(term.as_str(), "" | "dumb"));
        if !is_terminal() || !(knows_cursor || cfg!(windows)) {
            return None;
        }
        // Who ends the program while a line is edited gets back the terminal as it was.
        temporary::before_end(|| drop(terminal::disable_raw_mode()));
        Some(LineEditor::default())
    }

    /// Reads a line behind a prompt; `names` completes it.
    ///
    /// # Errors
    /// The terminal cannot be read or written.
    pub fn read(&mut self, shown: &str, names: impl FnOnce() -> Names) -> io::Result<Entered> {
        terminal::enable_raw_mode()?;
        let outcome = self.edit(&sanitize(shown), names);
        terminal::disable_raw_mode()?;
        let mut out = io::stdout();
        out.write_all(b"\n").and_then(|()| out.flush())?;
        outcome
    }

    fn edit(&mut self, shown: &str, names: impl FnOnce() -> Names) -> io::Result<Entered> {
        // They are gathered when they are first asked for.
        let (mut gather, mut known) = (Some(names), None);
        loop {
            self.draw(shown)?;
            let key = match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => key,
                Event::Paste(text) => {
                    self.prompt.paste(&text);
                    continue;
                }
                _ => continue,
            };
            if is_control(key, 'd') && self.prompt.text().is_empty() {
                return Ok(Entered::End);
            }
            if is_control(key, 'c') {
                self.prompt.set("");
                execute!(io::stdout(), Print("^C\r\n"))?;
                continue;
            }
            match self.prompt.key(entered(key)) {
                Typed::Line(line) => {
                    // What was found in the history stands behind the prompt when it runs, as if it had been typed.
                    self.show(shown, &line, columns(&line))?;
                    self.prompt.remember(&line);
                    return Ok(Entered::Line(line));
                }
                Typed::Complete(typed) => {
                    let known =
                        known.get_or_insert_with(|| gather.take().map(|gather| gather()).unwrap_or_default());
                    self.complete(&typed, known)?;
                }
                _ => {}
            }
        }
    }

    fn complete(&mut self, typed: &str, names: &Names) -> io::Result<()> {
        let choices = Completion::of(typed).answer(names);
        let listed = list(&choices);
        self.prompt.offer(typed, choices);
        if self.prompt.offered().is_some() {
            execute!(io::stdout(), Print("\r\n"), Print(listed.replace('\n', "\r\n")), Print("\r\n"))?;
        }
        Ok(())
    }

    /// Draws the prompt and as much of the line as fits around the cursor.
    fn draw(&self, shown: &str) -> io::Result<()> {
        let searched = self.prompt.searching().map(|text| format!("(search '{}') ", sanitize(text)));
        self.show(searched.as_deref().unwrap_or(shown), self.prompt.text(), self.prompt.column())
    }

    fn show(&self, shown: &str, text: &str, cursor: usize) -> io::Result<()> {
        let width = terminal::size().map_or(COLUMNS, |(width, _)| usize::from(width)).max(8);
        let room = width.saturating_sub(columns(shown) + 1).max(4);
        let (text, column) = window(text, cursor, room);
        let column = u16::try_from(columns(shown) + column).unwrap_or(u16::MAX);
        let mut out = io::stdout();
        queue!(out, MoveToColumn(0), Print(shown), Print(sanitize(&text)), Clear(ClearType::UntilNewLine))?;
        queue!(out, MoveToColumn(column))?;
        out.flush()
    }
}

/// The end of a line that was typed or pasted while a command ran: the terminal made another character of Enter then.
fn entered(key: KeyEvent) -> KeyEvent {
    if is_control(key, 'j') { KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE) } else { key }
}

fn is_control(key: KeyEvent, letter: char) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char(letter)
}

/// The part of a text that is in sight where `room` columns are, and where the cursor is in it.
fn window(text: &str, cursor: usize, room: usize) -> (String, usize) {
    let skipped = cursor.saturating_sub(room);
    let (mut part, mut before, mut taken) = (String::new(), 0, 0);
    for c in text.chars() {
        let wide = columns(c.encode_utf8(&mut [0; 4]));
        if before < skipped {
            before += wide;
        } else if taken + wide <= room {
            taken += wide;
            part.push(c);
        } else {
            break;
        }
    }
    (part, cursor.saturating_sub(before))
}

/// The choices, side by side.
fn list(choices: &Choices) -> String {
    let shown = choices.list.iter().take(MAX_CHOICES).map(|choice| sanitize(choice).into_owned());
    let mut text = shown.collect::<Vec<_>>().join("  ");
    let more = choices.more + choices.list.len().saturating_sub(MAX_CHOICES);
    if more > 0 {
        text.push_str(&format!("  ... {more} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_sight() {
        assert_eq!(window("abcdef", 3, 10), ("abcdef".to_owned(), 3));
        assert_eq!(window("abcdef", 6, 4), ("cdef".to_owned(), 4));
        assert_eq!(window("驱动ab", 6, 4), ("动ab".to_owned(), 4));
        assert_eq!(window("", 0, 4), (String::new(), 0));
    }
}
