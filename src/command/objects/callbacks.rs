//! `!callbacks`: the routines that drivers ask Windows to call, and whose they are.

use crate::command::line::Out;
use crate::command::show::callback_kind::WORDS;
use crate::command::show::maker;
use crate::command::show::missing::Missing;
use crate::command::show::processor::name_or_address;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Maker, Scope};
use crate::kernel::callback::Detail;
use crate::kernel::{Callback, CallbackKind, DeviceObject, DriverObject};
use crate::output::{Action, Cell, Column, Field, Record, Role, Table};

/// `!callbacks`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!callbacks"],
    group: Group::Kernel,
    arguments: &[Argument::new("[KIND]", Expects::Word(&WORDS))],
    summary: "Shows the routines that drivers have Windows call: for processes, images, the registry, crashes",
    help: "KIND is process, thread or image (they come and go), registry, object (handles to processes, threads and \
           desktops), bugcheck and reason (the system crashes), nmi, shutdown and lastshutdown, filesystem (one is \
           registered), or named (callback objects, such as \\Callback\\PowerState); all without it. Of each: the record \
           that registers it, the routine, the context that it is given (of bugcheck, the driver's buffer), and what \
           else the record tells: an altitude, a device, what the driver calls itself. `*` marks a routine of a module that \
           did not come with Windows, `!` one outside all loaded modules, with the unloaded one that lay there.\n\n\
           The kernel's symbols tell where most lists are; without them only object, bugcheck and named can be known. \
           Triage dumps rarely hold any. Windows' records of power settings have a form that no public symbols tell: \
           they are not shown.\n\n\
           kd> !callbacks process\n\
           Process: 2\n  \
           ffffc08be40f4740 cng!CngCreateProcessNotifyRoutine 0000000000000000\n\
           * ffffc08be4ae1230 wlanflt+0x1f92                     0000000000000006",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let asked = args.text.trim();
    let kinds: Vec<(CallbackKind, &str)> = CallbackKind::ALL.into_iter().zip(WORDS).collect();
    let asked: Vec<_> = match asked {
        "" => kinds,
        word => kinds.into_iter().filter(|(_, known)| known.eq_ignore_ascii_case(word)).collect(),
    };
    if asked.is_empty() {
        return Err(CommandError::Argument(format!(
            "'{}' is none of {}",
            args.text.trim(),
            WORDS.join(", ")
        )));
    }
    let scope = context.session.scope();
    let only = asked.len() == 1;
    for (kind, word) in asked {
        match Callback::all(&scope, kind) {
            Ok(found) => show(&scope, kind, word, found, &mut context.out)?,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) if only => return Err(why.into()),
            Err(why) => context.out.emit(
                Record::new("callbacks")
                    .field("kind", word)
                    .label(title(kind))
                    .text(": ")
                    .role(Role::Dim, format!("not known: {why}"))
                    .field("routines", Field::unreadable(why.to_string())),
            )?,
        }
    }
    Ok(())
}

/// What a kind is called above its rows.
fn title(kind: CallbackKind) -> &'static str {
    match kind {
        CallbackKind::Process => "Process",
        CallbackKind::Thread => "Thread",
        CallbackKind::Image => "Image",
        CallbackKind::Registry => "Registry",
        CallbackKind::Object => "Handles to objects",
        CallbackKind::BugCheck => "Bug check",
        CallbackKind::BugCheckReason => "Bug check, with a reason",
        CallbackKind::Nmi => "NMI",
        CallbackKind::Shutdown => "Shutdown",
        CallbackKind::LastShutdown => "Last chance at shutdown",
        CallbackKind::FileSystem => "File system registered",
        CallbackKind::Named => "Named",
    }
}

fn show(
    scope: &Scope<'_>,
    kind: CallbackKind,
    word: &str,
    found: Vec<Result<Callback, Lack>>,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let mut missing = Missing::default();
    let mut callbacks = Vec::new();
    for callback in found {
        match callback {
            Ok(callback) => callbacks.push(callback),
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => missing.add(&why.to_string()),
        }
    }
    let count = callbacks.len() as u64;
    let head = Record::new("callbacks").field("kind", word).label(title(kind)).text(": ");
    let head = match (count, missing.is_empty()) {
        (0, true) => head.cell("count", Cell::new(count).shown("none")),
        (0, false) => head.cell("count", Cell::new(Field::unreadable("not readable")).mark("none is known")),
        (_, true) => head.cell("count", count),
        (_, false) => head.cell("count", count).text(" and more that are not known"),
    };
    out.emit(head)?;
    let columns = [
        Column::left("outside", "", 1),
        Column::left("record", "Record", 16),
        Column::left("name", "Routine", 28),
        Column::left("context", "Context", 16),
        Column::left("detail", "", 0),
    ];
    let rows: Vec<Vec<Cell>> = callbacks.iter().map(|callback| cells(scope, callback)).collect();
    let table = Table::new("callback", &columns).bare().fitted(&rows).bare();
    out.within(table.clone(), |out| {
        callbacks.iter().zip(rows).try_for_each(|(callback, cells)| {
            let module = scope.target().modules().at(callback.routine);
            let row = table.row(cells).field("kind", word).field("routine", Field::Address(callback.routine));
            let row = row
                .field("module", module.map(|module| module.name.as_str()))
                .field("maker", maker_of(scope, callback).map(maker::word))
                .field("unloaded", unloaded(scope, callback));
            out.emit(facts(row, callback))
        })
    })?;
    missing.say(out)
}

