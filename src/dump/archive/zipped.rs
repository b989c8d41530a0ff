//! Which of a zip archive's files is meant.

use std::io::{Cursor, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::error::DumpError;
use super::super::progress::Progress;
use super::extract::extract;
use super::{To, Unpacked, shown};

/// How many names of an archive's files a message lists.
const LISTED: usize = 32;

/// One file of the archive.
struct Member {
    index: usize,
    name: String,
    size: u64,
    encrypted: bool,
}

/// Unpacks the file that `wanted` names, or the only dump.
pub(super) fn unpack(
    path: &Path,
    wanted: Option<&str>,
    bytes: &[u8],
    to: To,
    progress: &mut dyn FnMut(Progress),
) -> Result<Unpacked, DumpError> {
    let fail = |why: String| DumpError::Archive { path: path.to_owned(), why };
    let broken = |error: ZipError| match error {
        ZipError::InvalidArchive(why) => {
            fail(format!("the zip archive is damaged or cut off ({why}); fetch it again"))
        }
        ZipError::UnsupportedArchive(why) => fail(format!("{why}; unpack it with the program that made it")),
        error => fail(error.to_string()),
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        if entry.is_file() {
            let (name, size, encrypted) = (entry.name().to_owned(), entry.size(), entry.encrypted());
            members.push(Member { index, name, size, encrypted });
        }
    }
    let member = match wanted {
        Some(wanted) => named(&members, wanted, path)?,
        None => only(&members, path)?,
    };
    if member.encrypted {
        return Err(fail(format!("{} in it is encrypted; unpack it first", shown(&member.name))));
    }
    let entry = archive.by_index(member.index).map_err(broken)?;
    // Never more than the archive declares: what lies beyond is no part of the dump.
    extract(path, &member.name, entry.take(member.size), Some(member.size), to, progress)
}

/// The only dump, or else the only file.
fn only<'a>(members: &'a [Member], path: &Path) -> Result<&'a Member, DumpError> {
    let fail = |why: String| DumpError::Archive { path: path.to_owned(), why };
    let dumps: Vec<&Member> = members.iter().filter(|member| is_dump(&member.name)).collect();
    match (members, dumps.as_slice()) {
        ([only], _) => Ok(only),
        (_, [only]) => Ok(only),
        ([], _) => Err(fail("there is no file in it".to_owned())),
        (all, []) => {
            let all: Vec<&Member> = all.iter().collect();
            let text =
                format!("none of its {} files is named .dmp; open one of them by its name:", all.len());
            Err(fail(text + &list(&all, path)))
        }
        (_, many) => {
            let names = many.iter().map(|member| member.name.clone()).collect();
            let text = format!("it holds {} dumps; open one of them by its name:", many.len());
            Err(DumpError::SeveralDumps { path: path.to_owned(), why: text + &list(many, path), names })
        }
    }
}

/// The file of this name: exactly, or whatever the case and the slashes, or by its last part, whichever tells one alone.
fn named<'a>(members: &'a [Member], wanted: &str, path: &Path) -> Result<&'a Member, DumpError> {
    let plain = |name: &str| name.replace('\\', "/").to_lowercase();
    let wanted_plain = plain(wanted);
    let last = |name: &str| plain(name).rsplit('/').next() == Some(wanted_plain.as_str());
    let mut found: Vec<&Member> = members.iter().filter(|member| member.name == wanted).collect();
    if found.is_empty() {
        found = members.iter().filter(|member| plain(&member.name) == wanted_plain).collect();
    }
    if found.is_empty() {
        found = members.iter().filter(|member| last(&member.name)).collect();
    }
    let fail = |why: String| DumpError::Archive { path: path.to_owned(), why };
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let all: Vec<&Member> = members.iter().collect();
            Err(fail(format!("there is no {} in it; it holds:{}", shown(wanted), list(&all, path))))
        }
        many => {
            let text = format!("{} of its files are called {}:", many.len(), shown(wanted));
            Err(fail(text + &list(many, path)))
        }
    }
}

fn is_dump(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".dmp", ".kdmp", ".mdmp"].iter().any(|end| name.ends_with(end))
}

/// A line for each file, as it is typed to open it.
fn list(members: &[&Member], path: &Path) -> String {
    let mut text = String::new();
    for member in members.iter().take(LISTED) {
        text += &format!("\n  {}!{}  ({:#x} bytes)", path.display(), shown(&member.name), member.size);
    }
    if members.len() > LISTED {
        text += &format!("\n  and {} more", members.len() - LISTED);
    }
    text
}
