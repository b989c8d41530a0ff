//! `!fltkd.filters`, `!fltkd.frames`, `!fltkd.volumes`, `!fltkd.instances`: minifilters, and where they stand.

pub mod detail;

use crate::command::line::Out;
use crate::command::show::{driver_symbols, maker};
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{FilterFrame, FilterInstance, FilterVolume, MiniFilter, altitude_group};
use crate::output::{Action, Branch, Cell, Column, Field, Record, Role, Structure, Table};

/// `!fltkd.filters`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!fltkd.filters", "!filters"],
    group: Group::Kernel,
    summary: "Shows the minifilters by altitude, with their instances, and which are not Windows' own",
    help: "A request to a file passes the minifilters from the highest altitude down. The filter manager's symbols (FLTMGR) \
           are needed.\n\n\
           kd> !fltkd.filters\n\n\
           Filter List: ffffcb0e0b3a50d0 \"Frame 0\"\n   \
           FLT_FILTER: ffffcb0e0b386010 \"bindflt\" \"409800\"\n      \
           FLT_INSTANCE: ffffcb0e0f1e04e0 \"bindflt Instance\" \"409800\"",
    needs: Needs::Memory,
    ..CommandSpec::runs(filters)
};

/// `!fltkd.frames`
pub const FRAMES: CommandSpec = CommandSpec {
    names: &["!fltkd.frames", "!frames"],
    group: Group::Kernel,
    summary: "Shows the filter manager's frames, each a range of altitudes, with their minifilters",
    help: "There is one frame, unless old filter drivers stand between minifilters. The filter manager's symbols (FLTMGR) are \
           needed.\n\n\
           kd> !fltkd.frames\n\n\
           Frame List: fffff8050fcbb780\n   \
           FLTP_FRAME: ffffcb0e0b3a5020 \"Frame 0\" \"0 to 409800\"",
    needs: Needs::Memory,
    ..CommandSpec::runs(frames)
};

/// `!fltkd.volumes`
pub const VOLUMES: CommandSpec = CommandSpec {
    names: &["!fltkd.volumes", "!volumes"],
    group: Group::Kernel,
    summary: "Shows the volumes that the filter manager is attached to, with the minifilters on each",
    help: "The filter manager's symbols (FLTMGR) are needed.\n\n\
           kd> !fltkd.volumes\n\n\
           Volume List: ffffcb0e0b3a5150 \"Frame 0\"\n   \
           FLT_VOLUME: ffffcb0e0f1c2010 \"\\Device\\HarddiskVolume3\"\n      \
           FLT_INSTANCE: ffffcb0e0f1e04e0 \"bindflt Instance\" \"409800\"",
    needs: Needs::Memory,
    ..CommandSpec::runs(volumes)
};

/// `!fltkd.instances`
pub const INSTANCES: CommandSpec = CommandSpec {
    names: &["!fltkd.instances", "!instances"],
    group: Group::Kernel,
    summary: "Shows the minifilters' instances by volume, from the highest altitude down, and what a filter of that altitude is for",
    help: "The purpose is the load order group that Microsoft gives to the altitude; a filter can stand at an altitude that is \
           not its own. The filter manager's symbols (FLTMGR) are needed.\n\n\
           kd> !fltkd.instances\n\
           Instance         Altitude Filter           Volume                            Group\n\
           ffffcb0e0bb5fa80 328010   WdFilter         \\Device\\HarddiskVolume3           FSFilter Anti-Virus",
    needs: Needs::Memory,
    ..CommandSpec::runs(instances)
};

/// Blanks a level.
const LEVEL: usize = 3;

fn filters(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let (_, frames) = FilterFrame::all(&scope).map_err(|why| untold(&scope, why))?;
    each(frames, out, |frame, out| {
        let (list, filters) = frame.filters()?;
        out.blank()?;
        out.within(Branch::new(list_of("filter_list", "Filter List: ", list, &frame)), |out| {
            each(filters, out, |filter, out| show_filter(&scope, &filter, 1, out))
        })
    })
}

fn frames(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let (list, frames) = FilterFrame::all(&scope).map_err(|why| untold(&scope, why))?;
    out.blank()?;
    let head = Record::new("frame_list").text("Frame List: ").cell("list", address(list)).text(" ");
    out.within(Branch::new(head), |out| {
        each(frames, out, |frame, out| {
            let (low, high) = frame.altitudes();
            let head = headed(
                "frame",
                "FLTP_FRAME",
                Action::object("FLTMGR!_FLTP_FRAME", frame.address()),
                frame.address(),
                1,
            )
            .text(" ")
            .cell("id", frame_name(&frame))
            .text(" \"")
            .cell("low", Cell::new(low))
            .text(" to ")
            .cell("high", Cell::new(high))
            .text("\"");
            out.within(Branch::new(head), |out| {
                each(frame.filters()?.1, out, |filter, out| show_filter(&scope, &filter, 2, out))
            })
        })
    })
}

