//! `dx`: a typed expression and what is below it, in the debugger's data-model form.

mod children;
mod form;
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
use crate::eval::cxx::CType;
use crate::eval::model::{self, LAST_RESULT, Model, ModelError, Object, Value, Variables, Wish};
use node::Node;
use shown::Shown;
use tree::Teller;

/// `dx`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dx"],
    group: Group::Symbols,
    switches: Switches::words(&[
        Switch::with("-r", Takes::Digits, "N", "opens structures and pointers N levels deep (1 unless said)"),
        Switch::flag("-s", "shows nothing: for what only acts, as SwitchTo()"),
        Switch::flag("-n", "plain members also of strings, times and GUIDs"),
        Switch::flag("-nv", "the same"),
        Switch::flag("-g", "an array of structures or a list as a grid: a row an element, a column a member"),
        Switch::with("-gc", Takes::Count, "N", "the same with cells of N characters at most"),
        Switch::with("-c", Takes::Count, "N", "goes on with element N of a long array or list"),
        Switch::ignored("-v"),
        Switch::with("-id", Takes::Name, "N", ""),
    ]),
    arguments: &[Argument::new("EXPRESSION[,SPECIFIER]", Expects::Expression)],
    summary: "Shows a typed C++ expression, an object of the debugger's data model, or a query over them",
    help: "EXPRESSION is one of ??; a . may also follow a pointer. ,x ,d ,o ,b after it choose a base, ,en enumerators by \
           name, ,s and ,sb text in bytes with and without quotation marks, ,N the first N elements.\n\
           Objects: @$cursession (Processes, Devices.DeviceTree, Attributes), @$curprocess (KernelObject, Name, Id, \
           Threads, Modules, Environment, Io.Handles), @$curthread (KernelObject, Id, Stack.Frames, Registers, \
           Environment), @$curstack, @$curframe (LocalVariables, Parameters, Attributes), Debugger. Processes[4] and \
           Threads[0x1c] take ids, Frames[2] numbers. What belongs to a process is read as that process sees it.\n\
           Lists have Where, Select, OrderBy, GroupBy, First, Any, Count, Sum, Take, Flatten and the other methods of \
           LINQ, strings Contains, StartsWith, ToLower and more; a name that is not there is answered with those that \
           are. An element of which the dump does not tell enough stays in the list with its reason, and Count and the \
           like fail with it. @$NAME = EXPRESSION keeps a value, @$_ is the last one, @$vars has all, \
           @$vars.Remove(\"NAME\") forgets one.\n\
           Example: dx @$cursession.Processes.Where(p => p.Threads.Count() > 2).Select(p => new { Name = p.Name, \
           Id = p.Id })\n\
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
    let (name, expression) = match model::assignment(&shown.expression) {
        Some((name, _)) if is_reserved(name, host) => {
            return Err(ModelError::Reserved(name.to_owned()).into());
        }
        Some((name, expression)) => (Some(name), expression),
        None => (None, shown.expression.as_str()),
    };
    let asked = Model::new(&*context.session, &*context.session, text::written);
    let value = asked.evaluate(expression)?;
    if let Value::Error(why) = &value {
        return Err((**why).clone().into());
    }
    let root = Node { path: path_of(&shown), ..Node::root(value.clone(), shown.raw) };
    if !shown.silent {
        let mut teller = Teller { shown: &shown, out: &mut context.out, model: &asked };
        match shown.grid {
            true => grid::show(&root, &mut teller)?,
            false => tree::show(&root, &mut teller)?,
        }
    }
    let wish = asked.wish();
    let mut variables = Variables::of(context.session);
    for name in name.into_iter().chain([LAST_RESULT]) {
        variables.set(name, value.clone())?;
    }
    if let Some(Wish::Forget(name)) = &wish {
        variables.remove(name);
    }
    variables.keep(context.session);
    if let Some(layout) =
        root.native().filter(|_| !shown.silent).and_then(|native| layout_of(&native.typed.ty))
    {
        note_layout(&layout, context)?;
    }
    match wish {
        Some(Wish::SwitchTo(object)) => switch_to(&object, context),
        _ => Ok(()),
    }
}

/// The expression as a part of longer ones; an assignment is none.
fn path_of(shown: &Shown) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || "_@$.[]()!".contains(c);
    shown.expression.chars().all(plain).then(|| shown.expression.clone())
}

/// Whether a name is the debugger's own.
fn is_reserved(name: &str, host: &dyn EvalHost) -> bool {
    host.register(&format!("${name}")).is_some() || model::is_root(name) || name == LAST_RESULT
}

/// Looks at what was switched to, as the commands do that choose it.
fn switch_to(object: &Object, context: &mut Context<'_>) -> Result<(), CommandError> {
    match object {
        Object::Process(address) => context.run_line(&format!(".process {address:x}")),
        Object::Thread(address) => context.run_line(&format!(".thread {address:x}")),
        Object::Frame(frame) => context.run_line(&format!(".frame {:x}", frame.frame.number)),
        _ => Ok(()),
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
