//! The list of keys, made from the table of keys.

use super::keys::BINDINGS;
use super::scrollback::MAX_LINES;
use super::theme::Theme;
use crate::output::{Line, Role};
use crate::util::width::pad;

/// The rows of the help.
pub(super) fn lines(theme: &Theme, mouse: bool) -> Vec<Line> {
    let mut lines = vec![Line::new().role(Role::Heading, "Keys (Esc closes this list)")];
    for binding in BINDINGS.iter().filter(|binding| !binding.help.is_empty()) {
        lines.push(
            Line::new().role(Role::Register, format!("  {}", pad(binding.shown, 17))).text(binding.help),
        );
    }
    lines.push(Line::new());
    lines.push(
        Line::new()
            .role(Role::Heading, "At the prompt, which has the keyboard first and after every command"),
    );
    for (keys, help) in [
        ("Up, Down", "lines typed before that begin like this one"),
        ("Ctrl-R", "search the lines typed before"),
        ("Tab", "complete the command's name; on an empty line: to the panes"),
        ("Alt-1 to Alt-8", "that pane"),
        ("Esc", "stop what runs, clear the line, then to the panes"),
        ("Enter", "run; on an empty line: run the last line again"),
        ("PgUp, PgDn", "scroll the console, or the pane while there is no output"),
        ("q, :q", "end"),
    ] {
        lines.push(Line::new().role(Role::Register, format!("  {}", pad(keys, 17))).text(help));
    }
    lines.push(Line::new());
    let mouse = if mouse { "works here" } else { "selects text in the terminal" };
    lines.push(Line::of(format!(
        "  Underlined text is a link. .help lists the commands. The console keeps {MAX_LINES} lines."
    )));
    lines.push(Line::of(format!("  Theme: {}. The mouse {mouse}.", theme.name.name())));
    lines
}
