//! One minifilter, one instance, one volume: all that the filter manager keeps of it.

use super::{LEVEL, address, frame_name, instance_line, object, untold};
use crate::command::show::device::leading;
use crate::command::show::maker;
use crate::command::show::missing::Missing;
use crate::command::show::processor::name;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Maker, Module, Scope};
use crate::kernel::{
    FilterInstance, FilterObject, FilterOperation, FilterVolume, MiniFilter, altitude_group,
};
use crate::output::{Action, Branch, Cell, Field, Record, Role, Structure};

/// `!fltkd.filter`
pub const FILTER: CommandSpec = CommandSpec {
    names: &["!fltkd.filter"],
    group: Group::Kernel,
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows a minifilter: its driver, its routines, which requests it sees and what it is called with",
    help: "The operations are those that the driver registered for: what is called before a request goes down and what when it \
           comes back. A routine that does not lie in the driver's own image is marked. The filter manager's symbols (FLTMGR) \
           are needed.\n\n\
           kd> !fltkd.filter ffffe584ec85c010\n\
           FLT_FILTER: ffffe584ec85c010 \"WdFilter\" \"328010\"\n   \
           FLT_OBJECT: ffffe584ec85c010  [02000000] Filter\n      \
           RundownRef               : 0x0000000000003730 (7064)\n      \
           PointerCount             : 0x0000000b",
    needs: Needs::Memory,
    ..CommandSpec::runs(filter)
};

/// `!fltkd.instance`
pub const INSTANCE: CommandSpec = CommandSpec {
    names: &["!fltkd.instance"],
    group: Group::Kernel,
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows a minifilter's instance: its filter, its volume, its altitude, its references",
    help: "The filter manager's symbols (FLTMGR) are needed.\n\n\
           kd> !fltkd.instance ffffcb0e0f1e04e0\n\
           FLT_INSTANCE: ffffcb0e0f1e04e0 \"bindflt Instance\" \"409800\"",
    needs: Needs::Memory,
    ..CommandSpec::runs(instance)
};

/// `!fltkd.volume`
pub const VOLUME: CommandSpec = CommandSpec {
    names: &["!fltkd.volume"],
    group: Group::Kernel,
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows a volume as the filter manager knows it: its file system, its devices, the minifilters on it by altitude",
    help: "A request to a file of the volume passes the instances in the order in which they are listed. The filter manager's \
           symbols (FLTMGR) are needed.\n\n\
           kd> !fltkd.volume ffffcb0e0f1c2010\n\
           FLT_VOLUME: ffffcb0e0f1c2010 \"\\Device\\HarddiskVolume3\"",
    needs: Needs::Memory,
    ..CommandSpec::runs(volume)
};

/// Columns of a label inside its indent.
const LABEL: usize = 24;

/// `   Frame                    : `
fn label(level: usize, text: &str) -> String {
    format!("{}{text:<LABEL$} : ", " ".repeat(level * LEVEL))
}

fn typed(args: &Args<'_>, context: &Context<'_>) -> Result<u64, CommandError> {
    context.evaluate_any(args.text)?.ok_or_else(|| CommandError::Syntax(args.name.to_owned()))
}

/// Refuses what is no object of that kind.
fn checked(
    object: &FilterObject<'_>,
    wanted: u64,
    what: &str,
    scope: &Scope<'_>,
) -> Result<(), CommandError> {
    match object.kind() {
        Ok(kind) if kind == wanted => Ok(()),
        Ok(_) => Err(CommandError::Missing(format!(
            "no {what} lies at {:016x}: the object there is of another kind, or none",
            object.address()
        ))),
        Err(why) => Err(untold(scope, why)),
    }
}

/// What all of its objects begin with.
fn common(record: Record, object: &FilterObject<'_>, kind: &str) -> Record {
    let references = object.references();
    let links = object.links();
    let record = record
        .line(" ".repeat(LEVEL))
        .label("FLT_OBJECT")
        .text(": ")
        .cell("object", address(object.address()))
        .text("  [")
        .cell("object_flags", Cell::new(object.flags().map(Field::Hex)).digits(8))
        .text(format!("] {kind}"))
        .labelled(
            label(2, "RundownRef"),
            "references",
            match &references {
                Ok((raw, count)) => Cell::new(*count).shown(format!("{raw:#018x} ({count})")),
                Err(why) => Cell::new(Field::from(why.clone())),
            },
        )
        .labelled(
            label(2, "PointerCount"),
            "pointers",
            match object.pointers() {
                Ok(count) => Cell::new(count).shown(format!("{count:#010x}")),
                Err(why) => Cell::new(Field::from(why)),
            },
        );
    pair(record.line(label(2, "PrimaryLink")), "link", links)
}

