//! A set of registers as text: the block that `r`, `.cxr` and `.trap` print.

use super::code_name::stands_in;
use super::disassembly::{instruction_line, operand_note};
use crate::command::{CommandError, Context};
use crate::debuggee::RegisterContext;
use crate::dump::Machine;
use crate::output::{Action, Field, Line, Record, Role};
use crate::util::hex;

/// The rows of the x64 block.
const AMD64_ROWS: [&[&str]; 6] = [
    &["rax", "rbx", "rcx"],
    &["rdx", "rsi", "rdi"],
    &["rip", "rsp", "rbp"],
    &["r8", "r9", "r10"],
    &["r11", "r12", "r13"],
    &["r14", "r15"],
];

/// Whether the selectors belong to the block: a trap frame does not hold them all, so `.trap` leaves the line out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segments {
    /// The line stands.
    Shown,
    /// The line is left out.
    Hidden,
}

/// A context's registers and the instruction it stands at, with what its memory operand holds.
///
/// # Errors
/// As [`Out::emit`](crate::command::line::Out::emit).
pub fn show(
    registers: &RegisterContext,
    segments: Segments,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let lost = context.session.lost_registers();
    context.out.emit(block(registers, segments, &lost))?;
    let ip = registers.ip();
    if let Some(name) = stands_in(ip, context) {
        context.out.emit(Line::new().link(Role::Symbol, name, Action::Code(ip)).text(":"))?;
    }
    let line = Line::of(selector(registers)).append(instruction_line(context, ip));
    let note = operand_note(context, registers, &lost, ip);
    context.out.emit(match note {
        Some(note) => line.text(" ").value(note),
        None => line,
    })
}

/// The same with what is known alone: `lost` names the registers whose values belong to an inner frame.
///
/// # Errors
/// As [`Out::emit`](crate::command::line::Out::emit).
pub fn show_known(
    registers: &RegisterContext,
    lost: &[String],
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    if lost.is_empty() {
        return show(registers, Segments::Shown, context);
    }
    context.out.emit(block_without(registers, Segments::Shown, lost, Lost::AsUnknown))?;
    let ip = registers.ip();
    if let Some(name) = stands_in(ip, context) {
        context.out.emit(Line::new().link(Role::Symbol, name, Action::Code(ip)).text(":"))?;
    }
    let line = Line::of(selector(registers)).append(instruction_line(context, ip));
    let note = operand_note(context, registers, lost, ip);
    context.out.emit(match note {
        Some(note) => line.text(" ").value(note),
        None => line,
    })
}

/// `0033:` before an instruction of user code: its address says nothing of whose it is.
fn selector(registers: &RegisterContext) -> String {
    let cs = registers.get("cs").filter(|_| registers.machine() == Machine::Amd64);
    cs.filter(|cs| cs & 3 == 3).map(|cs| format!("{cs:04x}:")).unwrap_or_default()
}

/// How the text shows registers that are not known. As facts they are always null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// As the debugger does: with the zero or the inner frame's value that stands for them.
    AsStored,
    /// As `?`.
    AsUnknown,
}

/// The register block of a context, without the instruction; those in `lost` are not known.
pub fn block(context: &RegisterContext, segments: Segments, lost: &[String]) -> Record {
    block_without(context, segments, lost, Lost::AsStored)
}

fn block_without(context: &RegisterContext, segments: Segments, lost: &[String], shown: Lost) -> Record {
    let record = Record::new("registers");
    match context.machine() {
        Machine::Arm64 => arm64(context, record, lost, shown),
        _ => amd64(context, record, segments, lost, shown),
    }
}

fn amd64(
    context: &RegisterContext,
    mut record: Record,
    segments: Segments,
    lost: &[String],
    shown: Lost,
) -> Record {
    for names in AMD64_ROWS {
        let mut line = Line::new();
        for (index, name) in names.iter().enumerate() {
            let value = context.get(name).unwrap_or(0);
            line = line.text(if index == 0 { "" } else { " " });
            (line, record) = register(line, record, name, value, lost, shown);
        }
        record = record.line(line);
    }
    let no_flags = lost.iter().any(|lost| lost == "efl");
    if no_flags && shown == Lost::AsUnknown {
        let line = Line::new().role(Role::Register, "efl").text("=").role(Role::Unreadable, UNKNOWN);
        return record.field("efl", Field::Null).line(line);
    }
    let flags = context.get("efl").unwrap_or(0);
    let fact = if no_flags { Field::Null } else { Field::Hex(flags) };
    record = record.field("efl", fact).line(flags_line(flags));
    if segments == Segments::Shown {
        let selector = |name| context.get(name).unwrap_or(0);
        let selectors =
            ["cs", "ss", "ds", "es", "fs", "gs"].map(|name| format!("{name}={:04x}", selector(name)));
        record = record.line(Line::of(format!("{}             efl={flags:08x}", selectors.join("  "))));
    }
    record
}

