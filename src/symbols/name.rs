//! Names from a dump, made safe: nothing that a dump says may become a path outside the cache.

/// The longest name that is used; file systems allow 255 bytes and temporary files need a few.
const MAX_NAME: usize = 200;

/// Why a name is not used as a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeName {
    /// Nothing, or dots only.
    #[error("the name is empty or consists of dots")]
    Empty,
    /// Over the limit.
    #[error("the name is longer than 200 bytes")]
    TooLong,
    /// A separator, drive colon, wildcard or control character.
    #[error("the name contains a character that no file name may have")]
    Character,
    /// Windows drops trailing dots and blanks, so two names would mean one file.
    #[error("the name ends in a dot or a blank")]
    Ending,
    /// A DOS device such as `NUL` or `COM1`, with or without an extension.
    #[error("the name is that of a DOS device")]
    Device,
}

/// Checks that `name` is a plain file name on every system.
pub fn check(name: &str) -> Result<(), UnsafeName> {
    if name.chars().all(|c| c == '.') {
        return Err(UnsafeName::Empty);
    }
    if name.len() > MAX_NAME {
        return Err(UnsafeName::TooLong);
    }
    let forbidden = |c: char| c.is_control() || "\\/:*?\"<>|".contains(c) || is_format(c);
    if name.contains(forbidden) {
        return Err(UnsafeName::Character);
    }
    if name.ends_with(['.', ' ']) || name.starts_with(' ') {
        return Err(UnsafeName::Ending);
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if is_device(stem) {
        return Err(UnsafeName::Device);
    }
    Ok(())
}

/// Direction marks and zero-width characters: they make one name look like another.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut digits = port.unwrap_or_default().chars();
    // Windows also takes superscript digits in these names.
    let digit = digits.next().is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c));
    digit && digits.next().is_none()
}

/// A file name with its last character replaced by `_`, as compressed files in stores are called.
pub fn compressed(name: &str) -> Option<String> {
    let (last, _) = name.char_indices().next_back()?;
    Some(format!("{}_", name.get(..last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_pass() {
        for name in [
            "ntkrnlmp.pdb",
            "驱动.sys",
            "a b-c_1.0.dll",
            ".hidden",
            "common.pdb",
            "nullsoft.sys",
            "com10.sys",
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn others_are_refused() {
        for (name, why) in [
            ("", UnsafeName::Empty),
            ("..", UnsafeName::Empty),
            ("../a", UnsafeName::Character),
            ("a\\b", UnsafeName::Character),
            ("c:x", UnsafeName::Character),
            ("a\0b", UnsafeName::Character),
            ("a\u{202e}b", UnsafeName::Character),
            ("a.pdb.", UnsafeName::Ending),
            ("a ", UnsafeName::Ending),
            ("nul.pdb", UnsafeName::Device),
            ("COM1", UnsafeName::Device),
            ("lpt².sys", UnsafeName::Device),
            ("con .pdb", UnsafeName::Device),
        ] {
            assert_eq!(check(name), Err(why), "{name:?}");
        }
        assert_eq!(check(&"a".repeat(201)), Err(UnsafeName::TooLong));
    }

    #[test]
    fn compressed_names() {
        assert_eq!(compressed("nt.pdb").as_deref(), Some("nt.pd_"));
        assert_eq!(compressed("nt.exe").as_deref(), Some("nt.ex_"));
        assert_eq!(compressed("ü").as_deref(), Some("_"));
    }
}
