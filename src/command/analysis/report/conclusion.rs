//! The last parts: how sure it is, what speaks against it, and what to do next.

use crate::analysis::{Confidence, Verdict};
use crate::command::analysis::analyze::verdict::{Judged, worded};
use crate::command::{CommandError, Context};
use crate::output::paper::{Item, Part, Stated};
use crate::words::{Language, Message, text};

/// The conclusion.
///
/// # Errors
/// An image was opened.
pub fn part(judged: &Judged, context: &Context<'_>) -> Result<Part, CommandError> {
    let language = context.session.settings.language;
    let said = |key| text(key, language);
    let verdict = &judged.verdict;
    let part = Part::new("conclusion", said("report.conclusion")).facts(facts(verdict, context));
    let sure = if verdict.class.claims() { verdict.confidence } else { Confidence::Unknown };
    let part = part.prose("meaning", meaning(sure, language));
    let part = match verdict.against.is_empty() {
        true if verdict.rule.is_some() => part.prose("nothing_against", said("report.nothing_against")),
        _ => {
            let items =
                verdict.against.iter().map(|fact| Item::new(fact.in_language(language).unwrap_or_default()));
            part.list("against", said("report.against"), items.collect())
        }
    };
    let part = match verdict.suspects.is_empty() {
        true => part,
        false => {
            let names = verdict.suspects.join(language.pick(", ", "、"));
            let words =
                Message::new("report.suspects").with("names", names).in_language(language).into_owned();
            part.prose("suspects", words)
        }
    };
    Ok(match context.session.target.dump()?.kind().has_pages() {
        true => part,
        false => part.prose("limits", said("report.limits_small")),
    })
}

/// What to do next.
pub fn next(judged: &Judged, language: Language) -> Part {
    let items = judged.verdict.next(language).into_iter().map(Item::new).collect();
    Part::new("next", text("report.next", language)).list("steps", text("report.steps", language), items)
}

fn facts(verdict: &Verdict, context: &Context<'_>) -> Vec<Stated> {
    let language = context.session.settings.language;
    let said = |key| text(key, language);
    let word = |key, label, word: &'static str| Stated::value(key, said(label), word, worded(word, language));
    let mut facts = vec![word("class", "report.cause", verdict.class.word())];
    if verdict.class.claims() {
        facts.push(word("confidence", "report.confidence", verdict.confidence.word()));
    }
    let Some(name) = &verdict.culprit else { return facts };
    facts.push(Stated::text("culprit", said("report.culprit"), name));
    let target = &context.session.target;
    let module = target.modules().named(name);
    let version = module.and_then(|module| target.image(module).ok()?.version()?.fixed);
    if let Some(version) = version {
        let version = version.file_version.map(|part| part.to_string()).join(".");
        facts.push(Stated::text("culprit_version", said("report.culprit_version"), version));
    }
    facts
}

/// What the confidence is worth to who has to act on it.
fn meaning(confidence: Confidence, language: Language) -> &'static str {
    text(
        match confidence {
            Confidence::Certain => "report.means_certain",
            Confidence::Likely => "report.means_likely",
            Confidence::Possible => "report.means_possible",
            Confidence::Unknown => "report.means_unknown",
        },
        language,
    )
}
