//! Looking at lines: what is scrolled to, which line and link is chosen, what is searched for.

use super::kept::Kept;
use super::panes::Lead;
use super::search::Pattern;
use crate::output::{Line, Role, Span};
use std::ops::Range;

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
    /// Whether a search led here: what is around the line is to be in sight too.
    pub(super) sought: bool,
    /// Which of a line's links is its principal one.
    pub(super) lead: Lead,
}

impl View {
    /// Moves the cursor by rows, down for positive numbers.
    pub(super) fn move_by(&mut self, by: isize, kept: &Kept) {
        let row = kept.folds().row_of(self.cursor.min(kept.count().saturating_sub(1)));
        let row = row.saturating_add_signed(by).min(kept.rows().saturating_sub(1));
        self.go_to(kept.folds().line_at(row), kept);
    }

    /// Moves by a page of rows: what is shown moves along, so that the cursor stays at its height.
    pub(super) fn page_by(&mut self, by: isize, kept: &Kept) {
        let row = kept.folds().row_of(self.top).saturating_add_signed(by);
        self.top = kept.folds().line_at(row.min(kept.rows()));
        self.move_by(by, kept);
    }

    /// Moves the cursor to a line, or to the head that stands for it.
    pub(super) fn go_to(&mut self, line: usize, kept: &Kept) {
        let line = kept.folds().shown(line.min(kept.count().saturating_sub(1)));
        if line != self.cursor {
            self.cursor = line;
            self.chosen = None;
        }
    }

    /// Scrolls so that the cursor is among the lines in `height` rows; it leaves what was folded.
    pub(super) fn settle(&mut self, kept: &Kept, height: usize) {
        self.go_to(self.cursor, kept);
        let (folds, height) = (kept.folds(), height.max(1));
        let cursor = folds.row_of(self.cursor);
        let mut top = folds.row_of(self.top).min(kept.rows().saturating_sub(height));
        if !self.sought {
            top = top.min(cursor);
        }
        if std::mem::take(&mut self.sought) && !(top..top + height).contains(&cursor) {
            top = cursor.saturating_sub(height / 3).min(kept.rows().saturating_sub(height));
        } else if cursor >= top + height {
            top = cursor + 1 - height;
        }
        self.top = folds.line_at(top);
        // What stays in sight over the rows must not cover the cursor.
        let heading = self.heading(kept, height).len();
        if cursor < top + heading {
            self.top = folds.line_at(cursor.saturating_sub(heading));
        }
    }

    /// The lines of the heading that is drawn over the first of `height` rows, where it has been scrolled out.
    pub(super) fn heading(&self, kept: &Kept, height: usize) -> Range<usize> {
        let heading = kept.heading_over(self.top);
        if heading.len() < height.saturating_sub(2) { heading } else { 0..0 }
    }

    /// The first row shown.
    pub(super) fn top_row(&self, kept: &Kept) -> usize {
        kept.folds().row_of(self.top)
    }

    /// Chooses the next (`forward`) or previous link of the line under the cursor, and goes on to the neighbouring
    /// lines' links at the ends.
    pub(super) fn step_link(&mut self, kept: &Kept, forward: bool) {
        let Some(line) = kept.line(self.cursor).map(|line| line.line()) else {
            return;
        };
        if let Some(next) = self.neighbour(&line, forward) {
            self.chosen = Some(next);
            return;
        }
        if let Some(number) = kept.link_in_sight(self.cursor, forward) {
            let line = kept.line(number).map(|line| line.line()).unwrap_or_default();
            self.cursor = number;
            self.chosen = if forward { links(&line).next() } else { links(&line).last() };
        }
    }

    /// Whether the line under the cursor has another link in that direction.
    pub(super) fn can_step(&self, kept: &Kept, forward: bool) -> bool {
        kept.line(self.cursor).is_some_and(|line| self.neighbour(&line.line(), forward).is_some())
    }

    fn neighbour(&self, line: &Line, forward: bool) -> Option<usize> {
        let here = self.chosen_span(line);
        if forward {
            links(line).find(|&index| here.is_none_or(|here| index > here))
        } else {
            links(line).filter(|&index| here.is_some_and(|here| index < here)).last()
        }
    }

    /// The index of the chosen span of the line under the cursor: what was chosen, or its principal link.
    pub(super) fn chosen_span(&self, line: &Line) -> Option<usize> {
        self.chosen.filter(|&index| index < line.spans().len()).or_else(|| principal(line, self.lead))
    }

    /// The span that Enter follows.
    pub(super) fn link(&self, kept: &Kept) -> Option<Span> {
        let line = kept.line(self.cursor)?.line();
        line.spans().get(self.chosen_span(&line)?).filter(|span| span.action.is_some()).cloned()
    }

