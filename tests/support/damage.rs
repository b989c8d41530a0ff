//! Damage for property tests: what files suffer, what use of them may cost, and an allocator that counts.
// Each test file uses its part.
#![allow(dead_code)]
// The allocator that counts.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Opening and using a file may allocate this many times its size,
const TIMES_FILE: usize = 16;
/// and this much more.
const PLUS: usize = 32 << 20;
/// Far more than any of these files needs, even on a busy machine without optimisation.
const TIME: Duration = Duration::from_secs(10);

struct Counting;

// A thread counts its own, so that tests beside it do not stand in its figures.
thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that ends frees after its counters are gone.
    let _ = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now.get())));
    });
}

// SAFETY: every call goes to the system's allocator unchanged; only sizes are counted beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Debug, Clone)]
enum Change {
    Flip {
        at: prop::sample::Index,
        bits: u8,
    },
    Cut {
        at: prop::sample::Index,
    },
    Splice {
        from: prop::sample::Index,
        to: prop::sample::Index,
        length: usize,
    },
    /// A value that damage and malice like, in a place that readers interpret.
    Value {
        at: usize,
        value: u64,
        size: usize,
    },
    /// The pointer of one such place in another: lists that run in circles, objects that are others.
    Copy {
        from: usize,
        to: usize,
    },
}

fn change(place: BoxedStrategy<usize>) -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    let value = prop_oneof![
        Just(0),
        Just(1),
        Just(u64::MAX),
        Just(1 << 63),
        Just(u64::from(u32::MAX)),
        Just(0x2000),
        (0u32..64).prop_map(|bit| 1 << bit),
        0u64..0x4000,
    ];
    prop_oneof![
        3 => (index(), any::<u8>()).prop_map(|(at, bits)| Change::Flip { at, bits }),
        1 => index().prop_map(|at| Change::Cut { at }),
        1 => (index(), index(), 1usize..300).prop_map(|(from, to, length)| Change::Splice { from, to, length }),
        2 => (place.clone(), place.clone()).prop_map(|(from, to)| Change::Copy { from, to }),
        6 => (place, value, prop_oneof![Just(4usize), Just(8)])
            .prop_map(|(at, value, size)| Change::Value { at, value, size }),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    match change {
        Change::Flip { at, bits } => {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        Change::Cut { at } => bytes.truncate(at.index(bytes.len())),
        Change::Splice { from, to, length } => {
            let from = from.index(bytes.len());
            let piece = bytes[from..(from + length).min(bytes.len())].to_vec();
            let to = to.index(bytes.len());
            bytes.splice(to..to, piece);
        }
        Change::Copy { from, to } => {
            if let Some(value) = bytes.get(*from..*from + 8).map(<[u8]>::to_vec)
                && let Some(place) = bytes.get_mut(*to..*to + 8)
            {
                place.copy_from_slice(&value);
            }
        }
        Change::Value { at, value, size } => {
            if let Some(place) = bytes.get_mut(*at..*at + *size) {
                place.copy_from_slice(&value.to_le_bytes()[..*size]);
            }
        }
    }
}

/// Damages the seeds and has `use_it` open and use each; it tells whether the file opened. `places` are the offsets of
/// values that readers interpret. Returns how many were refused, and how many opened.
pub fn damage(
    seeds: &[Vec<u8>],
    cases: u32,
    places: BoxedStrategy<usize>,
    use_it: impl Fn(Vec<u8>) -> bool,
) -> [usize; 2] {
    let strategy = (0..seeds.len(), proptest::collection::vec(change(places), 1..8));
    let counts = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&strategy, |(seed, changes)| {
        let mut bytes = seeds[seed].clone();
        changes.iter().for_each(|change| apply(&mut bytes, change));
        let size = bytes.len();
        let before = NOW.get();
        PEAK.set(before);
        let start = Instant::now();
        counts[usize::from(use_it(bytes))].fetch_add(1, Ordering::Relaxed);
        let taken = (PEAK.get() - before).max(0).cast_unsigned();
        prop_assert!(taken <= TIMES_FILE * size + PLUS, "{taken:#x} bytes for a file of {size:#x}");
        prop_assert!(start.elapsed() < TIME, "{:?}", start.elapsed());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    counts.map(AtomicUsize::into_inner)
}
