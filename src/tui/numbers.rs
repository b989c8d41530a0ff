//! Some lines out of many.

/// The numbers of lines, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Numbers(Vec<u32>);

impl Numbers {
    /// Adds the number of a line behind all others.
    pub(super) fn push(&mut self, line: usize) {
        self.0.push(u32::try_from(line).unwrap_or(u32::MAX));
    }

    /// Adds those of others from a place on.
    pub(super) fn extend_from(&mut self, others: &Numbers, place: usize) {
        self.0.extend_from_slice(others.0.get(place..).unwrap_or_default());
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The one at a place.
    pub(super) fn at(&self, place: usize) -> Option<usize> {
        self.0.get(place).map(|number| wide(*number))
    }

    /// How many are smaller than a line's.
    pub(super) fn before(&self, line: usize) -> usize {
        self.0.partition_point(|number| wide(*number) < line)
    }

    /// The place of a line, if it is among them.
    pub(super) fn place(&self, line: usize) -> Option<usize> {
        self.0.binary_search_by_key(&line, |number| wide(*number)).ok()
    }

    /// The first `gone` lines make way for `instead` others, none of which is among these.
    pub(super) fn drop_first(&mut self, gone: usize, instead: usize) {
        self.0.drain(..self.before(gone));
        for number in &mut self.0 {
            *number = u32::try_from((wide(*number) + instead).saturating_sub(gone)).unwrap_or(u32::MAX);
        }
    }
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_and_move() {
        let mut numbers = Numbers::default();
        [3, 5, 9].into_iter().for_each(|line| numbers.push(line));
        assert_eq!([0, 3, 4, 9, 10].map(|line| numbers.before(line)), [0, 0, 1, 2, 3]);
        assert_eq!([3, 4, 9].map(|line| numbers.place(line)), [Some(0), None, Some(2)]);
        numbers.drop_first(4, 1);
        assert_eq!((numbers.at(0), numbers.at(1), numbers.at(2)), (Some(2), Some(6), None));
    }
}
