//! `.fnent`: a function's entry in its module's function table, with the unwind data.

use super::fnent_arm64;
use super::heading::entry_row;
use crate::command::symbols::ln;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Target;
use crate::dump::Machine;
use crate::memory::Memory;
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::symbols::pe::Directory;
use crate::unwind::{
    FunctionEntry, GENERAL_NAMES, Lookup, Operation, TargetHost, UnwindHost, UnwindInfo, resolve_entry,
};
use crate::util::hex;
use std::cmp::Ordering;

/// `.fnent`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".fnent"],
    group: Group::Code,
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows the function table entry and unwind data of a function",
    help: "What the stack commands go by: the function's bounds, its prolog's operations (last one first), its chained \
           entry and its handler. For ARM64 the codes are shown as the instructions that they undo. It needs the module's function table, in the dump or from an image (-i).",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Chained entries that are shown.
const MAX_CHAIN: usize = 8;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address = context.evaluate(args.text)?;
    let target = &context.session.target;
    let host = TargetHost::new(target, None);
    let entry = find(address, &host, target.machine())?;
    let title = title(address, &entry, target);
    if target.machine() == Machine::Arm64 {
        let record = fnent_arm64::show(&host, &entry, title);
        return context.out.emit(record.map_err(|error| CommandError::Missing(error.to_string()))?);
    }
    let (entries, infos) = chain(entry, &host)?;
    let mut records = Vec::new();
    for (index, (entry, info)) in entries.iter().zip(&infos).enumerate() {
        let record = match index {
            0 => title.clone(),
            _ => Record::new("function_entry").line(Line::new()).line(Line::of("Chained info:")),
        };
        records.push(show(entry, info, record, context));
    }
    records.into_iter().try_for_each(|record| context.out.emit(record))
}

type Found = (Vec<FunctionEntry>, Vec<UnwindInfo>);

/// The entry of the function table for an address.
fn find(address: u64, host: &TargetHost<'_>, machine: Machine) -> Result<FunctionEntry, CommandError> {
    let missing =
        |what: &str| CommandError::Missing(format!("No function entry for {}: {what}", hex::tick(address)));
    match host.function_entry(address) {
        Lookup::Entry(entry) => Ok(entry),
        Lookup::Leaf if machine == Machine::I386 => Err(missing("x86 images have no function table")),
        Lookup::Leaf => Err(missing("a leaf function, or no code")),
        Lookup::NoData => {
            Err(missing("its module's function table is not in the dump; give the image with -i"))
        }
        Lookup::NoModule => Err(missing("it lies in no module")),
    }
}

/// An x64 entry with those that it is chained to.
fn chain(mut entry: FunctionEntry, host: &TargetHost<'_>) -> Result<Found, CommandError> {
    let (mut entries, mut infos) = (Vec::new(), Vec::new());
    let failed = |error: crate::unwind::UnwindError| CommandError::Missing(error.to_string());
    for _ in 0..MAX_CHAIN {
        entry = resolve_entry(host, entry).map_err(failed)?;
        let info = UnwindInfo::read(host, &entry).map_err(failed)?;
        let chained = info.chained;
        entries.push(entry);
        infos.push(info);
        match chained {
            Some(parent) => entry = parent,
            None => break,
        }
    }
    Ok((entries, infos))
}

/// A record that begins with where the entry stands in its table, and the function's name.
fn title(address: u64, entry: &FunctionEntry, target: &Target) -> Record {
    let place = Cell::new(place_in_table(entry, target).map(Field::Address));
    let record = Record::new("function_entry")
        .text("Debugger function entry ")
        .cell("entry", place.absent("????????`????????"))
        .text(" for:")
        .line(Line::new());
    let record = match target.modules().at(address) {
        Some(module) => ln::nearest(record, target, module, address),
        None => record,
    };
    record.line(Line::new())
}

/// The address of an entry in its module's function table, which is sorted by where functions begin.
fn place_in_table(entry: &FunctionEntry, target: &Target) -> Option<u64> {
    let module = target.modules().at(entry.image_base)?;
    let image = target.image(module).ok()?;
    let directory = image.headers().directory(Directory::Exception)?;
    let size = if target.machine() == Machine::Arm64 { 8 } else { 12 };
    let table = entry.image_base.checked_add(u64::from(directory.rva))?;
    let (mut low, mut high) = (0, u64::from(directory.size) / size);
    while low < high {
        let middle = low + (high - low) / 2;
        let at = table.checked_add(middle * size)?;
        match target.memory().u32(at).ok()?.cmp(&entry.begin) {
            Ordering::Equal => return Some(at),
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
        }
    }
    None
}

