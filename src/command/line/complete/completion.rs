//! What may stand at the end of a text.

use super::choices::Choices;
use super::names::Names;
use crate::command::line::host::PSEUDO_REGISTERS;
use crate::command::line::parse::first_command;
use crate::command::line::spec::CommandSpec;
use crate::command::line::switch::{Argument, Expects, Form, Place, Switch, Takes};
use crate::command::table::COMMANDS;
use std::fs;
use std::path::Path;

/// Entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// What may stand at the end of a text, and how it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Where the word that is completed begins, in bytes.
    at: usize,
    /// What of it was typed.
    typed: String,
    /// What may stand there, best first: what comes later is offered where nothing before it fits.
    kinds: Vec<Kind>,
}

/// One thing that may stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// One of these.
    Words(Vec<&'static str>),
    Module,
    Type,
    Symbol,
    /// A register, with an `@` where one was typed.
    Register,
    /// A member of this type.
    Field(String),
    Path,
}

impl Completion {
    /// What may stand at the end of `text`, which is a line up to the cursor.
    pub fn of(text: &str) -> Completion {
        let command = last_command(text);
        let start = text.len() - command.len();
        if !command.contains(char::is_whitespace) {
            let names: Vec<&str> = COMMANDS.iter().flat_map(|spec| spec.names).copied().collect();
            let begun =
                |name: &&str| name.get(..command.len()).is_some_and(|n| n.eq_ignore_ascii_case(command));
            if names.iter().any(begun) {
                return Completion { at: start, typed: command.to_owned(), kinds: vec![Kind::Words(names)] };
            }
        }
        let nothing = Completion { at: text.len(), typed: String::new(), kinds: Vec::new() };
        let Ok(Some((parsed, _))) = first_command(command) else { return nothing };
        let arguments = command.trim_end().len() - parsed.args.text.len();
        if arguments >= command.len() {
            return nothing;
        }
        let arguments = command.get(arguments..).unwrap_or_default();
        Completion::in_arguments(text, arguments, parsed.spec)
    }

    fn in_arguments(text: &str, arguments: &str, spec: &'static CommandSpec) -> Completion {
        let word = last_word(arguments, |c| !c.is_whitespace());
        let before: Vec<&str> =
            arguments.get(..arguments.len() - word.len()).unwrap_or_default().split_whitespace().collect();
        let (position, awaiting, first) = reached(spec, &before);
        let is_path = |expects: &Expects| *expects == Expects::Path;
        let expected = match awaiting {
            Some(switch) => vec![switch.expects],
            None => expected(spec.arguments, position),
        };
        let signed = |switch: &&Switch| !switch.sign().is_empty() && word.starts_with(['-', '/']);
        let switches: Vec<&str> =
            spec.switches.list.iter().filter(signed).map(|switch| switch.spelling).collect();
        if awaiting.is_none() && !switches.is_empty() {
            return Completion::new(text, word, vec![Kind::Words(switches)]);
        }
        if expected.iter().any(is_path) {
            let path = arguments.trim_start().trim_start_matches('+').trim_start();
            let path = path.rsplit([';', '*']).next().unwrap_or_default();
            return Completion::new(text, path, vec![Kind::Path]);
        }
        let mut expects: Vec<Kind> = Vec::new();
        for kind in expected.into_iter().flat_map(|kind| kinds(kind, word, first)) {
            // Arguments that may be left out expect the same things in the same place.
            if !expects.contains(&kind) {
                expects.push(kind);
            }
        }
        let whole = expects.iter().any(|kind| matches!(kind, Kind::Words(_) | Kind::Module));
        let word = if whole { word } else { last_word(word, of_name) };
        Completion::new(text, word, expects)
    }

    fn new(text: &str, word: &str, kinds: Vec<Kind>) -> Completion {
        Completion { at: text.len() - word.len(), typed: word.to_owned(), kinds }
    }

    /// Whether the answer takes no time worth speaking of, so that it may be given where keys are taken.
    pub fn is_quick(&self) -> bool {
        self.kinds.iter().all(|kind| matches!(kind, Kind::Words(_) | Kind::Module | Kind::Register))
    }

