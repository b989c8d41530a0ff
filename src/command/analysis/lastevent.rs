//! `.lastevent`: what stopped the computer, as the dump's header has it.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::output::{Action, Cell, Field, Record, Role};

/// `.lastevent`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".lastevent"],
    group: Group::Analysis,
    summary: "Shows the event with which the debugger's session of the dump begins: the exception in its header",
    help: "Most dumps of a bug check name the breakpoint there by which Windows enters the debugger: .bugcheck shows why it \
           stopped, .ecxr the registers of the fault behind that. .exr -1 shows the whole record.\n\
           Example: .lastevent\n\
           Last event: Break instruction exception - code 80000003 (first/second chance not available)",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

/// What debuggers call exceptions when they stop for one.
const EVENTS: [(u32, &str); 12] = [
    (0x8000_0001, "Guard page violation"),
    (0x8000_0002, "Data misaligned"),
    (0x8000_0003, "Break instruction exception"),
    (0x8000_0004, "Single step exception"),
    (0xc000_0005, "Access violation"),
    (0xc000_0006, "In-page I/O error"),
    (0xc000_001d, "Illegal instruction"),
    (0xc000_0094, "Integer divide-by-zero"),
    (0xc000_0095, "Integer overflow"),
    (0xc000_00fd, "Stack overflow"),
    (0xc000_0409, "Security check failure or stack buffer overrun"),
    (0xc000_0420, "Assertion failure"),
];

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let exception = context.session.target.header()?.exception;
    let exception = exception
        .ok_or_else(|| CommandError::Missing("the dump's header holds no exception record".to_owned()))?;
    let name = EVENTS.iter().find(|(code, _)| *code == exception.code).map(|(_, name)| *name);
    let code = Cell::new(Field::Hex(exception.code.into())).digits(8).link(Action::Code(exception.address));
    let record = Record::new("last_event")
        .label("Last event: ")
        .cell("event", Cell::new(name).absent("Unknown exception").role(Role::Value))
        .text(" - code ")
        .cell("code", code)
        .text(" (first/second chance not available)");
    context.out.emit(record)
}
