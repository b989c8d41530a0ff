//! A coarse table over sorted addresses, so that a look-up touches little memory.

/// For each stretch of addresses the first entry in it or after it, so that a look-up searches a few entries and not all.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Coarse {
    shift: u32,
    starts: Vec<u32>,
}

/// How many bits of an address pick its stretch at the most.
const COARSE_BITS: u32 = 15;

impl Coarse {
    /// The table over sorted addresses.
    pub(super) fn new(rvas: &[u32]) -> Coarse {
        let highest = rvas.last().copied().unwrap_or(0);
        // No more stretches than a few for each address.
        let bits = COARSE_BITS.min(usize::BITS - rvas.len().leading_zeros());
        let shift = (u32::BITS - highest.leading_zeros()).saturating_sub(bits);
        let mut starts = Vec::new();
        let mut entry = 0usize;
        for stretch in 0..=(highest >> shift) {
            while rvas.get(entry).is_some_and(|&rva| rva >> shift < stretch) {
                entry += 1;
            }
            starts.push(u32::try_from(entry).unwrap_or(u32::MAX));
        }
        Coarse { shift, starts }
    }

    /// How many of `rvas`, over which the table was made, are at or before `rva`.
    pub(super) fn at_or_before(&self, rvas: &[u32], rva: u32) -> usize {
        let stretch = (rva >> self.shift) as usize;
        let Some(&from) = self.starts.get(stretch) else {
            return rvas.len();
        };
        let from = from as usize;
        let to = self.starts.get(stretch + 1).map_or(rvas.len(), |&to| to as usize);
        let part = rvas.get(from..to).unwrap_or(&[]);
        from + part.partition_point(|&at| at <= rva)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarse_table_changes_no_answer() {
        let mut rvas: Vec<u32> = (0..5000u32).map(|i| i.wrapping_mul(2_654_435_761) >> 7).collect();
        rvas.extend([7, 7, 7, 0x1ff_ffff]);
        rvas.sort_unstable();
        for some in [&rvas[..], &rvas[..1], &rvas[..0]] {
            let coarse = Coarse::new(some);
            for rva in some.iter().flat_map(|&at| [at.saturating_sub(1), at, at + 1]).chain([0, u32::MAX]) {
                let plain = some.partition_point(|&at| at <= rva);
                assert_eq!(coarse.at_or_before(some, rva), plain, "{rva:x}");
            }
        }
    }
}
