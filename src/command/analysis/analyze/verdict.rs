//! The verdict: what happened, who is to blame if anyone, why, and what to do.

use super::words;
use crate::analysis::{Crash, CrashContext, Fact, Verdict, crash_context, gather, of_history, verdict};
use crate::command::analysis::history;
use crate::command::{CommandError, Context};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::session::Session;
use crate::words::{Language, text};

/// What precedes a piece of evidence.
const LEAD: &str = "  - ";

/// What is known of the crash, and what follows from it.
pub struct Judged {
    /// Where the registers of the fault were saved, where the crash tells.
    pub saved: Option<CrashContext>,
    /// The facts.
    pub facts: Vec<Fact>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Judges the dump.
///
/// # Errors
/// An image was opened; the command was stopped.
pub fn judge(session: &Session) -> Result<Judged, CommandError> {
    look_at(session, |crash, facts, verdict| Judged { saved: crash.context, facts, verdict })
}

/// Judges a session's dump, and lets `look` see what it was judged by.
///
/// # Errors
/// As [`judge`].
pub fn look_at<T>(
    session: &Session,
    look: impl FnOnce(Crash<'_>, Vec<Fact>, Verdict) -> T,
) -> Result<T, CommandError> {
    let scope = session.scope();
    let crash = Crash {
        scope: &scope,
        header: session.target.header()?,
        stack: session.crash_stack(),
        walk: &|registers| session.crash_stack_from(registers),
        context: crash_context(&session.target, || session.crash_stack()),
        tags: &session.pool_tags().owners,
    };
    let mut facts = gather(&crash);
    if let Some(history) = history::of_session(session)? {
        let more = of_history(history, &session.target, crash.header, &facts);
        facts.extend(more);
    }
    scope.check()?;
    let verdict = verdict(&facts);
    Ok(look(crash, facts, verdict))
}

/// Shows the verdict.
///
/// # Errors
/// The command was stopped.
pub fn show(judged: &Judged, context: &mut Context<'_>) -> Result<(), CommandError> {
    let record = record(&judged.verdict, context);
    context.out.emit(record)
}

fn record(verdict: &Verdict, context: &Context<'_>) -> Record {
    let settings = &context.session.settings;
    let language = settings.language;
    let columns = words::columns(settings);
    let heading = |key| Line::new().label(text(key, language));
    let head = Record::new("verdict")
        .line(heading("verdict.heading"))
        .cell("class", word(verdict.class.word(), language));
    // Where nobody is named there is nothing to be sure of.
    let head = match verdict.class.claims() {
        false => head.field("confidence", verdict.confidence.word()),
        true => {
            head.text(language.pick(", ", "，")).cell("confidence", word(verdict.confidence.word(), language))
        }
    };
    let head = match &verdict.culprit {
        Some(name) => {
            let culprit =
                Cell::new(name.as_str()).role(Role::Module).link(Action::Module(name.as_str().into()));
            head.label(language.pick(": ", "：")).cell("culprit", culprit)
        }
        None => head.field("culprit", Field::Null),
    };
    let head = head.field("rule", verdict.rule);
    let head = match verdict.says(language) {
        Some(says) => head.line(Line::of("  ")).prose("says", says, 2, columns),
        None => head.line(Line::of("  ")).prose("says", text("verdict.nothing", language), 2, columns),
    };
    let listed = |record: Record, key: &'static str, name: &'static str, facts: &[Fact]| {
        let record = if facts.is_empty() { record } else { record.line(heading(key)) };
        record.things(name, facts.iter().map(|fact| evidence(fact, language, columns)))
    };
    let record = listed(head, "verdict.evidence", "evidence", &verdict.evidence);
    let record = listed(record, "verdict.against", "against", &verdict.against);
    let suspects = verdict
        .suspects
        .iter()
        .map(|name| Cell::new(name.as_str()).role(Role::Module).link(Action::Module(name.as_str().into())));
    let record = if verdict.suspects.is_empty() { record } else { record.line(heading("verdict.suspects")) };
    let record = record.list("suspects", ", ", suspects);
    let next = verdict.next(language);
    let record = if next.is_empty() { record } else { record.line(heading("verdict.next")) };
    record.paragraphs("next", LEAD, columns, next)
}

/// A word of the rules: as it is in JSON, in the language where it is shown.
fn word(word: &'static str, language: Language) -> Cell {
    Cell::new(word).shown(worded(word, language)).role(Role::Value)
}

/// A word of the rules in a language.
pub fn worded(word: &str, language: Language) -> &'static str {
    match word {
        "third-party-driver" => text("verdict.class.third_party", language),
        "inbox-bug" => text("verdict.class.inbox", language),
        "memory-corruption-unknown" => text("verdict.class.corruption", language),
        "hardware" => text("verdict.class.hardware", language),
        "hang" => text("verdict.class.hang", language),
        "requested" => text("verdict.class.requested", language),
        "certain" => text("verdict.confidence.certain", language),
        "likely" => text("verdict.confidence.likely", language),
        "possible" => text("verdict.confidence.possible", language),
        _ => text("verdict.class.unknown", language),
    }
}

/// One thing that speaks for the verdict or against it, with the command that shows it.
fn evidence(fact: &Fact, language: Language, columns: usize) -> Record {
    let words = Cell::new(fact.in_language(language).unwrap_or_default());
    let words = match &fact.link {
        Some(link) => words.link(link.clone()),
        None => words,
    };
    let command = fact.link.as_ref().and_then(|link| link.command().ok()).map(String::from);
    let record = Record::new("evidence").text(LEAD).prose("text", words, LEAD.len(), columns);
    // What the link does, for who has no links; the address stands among the words.
    record.field("command", command).field("address", fact.address().map(Field::Address))
}
