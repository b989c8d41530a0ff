//! Which of an archive's dumps a person wants, where one sits at the terminal.

use crate::output::sanitize;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// How many names are listed.
const LISTED: usize = 64;

/// Whether somebody can be asked.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a number, and makes the path of that dump in the archive; `None` where the answer is none of the numbers.
pub(super) fn choose(archive: &Path, names: &[String]) -> Option<PathBuf> {
    let mut out = io::stderr();
    for (index, name) in names.iter().take(LISTED).enumerate() {
        writeln!(out, "{:3}  {}", index + 1, sanitize(name)).ok()?;
    }
    if names.len() > LISTED {
        writeln!(out, "     and {} more", names.len() - LISTED).ok()?;
    }
    write!(out, "which dump of {} (its number)? ", sanitize(&archive.display().to_string())).ok()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).ok()?;
    let name = names.get(answer.trim().parse::<usize>().ok()?.checked_sub(1)?)?;
    let mut path = archive.as_os_str().to_owned();
    path.push("!");
    path.push(name);
    Some(path.into())
}
