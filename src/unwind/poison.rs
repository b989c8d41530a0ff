//! Words that memory is filled with.

/// Values that programs fill memory with to find its misuse; their low half says so whatever module they fall into.
const POISON: [u32; 10] = [
    0xdead_beef,
    0xbaad_f00d,
    0xfeee_feee,
    0xcccc_cccc,
    0xcdcd_cdcd,
    0xabab_abab,
    0xbadb_adfa,
    0xdead_c0de,
    0xcafe_babe,
    0xf0f0_f0f0,
];

/// Whether a word is one that memory is filled with, and so no address of code.
pub(crate) fn is_poison(value: u64) -> bool {
    POISON.contains(&((value & 0xffff_ffff) as u32))
}
