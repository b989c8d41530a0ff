//! `symbols doctor`: one screen on what is wrong.

use super::{DumpArgs, print};
use crate::cli::Exit;
use crate::cli::fetching::Downloads;
use crate::output::{Block, Line, Record, Role};
use crate::search::doctor::{Place, Report, diagnose};
use crate::search::locate::{KnownFrom, Located};
use crate::search::server::address::host_of;
use crate::search::{Outcome, Search};
use crate::util::order::Order;
use crate::util::width;
use clap::Args;
use std::path::Path;

/// Columns that a list of names may fill.
const COLUMNS: usize = 78;

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    dump: DumpArgs,
    /// List every place that was tried for every module
    #[arg(short, long)]
    verbose: bool,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(&self) -> Exit {
        let (wanted, finder) = match self.dump.wanted() {
            Ok(found) => found,
            Err(exit) => return exit,
        };
        let report = diagnose(&finder, &wanted, &Downloads::default());
        print("symbols doctor", blocks(&report, self.verbose || self.json), self.json, Exit::Success)
    }
}

fn blocks(report: &Report, verbose: bool) -> Vec<Block> {
    let with_problem = report.places.iter().filter(|place| place.problem.is_some());
    let bad: Vec<&str> = with_problem.map(|place| place.place.as_str()).collect();
    let or_none = |path: &str| {
        if path.is_empty() { "(empty)".to_owned() } else { path.to_owned() }
    };
    let mut blocks = vec![
        Line::new().label("Symbol path: ").value(or_none(&report.symbol_path)).into(),
        Line::new().label("Image path:  ").value(or_none(&report.image_path)).into(),
        Line::new().label("Cache:       ").value(report.default_cache.display().to_string()).into(),
    ];
    let connection = report.connection.iter();
    blocks.extend(connection.map(|(name, text)| {
        Block::from(Line::new().label(format!("{:<13}", format!("{name}:"))).value(text.as_str()))
    }));
    blocks.extend(report.warnings.iter().map(|warning| warning_line(warning)));
    if !report.places.is_empty() {
        blocks.push(Line::new().into());
        blocks.extend(report.places.iter().map(place));
    }
    blocks.push(Line::new().into());
    let total = format!("{} of {} modules have symbols", report.with_symbols(), report.modules.len());
    blocks.push(Line::new().role(Role::Heading, total).into());
    if verbose || report.modules.len() == 1 {
        blocks.extend(report.modules.iter().map(|located| module(located, &bad)));
    } else {
        let (with, without): (Vec<&Located>, Vec<&Located>) =
            report.modules.iter().partition(|module| module.has_symbols());
        blocks.extend(groups(&with, found_in).iter().map(|(place, modules)| {
            let heading = Line::new().text(format!("  {} with: {place}", modules.len()));
            group("with_symbols", "place", place, heading, modules)
        }));
        blocks.extend(groups(&without, |located| fate(located, &bad)).iter().map(|(fate, modules)| {
            let heading = Line::new().role(Role::Warning, format!("  {} without: {fate}", modules.len()));
            group("without_symbols", "reason", fate, heading, modules)
        }));
    }
    let advice = report.advice();
    if !advice.is_empty() {
        blocks.push(Line::new().into());
        blocks.extend(advice.iter().map(|text| Block::from(Line::new().label("Next: ").text(text))));
    }
    blocks
}

fn warning_line(text: &str) -> Block {
    Line::new().role(Role::Warning, format!("Warning: {text}")).into()
}

fn place(place: &Place) -> Block {
    let mut line = Line::new().label(format!("  {:<7} ", place.kind)).value(&place.place);
    if let Some(problem) = &place.problem {
        line = line.role(Role::Warning, format!("  {problem}"));
    }
    Record::new("place")
        .field("kind", place.kind)
        .field("place", place.place.as_str())
        .field("problem", place.problem.clone())
        .line(line)
        .into()
}

/// One module with everything that was tried for it.
fn module(located: &Located, bad: &[&str]) -> Block {
    let pdb = located.pdb_id();
    let wanted = pdb.map(|id| format!("{} {}", id.name, id.key()));
    let status = status(located, bad);
    let line = Line::new().role(Role::Module, format!("  {:<16} ", located.wanted.module)).text(&status);
    let mut record = Record::new("module")
        .field("module", located.wanted.module.as_str())
        .field("pdb", wanted.clone())
        .field("image", located.wanted.image.as_ref().map(|id| format!("{} {}", id.name, id.key())))
        .field("has_symbols", located.has_symbols())
        .field("status", status.as_str())
        .line(line);
    let mut tried = Vec::new();
    for search in [&located.image, &located.pdb].into_iter().flatten() {
        for attempt in &search.attempts {
            let text = format!("{}: {}", attempt.place, attempt.outcome);
            record = record.line(Line::new().role(Role::Dim, format!("      {text}")));
            tried.push(text);
        }
    }
    record.field("tried", tried).into()
}

