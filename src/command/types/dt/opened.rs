//! Members that were opened: what stands in each of them stands under it.

use crate::output::{Block, Branch, Record};

/// A member of the type itself with what was opened in it, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// From the outermost member on: each with its level, and what is whole under it.
    members: Vec<(usize, Branch)>,
}

impl Opened {
    /// The next member, at a level; gives the outermost one before it, if that is whole now.
    pub(super) fn take(&mut self, level: usize, record: Record) -> Option<Block> {
        let whole = self.close(level);
        self.members.push((level, Branch::new(record)));
        whole
    }

    /// The last outermost member.
    pub(super) fn rest(&mut self) -> Option<Block> {
        self.close(0)
    }

    /// What stands at a level or below it is whole.
    fn close(&mut self, level: usize) -> Option<Block> {
        while let Some((_, branch)) = self.members.pop_if(|(open, _)| *open >= level) {
            let block =
                if branch.blocks.is_empty() { Block::Record(branch.head) } else { Block::Tree(branch) };
            match self.members.last_mut() {
                Some((_, outer)) => outer.blocks.push(block),
                None => return Some(block),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_under_those_that_hold_them() {
        let mut opened = Opened::default();
        let mut blocks = Vec::new();
        for (level, name) in [(0, "a"), (1, "b"), (2, "c"), (1, "d"), (0, "e"), (0, "f")] {
            blocks.extend(opened.take(level, Record::new("member").text(name)));
        }
        blocks.extend(opened.rest());
        let shape = |block: &Block| (block.blocks().len(), block.lines().count());
        assert_eq!(blocks.iter().map(shape).collect::<Vec<_>>(), [(2, 4), (0, 1), (0, 1)]);
        assert_eq!(opened.rest(), None);
    }
}
