//! The list of keys, made from the table of keys.

use super::super::app::App;
use super::super::canvas::{self, LineLook};
use super::super::keys::{self, Action, BINDINGS};
use super::super::scrollback::{MAX_LINES, MAX_MEGABYTES};
use super::super::theme::Theme;
use super::super::wrap::wrap;
use super::{Layer, Took};
use crate::output::{Line, Role};
use crate::util::width::pad;
use crate::words::{Language, Message, text};
use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Keys of the prompt, and the key of what each does.
const PROMPT: [(&str, &str); 9] = [
    ("Up, Down", "explorer.prompt_key.history"),
    ("Ctrl-R", "explorer.prompt_key.search"),
    ("Tab", "explorer.prompt_key.complete"),
    ("Ctrl-P", "explorer.key.palette"),
    ("Alt-1..9, 0", "explorer.prompt_key.pane"),
    ("Esc", "explorer.prompt_key.escape"),
    ("Enter", "explorer.prompt_key.enter"),
    ("PgUp, PgDn", "explorer.prompt_key.scroll"),
    ("q, :q", "explorer.prompt_key.quit"),
];

/// Columns before what a key does.
const KEYS: usize = 17;

/// The rows of the help, for a screen so wide.
fn lines(theme: &Theme, mouse: bool, language: Language, width: usize) -> Vec<Line> {
    let heading = |key| Line::new().role(Role::Heading, text(key, language));
    // What a key does goes on below where it began.
    let row = |keys: &str, key| {
        let does = wrap(&Line::of(text(key, language)), width.saturating_sub(KEYS + 2).max(20));
        let rows = does.into_iter().enumerate().map(|(at, does)| {
            let keys = pad(if at == 0 { keys } else { "" }, KEYS);
            Line::new().role(Role::Register, format!("  {keys}")).text(does.plain().trim_start())
        });
        rows.collect::<Vec<_>>()
    };
    let said =
        |message: Message| wrap(&Line::of(format!("  {}", message.in_language(language))), width.max(20));
    let mut lines = vec![heading("explorer.help.keys")];
    let bindings = BINDINGS.iter().filter(|binding| !binding.help.is_empty());
    lines.extend(bindings.flat_map(|binding| row(binding.shown, binding.help)));
    lines.push(Line::new());
    lines.push(heading("explorer.help.prompt"));
    lines.extend(PROMPT.iter().flat_map(|(keys, key)| row(keys, key)));
    lines.push(Line::new());
    lines.extend(said(
        Message::new("explorer.help.links").with("lines", MAX_LINES).with("megabytes", MAX_MEGABYTES),
    ));
    let key =
        if mouse { "explorer.help.theme_and_mouse_here" } else { "explorer.help.theme_and_mouse_selects" };
    lines.extend(said(Message::new(key).with("theme", theme.name.name())));
    lines
}

/// Draws the help, scrolled to a row.
pub(super) fn draw(app: &App, buffer: &mut Buffer, area: Rect, top: usize) {
    let look = LineLook { theme: &app.theme, left: 0, cursor: None, pattern: None };
    buffer.set_style(area, app.theme.role(Role::Text));
    let blank = Line::of(" ".repeat(usize::from(area.width)));
    for row in 0..area.height {
        canvas::line(buffer, area, row, &blank, look);
    }
    let lines = lines(&app.theme, app.mouse, app.language(), usize::from(area.width));
    for (row, line) in lines.iter().skip(top).take(usize::from(area.height)).enumerate() {
        canvas::line(buffer, area, u16::try_from(row).unwrap_or(u16::MAX), line, look);
    }
}

impl App {
    /// How many rows the help has.
    fn help_rows(&self) -> usize {
        lines(&self.theme, self.mouse, self.language(), usize::from(self.layout().middle.width)).len()
    }

    /// Scrolls the help.
    pub(in crate::tui) fn scroll_help(&self, top: usize, by: isize) -> usize {
        let last = self.help_rows().saturating_sub(usize::from(self.layout().middle.height));
        top.saturating_add_signed(by).min(last)
    }

    /// A key while the help is shown.
    pub(super) fn help_key(&mut self, key: KeyEvent, top: usize) -> Took {
        let page = isize::try_from(self.layout().middle.height).unwrap_or(1).saturating_sub(1).max(1);
        let by = match keys::action(key) {
            Some(Action::Up) => -1,
            Some(Action::Down) => 1,
            Some(Action::PageUp) => -page,
            Some(Action::PageDown) => page,
            Some(Action::Top) => isize::MIN,
            Some(Action::Bottom) => isize::MAX,
            _ => return Took::Gone,
        };
        Took::Stays(Layer::Help(self.scroll_help(top, by)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::theme::ThemeName;
    use super::*;

    #[test]
    fn every_row_fits_80_columns() {
        for language in [Language::English, Language::Chinese] {
            for mouse in [true, false] {
                for line in lines(&Theme::new(ThemeName::HighContrast), mouse, language, 80) {
                    assert!(line.columns() <= 80, "{}", line.plain());
                }
            }
        }
    }
}