fn status(located: &Located, bad: &[&str]) -> String {
    if let Some(found) = located.pdb.as_ref().and_then(|search| search.found.as_ref()) {
        return found.path.display().to_string();
    }
    if let Some(table) = &located.isf {
        return format!("symbol table {}", table.display());
    }
    let no_record = "PDB unknown: no debug record in the dump";
    match (&located.pdb, located.known_from, &located.image) {
        (Some(search), _, _) => format!("{} {}: {}", search.id.name(), search.id.key(), reason(search, bad)),
        (None, KnownFrom::Nothing, Some(search)) if search.found.is_some() => {
            "PDB unknown: neither the dump nor the image has a debug record".to_owned()
        }
        (None, _, Some(search)) => {
            format!("{no_record}; image {} {}: {}", search.id.name(), search.id.key(), reason(search, bad))
        }
        (None, _, None) => format!("{no_record}, nor a time stamp to find the image"),
    }
}

/// Why a search failed, without the names of the file, so that modules of one fate read alike.
fn reason(search: &Search, bad: &[&str]) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for attempt in &search.attempts {
        let marker = format!("/{}/", search.id.name());
        let base = attempt.place.split(&marker).next().unwrap_or(&attempt.place);
        let reason = match &attempt.outcome {
            Outcome::Found => continue,
            // The list of places tells what is wrong with such a server.
            Outcome::Failed(_) | Outcome::Skipped(_) if bad.contains(&base) => {
                format!("{base} cannot be used")
            }
            Outcome::NotFound(_) => format!("not in {base}"),
            Outcome::Skipped(_) => format!("{base} not asked"),
            Outcome::Failed(text) | Outcome::Mismatch(text) => format!("{base}: {text}"),
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    match reasons.is_empty() {
        true => "there is nowhere to look".to_owned(),
        false => reasons.join("; "),
    }
}

/// Where a module's symbols are, without the name of the file, so that modules of one place read alike.
fn found_in(located: &Located) -> String {
    if let Some(search) = &located.pdb
        && let Some(found) = &search.found
    {
        let path = found.path.display().to_string();
        let inside = format!("{0}/{1}/{0}", search.id.name(), search.id.key());
        let root =
            path.strip_suffix(&inside).or_else(|| path.strip_suffix(search.id.name())).unwrap_or(&path);
        let root = root.trim_end_matches(['/', '\\']);
        return match &found.origin {
            Some(origin) => {
                let from = Some(host_of(origin)).filter(|host| !host.is_empty()).unwrap_or(origin);
                format!("fetched just now into {root} from {from}")
            }
            None => format!("in {root}"),
        };
    }
    let folder = located.isf.as_ref().and_then(|table| table.parent()?.parent());
    format!("symbol tables in {}", folder.unwrap_or(Path::new("")).display())
}

/// Why a module has no symbols, likewise.
fn fate(located: &Located, bad: &[&str]) -> String {
    match (&located.pdb, &located.image) {
        (Some(search), _) => format!("PDB: {}", reason(search, bad)),
        (None, Some(search)) if search.found.is_none() => {
            format!("PDB unknown (no debug record in the dump); image: {}", reason(search, bad))
        }
        _ => status(located, bad),
    }
}

/// Modules of one fate together, the most numerous first.
fn groups<'m>(modules: &[&'m Located], fate: impl Fn(&Located) -> String) -> Vec<(String, Vec<&'m Located>)> {
    let mut groups: Vec<(String, Vec<&Located>)> = Vec::new();
    for located in modules {
        let fate = fate(located);
        match groups.iter_mut().find(|(other, _)| *other == fate) {
            Some((_, modules)) => modules.push(located),
            None => groups.push((fate, vec![located])),
        }
    }
    groups.order_by_key(|(_, modules)| std::cmp::Reverse(modules.len()));
    groups
}

/// One group: its heading and the names, a line full at a time.
fn group(kind: &'static str, field: &'static str, fate: &str, heading: Line, modules: &[&Located]) -> Block {
    let names: Vec<&str> = modules.iter().map(|located| located.wanted.module.as_str()).collect();
    let mut record = Record::new(kind)
        .field(field, fate)
        .field("modules", names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
        .line(heading);
    let mut text = String::new();
    for name in names {
        if !text.is_empty() && width::columns(&text) + 1 + width::columns(name) > COLUMNS - 6 {
            record = record.line(Line::new().text(format!("      {text}")));
            text.clear();
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(name);
    }
    record.line(Line::new().text(format!("      {text}"))).into()
}
