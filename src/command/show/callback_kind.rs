//! The words for kinds of callbacks.

use crate::kernel::CallbackKind;

/// What may be typed for each kind, in the order of [`CallbackKind::ALL`].
pub const WORDS: [&str; 12] = [
    "process",
    "thread",
    "image",
    "registry",
    "object",
    "bugcheck",
    "reason",
    "nmi",
    "shutdown",
    "lastshutdown",
    "filesystem",
    "named",
];

/// What is typed for a kind.
pub fn word(kind: CallbackKind) -> &'static str {
    CallbackKind::ALL.into_iter().zip(WORDS).find(|(known, _)| *known == kind).map_or("", |(_, word)| word)
}
