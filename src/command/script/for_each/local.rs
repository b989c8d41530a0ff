//! `!for_each_local`: commands that run for each variable of the frame.

use super::{commands, each};
use crate::command::{Argument, CommandSpec, Expects, Group, Needs};

/// `!for_each_local`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!for_each_local"],
    group: Group::Language,
    arguments: &[Argument::new("[\"COMMANDS\"]", Expects::Command)],
    summary: "Runs commands for each variable of the selected frame",
    help: "@#Local stands for the variable's name, between blanks or as ${@#Local}. Several commands stand in quotation marks. \
           Without commands the names are listed.\n\
           Example: !for_each_frame !for_each_local dt @#Local",
    needs: Needs::Dump,
    ..CommandSpec::runs(|args, context| {
        let names: Vec<String> = context.session.locals()?.into_iter().map(|local| local.name).collect();
        let commands = commands(args.text, ".echo @#Local");
        each(names, &commands, context, |name, _| Ok(vec![("@#Local", name)]))
    })
};
