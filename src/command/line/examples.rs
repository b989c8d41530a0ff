//! Samples of commands: a line, and what it shows on the demo `wifi`.

use super::spec::CommandSpec;
use crate::util::texts::{Texts, texts};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::OnceLock;

static TEXTS: Texts = texts!("examples");
static EXAMPLES: OnceLock<HashMap<String, Example>> = OnceLock::new();

/// A sample of a command.
#[derive(Debug, Clone, Deserialize)]
pub struct Example {
    /// What is typed.
    pub line: String,
    /// How what it shows there begins; empty where that tells nothing.
    #[serde(default)]
    pub shows: String,
}

/// What stands before a sample's line in help: its own, and that of a transcript.
const MARK: &str = "Example: ";
const PROMPT: &str = "kd> ";

/// The sample that a line of help begins.
fn sample(line: &str) -> Option<&str> {
    line.strip_prefix(MARK).or_else(|| line.strip_prefix(PROMPT))
}

impl CommandSpec {
    /// Its sample, where the help itself has none.
    pub fn example(&self) -> Option<&'static Example> {
        if self.help.lines().any(|line| sample(line).is_some()) {
            return None;
        }
        let all =
            EXAMPLES.get_or_init(|| serde_json::from_str(TEXTS.get("examples.toml")).unwrap_or_default());
        self.names.first().and_then(|name| all.get(*name))
    }

    /// The long help with its sample, line by line; the switches are told before it.
    pub fn help_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.help.lines().map(str::to_owned).collect();
        if let Some(example) = self.example() {
            lines.push(format!("{MARK}{}", example.line));
            lines.extend(example.shows.lines().map(str::to_owned));
        }
        lines
    }

    /// The lines of its samples.
    pub fn example_lines(&self) -> Vec<String> {
        self.help_lines().iter().filter_map(|line| sample(line)).map(str::to_owned).collect()
    }
}
