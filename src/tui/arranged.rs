//! How the user arranged the screen, kept from one run to the next in the user's cache folder.

use crate::util::files;
use std::fs;
use std::path::PathBuf;

/// What is read of the file at most.
const MAX_BYTES: u64 = 1 << 12;
/// Of a hundred columns, the least and the most that the right one of two panes has.
const SPLITS: std::ops::RangeInclusive<u8> = 25..=75;
/// By how much one key moves the split.
const STEP: u8 = 5;

/// How the screen is arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arranged {
    /// Whether the active pane is alone on the screen.
    pub(super) zoom: bool,
    /// Of two panes side by side, how many of a hundred columns the right one has.
    pub(super) split: u8,
}

impl Default for Arranged {
    fn default() -> Arranged {
        Arranged { zoom: false, split: 45 }
    }
}

impl Arranged {
    /// The user's own; what cannot be read, or makes no sense, is as it is for everybody.
    pub(super) fn kept() -> Arranged {
        let text = file().filter(|path| fs::metadata(path).is_ok_and(|it| it.len() <= MAX_BYTES));
        text.and_then(|path| fs::read_to_string(path).ok())
            .map(|text| Arranged::parse(&text))
            .unwrap_or_default()
    }

    /// Keeps it. What cannot be written is not kept: the user leaves all the same.
    pub(super) fn keep(self) {
        let Some(path) = file() else { return };
        if let Some(folder) = path.parent() {
            let _ = fs::create_dir_all(folder);
        }
        let _ = files::write_text(&path, self.text().as_bytes());
    }

    /// Line by line: one that makes no sense takes no other with it.
    fn parse(text: &str) -> Arranged {
        let mut arranged = Arranged::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            match (name.trim(), value.trim()) {
                ("zoom", value) => arranged.zoom = value.parse().unwrap_or(arranged.zoom),
                ("split", value) => {
                    let split = value.parse().ok().filter(|split| SPLITS.contains(split));
                    arranged.split = split.unwrap_or(arranged.split);
                }
                _ => {}
            }
        }
        arranged
    }

    fn text(self) -> String {
        format!("zoom = {}\nsplit = {}\n", self.zoom, self.split)
    }

    /// Moves what is between two panes.
    pub(super) fn move_split(&mut self, to_left: bool) {
        let split = if to_left { self.split.saturating_add(STEP) } else { self.split.saturating_sub(STEP) };
        self.split = split.clamp(*SPLITS.start(), *SPLITS.end());
    }
}

/// The file that `DUMPSCOPE_LAYOUT` names, none where it names nothing, else the one in the cache.
fn file() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("DUMPSCOPE_LAYOUT") {
        return (!named.is_empty()).then(|| named.into());
    }
    let folder = directories::ProjectDirs::from("", "", "dumpscope")?;
    Some(folder.cache_dir().join("explorer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_counts_by_itself() {
        let all = Arranged { zoom: true, split: 60 };
        assert_eq!(Arranged::parse(&all.text()), all);
        assert_eq!(
            Arranged::parse("zoom = perhaps\nsplit = 60"),
            Arranged { split: 60, ..Arranged::default() }
        );
        assert_eq!(
            Arranged::parse("split = 200\n=\nzoom=true"),
            Arranged { zoom: true, ..Arranged::default() }
        );
        assert_eq!(Arranged::parse("\u{0}"), Arranged::default());
    }

    #[test]
    fn the_split_stays_between_its_ends() {
        let mut arranged = Arranged::default();
        for to_left in [true, false] {
            (0..100).for_each(|_| arranged.move_split(to_left));
            assert_eq!(arranged.split, if to_left { 75 } else { 25 });
        }
    }
}
