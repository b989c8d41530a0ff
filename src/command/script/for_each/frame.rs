//! `!for_each_frame`: commands that run in each frame of the stack.

use super::{commands, each};
use crate::command::stack::frame;
use crate::command::{Args, Argument, Call, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::session::DEFAULT_FRAMES;
use crate::symbols::wildcard::Wildcard;

/// `!for_each_frame`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!for_each_frame"],
    group: Group::Language,
    arguments: &[Argument::new("[\"COMMANDS\"]", Expects::Command)],
    summary: "Runs commands in each frame of the stack",
    help: "Each frame is shown and selected, as .frame does, before the commands run; afterwards the frame from before is \
           selected again. @#FrameNum is its number. Several commands stand in quotation marks. Without commands the \
           frames are shown.\n\
           Example: !for_each_frame \"dv /t\"",
    needs: Needs::Dump,
    ..CommandSpec::runs(|args, context| walk(None, &commands(args.text, ""), context))
};

/// Runs commands in each frame whose code is called like that.
pub(super) fn walk(
    filter: Option<&Wildcard>,
    commands: &str,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let frames = context.session.stack(DEFAULT_FRAMES)?.frames;
    let wanted: Vec<u32> = frames
        .iter()
        .filter(|frame| filter.is_none_or(|filter| is_called(frame.ip, filter, context)))
        .map(|frame| frame.number)
        .collect();
    let (system, before) = (context.session.systems.number(), context.session.focus.clone());
    let outcome = each(wanted, commands, context, |number, context| {
        let text = format!("0x{number:x}");
        let args = Args::read(frame::SPEC.switches, false, &Call::new(".frame", &text), &*context.session)?;
        (frame::SPEC.run)(&args, context)?;
        Ok(vec![("@#FrameNum", text)])
    });
    // The commands may have gone to another dump.
    if context.session.switch_system(system).is_ok() {
        context.session.focus = before;
        context.session.look_again();
    }
    outcome
}

/// Whether an address has a name like that: the module's and the function's, or either.
fn is_called(address: u64, pattern: &Wildcard, context: &Context<'_>) -> bool {
    let Some(named) = context.named(address) else {
        return false;
    };
    let function = named.symbol.as_deref().unwrap_or_default();
    [named.name().as_str(), named.module.as_str(), function].iter().any(|name| pattern.is_match(name))
}