    /// What may stand there by what is known.
    pub fn answer(&self, names: &Names) -> Choices {
        let all = |kind: &Kind| Choices::of(self.at, &self.typed, self.found(kind, names));
        let mut choices = self.kinds.iter().map(all).find(|choices| !choices.list.is_empty());
        if choices.is_none() && self.kinds.iter().any(|kind| matches!(kind, Kind::Type | Kind::Symbol)) {
            let unloaded = self.module().filter(|module| names.is_unloaded(module)).map(str::to_owned);
            choices = Some(Choices { at: self.at, unloaded, ..Choices::default() });
        }
        choices.unwrap_or_else(|| Choices { at: self.at, ..Choices::default() })
    }

    /// The module that was typed before the name.
    fn module(&self) -> Option<&str> {
        Some(self.typed.split_once('!')?.0)
    }

    fn found(&self, kind: &Kind, names: &Names) -> Vec<String> {
        match kind {
            Kind::Words(words) => words.iter().map(|&word| word.to_owned()).collect(),
            Kind::Module => names.modules().map(str::to_owned).collect(),
            Kind::Register => self.registers(names),
            Kind::Symbol => self.named(names, |module, start| names.symbols(module, start)),
            Kind::Type => match self.typed.rsplit_once('.') {
                Some((path, _)) => {
                    names.fields(path).into_iter().map(|field| format!("{path}.{field}")).collect()
                }
                None => self.named(names, |module, start| names.types(module, start)),
            },
            Kind::Field(ty) => match self.typed.rsplit_once('.') {
                Some((path, _)) => {
                    let fields = names.fields(&format!("{ty}.{path}"));
                    fields.into_iter().map(|field| format!("{path}.{field}")).collect()
                }
                None => names.fields(ty),
            },
            Kind::Path => paths(&self.typed),
        }
    }

    /// Names with the module that was typed; without one the modules' names, and what is known without them.
    fn named(&self, names: &Names, of: impl Fn(Option<&str>, &str) -> Vec<String>) -> Vec<String> {
        match self.typed.split_once('!') {
            Some((module, start)) => {
                of(Some(module), start).into_iter().map(|name| format!("{module}!{name}")).collect()
            }
            None => {
                let modules = names.modules().map(|module| format!("{module}!"));
                let bare = if self.typed.is_empty() { Vec::new() } else { of(None, &self.typed) };
                modules.chain(bare).collect()
            }
        }
    }

    fn registers(&self, names: &Names) -> Vec<String> {
        let sign = if self.typed.starts_with('@') { "@" } else { "" };
        let pseudo = PSEUDO_REGISTERS.iter().map(|name| format!("{sign}${name}"));
        let own = names.registers().into_iter().map(|name| format!("{sign}{name}"));
        own.chain(pseudo).collect()
    }
}

/// The command that the end of the text belongs to.
fn last_command(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
        let after = match first_command(rest) {
            Ok(found) => found.map_or("", |(_, after)| after),
            Err(_) => rest.find(';').and_then(|at| rest.get(at..)).unwrap_or_default(),
        };
        if after.is_empty() || after.len() >= rest.len() {
            return rest;
        }
        rest = after;
    }
}

/// The characters of that kind at the end of a text.
fn last_word(text: &str, of_word: impl Fn(char) -> bool) -> &str {
    let start = text.char_indices().rev().take_while(|(_, c)| of_word(*c)).last();
    start.and_then(|(at, _)| text.get(at..)).unwrap_or_default()
}

/// What names, and registers with their signs, are made of.
fn of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '@' | '!' | ':' | '.')
}

/// How many arguments stand before the word, the switch that waits for it, and the first argument.
fn reached<'t>(spec: &CommandSpec, before: &[&'t str]) -> (usize, Option<&'static Switch>, Option<&'t str>) {
    let (mut position, mut awaiting, mut first) = (0, None, None);
    for &word in before {
        if awaiting.take().is_some() {
            continue;
        }
        match switch_at_end(spec, word) {
            Some(switch) => awaiting = takes_word(switch).then_some(switch),
            // `-r2`, `-s38`
            None if begins_switch(spec, word) => {}
            None => {
                first = first.or(Some(word));
                position += 1;
            }
        }
    }
    (position, awaiting, first)
}

