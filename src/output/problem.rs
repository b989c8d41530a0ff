//! What a failed command says.

use super::span::{Line, Role};

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

impl Problem {
    /// Its text as lines, as it is told in the output.
    pub fn lines(&self) -> Vec<Line> {
        self.text.lines().map(|line| Line::new().role(Role::Error, line)).collect()
    }
}
