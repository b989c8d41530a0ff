//! IRQL: how urgent what a processor does is.

use std::fmt;

/// An IRQL of a 64-bit Windows: 0 to 15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Irql(u8);

impl Irql {
    /// The IRQL of that number; there are 16.
    pub fn of(level: u64) -> Option<Irql> {
        u8::try_from(level).ok().filter(|level| *level < 16).map(Irql)
    }

    /// Its number.
    pub fn level(self) -> u64 {
        u64::from(self.0)
    }

    /// What is meant by a level whose name does not tell it to everyone.
    pub fn meaning(self) -> Option<&'static str> {
        (self.0 == 12).then_some("Synchronization level")
    }
}

impl fmt::Display for Irql {
    /// The name of the public header wdm.h for 64-bit machines; `DEVICE_LEVEL` for the levels that devices share, which
    /// have none there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "LOW_LEVEL",
            1 => "APC_LEVEL",
            2 => "DISPATCH_LEVEL",
            5 => "CMCI_LEVEL",
            12 => "SYNCH_LEVEL",
            13 => "CLOCK_LEVEL",
            14 => "IPI_LEVEL",
            15 => "HIGH_LEVEL",
            _ => "DEVICE_LEVEL",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the public header wdm.h (AMD64).
    #[test]
    fn levels_have_the_names_of_the_header() {
        for (level, name) in
            [(0, "LOW_LEVEL"), (2, "DISPATCH_LEVEL"), (13, "CLOCK_LEVEL"), (15, "HIGH_LEVEL")]
        {
            assert_eq!(Irql::of(level).map(|irql| irql.to_string()).as_deref(), Some(name));
        }
        assert_eq!(Irql::of(16), None);
    }
}
