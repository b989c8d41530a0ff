//! The second part: what is behind the verdict, with what shows it.

use super::quote::Quotes;
use crate::analysis::{Fact, Value};
use crate::command::analysis::analyze::verdict::Judged;
use crate::command::{CommandError, Context};
use crate::output::paper::{Item, Part};
use crate::output::{Action, CleanText};
use crate::words::{Message, text};

/// Suspects whose versions are shown where nobody is blamed.
const SUSPECTS: usize = 3;

/// The part.
///
/// # Errors
/// The command was stopped.
pub fn part(judged: &Judged, quotes: &mut Quotes, context: &mut Context<'_>) -> Result<Part, CommandError> {
    let language = context.session.settings.language;
    let said = |key| text(key, language);
    let verdict = &judged.verdict;
    let says = verdict.says(language).unwrap_or_else(|| said("verdict.nothing").to_owned());
    let part = Part::new("analysis", said("report.analysis")).prose("verdict", says);
    let items = items(&verdict.evidence, quotes, context)?;
    let part = part.list("evidence", said("report.evidence"), items);
    let part = part.said(Some(quotes.quote("k", None, context)?.labelled(said("report.stack"))));
    let modules = verdict.culprit.iter().chain(verdict.suspects.iter().take(SUSPECTS));
    let mut part = part;
    for name in modules {
        let Ok(command) = Action::Module(name.as_str().into()).command().map(String::from) else { continue };
        // A driver that was unloaded, or that the dump only names, has no such block.
        if context.session.target.modules().named(name).is_none() {
            continue;
        }
        let label = Message::new("report.version").with("module", name).in_language(language).into_owned();
        part = part.said(Some(quotes.quote(&command, None, context)?.labelled(label)));
    }
    if !context.session.settings.events.is_empty() {
        part = part.said(Some(quotes.quote("!history", None, context)?.labelled(said("report.history"))));
    }
    if context.session.systems.are_several() {
        part = part.said(Some(quotes.quote("!common", None, context)?.labelled(said("report.common"))));
    }
    Ok(part)
}

/// Pieces of evidence, each with the command that shows it.
pub fn items(
    facts: &[Fact],
    quotes: &mut Quotes,
    context: &mut Context<'_>,
) -> Result<Vec<Item>, CommandError> {
    let language = context.session.settings.language;
    let mut items = Vec::new();
    for fact in facts {
        // Logs are long; what is told of one is a line of it.
        let line = fact.get("line").map(Value::to_string);
        let command = fact.link.as_ref().and_then(|link| link.command().ok()).map(String::from);
        let said = command.map(|command| quotes.quote(&command, line.as_deref(), context)).transpose()?;
        let text = CleanText::new(fact.in_language(language).unwrap_or_default());
        items.push(Item { text, said });
    }
    Ok(items)
}
