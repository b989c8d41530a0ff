//! Plain text: what scripts diff and pipe.

use super::span::Line;

/// Lines, each ended by a newline. Blanks at the end of a line stay where the classic layout has them.
pub fn plain<'l>(lines: impl IntoIterator<Item = &'l Line>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.plain());
        text.push('\n');
    }
    text
}
