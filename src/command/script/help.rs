//! `.help`: the commands.

use crate::command::{
    Args, Argument, COMMANDS, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs, near,
};
use crate::output::{Action, Line, Record, Role};
use crate::util::width;
use crate::words::text;

/// `.help`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".help", ".hh"],
    group: Group::Language,
    arguments: &[Argument::new("[COMMAND]", Expects::Command)],
    summary: "Lists the commands, or explains one",
    help: "Without a name it lists every command with one line each; with a name it shows that command's options.",
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
            context.out.emit(entry(spec))?;
        }
    }
    Ok(())
}

fn entry(spec: &CommandSpec) -> Record {
    const COLUMN: usize = 30;
    let name = spec.names.first().copied().unwrap_or_default();
    let line = Line::of("  ").link(Role::Symbol, name, Action::Help(name));
    let line = line.text(" ").label(spec.usage());
    let record = Record::new("command")
        .field("names", spec.names.to_vec())
        .field("usage", spec.usage())
        .field("summary", spec.summary);
    if width::columns(&line.plain()) >= COLUMN {
        return record.line(line).line(Line::new().pad_to(COLUMN).text(spec.summary));
    }
    record.line(line.pad_to(COLUMN).text(spec.summary))
}

fn explain(spec: &CommandSpec, context: &mut Context<'_>) -> Result<(), CommandError> {
    let names = spec.names.join(", ");
    context.out.emit(Line::new().role(Role::Symbol, names).text(" ").label(spec.usage()))?;
    context.out.emit(Line::of(format!("{}.", spec.summary)))?;
    for line in spec.switches.help() {
        context.out.emit(Line::of(line))?;
    }
    for line in spec.help.lines() {
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
    use std::collections::HashSet;

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
}
