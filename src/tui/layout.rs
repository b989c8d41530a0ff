//! Where things stand on a screen of a given size.

use super::panes::{
    ANALYSIS, CONSOLE, DISASSEMBLY, MEMORY, MODULES, POOL, PROCESSES, PROCESSORS, REGISTERS, STACK, THREADS,
    TYPES,
};
use crate::util::order::Order;
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

/// What decides the layout besides the size.
#[derive(Debug, Clone, Copy)]
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
}

/// Lays out a screen.
pub(super) fn layout(screen: Rect, wish: Wish) -> Layout {
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
    let many = screen.width >= MANY_COLUMNS && screen.height >= MANY_ROWS;
    !many && !wish.zoom && wish.active != CONSOLE && screen.width >= TWO_COLUMNS && screen.height >= TWO_ROWS
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

/// Whether a pane lists the system's threads or processes. They take the place of others while they are active; what
/// belongs to the thread that is chosen there stays in sight.
fn is_list(pane: usize) -> bool {
    matches!(pane, THREADS | PROCESSES)
}

/// Whether types and the pool have the place of what is always the same.
fn shows_values(wish: Wish) -> bool {
    match wish.active {
        TYPES | POOL => true,
        PROCESSORS | MODULES | THREADS | PROCESSES => false,
        _ => wish.chosen,
    }
}

fn many(layout: &mut Layout, mut area: Rect, wish: Wish) {
    let active = wish.active;
    let quarter = (area.height / 4).max(8);
    let console = cut_bottom(&mut area, quarter);
    let width = area.width;
    if width >= THREE_COLUMNS {
        let extra = width - THREE_COLUMNS;
        let mut right = cut_right(&mut area, POINTER_COLUMNS + extra / 3);
        let rule = cut_right(&mut area, 1);
        let mut middle = cut_right(&mut area, REGISTER_COLUMNS + extra / 3);
        layout.rules = vec![cut_right(&mut area, 1), rule];
        let rows = area.height;
        push(layout, ANALYSIS, area);
        push(layout, STACK, cut_top(&mut middle, rows * 2 / 5));
        push(layout, REGISTERS, cut_top(&mut middle, (rows / 3).min(11)));
        push(layout, DISASSEMBLY, middle);
        if is_list(active) {
            push(layout, active, right);
        } else if shows_values(wish) {
            push(layout, TYPES, cut_top(&mut right, rows * 2 / 5));
            push(layout, POOL, cut_top(&mut right, rows / 3));
            push(layout, MEMORY, right);
        } else {
            push(layout, PROCESSORS, cut_top(&mut right, rows / 4));
            push(layout, MODULES, cut_top(&mut right, rows * 2 / 5));
            push(layout, MEMORY, right);
        }
    } else {
        let mut right = cut_right(&mut area, REGISTER_COLUMNS);
        layout.rules = vec![cut_right(&mut area, 1)];
        let rows = area.height;
        if is_list(active) {
            push(layout, STACK, cut_bottom(&mut area, rows * 2 / 5));
            push(layout, active, area);
        } else if shows_values(wish) {
            push(layout, STACK, cut_top(&mut area, rows * 2 / 5));
            push(layout, if active == ANALYSIS { ANALYSIS } else { TYPES }, area);
        } else {
            push(layout, MODULES, cut_bottom(&mut area, rows / 4));
            push(layout, STACK, cut_bottom(&mut area, rows * 2 / 5));
            push(layout, ANALYSIS, area);
        }
        push(layout, REGISTERS, cut_top(&mut right, (rows / 3).min(11)));
        push(layout, MEMORY, cut_bottom(&mut right, rows / 4));
        if shows_values(wish) {
            push(layout, if active == DISASSEMBLY { DISASSEMBLY } else { POOL }, right);
        } else {
            push(layout, PROCESSORS, cut_bottom(&mut right, rows / 5));
            push(layout, DISASSEMBLY, right);
        }
    }
    push(layout, CONSOLE, console);
    layout.panes.order_by_key(|place| place.pane);
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

fn cut_right(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    area.width -= columns;
    Rect { x: area.x + area.width, width: columns, ..*area }
}

#[cfg(test)]
mod tests {
    use super::super::panes::{self, PANES};
    use super::*;
    use proptest::prelude::*;

    fn rects(layout: &Layout) -> Vec<Rect> {
        let mut all = vec![layout.dumps, layout.ticket, layout.tabs, layout.prompt, layout.hints];
        all.extend(&layout.rules);
        all.extend(layout.panes.iter().flat_map(|place| [place.title.unwrap_or_default(), place.body]));
        all
    }

    proptest! {
        #[test]
        fn every_cell_has_one_owner(
            width in 0u16..310, height in 0u16..110, active in 0..PANES.len(), zoom: bool, console in 0usize..200,
            chosen: bool, split: u8, dumps: bool,
        ) {
            let screen = Rect { x: 0, y: 0, width, height };
            let layout = layout(screen, Wish { active, zoom, console, chosen, split, dumps });
            let rects = rects(&layout);
            let owned: u32 = rects.iter().map(|rect| rect.area()).sum();
            prop_assert_eq!(owned, screen.area());
            for (at, one) in rects.iter().enumerate() {
                prop_assert_eq!(one.intersection(screen).area(), one.area());
                for other in rects.iter().skip(at + 1) {
                    prop_assert_eq!(one.intersection(*other).area(), 0);
                }
            }
            prop_assert!(layout.place(active).is_some());
        }
    }

    #[test]
    fn lists_of_large_screens_stand_beside_what_is_chosen() {
        for (width, height) in [(120, 36), (160, 50), (300, 100)] {
            let screen = Rect { x: 0, y: 0, width, height };
            for active in [THREADS, PROCESSES] {
                let layout = layout(
                    screen,
                    Wish { active, zoom: false, console: 0, chosen: false, split: 45, dumps: false },
                );
                let list = layout.place(active).expect("in sight").body;
                assert!(list.height >= 12 && list.width >= 54, "{width}x{height}: {list:?}");
                assert!(
                    [STACK, REGISTERS, DISASSEMBLY, CONSOLE].iter().all(|pane| layout.place(*pane).is_some())
                );
            }
        }
    }

    #[test]
    fn two_panes_stand_beside_each_other() {
        for (width, height) in [(100, 30), (119, 50), (139, 24), (160, 30)] {
            let screen = Rect { x: 0, y: 0, width, height };
            let of = |active, split| {
                layout(screen, Wish { active, zoom: false, console: 3, chosen: false, split, dumps: false })
            };
            for active in (0..PANES.len()).filter(|pane| *pane != CONSOLE) {
                let layout = of(active, 45);
                let body = |pane| layout.place(pane).expect("in sight").body;
                let beside = if active == STACK { ANALYSIS } else { active };
                assert!(body(STACK).width >= 44 && body(beside).width >= 54, "{width}x{height}: {active}");
                assert_eq!(body(CONSOLE).height, 3);
            }
            assert!(of(ANALYSIS, 60).place(STACK).expect("in sight").body.width > width / 2);
        }
        let small = Rect { x: 0, y: 0, width: 99, height: 30 };
        let wish = Wish { active: ANALYSIS, zoom: false, console: 0, chosen: false, split: 45, dumps: false };
        assert!(layout(small, wish).place(STACK).is_none());
    }

    #[test]
    fn chosen_values_stay_beside_the_stack() {
        for (width, height) in [(120, 36), (160, 50), (300, 100)] {
            let screen = Rect { x: 0, y: 0, width, height };
            for active in [TYPES, POOL, STACK, MEMORY, CONSOLE] {
                let layout = layout(
                    screen,
                    Wish { active, zoom: false, console: 0, chosen: true, split: 45, dumps: false },
                );
                for pane in [TYPES, POOL, STACK, REGISTERS, MEMORY, CONSOLE] {
                    let body = layout.place(pane).expect("in sight").body;
                    assert!(body.height >= 5 && body.width >= 54, "{width}x{height}: pane {pane}: {body:?}");
                }
            }
            let modules = layout(
                screen,
                Wish { active: MODULES, zoom: false, console: 0, chosen: true, split: 45, dumps: false },
            );
            assert!(modules.place(TYPES).is_none() && modules.place(PROCESSORS).is_some());
        }
    }

    #[test]
    fn large_screens_show_every_pane() {
        for (width, height) in [(120, 36), (160, 50), (300, 100)] {
            let screen = Rect { x: 0, y: 0, width, height };
            let layout = layout(
                screen,
                Wish { active: ANALYSIS, zoom: false, console: 0, chosen: false, split: 45, dumps: false },
            );
            for pane in 0..panes::count(true) {
                let body = layout.place(pane).expect("in sight").body;
                assert!(body.height >= 3 && body.width >= 36, "{width}x{height}: pane {pane}: {body:?}");
            }
        }
    }
}
