//! The list of keys, made from the table of keys.

use super::keys::BINDINGS;
use super::scrollback::MAX_LINES;
use super::theme::Theme;
use crate::output::{Line, Role};
use crate::util::width::pad;
use crate::words::{Language, Message, text};

/// Keys of the prompt, and the key of what each does.
const PROMPT: [(&str, &str); 8] = [
    ("Up, Down", "explorer.prompt_key.history"),
    ("Ctrl-R", "explorer.prompt_key.search"),
    ("Tab", "explorer.prompt_key.complete"),
    ("Alt-1..9, 0", "explorer.prompt_key.pane"),
    ("Esc", "explorer.prompt_key.escape"),
    ("Enter", "explorer.prompt_key.enter"),
    ("PgUp, PgDn", "explorer.prompt_key.scroll"),
    ("q, :q", "explorer.prompt_key.quit"),
];

/// The rows of the help.
pub(super) fn lines(theme: &Theme, mouse: bool, language: Language) -> Vec<Line> {
    let heading = |key| Line::new().role(Role::Heading, text(key, language));
    let row = |keys: &str, key| {
        Line::new().role(Role::Register, format!("  {}", pad(keys, 17))).text(text(key, language))
    };
    let said = |message: Message| Line::of(format!("  {}", message.in_language(language)));
    let mut lines = vec![heading("explorer.help.keys")];
    let bindings = BINDINGS.iter().filter(|binding| !binding.help.is_empty());
    lines.extend(bindings.map(|binding| row(binding.shown, binding.help)));
    lines.push(Line::new());
    lines.push(heading("explorer.help.prompt"));
    lines.extend(PROMPT.map(|(keys, key)| row(keys, key)));
    lines.push(Line::new());
    lines.push(said(Message::new("explorer.help.links").with("lines", MAX_LINES)));
    let key =
        if mouse { "explorer.help.theme_and_mouse_here" } else { "explorer.help.theme_and_mouse_selects" };
    lines.push(said(Message::new(key).with("theme", theme.name.name())));
    lines
}
