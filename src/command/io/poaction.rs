//! `!poaction` and `!powertriage`: what the power manager is doing, and the power requests that have not ended.

use crate::command::io::{devstack, irp};
use crate::command::line::Out;
use crate::command::show::device::{driver_name, leading};
use crate::command::show::missing::Missing;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::{DeviceObject, IrpState, PowerIrp, PowerList, PowerThread, power};
use crate::output::{Action, Cell, Field, Line, Record, Role};

/// `!poaction`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!poaction"],
    group: Group::Kernel,
    summary: "Shows the power action under way and the power IRPs that have not ended, with the driver that has each",
    help: "Each request has its function and the state that it asks for, the device at the bottom of its stack (PDO), the \
           device that the power manager sent it to (CURRENT), and the driver that has it (HOLDER). A wait-wake request \
           waits for an event and blocks nobody. Without symbols of the kernel the lists of bug check 0x9F are shown, \
           which its parameter 3 names.\n\n\
           kd> !poaction\n\
           Allocated power irps (PopIrpList - fffff801332f44f0)\n  \
           IRP: ffffe0001d53d8f0 (wait-wake/S0), PDO: ffffe00013cae060\n  \
           IRP: ffffe00013d07420 (set/D3,), PDO: ffffe00012daf840, CURRENT: ffffe00012dd5040",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// `!powertriage`
pub const TRIAGE: CommandSpec = CommandSpec {
    names: &["!powertriage"],
    group: Group::Kernel,
    summary: "Shows the power IRPs that have not ended, and of each that changes a state all of it and its device stack",
    help: "What !poaction shows; then, of each request that sets or asks for a power state, what !irp and !devstack show. \
           The driver that has such a request is the one to ask about; what it waits for below it may be the cause.\n\n\
           kd> !powertriage",
    needs: Needs::Types,
    ..CommandSpec::runs(triage)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    show(&scope, &mut context.out).map(|_| ())
}

fn triage(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let irps = show(&scope, out)?;
    for (request, pdo) in irps {
        out.blank()?;
        let title = Cell::new(Field::Address(request)).digits(16).link(Action::Irp(request));
        out.emit(Record::new("power_request").label("IRP: ").cell("irp", title))?;
        unless_missing(irp::show(&scope, request, 0, out), out)?;
        if pdo != 0 {
            unless_missing(devstack::show(&scope, pdo, out), out)?;
        }
    }
    Ok(())
}

/// Says what one of several things lacks, and goes on.
fn unless_missing(outcome: Result<(), CommandError>, out: &mut Out<'_>) -> Result<(), CommandError> {
    match outcome {
        Err(CommandError::Missing(why)) => out.emit(Line::new().role(Role::Warning, why)),
        outcome => outcome,
    }
}

/// The requests that change a state, with the devices at the bottom of their stacks.
type Changing = Vec<(u64, u64)>;

/// All of it.
fn show(scope: &Scope<'_>, out: &mut Out<'_>) -> Result<Changing, CommandError> {
    let mut missing = Missing::default();
    action(scope, &mut missing, out)?;
    let found = requests(scope, &mut missing, out)?;
    threads(scope, &mut missing, out)?;
    missing.say(out)?;
    Ok(found)
}

/// POWER_ACTION_... flags of winnt.h, as the debugger words them.
const FLAGS: [(u64, &str); 11] = [
    (0x1, "QueryApps"),
    (0x2, "UIAllowed"),
    (0x4, "OverrideApps"),
    (0x8, "Hiberboot"),
    (0x10, "UserNotify"),
    (0x20, "DozeToHibernate"),
    (0x0800_0000, "PseudoTransition"),
    (0x1000_0000, "LightestFirst"),
    (0x2000_0000, "LockConsole"),
    (0x4000_0000, "DisableWakes"),
    (0x8000_0000, "Critical"),
];

