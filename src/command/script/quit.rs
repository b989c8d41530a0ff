//! `q`: the end.

use crate::command::{CommandSpec, Glue, Group, Needs, Rest};

/// `q`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["q", "qq", "qd"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Language,
    usage: "",
    summary: "Ends the session",
    help: "Ends the session. In a script, the commands after it are not run.",
    needs: Needs::Nothing,
    run: |args, _| args.none(),
};
