//! `q`: the end.

use crate::command::{CommandSpec, Effect, Group, Needs};

/// `q`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["q", "qq", "qd"],
    group: Group::Language,
    summary: "Ends the session",
    help: "Ends the session. In a script, the commands after it are not run.",
    needs: Needs::Nothing,
    effect: Effect::Quits,
    ..CommandSpec::runs(|args, _| args.none())
};
