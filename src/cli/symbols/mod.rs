//! `dumpscope symbols ...`: finding out why symbols are missing, and getting them here.

mod add;
mod doctor;
mod fetch;
mod manifest;

use super::writer::Output;
use super::{Exit, complain, end_with_help};
use crate::debuggee::{Module, SymbolStatus, Target};
use crate::output::{Block, JsonStream, plain};
use crate::search::Finder;
use crate::search::finder::FinderOptions;
use crate::search::identity::Identity;
use crate::search::locate::Wanted;
use crate::search::path::SearchPath;
use crate::symbols::module::{FileId, ImageId, PdbId};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Finds out why symbols are missing, and gets them here
#[derive(Debug, Parser)]
#[command(name = "dumpscope symbols", bin_name = "dumpscope symbols")]
struct Symbols {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Try every module of a dump and tell what was tried where, and why it failed
    Doctor(doctor::Doctor),
    /// List the files that a dump needs, for a computer with internet (the format of symchk /im)
    Manifest(manifest::ManifestArgs),
    /// Fetch the files of a manifest into a folder to carry back
    Fetch(fetch::Fetch),
    /// Import loose PDBs and images into a store
    Add(add::Add),
}

/// The flags of actions that read a dump.
#[derive(Debug, Args)]
struct DumpArgs {
    /// The dump or image
    #[arg(short = 'z', value_name = "FILE")]
    dump: PathBuf,
    /// Symbol path; without it _NT_SYMBOL_PATH counts
    #[arg(short = 'y', value_name = "SYMPATH")]
    symbol_path: Option<String>,
    /// Image path; without it _NT_EXECUTABLE_IMAGE_PATH counts
    #[arg(short = 'i', value_name = "IMAGEPATH")]
    image_path: Option<String>,
    /// Ask no server, even if the path names one
    #[arg(long)]
    offline: bool,
    /// Only modules whose name matches (`*` and `?` stand for anything)
    #[arg(value_name = "MODULE")]
    modules: Vec<String>,
}

/// Runs `dumpscope symbols` with the arguments after these two words.
pub fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let arguments = std::iter::once(OsString::from("dumpscope symbols")).chain(arguments);
    let symbols = match Symbols::try_parse_from(arguments) {
        Ok(symbols) => symbols,
        Err(error) => return end_with_help(&error),
    };
    match symbols.action {
        Action::Doctor(doctor) => doctor.run(),
        Action::Manifest(manifest) => manifest.run(),
        Action::Fetch(fetch) => fetch.run(),
        Action::Add(add) => add.run(),
    }
}

impl DumpArgs {
    /// Opens the dump and lists what its modules want, with the finder to look for it.
    ///
    /// The kernel of a triage dump is also recognised by symbols that are here already, so that its PDB has a name.
    fn wanted(&self) -> Result<(Vec<Wanted>, Finder), Exit> {
        let mut target = Target::open(&self.dump, &mut |_| {}).map_err(|error| {
            complain(&format!("dumpscope: {error}"));
            Exit::NotOpened
        })?;
        let (symbols, images) = self.paths();
        target.set_paths(symbols, images, FinderOptions { network: false, ..FinderOptions::default() });
        let patterns: Vec<_> = self.modules.iter().map(|pattern| pattern.to_lowercase()).collect();
        let matches = |module: &&Module| {
            let name = module.name.to_lowercase();
            patterns.is_empty() || patterns.iter().any(|pattern| glob(pattern, &name))
        };
        let wanted: Vec<Wanted> =
            target.modules().iter().filter(matches).map(|module| wants(&target, module)).collect();
        if wanted.is_empty() {
            complain("dumpscope: no such module in the dump");
            return Err(Exit::CommandFailed);
        }
        let found_by = target.symbols().finder();
        let options = FinderOptions { network: !self.offline, ..found_by.options().clone() };
        Ok((wanted, Finder::new(found_by.symbol_path().clone(), found_by.image_path().clone(), options)))
    }

