//! Symbol paths and image paths: `srv*`, `cache*`, `symsrv*`, `isf*`, plain folders, in WinDbg's syntax.

use std::fmt;
use std::path::{Path, PathBuf};

/// The server that `srv*` and `.symfix` mean.
pub const MICROSOFT: &str = "https://msdl.microsoft.com/download/symbols";
/// The most elements of a path that are used.
const MAX_ELEMENTS: usize = 256;

/// A store in a `srv*` chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// The default downstream store: the user's cache.
    Default,
    /// A folder, or a `.zip` of one.
    Folder(PathBuf),
    /// A server, without a trailing slash.
    Http(String),
}

/// One element of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A folder (or a `.zip` of a store): searched flat, by `symbols\...`, and as a store.
    Folder(PathBuf),
    /// `cache*DIR`: what servers to the right deliver is kept here; `None` is the user's cache.
    Cache(Option<PathBuf>),
    /// `srv*A*B*C`: C is asked if B lacks the file, and so on; what is found is kept in the stores before it.
    Server(Vec<Store>),
    /// `isf*DIR`: a folder of Volatility symbol tables.
    Isf(PathBuf),
}

/// A parsed search path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPath {
    text: String,
    elements: Vec<Element>,
    warnings: Vec<String>,
}

impl SearchPath {
    /// Parses a path. Elements that make no sense become warnings, never errors.
    pub fn parse(text: &str) -> SearchPath {
        let mut path = SearchPath { text: tidy(text), ..SearchPath::default() };
        for element in path.text.split(';').filter(|element| !element.is_empty()) {
            if path.elements.len() == MAX_ELEMENTS {
                path.warnings.push(format!("only the first {MAX_ELEMENTS} elements are used"));
                break;
            }
            match parse_element(element) {
                Ok(element) => path.elements.push(element),
                Err(warning) => path.warnings.push(warning),
            }
        }
        path
    }

    /// `_NT_ALT_SYMBOL_PATH` and `_NT_SYMBOL_PATH`, in this order, as the debugger reads them.
    pub fn symbols_from_env() -> SearchPath {
        let parts =
            ["_NT_ALT_SYMBOL_PATH", "_NT_SYMBOL_PATH"].map(|name| std::env::var(name).unwrap_or_default());
        SearchPath::parse(&parts.join(";"))
    }

    /// `_NT_EXECUTABLE_IMAGE_PATH`.
    pub fn images_from_env() -> SearchPath {
        SearchPath::parse(&std::env::var("_NT_EXECUTABLE_IMAGE_PATH").unwrap_or_default())
    }

    /// `.sympath+ TEXT`: this path with more elements at its end.
    pub fn append(&self, text: &str) -> SearchPath {
        SearchPath::parse(&format!("{};{text}", self.text))
    }

    /// `.symfix [DIR]`: the Microsoft server, with a cache in `dir` or the default one.
    pub fn symfix(dir: Option<&str>) -> SearchPath {
        match dir.map(str::trim).filter(|dir| !dir.is_empty()) {
            None => SearchPath::parse("srv*"),
            Some(dir) => SearchPath::parse(&format!("cache*{dir};SRV*{MICROSOFT}")),
        }
    }

    /// The path as given (`Symbol search path is:`).
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The path with `srv*` spelled out (`Expanded Symbol search path is:`).
    pub fn expanded(&self) -> String {
        let expand = |element: &str| match element.eq_ignore_ascii_case("srv*") {
            true => format!("cache*;SRV*{MICROSOFT}"),
            false => element.to_owned(),
        };
        let elements: Vec<String> = self.text.split(';').map(expand).collect();
        elements.join(";")
    }

    /// The elements in search order.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// What could not be understood.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// True if there is nowhere to look.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The plain folders.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.elements.iter().filter_map(|element| match element {
            Element::Folder(dir) => Some(dir.as_path()),
            _ => None,
        })
    }

    /// The folders of Volatility symbol tables.
    pub fn isf_folders(&self) -> impl Iterator<Item = &Path> {
        self.elements.iter().filter_map(|element| match element {
            Element::Isf(dir) => Some(dir.as_path()),
            _ => None,
        })
    }

    /// The servers that the path names.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        let stores = self.elements.iter().filter_map(|element| match element {
            Element::Server(stores) => Some(stores),
            _ => None,
        });
        stores.flatten().filter_map(|store| match store {
            Store::Http(url) => Some(url.as_str()),
            _ => None,
        })
    }
}

