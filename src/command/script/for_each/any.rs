//! `!foreach` of MEX: commands that run for each process, thread, module or frame that a filter takes.

use super::{commands, frame, module, process, thread};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::{ThreadState, WaitReason};
use crate::symbols::wildcard::Wildcard;

/// `!foreach`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!foreach"],
    group: Group::Language,
    arguments: &[
        Argument::new(
            "process|thread|module|frame",
            Expects::Word(&["process", "thread", "module", "frame"]),
        ),
        Argument::new("FILTER", Expects::Text),
        Argument::new("[\"COMMANDS\"]", Expects::Command),
    ],
    summary: "Runs commands for each process, thread, module or frame that a filter takes",
    help: "* takes all. Processes: the image's name (* and ?) or the id. Threads: states, wait reasons and processes, joined by \
           commas, of which a thread has to be all. Modules: the name or the file. Frames: the function, the module, or both. \
           In the commands the names of !for_each_process, !for_each_thread, !for_each_module and !for_each_frame stand for \
           what it is at.\n\
           Example: !foreach thread waiting,WrQueue,System \"!mex.t @#Thread\"",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let syntax = || CommandError::Syntax(args.text.to_owned());
    let (kind, rest) = args.text.split_once(char::is_whitespace).ok_or_else(syntax)?;
    let rest = rest.trim_start();
    let (filter, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let rest = rest.trim_start();
    let pattern = (filter != "*").then(|| Wildcard::new(filter));
    match kind.to_ascii_lowercase().as_str() {
        "module" => module::walk(pattern.as_ref(), &commands(rest, module::DEFAULT), context),
        "frame" => frame::walk(pattern.as_ref(), &commands(rest, ""), context),
        "process" => {
            let which = pattern.map(|pattern| which(filter, pattern, context));
            process::walk(which.as_ref(), &commands(rest, "!process @#Process 0"), context)
        }
        "thread" => {
            let words = filter.split(',').filter(|word| !matches!(*word, "" | "*"));
            let wanted: Vec<thread::Wanted> = words.map(|word| wanted(word, context)).collect();
            thread::walk(&wanted, &commands(rest, "!thread @#Thread 2"), context)
        }
        _ => Err(CommandError::Argument(format!(
            "no '{kind}' to walk; there are process, thread, module and frame"
        ))),
    }
}

/// A number is an id, anything else a name.
fn which(word: &str, pattern: Wildcard, context: &Context<'_>) -> process::Which {
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0n")).unwrap_or(word);
    match context.evaluate(word) {
        Ok(id) if digits.chars().all(|c| c.is_ascii_hexdigit()) => process::Which::Id(id),
        _ => process::Which::Called(pattern),
    }
}

fn wanted(word: &str, context: &Context<'_>) -> thread::Wanted {
    match ThreadState::is_named(word) || WaitReason::is_named(word) {
        true => thread::Wanted::Is(word.to_owned()),
        false => thread::Wanted::Of(which(word, Wildcard::new(word), context)),
    }
}
