//! One stable sort for the many kinds of short lists: a kind's own copy of the library's sort is 4 KB of code.

use std::cmp::Ordering;
use std::mem::replace;

/// Lists that are short, or sorted seldom. Long ones (symbols, memory) are sorted by the library's own sorts, which is faster.
pub trait Order<T> {
    /// Sorts by a comparison; what it calls equal stays in its order.
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// Sorts by what `key` makes of each; what has the same key stays in its order.
    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|one, other| key(one).cmp(&key(other)));
    }
}

impl<T> Order<T> for [T] {
    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let mut places = places(self.len(), &mut |one, other| match (self.get(one), self.get(other)) {
            (Some(one), Some(other)) => compare(one, other),
            _ => Ordering::Equal,
        });
        // Round each ring of places whose items change theirs.
        for start in 0..self.len() {
            let mut at = start;
            while let Some(from) =
                places.get_mut(at).map(|from| replace(from, at)).filter(|from| *from != start)
            {
                self.swap(at, from);
                at = from;
            }
        }
    }
}

/// The places of a list's items in their order.
fn places(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|&one, &other| compare(one, other));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_library_does(mut list: Vec<(u8, u32)>) {
            let mut expected = list.clone();
            expected.sort_by_key(|(key, _)| key % 8);
            list.order_by_key(|(key, _)| key % 8);
            prop_assert_eq!(list, expected);
        }
    }
}
