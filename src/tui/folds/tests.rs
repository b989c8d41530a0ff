//! What folds against a walk over all lines.

use super::*;
use proptest::prelude::*;
use std::time::Instant;

/// Ten lines: 1 is the head of 2 to 8, in which 3 and 4 are the head of 5 and 6.
fn nested() -> Folds {
    let mut folds = Folds::default();
    let outer = folds.open(1, 2, None, false);
    let inner = folds.open(3, 5, Some(outer), false);
    folds.close(inner, 7);
    folds.close(outer, 9);
    folds.update(10);
    folds
}

fn rows(folds: &Folds, count: usize) -> Vec<usize> {
    (0..folds.rows(count)).map(|row| folds.line_at(row)).collect()
}

#[test]
fn what_is_folded_is_out_of_sight() {
    let mut folds = nested();
    assert_eq!(rows(&folds, 10), (0..10).collect::<Vec<_>>());
    folds.set(1, true);
    folds.update(10);
    assert_eq!(rows(&folds, 10), [0, 1, 2, 3, 4, 7, 8, 9]);
    assert_eq!((folds.shown(6), folds.row_of(6), folds.row_of(7)), (3, 4, 5));
    assert_eq!((folds.hidden_under(4), folds.hidden_under(3), folds.hidden_under(1)), (2, 0, 0));
    folds.set(0, true);
    folds.update(10);
    assert_eq!(rows(&folds, 10), [0, 1, 9]);
    assert_eq!((folds.shown(6), folds.row_of(6), folds.row_of(9)), (1, 1, 2));
    assert_eq!((folds.hidden_under(4), folds.hidden_under(1)), (0, 7));
    folds.set_all(false);
    folds.update(10);
    assert_eq!(folds.rows(10), 10);
}

#[test]
fn a_line_knows_what_it_is_in() {
    let folds = nested();
    let parts: Vec<_> = (0..10).map(|line| folds.part_of(line)).collect();
    let (outer, inner) = (Some(0), Some(1));
    assert_eq!(parts, [None, outer, outer, inner, inner, inner, inner, outer, outer, None]);
    let heads: Vec<_> = (0..10).filter(|line| folds.headed(*line).is_some()).collect();
    assert_eq!(heads, [1, 3, 4]);
    assert_eq!(folds.outer(1), Some(0));
    assert_eq!(folds.outer(0), None);
}

#[test]
fn a_part_without_lines_is_none_and_one_that_grows_stays_folded() {
    let mut folds = Folds::default();
    let part = folds.open(0, 1, None, true);
    folds.update(3);
    assert_eq!(rows(&folds, 3), [0]);
    folds.update(4);
    assert_eq!((rows(&folds, 4), folds.hidden_under(0)), (vec![0], 3));
    folds.close(part, 4);
    let empty = folds.open(4, 5, None, true);
    folds.close(empty, 5);
    folds.update(5);
    assert_eq!((rows(&folds, 5), folds.headed(4)), (vec![0, 4], None));
}

#[test]
fn parts_whose_heads_are_gone_are_no_parts() {
    let mut folds = nested();
    folds.set(1, true);
    assert_eq!(folds.drop_first(2, 1), 1);
    folds.update(9);
    // The line 3 is 2 now, and out of any other part.
    assert_eq!(rows(&folds, 9), [0, 1, 2, 3, 6, 7, 8]);
    assert_eq!((folds.part_of(4), folds.outer(0)), (Some(0), None));
}

/// Parts that nest as brackets do.
fn any_folds() -> impl Strategy<Value = (Folds, usize)> {
    prop::collection::vec((0u8..4, any::<bool>()), 0..60).prop_map(|steps| {
        let (mut folds, mut open, mut count) = (Folds::default(), Vec::new(), 1);
        for (step, folded) in steps {
            match step {
                0 => {
                    let outer = open.last().copied();
                    open.push(folds.open(count, count + 1, outer, folded));
                    count += 1;
                }
                1 => open.pop().into_iter().for_each(|part| folds.close(part, count)),
                _ => count += 1,
            }
        }
        while let Some(part) = open.pop() {
            folds.close(part, count);
        }
        folds.update(count);
        (folds, count)
    })
}

proptest! {
    #[test]
    fn rows_and_lines_agree_with_a_walk_over_all((folds, count) in any_folds()) {
        let covers = |part: &&Part, line| wide(part.body) <= line && line < wide(part.end);
        let hides = |line| folds.parts.iter().find(|part| part.folded && covers(part, line));
        let seen: Vec<usize> = (0..count).filter(|line| hides(*line).is_none()).collect();
        prop_assert_eq!(&rows(&folds, count), &seen);
        for (row, line) in seen.iter().enumerate() {
            prop_assert_eq!(folds.row_of(*line), row);
            prop_assert_eq!(folds.shown(*line), *line);
        }
        for line in 0..count {
            prop_assert_eq!(folds.shown(line), hides(line).map_or(line, |part| wide(part.head)));
            let around = |part: &Part| wide(part.head) <= line && line < wide(part.end);
            prop_assert_eq!(folds.part_of(line), folds.parts.iter().rposition(around));
        }
    }
}

/// 50,000 lines of which every second one is a head: what a key asks is answered without walking over them.
#[test]
fn many_parts_are_found_quickly() {
    let mut folds = Folds::default();
    let outer = folds.open(0, 1, None, false);
    for part in 0..25_000 {
        let part = folds.open(part * 2 + 1, part * 2 + 2, Some(outer), part % 2 == 0);
        folds.close(part, folds.head(part) + 2);
    }
    folds.close(outer, 50_001);
    assert!(folds.bytes() <= 25_001 * 20);
    folds.update(50_001);
    let begun = Instant::now();
    let sum: usize = (0..1_000)
        .map(|key| folds.line_at(key * 37) + folds.row_of(key * 50) + folds.part_of(50_000).unwrap_or(0))
        .sum();
    let keys = begun.elapsed();
    assert!(sum > 0);
    assert_eq!(folds.rows(50_001), 50_001 - 12_500);
    assert!(keys.as_millis() < 200, "{keys:?}");
}
