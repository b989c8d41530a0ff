//! What keys and the mouse do to the state.

use super::app::{App, Effect, Go, Keyboard, Running, Sight};
use super::kept::Kept;
use super::keys::{self, Action};
use super::layers::Layer;
use super::layout::has_two;
use super::panes::{COMMON, CONSOLE, PANES};
use super::prompt::Typed;
use super::search::Pattern;
use super::theme::Theme;
use crate::command::{Choices, Completion};
use crate::output::{Packed, Role};
use crate::words::Message;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Terminals take no more than about 100,000 bytes of OSC 52, which writes three bytes as four.
const MAX_COPY: usize = 74_000;
/// Columns that the sideways keys scroll by.
const SIDEWAYS: isize = 8;
/// Lines that the wheel scrolls by.
const WHEEL: isize = 3;

impl App {
    /// Does what a key of the panes means.
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::NextPane => self.active = self.pane_beside(true),
            Action::PreviousPane => self.active = self.pane_beside(false),
            Action::Pane(pane) => {
                self.active = pane.min(self.pane_count() - 1);
                self.arranged.unhide(self.active);
            }
            Action::Hide => self.hide(),
            Action::Up => self.scroll(-1),
            Action::Down => self.scroll(1),
            Action::PageUp => self.page(-1),
            Action::PageDown => self.page(1),
            Action::Top => self.scroll(isize::MIN),
            Action::Bottom => self.scroll(isize::MAX),
            Action::PreviousLink => self.left(),
            Action::NextLink => self.right(),
            Action::Fold => self.fold(),
            Action::Unfold => self.unfold(),
            Action::FoldAll => self.fold_all(true),
            Action::UnfoldAll => self.fold_all(false),
            Action::ScrollLeft => self.scroll_sideways(-SIDEWAYS),
            Action::ScrollRight => self.scroll_sideways(SIDEWAYS),
            Action::Follow => self.follow(),
            Action::Menu => self.open_menu(),
            Action::Type => self.show_type(),
            Action::Pool => self.show_pool(),
            Action::Back => self.back(),
            Action::Forward => self.forward(),
            Action::Palette => self.toggle_palette(),
            Action::Find => {
                self.find.clear();
                self.layers.push(Layer::Find);
            }
            Action::Filter => self.open_filter(),
            Action::Sort => self.sort(false),
            Action::SortBack => self.sort(true),
            Action::FindNext => self.find_again(true),
            Action::FindPrevious => self.find_again(false),
            Action::Zoom => self.arranged.zoom = !self.arranged.zoom,
            Action::SplitLeft => self.move_split(true),
            Action::SplitRight => self.move_split(false),
            Action::Whole => self.toggle_whole(),
            Action::Prompt => self.keyboard = Keyboard::Prompt,
            Action::Help => self.layers.push(Layer::Help(0)),
            Action::Copy => self.copy(false),
            Action::CopyAll => self.copy(true),
            Action::Stop => self.escape(),
            Action::Mouse => self.toggle_mouse(),
            Action::Theme => {
                self.theme = Theme::new(self.theme.name.next());
                let theme = self.theme.name.name();
                self.say(Role::Text, Message::new("explorer.message.theme").with("theme", theme));
            }
            Action::Report => self.ask_for_report(),
            Action::Refresh => {
                if let Some(pane) = self.panes.get_mut(self.active) {
                    pane.page.stale = true;
                }
            }
            Action::Redraw => self.effects.push(Effect::Redraw),
            Action::Suspend => self.effects.push(Effect::Suspend),
            Action::Common => match self.pane_count() > COMMON {
                true => self.act(Action::Pane(COMMON)),
                false => self.say(Role::Dim, Message::new("explorer.message.one_dump")),
            },
            Action::NextDump => self.go(Go::Next),
            Action::PreviousDump => self.go(Go::Previous),
            Action::Quit => self.leave(),
        }
    }

    /// Sorts the table of the active pane.
    fn sort(&mut self, reverse: bool) {
        let pane = self.panes.get_mut(self.active).filter(|_| self.active != CONSOLE);
        let sorted = pane.map(|pane| (pane.page.sort(reverse), pane.page.sorted()));
        let (role, message) = match sorted {
            Some((true, Some(sorted))) => {
                let key = if sorted.descending {
                    "explorer.message.sorted_back"
                } else {
                    "explorer.message.sorted"
                };
                (Role::Text, Message::new(key).with("column", sorted.title))
            }
            Some((true, None)) => (Role::Text, Message::new("explorer.message.sorted_as_it_came")),
            _ => (Role::Dim, Message::new("explorer.message.not_sorted")),
        };
        self.say(role, message);
    }

    /// The next pane that is not hidden, or the one before.
    fn pane_beside(&self, forward: bool) -> usize {
        let count = self.pane_count();
        let step = if forward { 1 } else { count - 1 };
        let others = (1..count).map(|steps| (self.active + steps * step) % count);
        others.into_iter().find(|pane| !self.arranged.hides(*pane)).unwrap_or(self.active)
    }

    /// Takes the active pane out of sight until somebody goes to it.
    fn hide(&mut self) {
        let Some(spec) = PANES.get(self.active).filter(|_| self.arranged.hide(self.active)) else {
            return self.say(Role::Dim, Message::new("explorer.message.console_stays"));
        };
        let name = spec.name(self.ticket.image.is_some(), self.language());
        let key = super::panes::key(self.active);
        self.say(Role::Text, Message::new("explorer.message.hidden").with("name", name).with("key", key));
        self.active = self.pane_beside(true);
    }

    fn move_split(&mut self, to_left: bool) {
        if has_two(self.screen, self.wish()) {
            return self.arranged.move_split(to_left);
        }
        let before = self.layout();
        let column = before
            .place(self.active)
            .map(|place| before.rules.iter().filter(|rule| rule.x < place.body.x).count());
        // Behind the last column is no border: that before it is moved.
        let border = column.zip(before.rules.len().checked_sub(1)).map(|(column, last)| column.min(last));
        let Some(border) = border else {
            return self.say(Role::Dim, Message::new("explorer.message.no_split"));
        };
        let arranged = self.arranged;
        self.arranged.move_border(border, to_left);
        // What has no room to move stays where it is, so that one key leads back.
        if self.layout().rules == before.rules {
            self.arranged = arranged;
        }
    }

    /// Shows another dump, if there is one.
    fn go(&mut self, go: Go) {
        match self.dumps.are_several() {
            true => self.effects.push(Effect::Show(go, String::new())),
            false => self.say(Role::Dim, Message::new("explorer.message.one_dump")),
        }
    }

    /// Whether a line that was typed or followed runs.
    pub(super) fn is_busy(&self) -> bool {
        !self.waiting.is_empty() || self.running.as_ref().is_some_and(Running::is_typed)
    }

    /// Leaves, if nothing is lost by it or the key is pressed a second time.
    fn leave(&mut self) {
        let ran = self.ran + self.dumps.ran;
        if self.asked_to_leave || (ran == 0 && self.prompt.text().is_empty() && !self.is_busy()) {
            self.quit = true;
            return;
        }
        self.asked_to_leave = true;
        let message = match ran {
            1 => Message::new("explorer.message.leave_one"),
            ran => Message::new("explorer.message.leave_many").with("count", ran),
        };
        self.say(Role::Warning, message);
    }

    /// Esc stops what runs; without that it puts things away one by one: the search, the console's output.
    fn escape(&mut self) {
        if self.stop() {
            return;
        }
        if self.pattern.take().is_some() || self.active == CONSOLE {
            return;
        }
        match self.panes.get_mut(self.active).filter(|pane| pane.page.filter().is_some()) {
            Some(pane) => pane.page.set_filter(None),
            None => self.echo = None,
        }
    }

    fn scroll(&mut self, by: isize) {
        if let Some((view, kept, _)) = self.looking() {
            view.move_by(by, kept);
        }
        self.follow_end();
    }

    fn page(&mut self, pages: isize) {
        if let Some((view, kept, place)) = self.looking() {
            let height = usize::from(place.body.height);
            let height = height.saturating_sub(1 + view.heading(kept, height).len());
            let height = isize::try_from(height).unwrap_or(1);
            view.page_by(pages * height.max(1), kept);
        }
        self.follow_end();
    }

    /// At its end the console follows what comes; elsewhere it stays.
    pub(super) fn follow_end(&mut self) {
        if self.active == CONSOLE {
            let is_last = |kept: &Kept, line| kept.folds().row_of(line) + 1 >= kept.rows();
            let at_end = self.looking().is_some_and(|(view, kept, _)| is_last(kept, view.cursor));
            self.sight = if at_end { Sight::End } else { Sight::Chosen };
        }
    }

    fn scroll_sideways(&mut self, by: isize) {
        if let Some((view, kept, place)) = self.looking() {
            view.scroll_sideways(by, kept, usize::from(place.body.height), usize::from(place.body.width));
        }
    }

    /// All columns of the active pane, or those that have room. What the console keeps is broken as it comes.
    fn toggle_whole(&mut self) {
        let pane = self.panes.get_mut(self.active).filter(|_| self.active != CONSOLE);
        let key = match pane.map(|pane| pane.page.toggle_whole()) {
            Some(true) => "explorer.message.whole",
            Some(false) => "explorer.message.not_whole",
            None => "explorer.message.console_whole",
        };
        self.say(Role::Text, Message::new(key));
    }

    fn toggle_mouse(&mut self) {
        self.mouse = !self.mouse;
        self.effects.push(Effect::Mouse(self.mouse));
        let key = if self.mouse { "explorer.message.mouse_here" } else { "explorer.message.mouse_selects" };
        self.say(Role::Text, Message::new(key));
    }

    /// A key that means nothing where it was pressed.
    pub(super) fn unknown_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::F(number) => {
                self.say(Role::Dim, Message::new("explorer.message.no_key").with("number", number));
            }
            KeyCode::Char('r') if key.modifiers == KeyModifiers::CONTROL => {
                self.keyboard = Keyboard::Prompt;
                self.prompt_key(key);
            }
            // The beginning of a command: whoever types one need not know that the panes have the keyboard.
            KeyCode::Char(c)
                if self.keyboard == Keyboard::Pane
                    && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
                    && !c.is_control() =>
            {
                self.keyboard = Keyboard::Prompt;
                self.prompt_key(key);
            }
            _ => {}
        }
    }

    /// A key while the prompt has the keyboard.
    pub(super) fn prompt_key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => {
                if !self.stop() {
                    self.prompt.set("");
                }
                return;
            }
            KeyCode::Char('d') if control && self.prompt.text().is_empty() => return self.leave(),
            // A pane that is being filled is none of the prompt's business.
            KeyCode::Esc if (self.is_busy() || self.fetching.is_some()) && self.stop() => return,
            _ => {}
        }
        match self.prompt.key(key) {
            Typed::Used => {}
            Typed::Line(line) => self.enter(&line),
            Typed::Leave => self.keyboard = Keyboard::Pane,
            Typed::Complete(typed) => self.complete(&typed),
            Typed::NoHistory => {
                self.say(Role::Dim, Message::new("explorer.message.no_history"));
            }
            Typed::Unused => match keys::action(key) {
                Some(Action::NextPane | Action::PreviousPane) => self.keyboard = Keyboard::Pane,
                Some(action @ (Action::PageUp | Action::PageDown)) => self.scroll_console(action),
                Some(Action::Help) if key.code == KeyCode::F(1) => self.act(Action::Help),
                _ => self.unknown_key(key),
            },
        }
    }

    /// Completes what stands before the cursor. What has to be searched for is answered later, by another thread.
    fn complete(&mut self, typed: &str) {
        let completion = Completion::of(typed);
        match completion.is_quick() {
            true => self.offer(typed, completion.answer(&self.state.names)),
            false => self.effects.push(Effect::Complete(typed.to_owned(), completion)),
        }
    }

    /// What may stand at the end of what was typed.
    pub(super) fn offer(&mut self, typed: &str, choices: Choices) {
        if self.palette_takes(typed, &choices) {
            return;
        }
        let unloaded = choices.unloaded.clone();
        if self.prompt.offer(typed, choices) {
            return;
        }
        let message = match unloaded {
            Some(module) => Message::new("explorer.message.not_loaded").with("module", module),
            None => Message::new("explorer.message.not_completed"),
        };
        self.say(Role::Dim, message);
    }

    /// While typing, what the commands said is looked through; if that is out of sight, the active pane.
    fn scroll_console(&mut self, action: Action) {
        let active = self.active;
        if self.layout().place(CONSOLE).is_some() {
            self.active = CONSOLE;
        }
        self.act(action);
        self.active = active;
    }

    /// A typed line; an empty one runs the last one again, as in kd.
    pub(super) fn enter(&mut self, line: &str) {
        // A colon leads to the prompt and is typed again by those who are there already.
        let line = line.trim().trim_start_matches(':').trim_start().to_owned();
        let line = if line.is_empty() { self.prompt.last().unwrap_or_default().to_owned() } else { line };
        if line.is_empty() {
            return;
        }
        if self.prompt.remember(&line) {
            self.effects.push(Effect::Remember(line.clone()));
        }
        self.sight = Sight::Answer;
        if line.eq_ignore_ascii_case(".cls") {
            self.console.clear();
            self.echo = None;
            return;
        }
        self.submit(&line);
    }

    /// Pasted text: its lines run one after the other, as if they were typed; what follows the last line break waits at
    /// the prompt.
    pub(super) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            self.prompt.paste(line);
            if lines.peek().is_some() {
                let line = self.prompt.take();
                // A blank line would run the last one again.
                if !line.trim().is_empty() {
                    self.enter(&line);
                }
            }
        }
    }

    /// Goes to the text that is being typed, from the cursor on. What stands nowhere as it was typed may be a regular
    /// expression.
    pub(super) fn look_for(&mut self, from_here: bool) {
        self.pattern = Pattern::new(&self.find);
        let stands = |app: &App, pattern: &Pattern| {
            let lines = app.kept(app.active).map(Kept::lines).unwrap_or_default();
            lines.iter().any(|line| pattern.is_in(line.text()))
        };
        if let Some(plain) = self.pattern.clone().filter(|plain| !stands(self, plain)) {
            self.pattern = plain.as_expression().filter(|it| stands(self, it)).or(Some(plain));
        }
        self.search(true, from_here);
    }

    /// Which of the lines that hold what is searched for the cursor is on, from 1 (0: on none), and how many there are.
    pub(super) fn found(&self) -> Option<(usize, usize)> {
        let pattern = self.pattern.as_ref()?;
        let (kept, pane) = (self.kept(self.active)?, self.panes.get(self.active)?);
        let (mut place, mut count) = (0, 0);
        for (number, line) in kept.lines().iter().enumerate() {
            if pattern.is_in(line.text()) {
                count += 1;
                place = if number == pane.page.view.cursor { count } else { place };
            }
        }
        Some((place, count))
    }

    /// Goes to the next place of what is searched for.
    pub(super) fn find_again(&mut self, forward: bool) {
        if self.pattern.is_none() {
            self.say(Role::Dim, Message::new("explorer.message.nothing_searched"));
        }
        self.search(forward, false);
    }

    fn search(&mut self, forward: bool, from_here: bool) {
        let Some(pattern) = self.pattern.clone() else {
            return;
        };
        if self.active == CONSOLE {
            self.sight = Sight::Chosen;
        }
        let found =
            self.looking().is_some_and(|(view, kept, _)| view.find(kept, &pattern, forward, from_here));
        if !found {
            if let Some(pane) = self.panes.get_mut(self.active).filter(|_| self.active != CONSOLE) {
                pane.page.seek(&pattern);
            }
            let message = Message::new("explorer.message.not_found").with("text", pattern.text());
            self.say(Role::Warning, message);
        }
    }

    /// Copies what is chosen, the line, or all lines, folded ones included; of a folded head all that it stands for.
    fn copy(&mut self, all: bool) {
        let Some((view, kept, _)) = self.looking() else {
            return;
        };
        let folded = kept.folds().headed(view.cursor).filter(|part| kept.folds().is_folded(*part));
        let several = match folded.filter(|_| view.chosen.is_none()) {
            _ if all => Some(0..kept.count()),
            part => part.map(|part| kept.folds().lines(part, kept.count())),
        };
        if let Some(several) = several {
            let lines = kept.lines().get(several).unwrap_or_default();
            let text: String = lines.iter().map(|line| line.text().trim_end().to_owned() + "\n").collect();
            let what = Message::new("explorer.message.copied_lines").with("count", lines.len());
            self.copy_as(text, what);
        } else {
            let line = kept.line(view.cursor).map(Packed::line).unwrap_or_default();
            let span = view.chosen.and_then(|index| line.spans().get(index));
            let text = span.map_or_else(|| line.plain(), |span| span.text().to_owned());
            self.copy_text(text.trim_end().to_owned());
        }
    }

    /// Copies a text of one line.
    pub(super) fn copy_text(&mut self, text: String) {
        let what = Message::new("explorer.message.copied_text").with("text", &text);
        self.copy_as(text, what);
    }

    /// Copies a text as far as terminals take it, and says so.
    fn copy_as(&mut self, mut text: String, what: Message) {
        let whole = text.len() <= MAX_COPY;
        if !whole {
            let end = (0..=MAX_COPY).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
            text.truncate(end);
        }
        self.effects.push(Effect::Copy(text));
        match whole {
            true => self.say(Role::Text, what),
            false => {
                let message = Message::new("explorer.message.copied_part").with("bytes", MAX_COPY);
                self.say(Role::Warning, message);
            }
        }
    }

    /// The mouse did something.
    pub(super) fn mouse_event(&mut self, mouse: MouseEvent) {
        let at = Position { x: mouse.column, y: mouse.row };
        match mouse.kind {
            MouseEventKind::ScrollUp => self.wheel(at, -WHEEL),
            MouseEventKind::ScrollDown => self.wheel(at, WHEEL),
            MouseEventKind::Down(MouseButton::Left) => self.click(at),
            _ => {}
        }
    }

    fn wheel(&mut self, at: Position, by: isize) {
        if let Some(&Layer::Help(top)) = self.top_layer() {
            self.layers.pop();
            self.layers.push(Layer::Help(self.scroll_help(top, by)));
            return;
        }
        let active = self.active;
        if let Some(place) = self.layout().panes.iter().find(|place| place.body.contains(at)) {
            self.active = place.pane;
            self.scroll(by);
            self.active = active;
        }
    }

    fn click(&mut self, at: Position) {
        let layout = self.layout();
        self.layers.clear();
        self.keyboard = Keyboard::Pane;
        if layout.prompt.contains(at) {
            self.keyboard = Keyboard::Prompt;
        } else if layout.dumps.contains(at) {
            if let Some(number) = self.dumps.at(layout.dumps.width, at.x) {
                self.go(Go::To(number));
            }
        } else if layout.tabs.contains(at) {
            let tab = super::screen::tab_at(self, layout.tabs.width, at.x);
            self.active = tab.unwrap_or(self.active);
        } else if let Some(place) = layout.panes.iter().find(|place| place.body.contains(at)) {
            self.active = place.pane;
            self.choose(place.body, at);
        }
    }

    /// Moves the cursor to where the mouse is; a second click on the same link follows it, one on the same head, or one
    /// behind a folded head, folds or unfolds it.
    fn choose(&mut self, body: Rect, at: Position) {
        let gutter = PANES.get(self.active).map_or(0, |pane| pane.gutter);
        let Some((view, kept, _)) = self.looking() else {
            return;
        };
        let row = usize::from(at.y - body.y);
        if row < view.heading(kept, usize::from(body.height)).len() {
            return;
        }
        let row = row + view.top_row(kept);
        let Some((number, line)) = kept.rows_from(row).next().map(|(number, line)| (number, line.line()))
        else {
            return;
        };
        let column = view.left + usize::from((at.x - body.x).saturating_sub(gutter));
        let mut end = 0;
        let span = line.spans().iter().position(|span| {
            end += crate::util::width::columns(span.text());
            column < end
        });
        let behind = column >= end && kept.folds().hidden_under(number) > 0;
        let span = span.filter(|&index| line.spans().get(index).is_some_and(|span| span.action.is_some()));
        let again = view.cursor == number && view.chosen == span;
        view.go_to(number, kept);
        view.chosen = span;
        if again && span.is_some() {
            self.follow();
        } else if behind || again {
            self.toggle_fold();
        }
    }
}
