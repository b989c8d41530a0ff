//! What is known of an address of the pool.

use super::block::PoolBlock;
use super::damage::{Damage, DamageKind};
use super::found::Found;
use super::header::PAGE;
use super::segment::PageRange;
use crate::debuggee::Lack;
use std::ops::ControlFlow;

/// Which kind of pool an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// Memory that is never paged out.
    Nonpaged,
    /// Memory that may be paged out.
    Paged,
    /// Pages of single blocks that Driver Verifier watches.
    Special,
    /// Memory of one session, which may be paged out.
    Session,
    /// What the dump holds does not tell.
    Unknown,
}

impl Region {
    /// Pool that may be paged out, or never is.
    pub(super) fn of(is_paged: bool) -> Region {
        if is_paged { Region::Paged } else { Region::Nonpaged }
    }
}

/// What hands out the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Allocator {
    /// Pages of small blocks that follow each other, before segment heaps.
    Page,
    /// Chunks of variable size of a segment heap.
    Vs,
    /// Equal blocks of a segment heap.
    Lfh,
    /// Whole units of a segment.
    Backend,
    /// Whole pages, by the table of large allocations.
    Large,
    /// A page of its own with a pattern around the block, in special pool.
    Special,
    /// Units of a segment that nobody uses, or its own.
    Unused,
}

impl Allocator {
    /// A word for it that stays.
    pub fn word(self) -> &'static str {
        match self {
            Allocator::Page => "page",
            Allocator::Vs => "vs",
            Allocator::Lfh => "lfh",
            Allocator::Backend => "backend",
            Allocator::Large => "large",
            Allocator::Special => "special",
            Allocator::Unused => "unused",
        }
    }
}

/// What the answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// Variables that symbols name.
    Named,
    /// Heaps or tables that no symbols name: they were found by what they hold.
    Searched,
    /// The page by itself: the dump holds neither its heap nor that heap's keys.
    PageAlone,
}

impl Evidence {
    /// A word for it that stays.
    pub fn word(self) -> &'static str {
        match self {
            Evidence::Named => "named",
            Evidence::Searched => "searched",
            Evidence::PageAlone => "page_alone",
        }
    }
}

/// What is known of an address of the pool.
#[derive(Debug, Clone)]
pub struct PoolPlace {
    /// The address.
    pub address: u64,
    /// The page that it lies in.
    pub page: u64,
    /// Which kind of pool.
    pub region: Region,
    /// Whether special pool is paged.
    pub is_paged: Option<bool>,
    /// What the answer rests on.
    pub evidence: Evidence,
    /// What hands out that memory; `None` where no allocator knows of it.
    pub allocator: Option<Allocator>,
    /// The range of a segment, where it lies in one.
    pub range: Option<PageRange>,
    /// The blocks of the page, in the order of addresses.
    pub blocks: Vec<PoolBlock>,
    /// What of the page, and of the headers that rule it, is damaged.
    pub damage: Vec<Damage>,
    /// Damage further on in the same subsegment: the first few.
    pub elsewhere: Vec<Damage>,
    /// What is not known, and why.
    pub missing: Vec<Lack>,
}

/// Damage elsewhere that is kept.
const ELSEWHERE: usize = 4;

impl PoolPlace {
    pub(super) fn new(address: u64) -> PoolPlace {
        PoolPlace {
            address,
            page: address & !(PAGE - 1),
            region: Region::Unknown,
            is_paged: None,
            evidence: Evidence::Named,
            allocator: None,
            range: None,
            blocks: Vec::new(),
            damage: Vec::new(),
            elsewhere: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The block that holds the address.
    pub fn block(&self) -> Option<&PoolBlock> {
        self.blocks.iter().find(|block| block.contains(self.address))
    }

    /// Keeps a reason, once.
    pub(super) fn lacks(&mut self, why: Lack) {
        if !self.missing.contains(&why) {
            self.missing.push(why);
        }
    }

    /// Keeps what a walk found, as far as it concerns the page.
    pub(super) fn take(&mut self, found: Found) -> ControlFlow<()> {
        match found {
            Found::Block(block) if block.touches(self.page) => self.blocks.push(block),
            Found::Block(block) if block.address >= self.page + PAGE => return ControlFlow::Break(()),
            Found::Block(_) => {}
            Found::Damage(damage) => {
                let end = damage.resumes.unwrap_or(damage.address + damage.bytes.len() as u64);
                let rules_all = matches!(
                    damage.kind,
                    DamageKind::LfhHeader | DamageKind::LfhBitmap | DamageKind::VsSubsegment
                );
                if rules_all || (damage.address < self.page + PAGE && end > self.page) {
                    self.damage.push(damage);
                } else if self.elsewhere.len() < ELSEWHERE {
                    self.elsewhere.push(damage);
                }
            }
            Found::Gap { from, to, why } => {
                if from < self.page + PAGE && to > self.page {
                    self.lacks(why);
                }
            }
        }
        ControlFlow::Continue(())
    }
}
