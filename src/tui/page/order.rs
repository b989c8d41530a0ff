//! The rows of a page in the order of a column.

use super::Page;
use crate::tui::kept::Kept;

/// The order of a table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) struct Sorted {
    key: &'static str,
    /// The column's title.
    pub(in crate::tui) title: &'static str,
    /// Whether the last comes first.
    pub(in crate::tui) descending: bool,
}

impl Page {
    /// The order of the rows, if it is not the one in which they came.
    pub(in crate::tui) fn sorted(&self) -> Option<Sorted> {
        self.sorted
    }

    /// Puts the rows of the table at the cursor into the order of its next column, behind the last one as they came; with
    /// `reverse` from the other end of the same column. False where there is nothing to sort.
    pub(in crate::tui) fn sort(&mut self, reverse: bool) -> bool {
        let line = self.origin(self.view.cursor);
        let Some(table) = self.lines.table_at(line) else { return false };
        let columns = self.lines.columns_of(table).iter();
        let titled: Vec<_> = columns.filter(|column| !column.title.is_empty()).collect();
        if titled.is_empty() {
            return false;
        }
        let mut orders = titled.into_iter().map(|column| Sorted {
            key: column.key,
            title: column.title,
            descending: false,
        });
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
}

/// Sorts the first table that has the column.
pub(super) fn sort(kept: &mut Kept, sorted: Sorted) -> Option<Vec<usize>> {
    let tables = 0..kept.tables();
    let place = |table: usize| kept.columns_of(table).iter().position(|column| column.key == sorted.key);
    let (table, column) = tables.into_iter().find_map(|table| Some((table, place(table)?)))?;
    kept.sort(table, column, sorted.descending)
}