/// Who made the module that a routine lies in.
fn maker_of(scope: &Scope<'_>, callback: &Callback) -> Option<Maker> {
    let target = scope.target();
    Some(target.origin(target.modules().at(callback.routine)?).maker)
}

/// The unloaded module, unloaded last, that a routine in no loaded one lay in.
fn unloaded<'t>(scope: &Scope<'t>, callback: &Callback) -> Option<&'t str> {
    let target = scope.target();
    let is_loaded = target.modules().at(callback.routine).is_some();
    let mut gone =
        target.unloaded().iter().filter(|module| (module.start..module.end).contains(&callback.routine));
    gone.next().filter(|_| !is_loaded).map(|module| module.name.as_str())
}

/// What a row shows of a callback.
fn cells(scope: &Scope<'_>, callback: &Callback) -> Vec<Cell> {
    let maker = maker_of(scope, callback);
    let mark = match maker {
        None => "!",
        Some(Maker::ThirdParty) => "*",
        Some(_) => " ",
    };
    let mut cells = vec![
        Cell::new(maker.is_none()).shown(mark).role(Role::Warning),
        Cell::new(Field::Address(callback.record)).digits(16).link(Action::Memory(callback.record)),
        name_or_address(scope.target(), &Ok(callback.routine)).role(maker::role(maker, Role::Symbol)),
        Cell::new(callback.context.map(Field::Address)).digits(16),
    ];
    let detail = callback.detail.as_ref().map(|known| detail(scope, known));
    match (detail, unloaded(scope, callback)) {
        // Nothing is called there any more: that says more than the rest, which JSON still has.
        (_, Some(name)) => cells.push(Cell::new(format!("in unloaded {name}")).role(Role::Warning)),
        (detail, None) => cells.extend(detail),
    }
    cells
}

/// What else is known of it, in a few words.
fn detail(scope: &Scope<'_>, detail: &Detail) -> Cell {
    let text = match detail {
        Detail::Altitude(altitude) => altitude.clone(),
        Detail::Operation { object, before, altitude } => {
            let when = if *before { "before" } else { "after" };
            format!("{object} {when} {}", altitude.as_deref().unwrap_or_default())
        }
        Detail::Component { name, reason } => {
            let reason = reason.map(reason_text);
            [name.clone(), reason].into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        Detail::Device(at) => {
            let driver = DeviceObject::at(scope, *at).and_then(|device| device.driver_name());
            return Cell::new(driver).link(Action::Device(*at));
        }
        Detail::Driver(at) => {
            let name = DriverObject::at(scope, *at).and_then(|driver| driver.name());
            return Cell::new(name).link(Action::object("nt!_DRIVER_OBJECT", *at));
        }
        Detail::Name(name) => name.clone(),
    };
    Cell::new(text.trim_end())
}

/// The same, apart.
fn facts(row: Record, callback: &Callback) -> Record {
    match &callback.detail {
        None => row,
        Some(Detail::Altitude(altitude)) => row.field("altitude", altitude.as_str()),
        Some(Detail::Operation { object, before, altitude }) => row
            .field("object_type", object.as_str())
            .field("before", *before)
            .field("altitude", altitude.as_deref()),
        Some(Detail::Component { name, reason }) => {
            row.field("component", name.as_deref()).field("reason", *reason)
        }
        Some(Detail::Device(at)) => row.field("device", Field::Address(*at)),
        Some(Detail::Driver(at)) => row.field("driver", Field::Address(*at)),
        Some(Detail::Name(name)) => row.field("callback", name.as_str()),
    }
}

/// KBUGCHECK_CALLBACK_REASON of wdm.h.
fn reason_text(reason: u64) -> String {
    let known = match reason {
        1 => "reserved",
        2 => "secondary data",
        3 => "dump written",
        4 => "adds pages",
        5 => "several secondary data",
        6 => "removes pages",
        7 => "triage data",
        _ => return format!("reason {reason}"),
    };
    known.to_owned()
}