/// What stands for a value that is not known, as wide as one.
const UNKNOWN: &str = "?               ";

/// `rax=0000000000000000`, the value followed as an address.
fn register(
    line: Line,
    record: Record,
    name: &'static str,
    value: u64,
    lost: &[String],
    shown: Lost,
) -> (Line, Record) {
    let line = line.role(Role::Register, format!("{name:>3}")).text("=");
    let is_lost = lost.iter().any(|lost| lost == name);
    if is_lost && shown == Lost::AsUnknown {
        return (line.role(Role::Unreadable, UNKNOWN), record.field(name, Field::Null));
    }
    let line = match Action::is_address(value) {
        true => line.link(Role::Value, hex::plain(value), Action::Pointers(value)),
        false => line.value(hex::plain(value)),
    };
    (line, record.field(name, if is_lost { Field::Null } else { Field::Hex(value) }))
}

/// `iopl=0         nv up ei ng nz na po nc`
fn flags_line(flags: u64) -> Line {
    let bit =
        |bit: u32, set: &'static str, clear: &'static str| if flags >> bit & 1 == 1 { set } else { clear };
    Line::of(format!(
        "iopl={} {} {} {} {} {} {} {} {} {} {}",
        flags >> 12 & 3,
        bit(20, "vip", "   "),
        bit(19, "vif", "   "),
        bit(11, "ov", "nv"),
        bit(10, "dn", "up"),
        bit(9, "ei", "di"),
        bit(7, "ng", "pl"),
        bit(6, "zr", "nz"),
        bit(4, "ac", "na"),
        // The debugger prints `po` where the flag is set, the other way round than Intel names it.
        bit(2, "po", "pe"),
        bit(0, "cy", "nc"),
    ))
}

fn arm64(context: &RegisterContext, mut record: Record, lost: &[String], shown: Lost) -> Record {
    const NAMES: [&str; 32] = [
        "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
        "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "fp",
        "lr", "sp",
    ];
    for row in NAMES.chunks(4) {
        let mut line = Line::new();
        for (index, name) in row.iter().enumerate() {
            let value = context.get(name).unwrap_or(0);
            line = line.text(if index == 0 { "" } else { "  " });
            (line, record) = register(line, record, name, value, lost, shown);
        }
        record = record.line(line);
    }
    let (pc, psr) = (context.ip(), context.get("psr").unwrap_or(0));
    let flag = |bit: u32, name: char| if psr >> bit & 1 == 1 { name } else { '-' };
    let flags: String =
        [(31, 'N'), (30, 'Z'), (29, 'C'), (28, 'V')].map(|(bit, name)| flag(bit, name)).iter().collect();
    let (line, record) = register(Line::new(), record, "pc", pc, lost, shown);
    let line = line.text(format!("  psr={psr:08x} {flags} EL{}", psr >> 2 & 3));
    record.field("psr", Field::Hex(psr)).line(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layout of the specification's sample block.
    #[test]
    fn the_x64_block() {
        let mut context = RegisterContext::new(Machine::Amd64, &[0; 0x4d0]).expect("a context");
        for (name, value) in
            [("rax", 0x4141_4141_4141_4139), ("r8", 0x3be6_192c_0436_d050), ("cs", 0x10), ("efl", 0x50206)]
        {
            assert!(context.set(name, value));
        }
        let record = block(&context, Segments::Shown, &[]);
        let lines: Vec<String> = record.lines.iter().map(Line::plain).collect();
        assert_eq!(lines[0], "rax=4141414141414139 rbx=0000000000000000 rcx=0000000000000000");
        assert_eq!(lines[3], " r8=3be6192c0436d050  r9=0000000000000000 r10=0000000000000000");
        assert_eq!(lines[6], "iopl=0         nv up ei pl nz na po nc");
        assert_eq!(lines[7], "cs=0010  ss=0000  ds=0000  es=0000  fs=0000  gs=0000             efl=00050206");
        assert_eq!(block(&context, Segments::Hidden, &[]).lines.len(), 7);
    }
}
