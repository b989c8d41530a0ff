//! `.echo`, and the comments `*` and `$$`.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};
use crate::output::{Line, Span};

/// `.echo`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".echo"],
    rest: Rest::Text,
    group: Group::Language,
    arguments: &[Argument::new("TEXT", Expects::Text)],
    summary: "Prints its text",
    help: "Prints the text up to the next `;`; quotation marks around it are taken off and protect a `;`.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

/// `$$`
pub const COMMENT: CommandSpec = CommandSpec {
    names: &["$$"],
    glue: Glue::Anything,
    rest: Rest::Remark,
    group: Group::Language,
    arguments: &[Argument::new("TEXT", Expects::Text)],
    summary: "A remark up to the next ;",
    help: "Does nothing.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|_, _| Ok(()))
};

/// `*`
pub const COMMENT_LINE: CommandSpec = CommandSpec {
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

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.starts_with('"') && !args.text.get(1..).is_some_and(|text| text.contains('"')) {
        let last = args.text.char_indices().next_back().map_or(0, |(at, _)| at);
        let at = args.text.get(last..).unwrap_or_default().to_owned();
        return Err(CommandError::Caret { what: "Trailing quote missing", at });
    }
    let quoted = args.text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    context.out.emit(Line::new().span(Span::typed(quoted.unwrap_or(args.text))))
}
