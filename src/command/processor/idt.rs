//! `!idt`: which code each interrupt leads to.

use crate::command::line::Out;
use crate::command::show::processor::{Failure, code, lacking, name, name_or_address};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::{Lack, Target};
use crate::kernel::{Gate, Idt, Interrupt, Pcr, Processor, VECTORS};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// `!idt`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!idt"],
    group: Group::Kernel,
    switches: Switches::letters(&[Switch::flag("-a", "vectors to which nothing is connected, too")]),
    arguments: &[Argument::new("[VECTOR]", Expects::Expression)],
    summary: "Shows which code each interrupt vector of the current processor leads to",
    help: "Behind a device's interrupt stands what a driver connected to it, with its interrupt object; what shares the \
           vector follows. Stack is where the processor begins for interrupts that have a stack of their own.\n\n\
           kd> !idt 29\n\
           \n\
           Dumping IDT: fffff8075d20c000\n\
           \n\
           29:     fffff80761401700 nt!KiRaiseSecurityCheckFailure",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let asked = context.evaluate_any(args.text)?;
    if let Some(vector) = asked.filter(|&vector| vector >= VECTORS) {
        return Err(CommandError::Argument(format!("there is no vector {vector:#x}; there are 0 to 0xff")));
    }
    let number = context.session.focus.processor;
    let outcome = dump(number, asked, args.has("-a"), context);
    lacking(number, outcome, context)
}

fn dump(number: u32, asked: Option<u64>, all: bool, context: &mut Context<'_>) -> Result<(), Failure> {
    let target = &context.session.target;
    let scope = context.session.scope();
    let processor = Processor::numbered(&scope, number)?;
    let idt = Idt::of(&processor)?;
    // Nothing is said of a table that cannot be read.
    let stubs = match asked {
        Some(vector) => idt.gate(vector).map(|_| Vec::new())?,
        None => idt.stubs()?,
    };
    let base = Cell::new(Field::Address(idt.base())).digits(16);
    let head = Record::new("idt").line(Line::new()).line(Line::of("Dumping IDT: ")).cell("base", base);
    let head = head.field("processor", number).line(Line::new());
    let vectors = asked.map_or(0..VECTORS, |vector| vector..vector + 1);
    let shown = context.out.within(Branch::new(head), |out| {
        let mut unknown: Option<Lack> = None;
        for vector in vectors {
            out.check()?;
            let gate = match idt.gate(vector) {
                Ok(Some(gate)) => gate,
                Ok(None) if asked.is_none() => continue,
                Ok(None) => return out.emit(Line::of(format!("{vector:02x}:     not present"))),
                Err(why) => return out.emit(Line::new().role(Role::Unreadable, why.to_string())),
            };
            let interrupt = Interrupt::of_vector(&processor, vector, gate.handler);
            match &interrupt {
                Err(Lack::Null { .. }) | Ok(_) => {}
                Err(why) => unknown = unknown.or_else(|| Some(why.clone())),
            }
            if interrupt.is_ok() || !stubs.contains(&vector) || all || asked.is_some() {
                show(&processor, vector, gate, interrupt, target, out)?;
            }
        }
        out.warn(unknown.map(|why| format!("What drivers connected is not known of all vectors: {why}")))
    });
    Ok(shown?)
}

/// Where WinDbg's tabulator behind the vector ends.
const HANDLERS: usize = 8;

fn show(
    processor: &Processor<'_>,
    vector: u64,
    gate: Gate,
    interrupt: Result<Interrupt<'_>, Lack>,
    target: &Target,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let record = Record::new("vector")
        .cell("vector", Cell::new(Field::Hex(vector)).digits(2).role(Role::Text))
        .text(":")
        .pad_to(HANDLERS)
        .cell("handler", code(Ok(gate.handler)))
        .text(" ");
    match interrupt {
        Ok(interrupt) => {
            out.emit(connected(record, &interrupt, target))?;
            let shared = |other: Interrupt<'_>| connected(shared_row(), &other, target);
            out.rows(interrupt.others(), shared)?;
            out.blank()
        }
        Err(_) => {
            let mut record = record.cell("symbol", name(target, &Ok(gate.handler)));
            if gate.stack != 0 {
                let stack = Pcr::of(processor).and_then(|pcr| pcr.interrupt_stack(gate.stack));
                let text = stack.as_ref().map_or(String::new(), |stack| format!("0x{stack:016X}"));
                let stack = Cell::new(stack.map(Field::Address)).shown(text).mark("????????????????");
                record = record.text("  Stack = ").cell("stack", stack);
            }
            out.emit(record)
        }
    }
}

fn shared_row() -> Record {
    Record::new("vector").text(" ".repeat(2 * HANDLERS))
}

/// What a driver connected.
fn connected(record: Record, interrupt: &Interrupt<'_>, target: &Target) -> Record {
    let routine = interrupt.service_routine();
    let address = interrupt.address();
    record
        .show(name_or_address(target, &routine))
        .field("routine", routine.map(Field::Address))
        .text(" (KINTERRUPT ")
        .cell(
            "interrupt",
            Cell::new(Field::Address(address)).digits(16).link(Action::object("nt!_KINTERRUPT", address)),
        )
        .text(")")
        .field("context", interrupt.service_context().map(Field::Address))
        .field("irql", interrupt.irql())
}
