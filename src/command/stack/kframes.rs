//! `.kframes`: how many frames `k` shows.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::Line;
use crate::session::DEFAULT_FRAMES;

/// `.kframes`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".kframes"],
    group: Group::Stack,
    arguments: &[Argument::new("[COUNT]", Expects::Expression)],
    summary: "Shows or sets how many frames k shows",
    help: "The count is in the default radix: .kframes 0n40. A count given to k itself wins.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if !args.text.is_empty() {
        let count = context.evaluate(args.text)?;
        let count = u32::try_from(count).ok().filter(|&count| (1..=0x10000).contains(&count));
        context.session.settings.frames =
            Some(count.ok_or_else(|| CommandError::Argument("a count from 1 to 10000 (hex)".to_owned()))?);
    }
    let frames = context.session.settings.frames.map_or(DEFAULT_FRAMES as u64, u64::from);
    context.out.emit(Line::of(format!("Default stack trace depth is 0n{frames} frames")))
}
