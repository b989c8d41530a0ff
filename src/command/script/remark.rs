//! `$$`: a remark.

use crate::command::{Argument, CommandSpec, Expects, Glue, Group, Needs, Rest};

/// `$$`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["$$", "$"],
    glue: Glue::Anything,
    rest: Rest::Remark,
    group: Group::Language,
    arguments: &[Argument::new("TEXT", Expects::Text)],
    summary: "A remark up to the next ;",
    help: "Does nothing.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|_, _| Ok(()))
};
