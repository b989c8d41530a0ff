//! Decorated names as the debugger prints them: the qualified name alone, without types, access or parameters.

use msvc_demangler::DemangleFlags;

/// The longest name that is demangled; a longer one stays as it is.
const MAX_NAME: usize = 4096;
/// The most back references and nested types that a decorated name can hold before it is refused: the
/// demangler recurses, so text from a hostile file must not decide how deep.
const MAX_NESTING: usize = 128;

/// The undecorated name of `name`, or `None` where it is not decorated or cannot be read.
///
/// Only C++ decoration (`?...`) is taken off; [`undecorate_public`] takes off the rest.
pub fn undecorate(name: &str) -> Option<String> {
    // Pooled string literals; some linkers append a second checksum, which is no longer valid decoration.
    if name.starts_with("??_C@") {
        return Some("`string'".to_owned());
    }
    if let Some(funclet) = funclet(name) {
        return Some(funclet);
    }
    if !name.starts_with('?') || name.len() > MAX_NAME || nesting(name) > MAX_NESTING {
        return None;
    }
    // Tables of classes with several bases say for which: `Both::`vbtable'{for `Left'}`. The name alone breaks off there.
    if name.starts_with("??_7") || name.starts_with("??_8") {
        let whole = msvc_demangler::demangle(name, DemangleFlags::llvm()).ok()?;
        let plain = whole.strip_prefix("const ").unwrap_or(&whole);
        // The library closes the brace twice.
        let plain = plain.strip_suffix("'}}").map_or_else(|| plain.to_owned(), |plain| format!("{plain}'}}"));
        return (!plain.is_empty()).then_some(plain);
    }
    let plain = msvc_demangler::demangle(name, DemangleFlags::NAME_ONLY).ok()?;
    (!plain.is_empty()).then_some(plain)
}

/// The name that the debugger shows for a public one, or `None` where that is the name itself.
///
/// Its symbol engine takes C decoration off every public name, though x64 has none: a leading underscore, and `@` with
/// the digit that follows. So `__C_specific_handler` is shown as `_C_specific_handler`, `__imp_ExFreePool` as
/// `_imp_ExFreePool`, and every constant `__xmm@0c0d...` as `_xmm`.
pub fn undecorate_public(name: &str) -> Option<String> {
    undecorate(name).or_else(|| {
        let rest = name.strip_prefix('_').filter(|rest| !rest.is_empty())?;
        Some(without_size(rest).to_owned())
    })
}

/// A name without the `@8` that a calling convention would have added.
pub fn without_size(name: &str) -> &str {
    match name.split_once('@') {
        Some((plain, size)) if !plain.is_empty() && size.starts_with(|c: char| c.is_ascii_digit()) => plain,
        _ => name,
    }
}

/// An exception filter or `__finally` block of a function, `?filt$0@0@Name@@` as clang decorates it: Microsoft's compiler
/// calls it `Name$filt$0`.
fn funclet(name: &str) -> Option<String> {
    let (kind, rest) = name.strip_prefix('?')?.split_once('@')?;
    let number = kind.strip_prefix("filt$").or_else(|| kind.strip_prefix("fin$"))?;
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let inner = rest.strip_prefix("0@")?;
    // Only a function's own name is taken off, never a funclet's again.
    let function = match inner.strip_suffix("@@").filter(|plain| !plain.starts_with('?')) {
        Some(plain) => plain.to_owned(),
        None => undecorate(inner.strip_suffix('@').filter(|inner| funclet(inner).is_none())?)?,
    };
    Some(format!("{function}${kind}"))
}

/// An upper bound for how deep the demangler can recurse: marks that open a nested name or type.
fn nesting(name: &str) -> usize {
    let opens = |c: char| matches!(c, '?' | '$' | 'P' | 'Q' | 'A' | 'Y');
    let run = name.chars().fold((0usize, 0usize), |(now, most), c| match c {
        c if opens(c) => (now + 1, most.max(now + 1)),
        '@' => (now.saturating_sub(1), most),
        _ => (now, most),
    });
    run.1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As public disassemblies of a debugger show these names.
    #[test]
    fn public_names_lose_an_underscore() {
        for (raw, shown) in [
            ("__C_specific_handler", "_C_specific_handler"),
            ("__imp_ExFreePool", "_imp_ExFreePool"),
            ("_strnicmp", "strnicmp"),
            ("__xmm@0c0d0e0f08090a0b0405060700010203", "_xmm"),
            ("__real@3ff0000000000000", "_real"),
            ("?Draw@Shape@@UEAAXXZ", "Shape::Draw"),
        ] {
            assert_eq!(undecorate_public(raw).as_deref(), Some(shown), "{raw}");
        }
        assert_eq!(undecorate_public("KeBugCheckEx"), None);
        assert_eq!(undecorate_public("_"), None);
        assert_eq!(undecorate_public("Name@8"), None);
    }

    #[test]
    fn names_only() {
        // Left: what `llvm-undname-19 --no-access-specifier --no-calling-convention --no-return-type` reads.
        for (decorated, plain) in [
            ("?Draw@Shape@@UEAAXXZ", "Shape::Draw"),
            ("??1Shape@@UEAA@XZ", "Shape::~Shape"),
            ("??_7Shape@@6B@", "Shape::`vftable'"),
            ("??_8Both@@7BLeft@@@", "Both::`vbtable'{for `Left'}"),
            ("??_7Square@geometry@@6BNamed@1@@", "geometry::Square::`vftable'{for `geometry::Named'}"),
            ("?g_count@@3HA", "g_count"),
            ("??_C@_0BC@LGLGINHN@ExFreePoolWithTag@", "`string'"),
        ] {
            assert_eq!(undecorate(decorated).as_deref(), Some(plain), "{decorated}");
        }
    }

    #[test]
    fn funclets_are_named_for_their_function() {
        for (decorated, plain) in [
            ("?filt$0@0@Pt6SendComplete@@", "Pt6SendComplete$filt$0"),
            ("?fin$12@0@Release@@", "Release$fin$12"),
            ("?filt$1@0@?Draw@Shape@@UEAAXXZ@", "Shape::Draw$filt$1"),
        ] {
            assert_eq!(undecorate(decorated).as_deref(), Some(plain), "{decorated}");
        }
        let nested = format!("{}X@@", "?filt$0@0@".repeat(400));
        let _ = undecorate(&nested);
        assert_eq!(undecorate("?filt$@0@X@@"), None);
    }

    #[test]
    fn plain_names_stay() {
        assert_eq!(undecorate("KeBugCheckEx"), None);
        assert_eq!(undecorate("?"), None);
    }

    #[test]
    fn hostile_names_are_refused() {
        for unit in ["?", "?$", "P", "A6", "?$a@", "PEAU", "Y0", "P6A"] {
            let name = format!("?f@@YA{}", unit.repeat(1300));
            let _ = undecorate(&name);
            let _ = undecorate(&format!("?{}", unit.repeat(1300)));
        }
        // And any mixture of the letters that mean something, on a thread with as little stack as ours have.
        let letters = b"?$@PQAEBYUVWT0123_6XZMHNIKJO<";
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        for _ in 0..20_000 {
            let mut name = String::from("?");
            for _ in 0..state % 900 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                name.push(char::from(letters[(state % letters.len() as u64) as usize]));
            }
            state = state.wrapping_add(0x1234_5678_9abc_def1);
            let _ = undecorate(&name);
        }
    }
}
