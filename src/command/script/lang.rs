//! `.lang`: the language of explanations.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Line, Record};
use crate::words::{Language, text};

/// `.lang`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".lang"],
    group: Group::Language,
    arguments: &[Argument::new("[en | zh-CN]", Expects::Word(&["en", "zh-CN"]))],
    summary: "Shows or chooses the language of explanations",
    help: "Explanations, advice and the explorer's own words are in English or Chinese. Names, labels and whatever is typed \
           or pasted back are the same in both.\n\
           Example: .lang zh-CN",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if !args.text.is_empty() {
        let chosen = Language::parse(args.text).ok_or_else(|| {
            CommandError::Argument(format!("no language '{}'; there are en and zh-CN", args.text))
        })?;
        context.session.settings.language = chosen;
    }
    let language = context.session.settings.language;
    let line = Line::new().text(text("lang.chosen", language));
    context.out.emit(Record::new("language").field("language", language.tag()).line(line))
}
