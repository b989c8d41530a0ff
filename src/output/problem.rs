//! What a failed command says.

/// Why a command failed, for those who read it and for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of failure, in a word that stays: `unknown_command`, `expression`, `memory`.
    pub kind: &'static str,
    /// What failed and why.
    pub text: String,
    /// What to type or do about it, a sentence each.
    pub hints: Vec<String>,
}
