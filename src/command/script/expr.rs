//! `.expr`: which evaluator reads expressions.

use crate::command::line::nothing_more;
use crate::command::{
    Args, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::output::Record;
use crate::session::Evaluator;

/// `.expr`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".expr"],
    group: Group::Language,
    switches: Switches::letters(&[
        Switch::with("/s", Takes::Name, "masm|c++", "chooses").expecting(Expects::Word(&["masm", "c++"]))
    ]),
    summary: "Shows or chooses the evaluator of expressions",
    help: "MASM's (numbers hexadecimal, poi()) is the one at the beginning; ?? always takes C++'s. @@c++() and @@masm() choose \
           for a part.\n\
           Example: .expr /s c++\n\
           Current expression evaluator: C++ - C++ source expressions",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    context.session.settings.evaluator = match args.text_of("/s") {
        None => context.session.settings.evaluator,
        Some(name) if name.eq_ignore_ascii_case("masm") => Evaluator::Masm,
        Some(name) if name.eq_ignore_ascii_case("c++") => Evaluator::Cxx,
        Some(name) => {
            return Err(CommandError::Argument(format!("no evaluator '{name}'; there are masm and c++")));
        }
    };
    let (name, what) = match context.session.settings.evaluator {
        Evaluator::Masm => ("MASM", "MASM - Microsoft Assembler expressions"),
        Evaluator::Cxx => ("C++", "C++ - C++ source expressions"),
    };
    let record = Record::new("evaluator").field("evaluator", name);
    context.out.emit(record.line(format!("Current expression evaluator: {what}")))?;
    nothing_more(args.text)
}
