//! Everything that can be gone to or run, by some letters of its name: commands, panes, modules, threads, frames, symbols.

use super::super::app::App;
use super::super::keys::{self, BINDINGS};
use super::super::panes::{self, ANALYSIS, PANES, STACK, THREADS};
use super::super::theme::Theme;
use super::does::Does;
use super::fuzzy::{Fit, Kind, fit};
use super::list::{self, Entry};
use super::{Layer, Took};
use crate::command::{COMMANDS, Choices, Completion};
use crate::output::Action;
use crate::util::hex;
use crate::util::order::Order;
use crate::words::{Language, Message, text};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Entries of threads at most: they are looked through at every key.
const MAX_THREADS: usize = 5_000;
/// Entries that are shown at most.
const MAX_SHOWN: usize = 200;
/// Letters from which on symbols are looked up.
const SYMBOL_LETTERS: usize = 3;
/// What a text that names a symbol stands behind while it is completed.
const SYMBOL_LINE: &str = "ln ";

/// The palette.
#[derive(Debug)]
pub struct Palette {
    typed: String,
    entries: Vec<Listed>,
    /// The symbols that begin as what was typed.
    symbols: Vec<Listed>,
    /// The entries that fit what was typed, best first: in `entries`, then in `symbols`.
    fitting: Vec<usize>,
    chosen: usize,
}

#[derive(Debug, Clone)]
struct Listed {
    /// By what it is found, and what is shown.
    what: String,
    tells: String,
    /// Words by which it is found as well.
    also: &'static str,
    does: Does,
}

impl Listed {
    fn fit(&self, wanted: &str) -> Option<Fit> {
        let also = || fit(wanted, "", self.also).filter(|_| !self.also.is_empty());
        fit(wanted, &self.what, &self.tells).max(also())
    }
}

impl Palette {
    fn new(entries: Vec<Listed>) -> Palette {
        let mut palette =
            Palette { typed: String::new(), entries, symbols: Vec::new(), fitting: Vec::new(), chosen: 0 };
        palette.filter();
        palette
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.typed
    }

    /// What stands before what is typed.
    pub fn label(&self, language: Language) -> String {
        text("explorer.palette.label", language).to_owned()
    }

    /// Adds to what was typed.
    pub fn type_text(&mut self, text: &str) {
        self.typed.push_str(text);
        self.filter();
    }

    fn filter(&mut self) {
        let wanted = self.typed.trim();
        self.symbols.retain(|symbol| symbol.fit(wanted).is_some());
        let all = self.entries.iter().chain(&self.symbols).enumerate();
        let mut fitting: Vec<(Fit, usize)> =
            all.filter_map(|(at, entry)| Some((entry.fit(wanted)?, at))).collect();
        if !wanted.is_empty() {
            fitting.order_by_key(|(fit, at)| (std::cmp::Reverse(*fit), *at));
        }
        // Letters from here and there are a last resort.
        if fitting.first().is_some_and(|(best, _)| best.kind > Kind::Scattered) {
            fitting.retain(|(fit, _)| fit.kind > Kind::Scattered);
        }
        self.fitting = fitting.into_iter().map(|(_, at)| at).collect();
        self.chosen = 0;
    }

    fn entry(&self, at: usize) -> Option<&Listed> {
        self.entries.get(at).or_else(|| self.symbols.get(at.checked_sub(self.entries.len())?))
    }

    fn step(&mut self, by: isize) {
        let last = self.fitting.len().min(MAX_SHOWN).saturating_sub(1);
        self.chosen = match self.chosen.saturating_add_signed(by) {
            0 if by == -1 && self.chosen == 0 => last,
            _ if by == 1 && self.chosen == last => 0,
            place => place.min(last),
        };
    }

