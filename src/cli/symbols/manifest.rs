//! `symbols manifest`: what to fetch elsewhere.

use super::{DumpArgs, print};
use crate::cli::fetching::Downloads;
use crate::cli::{Exit, complain};
use crate::output::{Block, Line, Record};
use crate::search::Finder;
use crate::search::finder::FinderOptions;
use crate::search::locate::locate_all;
use crate::search::manifest::Manifest;
use crate::util::files::{OutputError, write_text};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct ManifestArgs {
    #[command(flatten)]
    dump: DumpArgs,
    /// Write the list to this file instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// One JSON object instead of text
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

impl ManifestArgs {
    pub(super) fn run(&self) -> Exit {
        let (wanted, paths) = match self.dump.wanted() {
            Ok(found) => found,
            Err(exit) => return exit,
        };
        // What is here already is left out; making a list asks no server.
        let options = FinderOptions { network: false, ..paths.options().clone() };
        let finder = Finder::new(paths.symbol_path().clone(), paths.image_path().clone(), options);
        let manifest = Manifest::for_modules(&locate_all(&finder, &wanted, true, &Downloads::default()));
        for problem in &manifest.problems {
            complain(&format!("dumpscope: not listed: {problem}"));
        }
        match &self.output {
            None => {
                let line = |id: &crate::symbols::module::FileId| {
                    let text = format!("{},{},1", id.name(), id.key());
                    let record = Record::new("file").field("name", id.name()).field("key", id.key());
                    Block::from(record.line(Line::of(text)))
                };
                let blocks = manifest.files.iter().map(line).collect();
                print("symbols manifest", blocks, self.json, Exit::Success)
            }
            Some(path) => match write_text(path, manifest.text().as_bytes()) {
                Ok(()) => {
                    complain(&format!(
                        "dumpscope: {} files listed in {}",
                        manifest.files.len(),
                        path.display()
                    ));
                    Exit::Success
                }
                Err(error) => {
                    complain(&format!("dumpscope: {error}"));
                    match error {
                        OutputError::Io { .. } => Exit::OutputFailed,
                        OutputError::IsInput { .. }
                        | OutputError::IsValuable { .. }
                        | OutputError::IsOther { .. } => Exit::Usage,
                    }
                }
            },
        }
    }
}
