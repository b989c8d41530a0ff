//! How the user arranged the screen, kept from one run to the next in the user's cache folder.

use super::panes;
use crate::util::files;
use std::fs;
use std::path::PathBuf;

/// What is read of the file at most.
const MAX_BYTES: u64 = 1 << 12;
/// Of a hundred columns, the least and the most that the right one of two panes has.
const SPLITS: std::ops::RangeInclusive<u8> = 25..=75;
/// The most steps that a border between columns is moved by.
const MOST_STEPS: i8 = 60;
/// By how much one key moves the split.
const STEP: u8 = 5;

/// How the screen is arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arranged {
    /// Whether the active pane is alone on the screen.
    pub(super) zoom: bool,
    /// Of two panes side by side, how many of a hundred columns the right one has.
    pub(super) split: u8,
    /// The panes that are out of sight until somebody goes to them, a bit each.
    pub(super) hidden: u16,
    /// The panes that are divided in two, a bit each.
    pub(super) divided: u16,
    /// How many steps to the right the borders between the columns of many panes were moved.
    pub(super) borders: [i8; 2],
}

impl Default for Arranged {
    fn default() -> Arranged {
        Arranged { zoom: false, split: 45, hidden: 0, divided: 0, borders: [0; 2] }
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
                // By their keys: numbers of panes are nobody's.
                ("hidden", value) => {
                    let known = value.chars().filter_map(panes::of_key).filter(|pane| may_hide(*pane));
                    arranged.hidden = known.fold(0, |bits, pane| bits | 1 << pane);
                }
                ("divided", value) => {
                    let known = value.chars().filter_map(panes::of_key);
                    let known = known.filter(|pane| panes::may_divide(*pane));
                    arranged.divided = known.fold(0, |bits, pane| bits | 1 << pane);
                }
                ("borders", value) => {
                    let mut steps = value.split(' ').filter_map(|steps| steps.parse().ok());
                    if let (Some(left), Some(right), None) = (steps.next(), steps.next(), steps.next()) {
                        arranged.borders =
                            [left, right].map(|steps: i8| steps.clamp(-MOST_STEPS, MOST_STEPS));
                    }
                }
                _ => {}
            }
        }
        arranged
    }

    fn text(self) -> String {
        let hidden: String = (0..16).filter(|pane| self.hides(*pane)).map(panes::key).collect();
        let divided: String = (0..16).filter(|pane| self.divides(*pane)).map(panes::key).collect();
        let [left, right] = self.borders;
        let (zoom, split) = (self.zoom, self.split);
        format!(
            "zoom = {zoom}\nsplit = {split}\nhidden = {hidden}\ndivided = {divided}\nborders = {left} {right}\n"
        )
    }

    /// Whether a pane is out of sight.
    pub(super) fn hides(self, pane: usize) -> bool {
        pane < 16 && self.hidden >> pane & 1 == 1
    }

    /// Takes a pane out of sight; false for the console, where commands say why they failed.
    pub(super) fn hide(&mut self, pane: usize) -> bool {
        let may = may_hide(pane);
        self.hidden |= u16::from(may) << pane.min(15);
        may
    }

    /// Brings a pane back.
    pub(super) fn unhide(&mut self, pane: usize) {
        self.hidden &= !(1 << pane.min(15));
    }

    /// Whether a pane is divided in two.
    pub(super) fn divides(self, pane: usize) -> bool {
        pane < 16 && self.divided >> pane & 1 == 1
    }

    /// Divides a pane that may be.
    pub(super) fn divide(&mut self, pane: usize) {
        self.divided |= u16::from(panes::may_divide(pane)) << pane.min(15);
    }

    /// Makes a pane one again.
    pub(super) fn join(&mut self, pane: usize) {
        self.divided &= !(1 << pane.min(15));
    }

    /// Moves a border between columns; the others stay.
    pub(super) fn move_border(&mut self, border: usize, to_left: bool) {
        if let Some(steps) = self.borders.get_mut(border) {
            let moved = if to_left { steps.saturating_sub(1) } else { steps.saturating_add(1) };
            *steps = moved.clamp(-MOST_STEPS, MOST_STEPS);
        }
    }

    /// Moves what is between two panes.
    pub(super) fn move_split(&mut self, to_left: bool) {
        let split = if to_left { self.split.saturating_add(STEP) } else { self.split.saturating_sub(STEP) };
        self.split = split.clamp(*SPLITS.start(), *SPLITS.end());
    }
}

/// Whether a pane can be out of sight.
fn may_hide(pane: usize) -> bool {
    pane < 16 && pane != panes::CONSOLE
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
        let mut all = Arranged { zoom: true, split: 60, hidden: 0, divided: 0, borders: [-3, 2] };
        all.divide(panes::MEMORY);
        all.divide(panes::TYPES);
        all.divide(panes::CONSOLE);
        assert!(all.divides(panes::MEMORY) && !all.divides(panes::CONSOLE));
        assert!(all.hide(panes::STACK) && all.hide(panes::COMMON) && !all.hide(panes::CONSOLE));
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
        let other = Arranged::parse("divided = 8\u{1b}7x\nhidden = 8 3?\nborders = 1 2 3\nborders = 200 1");
        assert_eq!((other.hidden, other.borders), (1 << panes::STACK, [0, 0]));
        assert_eq!(other.divided, 1 << panes::MEMORY);
        let mut back = all;
        back.unhide(panes::STACK);
        assert!(!back.hides(panes::STACK) && back.hides(panes::COMMON));
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
