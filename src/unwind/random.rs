//! Random unwind data, code and stacks: a walk must end, within its bounds, whatever it reads.

use proptest::prelude::*;

use super::host::{StackKind, StackRange};
use super::registers::{Origin, Registers};
use super::testing::Flat;
use super::walk::{WalkOptions, walk};

const BASE: u64 = 0xffff_f800_0000_0000;
const SP: u64 = 0xffff_b000_0000_2000;

/// Stack words that lead somewhere: into code, onto the stack, or anywhere.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => (0u64..0x800).prop_map(|offset| BASE + 0x1000 + offset),
        2 => (0u64..0x400).prop_map(|offset| SP + offset),
        1 => Just(0x10u64),
        1 => Just(0x246u64),
        1 => any::<u64>(),
        1 => 0u64..0x30,
    ]
}

/// Unwind data with a good version, any flags, and codes whose operations are mostly real.
fn info() -> impl Strategy<Value = Vec<u8>> {
    let slot = (0u8..0x20, 0u8..0x0c, any::<u8>())
        .prop_map(|(offset, operation, info)| u16::from_le_bytes([offset, operation | (info & 15) << 4]));
    let header = (1u8..3, prop_oneof![3 => Just(0u8), 1 => 0u8..8], 0u8..0x20, any::<u8>());
    (header, prop::collection::vec(slot, 0..12), 0u32..0x20, any::<bool>()).prop_map(
        |((version, flags, prolog, frame), slots, chained, sane_frame)| {
            let frame = if sane_frame { frame & 0xf0 | 5 } else { frame };
            let mut raw = vec![version | flags << 3, prolog, slots.len() as u8, frame];
            raw.extend(slots.iter().flat_map(|slot| slot.to_le_bytes()));
            if slots.len() % 2 == 1 {
                raw.extend([0, 0]);
            }
            for part in [0x1000u32, 0x1100, 0x4000 + chained * 0x40] {
                raw.extend(part.to_le_bytes());
            }
            raw
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_walk_ends(
        stack in prop::collection::vec(word(), 0..160),
        infos in prop::collection::vec(info(), 1..8),
        code in prop::collection::vec(any::<u8>(), 0..0x800),
        rip in word(),
        sp in prop_oneof![3 => (0u64..0x200).prop_map(|offset| SP + offset), 1 => any::<u64>()],
        with_table in any::<bool>(),
        known_stack in any::<bool>(),
        forward in any::<bool>(),
    ) {
        let mut flat = Flat::default();
        flat.module("nt", BASE, 0x10000, with_table);
        flat.put(BASE + 0x1000, &code);
        for (index, info) in (0u32..).zip(&infos) {
            let unwind = 0x4000 + index * 0x40;
            let begin = 0x1000 + index * 0x100;
            flat.function(BASE, begin, begin + 0xf0, unwind | u32::from(forward && index == 1), info);
        }
        for (index, word) in (0u64..).zip(&stack) {
            flat.put_u64(SP + index * 8, *word);
        }
        if known_stack {
            flat.stacks.push(StackRange { limit: SP, base: SP + 0x500, kind: StackKind::Thread });
        }
        let mut registers = Registers::default();
        for number in 0..16 {
            registers.set_general(number, stack.get(usize::from(number)).copied().unwrap_or(0), Origin::Context);
        }
        registers.set_general(4, sp, Origin::Context);
        registers.set_rip(rip, Origin::Context);
        let options = WalkOptions { max_frames: 64, ..WalkOptions::default() };
        let walked = walk(&flat, registers, &options);
        prop_assert!(!walked.frames.is_empty());
        prop_assert!(walked.frames.len() <= 64);
        for (number, frame) in (0u32..).zip(&walked.frames) {
            prop_assert_eq!(frame.number, number);
        }
    }
}
