//! Looking at lines: what is scrolled to, which line and link is chosen, what is searched for.

use super::search::Pattern;
use crate::output::{Line, Packed, Role, Span};

/// A position in a list of lines. Counts are `usize`: listings exceed the 65,535 rows of terminal coordinates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct View {
    /// First line shown.
    pub(super) top: usize,
    /// The line under the cursor.
    pub(super) cursor: usize,
    /// The chosen span on it; `None` chooses the line's principal link.
    pub(super) chosen: Option<usize>,
    /// First column shown.
    pub(super) left: usize,
}

impl View {
    /// Moves the cursor by lines, down for positive numbers.
    pub(super) fn move_by(&mut self, by: isize, count: usize) {
        let last = count.saturating_sub(1);
        self.go_to(self.cursor.min(last).saturating_add_signed(by), count);
    }

    /// Moves by a page of lines: what is shown moves along, so that the cursor stays at its height.
    pub(super) fn page_by(&mut self, by: isize, count: usize) {
        self.top = self.top.saturating_add_signed(by);
        self.move_by(by, count);
    }

    /// Moves the cursor to a line.
    pub(super) fn go_to(&mut self, line: usize, count: usize) {
        let line = line.min(count.saturating_sub(1));
        if line != self.cursor {
            self.cursor = line;
            self.chosen = None;
        }
    }

    /// Scrolls so that the cursor is among `height` lines out of `count`.
    pub(super) fn settle(&mut self, count: usize, height: usize) {
        self.cursor = self.cursor.min(count.saturating_sub(1));
        let height = height.max(1);
        self.top = self.top.min(count.saturating_sub(height)).min(self.cursor);
        if self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
    }

    /// Chooses the next (`forward`) or previous link of the line under the cursor, and goes on to the neighbouring
    /// lines' links at the ends.
    pub(super) fn step_link(&mut self, lines: &[Packed], forward: bool) {
        let Some(line) = lines.get(self.cursor).map(Packed::line) else {
            return;
        };
        let here = self.chosen_span(&line);
        let next = if forward {
            links(&line).find(|&index| here.is_none_or(|here| index > here))
        } else {
            links(&line).filter(|&index| here.is_some_and(|here| index < here)).last()
        };
        if next.is_some() {
            self.chosen = next;
            return;
        }
        let mut rest: Box<dyn Iterator<Item = (usize, &Packed)>> = if forward {
            Box::new(lines.iter().enumerate().skip(self.cursor + 1))
        } else {
            Box::new(lines.iter().enumerate().take(self.cursor).rev())
        };
        if let Some((number, line)) = rest.find(|(_, line)| line.has_link()) {
            let line = line.line();
            self.cursor = number;
            self.chosen = if forward { links(&line).next() } else { links(&line).last() };
        }
    }

    /// The index of the chosen span of the line under the cursor: what was chosen, or its principal link.
    pub(super) fn chosen_span(&self, line: &Line) -> Option<usize> {
        self.chosen.filter(|&index| index < line.spans().len()).or_else(|| principal(line))
    }

    /// The span that Enter follows.
    pub(super) fn link(&self, lines: &[Packed]) -> Option<Span> {
        let line = lines.get(self.cursor)?.line();
        line.spans().get(self.chosen_span(&line)?).filter(|span| span.action.is_some()).cloned()
    }

    /// Scrolls sideways so that the chosen span is in sight, as far as `width` allows.
    pub(super) fn show_chosen(&mut self, lines: &[Packed], width: usize) {
        let Some(line) = lines.get(self.cursor).map(Packed::line) else {
            return;
        };
        let Some(chosen) = self.chosen_span(&line) else {
            return;
        };
        let spans = line.spans();
        let start: usize = spans.iter().take(chosen).map(columns).sum();
        let end = start + spans.get(chosen).map_or(0, columns);
        if end > self.left + width.saturating_sub(1) {
            self.left = (end + 1).saturating_sub(width).min(start);
        }
        if start < self.left {
            self.left = if end < width { 0 } else { start };
        }
    }

    /// Scrolls sideways by columns, at most until the end of the longest of `lines` in sight.
    pub(super) fn scroll_sideways(&mut self, by: isize, lines: &[Packed], height: usize, width: usize) {
        let longest = lines.iter().skip(self.top).take(height).map(Packed::columns).max().unwrap_or(0);
        self.left = self.left.saturating_add_signed(by).min(longest.saturating_sub(width.min(longest)));
    }

