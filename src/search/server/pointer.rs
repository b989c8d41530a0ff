//! `file.ptr`: what a store keeps in place of a file, and how far a server's is believed.
//!
//! A folder that the user names may point anywhere. A server may not: it must not choose files of this computer or of
//! its network, nor other servers. It may point to what the paths name already.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::address::{host_of, without_login};
use crate::search::path::{Element, SearchPath, Store};
use thiserror::Error;

/// What a `file.ptr` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointer {
    /// Where the file is: a path.
    Path(String),
    /// Where the file is: an address.
    Url(String),
    /// Words for the user.
    Message(String),
}

impl Pointer {
    /// Reads the text: `PATH:` and a place, or a place alone; `MSG:` and words.
    pub fn parse(text: &str) -> Pointer {
        let lines =
            || text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
        let named = lines().find_map(|line| prefixed(line, "PATH:"));
        let bare = || lines().next().filter(|line| prefixed(line, "MSG:").is_none());
        match named.or_else(bare) {
            Some(place) if is_url(place) => Pointer::Url(place.to_owned()),
            Some(place) => Pointer::Path(place.to_owned()),
            None => {
                Pointer::Message(lines().find_map(|line| prefixed(line, "MSG:")).unwrap_or("").to_owned())
            }
        }
    }

    /// Whether the place is that of a compressed file.
    pub fn is_compressed(&self) -> bool {
        match self {
            Pointer::Path(place) | Pointer::Url(place) => place.ends_with('_'),
            Pointer::Message(_) => false,
        }
    }
}

fn prefixed<'t>(line: &'t str, prefix: &str) -> Option<&'t str> {
    let (front, rest) = line.split_at_checked(prefix.len())?;
    front.eq_ignore_ascii_case(prefix).then(|| rest.trim())
}

fn is_url(text: &str) -> bool {
    prefixed(text, "http://").is_some() || prefixed(text, "https://").is_some()
}

/// What the pointers of servers may lead to: the folders and servers of the search paths.
#[derive(Debug, Clone, Default)]
pub struct Trusted {
    folders: Vec<PathBuf>,
    /// `scheme://host:port`, in lower case, without logins.
    hosts: Vec<String>,
}

impl Trusted {
    /// What these paths name, and the user's cache.
    pub fn new(paths: &[&SearchPath], default_cache: &Path) -> Trusted {
        let mut trusted = Trusted { folders: vec![default_cache.to_owned()], hosts: Vec::new() };
        for element in paths.iter().flat_map(|path| path.elements()) {
            match element {
                Element::Folder(dir) | Element::Cache(Some(dir)) => trusted.folders.push(dir.clone()),
                Element::Server(stores) => stores.iter().for_each(|store| match store {
                    Store::Folder(dir) => trusted.folders.push(dir.clone()),
                    Store::Http(url) => trusted.hosts.push(host(url)),
                    Store::Default => {}
                }),
                Element::Cache(None) | Element::Isf(_) => {}
            }
        }
        trusted
    }

    /// Opens the file that a server's pointer names.
    ///
    /// # Errors
    /// Why it is not followed.
    pub fn open(&self, place: &str) -> Result<File, NotFollowed> {
        let path = Path::new(place);
        if !path.is_absolute() {
            let windows = place.starts_with("\\\\") || place.get(1..3) == Some(":\\");
            return Err(match windows && !cfg!(windows) {
                true => NotFollowed::WindowsPath,
                false => NotFollowed::NotFull,
            });
        }
        // Only what a named folder holds is looked at: whether other files are here is none of a server's business.
        let inside = |path: &Path| self.folders.iter().any(|dir| path.starts_with(dir));
        let plain = path.components().all(|part| !matches!(part, std::path::Component::ParentDir));
        if !plain || !inside(path) {
            return Err(NotFollowed::Outside);
        }
        // Links inside of a folder may still lead out of it.
        let real = path.canonicalize().map_err(NotFollowed::file)?;
        let folders = self.folders.iter().filter_map(|dir| dir.canonicalize().ok());
        if !folders.into_iter().any(|dir| real.starts_with(dir)) {
            return Err(NotFollowed::Outside);
        }
        if !real.is_file() {
            return Err(NotFollowed::NoFile);
        }
        File::open(real).map_err(NotFollowed::file)
    }

