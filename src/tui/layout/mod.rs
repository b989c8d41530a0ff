//! Where things stand on a screen of a given size.

mod halves;
#[cfg(test)]
mod tests;

use super::panes::{
    self, ANALYSIS, COMMON, CONSOLE, DISASSEMBLY, MEMORY, MODULES, POOL, PROCESSES, PROCESSORS, REGISTERS,
    STACK, THREADS, TYPES,
};
use crate::util::order::Order;
use halves::Part;
use ratatui::layout::Rect;

/// A pane's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The pane's number.
    pub(super) pane: usize,
    /// Its title bar, if it has one; else the tabs are its title.
    pub(super) title: Option<Rect>,
    /// Its lines.
    pub(super) body: Rect,
}

/// The places of everything; an empty rectangle means that there is no room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The dumps that are open together; empty where there is one.
    pub(super) dumps: Rect,
    /// File, bug check, build, prompt.
    pub(super) ticket: Rect,
    /// The panes' names.
    pub(super) tabs: Rect,
    /// The panes in sight.
    pub(super) panes: Vec<Place>,
    /// Columns between panes.
    pub(super) rules: Vec<Rect>,
    /// Columns between the halves of a divided pane.
    pub(super) seams: Vec<Rect>,
    /// All panes together.
    pub(super) middle: Rect,
    /// The prompt.
    pub(super) prompt: Rect,
    /// Keys, messages.
    pub(super) hints: Rect,
}

impl Layout {
    /// The place of a pane, if it is in sight.
    pub(super) fn place(&self, pane: usize) -> Option<Place> {
        self.panes.iter().find(|place| place.pane == pane).copied()
    }
}

/// From here on two panes stand side by side.
const TWO_COLUMNS: u16 = 100;
const TWO_ROWS: u16 = 18;
/// From here on several panes are shown at once.
const MANY_COLUMNS: u16 = 120;
const MANY_ROWS: u16 = 36;
/// From here on in three columns.
const THREE_COLUMNS: u16 = 154;
/// Neither of two panes becomes narrower.
const SPLIT_COLUMNS: u16 = 30;
/// Three registers in a row.
const REGISTER_COLUMNS: u16 = 62;
/// An address and two pointers.
const POINTER_COLUMNS: u16 = 54;

/// Columns by which a border between the columns of many panes is moved at a time.
const BORDER_STEP: u16 = 4;

/// What decides the layout besides the size.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish {
    /// The active pane.
    pub(super) active: usize,
    /// Whether it is alone.
    pub(super) zoom: bool,
    /// Lines of console output that should be in sight under another pane.
    pub(super) console: usize,
    /// Of two panes side by side, how many of a hundred columns the right one has.
    pub(super) split: u8,
    /// Whether a type or a page of the pool was chosen, and stays in sight where there is room.
    pub(super) chosen: bool,
    /// Whether several dumps are open.
    pub(super) dumps: bool,
    /// The panes that are out of sight until somebody goes to them, a bit each.
    pub(super) hidden: u16,
    /// The panes that are divided in two, a bit each.
    pub(super) divided: u16,
    /// Of which of them the second half was active last.
    pub(super) second: u16,
    /// How many steps to the right the borders between the columns of many panes were moved.
    pub(super) borders: [i8; 2],
}

impl Wish {
    /// Whether a pane is out of sight.
    fn hides(self, pane: usize) -> bool {
        pane != self.active && self.hidden >> pane.min(15) & 1 == 1
    }

    /// Whether a pane is divided in two.
    pub(super) fn divides(self, pane: usize) -> bool {
        self.divided >> pane.min(15) & 1 == 1
    }

    /// The half of a pane that is active or was last; the pane itself if it is not divided.
    pub(super) fn front(self, pane: usize) -> usize {
        let is_second = match panes::whole(self.active) == pane {
            true => self.active != pane,
            false => self.second >> pane.min(15) & 1 == 1,
        };
        if is_second && self.divides(pane) { panes::second(pane) } else { pane }
    }

    /// The same, with the pane active that the active half belongs to.
    fn of_wholes(self) -> Wish {
        Wish { active: panes::whole(self.active), ..self }
    }
}

/// Lays out a screen.
pub(super) fn layout(screen: Rect, wish: Wish) -> Layout {
    let mut layout = of_wholes(screen, wish.of_wholes());
    divide(&mut layout, wish);
    layout
}

/// Gives the halves of divided panes their places. Where there is no room for both, the one that was active last has it.
fn divide(layout: &mut Layout, wish: Wish) {
    for place in std::mem::take(&mut layout.panes) {
        let area = place.title.map_or(place.body, |title| title.union(place.body));
        let halves = halves::halves(area).filter(|_| wish.divides(place.pane) && !wish.zoom);
        let Some(([first, second], seam)) = halves else {
            layout.panes.push(Place { pane: wish.front(place.pane), ..place });
            continue;
        };
        layout.seams.extend(seam);
        push(layout, place.pane, first);
        push(layout, panes::second(place.pane), second);
    }
}

