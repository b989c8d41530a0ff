//! How tightly binary operators bind.

/// Loosest first.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// The level of an operator, 0 for the loosest; `None` for signs that stand between no two values.
pub fn binds(sign: &str) -> Option<usize> {
    LEVELS.iter().position(|signs| signs.contains(&sign))
}
