//! Any keys on any size.

use super::super::event::Input;
use super::super::panes::{HALVES, PANES};
use super::Explorer;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

/// Every key that does something, and some that do nothing.
fn any_key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        4 => prop::sample::select(vec![
            KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home,
            KeyCode::End, KeyCode::Left, KeyCode::Right, KeyCode::Enter, KeyCode::Backspace, KeyCode::Esc,
            KeyCode::Delete, KeyCode::F(1),
        ]),
        4 => prop::sample::select("1234567890wjkznNyYRMTG/:?<>+-_*~lr驱qfpd.([{}HCVV)".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
    ];
    let modifiers = prop_oneof![
        8 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::CONTROL), 1 => Just(KeyModifiers::SHIFT), 1 => Just(KeyModifiers::ALT),
    ];
    (code, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

fn any_size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(1u16..12, 1u16..8), (1u16..301, 1u16..101)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_keys_on_no_size_break_anything(
        steps in prop::collection::vec(
            (any_key(), prop::option::weighted(0.3, any_size()), prop::option::weighted(0.1, "[a-z驱\\x1b\\n.*(]{0,20}")), 1..40,
        ),
        (width, height) in any_size(),
        theme in 0usize..5,
        count in 1usize..30,
    ) {
        let mut explorer = Explorer::new(width, height);
        explorer.app.dumps = super::dumps::several(count);
        for _ in 0..theme {
            explorer.app.theme.name = explorer.app.theme.name.next();
        }
        explorer.settle();
        for (key, size, pasted) in steps {
            if let Some((width, height)) = size {
                explorer.resize(width, height);
            }
            explorer.app.input(Input::Key(key));
            if let Some(text) = &pasted {
                explorer.app.input(Input::Paste(text.clone()));
            }
            explorer.settle();
            prop_assert!(explorer.app.layers.len() < 50);
            prop_assert!(explorer.app.active < HALVES);
        }
    }

    #[test]
    fn every_pane_draws_on_every_size((width, height) in any_size(), scrolled in 0usize..200) {
        let mut explorer = Explorer::new(80, 24);
        explorer.settle();
        explorer.keys("lm");
        explorer.key(KeyCode::Enter);
        explorer.key(KeyCode::Esc);
        for pane in 0..PANES.len() {
            explorer.app.active = pane;
            explorer.app.panes[pane].page.view.cursor = scrolled;
            explorer.app.panes[pane].page.view.left = scrolled;
            explorer.resize(width, height);
            explorer.settle();
            explorer.keys("z");
            explorer.keys("?");
            explorer.key(KeyCode::Esc);
            explorer.keys("z");
        }
    }
}