/// Lays out a screen without dividing panes.
fn of_wholes(screen: Rect, wish: Wish) -> Layout {
    let mut rest = screen;
    let mut layout = Layout::default();
    // The smaller the screen, the fewer lines stay; the prompt is the last one to go.
    let height = screen.height;
    if wish.dumps && height >= 8 {
        layout.dumps = cut_top(&mut rest, 1);
    }
    if height >= 4 {
        layout.ticket = cut_top(&mut rest, 1);
    }
    if height >= 5 {
        layout.tabs = cut_top(&mut rest, 1);
    }
    if height >= 3 {
        layout.hints = cut_bottom(&mut rest, 1);
    }
    if height >= 1 {
        layout.prompt = cut_bottom(&mut rest, 1);
    }
    layout.middle = rest;
    if screen.width >= MANY_COLUMNS && screen.height >= MANY_ROWS && !wish.zoom {
        many(&mut layout, rest, wish);
    } else if has_two(screen, wish) {
        two(&mut layout, rest, wish);
    } else {
        single(&mut layout, rest, wish);
    }
    layout
}

/// Whether two panes stand side by side: how they share the columns can be chosen.
pub(super) fn has_two(screen: Rect, wish: Wish) -> bool {
    let wish = wish.of_wholes();
    let many = screen.width >= MANY_COLUMNS && screen.height >= MANY_ROWS;
    let beside = if wish.active == STACK { ANALYSIS } else { STACK };
    !many
        && !wish.hides(beside)
        && !wish.zoom
        && wish.active != CONSOLE
        && screen.width >= TWO_COLUMNS
        && screen.height >= TWO_ROWS
}

/// The stack at the right, which nearly all else belongs to, and the active pane beside it.
fn two(layout: &mut Layout, mut area: Rect, wish: Wish) {
    if wish.console > 0 {
        let rows = wish.console.min(usize::from(area.height / 3));
        let console = cut_bottom(&mut area, u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(1));
        push(layout, CONSOLE, console);
    }
    let share = u32::from(area.width) * u32::from(wish.split) / 100;
    let width = u16::try_from(share)
        .unwrap_or(u16::MAX)
        .clamp(SPLIT_COLUMNS, area.width.saturating_sub(SPLIT_COLUMNS + 1));
    let right = cut_right(&mut area, width);
    layout.rules = vec![cut_right(&mut area, 1)];
    push(layout, if wish.active == STACK { ANALYSIS } else { wish.active }, area);
    push(layout, STACK, right);
    layout.panes.order_by_key(|place| place.pane);
}

fn single(layout: &mut Layout, mut area: Rect, wish: Wish) {
    if wish.active != CONSOLE && wish.console > 0 && !wish.zoom && area.height >= 6 {
        let rows = wish.console.min(usize::from(area.height / 2 - 1));
        let mut console = cut_bottom(&mut area, u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(1));
        let title = Some(cut_top(&mut console, 1));
        layout.panes.push(Place { pane: wish.active, title: None, body: area });
        layout.panes.push(Place { pane: CONSOLE, title, body: console });
        return;
    }
    layout.panes.push(Place { pane: wish.active, title: None, body: area });
}

/// Whether a pane lists the system's threads or processes, or compares dumps. They take the place of others while they are active; what
/// belongs to the thread that is chosen there stays in sight.
fn is_list(pane: usize) -> bool {
    matches!(pane, THREADS | PROCESSES | COMMON)
}

/// Whether types and the pool have the place of what is always the same.
fn shows_values(wish: Wish) -> bool {
    match wish.active {
        TYPES | POOL => true,
        PROCESSORS | MODULES | THREADS | PROCESSES | COMMON => false,
        _ => wish.chosen,
    }
}

/// A column's width, and its panes from its top.
type Column = (u16, Vec<Part>);

