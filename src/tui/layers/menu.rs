//! What can be done with the value under the cursor: a row for each command that shows it, the best one first.

use super::super::app::{App, Keyboard};
use super::super::panes;
use super::super::theme::Theme;
use super::does::Does;
use super::list::{self, Entry};
use super::{Layer, Took};
use crate::command::first_command;
use crate::output::{Action, Role};
use crate::words::{Language, Message, text};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The rows, and the one that Enter does.
#[derive(Debug)]
pub struct Menu {
    title: String,
    rows: Vec<Row>,
    chosen: usize,
}

#[derive(Debug)]
struct Row {
    what: String,
    tells: String,
    does: Does,
}

impl Menu {
    /// What can be done with a link, whose text is `shown`, on a line; in a pane with its own line for it that one comes first,
    /// then what the panes of types and of the pool show of it.
    fn of_link(action: &Action, own: Option<String>, shown: &str, line: &str, language: Language) -> Menu {
        let followed =
            |action: &Action| Some((action.command().ok()?.into_owned(), Does::Follow(action.clone())));
        let best = own.map(|line| (line, Does::Follow(action.clone()))).or_else(|| followed(action));
        let panes = action.typed().into_iter().chain(action.pooled());
        let panes = panes.filter_map(|action| followed(&action));
        let choices = action.choices().into_iter().map(|choice| (choice.clone(), Does::RunForLink(choice)));
        let mut rows: Vec<Row> = Vec::new();
        for (what, does) in best.into_iter().chain(panes).chain(choices) {
            if rows.iter().all(|row| row.what != what) {
                rows.push(Row { tells: summary(&what, language), what, does });
            }
        }
        Menu::with_copies(shown, Some(shown), line, rows, language)
    }

    fn with_copies(
        title: &str,
        cell: Option<&str>,
        line: &str,
        mut rows: Vec<Row>,
        language: Language,
    ) -> Menu {
        let mut copy = |key, copied: &str| {
            let tells = copied.trim().to_owned();
            rows.push(Row {
                what: text(key, language).to_owned(),
                tells,
                does: Does::Copy(copied.to_owned()),
            });
        };
        if let Some(cell) = cell.map(str::trim) {
            copy("explorer.menu.copy_cell", cell);
        }
        copy("explorer.menu.copy_line", line.trim_end());
        Menu { title: title.trim().to_owned(), rows, chosen: 0 }
    }

    /// Draws it over the bottom of `area`.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme, language: Language) {
        let numbered: Vec<String> =
            self.rows.iter().enumerate().map(|(at, row)| format!("{} {}", at + 1, row.what)).collect();
        let entries: Vec<Entry<'_>> =
            numbered.iter().zip(&self.rows).map(|(what, row)| Entry { what, tells: &row.tells }).collect();
        let title = Message::new("explorer.menu.title").with("text", &self.title);
        let title = format!(" {}", title.in_language(language));
        list::draw(buffer, area, theme, (&title, ""), (&entries, self.chosen));
    }

    fn step(&mut self, forward: bool) {
        let count = self.rows.len().max(1);
        self.chosen = (self.chosen + if forward { 1 } else { count - 1 }) % count;
    }
}

/// What a line's command does, in a few words.
fn summary(line: &str, language: Language) -> String {
    if line.starts_with(".frame /r ") {
        return text("explorer.menu.frame_registers", language).to_owned();
    }
    let found = first_command(line).ok().flatten();
    found.map(|(parsed, _)| parsed.spec.summary_in(language).to_owned()).unwrap_or_default()
}

impl App {
    /// Opens the menu of the chosen link, or of the line where there is none.
    pub(in crate::tui) fn open_menu(&mut self) {
        let (active, language) = (self.active, self.language());
        let found = self.looking().and_then(|(view, kept, _)| {
            let line = kept.line(view.cursor)?.line();
            Some((view.link(kept), line.plain()))
        });
        let Some((link, line)) = found.filter(|(_, line)| !line.trim().is_empty()) else {
            return self.say(Role::Dim, Message::new("explorer.message.no_link"));
        };
        let menu = match link.as_ref().and_then(|span| Some((span, span.action.as_ref()?))) {
            Some((span, action)) => {
                if let Action::Reason(_) = action {
                    return self.follow();
                }
                let own = panes::spec(active).and_then(|pane| pane.chosen(action));
                Menu::of_link(action, own, span.text(), &line, language)
            }
            None => Menu::with_copies(&line, None, &line, Vec::new(), language),
        };
        self.layers.push(Layer::Menu(menu));
    }

    /// A key while a menu is shown.
    pub(super) fn menu_key(&mut self, key: KeyEvent, mut menu: Menu) -> Took {
        let chosen = match key.code {
            _ if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
                // Ctrl-C puts it away as Esc does; others are for what is below.
                return if key.code == KeyCode::Char('c') { Took::Gone } else { Took::Passes };
            }
            KeyCode::Down | KeyCode::Tab | KeyCode::Char('j') => {
                menu.step(true);
                return Took::Stays(Layer::Menu(menu));
            }
            KeyCode::Up | KeyCode::BackTab | KeyCode::Char('k') => {
                menu.step(false);
                return Took::Stays(Layer::Menu(menu));
            }
            KeyCode::Esc | KeyCode::Backspace | KeyCode::Char('.') => return Took::Gone,
            KeyCode::Enter => menu.chosen,
            KeyCode::Char(digit @ '1'..='9') => {
                match digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok()) {
                    Some(digit) if digit <= menu.rows.len() => digit - 1,
                    _ => return Took::Stays(Layer::Menu(menu)),
                }
            }
            // Whoever types on means a command: `.frame`.
            KeyCode::Char(letter) if letter.is_ascii_alphabetic() && self.prompt.text().is_empty() => {
                self.keyboard = Keyboard::Prompt;
                self.prompt.set(".");
                self.prompt_key(key);
                return Took::Gone;
            }
            _ => return Took::Passes,
        };
        if let Some(row) = menu.rows.into_iter().nth(chosen) {
            self.does(row.does);
        }
        Took::Gone
    }
}
