//! What a pane shows: a command line and its output.

mod filter;
mod fit;
mod order;
mod pane;
#[cfg(test)]
mod tests;

pub(in crate::tui) use pane::Pane;

use super::kept::Kept;
use super::lines::KeptLine;
use super::message::{End, hint_line};
use super::panes::PaneSpec;
use super::search::Pattern;
use super::view::View;
use crate::output::{Action, Line, Piece, Role};
use crate::words::{Language, text};
use filter::Chosen;
use fit::Fitted;
use order::{Sorted, sort};

/// Lines that a pane shows of a command at most; it says so.
pub(in crate::tui) const MAX_LINES: usize = 50_000;
/// A heading has no more lines.
const FIRST_LINES: usize = 6;

/// A command line with its output and the position in it.
#[derive(Debug, Default)]
pub(in crate::tui) struct Page {
    /// What a link led to; `None` for what the pane shows by itself.
    pub(in crate::tui) pinned: Option<Action>,
    /// The line whose output `lines` is.
    loaded: Option<String>,
    lines: Kept,
    /// Output that is arriving, to replace `lines` once it is whole.
    incoming: Kept,
    /// What rows have to hold to be shown, and the lines that are.
    filter: Option<(Pattern, Chosen)>,
    /// The column that the rows are in the order of: its key and title, and whether from its end.
    sorted: Option<Sorted>,
    /// The lines as a width has room for them.
    fitted: Option<Fitted>,
    /// Whether all columns are shown and long lines are broken.
    whole: bool,
    /// Whether something happened since on which the output depends.
    pub(in crate::tui) stale: bool,
    /// Whether only symbols arrived since.
    renewing: bool,
    /// The selection for which the position was last placed at what is selected.
    placed: Option<u64>,
    /// What was searched for in vain while it was filled for the first time.
    sought: Option<Pattern>,
    /// Whether the position counts the lines as they came, before they were made for a width.
    unfitted: bool,
    /// Where the user looks.
    pub(in crate::tui) view: View,
}

impl Page {
    /// A page that stays at what a link led to.
    pub(in crate::tui) fn pinned(action: Action) -> Page {
        Page { pinned: Some(action), ..Page::default() }
    }

    /// Whether `line` has to be run to show this page.
    pub(in crate::tui) fn needs(&self, line: &str) -> bool {
        self.stale || self.loaded.as_deref() != Some(line)
    }

    /// Whether nothing has arrived yet.
    pub(in crate::tui) fn is_loading(&self) -> bool {
        self.loaded.is_none()
    }

    /// Symbols have arrived: the output is to be had again, with the names that it lacks.
    pub(in crate::tui) fn renew(&mut self) {
        if !self.stale && self.loaded.is_some() {
            self.stale = true;
            self.renewing = true;
        }
    }

    /// Something happened on which the output depends.
    pub(in crate::tui) fn outdate(&mut self) {
        self.stale = true;
        self.renewing = false;
    }

    /// Its command line begins to run.
    pub(in crate::tui) fn begin(&mut self) {
        self.incoming = Kept::default();
    }

    /// Takes more output of the running command.
    pub(in crate::tui) fn receive(&mut self, pieces: Vec<Piece>, skip: Option<&str>) {
        let wanted = pieces.into_iter().filter(|piece| skip.is_none() || piece.kind() != skip);
        self.incoming.take(wanted, None);
    }

    /// Text was searched for and not found: what has not arrived yet may hold it.
    pub(in crate::tui) fn seek(&mut self, pattern: &Pattern) {
        self.sought = self.is_loading().then(|| pattern.clone());
    }

