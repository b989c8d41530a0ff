//! `!teb`: what a thread keeps in user space.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Teb, Thread, stack};
use crate::output::{Action, Cell, Field, Line, Record, Role};

/// `!teb`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!teb"],
    group: Group::Kernel,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows a thread environment block: stack limits, ids, last error",
    help: "Without an address it is the current thread's, read in the memory of the process that the thread is attached \
           to. An address is read as user memory is seen now.\n\n\
           kd> !teb\n\
           TEB at 000000ca7d684000",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let asked = words.next().map(|text| context.evaluate(text)).transpose()?;
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let current = context.session.thread();
    let scope = context.session.scope();
    let (space, address) = match asked {
        Some(address) => (None, address),
        None => {
            let current =
                current.ok_or_else(|| CommandError::Missing("the current thread is not known".to_owned()))?;
            let thread = Thread::at(&scope, current)?;
            let address = match Teb::address_of(&thread) {
                Err(Lack::Null { .. }) => {
                    let text = format!("thread {current:016x} runs in the kernel alone: it has no TEB");
                    return context.lack(&text);
                }
                address => address?,
            };
            (Some(stack::space(&thread)), address)
        }
    };
    let teb = Teb::at(space.as_ref().unwrap_or(&scope), address)?;
    context.out.emit(record(&teb))
}

/// Where values stand behind their labels.
const VALUE: usize = 26;

fn record(teb: &Teb<'_>) -> Record {
    let at = Cell::new(Field::Address(teb.address())).digits(16);
    let record = Record::new("teb").label("TEB at ").cell("address", at);
    let line = |record: Record, label: &str| record.line(Line::of("    ").label(label)).pad_to(VALUE + 4);
    let pointer = |record: Record, label: &str, key: &'static str, value: Result<u64, Lack>| {
        line(record, label).cell(key, Cell::new(value.map(Field::Address)).digits(16))
    };
    let number = |record: Record, label: &str, key: &'static str, value: Result<u64, Lack>| {
        line(record, label).cell(key, Cell::new(value.map(Field::Hex)).role(Role::Value))
    };
    let record = pointer(record, "ExceptionList:", "exception_list", teb.exception_list());
    let record = pointer(record, "StackBase:", "stack_base", teb.stack_base());
    let record = pointer(record, "StackLimit:", "stack_limit", teb.stack_limit());
    let record = pointer(record, "SubSystemTib:", "subsystem_tib", teb.subsystem_tib());
    let record = pointer(record, "FiberData:", "fiber_data", teb.fiber_data());
    let record =
        pointer(record, "ArbitraryUserPointer:", "arbitrary_user_pointer", teb.arbitrary_user_pointer());
    let record = pointer(record, "Self:", "self", teb.own_address());
    let record = pointer(record, "EnvironmentPointer:", "environment_pointer", teb.environment_pointer());
    let id = teb.client_id();
    let part = |value: Result<u64, Lack>| Cell::new(value.map(Field::Hex)).digits(16);
    let record = line(record, "ClientId:")
        .cell("process_id", part(id.clone().map(|id| id.process)))
        .text(" . ")
        .cell("thread_id", part(id.map(|id| id.thread)));
    let record = pointer(record, "RpcHandle:", "rpc_handle", teb.rpc_handle());
    let record = pointer(record, "Tls Storage:", "tls_storage", teb.tls_storage());
    let link = |cell: Cell| match teb.peb() {
        Ok(peb) if peb != 0 => cell.link(Action::object("nt!_PEB", peb)),
        _ => cell,
    };
    let peb = link(Cell::new(teb.peb().map(Field::Address)).digits(16));
    let record = line(record, "PEB Address:").cell("peb", peb);
    let record = number(record, "LastErrorValue:", "last_error", teb.last_error());
    let record = number(record, "LastStatusValue:", "last_status", teb.last_status());
    let record = number(record, "Count Owned Locks:", "owned_locks", teb.owned_locks());
    number(record, "HardErrorMode:", "hard_error_mode", teb.hard_error_mode())
}
