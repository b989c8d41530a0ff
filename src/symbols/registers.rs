//! CodeView's numbers for the registers of x64. Source: the public `cvconst.h` (CV_HREG_e, CV_AMD64_*).

/// The register's name, or `None` for numbers of other machines and for registers that hold no plain value.
pub fn amd64_name(number: u16) -> Option<String> {
    const BYTES: [&str; 8] = ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"];
    const WORDS: [&str; 8] = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
    const NEW_BYTES: [&str; 4] = ["sil", "dil", "bpl", "spl"];
    const GENERAL: [&str; 8] = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"];
    let of = |names: &[&str], base: u16| names.get(usize::from(number - base)).map(|name| (*name).to_owned());
    match number {
        1..=8 => of(&BYTES, 1),
        9..=16 => of(&WORDS, 9),
        17..=24 => of(&WORDS, 17).map(|word| format!("e{word}")),
        33 => Some("rip".to_owned()),
        34 => Some("efl".to_owned()),
        154..=161 => Some(format!("xmm{}", number - 154)),
        252..=259 => Some(format!("xmm{}", number - 252 + 8)),
        324..=327 => of(&NEW_BYTES, 324),
        328..=335 => of(&GENERAL, 328),
        336..=343 => Some(format!("r{}", number - 336 + 8)),
        344..=351 => Some(format!("r{}b", number - 344 + 8)),
        352..=359 => Some(format!("r{}w", number - 352 + 8)),
        360..=367 => Some(format!("r{}d", number - 360 + 8)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        let name = |number| amd64_name(number).unwrap_or_default();
        assert_eq!((name(328), name(329), name(335)), ("rax".into(), "rbx".into(), "rsp".into()));
        assert_eq!((name(336), name(343), name(367)), ("r8".into(), "r15".into(), "r15d".into()));
        assert_eq!((name(17), name(24), name(1)), ("eax".into(), "edi".into(), "al".into()));
        assert_eq!((name(154), name(259)), ("xmm0".into(), "xmm15".into()));
        assert_eq!(amd64_name(9999), None);
    }
}