    /// Goes to the next (`forward`) or previous line that holds the pattern, round; false if there is none.
    pub(super) fn find(
        &mut self,
        lines: &[Packed],
        pattern: &Pattern,
        forward: bool,
        from_here: bool,
    ) -> bool {
        let count = lines.len();
        let first = usize::from(!from_here);
        let found = (first..count + first).find_map(|step| {
            let at = if forward { self.cursor + step } else { self.cursor + count.saturating_sub(step) };
            let at = at.checked_rem(count)?;
            lines.get(at).filter(|line| pattern.is_in(line.text())).map(|_| at)
        });
        if let Some(at) = found {
            self.cursor = at;
            self.chosen = None;
        }
        found.is_some()
    }
}

/// The link that a line is about: the first that names something (a module, a symbol), else the first address.
fn principal(line: &Line) -> Option<usize> {
    let is_name = |index: &usize| line.spans().get(*index).is_some_and(|span| span.role != Role::Address);
    links(line).find(is_name).or_else(|| links(line).next())
}

/// The spans of a line that can be followed.
fn links(line: &Line) -> impl Iterator<Item = usize> {
    line.spans().iter().enumerate().filter(|(_, span)| span.action.is_some()).map(|(index, _)| index)
}

fn columns(span: &Span) -> usize {
    crate::util::width::columns(span.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Action;

    fn lines() -> Vec<Packed> {
        [
            Line::of("heading"),
            Line::new().link(Role::Address, "10", Action::Memory(0x10)).text(" ").link(
                Role::Address,
                "20",
                Action::Memory(0x20),
            ),
            Line::of("between"),
            Line::new().text("    ").link(Role::Address, "30", Action::Memory(0x30)),
        ]
        .map(Packed::from)
        .into()
    }

    #[test]
    fn the_cursor_stays_in_sight_and_in_bounds() {
        let mut view = View::default();
        view.move_by(70_000, 100_000);
        view.settle(100_000, 20);
        assert_eq!((view.cursor, view.top), (70_000, 69_981));
        view.move_by(isize::MAX, 100_000);
        view.settle(100_000, 20);
        assert_eq!((view.cursor, view.top), (99_999, 99_980));
        view.settle(3, 20);
        assert_eq!((view.cursor, view.top), (2, 0));
        view.move_by(isize::MIN, 3);
        view.settle(0, 0);
        assert_eq!((view.cursor, view.top), (0, 0));
    }

    #[test]
    fn links_are_stepped_through_across_lines() {
        let lines = lines();
        let mut view = View::default();
        let mut seen = Vec::new();
        for _ in 0..4 {
            view.step_link(&lines, true);
            seen.push(view.link(&lines).and_then(|span| span.action.clone()));
        }
        assert_eq!(seen, [0x10, 0x20, 0x30, 0x30].map(|address| Some(Action::Memory(address))));
        view.step_link(&lines, false);
        assert_eq!(view.link(&lines).as_ref().map(Span::text), Some("20"));
    }

    #[test]
    fn a_line_without_choice_offers_what_it_names() {
        let lines = lines();
        let module = [lines[1].line().link(Role::Module, "nt", Action::Module("nt".into())).into()];
        assert_eq!(View::default().link(&module).as_ref().map(Span::text), Some("nt"));
        let view = View { cursor: 1, ..View::default() };
        assert_eq!(view.link(&lines).as_ref().map(Span::text), Some("10"));
        assert_eq!(View::default().link(&lines), None);
    }

    #[test]
    fn searching_goes_round() {
        let lines = lines();
        let pattern = Pattern::new("e").expect("not empty");
        let mut view = View::default();
        assert!(view.find(&lines, &pattern, true, false));
        assert_eq!(view.cursor, 2);
        assert!(view.find(&lines, &pattern, true, false));
        assert_eq!(view.cursor, 0);
        assert!(view.find(&lines, &pattern, false, false));
        assert_eq!(view.cursor, 2);
        assert!(!view.find(&lines, &Pattern::new("absent").expect("not empty"), true, true));
        assert!(!view.find(&[], &pattern, true, true));
    }

    #[test]
    fn a_chosen_span_beyond_the_edge_is_scrolled_to() {
        let lines = [Line::of(" ".repeat(50)).link(Role::Address, "0123456789", Action::Memory(0)).into()];
        let mut view = View::default();
        view.show_chosen(&lines, 20);
        assert_eq!(view.left, 41);
        view.show_chosen(&lines, 100);
        assert_eq!(view.left, 41);
        view.left = 60;
        view.show_chosen(&lines, 100);
        assert_eq!(view.left, 0);
    }
}
