//! `.echo`: prints a text.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Rest};
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

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.starts_with('"') && !args.text.get(1..).is_some_and(|text| text.contains('"')) {
        let last = args.text.char_indices().next_back().map_or(0, |(at, _)| at);
        let at = args.typed.start + last;
        return Err(CommandError::Caret { what: "Trailing quote missing", at });
    }
    if let Some(start) = args.text.strip_suffix('"').filter(|start| start.starts_with('"')) {
        // The debugger ends the line there.
        context.cuts(start);
    }
    let quoted = args.text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    context.out.emit(Line::new().span(Span::typed(quoted.unwrap_or(args.text))))
}
