//! From flags to a session.

use super::{Exit, Options};
use crate::dump::DumpFile;
use crate::session::{Session, Settings};
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
    let target = Target::new(open_file(path)?);
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
