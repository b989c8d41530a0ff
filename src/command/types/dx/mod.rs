//! `dx`: a typed expression and what is below it, in the debugger's data-model form.

mod children;
mod grid;
mod node;
mod shown;
mod spelling;
mod text;
mod tree;

use crate::command::show::typed::note_layout;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::eval::EvalHost;
use crate::eval::cxx::{self, CType};
use node::Node;
use shown::Shown;

/// `dx`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dx"],
    group: Group::Symbols,
    switches: Switches::words(&[
        Switch::with("-r", Takes::Digits, "N", "opens structures and pointers N levels deep (1 unless said)"),
        Switch::flag("-n", "plain members also of strings, times and GUIDs"),
        Switch::flag("-nv", "the same"),
        Switch::flag("-g", "an array of structures as a grid: a row an element, a column a member"),
        Switch::flag("-gc", "the same"),
        Switch::with("-c", Takes::Count, "N", "goes on with element N of a long array"),
        Switch::ignored("-v"),
        Switch::with("-id", Takes::Name, "N", ""),
    ]),
    arguments: &[Argument::new("EXPRESSION[,d|,x]", Expects::Expression)],
    summary: "Shows a typed C++ expression and its members",
    help: "EXPRESSION is one of ??; a . may also follow a pointer. ,d and ,x after it choose decimal or hex.\n\
           The debugger's data model (@$cursession, Debugger.Sessions, queries, variables) is not there.\n\
           Example: dx -r1 (*((nt!_LIST_ENTRY *)0xffffa389afab7528))\n\
           (*((nt!_LIST_ENTRY *)0xffffa389afab7528))                 [Type: _LIST_ENTRY]\n    \
           [+0x000] Flink            : 0xffffa389afa4c528 [Type: _LIST_ENTRY *]\n    \
           [+0x008] Blink            : 0xffffa389afb3a528 [Type: _LIST_ENTRY *]",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let shown = Shown::of(args)?;
    let host: &dyn EvalHost = &*context.session;
    let bare = shown.expression.chars().all(|c| c.is_alphanumeric() || "_!:$".contains(c));
    if bare && let Some((address, None)) = host.variable(&shown.expression) {
        return Err(CommandError::Argument(format!(
            "No type (or void) for object at Address 0x{address:x}: cast its address, as in dx *(nt!_EPROCESS **)&{}",
            shown.expression
        )));
    }
    let value = cxx::evaluate(&shown.expression, &*context.session)?;
    let layout = layout_of(&value.ty);
    let root = Node::root(value, shown.raw);
    match shown.grid {
        true => grid::show(&root, &shown, context)?,
        false => tree::show(&root, &shown, context)?,
    }
    match layout {
        Some(found) => note_layout(&found, context),
        None => Ok(()),
    }
}

/// The structure whose layout the answer rests on.
fn layout_of(ty: &CType) -> Option<crate::debuggee::FoundType> {
    match ty {
        CType::Named(found) => Some(found.clone()),
        CType::Pointer(to, _) | CType::Array(to, _) => layout_of(to),
        CType::Base(_) => None,
    }
}
