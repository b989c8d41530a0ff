//! Lines against a plain list of them.

use super::*;
use crate::output::{Action, Role};
use proptest::prelude::*;

/// Lines as commands say them: text, values, names with links.
fn any_line() -> impl Strategy<Value = Line> {
    let action = prop_oneof![
        any::<u64>().prop_map(Action::Memory),
        any::<u64>().prop_map(|address| Action::object("nt!_EPROCESS", address)),
        Just(Action::Module("nt".into())),
        (0u32..90).prop_map(Action::Frame),
        "[a-z]{0,20}".prop_map(|why| Action::Reason(why.into())),
    ];
    let role = prop_oneof![Just(Role::Text), Just(Role::Value), Just(Role::Address), Just(Role::Dim)];
    // Parts that look alike beside each other come back as one.
    let part = ("[a-z0-9\u{4e00}-\u{4e10}]{1,9}", role, prop::option::weighted(0.3, action));
    prop::collection::vec(part, 0..6).prop_map(|parts| {
        let mut line = Line::new();
        for (text, role, action) in parts {
            let joins =
                |last: &crate::output::Span| last.action.is_none() && action.is_none() && last.role == role;
            if line.spans().last().is_some_and(joins) {
                continue;
            }
            let span = crate::output::Span::new(role, text);
            line.push(match action {
                Some(action) => span.with_action(action),
                None => span,
            });
        }
        line
    })
}

fn is_link(line: &Line) -> bool {
    line.spans().iter().any(|span| span.action.is_some())
}

/// As many lines as fill some blocks, made of a few.
fn many(lines: &[Line], count: usize) -> Vec<Line> {
    lines.iter().cycle().take(if lines.is_empty() { 0 } else { count }).cloned().collect()
}

#[test]
fn a_line_comes_back_as_it_was() {
    let line = Line::of("a ")
        .link(Role::Module, "nt", Action::Module("nt".into()))
        .text(" ")
        .value("12")
        .link(Role::Address, "10", Action::Memory(0x10))
        .link(Role::Address, "20", Action::Code(0x20))
        .text(" 驱动");
    let halves = Line::of("one ").text("two").role(Role::Dim, "").text(" three");
    let cells = Line::new().value("4d").text(" ").value("5a").text("  MZ");
    let lines: Lines =
        [line.clone(), Line::of("plain 驱动"), Line::new(), halves, cells].into_iter().collect();
    let back: Vec<Line> = lines.iter().map(|line| line.line()).collect();
    let joined = [
        line,
        Line::of("plain 驱动"),
        Line::new(),
        Line::of("one two three"),
        Line::new().value("4d 5a").text("  MZ"),
    ];
    assert_eq!(back, joined);
    assert_eq!(
        lines.iter().map(|line| line.has_link()).collect::<Vec<_>>(),
        [true, false, false, false, false]
    );
}

/// A million rows with links must fit beside all else into 150 MB.
#[test]
fn rows_take_less_than_their_text() {
    let row = |number: u64| {
        let address = 0xffff_a405_8c00_0000 + number * 0x1a0;
        Line::new().address(address).text("  System  ").link(
            Role::Symbol,
            "nt!KiStart+0x12",
            Action::Code(address),
        )
    };
    let count = 60_000;
    let lines: Lines = (0..count).map(row).collect();
    let a_line = lines.bytes() / 60_000;
    assert!(a_line < 60, "{a_line} bytes a line");
    assert_eq!(lines.get(12_345).expect("a line").line(), row(12_345));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn all_lines_come_back(few in prop::collection::vec(any_line(), 1..40), count in 0usize..6_000) {
        let all = many(&few, count);
        let lines: Lines = all.iter().cloned().collect();
        prop_assert_eq!(lines.count(), all.len());
        for (line, kept) in all.iter().zip(lines.iter()) {
            prop_assert_eq!(line, &kept.line());
            prop_assert_eq!(line.plain(), kept.text());
            prop_assert_eq!(is_link(line), kept.has_link());
        }
        prop_assert!(lines.get(all.len()).is_none());
        prop_assert!(lines.iter().rev().map(|line| line.line()).eq(all.iter().rev().cloned()));
    }

    #[test]
    fn what_stood_first_makes_way(
        few in prop::collection::vec(any_line(), 1..40), count in 1usize..6_000, gone in 0usize..6_100,
        instead in prop::option::of(any_line()), more in 0usize..100,
    ) {
        let mut all = many(&few, count);
        let mut lines: Lines = all.iter().cloned().collect();
        let before = lines.identity();
        lines.replace_first(gone, instead.clone());
        all.splice(..gone.min(all.len()), instead);
        prop_assert!(!Rc::ptr_eq(&before, &lines.identity()));
        for line in many(&few, more) {
            lines.push(&line);
            all.push(line);
        }
        prop_assert!(lines.iter().map(|line| line.line()).eq(all.iter().cloned()));
        let anew: Lines = all.into_iter().collect();
        prop_assert!(lines == anew);
    }

    #[test]
    fn links_are_found_as_by_a_walk(
        few in prop::collection::vec(any_line(), 1..9), plain in 0usize..4_000, at in 0usize..6_000,
    ) {
        let mut all = many(&few, 40);
        all.extend(vec![Line::of("without a link, as long as a row of what commands list"); plain]);
        all.extend(many(&few, 40));
        let lines: Lines = all.iter().cloned().collect();
        let after = all.iter().enumerate().skip(at).find(|(_, line)| is_link(line)).map(|(number, _)| number);
        prop_assert_eq!(lines.link_from(at), after);
        let before = all.iter().take(at).rposition(is_link);
        prop_assert_eq!(lines.link_before(at), before);
    }
}
