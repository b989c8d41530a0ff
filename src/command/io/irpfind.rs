//! `!irpfind`: requests wherever the dump holds them.

use crate::command::io::irp;
use crate::command::show::device::{driver_name, leading};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::Lack;
use crate::kernel::{DeviceObject, Irp, IrpState, each_irp};
use crate::output::{Action, Cell, Column, Field, Line, Record, Table};

/// `!irpfind`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!irpfind"],
    group: Group::Kernel,
    switches: Switches::letters(&[
        Switch::flag("-v", "all of each request, as !irp shows it"),
        Switch::flag("-a", "completed requests, too"),
    ])
    .anywhere(),
    arguments: &[Argument::new("[CRITERION", Expects::Text), Argument::new("VALUE]", Expects::Expression)],
    summary: "Finds IRPs in all memory of the dump: who has each, for which thread",
    help: "All that the dump holds is looked through, for a request of a driver's own stands on no list; a large dump \
           takes as long as reading it, and the rows come as they are found. A request is believed if its counts fit and \
           its pointer to the current stack location leads back to it. CRITERION chooses: driver NAME, device ADDRESS, \
           thread ADDRESS, fileobject ADDRESS, arg VALUE. Completed requests are counted only. The function of the \
           current location stands in parentheses, major and minor.\n\n\
           kd> !irpfind driver disk\n   \
           Irp            [ Thread ]         irpStack: (Mj,Mn)   DevObj          [Driver]         MDL\n\
           ffffa4058c032db0 [ffffa4058c024080] irpStack: ( 3, 0)  ffffa4058c032840 [ \\Driver\\WlanFlt]",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// What a request must be.
enum Criterion<'t> {
    Any,
    Driver(&'t str),
    Device(u64),
    Thread(u64),
    File(u64),
    Argument(u64),
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    // The kind of pool and the address to go on from, which other debuggers take before the criterion.
    let words: Vec<&str> = args.words().skip_while(|word| word.parse::<u64>().is_ok()).collect();
    let value = |context: &Context<'_>| match words.get(1) {
        Some(word) => context.evaluate(word),
        None => Err(CommandError::Syntax("!irpfind".to_owned())),
    };
    let criterion = match words.first().map(|word| word.to_ascii_lowercase()).as_deref() {
        None => Criterion::Any,
        Some("driver") => Criterion::Driver(words.get(1).copied().unwrap_or_default()),
        Some("device") => Criterion::Device(value(context)?),
        Some("thread") => Criterion::Thread(value(context)?),
        Some("fileobject") => Criterion::File(value(context)?),
        Some("arg") => Criterion::Argument(value(context)?),
        Some(other) => return Err(CommandError::Syntax(other.to_owned())),
    };
    let (verbose, all) = (args.has("-v"), args.has("-a"));
    let scope = context.session.scope();
    let (mut shown, mut completed) = (0u64, 0u64);
    let columns = [
        Column::left("irp", "Irp", 16),
        Column::left("thread", "Thread", 16),
        Column::left("function", "(Mj,Mn)", 8),
        Column::left("device", "DevObj", 16),
        Column::left("driver", "Driver", 16),
        Column::left("mdl", "MDL", 16),
    ];
    let heading =
        "   Irp            [ Thread ]         irpStack: (Mj,Mn)   DevObj          [Driver]         MDL";
    let table = Table::new("irp", &columns).headed(Line::new().label(heading));
    context.out.within(table, |out| {
        each_irp(&scope, |found: Irp<'_>| -> Result<bool, CommandError> {
            out.check()?;
            let is_completed = matches!(found.state(), Ok(IrpState::Completed));
            completed += u64::from(is_completed);
            if !fits(&found, &criterion) || (is_completed && !all) {
                return Ok(true);
            }
            shown += 1;
            if verbose {
                irp::show(&scope, found.address(), 0, out)?;
                out.blank()?;
            } else {
                out.emit(row(&found))?;
            }
            Ok(true)
        })
    })?;
    let counts = Record::new("irp_counts").cell("shown", shown).text(" shown; ").cell("completed", completed);
    let hint = if all || completed == 0 { "." } else { "; -a shows those, too." };
    context.out.emit(counts.text(" found that are completed").text(hint))?;
    if scope.memory().blocks().is_some() {
        let text = "This dump holds single ranges of memory: requests elsewhere are not in it.";
        context.out.emit(Line::new().role(crate::output::Role::Dim, text))?;
    }
    Ok(())
}

fn fits(irp: &Irp<'_>, criterion: &Criterion<'_>) -> bool {
    match criterion {
        Criterion::Any => true,
        Criterion::Driver(name) => irp.driver_name().is_ok_and(|known| {
            known.eq_ignore_ascii_case(name)
                || known.rsplit('\\').next().is_some_and(|last| last.eq_ignore_ascii_case(name))
        }),
        Criterion::Thread(thread) => irp.thread() == Ok(*thread),
        Criterion::Device(device) => located(irp, |location| location.device() == Ok(*device)),
        Criterion::File(file) => {
            located(irp, |location| location.file() == Ok(*file))
                || irp.number("Tail.Overlay.OriginalFileObject") == Ok(*file)
        }
        Criterion::Argument(value) => located(irp, |location| location.parameters().contains(&Ok(*value))),
    }
}

fn located(irp: &Irp<'_>, fits: impl Fn(&crate::kernel::StackLocation<'_>) -> bool) -> bool {
    irp.locations().is_ok_and(|locations| locations.iter().any(fits))
}

/// `ffff... [ffff...] irpStack: ( 3, 0)  ffff... [ \Driver\x]`
fn row(irp: &Irp<'_>) -> Record {
    let record = Record::new("irp")
        .cell("irp", Cell::new(Field::Address(irp.address())).digits(16).link(Action::Irp(irp.address())))
        .text(" [")
        .cell("thread", leading(irp.thread(), Action::Thread))
        .text("] ");
    let current = match irp.current() {
        Ok(current) => current,
        Err(_) => {
            return record
                .text("Irp is complete (CurrentLocation ")
                .cell("current_location", irp.current_location())
                .text(" > StackCount ")
                .cell("stack_count", irp.stack_count())
                .text(")");
        }
    };
    let device: Result<DeviceObject<'_>, Lack> = current.device_object();
    let record = record
        .text("irpStack: (")
        .cell("major", Cell::new(current.major().map(Field::Hex)).right(2))
        .text(",")
        .cell("minor", Cell::new(current.minor().map(Field::Hex)).right(2))
        .text(")  ")
        .cell("device", leading(current.device(), Action::Device))
        .text(" [ ")
        .cell("driver", driver_name(&device))
        .text("]")
        .field("pending", current.is_pending());
    match irp.mdl() {
        Ok(0) => record.field("mdl", Field::Null),
        mdl => record.text(" ").cell("mdl", leading(mdl, |at| Action::object("nt!_MDL", at))),
    }
}