/// `[ffffe584ef4eba30-ffffe584ef6ea020]`
fn pair(record: Record, key: &'static str, links: Result<(u64, u64), Lack>) -> Record {
    let cell = |at: Result<u64, Lack>| Cell::new(at.map(Field::Address)).digits(16);
    let (next, last) = (links.clone().map(|(next, _)| next), links.map(|(_, last)| last));
    record
        .text("[")
        .cell(format!("{key}_next"), cell(next))
        .text("-")
        .cell(format!("{key}_previous"), cell(last))
        .text("]")
}

/// A value of flags with the names that symbols give its bits.
fn flags(record: Record, flags: Result<(u64, Vec<String>), Lack>) -> Record {
    match flags {
        Ok((value, names)) => record
            .text("[")
            .cell("flags", Cell::new(Field::Hex(value)).digits(8))
            .text("] ")
            .cell("flag_names", Cell::new(names.clone()).shown(names.join(" "))),
        Err(why) => record.cell("flags", Field::from(why)),
    }
}

fn altitude(record: Record, altitude: Result<String, Lack>) -> Record {
    let group = altitude.as_ref().ok().and_then(|altitude| altitude_group(altitude));
    let record = record.labelled(label(1, "Altitude"), "altitude", Cell::new(altitude));
    match group {
        Some(group) => record.text(" (").cell("altitude_group", group).text(")"),
        None => record.field("altitude_group", Field::Null),
    }
}

fn filter(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let at = typed(args, context)?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let filter = MiniFilter::at(&scope, at).map_err(|why| untold(&scope, why))?;
    checked(&filter.object(), FilterObject::FILTER, "minifilter", &scope)?;
    let owner = maker::of_driver(scope.target(), &filter.driver());
    let record = object("filter", Structure::MiniFilter, at, 0)
        .text(" \"")
        .cell("name", Cell::new(filter.name()).role(maker::role(owner.map(|(_, maker)| maker), Role::Text)))
        .text("\" \"")
        .show(Cell::new(filter.altitude()))
        .text("\"");
    let record = common(maker::whose(record, owner, true), &filter.object(), "Filter");
    let frame = filter.frame();
    let record =
        record.labelled(label(1, "Frame"), "frame_address", leading(filter.number("Frame"), Action::Memory));
    let record = match &frame {
        Ok(frame) => record.text(" ").cell("frame", frame_name(frame)),
        Err(_) => record,
    };
    let record = altitude(flags(record.line(label(1, "Flags")), filter.flags()), filter.altitude());
    let mut record = record.labelled(
        label(1, "DriverObject"),
        "driver",
        leading(filter.number("DriverObject"), Action::Driver),
    );
    for member in MiniFilter::ROUTINES {
        record = routine(record, &scope, owner, member, filter.number(member));
    }
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    let head = Record::new("operations").label(label(1, "Operations").trim_end());
    out.within(Branch::new(head), |out| {
        out.rows(filter.operations(), |operation| operated(&scope, owner, &operation))
    })?;
    let head = Record::new("instances").label(label(1, "Instances").trim_end());
    out.within(Branch::new(head), |out| {
        out.rows(filter.instances(), |instance| {
            let volume = instance.volume().and_then(|volume| volume.name());
            instance_line(&instance, 2).text("  ").cell("volume", volume)
        })
    })?;
    missing.say(out)
}

/// A routine of the driver with its name; one in another image is marked.
fn routine(
    record: Record,
    scope: &Scope<'_>,
    owner: Option<(&Module, Maker)>,
    member: &'static str,
    at: Result<u64, Lack>,
) -> Record {
    let named = name(scope.target(), &at);
    let mark = stranger(scope, owner, &at);
    let record = record
        .labelled(label(1, member), member, leading(at, Action::Code))
        .text(" ")
        .cell(format!("{member}_name"), named);
    if mark { record.role(Role::Warning, "  <- not in the driver's image") } else { record }
}

/// Whether code lies in another image than the driver's.
fn stranger(scope: &Scope<'_>, owner: Option<(&Module, Maker)>, at: &Result<u64, Lack>) -> bool {
    let (Some((own, _)), Ok(at)) = (owner, at) else { return false };
    *at != 0 && scope.target().modules().at(*at).is_none_or(|module| module.base != own.base)
}

