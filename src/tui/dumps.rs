//! The dumps that are open together, as a row of tabs.

use super::canvas::put;
use super::theme::Theme;
use super::ticket::shortened;
use crate::output::Role;
use crate::util::width::columns;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// How it stands with a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// Nobody has looked at it, or it is open.
    Quiet,
    /// It is being opened, or runs a command that was typed.
    Busy,
    /// It cannot be opened.
    Failed,
}

/// A dump's tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DumpTab {
    /// The file's name.
    pub(super) name: String,
    /// How it stands with it.
    pub(super) condition: Condition,
}

/// The dumps that are open together; empty where there is only one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dumps {
    /// A tab each.
    pub(super) tabs: Vec<DumpTab>,
    /// The number of the one in sight.
    pub(super) current: usize,
    /// Lines that ran in the others.
    pub(super) ran: usize,
}

/// Columns in which a file's name can still be told from others.
const SHORT_NAME: usize = 8;

/// A tab's first column, its dump, and its text.
type Text = (u16, usize, String);

impl Dumps {
    /// Whether there are several.
    pub(super) fn are_several(&self) -> bool {
        self.tabs.len() > 1
    }

    /// The tabs in a row of a width: `[||0 a.dmp] ||1 b.dmp `, or, if they have no room, where the one in sight stands among
    /// them: ` 1/20 a.dmp `.
    fn texts(&self, width: u16) -> Vec<Text> {
        let width = usize::from(width);
        let text = |number: usize, tab: &DumpTab, room: usize| {
            let (open, close) = if number == self.current { ('[', ']') } else { (' ', ' ') };
            let mark = match tab.condition {
                Condition::Quiet => "",
                Condition::Busy => " ...",
                Condition::Failed => " !",
            };
            format!("{open}||{number} {}{mark}{close}", shortened(&tab.name, room))
        };
        let whole = |room: usize| -> Vec<String> {
            self.tabs.iter().enumerate().map(|(number, tab)| text(number, tab, room)).collect()
        };
        let longest = self.tabs.iter().map(|tab| columns(&tab.name)).max().unwrap_or(0);
        // The longest names give way first, and all by the same measure.
        let fitting = (SHORT_NAME..=longest.max(SHORT_NAME)).rev().map(whole);
        let mut fitting =
            fitting.filter(|texts| texts.iter().map(|text| columns(text)).sum::<usize>() <= width);
        let texts = fitting.next().map(|texts| texts.into_iter().enumerate().collect::<Vec<_>>());
        let texts = texts.unwrap_or_else(|| {
            let place = format!(" {}/{} ", self.current + 1, self.tabs.len());
            let name = self.tabs.get(self.current).map_or("", |tab| &tab.name);
            let name = shortened(name, width.saturating_sub(columns(&place) + 1));
            vec![(self.current, format!("{place}{name} "))]
        });
        let mut column = 0;
        let placed = texts.into_iter().map(|(number, text)| {
            let start = column;
            column += u16::try_from(columns(&text)).unwrap_or(u16::MAX);
            (start, number, text)
        });
        placed.collect()
    }

    /// The dump whose tab is at a column. Where only the one in sight has room, that is the next one.
    pub(super) fn at(&self, width: u16, column: u16) -> Option<usize> {
        let texts = self.texts(width);
        if texts.len() < self.tabs.len() {
            return (self.current + 1).checked_rem(self.tabs.len());
        }
        let ends = |(start, _, text): &Text| usize::from(*start) + columns(text);
        let at = texts.iter().find(|text| text.0 <= column && usize::from(column) < ends(text));
        at.map(|(_, number, _)| *number)
    }

    /// Draws the row.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme) {
        for (start, number, text) in self.texts(area.width) {
            let is_failed = self.tabs.get(number).is_some_and(|tab| tab.condition == Condition::Failed);
            let style = match number == self.current {
                true => theme.bar(true),
                false if is_failed => theme.role(Role::Unreadable),
                false => theme.role(Role::Label),
            };
            put(buffer, area, start, 0, &text, style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dumps(names: &[&str], current: usize) -> Dumps {
        let tab = |name: &&str| DumpTab { name: (*name).to_owned(), condition: Condition::Quiet };
        Dumps { tabs: names.iter().map(tab).collect(), current, ran: 0 }
    }

    fn row(dumps: &Dumps, width: u16) -> String {
        dumps.texts(width).into_iter().map(|(_, _, text)| text).collect()
    }

    #[test]
    fn names_give_way_before_tabs_do() {
        let mut dumps = dumps(&["wifi.dmp", "a-machine-2021-05-18.dmp"], 1);
        assert_eq!(row(&dumps, 80), " ||0 wifi.dmp [||1 a-machine-2021-05-18.dmp]");
        assert_eq!(row(&dumps, 34), " ||0 wifi.dmp [||1 a-mach..18.dmp]");
        assert_eq!(row(&dumps, 27), " 2/2 a-machine..-05-18.dmp ");
        dumps.tabs[0].condition = Condition::Failed;
        dumps.tabs[1].condition = Condition::Busy;
        assert_eq!(row(&dumps, 80), " ||0 wifi.dmp ! [||1 a-machine-2021-05-18.dmp ...]");
    }

    #[test]
    fn a_column_belongs_to_the_tab_that_is_drawn_there() {
        let dumps = dumps(&["wifi.dmp", "usb.dmp", "三.dmp"], 0);
        assert_eq!(row(&dumps, 80), "[||0 wifi.dmp] ||1 usb.dmp  ||2 三.dmp ");
        let of = |column| dumps.at(80, column);
        assert_eq!(
            [of(0), of(13), of(14), of(26), of(27), of(38), of(39)],
            [Some(0), Some(0), Some(1), Some(1), Some(2), Some(2), None]
        );
        assert_eq!(dumps.at(20, 3), Some(1), "the next one");
    }
}
