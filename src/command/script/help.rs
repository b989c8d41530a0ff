//! `.help`: the commands.

use crate::command::{
    Args, Argument, COMMANDS, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs, near,
};
use crate::output::{Action, Cell, Line, Record, Role};
use crate::words::{Language, text};

/// `.help`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".help", ".hh"],
    group: Group::Language,
    arguments: &[Argument::new("[COMMAND]", Expects::Command)],
    summary: "Lists the commands, or explains one",
    help: "Without a name it lists every command with one line each; with a name it shows that command's options. \
           Commands with ! are asked as extensions are, too: !di -? (or -h, -help, /?).",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return list(context);
    }
    let found =
        COMMANDS.iter().find(|spec| spec.names.iter().any(|name| name.eq_ignore_ascii_case(args.text)));
    match found {
        Some(spec) => explain(spec, context),
        None => Err(CommandError::Unknown { name: args.text.to_owned(), near: near(args.text) }),
    }
}

/// Every command, by chapter.
pub fn list(context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut groups: Vec<Group> = COMMANDS.iter().map(|spec| spec.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let language = context.session.settings.language;
    for group in groups {
        context.out.emit(Line::new().role(Role::Heading, text(group.title(), language)))?;
        for spec in COMMANDS.iter().filter(|spec| spec.group == group) {
            context.out.emit(entry(spec, language))?;
        }
    }
    Ok(())
}

fn entry(spec: &CommandSpec, language: Language) -> Record {
    const COLUMN: usize = 30;
    let name = spec.names.first().copied().unwrap_or_default();
    let record = Record::new("command")
        .field("names", spec.names.to_vec())
        .text("  ")
        .show(Cell::new(name).role(Role::Symbol).link(Action::Help(name)))
        .text(" ")
        .cell("usage", Cell::new(spec.usage()).role(Role::Label));
    let is_long = record.lines.last().is_some_and(|line| line.columns() >= COLUMN);
    let record = if is_long { record.line(Line::new()) } else { record };
    record.pad_to(COLUMN).cell("summary", spec.summary_in(language))
}

fn explain(spec: &CommandSpec, context: &mut Context<'_>) -> Result<(), CommandError> {
    let language = context.session.settings.language;
    let names = spec.names.join(", ");
    context.out.emit(Line::new().role(Role::Symbol, names).text(" ").label(spec.usage()))?;
    context.out.emit(Line::of(format!("{}{}", spec.summary_in(language), language.pick(".", "。"))))?;
    for line in spec.switches.help() {
        context.out.emit(Line::of(line))?;
    }
    for line in spec.help_lines() {
        context.out.emit(Line::of(line))?;
    }
    if spec.effect == Effect::Selects {
        context.out.emit(Line::of("It changes what later commands show."))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashSet};

    #[test]
    fn every_command_has_a_name_of_its_own_and_help() {
        let mut seen = HashSet::new();
        for spec in COMMANDS {
            assert!(!spec.names.is_empty());
            for name in spec.names {
                assert!(seen.insert(*name), "{name} stands twice");
            }
            assert!(!spec.summary.is_empty() && !spec.help.is_empty(), "{:?}", spec.names);
            assert!(!spec.summary.ends_with('.'), "{:?}: a summary has no full stop", spec.names);
        }
    }
    /// A command that nobody worded in Chinese is half a command for half of the users; a line for a command that there is
    /// not is dead weight.
    #[test]
    fn every_command_is_told_in_chinese_and_no_other() {
        let commands: BTreeSet<&str> = COMMANDS.iter().map(|spec| spec.names[0]).collect();
        let file: toml::Table = include_str!("../../../assets/locales/zh-CN.toml").parse().unwrap();
        let worded: BTreeSet<&str> =
            file["command"]["summary"].as_table().unwrap().keys().map(String::as_str).collect();
        assert_eq!(commands.difference(&worded).collect::<Vec<_>>(), [] as [&&str; 0], "not in zh-CN.toml");
        assert_eq!(worded.difference(&commands).collect::<Vec<_>>(), [] as [&&str; 0], "no such command");
        for spec in COMMANDS {
            let words = spec.summary_in(Language::Chinese);
            assert!(words.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{words}");
            assert!(!words.ends_with(['。', '.', ' ']), "{words}: a summary has no full stop");
            assert_eq!(spec.summary_in(Language::English), spec.summary);
        }
    }
}
