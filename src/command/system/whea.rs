//! `!whea`: the hardware errors that a dump holds records of.

use crate::command::show::error_record::{error_name, error_record, status};
use crate::command::show::machine_parts::Parts;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::kernel::HardwareError;
use crate::output::Record;

/// `!whea`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!whea"],
    group: Group::Dump,
    summary: "Shows the records of hardware errors that the dump holds",
    help: "The record of bug check 0x124, and every other in the ranges of a triage dump and in tagged data; the pages of \
           whole dumps are not searched (!errrec shows a record at an address). Where the dump does not hold the record of \
           a machine check, the bank's status is told by the bug check's own parameters.\n\
           \n\
           kd> !whea",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let parts = Parts::of(&scope);
    let out = &mut context.out;
    let mut shown = 0;
    let of_bug_check = HardwareError::of_bug_check(&scope);
    let lost = of_bug_check.as_ref().is_some_and(Result::is_err);
    let mut known = None;
    match of_bug_check {
        Some(Ok(error)) => {
            error_record(out, &error, &parts)?;
            known = Some(error.source);
            shown += 1;
        }
        Some(Err(why)) => out.warn(Some(format!("the record of the bug check is not known: {why}")))?,
        None => {}
    }
    for error in HardwareError::saved(&scope)?.iter().filter(|error| Some(error.source) != known) {
        error_record(out, error, &parts)?;
        shown += 1;
    }
    if let Some((bank, vendor)) = HardwareError::stated_status(&scope).filter(|_| lost) {
        let record = Record::new("mca_status");
        let record = record.labelled("Error         : ", "error", error_name(bank, vendor));
        return out.emit(status(record, bank, vendor));
    }
    match shown {
        0 => Err(CommandError::Missing(missing(scope.memory().blocks().is_some(), lost))),
        _ => Ok(()),
    }
}

fn missing(triage: bool, lost: bool) -> String {
    let searched = if triage { "the dump's ranges and its tagged data" } else { "the dump's tagged data" };
    let check = if lost { "that of the bug check is not in the dump" } else { "the bug check names none" };
    format!("no record of a hardware error in {searched}, and {check}")
}
