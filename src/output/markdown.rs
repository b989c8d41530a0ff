//! Markdown for tickets: the command as a heading, its output as it stood on the screen.

use super::document::Document;

/// The document of `command` as a Markdown section; the fence is longer than any run of back-ticks in the text.
pub fn markdown(command: &str, document: &Document) -> String {
    let body: String = document.lines().map(|line| line.plain() + "\n").collect();
    let fence = "`".repeat(longest_tick_run(&body).max(2) + 1);
    let heading = command.replace('`', "'");
    format!("### `{heading}`\n\n{fence}text\n{body}{fence}\n")
}

fn longest_tick_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Line;

    #[test]
    fn the_fence_outlasts_back_ticks() {
        let document = Document { blocks: vec![Line::of("a ``` b").into()] };
        assert_eq!(markdown("db 1`2", &document), "### `db 1'2`\n\n````text\na ``` b\n````\n");
    }
}
