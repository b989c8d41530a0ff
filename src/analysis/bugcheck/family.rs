//! Bug checks of one kind.

/// Bug checks of display drivers.
pub const DISPLAY: [u32; 7] = [0xea, 0x113, 0x116, 0x117, 0x119, 0x141, 0x142];

/// The kind of a bug check: those of one kind are found by the same checks, and may have one cause. The first of them stands for it.
pub fn family(code: u32) -> u32 {
    const FAMILIES: [&[u32]; 7] = [
        &[0x1a, 0x4e, 0x50, 0xbe, 0xfc],
        &[0x0a, 0xd1, 0x1e, 0x3b, 0x7e, 0x8e],
        &[0x19, 0xc2, 0xc5, 0x13a, 0x139],
        &[0x7a, 0x77, 0x154],
        &[0xef, 0xf4],
        &[0x124, 0x101, 0x9c],
        &DISPLAY,
    ];
    let family = FAMILIES.iter().find(|family| family.contains(&code));
    family.and_then(|family| family.first()).copied().unwrap_or(code)
}