/// nt!PopAction.
fn action(scope: &Scope<'_>, missing: &mut Missing, out: &mut Out<'_>) -> Result<(), CommandError> {
    let action = match scope.global_of("nt!PopAction", "nt!_POP_POWER_ACTION") {
        Ok(action) => action,
        Err(why) => {
            let text = format!("The power action is not known: {why}");
            out.emit(Record::new("power_action").field("why", Field::from(why)).role(Role::Dim, text))?;
            return out.blank();
        }
    };
    let number = |member: &str| action.field(member).and_then(|field: Object<'_>| field.u64());
    let named = |member: &str, name: fn(u64) -> Option<&'static str>| {
        let value = number(member);
        let shown = value.as_ref().ok().map(|&value| name(value).map_or(format!("{value}"), str::to_owned));
        Cell::new(value).shown(shown.unwrap_or_default())
    };
    let flags = number("Flags");
    let words: Vec<&str> = flags.as_ref().map_or(Vec::new(), |flags| {
        FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, word)| *word).collect()
    });
    let state = number("State");
    let idle = matches!(state, Ok(0)).then_some("Idle");
    let minor = number("IrpMinor");
    let minor_word = match minor {
        Ok(2) => "SetPower",
        Ok(3) => "QueryPower",
        _ => "??",
    };
    let at = Cell::new(Field::Address(action.address())).digits(16);
    let record = Record::new("power_action")
        .text("PopAction: ")
        .cell("address", at.link(Action::object("nt!_POP_POWER_ACTION", action.address())))
        .labelled("  State..........: ", "state", state)
        .text(idle.map_or("", |_| " - Idle"))
        .labelled("  Updates........: ", "updates", number("Updates"))
        .labelled("  Action.........: ", "action", named("Action", power::action))
        .labelled("  Lightest State.: ", "lightest_state", named("LightestState", power::system_state_name))
        .labelled("  Flags..........: ", "flags", Cell::new(flags.map(Field::Hex)).digits(8))
        .text(" ")
        .cell("flag_names", Cell::new(words.clone()).shown(words.join("|")))
        .labelled("  Irp minor......: ", "irp_minor", Cell::new(minor).shown(minor_word))
        .labelled("  System State...: ", "system_state", named("SystemState", power::system_state_name))
        .labelled(
            "  Hiber Context..: ",
            "hiber_context",
            Cell::new(number("HiberContext").map(Field::Address)).digits(16),
        );
    missing.note(&record);
    out.emit(record)?;
    out.blank()
}

/// `Allocated power irps (PopIrpList - fffff801332f44f0)`
fn title(text: &str, kind: &'static str, list: &PowerList<'_>) -> Record {
    let at = list.head.address();
    let record = Record::new(kind)
        .label(format!("{text} - "))
        .cell("address", Cell::new(Field::Address(at)).digits(16))
        .label(")");
    let how = Cell::new("by parameter 3 of the bug check").role(Role::Dim);
    if list.of_bug_check { record.text("  ").cell("found", how) } else { record }
}

fn requests(scope: &Scope<'_>, missing: &mut Missing, out: &mut Out<'_>) -> Result<Changing, CommandError> {
    let list = match PowerIrp::list(scope) {
        Ok(list) => list,
        Err(why) => {
            let text = format!(
                "The power IRPs are not known: {why}. Symbols of the kernel tell where their list lies."
            );
            out.emit(Record::new("power_irps").field("why", Field::from(why)).role(Role::Warning, text))?;
            return Ok(Vec::new());
        }
    };
    out.emit(title("Allocated power irps (PopIrpList", "power_irps", &list))?;
    let mut found = Vec::new();
    match PowerIrp::all(&list) {
        Ok(irps) => {
            for irp in irps {
                out.check()?;
                match irp {
                    Ok(irp) => {
                        let record = row(&irp);
                        missing.note(&record);
                        out.emit(record)?;
                        if irp.function().is_ok_and(|minor| minor != WAIT_WAKE) {
                            found.extend(irp.number("Irp").ok().zip(irp.number("Pdo").ok()));
                        }
                    }
                    Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                    Err(why) => out.emit(Line::new().role(Role::Warning, format!("  The rest: {why}")))?,
                }
            }
        }
        Err(why) => missing.add(&why.to_string()),
    }
    out.blank()?;
    Ok(found)
}

