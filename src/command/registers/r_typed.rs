//! `r?`: a pseudo-register that keeps the type of what it is set to.

use super::r::{bad, name};
use crate::command::line::nothing_more;
use crate::command::script::evaluate_cxx;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs};
use crate::eval::cxx::{self, CType, Typed};
use crate::eval::{EvalError, Fault};

/// `r?`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["r?"],
    glue: Glue::Anything,
    group: Group::Registers,
    arguments: &[Argument::new("$tN[=EXPRESSION]", Expects::Register)],
    summary: "Sets a pseudo-register to the value of a C++ expression, whose type it keeps",
    help: "The expression is one of ??, and in those that follow the register has its type: members of what it points to \
           can be named. r sets it without a type. Without = the value is shown.\n\
           Example: r? $t0 = @$proc; ?? @$t0->UniqueProcessId\n\
           void * 0x00000000`00000004",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (register, after) = name(args.text);
    let index = register.strip_prefix(['$']).and_then(|name| name.strip_prefix(['t', 'T']));
    let index = index.and_then(|digits| digits.parse::<usize>().ok());
    let index = index.filter(|index| *index < context.session.user_registers.len());
    let index = index.ok_or_else(|| bad(register, args))?;
    let Some(expression) = after.trim_start().strip_prefix('=') else {
        nothing_more(after)?;
        return evaluate_cxx::show(&format!("@{register}"), context);
    };
    let (value, rest) = cxx::evaluate_prefix(expression.trim_start(), &*context.session)?;
    let failed = |fault| EvalError::new(fault, rest);
    // An array is the address of its first element.
    let value = match (&value.ty, value.address()) {
        (CType::Array(element, _), Some(address)) => Typed::number((**element).clone().pointer(), address),
        _ => value,
    };
    if value.ty.integer().is_none() {
        let why = format!("a register does not hold a {}; take its address (&)", value.ty.name());
        return Err(failed(Fault::Type(why)).into());
    }
    let number = value.load(&*context.session).map_err(failed)?;
    let session = &mut *context.session;
    if let (Some(slot), Some(ty)) = (session.user_registers.get_mut(index), session.user_types.get_mut(index))
    {
        (*slot, *ty) = (number, Some(value.ty.spelled().into()));
    }
    nothing_more(rest)
}