fn show(entry: &FunctionEntry, info: &UnwindInfo, record: Record, context: &Context<'_>) -> Record {
    let rows = [
        ("begin", "BeginAddress     ", entry.begin_va(), entry.begin),
        ("end", "EndAddress       ", entry.end_va(), entry.end),
        (
            "entry_unwind_info",
            "UnwindInfoAddress",
            entry.image_base.wrapping_add(entry.unwind.into()),
            entry.unwind,
        ),
    ];
    let record = rows
        .into_iter()
        .fold(record, |record, (key, label, address, rva)| entry_row(record, key, label, address, rva));
    let behind = match (info.chained, info.handler) {
        (Some(_), _) => 12,
        (None, Some(_)) => 4,
        (None, None) => 0,
    };
    let size = 4 + 2 * u64::from(info.slots) + behind;
    let text = |value: Field| Cell::new(value).role(Role::Text);
    let mut record = record
        .line(Line::new())
        .line("Unwind info at ")
        .cell("unwind_info", Cell::new(Field::Address(info.address)))
        .text(", ")
        .cell("size", text(Field::Hex(size)))
        .text(" bytes")
        .line("  version ")
        .cell("version", text(u64::from(info.version).into()))
        .text(", flags ")
        .cell("flags", text(Field::Hex(info.flags.into())))
        .text(", prolog ")
        .cell("prolog", text(Field::Hex(info.prolog_size.into())))
        .text(", codes ")
        .cell("slots", text(Field::Hex(info.slots.into())));
    if let Some(register) = info.frame_register {
        record = record
            .line("  frame reg ")
            .cell("frame_register", text(Field::Hex(register.into())))
            .text(" (")
            .cell("frame_register_name", register_name(register))
            .text("), frame offs ")
            .cell("frame_offset", text(Field::Hex(info.frame_offset.into())));
    }
    if let Some(handler) = info.handler {
        record = with_handler(record, entry.image_base.wrapping_add(u64::from(handler)), info, context);
    }
    let mut epilogs = 0;
    let codes: Vec<Cell> = info
        .codes()
        .map(|code| match code {
            Ok(code) => {
                epilogs += usize::from(matches!(code.operation, Operation::Epilog { .. }));
                Cell::new(format!(
                    "{:02x}: offs {:x}, unwind op {:x}, op info {:x} {}",
                    code.slot,
                    code.offset,
                    code.number,
                    code.info,
                    operation(code.operation, epilogs == 1, entry)
                ))
            }
            Err(error) => Cell::new(error.to_string()),
        })
        .collect();
    record.column("codes", 2, codes)
}

/// Adds `  handler routine: drv!Handler+0x18 (00000001`c0151988), data 80`: the first four bytes of the handler's data.
fn with_handler(record: Record, handler: u64, info: &UnwindInfo, context: &Context<'_>) -> Record {
    let name = context.symbol_text(handler).unwrap_or_else(|| hex::tick(handler));
    let codes = 2 * (u64::from(info.slots) + u64::from(info.slots & 1));
    let data = context.session.target.memory().u32(info.address.wrapping_add(4 + codes + 4));
    let data = data.map_or_else(|why| Field::unreadable(why.to_string()), |data| Field::Hex(data.into()));
    record
        .line("  handler routine: ")
        .cell("handler_name", Cell::new(name).role(Role::Symbol).link(Action::Code(handler)))
        .text(" (")
        .cell("handler", Cell::new(Field::Address(handler)))
        .text("), data ")
        .cell("handler_data", Cell::new(data))
}

fn register_name(register: u8) -> &'static str {
    GENERAL_NAMES.get(usize::from(register)).copied().unwrap_or("?")
}

/// An operation in the debugger's words. The first record for epilogs is about all of them, each other one about where
/// one begins.
fn operation(operation: Operation, first_epilog: bool, entry: &FunctionEntry) -> String {
    match operation {
        Operation::Push(register) => format!("UWOP_PUSH_NONVOL reg: {}.", register_name(register)),
        Operation::Allocate(size) if size <= 0x80 => "UWOP_ALLOC_SMALL.".to_owned(),
        Operation::Allocate(size) => format!("UWOP_ALLOC_LARGE FrameOffset: {size:x}."),
        Operation::SetFrameRegister => "UWOP_SET_FPREG.".to_owned(),
        Operation::Save { register, offset } => {
            format!("UWOP_SAVE_NONVOL FrameOffset: {offset:x} reg: {}.", register_name(register))
        }
        Operation::SaveXmm { register, offset } => {
            format!("UWOP_SAVE_XMM128 FrameOffset: {offset:x} reg: xmm{register}.")
        }
        Operation::SaveXmmLow { register, offset } => {
            format!("UWOP_SAVE_XMM FrameOffset: {offset:x} reg: xmm{register}.")
        }
        Operation::Epilog { value, info } if first_epilog => {
            format!("UWOP_EPILOG Length: {value:x}. Flags: {info:x}")
        }
        Operation::Epilog { value, info } => {
            let distance = u64::from(info) << 8 | u64::from(value);
            let begin = entry.end_va().wrapping_sub(distance);
            format!("UWOP_EPILOG Offset from end: {distance:x} ({begin:016X})")
        }
        Operation::Spare => "UWOP_SPARE_CODE.".to_owned(),
        Operation::MachineFrame { .. } => "UWOP_PUSH_MACHFRAME.".to_owned(),
    }
}
