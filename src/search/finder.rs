//! Who finds files: the paths and options of searches.

use std::path::PathBuf;
use std::sync::Arc;

use super::folders::Folders;
use super::identity::Identity;
use super::path::{Element, SearchPath, Store};
use super::server::download::{Http, Limits};
use super::server::pointer::Trusted;
use super::store;
use crate::symbols::name;

/// How searches are made.
#[derive(Debug, Clone)]
pub struct FinderOptions {
    /// The folder of an image that was opened by itself: its PDB is looked for there first, whatever the path is.
    pub beside: Option<PathBuf>,
    /// The user's cache: what `cache*` and `srv*` mean, and where downloads go that have no other place.
    pub default_cache: PathBuf,
    /// False keeps all searches local.
    pub network: bool,
    /// Takes a loose file of another version if there is no right one, and says so.
    pub allow_mismatch: bool,
    /// Limits of downloads and expanded files.
    pub limits: Limits,
}

impl Default for FinderOptions {
    fn default() -> FinderOptions {
        FinderOptions {
            beside: None,
            default_cache: default_cache(),
            network: true,
            allow_mismatch: false,
            limits: Limits::default(),
        }
    }
}

/// `symbols` in the user's cache directory.
pub fn default_cache() -> PathBuf {
    match directories::ProjectDirs::from("", "", "dumpscope") {
        Some(dirs) => dirs.cache_dir().join("symbols"),
        None => std::env::temp_dir().join("dumpscope-symbols"),
    }
}

/// Finds PDBs along the symbol path and images along the image path and then the symbol path.
#[derive(Debug)]
pub struct Finder {
    symbols: SearchPath,
    images: SearchPath,
    options: FinderOptions,
    http: Arc<Http>,
    folders: Folders,
}

impl Finder {
    /// A finder for these paths.
    pub fn new(symbols: SearchPath, images: SearchPath, options: FinderOptions) -> Finder {
        let http = Arc::new(Http::new(options.limits.clone()));
        Finder { symbols, images, options, http, folders: Folders::default() }
    }

    /// The symbol path.
    pub fn symbol_path(&self) -> &SearchPath {
        &self.symbols
    }

    /// The image path.
    pub fn image_path(&self) -> &SearchPath {
        &self.images
    }

    /// The options.
    pub fn options(&self) -> &FinderOptions {
        &self.options
    }

    /// Whether a search may ask a server.
    pub fn asks_servers(&self) -> bool {
        self.options.network
            && [&self.symbols, &self.images].iter().any(|path| path.servers().next().is_some())
    }

    /// The HTTP client, with its warnings and its memory of failures.
    pub fn http(&self) -> &Arc<Http> {
        &self.http
    }

    /// What the pointers of servers may lead to.
    pub(super) fn trusted(&self) -> Trusted {
        Trusted::new(&[&self.symbols, &self.images], &self.options.default_cache)
    }

    /// The folders that were looked into.
    pub(super) fn folders(&self) -> &Folders {
        &self.folders
    }

    /// A finder that takes or refuses loose files of another version (`.symopt`, `.reload /i`); it shares the
    /// connections of this one, and what is known of servers that failed.
    #[must_use]
    pub fn allowing_mismatch(&self, allow: bool) -> Finder {
        Finder {
            symbols: self.symbols.clone(),
            images: self.images.clone(),
            options: FinderOptions { allow_mismatch: allow, ..self.options.clone() },
            http: Arc::clone(&self.http),
            folders: Folders::default(),
        }
    }

    /// All PDBs of this file name that are here, whatever their version: loose ones and those of local stores on the
    /// symbol path, caches included. For modules whose debug record the dump lacks, where the caller has another way
    /// to tell the right one. Asks no server and looks into no archive.
    pub fn local_pdbs(&self, file_name: &str) -> Vec<(PathBuf, Identity)> {
        let mut paths = Vec::new();
        if name::check(file_name).is_err() {
            return Vec::new();
        }
        for element in self.symbols.elements() {
            let default = &self.options.default_cache;
            match element {
                Element::Folder(dir) => store::all_versions(&self.folders, dir, file_name, true, &mut paths),
                Element::Cache(dir) => {
                    store::all_versions(
                        &self.folders,
                        dir.as_ref().unwrap_or(default),
                        file_name,
                        false,
                        &mut paths,
                    );
                }
                Element::Server(stores) => {
                    for store in stores {
                        match store {
                            Store::Folder(dir) => {
                                store::all_versions(&self.folders, dir, file_name, false, &mut paths)
                            }
                            Store::Default => {
                                store::all_versions(&self.folders, default, file_name, false, &mut paths)
                            }
                            Store::Http(_) => {}
                        }
                    }
                }
                Element::Isf(_) => {}
            }
        }
        let identified = paths.into_iter().filter_map(|path| Some((Identity::of_file(&path).ok()?, path)));
        let pdbs = identified.filter(|(identity, _)| matches!(identity, Identity::Pdb { .. }));
        pdbs.map(|(identity, path)| (path, identity)).collect()
    }
}
