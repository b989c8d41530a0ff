//! `ad` and `al`: forget and list aliases.

use super::alias_set::bare;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::output::{Line, Record};

/// `ad`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["ad"],
    group: Group::Language,
    switches: Switches::letters(&[Switch::flag("/q", "says nothing where there is no such alias")]),
    arguments: &[Argument::new("NAME | *", Expects::Text)],
    summary: "Forgets an alias, or all",
    help: "In a block the name is replaced before the command sees it: write ${/v:name} there.\n\
           Example: ad foo",
    needs: Needs::Nothing,
    ..CommandSpec::runs(forget)
};

/// `al`
pub const LIST: CommandSpec = CommandSpec {
    names: &["al"],
    group: Group::Language,
    summary: "Lists the aliases",
    help: "With what each stands for, by name.\n\
           Example: al\n  \
             Alias            Value\n \
            -------          -------\n \
            foo              bar",
    needs: Needs::Nothing,
    ..CommandSpec::runs(list)
};

fn forget(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let last = args.typed.end().saturating_sub(1);
    let aliases = &mut context.session.interpreter.aliases;
    let found = match args.text {
        "" => return Err(CommandError::Caret { what: "Syntax error", at: last }),
        "*" => aliases.clear(),
        name => aliases.remove(bare(name)),
    };
    match found || args.has("/q") {
        true => Ok(()),
        false => Err(CommandError::Caret { what: "No information found error", at: last }),
    }
}

fn list(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let aliases = &context.session.interpreter.aliases;
    let mut all = aliases.all().peekable();
    if all.peek().is_none() {
        return context.out.emit("No aliases");
    }
    context.out.emit("  Alias            Value")?;
    context.out.emit(" -------          -------")?;
    all.try_for_each(|(name, text)| {
        let record = Record::new("alias").field("name", name).field("text", text);
        let shown = format!(" {name:<16} {text} ");
        context.out.emit(shown.lines().fold(record, |record, line| record.line(Line::of(line))))
    })
}
