//! The lines that were typed, kept from one run to the next in the user's cache folder.

use crate::util::files;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Lines that are taken over from earlier runs.
const MAX_LINES: usize = 1_000;
/// What is read of the file at most; a larger one is shortened.
const MAX_BYTES: u64 = 1 << 20;
/// A longer line is not kept: nobody types it.
const MAX_LINE: usize = 4_000;

/// The file, where there is a place for one.
pub(super) struct History {
    path: Option<PathBuf>,
}

impl History {
    /// The user's, with the lines that it holds, oldest first. A file that cannot be read holds none.
    pub(super) fn open() -> (History, Vec<String>) {
        let folder =
            directories::ProjectDirs::from("", "", "dumpscope").map(|dirs| dirs.cache_dir().to_owned());
        History::at(folder.map(|folder| folder.join("history")))
    }

    fn at(path: Option<PathBuf>) -> (History, Vec<String>) {
        let lines = path.as_deref().map(read).unwrap_or_default();
        let history = History { path };
        if history
            .path
            .as_deref()
            .and_then(|path| fs::metadata(path).ok())
            .is_some_and(|it| it.len() > MAX_BYTES / 2)
        {
            history.shorten(&lines);
        }
        (history, lines)
    }

    /// Adds a line. What cannot be written is not kept: the work goes on.
    pub(super) fn add(&self, line: &str) {
        let Some(path) = &self.path else { return };
        if line.len() > MAX_LINE || line.contains(char::is_control) {
            return;
        }
        if let Some(folder) = path.parent() {
            let _ = fs::create_dir_all(folder);
        }
        let _ = files::append_line(path, line);
    }

    fn shorten(&self, lines: &[String]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        if let Some(path) = &self.path {
            let _ = files::write_text(path, text.as_bytes());
        }
    }
}

/// The last lines of the file. Whatever wrote it: only what can be typed is taken.
fn read(path: &Path) -> Vec<String> {
    let mut bytes = Vec::new();
    let Ok(file) = files::open_plain(path) else { return Vec::new() };
    if file.take(MAX_BYTES).read_to_end(&mut bytes).is_err() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let typed =
        |line: &&str| !line.trim().is_empty() && line.len() <= MAX_LINE && !line.contains(char::is_control);
    let mut lines: Vec<String> = text.lines().filter(typed).map(str::to_owned).collect();
    lines.drain(..lines.len().saturating_sub(MAX_LINES));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_in_the_next_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache").join("history");
        let (history, before) = History::at(Some(path.clone()));
        assert!(before.is_empty());
        for line in ["lm", "dt nt!_EPROCESS 驱动", "a\x1b[31m"] {
            history.add(line);
        }
        assert_eq!(History::at(Some(path)).1, ["lm", "dt nt!_EPROCESS 驱动"]);
    }

    #[test]
    fn whatever_the_file_holds_is_no_trouble() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history");
        let many: String = (0..200_000).map(|number| format!("line{number}\n")).collect();
        for (bytes, count) in [(&b"\xff\xfe\0\x1b\nk\n"[..], 1), (many.as_bytes(), MAX_LINES), (b"", 0)] {
            fs::write(&path, bytes).expect("written");
            assert_eq!(History::at(Some(path.clone())).1.len(), count);
            assert!(fs::metadata(&path).expect("a file").len() <= MAX_BYTES);
        }
        // A folder in its place, and no place at all.
        assert!(History::at(Some(folder.path().to_owned())).1.is_empty());
        let (none, lines) = History::at(None);
        none.add("k");
        assert!(lines.is_empty());
    }
}
