//! Commands that run, stop or change what is debugged: a dump stands still.

use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs};

/// `g` and its likes.
pub const SPEC: CommandSpec = CommandSpec {
    names: &[
        "g", "gc", "gh", "gn", "gu", "p", "pa", "pc", "pct", "ph", "pt", "t", "ta", "tb", "tc", "tct", "th",
        "tt", "wt", "ba", "bc", "bd", "be", "bl", "bm", "bp", "bu", "sx", "sxd", "sxe", "sxi", "sxn",
        ".attach", ".breakin", ".detach", ".kill", ".restart", ".reboot", ".crash",
    ],
    group: Group::Language,
    summary: "Runs, steps or stops what is debugged: refused, what was dumped does not run",
    help: "Commands of live debugging say so and end their line.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, _| {
        Err(CommandError::Argument(format!(
            "{} cannot run, step or stop anything: what was dumped does not run",
            args.name
        )))
    })
};

/// `ed` and its likes.
pub const WRITE: CommandSpec = CommandSpec {
    names: &["ea", "eb", "ed", "eD", "ef", "ep", "eq", "eu", "ew", "eza", "ezu", "fp", "m", "e"],
    group: Group::Language,
    summary: "Changes memory: refused, a dump stays as it is",
    help: "Commands that change memory say so and end their line.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, _| Err(unchanged(args.name)))
};

/// `f`, which takes what touches its letter for an address.
pub const FILL: CommandSpec = CommandSpec {
    names: &["f"],
    glue: Glue::Anything,
    group: Group::Language,
    summary: "Fills memory: refused, a dump stays as it is",
    help: "What begins with f and is no command is this one: the rest is taken for an address.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(fill)
};

/// `b`, of which no letter behind it makes anything that a dump could do.
pub const BREAKPOINT: CommandSpec = CommandSpec {
    names: &["b"],
    glue: Glue::Anything,
    group: Group::Language,
    summary: "Breakpoints: refused, what was dumped does not run",
    help: "What begins with b and is no command is this one.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, _| {
        let what = "Operation not supported by current debuggee error";
        Err(CommandError::Caret { what, at: args.typed.start.min(args.typed.line.len().saturating_sub(1)) })
    })
};

fn fill(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    context.evaluate_prefix(args.text)?;
    Err(unchanged("f"))
}

fn unchanged(name: &str) -> CommandError {
    CommandError::Argument(format!("{name} cannot change memory: a dump is only read"))
}