    /// Checks the address that a pointer of the server at `base` names.
    ///
    /// # Errors
    /// Why it is not followed.
    pub fn check_url(&self, url: &str, base: &str) -> Result<(), NotFollowed> {
        let wanted = host(url);
        if wanted == host(base) || self.hosts.contains(&wanted) {
            return Ok(());
        }
        Err(NotFollowed::OtherServer)
    }
}

/// Why a server's pointer is not followed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotFollowed {
    /// It names a path as Windows writes them.
    #[error("it is a Windows path: give the folder as it is called here")]
    WindowsPath,
    /// It depends on where one stands.
    #[error("it is not a full path")]
    NotFull,
    /// It leads out of what the user named.
    #[error("it lies in no folder of the symbol path: add that folder if you trust it")]
    Outside,
    /// It leads to a folder or a device.
    #[error("it is no file")]
    NoFile,
    /// It leads to a server that the user did not name.
    #[error("the symbol path names no such server: add it if you trust it")]
    OtherServer,
    /// The file cannot be had; the text is the system's or the server's.
    #[error("{0}")]
    Failed(String),
}

impl NotFollowed {
    fn file(error: io::Error) -> NotFollowed {
        NotFollowed::Failed(error.to_string())
    }
}

fn host(url: &str) -> String {
    host_of(&without_login(url)).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_parse() {
        let path = |text: &str| Pointer::Path(text.to_owned());
        assert_eq!(Pointer::parse("PATH:/a/b.pdb\r\n"), path("/a/b.pdb"));
        assert_eq!(
            Pointer::parse("MSG: kept elsewhere\npath: \\\\server\\x\\b.pd_"),
            path("\\\\server\\x\\b.pd_")
        );
        assert_eq!(Pointer::parse("\n /a/b \n"), path("/a/b"));
        assert_eq!(Pointer::parse("Https://a/b"), Pointer::Url("Https://a/b".into()));
        assert_eq!(Pointer::parse("MSG: ask Bob"), Pointer::Message("ask Bob".into()));
        assert_eq!(Pointer::parse(""), Pointer::Message(String::new()));
        assert!(Pointer::parse("PATH:/a/b.pd_").is_compressed());
    }

    #[test]
    fn only_what_the_paths_name_is_followed() {
        let root = tempfile::tempdir().unwrap();
        let (inside, outside) = (root.path().join("in"), root.path().join("out"));
        for dir in [&inside, &outside] {
            std::fs::create_dir(dir).unwrap();
            std::fs::write(dir.join("a.pdb"), "x").unwrap();
        }
        let path = SearchPath::parse(&format!("{};srv**https://user:pw@A.example:8/s", inside.display()));
        let trusted = Trusted::new(&[&path], &root.path().join("cache"));
        let open =
            |path: PathBuf| trusted.open(path.to_str().unwrap()).map(|_| ()).map_err(|why| why.to_string());
        assert_eq!(open(inside.join("a.pdb")), Ok(()));
        assert!(open(inside.join("none.pdb")).is_err());
        for other in
            [outside.join("a.pdb"), outside.join("none"), inside.join("../out/a.pdb"), inside.clone()]
        {
            assert!(open(other).is_err());
        }
        assert!(
            open(outside.join("none")).unwrap_err().contains("in no folder"),
            "not told whether it exists"
        );
        assert!(trusted.open("a.pdb").unwrap_err() == NotFollowed::NotFull);
        assert!(trusted.open("\\\\server\\share\\a.pdb").is_err());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&outside, inside.join("link")).unwrap();
            assert!(open(inside.join("link/a.pdb")).unwrap_err().contains("in no folder"));
        }
        let url = |url: &str| trusted.check_url(url, "http://base/x");
        assert_eq!(url("http://BASE/other"), Ok(()));
        assert_eq!(url("https://a.EXAMPLE:8/y"), Ok(()));
        for other in ["https://base/x", "http://a.example:8/y", "https://a.example/y", "http://base@evil/x"] {
            assert!(url(other).is_err(), "{other}");
        }
    }
}