    /// Takes the symbols that begin as what was typed, unless more has been typed since.
    fn offer(&mut self, typed: &str, choices: &Choices) {
        if typed.strip_prefix(SYMBOL_LINE) != Some(self.typed.trim()) {
            return;
        }
        // A module's name alone stands among the entries already.
        let symbols = choices.list.iter().filter(|name| !name.ends_with('!'));
        self.symbols = symbols
            .map(|name| Listed {
                what: name.clone(),
                tells: format!("{SYMBOL_LINE}{name}"),
                also: "",
                does: Does::Run(format!("{SYMBOL_LINE}{name}")),
            })
            .collect();
        let chosen = self.chosen;
        self.filter();
        self.chosen = chosen;
    }

    /// Draws it over the bottom of `area`.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme, language: Language) {
        let found: Vec<&Listed> =
            self.fitting.iter().take(MAX_SHOWN).filter_map(|at| self.entry(*at)).collect();
        let entries: Vec<Entry<'_>> =
            found.iter().map(|entry| Entry { what: &entry.what, tells: &entry.tells }).collect();
        let all = self.entries.len() + self.symbols.len();
        let count = Message::new("explorer.palette.count").with("count", self.fitting.len()).with("all", all);
        let title = format!(" {}", text("explorer.palette.title", language));
        let count = format!("{} ", count.in_language(language));
        list::draw(buffer, area, theme, (&title, &count), (&entries, self.chosen));
    }
}

impl App {
    /// Opens the palette, or closes it.
    pub(in crate::tui) fn toggle_palette(&mut self) {
        let before = self.layers.len();
        self.layers.retain(|layer| !matches!(layer, Layer::Palette(_)));
        if self.layers.len() == before {
            let palette = Palette::new(self.palette_entries());
            self.layers.push(Layer::Palette(palette));
        }
    }

    /// Symbols are looked up for what was typed, on another thread.
    pub(super) fn palette_typed(&mut self, palette: &Palette) {
        let wanted = palette.text().trim();
        if wanted.chars().count() >= SYMBOL_LETTERS && !wanted.contains(char::is_whitespace) {
            let line = format!("{SYMBOL_LINE}{wanted}");
            let completion = Completion::of(&line);
            self.effects.push(super::super::app::Effect::Complete(line, completion));
        }
    }

    /// Gives what may stand behind something to the palette; false where none is open.
    pub(in crate::tui) fn palette_takes(&mut self, typed: &str, choices: &Choices) -> bool {
        match self.layers.last_mut() {
            Some(Layer::Palette(palette)) => {
                palette.offer(typed, choices);
                true
            }
            _ => false,
        }
    }

    fn palette_entries(&self) -> Vec<Listed> {
        let (language, image) = (self.language(), self.ticket.image.is_some());
        let verdict = if image { "" } else { text("explorer.palette.verdict", language) };
        let pane = |(pane, spec): (usize, &&super::super::panes::PaneSpec)| Listed {
            what: format!("{} {}", panes::key(pane), spec.name(image, language)),
            tells: self.line_of(pane, self.screen.width).unwrap_or_default(),
            also: if pane == ANALYSIS { verdict } else { "" },
            does: Does::Pane(pane),
        };
        let mut entries: Vec<Listed> = PANES.iter().enumerate().take(self.pane_count()).map(pane).collect();
        entries.extend(self.dumps.tabs.iter().enumerate().map(|(number, tab)| Listed {
            what: format!("||{number}s"),
            tells: tab.name.clone(),
            also: "",
            does: Does::Run(format!("||{number}s")),
        }));
        entries.extend(COMMANDS.iter().map(|spec| {
            let name = spec.names.first().copied().unwrap_or_default();
            // What cannot do without an argument waits for it at the prompt.
            let needs = spec.arguments.first().is_some_and(|argument| !argument.shown.starts_with('['));
            let does = if needs { Does::Type(format!("{name} ")) } else { Does::Run(name.to_owned()) };
            let also = if name == "!analyze" { verdict } else { "" };
            Listed { what: spec.names.join(", "), tells: spec.summary_in(language).to_owned(), also, does }
        }));
        entries.extend(self.state.names.modules().map(|name| Listed {
            what: name.to_owned(),
            tells: text("explorer.palette.module", language).to_owned(),
            also: "",
            does: Does::Follow(Action::Module(name.into())),
        }));
        entries.extend(self.rows_about(THREADS, |action| match action {
            Action::Thread(address) => Some(Does::Run(format!(".thread {}", hex::tick(*address)))),
            _ => None,
        }));
        entries.extend(self.rows_about(STACK, |action| match action {
            Action::Frame(number) => Some(Does::Run(format!(".frame {number:x}"))),
            _ => None,
        }));
        let keys =
            BINDINGS.iter().filter(|binding| !binding.help.is_empty() && is_worth_listing(binding.action));
        entries.extend(keys.map(|binding| Listed {
            what: text(binding.help, language).to_owned(),
            tells: binding.shown.to_owned(),
            also: "",
            does: Does::Key(binding.action),
        }));
        entries
    }

