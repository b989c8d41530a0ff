//! Where panes stand on screens of all sizes.

use super::*;
use crate::tui::panes::{self, PANES};
use proptest::prelude::*;

fn rects(layout: &Layout) -> Vec<Rect> {
    let mut all = vec![layout.dumps, layout.ticket, layout.tabs, layout.prompt, layout.hints];
    all.extend(layout.rules.iter().chain(&layout.seams));
    all.extend(layout.panes.iter().flat_map(|place| [place.title.unwrap_or_default(), place.body]));
    all
}

proptest! {
    #[test]
    fn every_cell_has_one_owner(
        width in 0u16..310, height in 0u16..110, active in 0..panes::HALVES, zoom: bool, console in 0usize..200,
        chosen: bool, split: u8, dumps: bool, hidden: u16, divided: u16, second: u16, left in -30i8..30,
        right in -30i8..30,
    ) {
        let screen = Rect { x: 0, y: 0, width, height };
        let divided = divided & !(1 << CONSOLE);
        // Only of what is divided a half can be active.
        let active = if divided >> panes::whole(active) & 1 == 1 { active } else { panes::whole(active) };
        let wish = Wish { active, zoom, console, chosen, split, dumps, hidden, divided, second, borders: [left, right] };
        let layout = layout(screen, wish);
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
fn hidden_panes_leave_their_place_to_the_others() {
    for (width, height) in [(120, 36), (160, 50)] {
        let screen = Rect { x: 0, y: 0, width, height };
        let of = |hidden: &[usize]| {
            let hidden = hidden.iter().fold(0, |bits, pane| bits | 1 << pane);
            layout(screen, Wish { active: STACK, split: 45, hidden, ..Wish::default() })
        };
        let rows = |layout: &Layout, pane| layout.place(pane).map(|place| place.body.height);
        let all = of(&[]);
        let without = of(&[REGISTERS]);
        assert_eq!(rows(&without, REGISTERS), None);
        let grown = rows(&without, DISASSEMBLY) > rows(&all, DISASSEMBLY);
        assert!(grown, "{width}x{height}");
        // The active one is in sight all the same, and a column without any is none.
        assert!(of(&[STACK]).place(STACK).is_some());
        let narrow = of(&[REGISTERS, DISASSEMBLY, PROCESSORS, MEMORY, MODULES]);
        assert_eq!(narrow.rules.len() + 1, all.rules.len(), "{width}x{height}");
        assert!(narrow.place(STACK).is_some() && narrow.place(CONSOLE).is_some());
    }
    // Beside a hidden stack stands nothing.
    let screen = Rect { x: 0, y: 0, width: 110, height: 30 };
    let wish = Wish { active: MEMORY, split: 45, hidden: 1 << STACK, ..Wish::default() };
    assert_eq!(layout(screen, wish).panes.len(), 1);
}

/// Of whatever is divided on a large screen both halves are in sight, and everything else stays.
#[test]
fn divided_panes_have_room() {
    for (width, height) in [(120, 36), (120, 40), (160, 50), (200, 60)] {
        let screen = Rect { x: 0, y: 0, width, height };
        let wish = Wish { active: STACK, split: 45, ..Wish::default() };
        let before = layout(screen, wish);
        for pane in before.panes.iter().map(|place| place.pane).filter(|pane| *pane != CONSOLE) {
            let after = layout(screen, Wish { divided: 1 << pane, ..wish });
            assert_eq!(after.panes.len(), before.panes.len() + 1, "{width}x{height}: {pane}");
            assert!(after.panes.iter().all(|place| place.body.height >= 3), "{width}x{height}: {pane}");
        }
    }
}

#[test]
fn borders_move_and_leave_every_column_its_least() {
    let screen = Rect { x: 0, y: 0, width: 160, height: 50 };
    let rules = |borders| {
        let layout = layout(screen, Wish { split: 45, borders, ..Wish::default() });
        layout.rules.iter().map(|rule| rule.x).collect::<Vec<_>>()
    };
    let before = rules([0, 0]);
    assert_eq!(rules([1, 0]), [before[0] + 4, before[1]]);
    assert_eq!(rules([0, -2]), [before[0], before[1] - 8]);
    assert_eq!(rules([-100, 0])[0], 30);
    assert_eq!(rules([0, 100])[1], 160 - 33);
}

#[test]
fn lists_of_large_screens_stand_beside_what_is_chosen() {
    for (width, height) in [(120, 36), (160, 50), (300, 100)] {
        let screen = Rect { x: 0, y: 0, width, height };
        for active in [THREADS, PROCESSES] {
            let layout = layout(
                screen,
                Wish { active, zoom: false, console: 0, chosen: false, split: 45, ..Wish::default() },
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
            layout(screen, Wish { active, zoom: false, console: 3, chosen: false, split, ..Wish::default() })
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
    let wish =
        Wish { active: ANALYSIS, zoom: false, console: 0, chosen: false, split: 45, ..Wish::default() };
    assert!(layout(small, wish).place(STACK).is_none());
}

#[test]
fn chosen_values_stay_beside_the_stack() {
    for (width, height) in [(120, 36), (160, 50), (300, 100)] {
        let screen = Rect { x: 0, y: 0, width, height };
        for active in [TYPES, POOL, STACK, MEMORY, CONSOLE] {
            let layout = layout(
                screen,
                Wish { active, zoom: false, console: 0, chosen: true, split: 45, ..Wish::default() },
            );
            for pane in [TYPES, POOL, STACK, REGISTERS, MEMORY, CONSOLE] {
                let body = layout.place(pane).expect("in sight").body;
                assert!(body.height >= 5 && body.width >= 54, "{width}x{height}: pane {pane}: {body:?}");
            }
        }
        let modules = layout(
            screen,
            Wish { active: MODULES, zoom: false, console: 0, chosen: true, split: 45, ..Wish::default() },
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
            Wish { active: ANALYSIS, zoom: false, console: 0, chosen: false, split: 45, ..Wish::default() },
        );
        for pane in 0..panes::count(true, false) {
            let body = layout.place(pane).expect("in sight").body;
            assert!(body.height >= 3 && body.width >= 36, "{width}x{height}: pane {pane}: {body:?}");
        }
    }
}
