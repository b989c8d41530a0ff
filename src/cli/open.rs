//! From flags to a session.

use super::{Exit, Options};
use crate::dump::DumpFile;
use crate::session::{Session, Settings};
use crate::symbols::finder;
use crate::symbols::path::SearchPath;
use crate::target::Target;
use std::path::Path;

/// Why there is no session.
pub struct Refusal {
    /// What to tell the user.
    pub message: String,
    /// How the process ends.
    pub exit: Exit,
}

/// Opens the dump that the flags name. Warnings go to standard error.
pub fn open(options: &Options) -> Result<Session, Refusal> {
    let Some(path) = options.dump_path() else {
        return Err(Refusal {
            message: "no dump named; see --help".to_owned(),
            exit: Exit::Usage,
        });
    };
    let mut target = Target::new(open_file(path)?);
    let symbols = options
        .symbol_path
        .as_deref()
        .map_or_else(SearchPath::symbols_from_env, SearchPath::parse);
    let images = options
        .image_path
        .as_deref()
        .map_or_else(SearchPath::images_from_env, SearchPath::parse);
    for warning in symbols.warnings().iter().chain(images.warnings()) {
        eprintln!("dumpscope: warning: {warning}");
    }
    target.set_paths(symbols, images, finder::Options::default());
    for warning in target.warnings() {
        eprintln!("dumpscope: warning: {warning}");
    }
    let settings = Settings {
        radix: options.radix,
        zone: options.tz.clone(),
    };
    Ok(Session::new(target, settings))
}

fn open_file(path: &Path) -> Result<DumpFile, Refusal> {
    DumpFile::open(path, &mut |_| {}).map_err(|error| Refusal {
        message: error.to_string(),
        exit: Exit::NotOpened,
    })
}
