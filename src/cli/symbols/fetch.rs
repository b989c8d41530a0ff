//! `symbols fetch`: where there is internet.

use super::{print, total};
use crate::cli::Exit;
use crate::cli::fetching::Downloads;
use crate::output::{Block, Line, Record, Role};
use crate::search::finder::Options;
use crate::search::manifest::{Fetched, Manifest, fetch};
use crate::search::path::SearchPath;
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
                eprintln!("dumpscope: {}: {error}", self.manifest.display());
                return Exit::CommandFailed;
            }
        };
        let path = self.symbol_path.as_deref().map_or_else(SearchPath::symbols_from_env, SearchPath::parse);
        if path.is_empty() {
            eprintln!("dumpscope: no symbol path: -y srv* fetches from the Microsoft symbol server");
            return Exit::Usage;
        }
        let manifest = Manifest::parse(&text);
        for problem in &manifest.problems {
            eprintln!("dumpscope: {}: {}", self.manifest.display(), Line::of(problem).plain());
        }
        if let Err(error) = std::fs::create_dir_all(&self.to) {
            eprintln!("dumpscope: {}: {error}", self.to.display());
            return Exit::CommandFailed;
        }
        let fetched = fetch(&manifest, &self.to, &path, &Options::default(), &Downloads::default());
        let failed = fetched.iter().filter(|file| file.result.is_err()).count();
        let mut blocks: Vec<Block> = fetched.iter().map(block).collect();
        let total = total(fetched.len() - failed, failed, &self.to);
        blocks.push(Line::of(total).into());
        print("symbols fetch", blocks, self.json);
        match failed + manifest.problems.len() {
            0 => Exit::Success,
            _ => Exit::CommandFailed,
        }
    }

    fn read(&self) -> std::io::Result<String> {
        let mut text = String::new();
        match self.manifest.as_os_str() == "-" {
            true => std::io::stdin().take(MAX_MANIFEST).read_to_string(&mut text)?,
            false => std::fs::File::open(&self.manifest)?.take(MAX_MANIFEST).read_to_string(&mut text)?,
        };
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
            .field("error", reason.as_str())
            .line(Line::new().role(Role::Warning, "missing  ").value(what).text(format!("  {reason}"))),
    }
    .into()
}
