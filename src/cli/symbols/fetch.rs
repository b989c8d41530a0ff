//! `symbols fetch`: where there is internet.

use super::{print, total};
use crate::cli::fetching::Downloads;
use crate::cli::{Exit, complain};
use crate::output::{Block, Line, Record, Role};
use crate::search::finder::FinderOptions;
use crate::search::manifest::{Fetched, Manifest, fetch};
use crate::search::path::SearchPath;
use crate::util::files::open_input;
use clap::Args;
use std::io::Read;
use std::path::PathBuf;

/// A manifest longer than this is not one.
const MAX_MANIFEST: u64 = 16 << 20;

#[derive(Debug, Args)]
pub(super) struct Fetch {
    /// The manifest (`-` is standard input)
    manifest: PathBuf,
    /// The folder, a symbol store afterwards; made if it is not there
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Symbol path, such as srv*; without it _NT_SYMBOL_PATH counts
    #[arg(short = 'y', value_name = "SYMPATH")]
    symbol_path: Option<String>,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Fetch {
    pub(super) fn run(&self) -> Exit {
        let text = match self.read() {
            Ok(text) => text,
            Err(error) => {
                complain(&format!("dumpscope: {}: {error}", self.manifest.display()));
                return Exit::CommandFailed;
            }
        };
        let path = self.symbol_path.as_deref().map_or_else(SearchPath::symbols_from_env, SearchPath::parse);
        if path.is_empty() {
            complain("dumpscope: no symbol path: -y srv* fetches from the Microsoft symbol server");
            return Exit::Usage;
        }
        let manifest = Manifest::parse(&text);
        for problem in &manifest.problems {
            complain(&format!("dumpscope: {}: {problem}", self.manifest.display()));
        }
        if let Err(error) = std::fs::create_dir_all(&self.to) {
            complain(&format!("dumpscope: {}: {error}", self.to.display()));
            return Exit::CommandFailed;
        }
        let fetched = fetch(&manifest, &self.to, &path, &FinderOptions::default(), &Downloads::default());
        let failed = fetched.iter().filter(|file| file.result.is_err()).count();
        let mut blocks: Vec<Block> = fetched.iter().map(block).collect();
        let total = total(fetched.len() - failed, failed, &self.to);
        blocks.push(Line::of(total).into());
        let exit = match failed + manifest.problems.len() {
            0 => Exit::Success,
            _ => Exit::CommandFailed,
        };
        print("symbols fetch", blocks, self.json, exit)
    }

    fn read(&self) -> std::io::Result<String> {
        let mut text = String::new();
        let count = match self.manifest.as_os_str() == "-" {
            true => std::io::stdin().take(MAX_MANIFEST + 1).read_to_string(&mut text)?,
            false => open_input(&self.manifest)?.take(MAX_MANIFEST + 1).read_to_string(&mut text)?,
        };
        if count as u64 > MAX_MANIFEST {
            return Err(std::io::Error::other("longer than 16 MiB, so it is no manifest"));
        }
        Ok(text)
    }
}

fn block(file: &Fetched) -> Block {
    let what = format!("{} {}", file.id.name(), file.id.key());
    let record = Record::new("file").field("name", file.id.name()).field("key", file.id.key());
    match &file.result {
        Ok(path) => {
            record.field("path", path.display().to_string()).line(Line::new().label("fetched  ").value(what))
        }
        Err(reason) => record
            .field("error", reason.to_string())
            .line(Line::new().role(Role::Warning, "missing  ").value(what).text(format!("  {reason}"))),
    }
    .into()
}
