//! A report as a file: which form, and whether it may be written there.

use crate::command::CommandError;
use crate::output::JsonStream;
use crate::output::paper::Paper;
use crate::util::files;
use std::path::{Path, PathBuf};

/// A file that a report goes to.
pub struct ReportFile {
    path: PathBuf,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    Markdown,
    Html,
    Json,
}

/// What a Markdown report begins with, which no reader of Markdown shows.
const MARK: &str = "<!-- dumpscope report -->\n";

/// The file that was named, in quotes or without, if one was.
///
/// # Errors
/// Its ending names no form; there are several words.
pub fn of(typed: &str) -> Result<Option<ReportFile>, CommandError> {
    let quoted = typed.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let name = quoted.unwrap_or(typed);
    if quoted.is_none() && name.contains(char::is_whitespace) {
        let why = format!("'{name}': a report goes to one file; a name with blanks stands in quotes");
        return Err(CommandError::Argument(why));
    }
    if name.is_empty() {
        return Ok(None);
    }
    let path = PathBuf::from(name);
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let form = match ending.as_deref() {
        Some("md" | "markdown") => Form::Markdown,
        Some("html" | "htm") => Form::Html,
        Some("json") => Form::Json,
        _ => {
            let why = format!("'{name}': the ending chooses the form of a report: .md, .html or .json");
            return Err(CommandError::Argument(why));
        }
    };
    Ok(Some(ReportFile { path, form }))
}

impl ReportFile {
    /// Where it is.
    pub fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// Writes a report there.
    ///
    /// # Errors
    /// Something else than a report is there, or it cannot be written.
    pub fn write(&self, paper: &Paper) -> Result<(), CommandError> {
        let text = match self.form {
            Form::Markdown => format!("{MARK}{}", paper.markdown()),
            Form::Html => paper.html(),
            Form::Json => json(paper),
        };
        Ok(files::replace_own(Path::new(&self.path), text.as_bytes(), "report", is_report)?)
    }
}

/// The same object as `--json` writes.
fn json(paper: &Paper) -> String {
    let mut stream = JsonStream::default();
    stream.begin(".report");
    let blocks: String = paper.blocks().iter().map(|block| stream.block(block)).collect();
    blocks + &stream.end(None)
}

/// Whether a file that begins so is a report.
fn is_report(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let is_html =
        head.starts_with("<!DOCTYPE html>") && head.contains("name=\"generator\" content=\"dumpscope\"");
    head.starts_with(MARK) || is_html || head.starts_with("{\"command\":\".report\",")
}
