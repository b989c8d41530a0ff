//! The reference of all commands, as README.md shows it.

use crate::command::{COMMANDS, CommandSpec, Group};
use crate::words::{self, Language};

/// A Markdown table a chapter, made from the command table.
pub fn reference() -> String {
    let mut groups: Vec<Group> = COMMANDS.iter().map(|spec| spec.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut text = String::new();
    for group in groups {
        let title = words::text(group.title(), Language::English);
        text.push_str(&format!("### {title}\n\n| command | |\n|---|---|\n"));
        for spec in COMMANDS.iter().filter(|spec| spec.group == group) {
            text.push_str(&row(spec));
        }
        text.push('\n');
    }
    text
}

fn row(spec: &CommandSpec) -> String {
    let names: Vec<String> = spec.names.iter().map(|name| code(name)).collect();
    let usage = spec.usage();
    let usage = if usage.is_empty() { usage } else { format!(" {}", code(&usage)) };
    format!("| {}{usage} | {} |\n", names.join(" "), escape(spec.summary))
}

fn code(text: &str) -> String {
    format!("`{}`", escape(text))
}

/// A bar would end the cell.
fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}