    fn paths(&self) -> (SearchPath, SearchPath) {
        let symbols =
            self.symbol_path.as_deref().map_or_else(SearchPath::symbols_from_env, SearchPath::parse);
        let images = self.image_path.as_deref().map_or_else(SearchPath::images_from_env, SearchPath::parse);
        (symbols, images)
    }
}

fn wants(target: &Target, module: &Module) -> Wanted {
    let image = target.image(module).ok();
    let headers = image.as_ref().map(|image| image.headers());
    let time_date_stamp = module.time_date_stamp.or(headers.map(|headers| headers.time_date_stamp));
    let size = headers.map_or(module.size, |headers| headers.size_of_image.into());
    let id = |stamp| Some(ImageId::new(&module.image_name, stamp, u32::try_from(size).ok()?));
    Wanted {
        module: module.name.clone(),
        image: time_date_stamp.and_then(id),
        pdb: image.as_ref().and_then(|image| image.pdb_id()).or_else(|| recognised(target, module)),
    }
}

/// The PDB of the kernel, known by the addresses in the dump at which its names must stand.
fn recognised(target: &Target, module: &Module) -> Option<PdbId> {
    if module.name != "nt" {
        return None;
    }
    let symbols = target.module_symbols(module);
    let file = symbols.file.as_deref()?;
    match symbols.status {
        SymbolStatus::PrivatePdb | SymbolStatus::Pdb => {
            match Identity::of_file(file).ok()?.file_id(name_of(file)?) {
                FileId::Pdb(id) => Some(id),
                FileId::Image(_) => None,
            }
        }
        // PDBNAME/GUID-AGE.json
        SymbolStatus::Isf => {
            let (guid, rest) = name_of(file)?.split_once('-')?;
            let age = rest.split('.').next()?.parse().ok()?;
            Some(PdbId::new(name_of(file.parent()?)?, guid.parse().ok()?, age))
        }
        _ => None,
    }
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// Matches `*` and `?`, without exponential work: on a mismatch only the last star takes one character more.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read, mut star) = (0, 0, None);
    while let Some(&c) = text.get(read) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&p) if p == c || p == '?' => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else {
                    return false;
                };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                read = taken + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|&p| p == '*')
}

/// The last line: how many files are where they should be, and how many are not.
fn total(done: usize, failed: usize, place: &Path) -> String {
    let files = if done == 1 { "1 file is".to_owned() } else { format!("{done} files are") };
    let not = match failed {
        0 => String::new(),
        1 => ", 1 is not".to_owned(),
        _ => format!(", {failed} are not"),
    };
    format!("{files} in {}{not}", place.display())
}

/// Prints blocks as text, or all of them as one JSON object. Ends with `exit`, unless they cannot be written.
fn print(command: &str, blocks: Vec<Block>, as_json: bool, exit: Exit) -> Exit {
    let mut out = Output::default();
    let mut stream = JsonStream::default();
    stream.begin(command);
    let mut pieces =
        blocks.iter().map(|block| if as_json { stream.block(block) } else { plain(block.lines()) });
    // That the reader has left is no failure; any other is told by the output itself.
    let mut written = pieces.try_for_each(|piece| out.write(&piece));
    if as_json {
        written = written.and_then(|()| out.write(&stream.end(None)));
    }
    let _ = written.and_then(|()| out.flush());
    out.end_with(exit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_consistent() {
        Symbols::command().debug_assert();
    }

    #[test]
    fn module_patterns() {
        assert!(
            glob("nt", "nt") && glob("*", "") && glob("ndis*", "ndisimplatform") && glob("?ar*s", "parsers")
        );
        assert!(!glob("nt", "ntfs") && !glob("a*b", "ac") && !glob("", "x"));
        assert!(!glob(&"*a".repeat(50), &"a".repeat(49)));
    }
}
