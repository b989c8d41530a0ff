//! `symbols add`: loose files into a store.

use super::{print, total};
use crate::cli::Exit;
use crate::output::{Block, Line, Record, Role};
use crate::search::add::{Added, add};
use crate::search::finder::FinderOptions;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Add {
    /// PDBs, images, or folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The store; without it the user's cache, which `srv*` and `cache*` look into
    #[arg(long, value_name = "STORE")]
    to: Option<PathBuf>,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Add {
    pub(super) fn run(&self) -> Exit {
        let options = FinderOptions::default();
        let store = self.to.clone().unwrap_or(options.default_cache);
        let added = add(&self.files, &store, options.limits.size);
        let failed = added.iter().filter(|file| file.result.is_err()).count();
        let mut blocks: Vec<Block> = added.iter().map(block).collect();
        let total = total(added.len() - failed, failed, &store);
        blocks.push(Line::of(total).into());
        let exit = match failed {
            0 => Exit::Success,
            _ => Exit::CommandFailed,
        };
        print("symbols add", blocks, self.json, exit)
    }
}

fn block(added: &Added) -> Block {
    let file = added.file.display().to_string();
    let record = Record::new("file").field("file", file.as_str());
    match &added.result {
        Ok((id, path)) => record
            .field("name", id.name())
            .field("key", id.key())
            .field("path", path.display().to_string())
            .line(Line::new().label("added    ").value(format!("{file} as {}/{}", id.name(), id.key()))),
        Err(reason) => record
            .field("error", reason.to_string())
            .line(Line::new().role(Role::Warning, "refused  ").value(file).text(format!("  {reason}"))),
    }
    .into()
}
