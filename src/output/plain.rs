//! Plain text: what scripts diff and pipe.

use super::document::Block;

/// The block's lines, each ended by a newline. Blanks at the end of a line stay where the classic layout has them.
pub fn plain(block: &Block) -> String {
    let mut text = String::new();
    for line in block.lines() {
        text.push_str(&line.plain());
        text.push('\n');
    }
    text
}