    /// The command line has ended: its output becomes the page, of a stopped one as far as it came. The position is
    /// kept unless the line is another one, or, for an anchored pane, the output is; also one that was gone to while the first
    /// output arrived. Whether what was sought then in vain has come.
    pub(in crate::tui) fn finish(
        &mut self,
        line: &str,
        end: &End,
        spec: &PaneSpec,
        language: Language,
    ) -> bool {
        let mut incoming = std::mem::take(&mut self.incoming);
        incoming.close_all();
        // A page that nobody saw has no position to keep; of one that arrives the lines are in sight already.
        let moved = self.loaded.is_none() && (self.view.cursor, self.view.top) != (0, 0);
        match end {
            // Without a word on the page the command would start again at once.
            End::Cancelled => {
                let line = Line::new().role(Role::Warning, text("explorer.status.stopped_pane", language));
                incoming.prepend(line);
                self.shift(1);
            }
            End::Failed { why, hints } => {
                let why = Line::new().role(Role::Error, why);
                let hints = hints.iter().map(|hint| hint_line(hint, language));
                incoming.take(std::iter::once(why).chain(hints).map(Piece::from), None);
            }
            End::Finished | End::Quit | End::System { .. } => {}
        }
        if incoming.line(0).is_some_and(|line| line.is_empty()) {
            incoming.drop_first(1, None);
            self.shift(-1);
        }
        if incoming.count() == 0 {
            let line = Line::new().role(Role::Dim, format!("{line}: no output"));
            incoming.take([line.into()], None);
        }
        if let (None, Some(guide)) = (&self.pinned, spec.guide)
            && !matches!(end, End::Cancelled)
            && !incoming.lines().iter().any(|line| line.has_link())
        {
            incoming.take([Line::new().role(Role::Dim, text(guide, language)).into()], None);
        }
        let renewed = std::mem::take(&mut self.renewing);
        let same_line = self.loaded.as_deref() == Some(line);
        self.sorted = self.sorted.filter(|sorted| same_line && sort(&mut incoming, *sorted).is_some());
        if same_line {
            incoming.fold_like(self.kept());
        }
        self.whole &= same_line;
        let sought = self.sought.take();
        if moved {
            self.unfitted = true;
        } else if !same_line || (spec.anchored && !renewed && self.lines.lines() != incoming.lines()) {
            self.view = View { lead: self.view.lead, ..View::default() };
            if spec.folded {
                incoming.fold_all(true);
            }
            // Broken lines have other numbers.
            if !spec.wrap {
                self.view.cursor = self.landing(&incoming, spec).unwrap_or_else(|| first_link(&incoming));
            }
        }
        let came = sought.is_some_and(|pattern| self.view.find(&mut incoming, &pattern, true, true));
        self.unfitted |= came;
        // What was typed while the first output arrived is meant for all of it.
        let first = self.loaded.is_none();
        self.loaded = Some(line.to_owned());
        let filter = self.filter.take().map(|(pattern, _)| pattern);
        self.lines = incoming;
        self.fitted = None;
        self.stale = false;
        if let Some(pattern) = filter.filter(|_| same_line || first) {
            let cursor = self.view.cursor;
            self.set_filter(Some(pattern));
            self.view.cursor = if same_line { cursor } else { self.view.cursor };
        }
        came
    }

    /// Lines came or went before the first one.
    fn shift(&mut self, by: isize) {
        if self.loaded.is_none() && (self.view.cursor, self.view.top) != (0, 0) {
            self.view.cursor = self.view.cursor.saturating_add_signed(by);
            self.view.top = self.view.top.saturating_add_signed(by);
        }
    }

    /// Where the cursor begins on a page that a link led to.
    fn landing(&self, kept: &Kept, spec: &PaneSpec) -> Option<usize> {
        let pinned = self.pinned.as_ref()?;
        let is_about = |line: KeptLine| {
            let spans = line.has_link().then(|| line.line());
            spans.is_some_and(|line| {
                line.spans().iter().filter_map(|span| span.action.as_ref()).any(|it| (spec.lands)(pinned, it))
            })
        };
        kept.lines().iter().rposition(is_about)
    }

    /// Goes to the line about what is selected, once for each selection: then the user may look elsewhere, or does so already.
    pub(in crate::tui) fn place_at(&mut self, selected: &Action, chosen: u64) {
        if self.placed.replace(chosen) == Some(chosen) || self.unfitted {
            return;
        }
        let (view, kept) = self.parts();
        let is_about = |line: KeptLine| {
            line.has_link() && line.line().spans().iter().any(|span| span.action.as_ref() == Some(selected))
        };
        let line = kept.lines().iter().position(is_about);
        if let Some(line) = line {
            kept.reveal(line);
            view.go_to(line, kept);
        }
    }

    /// The lines to draw: as they came, or as they were fitted.
    pub(in crate::tui) fn kept(&self) -> &Kept {
        match self.fitted.as_ref().and_then(|fitted| fitted.kept.as_ref()) {
            Some(kept) => kept,
            None if self.lines.count() == 0 => &self.incoming,
            None => self.filter.as_ref().map_or(&self.lines, |(_, chosen)| &chosen.kept),
        }
    }

    /// The position and the lines, to move the one over the other and to fold.
    pub(in crate::tui) fn parts(&mut self) -> (&mut View, &mut Kept) {
        let kept = match self.fitted.as_mut().and_then(|fitted| fitted.kept.as_mut()) {
            Some(kept) => kept,
            None if self.lines.count() == 0 => &mut self.incoming,
            None => match &mut self.filter {
                Some((_, chosen)) => &mut chosen.kept,
                None => &mut self.lines,
            },
        };
        (&mut self.view, kept)
    }
}

/// The first line with something to follow, if it is near the top: headings are no place for a cursor.
fn first_link(kept: &Kept) -> usize {
    kept.rows_from(0).take(FIRST_LINES).find(|(_, line)| line.has_link()).map_or(0, |(number, _)| number)
}
