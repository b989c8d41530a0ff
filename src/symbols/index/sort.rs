//! Sorting millions of names in steps between which it can be stopped.

use crate::util::cancel::{Cancelled, Stop};
use std::cmp::Ordering;

/// So many are sorted or merged between two questions whether to go on: some milliseconds.
pub(super) const STEP: usize = 1 << 14;

/// Everything that `items` give.
///
/// # Errors
/// It was stopped.
pub(super) fn collect_until<T>(items: impl Iterator<Item = T>, stop: Stop<'_>) -> Result<Vec<T>, Cancelled> {
    let asked = |(at, item): (usize, T)| match at.is_multiple_of(STEP) && stop() {
        true => Err(Cancelled),
        false => Ok(item),
    };
    items.enumerate().map(asked).collect()
}

/// Sorts by `order`, which knows no equals.
///
/// # Errors
/// It was stopped.
pub(super) fn sort_until<T: Copy>(
    mut items: Vec<T>,
    order: impl Fn(&T, &T) -> Ordering,
    stop: Stop<'_>,
) -> Result<Vec<T>, Cancelled> {
    let go_on = || if stop() { Err(Cancelled) } else { Ok(()) };
    for run in items.chunks_mut(STEP) {
        go_on()?;
        run.sort_by(&order);
    }
    let (mut width, mut merged) = (STEP, Vec::new());
    while width < items.len() {
        merged.clear();
        merged.reserve(items.len());
        for pair in items.chunks(2 * width) {
            let (left, right) = pair.split_at_checked(width).unwrap_or((pair, &[]));
            let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
            loop {
                if merged.len().is_multiple_of(STEP) {
                    go_on()?;
                }
                let next = match (left.peek(), right.peek()) {
                    (Some(a), Some(b)) if order(a, b) == Ordering::Greater => right.next(),
                    (Some(_), _) => left.next(),
                    (None, _) => right.next(),
                };
                let Some(item) = next else { break };
                merged.push(*item);
            }
        }
        std::mem::swap(&mut items, &mut merged);
        width *= 2;
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn the_order_is_that_of_sorting_at_once() {
        for count in [0usize, 1, STEP - 1, STEP, STEP + 1, 3 * STEP + 7, 8 * STEP] {
            let items: Vec<u64> =
                (0..count as u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20).collect();
            let mut expected = items.clone();
            expected.sort();
            assert_eq!(sort_until(items, u64::cmp, &|| false), Ok(expected), "{count}");
        }
    }

    #[test]
    fn collecting_ends_at_any_question() {
        let count = 3 * STEP + 1;
        assert_eq!(collect_until(0..count, &|| false), Ok((0..count).collect()));
        let asked = Cell::new(0);
        for limit in 0..4 {
            asked.set(0);
            let stop = || {
                asked.set(asked.get() + 1);
                asked.get() > limit
            };
            assert_eq!(collect_until(0..count, &stop), Err(Cancelled), "{limit}");
        }
    }

    #[test]
    fn it_ends_at_any_question() {
        let items: Vec<u64> = (0..5 * STEP as u64).rev().collect();
        let asked = Cell::new(0);
        let ask = |limit: usize| {
            asked.set(0);
            sort_until(items.clone(), u64::cmp, &|| {
                asked.set(asked.get() + 1);
                asked.get() > limit
            })
        };
        assert!(ask(usize::MAX).is_ok());
        let all = asked.get();
        assert!(all >= 5 + 15, "{all}");
        for limit in 0..all {
            assert_eq!(ask(limit), Err(Cancelled));
        }
    }
}
