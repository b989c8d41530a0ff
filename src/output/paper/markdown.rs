//! A paper as Markdown (CommonMark with tables, as tickets take it).

use super::{Item, Matter, Paper, Said};
use crate::output::plain;
use std::fmt::Write;

impl Paper {
    /// The paper as Markdown. What texts hold of Markdown's own signs means nothing there.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n", escaped(self.title.as_str()));
        for part in &self.parts {
            let _ = write!(text, "\n## {}\n", escaped(part.title.as_str()));
            part.matter.iter().for_each(|matter| matter_of(matter, &mut text));
        }
        text
    }
}

// Writing to a text cannot fail.
fn matter_of(matter: &Matter, text: &mut String) {
    match matter {
        Matter::Prose { text: prose, .. } => {
            let _ = write!(text, "\n{}\n", escaped(prose.as_str()));
        }
        Matter::Facts(facts) => {
            text.push_str("\n| | |\n|---|---|\n");
            for fact in facts {
                let _ =
                    writeln!(text, "| {} | {} |", escaped(fact.label.as_str()), escaped(fact.shown.as_str()));
            }
        }
        Matter::List { label, items, .. } => {
            let _ = write!(text, "\n**{}**\n\n", escaped(label.as_str()));
            items.iter().for_each(|item| item_of(item, text));
        }
        Matter::Said(said) => {
            text.push('\n');
            if let Some(label) = &said.label {
                let _ = write!(text, "**{}**\n\n", escaped(label.as_str()));
            }
            text.push_str(&said_of(said, ""));
        }
    }
}

fn item_of(item: &Item, text: &mut String) {
    let _ = writeln!(text, "- {}", escaped(item.text.as_str()));
    if let Some(said) = &item.said {
        let _ = write!(text, "\n{}\n", said_of(said, "  "));
    }
}

/// The command, and what it said between fences that are longer than any run of back-ticks in it.
fn said_of(said: &Said, indent: &str) -> String {
    let mut text = format!("{indent}{}", code(said.command.as_str()));
    if let Some(note) = &said.note {
        let _ = write!(text, " ({})", escaped(note.as_str()));
    }
    text.push('\n');
    let body = plain(said.lines());
    if !body.is_empty() {
        let fence = "`".repeat(longest_run(&body).max(2) + 1);
        let _ = write!(text, "\n{indent}{fence}text\n");
        body.lines().for_each(|line| {
            let _ = writeln!(text, "{}", format!("{indent}{line}").trim_end());
        });
        let _ = writeln!(text, "{indent}{fence}");
    }
    text
}

/// A text as code.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A text whose signs mean nothing. An underscore between letters is left as it is: names are full of them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before: Option<char> = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let between = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let means = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '&' => true,
            '_' => !(between(before) && between(rest.peek().copied())),
            '#' | '+' | '-' | '=' => before.is_none(),
            // A number with a point at the beginning is a list.
            '.' | ')' => {
                let is_number = !escaped.is_empty() && escaped.chars().all(|c| c.is_ascii_digit());
                is_number && rest.peek().is_none_or(|c| c.is_whitespace())
            }
            _ => false,
        };
        if means {
            escaped.push('\\');
        }
        escaped.push(c);
        before = Some(c);
    }
    escaped
}