/// `IRP_MJ_CREATE  WdFilter+0x1000  WdFilter+0x2000`
fn operated(scope: &Scope<'_>, owner: Option<(&Module, Maker)>, operation: &FilterOperation<'_>) -> Record {
    let (before, after) = (operation.before(), operation.after());
    let number = operation.major();
    let label = match operation.name() {
        Ok(Some(name)) => Cell::new(name),
        Ok(None) => Cell::new(number.clone().map(Field::Hex)),
        Err(why) => Cell::new(Field::from(why)),
    };
    let mark = stranger(scope, owner, &before) || stranger(scope, owner, &after);
    let code = |at: &Result<u64, Lack>| match name(scope.target(), at) {
        cell if matches!(cell.field(), Field::Null) => leading(at.clone(), Action::Code),
        cell => cell,
    };
    let record = Record::new("operation")
        .text(" ".repeat(2 * LEVEL))
        .cell("function", label.left(44))
        .text(" before ")
        .cell("before_name", code(&before))
        .field("before", before.map(Field::Address))
        .text("  after ")
        .cell("after_name", code(&after))
        .field("after", after.map(Field::Address))
        .field("major", number.map(Field::Hex))
        .field("flags", operation.flags().map(Field::Hex));
    if mark { record.role(Role::Warning, "  <- not in the driver's image") } else { record }
}

fn instance(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let at = typed(args, context)?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let instance = FilterInstance::at(&scope, at).map_err(|why| untold(&scope, why))?;
    checked(&instance.object(), FilterObject::INSTANCE, "instance of a minifilter", &scope)?;
    let record = common(instance_line(&instance, 0), &instance.object(), "Instance");
    let named = |record: Record, key: &'static str, name: Result<String, Lack>| {
        record.text(" \"").cell(key, Cell::new(name)).text("\"")
    };
    let filter = instance.filter();
    let owner = filter.as_ref().ok().and_then(|filter| maker::of_driver(scope.target(), &filter.driver()));
    let record = record.labelled(
        label(1, "Volume"),
        "volume",
        link(Structure::FilterVolume, instance.number("Volume")),
    );
    let record = named(record, "volume_name", instance.volume().and_then(|volume| volume.name()));
    let record =
        record.labelled(label(1, "Filter"), "filter", link(Structure::MiniFilter, instance.number("Filter")));
    let record =
        maker::whose(named(record, "filter_name", filter.and_then(|filter| filter.name())), owner, true);
    let record = altitude(flags(record.line(label(1, "Flags")), instance.flags()), instance.altitude());
    let record = pair(record.line(label(1, "FilterLink")), "filter_link", instance.filter_link());
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    missing.say(out)
}

fn link(kind: Structure, at: Result<u64, Lack>) -> Cell {
    leading(at, |at| Action::Structure(kind, at))
}

fn volume(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let at = typed(args, context)?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let volume = FilterVolume::at(&scope, at).map_err(|why| untold(&scope, why))?;
    checked(&volume.object(), FilterObject::VOLUME, "volume of the filter manager", &scope)?;
    let record = object("volume", Structure::FilterVolume, at, 0)
        .text(" \"")
        .cell("name", Cell::new(volume.name()))
        .text("\"");
    let record = common(record, &volume.object(), "Volume");
    let record = flags(record.line(label(1, "Flags")), volume.flags())
        .labelled(label(1, "FileSystemType"), "file_system", volume.file_system())
        .labelled(
            label(1, "DeviceObject"),
            "device",
            leading(volume.number("DeviceObject"), Action::DeviceStack),
        )
        .labelled(
            label(1, "DiskDeviceObject"),
            "disk_device",
            leading(volume.number("DiskDeviceObject"), Action::DeviceStack),
        )
        .labelled(label(1, "Frame"), "frame", leading(volume.number("Frame"), Action::Memory))
        .labelled(label(1, "GuidName"), "guid_name", volume.text("GuidName"))
        .labelled(label(1, "CDODeviceName"), "control_device", volume.text("CDODeviceName"))
        .labelled(label(1, "CDODriverName"), "control_driver", volume.text("CDODriverName"));
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    let head = Record::new("instances").label(label(1, "Instances").trim_end());
    out.within(Branch::new(head), |out| {
        out.rows(volume.instances(), |instance| {
            let filter = instance.filter();
            let owner =
                filter.as_ref().ok().and_then(|filter| maker::of_driver(scope.target(), &filter.driver()));
            let group = instance.altitude().ok().and_then(|altitude| altitude_group(&altitude));
            let record = maker::whose(instance_line(&instance, 2), owner, true);
            match group {
                Some(group) => record.text("  ").cell("altitude_group", Cell::new(group).role(Role::Dim)),
                None => record,
            }
        })
    })?;
    missing.say(out)
}
