//! The macros that `??` knows: text with places for arguments, as the Windows headers define them over casts and members.

/// Name and text; `{0}` is the first argument. The definitions follow the documentation of each macro.
const MACROS: &[(&str, usize, &str)] = &[
    ("FIELD_OFFSET", 2, "((long)&((({0} *)0)->{1}))"),
    ("CONTAINING_RECORD", 3, "(({1} *)((char *)({0}) - (long)&((({1} *)0)->{2})))"),
    ("RTL_FIELD_SIZE", 2, "(sizeof((({0} *)0)->{1}))"),
    ("RTL_SIZEOF_THROUGH_FIELD", 2, "((long)&((({0} *)0)->{1}) + sizeof((({0} *)0)->{1}))"),
    ("RTL_NUMBER_OF", 1, "(sizeof({0})/sizeof(({0})[0]))"),
    ("RTL_CONTAINS_FIELD", 3, "(((char *)(&(({0})->{2})) + sizeof(({0})->{2})) <= ((char *)({0}) + ({1})))"),
];

/// Whether a macro has that name.
pub fn is_macro(name: &str) -> bool {
    MACROS.iter().any(|(known, ..)| *known == name)
}

/// The macro's text with the arguments of `text`, which starts at the opening bracket, and what follows the closing one;
/// `None` where the arguments are not what the macro takes.
pub fn expand<'t>(name: &str, text: &'t str) -> Option<(String, &'t str)> {
    let (_, count, pattern) = MACROS.iter().find(|(known, ..)| *known == name)?;
    let (arguments, rest) = arguments(text.trim_start().strip_prefix('(')?)?;
    if arguments.len() != *count {
        return None;
    }
    let mut expansion = (*pattern).to_owned();
    // Placed one after the other: an argument with `{1}` in it is no expression, whatever comes of it.
    for (index, argument) in arguments.iter().enumerate() {
        expansion = expansion.replace(&format!("{{{index}}}"), argument);
    }
    Some((expansion, rest))
}

/// The arguments up to the closing bracket, and what follows it.
fn arguments(text: &str) -> Option<(Vec<&str>, &str)> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' if depth == 0 => {
                found.push(text.get(start..at)?.trim());
                return Some((found, text.get(at + 1..)?));
            }
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(text.get(start..at)?.trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}