fn many(layout: &mut Layout, mut area: Rect, wish: Wish) {
    let quarter = (area.height / 4).max(8);
    let console = cut_bottom(&mut area, quarter);
    let columns = if area.width >= THREE_COLUMNS {
        three_columns(area, wish)
    } else {
        let right = REGISTER_COLUMNS;
        let widths = [area.width.saturating_sub(right + 1), right];
        widths.into_iter().zip(two_columns(area.height, wish)).collect()
    };
    let columns = moved(without_hidden(columns, wish), wish);
    let last = columns.len().saturating_sub(1);
    for (at, (width, parts)) in columns.into_iter().enumerate() {
        let mut column = cut_left(&mut area, width);
        if at < last {
            layout.rules.push(cut_left(&mut area, 1));
        }
        let parts = halves::with_room(parts, column.height, |pane| wish.divides(pane));
        let fixed: u16 = parts.iter().filter_map(|(_, rows)| *rows).sum();
        let left = column.height.saturating_sub(fixed);
        for (pane, rows) in parts {
            push(layout, pane, cut_top(&mut column, rows.unwrap_or(left)));
        }
    }
    // Where all else is hidden, what the commands said has the whole screen.
    let console = if layout.panes.is_empty() { console.union(area) } else { console };
    push(layout, CONSOLE, console);
    layout.panes.order_by_key(|place| place.pane);
}

fn three_columns(area: Rect, wish: Wish) -> Vec<Column> {
    let (rows, extra) = (area.height, area.width.saturating_sub(THREE_COLUMNS));
    let (middle, right) = (REGISTER_COLUMNS + extra / 3, POINTER_COLUMNS + extra / 3);
    let left = area.width.saturating_sub(middle + right + 2);
    let beside = if is_list(wish.active) {
        vec![(wish.active, None)]
    } else if shows_values(wish) {
        vec![(TYPES, Some(rows * 2 / 5)), (POOL, Some(rows / 3)), (MEMORY, None)]
    } else {
        vec![(PROCESSORS, Some(rows / 4)), (MODULES, Some(rows * 2 / 5)), (MEMORY, None)]
    };
    let of_frame =
        vec![(STACK, Some(rows * 2 / 5)), (REGISTERS, Some((rows / 3).min(11))), (DISASSEMBLY, None)];
    vec![(left, vec![(ANALYSIS, None)]), (middle, of_frame), (right, beside)]
}

fn two_columns(rows: u16, wish: Wish) -> [Vec<Part>; 2] {
    let active = wish.active;
    let stack = (STACK, Some(rows * 2 / 5));
    let left = if is_list(active) {
        vec![(active, None), stack]
    } else if shows_values(wish) {
        vec![stack, (if active == ANALYSIS { ANALYSIS } else { TYPES }, None)]
    } else {
        vec![(ANALYSIS, None), stack, (MODULES, Some(rows / 4))]
    };
    let mut right = vec![(REGISTERS, Some((rows / 3).min(11)))];
    if shows_values(wish) {
        right.push((if active == DISASSEMBLY { DISASSEMBLY } else { POOL }, None));
    } else {
        right.extend([(DISASSEMBLY, None), (PROCESSORS, Some(rows / 5))]);
    }
    right.push((MEMORY, Some(rows / 4)));
    [left, right]
}

/// What hidden panes leave goes to the other panes of their column; what a column without any leaves, to the one before it.
fn without_hidden(columns: Vec<Column>, wish: Wish) -> Vec<Column> {
    let mut seen: Vec<Column> = Vec::new();
    let mut left = 0;
    for (width, mut parts) in columns {
        parts.retain(|(pane, _)| !wish.hides(*pane));
        if parts.iter().all(|(_, rows)| rows.is_some())
            && let Some((_, rows)) = parts.last_mut()
        {
            *rows = None;
        }
        match (parts.is_empty(), seen.last_mut()) {
            (true, Some((before, _))) => *before += width + 1,
            (true, None) => left += width + 1,
            (false, _) => seen.push((width + std::mem::take(&mut left), parts)),
        }
    }
    seen
}

/// With what stands between the columns moved as the user moved it.
fn moved(mut columns: Vec<Column>, wish: Wish) -> Vec<Column> {
    for (border, steps) in wish.borders.into_iter().enumerate() {
        let Some([(left, _), (right, _)]) = columns.get_mut(border..border + 2) else { break };
        let by = u16::from(steps.unsigned_abs()) * BORDER_STEP;
        let (from, to) = if steps < 0 { (left, right) } else { (right, left) };
        // Whole steps, so that the same keys lead back.
        let by = by.min(from.saturating_sub(SPLIT_COLUMNS) / BORDER_STEP * BORDER_STEP);
        *from -= by;
        *to += by;
    }
    columns
}

fn push(layout: &mut Layout, pane: usize, mut area: Rect) {
    let title = Some(cut_top(&mut area, 1));
    layout.panes.push(Place { pane, title, body: area });
}

fn cut_top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let cut = Rect { height: rows, ..*area };
    area.y += rows;
    area.height -= rows;
    cut
}

fn cut_bottom(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect { y: area.y + area.height, height: rows, ..*area }
}

fn cut_left(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    let cut = Rect { width: columns, ..*area };
    area.x += columns;
    area.width -= columns;
    cut
}

fn cut_right(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    area.width -= columns;
    Rect { x: area.x + area.width, width: columns, ..*area }
}