    /// The rows of a pane, as far as it was shown, that are about something.
    fn rows_about(&self, pane: usize, does: impl Fn(&Action) -> Option<Does>) -> Vec<Listed> {
        let name = PANES.get(pane).map_or("", |spec| spec.name(self.ticket.image.is_some(), self.language()));
        let Some(kept) = self.kept(pane) else { return Vec::new() };
        let rows = kept.lines().iter().filter(|line| line.has_link()).take(MAX_THREADS);
        rows.filter_map(|row| {
            let does = row.line().spans().iter().find_map(|span| does(span.action.as_ref()?))?;
            let what = row.text().split_whitespace().collect::<Vec<_>>().join(" ");
            Some(Listed { what, tells: name.to_owned(), also: "", does })
        })
        .collect()
    }

    /// A key while the palette is shown.
    pub(super) fn palette_key(&mut self, key: KeyEvent, mut palette: Palette) -> Took {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = isize::try_from(self.layout().middle.height).unwrap_or(1).saturating_sub(1).max(1);
        match key.code {
            KeyCode::Esc => return Took::Gone,
            KeyCode::Char('c' | 'g' | 'd') if control => return Took::Gone,
            KeyCode::Enter => {
                let found = palette.fitting.get(palette.chosen).and_then(|at| palette.entry(*at)).cloned();
                let typed = palette.typed.trim().to_owned();
                match found {
                    Some(entry) => self.does(entry.does),
                    // What is no entry may be a command with its arguments.
                    None if !typed.is_empty() => self.enter(&typed),
                    None => {}
                }
                return Took::Gone;
            }
            KeyCode::Down | KeyCode::Tab => palette.step(1),
            KeyCode::Up | KeyCode::BackTab => palette.step(-1),
            KeyCode::Char('n') if control => palette.step(1),
            KeyCode::PageDown => palette.step(page),
            KeyCode::PageUp => palette.step(-page),
            KeyCode::Backspace => match palette.typed.pop() {
                Some(_) => {
                    palette.filter();
                    self.palette_typed(&palette);
                }
                None => return Took::Gone,
            },
            KeyCode::Char('u') if control => {
                palette.typed.clear();
                palette.filter();
            }
            KeyCode::Char(c) if !control && palette.typed.len() < 1_000 => {
                palette.type_text(c.encode_utf8(&mut [0; 4]));
                self.palette_typed(&palette);
            }
            _ => {}
        }
        Took::Stays(Layer::Palette(palette))
    }
}

/// Whether somebody would look for a key's doing by name: not for the next line.
fn is_worth_listing(action: keys::Action) -> bool {
    use keys::Action::{
        Back, CopyAll, Divide, FoldAll, Forward, Help, Hide, Mouse, Quit, Redraw, Refresh, Theme, UnfoldAll,
        Whole, Zoom,
    };
    matches!(
        action,
        Back | CopyAll
            | Divide
            | FoldAll
            | Forward
            | Help
            | Hide
            | Mouse
            | Quit
            | Redraw
            | Refresh
            | Theme
            | UnfoldAll
            | Whole
            | Zoom
    )
}
