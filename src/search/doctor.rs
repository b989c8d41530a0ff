//! What is wrong with the symbols: every element of the path, and for every module what was tried and why it failed.

use std::path::{Path, PathBuf};

use super::finder::Finder;
use super::locate::{Located, Wanted, locate_all};
use super::observer::Observer;
use super::outcome::Outcome;
use super::path::{Element, SearchPath, Store};
use super::server::address::without_login;
use super::zip_store;

/// The state of one place of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it is: `folder`, `zip`, `store`, `cache`, `server`, `isf`.
    pub kind: &'static str,
    /// Path or address, without logins.
    pub place: String,
    /// What is wrong with it, if anything.
    pub problem: Option<String>,
}

/// The diagnosis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The symbol path as given.
    pub symbol_path: String,
    /// The image path as given.
    pub image_path: String,
    /// The user's cache.
    pub default_cache: PathBuf,
    /// Which proxy and certificates are used, each with its name; empty if no server is asked.
    pub connection: Vec<(&'static str, String)>,
    /// Every place of the symbol path and the image path.
    pub places: Vec<Place>,
    /// What is wrong with the paths and the environment.
    pub warnings: Vec<String>,
    /// Every module.
    pub modules: Vec<Located>,
}

impl Report {
    /// How many modules have symbols.
    pub fn with_symbols(&self) -> usize {
        self.modules.iter().filter(|module| module.has_symbols()).count()
    }

    /// What to do next, most helpful first.
    pub fn advice(&self) -> Vec<String> {
        let mut advice = Vec::new();
        let missing = self.modules.len() - self.with_symbols();
        if missing == 0 {
            return advice;
        }
        let servers: Vec<&Place> = self.places.iter().filter(|place| place.kind == "server").collect();
        if self.places.is_empty() {
            advice.push("the symbol path is empty: give one with -y, _NT_SYMBOL_PATH or .sympath".to_owned());
        }
        if servers.is_empty() {
            advice.push(
                "no server is named: add srv*, or carry files in: `dumpscope symbols manifest` here, `dumpscope \
                 symbols fetch` where there is internet, then add that folder to the symbol path"
                    .to_owned(),
            );
        } else if servers.iter().all(|place| place.problem.is_some()) {
            advice.push(
                "no server can be used from here: carry files in with `dumpscope symbols manifest` and `fetch`".to_owned(),
            );
        }
        let mismatch = |outcome: &Outcome| matches!(outcome, Outcome::Mismatch(_));
        let searches = self.modules.iter().flat_map(|m| [&m.image, &m.pdb]).flatten();
        if searches.flat_map(|search| &search.attempts).any(|attempt| mismatch(&attempt.outcome)) {
            advice.push(
                "files of another version were found: get those of this build (or force them with .reload /i)".to_owned(),
            );
        }
        if self
            .modules
            .iter()
            .any(|m| m.pdb_id().is_none() && m.image.as_ref().is_some_and(|s| s.found.is_none()))
        {
            advice.push(
                "this dump lacks the debug records of some modules: their images are needed first (-i, or a server \
                 that keeps images)"
                    .to_owned(),
            );
        }
        advice
    }
}

/// Tries to find the files of all modules, as `.reload /f` would, and reports.
pub fn diagnose(finder: &Finder, wanted: &[Wanted], observer: &dyn Observer) -> Report {
    let modules = locate_all(finder, wanted, false, observer);
    let mut warnings = finder.symbol_path().warnings().to_vec();
    warnings.extend_from_slice(finder.image_path().warnings());
    let mut connection = Vec::new();
    if finder.asks_servers() {
        warnings.extend_from_slice(finder.http().warnings());
        connection.extend(finder.http().describe());
    }
    let mut places = Vec::new();
    for path in [finder.symbol_path(), finder.image_path()] {
        places_of(finder, path, &mut places);
    }
    Report {
        symbol_path: finder.symbol_path().text().to_owned(),
        image_path: finder.image_path().text().to_owned(),
        default_cache: finder.options().default_cache.clone(),
        connection,
        places,
        warnings,
        modules,
    }
}

fn places_of(finder: &Finder, path: &SearchPath, places: &mut Vec<Place>) {
    let default = &finder.options().default_cache;
    for element in path.elements() {
        match element {
            Element::Folder(dir) if zip_store::is_zip(dir) => places.push(folder("zip", dir, false)),
            Element::Folder(dir) => places.push(folder("folder", dir, true)),
            Element::Isf(dir) => places.push(folder("isf", dir, true)),
            Element::Cache(dir) => places.push(folder("cache", dir.as_ref().unwrap_or(default), false)),
            Element::Server(stores) => {
                let last = stores.len().saturating_sub(1);
                for (index, store) in stores.iter().enumerate() {
                    places.push(match store {
                        Store::Http(url) => server(finder, url),
                        Store::Folder(dir) => folder("store", dir, index == last),
                        Store::Default => folder("cache", default, false),
                    });
                }
            }
        }
    }
}

fn folder(kind: &'static str, dir: &Path, must_exist: bool) -> Place {
    let problem = match std::fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() || kind == "zip" => {
            std::fs::read_dir(dir).err().filter(|_| kind != "zip").map(|error| error.to_string())
        }
        Ok(_) => Some("is a file, not a folder".to_owned()),
        Err(_) if !must_exist => None,
        Err(error) if windows_path_elsewhere(dir) => Some(format!("a Windows path ({error})")),
        Err(error) => Some(error.to_string()),
    };
    Place { kind, place: dir.display().to_string(), problem }
}

/// `c:\symbols` or `\\server\share`, where this is not Windows.
fn windows_path_elsewhere(dir: &Path) -> bool {
    let text = dir.to_string_lossy();
    !cfg!(windows) && (text.starts_with("\\\\") || text.get(1..3) == Some(":\\"))
}

fn server(finder: &Finder, url: &str) -> Place {
    let problem = match finder.options().network {
        false => Some("use of the network is off".to_owned()),
        true => finder.http().failure(url),
    };
    Place { kind: "server", place: without_login(url), problem }
}
