//! `!what`: everything that a number may be.

use crate::analysis::{Certainty, Meaning, Question, Value, meanings};
use crate::command::analysis::analyze::verdict::judge;
use crate::command::line::nothing_more;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Cell, Field, Line, Record, Role};
use crate::session::Settings;
use crate::util::hex;
use crate::words::{Language, Message, text};

/// `!what`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!what"],
    group: Group::Memory,
    arguments: &[Argument::new("VALUE", Expects::Expression)],
    summary: "Shows what a number may be: module, pool block, object, stack, entry, handle, code, time, text",
    help: "Every reading is told, the surest first, each with the command that shows it. `certain` is what the dump proves: \
           the module, the block of pool with who uses its tag, the object, the stack with its thread and frame, the page \
           table entry, the record of a page, the range of the current process, its PEB and TEBs, and what !analyze says of \
           the number. `likely` passed checks \
           that few numbers pass: structures that say themselves what they are, trap frames, codes of errors, times near \
           the crash, text, what memory is filled with. `possible` is what the number can be read as: a handle of the \
           current process, an id, a pool tag. `guess` is told only where nothing surer is known: what the number would be \
           with one other bit, as failing memory leaves it.\n\n\
           kd> !what nt+1000\n\
           kd> !what 0000002000000068\n\
           kd> !what @rcx",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Columns of how sure a reading is.
const CERTAINTY: usize = 10;
/// What every row has.
const OWN: [&str; 4] = ["certainty", "text", "is", "command"];
/// Columns of a line of prose, as in the analysis.
const COLUMNS: usize = 79;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (value, rest) = context.evaluate_prefix(args.text)?;
    nothing_more(rest)?;
    let session = &*context.session;
    let settings = &session.settings;
    let tags = session.pool_tags();
    let scope = session.scope();
    // Small numbers are named by nothing, and an image has no crash.
    let judged = (value >> 16 != 0 && session.target.dump().is_ok()).then(|| judge(session)).transpose()?;
    let question = Question {
        scope: &scope,
        value,
        process: session.process(),
        tags: &tags.owners,
        zone: &settings.zone,
        evidence: judged.as_ref().map_or(&[], |judged| &judged.facts),
    };
    let found = meanings(&question)?;
    let out = &mut context.out;
    out.warn(tags.warning.clone())?;
    let heading = Record::new("what").cell("value", Cell::new(Field::Hex(value)).shown(hex::tick(value)));
    out.emit(heading)?;
    if found.meanings.is_empty() {
        out.emit(Line::of(format!("  {}", text("what.nothing", settings.language))))?;
    }
    for meaning in &found.meanings {
        out.emit(row(meaning, settings))?;
    }
    // What is known needs no reasons; a reading that is missing may be the one that was looked for.
    match found.missing.is_empty() || found.is_known {
        true => Ok(()),
        false => out.emit(not_all(value, settings.language)),
    }
}

/// That there may be more to know, and what tells why it is not known.
fn not_all(value: u64, language: Language) -> Line {
    let command = format!("!address {}", hex::tick(value));
    let words = Message::new("what.not_all").with("command", command).in_language(language);
    Line::new().role(Role::Dim, words)
}

/// How sure the reading is and what it says, and below the command that shows it.
fn row(meaning: &Meaning, settings: &Settings) -> Record {
    let language = settings.language;
    let fact = &meaning.fact;
    let columns = if settings.whole_paragraphs { usize::MAX } else { COLUMNS };
    let certainty = Cell::new(meaning.certainty.word()).shown(word(meaning.certainty, language));
    let words = Cell::new(fact.in_language(language).unwrap_or_default());
    let words = match &fact.link {
        Some(link) => words.link(link.clone()),
        None => words,
    };
    let record = Record::new("meaning")
        .cell("certainty", certainty.role(Role::Label).left(CERTAINTY))
        .prose("text", words, CERTAINTY, columns)
        .field("is", fact.kind);
    let command = fact.link.as_ref().and_then(|link| link.command().ok().zip(Some(link)));
    let record = match command {
        Some((command, link)) => {
            let command = Cell::new(String::from(command)).role(Role::Dim).link(link.clone());
            record.labelled(" ".repeat(CERTAINTY + 2), "command", command)
        }
        None => record.field("command", Field::Null),
    };
    // What is shown only is a value in another spelling; the row has names of its own.
    let is_value = |name: &str| !name.starts_with("shown_") && !OWN.contains(&name);
    let values = fact.values().filter(|(name, _)| is_value(name));
    values.fold(record, |record, (name, value)| record.field(name, field(value, language)))
}

fn word(certainty: Certainty, language: Language) -> &'static str {
    match certainty {
        Certainty::Certain => text("verdict.confidence.certain", language),
        Certainty::Likely => text("verdict.confidence.likely", language),
        Certainty::Possible => text("verdict.confidence.possible", language),
        Certainty::Guess => text("what.guess", language),
    }
}

fn field(value: &Value, language: Language) -> Field {
    match value {
        Value::Number(number) => Field::Number(*number),
        Value::Hex(bits) | Value::Offset(bits) => Field::Hex(*bits),
        Value::Address(address) => Field::Address(*address),
        Value::Flag(flag) => Field::Bool(*flag),
        words => Field::from(words.in_language(language)),
    }
}
