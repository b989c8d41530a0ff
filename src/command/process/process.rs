//! `.process`: the process whose address space is looked at.

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs, Switch, Switches,
};
use crate::output::{Action, Cell, Field, Record};

/// `.process`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".process"],
    group: Group::Kernel,
    switches: Switches::letters(&[
        Switch::ignored("/p"),
        Switch::ignored("/r"),
        Switch::ignored("/P"),
        Switch::ignored("/i"),
    ]),
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows or chooses the process whose address space is looked at",
    help: "With an EPROCESS address, user memory and user modules are that process's from then on; 0 goes back to \
           the current thread's process, which ~Ns and .thread change. Needs page tables: a triage dump holds one process's memory only. Modules are \
           always listed anew.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if !args.text.is_empty() {
        let asked = context.evaluate(args.text)?;
        if asked == 0 {
            let unseen = context.session.detach();
            context.out.warn(unseen)?;
        } else {
            context.session.attach(asked)?;
        }
    }
    let process = context.session.process();
    let process =
        process.ok_or_else(|| CommandError::Missing("the current process is not known".to_owned()))?;
    let address = Cell::new(Field::Address(process)).follow(Action::Process);
    context.out.emit(Record::new("process").text("Implicit process is now ").cell("address", address))
}