/// IRP_MN_WAIT_WAKE.
const WAIT_WAKE: u64 = 0;

/// `  IRP: ffffe00013d07420 (set/D3,), PDO: ffffe00012daf840, CURRENT: ffffe00012dd5040`
fn row(irp: &PowerIrp<'_>) -> Record {
    let minor = irp.function();
    let word = minor.as_ref().map(|minor| match minor {
        0 => "wait-wake".to_owned(),
        1 => "sequence".to_owned(),
        2 => "set".to_owned(),
        3 => "query".to_owned(),
        other => format!("{other:x}"),
    });
    let state = irp.state().map(|(kind, state)| {
        power::state(kind, state).map_or_else(|| format!("{kind}:{state}"), str::to_owned)
    });
    let comma = if matches!(minor, Ok(2 | 3)) { "," } else { "" };
    let pointer = |member: &str, link: fn(u64) -> Action| leading(irp.number(member), link);
    let record = Record::new("power_irp")
        .field("data", Field::Address(irp.address()))
        .text("  IRP: ")
        .cell("irp", pointer("Irp", Action::Irp))
        .text(" (")
        .cell("function", Cell::new(word.map_err(Clone::clone)))
        .text("/")
        .cell("state", Cell::new(state))
        .text(comma)
        .text("), PDO: ")
        .cell("pdo", pointer("Pdo", Action::DeviceStack));
    let record = match irp.number("CurrentDevice") {
        Ok(0) => record.field("current", Field::Null),
        // It is one of many that this dump did not save; the holder is what counts.
        Err(why) => record.field("current", why),
        Ok(_) => record.text(", CURRENT: ").cell("current", pointer("CurrentDevice", Action::Device)),
    };
    holder(record, irp)
}

/// The device and the driver that have the request.
fn holder(record: Record, irp: &PowerIrp<'_>) -> Record {
    let Ok(request) = irp.irp() else { return record };
    if matches!(request.state(), Ok(IrpState::Completed)) {
        return record.text(", completed");
    }
    match request.device() {
        Ok(device) if device != 0 => {
            let object = irp.irp().and_then(|irp| irp.current()?.device_object());
            let object: Result<DeviceObject<'_>, Lack> = object;
            record
                .text(", HOLDER: ")
                .cell("holder", leading(Ok(device), Action::Device))
                .text(" ")
                .cell("driver", driver_name(&object))
        }
        Ok(_) => record,
        Err(why) => record.text(", HOLDER: ").cell("holder", Cell::new(Field::from(why))),
    }
}

fn threads(scope: &Scope<'_>, missing: &mut Missing, out: &mut Out<'_>) -> Result<(), CommandError> {
    let list = match PowerThread::list(scope) {
        Ok(list) => list,
        Err(why) => {
            missing.add(&why.to_string());
            return Ok(());
        }
    };
    out.emit(title("Irp worker threads (PopIrpThreadList", "power_threads", &list))?;
    out.rows(PowerThread::all(&list), |thread| {
        let record = Record::new("power_thread")
            .text("  THREAD: ")
            .cell("thread", leading(thread.number("Thread"), Action::Thread));
        let fixed = thread.number("Static");
        let text = if matches!(fixed, Ok(0)) { " (dynamic)" } else { " (static)" };
        let record = record.text(text).field("static", fixed);
        let record = match thread.number("Irp") {
            Ok(0) => record.field("irp", Field::Null),
            irp => record.text(", IRP: ").cell("irp", leading(irp, Action::Irp)),
        };
        match thread.number("Device") {
            Ok(0) => record.field("device", Field::Null),
            device => record.text(", DEVICE: ").cell("device", leading(device, Action::Device)),
        }
    })?;
    out.blank()
}
