//! `!dpcs`: the DPCs that wait to be run.

use crate::command::show::processor::{asked, code, dpc as dpc_address, name};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Target};
use crate::kernel::{Dpc, DpcKind, DpcQueue};
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};

/// `!dpcs`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!dpcs"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESSOR]", Expects::Expression)],
    summary: "Shows the DPCs that wait in the queues of the processors",
    help: "Each processor has a queue of normal DPCs, which run at DISPATCH_LEVEL, and one of threaded DPCs. The DPC that \
           was running is no longer in its queue: !dpcwatchdog shows it.\n\n\
           kd> !dpcs\n\
           CPU Type      KDPC       Function\n\
           \u{20}0: Normal  : 0xfffff8035f5ac290 0xfffff80363e15630 nt!PpmPerfAction",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// The colons between them are no columns.
const COLUMNS: [Column; 5] = [
    Column::right("processor", "CPU", 2),
    Column::left("kind", "Type", 8).after(2),
    Column::left("address", "KDPC", 18).after(2),
    Column::left("routine", "Function", 18),
    Column::left("symbol", "Name", 0),
];
const HEADING: &str = "CPU Type      KDPC       Function";

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let table = Table::new("dpc", &COLUMNS).headed(Line::new().role(Role::Label, HEADING));
    asked(args, context, |scope, processors, out| {
        out.within(table, |out| {
            for (number, processor) in processors {
                let Ok(processor) = processor else { continue };
                for kind in DpcKind::ALL {
                    match DpcQueue::of(processor, kind).and_then(|queue| queue.dpcs()) {
                        Ok(dpcs) => out.rows(Ok(dpcs), |dpc| row(*number, kind, &dpc, scope.target()))?,
                        Err(why) => out.emit(lacking(*number, kind, &why))?,
                    }
                }
            }
            Ok(())
        })
    })
}

fn row(number: u32, kind: DpcKind, dpc: &Dpc<'_>, target: &Target) -> Record {
    let address = dpc.address();
    let routine = dpc.routine();
    if let Err(why) = &routine {
        let reason = Action::Reason(why.to_string().into());
        let unread = Cell::new(Field::Address(address)).digits(16).role(Role::Unreadable).link(reason);
        return Record::new("dpc")
            .field("processor", number)
            .field("kind", kind.to_string())
            .role(Role::Unreadable, "Failed to read DPC at 0x")
            .cell("address", unread)
            .field("routine", why.clone());
    }
    start(number, kind)
        .text("0x")
        .cell("address", dpc_address(dpc))
        .text(" 0x")
        .cell("routine", code(routine.clone()))
        .text(" ")
        .cell("symbol", name(target, &routine))
        .field("context", dpc.context().map(Field::Hex))
}

fn start(number: u32, kind: DpcKind) -> Record {
    Record::new("dpc")
        .cell("processor", Cell::new(number).right(2).role(Role::Text))
        .text(": ")
        .cell("kind", Cell::new(kind.to_string()).left(8))
        .text(": ")
}

/// A queue that is not known.
fn lacking(number: u32, kind: DpcKind, why: &Lack) -> Record {
    start(number, kind).field("address", why.clone()).role(Role::Unreadable, format!("not known: {why}"))
}
