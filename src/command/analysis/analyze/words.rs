//! The words that are put between documented texts, in every language.

use crate::output::{Cell, Record};
use crate::session::Settings;
use crate::words::{Language, Message, text};
use std::borrow::Cow;

/// Columns of a line of prose, as in the classic output.
const COLUMNS: usize = 79;
/// Where the lines after the first begin of what is said of a parameter.
const INDENT: usize = 8;

/// Adds what is said of a parameter to the last line and those after it.
pub fn prose(
    record: Record,
    key: impl Into<Cow<'static, str>>,
    text: impl Into<Cell>,
    settings: &Settings,
) -> Record {
    record.prose(key, text, INDENT, columns(settings))
}

/// How many columns prose may take: where it is wrapped by whoever shows it, all that it wants.
pub fn columns(settings: &Settings) -> usize {
    if settings.whole_paragraphs { usize::MAX } else { COLUMNS }
}

/// A meaning and what stands for it here: `kind of access: write`.
pub fn with_values(meaning: String, values: &[&str], language: Language) -> String {
    let values = values.join(language.pick("; ", "；"));
    match (meaning.is_empty(), values.is_empty()) {
        (true, _) => values,
        (false, true) => meaning,
        (false, false) => format!("{meaning}{}{values}", language.pick(": ", "：")),
    }
}

/// What is said where a parameter has no documented meaning at all.
pub fn without_meaning(language: Language) -> &'static str {
    text("analyze.without_meaning", language)
}

/// The documentation lists what may stand there, and this is not in the list.
pub fn unlisted(language: Language) -> &'static str {
    text("analyze.unlisted", language)
}

/// Documented as unused, but used.
pub fn used_after_all(language: Language) -> &'static str {
    text("analyze.used_after_all", language)
}

/// Said of dumps that are no crashes.
pub fn live_report(language: Language) -> &'static str {
    text("analyze.live_report", language)
}

/// Said where there is no page on a bug check.
pub fn undocumented(language: Language) -> &'static str {
    text("analyze.undocumented", language)
}

/// Said where the page on a bug check has nothing but its name.
pub fn name_only(language: Language) -> &'static str {
    text("analyze.name_only", language)
}

/// Said of codes that software other than Windows made up.
pub fn made_up(number: u32, language: Language) -> String {
    Message::new("analyze.made_up").with("number", format!("{number:x}")).in_language(language).into_owned()
}

/// The label before what to look at first.
pub fn first_look(language: Language) -> &'static str {
    text("analyze.first_look", language)
}

/// Commands that advice names and that there are not.
pub fn not_built(commands: &str, language: Language) -> String {
    Message::new("analyze.not_built").with("commands", commands).in_language(language).into_owned()
}
