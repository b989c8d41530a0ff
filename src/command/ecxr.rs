//! `.ecxr`: the registers of the fault behind the bug check.

use super::stack::trap;
use super::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest, cxr};
use crate::analysis::plain_code;

/// `.ecxr`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".ecxr"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Registers,
    usage: "",
    summary: "Makes the registers of the fault behind the bug check current",
    help: "Some bug checks name the CONTEXT or the trap frame of the fault among their arguments: 0x7E and 0x3B a CONTEXT, \
           0x139, 0x7F (double fault), 0xBE, 0xFC and others a trap frame. This command uses it, as .cxr or .trap would. \
           For other bug checks look for a trap frame in kv.",
    needs: Needs::Dump,
    run,
};

enum Kind {
    Context,
    TrapFrame,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let header = context.session.target.header()?;
    let code = plain_code(header.bug_check_code);
    let [first, second, third, fourth] = header.bug_check_parameters;
    // Which argument holds what: the pages of these bug checks in the public driver documentation.
    let (kind, address) = match code {
        0x3b => (Kind::Context, third),
        0x7e => (Kind::Context, fourth),
        0x7f if first == 8 => (Kind::TrapFrame, second),
        0x139 => (Kind::TrapFrame, second),
        0xbe | 0xfc => (Kind::TrapFrame, third),
        _ => return Err(none(code)),
    };
    if address < 0xffff_8000_0000_0000 {
        return Err(none(code));
    }
    let text = format!("{address:#x}");
    match kind {
        Kind::Context => (cxr::SPEC.run)(&Args { name: ".cxr", glued: "", text: &text }, context),
        Kind::TrapFrame => (trap::SPEC.run)(&Args { name: ".trap", glued: "", text: &text }, context),
    }
}

fn none(code: u32) -> CommandError {
    CommandError::Missing(format!(
        "bug check {code:#x} names no context or trap frame here; kv shows the trap frames on the stack"
    ))
}
