//! `*`: a remark up to the end of the line.

use crate::command::{Argument, CommandSpec, Expects, Glue, Group, Needs, Rest};

/// `*`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["*"],
    glue: Glue::Anything,
    rest: Rest::Line,
    group: Group::Language,
    arguments: &[Argument::new("TEXT", Expects::Text)],
    summary: "A remark up to the end of the line",
    help: "Does nothing.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|_, _| Ok(()))
};