fn volumes(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let (_, frames) = FilterFrame::all(&scope).map_err(|why| untold(&scope, why))?;
    each(frames, out, |frame, out| {
        let (list, volumes) = frame.volumes()?;
        out.blank()?;
        out.within(Branch::new(list_of("volume_list", "Volume List: ", list, &frame)), |out| {
            each(volumes, out, |volume: FilterVolume<'_>, out| {
                let head = object("volume", Structure::FilterVolume, volume.address(), 1)
                    .text(" \"")
                    .cell("name", Cell::new(volume.name()))
                    .text("\"");
                out.within(Branch::new(head), |out| {
                    out.rows(volume.instances(), |found| instance_line(&found, 2))
                })
            })
        })
    })
}

const COLUMNS: [Column; 5] = [
    Column::left("address", "Instance", 16),
    Column::left("altitude", "Altitude", 8),
    Column::left("filter", "Filter", 16),
    Column::left("volume", "Volume", 33),
    Column::left("altitude_group", "Group", 5),
];

fn instances(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let (_, frames) = FilterFrame::all(&scope).map_err(|why| untold(&scope, why))?;
    let table = Table::new("instance", &COLUMNS);
    out.within(table.clone(), |out| {
        each(frames, out, |frame, out| {
            each(frame.volumes()?.1, out, |volume, out| {
                out.rows(volume.instances(), |found| {
                    let filter = found.filter();
                    let owner = filter
                        .as_ref()
                        .ok()
                        .and_then(|filter| maker::of_driver(scope.target(), &filter.driver()));
                    let role = maker::role(owner.map(|(_, maker)| maker), Role::Text);
                    let altitude = found.altitude();
                    let group = altitude.as_ref().ok().and_then(|altitude| altitude_group(altitude));
                    let link = Action::Structure(Structure::FilterInstance, found.address());
                    let name = Cell::new(filter.and_then(|filter| filter.name())).role(role);
                    let row = table.row([
                        address(found.address()).link(link),
                        Cell::new(altitude),
                        name,
                        Cell::new(volume.name())
                            .link(Action::Structure(Structure::FilterVolume, volume.address())),
                        Cell::new(group),
                    ]);
                    maker::whose(row, owner, true)
                })
            })
        })
    })
}

/// Shows each element of a list, and why where one is not known.
fn each<T>(
    elements: impl IntoIterator<Item = Result<T, Lack>>,
    out: &mut Out<'_>,
    mut show: impl FnMut(T, &mut Out<'_>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    elements.into_iter().try_for_each(|element| match element {
        Ok(element) => show(element, out),
        Err(why) => out.lacking(why),
    })
}

fn address(at: u64) -> Cell {
    Cell::new(Field::Address(at)).digits(16)
}

/// `FLT_FILTER: ffffcb0e0b386010`
fn object(kind: &'static str, structure: Structure, at: u64, level: usize) -> Record {
    let label = match structure {
        Structure::FilterInstance => "FLT_INSTANCE",
        Structure::FilterVolume => "FLT_VOLUME",
        _ => "FLT_FILTER",
    };
    headed(kind, label, Action::Structure(structure, at), at, level)
}

fn headed(kind: &'static str, label: &str, link: Action, at: u64, level: usize) -> Record {
    Record::new(kind)
        .text(" ".repeat(level * LEVEL))
        .label(label)
        .text(": ")
        .cell("address", address(at).link(link))
}

/// Why nothing of the filter manager can be shown.
fn untold(scope: &Scope<'_>, why: Lack) -> CommandError {
    driver_symbols::untold(scope, "FLTMGR", why)
}

/// `"Frame 0"`
fn frame_name(frame: &FilterFrame<'_>) -> Cell {
    let id = frame.id();
    let text = id.as_ref().map_or(String::new(), |id| format!("\"Frame {id}\""));
    Cell::new(id).shown(text)
}

fn list_of(kind: &'static str, label: &str, list: u64, frame: &FilterFrame<'_>) -> Record {
    Record::new(kind)
        .label(label)
        .cell("list", address(list))
        .text(" ")
        .cell("frame", frame_name(frame))
        .text(" ")
}

fn show_filter(
    scope: &Scope<'_>,
    filter: &MiniFilter<'_>,
    level: usize,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let target = scope.target();
    let owner = maker::of_driver(target, &filter.driver());
    let maker = owner.map(|(_, maker)| maker);
    let head = object("filter", Structure::MiniFilter, filter.address(), level)
        .text(" \"")
        .cell("name", Cell::new(filter.name()).role(maker::role(maker, Role::Text)))
        .text("\" \"")
        .cell("altitude", Cell::new(filter.altitude()))
        .text("\"");
    let head = maker::whose(head, owner, false);
    out.within(Branch::new(head), |out| {
        out.rows(filter.instances(), |found| instance_line(&found, level + 1))
    })
}

/// `FLT_INSTANCE: ffffcb0e0f1e04e0 "bindflt Instance" "409800"`
fn instance_line(found: &FilterInstance<'_>, level: usize) -> Record {
    object("instance", Structure::FilterInstance, found.address(), level)
        .text(" \"")
        .cell("name", Cell::new(found.name()))
        .text("\" \"")
        .cell("altitude", Cell::new(found.altitude()))
        .text("\"")
}
