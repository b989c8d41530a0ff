//! `dx`: a typed expression and what is below it, in the debugger's data-model form.

mod children;
mod grid;
mod node;
mod request;
mod spelling;
mod text;
mod tree;

use crate::command::show::typed::note_layout;
use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::eval::EvalHost;
use crate::eval::cxx::{self, CType};
use node::Node;
use request::Request;

/// `dx`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dx"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Symbols,
    usage: "[-rN] [-n] [-g] [-c N] EXPRESSION[,d|,x]",
    summary: "Shows a typed C++ expression and its members",
    help: "EXPRESSION is one of ??; a . may also follow a pointer. ,d and ,x after it choose decimal or hex. Options:\n  \
           -r[N]   open structures and pointers N levels deep (1 unless said)\n  \
           -n      plain members also of strings, times and GUIDs (-nv is the same)\n  \
           -g      an array of structures as a grid: a row an element, a column a member\n  \
           -c N    go on with element N of a long array\n\
           The debugger's data model (@$cursession, Debugger.Sessions, queries, variables) is not there.\n\
           Example: dx -r1 (*((nt!_LIST_ENTRY *)0xffffa389afab7528))\n\
           (*((nt!_LIST_ENTRY *)0xffffa389afab7528))                 [Type: _LIST_ENTRY]\n    \
           [+0x000] Flink            : 0xffffa389afa4c528 [Type: _LIST_ENTRY *]\n    \
           [+0x008] Blink            : 0xffffa389afb3a528 [Type: _LIST_ENTRY *]",
    needs: Needs::Types,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let request = Request::parse(args.text)?;
    let host: &dyn EvalHost = &*context.session;
    let bare = request.expression.chars().all(|c| c.is_alphanumeric() || "_!:$".contains(c));
    if bare && let Some((address, None)) = host.variable(&request.expression) {
        return Err(CommandError::Argument(format!(
            "No type (or void) for object at Address 0x{address:x}: cast its address, as in dx *(nt!_EPROCESS **)&{}",
            request.expression
        )));
    }
    let value = cxx::evaluate(&request.expression, &*context.session)?;
    let layout = layout_of(&value.ty);
    let root = Node::root(value, request.raw);
    match request.grid {
        true => grid::show(&root, &request, context)?,
        false => tree::show(&root, &request, context)?,
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
