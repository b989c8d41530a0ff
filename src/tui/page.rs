//! What a pane shows: a command line and its output.

use super::kept::Kept;
use super::message::{End, hint_line};
use super::panes::{Lead, PaneSpec};
use super::search::Pattern;
use super::view::View;
use crate::output::{Action, Line, Packed, Piece, Role};
use crate::words::{Language, text};

/// A heading has no more lines.
const FIRST_LINES: usize = 6;

/// A command line with its output and the position in it.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// What a link led to; `None` for what the pane shows by itself.
    pub(super) pinned: Option<Action>,
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
    pub(super) stale: bool,
    /// Whether only symbols arrived since.
    renewing: bool,
    /// The selection for which the position was last placed at what is selected.
    placed: Option<u64>,
    /// What was searched for in vain while it was filled for the first time.
    sought: Option<Pattern>,
    /// Whether the position counts the lines as they came, before they were made for a width.
    unfitted: bool,
    /// Where the user looks.
    pub(super) view: View,
}

/// The order of a table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sorted {
    key: &'static str,
    /// The column's title.
    pub(super) title: &'static str,
    /// Whether the last comes first.
    pub(super) descending: bool,
}

/// The lines that a filter keeps.
#[derive(Debug)]
struct Chosen {
    kept: Kept,
    /// The number that each has among all.
    numbers: Vec<usize>,
    /// How many of them are rows, and of how many: headings stay without being asked.
    rows: (usize, usize),
}

/// Lines made for a width.
#[derive(Debug)]
struct Fitted {
    /// The columns and rows that there are.
    room: (usize, usize),
    /// Whether long lines are broken; else columns are left out.
    breaks: bool,
    /// The lines; `None` where they are as they came.
    kept: Option<Kept>,
    /// Where each line begins that came, if some were broken; empty where none was.
    places: Vec<usize>,
}

impl Fitted {
    /// The line that came of which this one is a part.
    fn origin(&self, line: usize) -> usize {
        match self.places.is_empty() {
            true => line,
            false => self.places.partition_point(|place| *place <= line).saturating_sub(1),
        }
    }

    /// Where a line that came begins.
    fn place(&self, line: usize) -> usize {
        self.places.get(line).copied().unwrap_or(line)
    }
}

/// A pane with its present page and those that Backspace returns to.
#[derive(Debug, Default)]
pub(super) struct Pane {
    /// What it shows.
    pub(super) page: Page,
    /// What it showed before links were followed into it, oldest first.
    pub(super) past: Vec<Page>,
    /// What it showed before the user went back, the next one last.
    pub(super) future: Vec<Page>,
}

impl Pane {
    /// A pane whose lines are about such links.
    pub(super) fn led_by(lead: Lead) -> Pane {
        let view = View { lead, ..View::default() };
        Pane { page: Page { view, ..Page::default() }, past: Vec::new(), future: Vec::new() }
    }

    /// Shows another page; the present one can be returned to.
    pub(super) fn push(&mut self, page: Page) {
        self.past.push(std::mem::replace(&mut self.page, page));
    }

    /// Shows the page before the present one again.
    pub(super) fn back(&mut self) {
        if let Some(page) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.page, page));
        }
    }

    /// Shows the page again that was left by going back.
    pub(super) fn forward(&mut self) {
        if let Some(page) = self.future.pop() {
            self.push(page);
        }
    }

    /// All its pages.
    pub(super) fn pages(&mut self) -> impl Iterator<Item = &mut Page> {
        std::iter::once(&mut self.page).chain(&mut self.past).chain(&mut self.future)
    }
}

impl Page {
    /// A page that stays at what a link led to.
    pub(super) fn pinned(action: Action) -> Page {
        Page { pinned: Some(action), ..Page::default() }
    }

    /// Whether `line` has to be run to show this page.
    pub(super) fn needs(&self, line: &str) -> bool {
        self.stale || self.loaded.as_deref() != Some(line)
    }