    /// Scrolls sideways so that the chosen span is in sight, as far as `width` allows.
    pub(super) fn show_chosen(&mut self, kept: &Kept, width: usize) {
        let Some(line) = kept.line(self.cursor).map(|line| line.line()) else {
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

    /// Scrolls sideways by columns, at most until the end of the longest line in sight.
    pub(super) fn scroll_sideways(&mut self, by: isize, kept: &Kept, height: usize, width: usize) {
        let shown = kept.rows_from(self.top_row(kept)).take(height);
        let longest = shown.map(|(_, line)| line.columns()).max().unwrap_or(0);
        self.left = self.left.saturating_add_signed(by).min(longest.saturating_sub(width.min(longest)));
    }

    /// Goes to the next (`forward`) or previous line that holds the pattern, round; false if there is none. What hides the
    /// line is unfolded.
    pub(super) fn find(
        &mut self,
        kept: &mut Kept,
        pattern: &Pattern,
        forward: bool,
        from_here: bool,
    ) -> bool {
        let count = kept.count();
        let first = usize::from(!from_here);
        let found = (first..count + first).find_map(|step| {
            let at = if forward { self.cursor + step } else { self.cursor + count.saturating_sub(step) };
            let at = at.checked_rem(count)?;
            kept.line(at).filter(|line| pattern.is_in(line.text())).map(|_| at)
        });
        if let Some(at) = found {
            self.go_to_found(at, kept);
        }
        found.is_some()
    }

    /// Goes to a line that was searched for, and unfolds what hides it.
    pub(super) fn go_to_found(&mut self, line: usize, kept: &mut Kept) {
        kept.reveal(line);
        self.cursor = line;
        self.chosen = None;
        self.sought = true;
    }
}

/// The link that a line is about: what its pane lists, else the first that names something (a module, a symbol), else the first address.
fn principal(line: &Line, lead: Lead) -> Option<usize> {
    let action = |index: &usize| line.spans().get(*index).and_then(|span| span.action.as_ref());
    if let Some(led) = links(line).find(|index| action(index).is_some_and(|action| lead.prefers(action))) {
        return Some(led);
    }
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

    fn lines() -> Kept {
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
        .into_iter()
        .collect()
    }

    #[test]
    fn the_cursor_stays_in_sight_and_in_bounds() {
        let many: Kept = (0..100_000).map(|_| Line::new()).collect();
        let mut view = View::default();
        view.move_by(70_000, &many);
        view.settle(&many, 20);
        assert_eq!((view.cursor, view.top), (70_000, 69_981));
        view.move_by(isize::MAX, &many);
        view.settle(&many, 20);
        assert_eq!((view.cursor, view.top), (99_999, 99_980));
        view.settle(&(0..3).map(|_| Line::new()).collect(), 20);
        assert_eq!((view.cursor, view.top), (2, 0));
        view.move_by(isize::MIN, &many);
        view.settle(&Kept::default(), 0);
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
        let module =
            lines.line(1).expect("a line").line().link(Role::Module, "nt", Action::Module("nt".into()));
        let module = [module].into_iter().collect();
        assert_eq!(View::default().link(&module).as_ref().map(Span::text), Some("nt"));
        let view = View { cursor: 1, ..View::default() };
        assert_eq!(view.link(&lines).as_ref().map(Span::text), Some("10"));
        assert_eq!(View::default().link(&lines), None);
    }

    #[test]
    fn searching_goes_round() {
        let mut lines = lines();
        let pattern = Pattern::new("e").expect("not empty");
        let mut view = View::default();
        assert!(view.find(&mut lines, &pattern, true, false));
        assert_eq!(view.cursor, 2);
        assert!(view.find(&mut lines, &pattern, true, false));
        assert_eq!(view.cursor, 0);
        assert!(view.find(&mut lines, &pattern, false, false));
        assert_eq!(view.cursor, 2);
        assert!(!view.find(&mut lines, &Pattern::new("absent").expect("not empty"), true, true));
        assert!(!view.find(&mut Kept::default(), &pattern, true, true));
    }

    /// With three rows of what is before it, of ten; where it is in sight already nothing moves.
    #[test]
    fn what_was_found_stands_among_what_is_around_it() {
        let mut many: Kept = (0..100).map(|number| Line::of(format!("line {number}."))).collect();
        let mut view = View::default();
        let mut find = |text: &str, forward| {
            view.find(&mut many, &Pattern::new(text).expect("not empty"), forward, true);
            view.settle(&many, 10);
            (view.cursor, view.top)
        };
        assert_eq!(find("50.", true), (50, 47));
        assert_eq!(find("56.", true), (56, 47));
        assert_eq!(find("57.", true), (57, 54));
        assert_eq!(find("20.", false), (20, 17));
        assert_eq!(find(" 99.", true), (99, 90));
        assert_eq!(find(" 1.", true), (1, 0));
    }

    #[test]
    fn a_chosen_span_beyond_the_edge_is_scrolled_to() {
        let line = Line::of(" ".repeat(50)).link(Role::Address, "0123456789", Action::Memory(0));
        let lines = [line].into_iter().collect();
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
