//! The reference of all commands, as README.md shows it.

use crate::command::{COMMANDS, CommandSpec, Group};
use crate::words::{self, Language};

/// A Markdown table a chapter, made from the command table, of the commands that are wanted.
pub fn reference(is_wanted: impl Fn(&CommandSpec) -> bool, language: Language) -> String {
    let wanted: Vec<&CommandSpec> = COMMANDS.iter().copied().filter(|spec| is_wanted(spec)).collect();
    let mut groups: Vec<Group> = wanted.iter().map(|spec| spec.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut text = String::new();
    for group in groups {
        let title = words::text(group.title(), language);
        text.push_str(&format!("### {title}\n\n| command | |\n|---|---|\n"));
        for spec in wanted.iter().filter(|spec| spec.group == group) {
            text.push_str(&row(spec, language));
        }
        text.push('\n');
    }
    text
}

fn row(spec: &CommandSpec, language: Language) -> String {
    let names: Vec<String> = spec.names.iter().map(|name| code(name)).collect();
    let usage = spec.usage();
    let usage = if usage.is_empty() { usage } else { format!(" {}", code(&usage)) };
    format!("| {}{usage} | {} |\n", names.join(" "), escape(spec.summary_in(language)))
}

fn code(text: &str) -> String {
    format!("`{}`", escape(text))
}

/// A bar would end the cell.
fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}