impl fmt::Display for SearchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Drops quotes, blanks around elements, and empty elements.
fn tidy(text: &str) -> String {
    let trim = |element: &str| element.trim().trim_matches('"').trim().to_owned();
    let elements: Vec<String> = text.split(';').map(trim).filter(|e| !e.is_empty()).collect();
    elements.join(";")
}

fn parse_element(element: &str) -> Result<Element, String> {
    let Some((word, rest)) = element.split_once('*') else {
        return match is_url(element) {
            true => Err(format!("{element}: a server needs `srv*` before it")),
            false => Ok(Element::Folder(PathBuf::from(element))),
        };
    };
    match word.to_ascii_lowercase().as_str() {
        "srv" => server(element, rest),
        "symsrv" => match rest.split_once('*') {
            // The first part names a library of the Windows debugger; ours speaks the same protocol.
            Some((library, rest)) if library.to_ascii_lowercase().ends_with(".dll") => server(element, rest),
            _ => Err(format!("{element}: expected symsrv*LIBRARY.dll*STORE[*STORE..]")),
        },
        "cache" => match rest {
            "" => Ok(Element::Cache(None)),
            dir if dir.contains('*') || is_url(dir) => Err(format!("{element}: expected cache*FOLDER")),
            dir => Ok(Element::Cache(Some(PathBuf::from(dir)))),
        },
        "isf" => match rest {
            "" => Err(format!("{element}: expected isf*FOLDER")),
            dir => Ok(Element::Isf(PathBuf::from(dir))),
        },
        _ => Err(format!("{element}: `{word}*` is not srv*, symsrv*, cache* or isf*")),
    }
}

fn server(element: &str, rest: &str) -> Result<Element, String> {
    if rest.is_empty() {
        return Ok(Element::Server(vec![Store::Default, Store::Http(MICROSOFT.to_owned())]));
    }
    let mut stores = Vec::new();
    for part in rest.split('*') {
        stores.push(match part {
            "" => Store::Default,
            url if is_url(url) => Store::Http(url.trim_end_matches('/').to_owned()),
            dir => Store::Folder(PathBuf::from(dir)),
        });
    }
    let last = stores.len() - 1;
    if stores.iter().take(last).any(|store| matches!(store, Store::Http(_))) {
        return Err(format!("{element}: a server can only be the last store of its chain"));
    }
    Ok(Element::Server(stores))
}

fn is_url(text: &str) -> bool {
    let scheme = |prefix: &str| text.get(..prefix.len()).is_some_and(|t| t.eq_ignore_ascii_case(prefix));
    scheme("http://") || scheme("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_parse() {
        let path = SearchPath::parse(
            r#" srv*c:\sym*https://example.com/symbols/ ;"/opt/my syms";;cache*;isf*/isf;SRV*"#,
        );
        assert_eq!(path.warnings(), [] as [&str; 0]);
        assert_eq!(
            path.elements(),
            [
                Element::Server(vec![
                    Store::Folder(PathBuf::from(r"c:\sym")),
                    Store::Http("https://example.com/symbols".into()),
                ]),
                Element::Folder(PathBuf::from("/opt/my syms")),
                Element::Cache(None),
                Element::Isf(PathBuf::from("/isf")),
                Element::Server(vec![Store::Default, Store::Http(MICROSOFT.into())]),
            ]
        );
        assert_eq!(path.isf_folders().count(), 1);
        assert_eq!(path.servers().collect::<Vec<_>>(), ["https://example.com/symbols", MICROSOFT]);
    }

    #[test]
    fn symsrv_and_empty_stores() {
        let path = SearchPath::parse("symsrv*symsrv.dll**http://a");
        assert_eq!(path.elements(), [Element::Server(vec![Store::Default, Store::Http("http://a".into())])]);
    }

    #[test]
    fn nonsense_becomes_warnings() {
        let path = SearchPath::parse("https://a;foo*bar;srv*http://a*/dir;symsrv*x;isf*;cache*a*b");
        assert_eq!(path.warnings().len(), 6);
        assert!(path.is_empty());
        assert_eq!(SearchPath::parse(" ; ").text(), "");
    }

    /// Texts from the reference transcripts: `.symfix` shows `srv*` and its expansion.
    #[test]
    fn symfix_and_expansion() {
        assert_eq!(SearchPath::symfix(None).text(), "srv*");
        assert_eq!(SearchPath::symfix(None).expanded(), format!("cache*;SRV*{MICROSOFT}"));
        let kept = SearchPath::symfix(Some("/sym"));
        assert_eq!(kept.text(), format!("cache*/sym;SRV*{MICROSOFT}"));
        assert_eq!(SearchPath::parse("/a").append("/b; /c").text(), "/a;/b;/c");
    }
}
