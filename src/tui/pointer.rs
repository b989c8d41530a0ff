//! What the mouse does to the state.

use super::app::{App, Go, Keyboard};
use super::layers::Layer;
use super::layout::{Layout, Place};
use super::panes;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// Lines that the wheel scrolls by.
const WHEEL: isize = 3;

impl App {
    /// The mouse did something.
    pub(super) fn mouse_event(&mut self, mouse: MouseEvent) {
        let at = Position { x: mouse.column, y: mouse.row };
        match mouse.kind {
            MouseEventKind::ScrollUp => self.wheel(at, -WHEEL),
            MouseEventKind::ScrollDown => self.wheel(at, WHEEL),
            MouseEventKind::Down(MouseButton::Left) => self.click(at),
            MouseEventKind::Down(MouseButton::Middle) => self.divide_at(at),
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
            self.active = tab.map_or(self.active, |pane| self.half_of(pane));
        } else if let Some(pane) = titled_at(&layout, at) {
            self.active = pane;
        } else if let Some(place) = layout.panes.iter().find(|place| place.body.contains(at)) {
            self.active = place.pane;
            self.choose(place.body, at);
        }
    }

    /// Divides the pane whose title bar the mouse is on, or makes it one again.
    fn divide_at(&mut self, at: Position) {
        if let Some(pane) = titled_at(&self.layout(), at) {
            self.layers.clear();
            self.keyboard = Keyboard::Pane;
            self.active = pane;
            self.toggle_divided();
        }
    }

    /// Moves the cursor to where the mouse is; a second click on the same link follows it, one on the same head, or one
    /// behind a folded head, folds or unfolds it.
    fn choose(&mut self, body: Rect, at: Position) {
        let gutter = panes::spec(self.active).map_or(0, |pane| pane.gutter);
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

/// The pane whose title bar is there.
fn titled_at(layout: &Layout, at: Position) -> Option<usize> {
    let titled = |place: &&Place| place.title.is_some_and(|title| title.contains(at));
    layout.panes.iter().find(titled).map(|place| place.pane)
}