fn takes_word(switch: &Switch) -> bool {
    !matches!(switch.takes, Takes::Nothing | Takes::Digits | Takes::Rest)
}

/// Whether a word is a sign of the command's switches and a letter.
fn begins_switch(spec: &CommandSpec, word: &str) -> bool {
    let letter = |after: &str| after.starts_with(char::is_alphabetic);
    let signs = spec.switches.list.iter().map(|switch| switch.sign()).filter(|sign| !sign.is_empty());
    signs.into_iter().any(|sign| word.strip_prefix(sign).is_some_and(letter))
}

/// The last switch of a word that is made of switches.
fn switch_at_end(spec: &CommandSpec, word: &str) -> Option<&'static Switch> {
    let ends = |switch: &&Switch| {
        let sign = switch.sign();
        let name = switch.spelling.get(sign.len()..).unwrap_or_default();
        let letters =
            word.strip_prefix(sign).filter(|_| !sign.is_empty() || spec.switches.place == Place::Anywhere);
        letters.is_some_and(|letters| match spec.switches.form {
            Form::Words => letters.eq_ignore_ascii_case(name),
            Form::Letters => letters.ends_with(name),
        })
    };
    spec.switches.list.iter().filter(ends).max_by_key(|switch| switch.spelling.len())
}

/// What may stand as an argument after so many others: those that may be left out or repeated count too.
fn expected(arguments: &[Argument], position: usize) -> Vec<Expects> {
    let repeats = |argument: &Argument| argument.shown.contains("...");
    let last = arguments.len().saturating_sub(1);
    let repeated = arguments.iter().take(position).rposition(repeats);
    let from = repeated.unwrap_or(position.min(last));
    let mut kinds = Vec::new();
    for argument in arguments.iter().skip(from) {
        kinds.push(argument.kind);
        if !is_optional(argument.shown) {
            break;
        }
    }
    kinds
}

/// Whether all of what usage shows stands in one pair of brackets.
fn is_optional(shown: &str) -> bool {
    let mut depth = 0i32;
    shown.starts_with('[')
        && shown.char_indices().all(|(at, c)| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            depth > 0 || at + 1 == shown.len()
        })
}

fn kinds(expects: Expects, word: &str, first: Option<&str>) -> Vec<Kind> {
    match expects {
        // Registers of expressions have a sign.
        Expects::Expression | Expects::Range => match last_word(word, of_name).starts_with(['@', '$']) {
            true => vec![Kind::Register],
            false => vec![Kind::Symbol],
        },
        Expects::Register if word.contains('=') => kinds(Expects::Expression, word, first),
        Expects::Register => vec![Kind::Register],
        Expects::Module => vec![Kind::Module],
        // A variable is laid out by its type.
        Expects::Type => vec![Kind::Type, Kind::Symbol],
        Expects::Field => first.map(|ty| Kind::Field(ty.to_owned())).into_iter().collect(),
        Expects::Symbol => vec![Kind::Symbol],
        Expects::Command => vec![Kind::Words(COMMANDS.iter().flat_map(|spec| spec.names).copied().collect())],
        Expects::Word(words) => vec![Kind::Words(words.to_vec())],
        Expects::Path => vec![Kind::Path],
        Expects::Variable | Expects::Text => Vec::new(),
    }
}

/// Files and folders whose path begins so; folders end in a separator.
fn paths(typed: &str) -> Vec<String> {
    let end = typed.rfind(std::path::is_separator).map_or(0, |at| at + 1);
    let (folder, start) = typed.split_at_checked(end).unwrap_or(("", typed));
    let Ok(entries) = fs::read_dir(if folder.is_empty() { Path::new(".") } else { Path::new(folder) }) else {
        return Vec::new();
    };
    let names = entries.take(MAX_ENTRIES).filter_map(|entry| {
        let entry = entry.ok()?;
        let name = entry.file_name().into_string().ok()?;
        // What is hidden is offered to those who ask for it.
        if !name.starts_with(start) || (name.starts_with('.') && start.is_empty()) {
            return None;
        }
        let slash = if entry.path().is_dir() { std::path::MAIN_SEPARATOR_STR } else { "" };
        Some(format!("{folder}{name}{slash}"))
    });
    names.collect()
}

#[cfg(test)]
#[path = "completion_tests.rs"]
mod tests;
