//! `.fnent`: a function's entry in its module's function table, with the unwind data.

use super::fnent_arm64;
use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::dump::Machine;
use crate::output::{Field, Line, Record};
use crate::unwind::{
    FunctionEntry, GENERAL_NAMES, Lookup, Operation, TargetHost, UnwindHost, UnwindInfo, resolve_entry,
};
use crate::util::hex;

/// `.fnent`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".fnent"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Code,
    usage: "ADDRESS",
    summary: "Shows the function table entry and unwind data of a function",
    help: "What the stack commands go by: the function's bounds, its prolog's operations (last one first), its chained \
           entry and its handler. For ARM64 the codes are shown as the instructions that they undo. It needs the module's function table, in the dump or from an image (-i).",
    needs: Needs::Memory,
    run,
};

/// Chained entries that are shown.
const MAX_CHAIN: usize = 8;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address = context.evaluate(args.text)?;
    let name = context.symbol_text(address).unwrap_or_else(|| hex::short_tick(address));
    let host = TargetHost::new(&context.session.target, None);
    let entry = find(address, &host, context.session.target.machine())?;
    if context.session.target.machine() == Machine::Arm64 {
        let record = fnent_arm64::show(&host, &entry, title(&name));
        return context.emit(record.map_err(|error| CommandError::Missing(error.to_string()))?);
    }
    let (entries, infos) = chain(entry, &host)?;
    for (index, (entry, info)) in entries.iter().zip(&infos).enumerate() {
        if index > 0 {
            context.emit(Line::of("Chained to"))?;
        }
        let record = show(entry, info, if index == 0 { Some(&name) } else { None });
        context.emit(record)?;
    }
    Ok(())
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

/// A record that begins with the function's name.
fn title(name: &str) -> Record {
    Record::new("function_entry")
        .line(Line::of(format!("Debugger function entry for {name}:")))
        .line(Line::new())
}

fn show(entry: &FunctionEntry, info: &UnwindInfo, name: Option<&str>) -> Record {
    let mut record = name
        .map_or_else(|| Record::new("function_entry"), title)
        .field("begin", Field::Hex(entry.begin_va()))
        .field("end", Field::Hex(entry.end_va()))
        .field("unwind_info", Field::Hex(info.address))
        .field("version", u64::from(info.version))
        .field("flags", Field::Hex(u64::from(info.flags)))
        .field("prolog", Field::Hex(u64::from(info.prolog_size)));
    for (label, value) in [
        ("BeginAddress     ", u64::from(entry.begin)),
        ("EndAddress       ", u64::from(entry.end)),
        ("UnwindInfoAddress", u64::from(entry.unwind)),
    ] {
        record = record.line(Line::new().label(format!("{label} = ")).value(hex::tick(value)));
    }
    let size = 4 + 2 * (u64::from(info.slots) + u64::from(info.slots & 1));
    record = record
        .line(Line::new())
        .line(Line::of("Unwind info at ").address(info.address).text(format!(", {size:x} bytes")))
        .line(Line::of(format!(
            "  version {}, flags {:x}, prolog {:x}, codes {:x}",
            info.version, info.flags, info.prolog_size, info.slots
        )));
    if let Some(register) = info.frame_register {
        let name = register_name(register);
        record = record.line(Line::of(format!(
            "  frame register {register:x} ({name}), frame offset {:x}",
            info.frame_offset
        )));
    }
    if let Some(handler) = info.handler {
        record = record
            .line(Line::of("  handler routine: ").address(entry.image_base.wrapping_add(u64::from(handler))));
    }
    let mut texts = Vec::new();
    for (index, code) in info.codes().enumerate() {
        let text = match code {
            Ok(code) => format!("  {index:02x}: offs {:x}, {}", code.offset, operation(code.operation)),
            Err(error) => format!("  {index:02x}: {error}"),
        };
        record = record.line(Line::of(&text));
        texts.push(text.trim().to_owned());
    }
    record.field("codes", texts)
}

fn register_name(register: u8) -> &'static str {
    GENERAL_NAMES.get(usize::from(register)).copied().unwrap_or("?")
}

fn operation(operation: Operation) -> String {
    match operation {
        Operation::Push(register) => format!("UWOP_PUSH_NONVOL {}", register_name(register)),
        Operation::Allocate(size) if size <= 0x80 => format!("UWOP_ALLOC_SMALL {size:x}"),
        Operation::Allocate(size) => format!("UWOP_ALLOC_LARGE {size:x}"),
        Operation::SetFrameRegister => "UWOP_SET_FPREG".to_owned(),
        Operation::Save { register, offset } => {
            format!("UWOP_SAVE_NONVOL {} at {offset:x}", register_name(register))
        }
        Operation::SaveXmm { register, offset } => format!("UWOP_SAVE_XMM128 xmm{register} at {offset:x}"),
        Operation::SaveXmmLow { register, offset } => format!("UWOP_SAVE_XMM xmm{register} at {offset:x}"),
        Operation::Epilog { value, info } => {
            format!("UWOP_EPILOG {:x}", u32::from(info) << 8 | u32::from(value))
        }
        Operation::Spare => "UWOP_SPARE_CODE".to_owned(),
        Operation::MachineFrame { error_code: true } => "UWOP_PUSH_MACHFRAME with error code".to_owned(),
        Operation::MachineFrame { error_code: false } => "UWOP_PUSH_MACHFRAME".to_owned(),
    }
}
