//! Which key does what: one table, from which the keys are read and the help is made.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key does while a pane, and not the prompt, has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    NextPane,
    PreviousPane,
    Pane(usize),
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    PreviousLink,
    NextLink,
    Fold,
    Unfold,
    FoldAll,
    UnfoldAll,
    ScrollLeft,
    ScrollRight,
    Follow,
    Menu,
    Type,
    Pool,
    Memory,
    Back,
    Forward,
    Palette,
    Find,
    Filter,
    Sort,
    SortBack,
    FindNext,
    FindPrevious,
    Zoom,
    SplitLeft,
    SplitRight,
    Hide,
    Divide,
    Whole,
    Prompt,
    Help,
    Copy,
    CopyAll,
    Stop,
    Mouse,
    Theme,
    Report,
    Refresh,
    Redraw,
    Suspend,
    Common,
    NextDump,
    PreviousDump,
    Quit,
}

/// Keys with one meaning.
pub(super) struct Binding {
    keys: &'static [(KeyCode, KeyModifiers)],
    /// How the help names the keys.
    pub(super) shown: &'static str,
    /// What they do.
    pub(super) action: Action,
    /// The key of what the help says they do; empty if another row covers it.
    pub(super) help: &'static str,
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

const fn row(
    shown: &'static str,
    action: Action,
    help: &'static str,
    keys: &'static [(KeyCode, KeyModifiers)],
) -> Binding {
    Binding { keys, shown, action, help }
}

const fn c(c: char) -> (KeyCode, KeyModifiers) {
    (KeyCode::Char(c), NONE)
}

const fn ctrl(c: char) -> (KeyCode, KeyModifiers) {
    (KeyCode::Char(c), CONTROL)
}

/// Every binding.
pub(super) const BINDINGS: &[Binding] = &[
    row("Tab", Action::NextPane, "explorer.key.next_pane", &[(KeyCode::Tab, NONE)]),
    row("Shift-Tab", Action::PreviousPane, "explorer.key.previous_pane", &[(KeyCode::BackTab, NONE)]),
    row("1..9, 0", Action::Pane(0), "explorer.key.pane", &[c('1')]),
    row("2", Action::Pane(1), "", &[c('2')]),
    row("3", Action::Pane(2), "", &[c('3')]),
    row("4", Action::Pane(3), "", &[c('4')]),
    row("5", Action::Pane(4), "", &[c('5')]),
    row("6", Action::Pane(5), "", &[c('6')]),
    row("7", Action::Pane(6), "", &[c('7')]),
    row("8", Action::Pane(7), "", &[c('8')]),
    row("9", Action::Pane(8), "", &[c('9')]),
    row("0", Action::Pane(9), "", &[c('0')]),
    row("z", Action::Zoom, "explorer.key.zoom", &[c('z')]),
    row("(, )", Action::SplitLeft, "explorer.key.split", &[c('(')]),
    row(")", Action::SplitRight, "", &[c(')')]),
    row("}, Ctrl-PgDn", Action::NextDump, "explorer.key.next_dump", &[c('}'), (KeyCode::PageDown, CONTROL)]),
    row(
        "{, Ctrl-PgUp",
        Action::PreviousDump,
        "explorer.key.previous_dump",
        &[c('{'), (KeyCode::PageUp, CONTROL)],
    ),
    row("H", Action::Hide, "explorer.key.hide", &[c('H')]),
    row("V", Action::Divide, "explorer.key.divide", &[c('V')]),
    row("C", Action::Common, "explorer.key.common", &[c('C')]),
    row("w", Action::Whole, "explorer.key.whole", &[c('w')]),
    row("Up, k", Action::Up, "explorer.key.up", &[(KeyCode::Up, NONE), c('k')]),
    row("Down, j", Action::Down, "explorer.key.down", &[(KeyCode::Down, NONE), c('j')]),
    row("PgUp", Action::PageUp, "explorer.key.page_up", &[(KeyCode::PageUp, NONE), ctrl('b')]),
    row(
        "PgDn, Space",
        Action::PageDown,
        "explorer.key.page_down",
        &[(KeyCode::PageDown, NONE), ctrl('f'), c(' ')],
    ),
    row("Home", Action::Top, "explorer.key.top", &[(KeyCode::Home, NONE)]),
    row("End, G", Action::Bottom, "explorer.key.bottom", &[(KeyCode::End, NONE), c('G')]),
    row("Left", Action::PreviousLink, "explorer.key.previous_link", &[(KeyCode::Left, NONE)]),
    row("Right", Action::NextLink, "explorer.key.next_link", &[(KeyCode::Right, NONE)]),
    row("-", Action::Fold, "explorer.key.fold", &[c('-')]),
    row("+", Action::Unfold, "explorer.key.unfold", &[c('+'), c('=')]),
    row("_", Action::FoldAll, "explorer.key.fold_all", &[c('_')]),
    row("*", Action::UnfoldAll, "explorer.key.unfold_all", &[c('*')]),
    row("<, Shift-Left", Action::ScrollLeft, "explorer.key.scroll_left", &[c('<'), (KeyCode::Left, SHIFT)]),
    row(
        ">, Shift-Right",
        Action::ScrollRight,
        "explorer.key.scroll_right",
        &[c('>'), (KeyCode::Right, SHIFT)],
    ),
    row("Enter", Action::Follow, "explorer.key.follow", &[(KeyCode::Enter, NONE)]),
    row(".", Action::Menu, "explorer.key.menu", &[c('.')]),
    row("d", Action::Type, "explorer.key.type", &[c('d')]),
    row("p", Action::Pool, "explorer.key.pool", &[c('p')]),
    row("m", Action::Memory, "explorer.key.memory", &[c('m')]),
    row(
        "Backspace",
        Action::Back,
        "explorer.key.back",
        &[(KeyCode::Backspace, NONE), (KeyCode::Left, KeyModifiers::ALT)],
    ),
    row("Alt-Right", Action::Forward, "explorer.key.forward", &[(KeyCode::Right, KeyModifiers::ALT)]),
    row("Ctrl-P", Action::Palette, "explorer.key.palette", &[ctrl('p')]),
    row("/", Action::Find, "explorer.key.find", &[c('/')]),
    row("f", Action::Filter, "explorer.key.filter", &[c('f')]),
    row("s, S", Action::Sort, "explorer.key.sort", &[c('s')]),
    row("S", Action::SortBack, "", &[c('S')]),
    row("n", Action::FindNext, "explorer.key.find_next", &[c('n')]),
    row("N", Action::FindPrevious, "explorer.key.find_previous", &[c('N')]),
    row(":", Action::Prompt, "explorer.key.prompt", &[c(':')]),
    row("y", Action::Copy, "explorer.key.copy", &[c('y')]),
    row("Y", Action::CopyAll, "explorer.key.copy_all", &[c('Y')]),
    row("Esc, Ctrl-C", Action::Stop, "explorer.key.stop", &[(KeyCode::Esc, NONE), ctrl('c')]),
    row("R", Action::Report, "explorer.key.report", &[c('R')]),
    row("r", Action::Refresh, "explorer.key.refresh", &[c('r')]),
    row("M", Action::Mouse, "explorer.key.mouse", &[c('M')]),
    row("T", Action::Theme, "explorer.key.theme", &[c('T')]),
    row("Ctrl-L", Action::Redraw, "explorer.key.redraw", &[ctrl('l')]),
    row("Ctrl-Z", Action::Suspend, "explorer.key.suspend", &[ctrl('z')]),
    row("F1, ?", Action::Help, "explorer.key.help", &[c('?'), (KeyCode::F(1), NONE)]),
    row("q, Ctrl-D", Action::Quit, "explorer.key.quit", &[c('q'), ctrl('d')]),
];

/// What a key does.
pub(super) fn action(key: KeyEvent) -> Option<Action> {
    // Shift is part of a capital letter; terminals differ in whether they also report it.
    let modifiers = match key.code {
        KeyCode::Char(_) | KeyCode::BackTab => key.modifiers - SHIFT,
        _ => key.modifiers,
    };
    let binding = BINDINGS.iter().find(|binding| binding.keys.contains(&(key.code, modifiers)));
    binding.map(|binding| binding.action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_has_two_meanings() {
        let mut seen = HashSet::new();
        for key in BINDINGS.iter().flat_map(|binding| binding.keys) {
            assert!(seen.insert(*key), "{key:?}");
        }
    }

    #[test]
    fn capitals_are_the_same_with_and_without_shift() {
        for modifiers in [NONE, SHIFT] {
            assert_eq!(action(KeyEvent::new(KeyCode::Char('N'), modifiers)), Some(Action::FindPrevious));
        }
        assert_eq!(action(KeyEvent::new(KeyCode::BackTab, SHIFT)), Some(Action::PreviousPane));
        assert_eq!(action(KeyEvent::new(KeyCode::Char('x'), NONE)), None);
        assert_eq!(action(KeyEvent::new(KeyCode::Char('n'), KeyModifiers::ALT)), None);
    }
}