    /// Whether nothing has arrived yet.
    pub(super) fn is_loading(&self) -> bool {
        self.loaded.is_none()
    }

    /// Symbols have arrived: the output is to be had again, with the names that it lacks.
    pub(super) fn renew(&mut self) {
        if !self.stale && self.loaded.is_some() {
            self.stale = true;
            self.renewing = true;
        }
    }

    /// Something happened on which the output depends.
    pub(super) fn outdate(&mut self) {
        self.stale = true;
        self.renewing = false;
    }

    /// Its command line begins to run.
    pub(super) fn begin(&mut self) {
        self.incoming = Kept::default();
    }

    /// Takes more output of the running command.
    pub(super) fn receive(&mut self, pieces: Vec<Piece>, skip: Option<&str>) {
        let wanted = pieces.into_iter().filter(|piece| skip.is_none() || piece.kind() != skip);
        self.incoming.take(wanted, None);
    }

    /// Text was searched for and not found: what has not arrived yet may hold it.
    pub(super) fn seek(&mut self, pattern: &Pattern) {
        self.sought = self.is_loading().then(|| pattern.clone());
    }

    /// The command line has ended: its output becomes the page, of a stopped one as far as it came. The position is
    /// kept unless the line is another one, or, for an anchored pane, the output is; also one that was gone to while the first
    /// output arrived. Whether what was sought then in vain has come.
    pub(super) fn finish(&mut self, line: &str, end: &End, spec: &PaneSpec, language: Language) -> bool {
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
        if incoming.line(0).is_some_and(Packed::is_empty) {
            incoming.drop_first(1, None);
            self.shift(-1);
        }
        if incoming.count() == 0 {
            let line = Line::new().role(Role::Dim, format!("{line}: no output"));
            incoming.take([line.into()], None);
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
        let is_about = |line: &Packed| {
            let spans = line.has_link().then(|| line.line());
            spans.is_some_and(|line| {
                line.spans().iter().filter_map(|span| span.action.as_ref()).any(|it| (spec.lands)(pinned, it))
            })
        };
        kept.lines().iter().rposition(is_about)
    }

    /// The order of the rows, if it is not the one in which they came.
    pub(super) fn sorted(&self) -> Option<Sorted> {
        self.sorted
    }

    /// Puts the rows of the table at the cursor into the order of its next column, behind the last one as they came; with
    /// `reverse` from the other end of the same column. False where there is nothing to sort.
    pub(super) fn sort(&mut self, reverse: bool) -> bool {
        let line = self.origin(self.view.cursor);
        let Some(table) = self.lines.table_at(line) else { return false };
        let titled = self.lines.columns_of(table).iter().filter(|column| !column.title.is_empty());
        let mut orders =
            titled.map(|column| Sorted { key: column.key, title: column.title, descending: false });
        let next = match self.sorted {
            None => orders.next(),
            Some(sorted) if reverse => Some(Sorted { descending: !sorted.descending, ..sorted }),
            Some(sorted) => orders.skip_while(|order| order.key != sorted.key).nth(1),
        };
        let Some(next) = next else {
            // Nothing keeps the order in which they came but the command.
            (self.sorted, self.stale) = (None, true);
            return true;
        };
        let next = Sorted { descending: next.descending || (self.sorted.is_none() && reverse), ..next };
        if let Some(kept) = self.fitted.as_ref().and_then(|fitted| fitted.kept.as_ref()) {
            self.lines.fold_like(kept);
        }
        let Some(order) = sort(&mut self.lines, next) else { return false };
        self.sorted = Some(next);
        let place = order.iter().position(|old| *old == line).unwrap_or(0);
        self.view.cursor = place;
        self.fitted = None;
        if let Some((pattern, _)) = self.filter.take() {
            self.set_filter(Some(pattern));
        }
        true
    }

    /// What rows have to hold to be shown.
    pub(super) fn filter(&self) -> Option<&Pattern> {
        self.filter.as_ref().map(|(pattern, _)| pattern)
    }

    /// How many rows a filter keeps, of how many, and its text.
    pub(super) fn filtered(&self) -> Option<(usize, usize, &str)> {
        let (pattern, chosen) = self.filter.as_ref()?;
        Some((chosen.rows.0, chosen.rows.1, pattern.text()))
    }

    /// Keeps the rows that hold something, or all. The cursor stays at its row, or goes to the next that is kept.
    pub(super) fn set_filter(&mut self, filter: Option<Pattern>) {
        let line = self.origin(self.view.cursor);
        self.filter = filter.map(|pattern| {
            let chosen = self.lines.holding(&pattern);
            (pattern, Chosen { kept: chosen.0, numbers: chosen.1, rows: chosen.2 })
        });
        self.fitted = None;
        self.view.top = 0;
        self.view.chosen = None;
        self.view.cursor = match &self.filter {
            Some((_, chosen)) => chosen.numbers.partition_point(|number| *number < line),
            None => line,
        };
    }

    /// The number among all lines of a line that is shown.
    fn origin(&self, line: usize) -> usize {
        let line = self.fitted.as_ref().map_or(line, |fitted| fitted.origin(line));
        match &self.filter {
            Some((_, chosen)) => chosen.numbers.get(line).copied().unwrap_or(line),
            None => line,
        }
    }

    /// The lines before they are made for a width.
    fn whole_lines(&mut self) -> &mut Kept {
        match &mut self.filter {
            Some((_, chosen)) => &mut chosen.kept,
            None => &mut self.lines,
        }
    }

    /// Goes to the line about what is selected, once for each selection: then the user may look elsewhere, or does so already.
    pub(super) fn place_at(&mut self, selected: &Action, chosen: u64) {
        if self.placed.replace(chosen) == Some(chosen) || self.unfitted {
            return;
        }
        let (view, kept) = self.parts();
        let is_about = |line: &Packed| {
            line.has_link() && line.line().spans().iter().any(|span| span.action.as_ref() == Some(selected))
        };
        if let Some(line) = kept.lines().iter().position(is_about) {
            kept.reveal(line);
            view.go_to(line, kept);
        }
    }

    /// Makes the lines for a width and height, if they are not made for them yet: long ones are broken, or columns of tables
    /// left out; to be called before [`Page::kept`]. The position stays at its line.
    pub(super) fn fit(&mut self, width: usize, height: usize, spec: &PaneSpec) {
        // A module's details are no table: of a path the end counts.
        let breaks = spec.wrap || self.whole || matches!(self.pinned, Some(Action::Module(_)));
        let room = (width, height);
        if self.fitted.as_ref().is_some_and(|fitted| (fitted.room, fitted.breaks) == (room, breaks)) {
            return;
        }
        let before = self.fitted.take();
        if let Some(kept) = before.as_ref().and_then(|before| before.kept.as_ref()) {
            self.whole_lines().fold_like(kept);
        }
        let lines = self.whole_lines();
        let (kept, places) = match breaks {
            true => {
                let (kept, places) = lines.broken(width);
                (Some(kept), places)
            }
            false => {
                let narrowed = lines.narrowed(width);
                let of = narrowed.as_ref().unwrap_or(lines);
                let broken = of.broken_in_sight(width, height).or_else(|| of.with_remarks_broken(width));
                match broken {
                    Some((kept, places)) => (Some(kept), places),
                    None => (narrowed, Vec::new()),
                }
            }
        };
        let fitted = Fitted { room, breaks, kept, places };
        if let Some(before) = before {
            self.view.cursor = fitted.place(before.origin(self.view.cursor));
            self.view.top = fitted.place(before.origin(self.view.top));
            // Other pieces of the line stand there now.
            self.view.chosen = None;
        } else if self.unfitted {
            self.view.cursor = fitted.place(self.view.cursor);
            self.view.top = fitted.place(self.view.top);
        }
        self.unfitted = false;
        if breaks {
            self.view.left = 0;
        }
        self.fitted = Some(fitted);
    }

    /// Shows all columns and breaks long lines, or no longer; whether it does so now.
    pub(super) fn toggle_whole(&mut self) -> bool {
        self.whole = !self.whole;
        self.whole
    }

    /// The lines to draw: as they came, or as they were fitted.
    pub(super) fn kept(&self) -> &Kept {
        match self.fitted.as_ref().and_then(|fitted| fitted.kept.as_ref()) {
            Some(kept) => kept,
            None if self.lines.count() == 0 => &self.incoming,
            None => self.filter.as_ref().map_or(&self.lines, |(_, chosen)| &chosen.kept),
        }
    }

    /// The position and the lines, to move the one over the other and to fold.
    pub(super) fn parts(&mut self) -> (&mut View, &mut Kept) {
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

/// Sorts the first table that has the column.
fn sort(kept: &mut Kept, sorted: Sorted) -> Option<Vec<usize>> {
    let tables = 0..kept.tables();
    let place = |table: usize| kept.columns_of(table).iter().position(|column| column.key == sorted.key);
    let (table, column) = tables.into_iter().find_map(|table| Some((table, place(table)?)))?;
    kept.sort(table, column, sorted.descending)
}

/// The first line with something to follow, if it is near the top: headings are no place for a cursor.
fn first_link(kept: &Kept) -> usize {
    kept.rows_from(0).take(FIRST_LINES).find(|(_, line)| line.has_link()).map_or(0, |(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::super::panes::{ANALYSIS, DISASSEMBLY, MODULES, PANES, REGISTERS};
    use super::*;
    use crate::output::Record;

    #[test]
    fn output_replaces_the_page_once_it_is_whole() {
        let mut page = Page::default();
        let banner = Record::new("banner").line(Line::of("*banner"));
        page.receive(vec![banner.into(), Line::of("one").into()], Some("banner"));
        assert_eq!(page.kept().count(), 1);
        page.finish("r", &End::Finished, PANES[REGISTERS], Language::English);
        page.view.cursor = 7;
        page.stale = true;
        assert!(page.needs("r"));
        page.receive(vec![Line::of("two").into(), Line::of("three").into()], None);
        assert_eq!(page.kept().count(), 1);
        page.begin();
        let failed = End::Failed { why: "r: no context".into(), hints: Vec::new() };
        page.finish("r", &failed, PANES[REGISTERS], Language::English);
        assert_eq!(page.kept().lines()[0].text(), "r: no context");
        assert_eq!(page.view.cursor, 7);
        assert!(!page.needs("r"));
        assert!(page.needs("r rax"));
    }

    #[test]
    fn a_position_that_the_selection_anchors_starts_over() {
        let mut page = Page::default();
        let mut cursors = Vec::new();
        for output in ["one", "one", "two"] {
            page.receive(vec![Line::of(output).into(), Line::of("more").into()], None);
            page.finish("u @$ip", &End::Finished, PANES[DISASSEMBLY], Language::English);
            cursors.push(page.view.cursor);
            page.view.cursor = 1;
        }
        assert_eq!(cursors, [0, 1, 0]);
    }

    #[test]
    fn the_cursor_begins_at_the_first_link() {
        let mut page = Page::default();
        let row = Line::new().link(Role::Module, "nt", Action::Module("nt".into()));
        page.receive(vec![Line::of("start end").into(), row.into()], None);
        page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
        assert_eq!(page.view.cursor, 1);
    }

    /// Lines that arrive can be looked through; the place that was gone to, or was sought and came later, is kept.
    #[test]
    fn a_search_while_a_page_fills_keeps_its_place() {
        let lines = || ["one two three four", "five six seven", "eight"].map(|text| Line::of(text).into());
        // The analysis is broken for the width, so that its lines get other numbers; modules come as they are.
        for (sought, line, pane) in [
            ("six", "five six seven", MODULES),
            ("eight", "eight", MODULES),
            ("six", "five six", ANALYSIS),
            ("eight", "eight", ANALYSIS),
        ] {
            let mut page = Page::default();
            page.begin();
            page.receive(lines()[..2].to_vec(), None);
            let pattern = Pattern::new(sought).expect("a pattern");
            let (view, kept) = page.parts();
            if !view.find(kept, &pattern, true, true) {
                page.seek(&pattern);
            }
            page.receive(lines()[2..].to_vec(), None);
            page.finish("lm", &End::Finished, PANES[pane], Language::English);
            page.fit(10, 2, PANES[pane]);
            let shown = page.kept().line(page.view.cursor).map(Packed::text);
            assert_eq!(shown.map(str::trim), Some(line), "{sought}");
        }
        // What arrives later does not move who sought nothing.
        let mut page = Page::default();
        page.receive(lines().into(), None);
        page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
        assert_eq!(page.view.cursor, 0);
    }

    #[test]
    fn a_filter_that_is_typed_while_a_page_fills_holds_for_all_of_it() {
        let mut page = Page::default();
        page.receive(vec![Line::of("one").into(), Line::of("two").into()], None);
        page.set_filter(Pattern::new("two"));
        page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
        assert_eq!(page.filtered(), Some((1, 2, "two")));
    }

    /// Broken at 10 columns, a line of five words takes three rows; the cursor stays at the line.
    #[test]
    fn a_position_stays_at_its_line_when_lines_are_broken() {
        let mut page = Page::default();
        let lines = ["one two three four five", "six"].map(|text| Line::of(text).into());
        page.receive(lines.into(), None);
        page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
        page.fit(10, 2, PANES[MODULES]);
        assert_eq!(page.kept().count(), 2);
        page.view.cursor = 1;
        assert!(page.toggle_whole());
        page.fit(10, 2, PANES[MODULES]);
        assert_eq!(page.kept().line(page.view.cursor).map(Packed::text), Some("six"));
        assert!(page.view.cursor > 1);
        page.fit(12, 2, PANES[MODULES]);
        assert_eq!(page.kept().line(page.view.cursor).map(Packed::text), Some("six"));
        assert!(!page.toggle_whole());
        page.fit(12, 2, PANES[MODULES]);
        assert_eq!(page.view.cursor, 1);
    }

    /// What is said beside the rows of a table is read to its end; rows are cut, which their mark tells.
    #[test]
    fn remarks_among_rows_are_broken() {
        let mut page = Page::default();
        let remark = Line::new().role(Role::Warning, "two words, and then two more");
        let rows = [Line::of("a row that is as long as that"), remark, Line::of("end")];
        page.receive(rows.map(Piece::from).into(), None);
        page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
        page.fit(16, 2, PANES[MODULES]);
        let shown: Vec<&str> = page.kept().lines().iter().map(Packed::text).collect();
        assert_eq!(shown, ["a row that is as long as that", "two words, and", "  then two more", "end"]);
        page.view.cursor = 3;
        page.fit(80, 2, PANES[MODULES]);
        assert_eq!((page.kept().count(), page.view.cursor), (3, 2));
    }

    /// Registers are read to their ends where all of them stay in sight; else what is below would be pushed out of it.
    #[test]
    fn long_lines_are_broken_where_all_stay_in_sight() {
        let mut page = Page::default();
        let lines = ["rax=1 rbx=2 rcx=3", "rip=4"].map(|text| Line::of(text).into());
        page.receive(lines.into(), None);
        page.finish("r", &End::Finished, PANES[REGISTERS], Language::English);
        for (height, rows) in [(2, 2), (3, 3), (2, 2)] {
            page.fit(12, height, PANES[REGISTERS]);
            assert_eq!(page.kept().count(), rows);
        }
    }

    #[test]
    fn prose_follows_the_width() {
        let mut page = Page::default();
        page.receive(vec![Line::of("one two three four five").into()], None);
        page.finish("!analyze", &End::Finished, PANES[REGISTERS], Language::English);
        page.fit(10, 2, PANES[ANALYSIS]);
        assert!(page.kept().count() > 2);
        page.fit(80, 2, PANES[ANALYSIS]);
        assert_eq!(page.kept().count(), 1);
    }
}
