//! A set of registers as text: the block that `r`, `.cxr` and `.trap` print.

use super::code_name::stands_in;
use super::disassembly::{instruction_line, operand_note};
use crate::command::{CommandError, Context};
use crate::debuggee::RegisterContext;
use crate::dump::Machine;
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::session::Session;
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
    let block = block(registers, segments, context.session);
    context.out.emit(block)?;
    instruction(registers, context)
}

/// The same with what is known alone: of what belongs to an inner frame, or is zero because it was not saved, no value.
///
/// # Errors
/// As [`Out::emit`](crate::command::line::Out::emit).
pub fn show_known(registers: &RegisterContext, context: &mut Context<'_>) -> Result<(), CommandError> {
    let block = Block::of(registers, context.session, Lost::AsUnknown).record(Segments::Shown);
    context.out.emit(block)?;
    instruction(registers, context)
}

/// The instruction at which registers stand, under its name.
fn instruction(registers: &RegisterContext, context: &mut Context<'_>) -> Result<(), CommandError> {
    let lost = context.session.lost_registers();
    let ip = registers.ip();
    if let Some(name) = stands_in(ip, context) {
        context.out.emit(Line::new().link(Role::Symbol, name.text, Action::Code(ip)).text(":"))?;
    }
    let line = Line::of(selector(registers)).append(instruction_line(context, ip));
    let note = operand_note(context, registers, &lost, ip);
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

/// How the text shows registers that are not known. As facts they say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// As the debugger does: with the zero or the inner frame's value that stands for them.
    AsStored,
    /// As `?`.
    AsUnknown,
}

/// The register block of a context, without the instruction.
pub fn block(registers: &RegisterContext, segments: Segments, session: &Session) -> Record {
    Block::of(registers, session, Lost::AsStored).record(segments)
}

/// Why a register's value is not known.
pub const NOT_RECOVERED: &str =
    "not recovered in the selected frame or context; the text shows an inner frame's value or zero";

struct Block<'r> {
    registers: &'r RegisterContext,
    /// Those that are not known.
    lost: Vec<String>,
    shown: Lost,
}

impl<'r> Block<'r> {
    fn of(registers: &'r RegisterContext, session: &Session, shown: Lost) -> Block<'r> {
        let mut lost = session.lost_registers();
        lost.extend(session.lost_selectors().iter().map(|name| (*name).to_owned()));
        Block { registers, lost, shown }
    }

    fn record(&self, segments: Segments) -> Record {
        let record = Record::new("registers");
        match self.registers.machine() {
            Machine::Arm64 => self.arm64(record),
            _ => self.amd64(record, segments),
        }
    }

    fn value(&self, name: &str) -> u64 {
        self.registers.get(name).unwrap_or(0)
    }

    fn is_lost(&self, name: &str) -> bool {
        self.lost.iter().any(|lost| lost == name)
    }

    /// A register's value, spelled so.
    fn cell(&self, name: &str, spelled: String) -> Cell {
        let value = self.value(name);
        match (self.is_lost(name), self.shown) {
            (true, Lost::AsUnknown) => {
                let width = spelled.chars().count();
                Cell::new(Field::unreadable(NOT_RECOVERED)).mark(format!("{:<width$}", "?"))
            }
            (true, Lost::AsStored) => Cell::new(Field::unreadable(NOT_RECOVERED)).mark(spelled),
            (false, _) => Cell::new(Field::Hex(value)).shown(spelled),
        }
    }

    /// `rax=0000000000000000`, the value followed as an address.
    fn register(&self, record: Record, name: &'static str) -> Record {
        let value = self.value(name);
        let cell = self.cell(name, hex::plain(value));
        let cell = if Action::is_address(value) { cell.follow(Action::Pointers) } else { cell };
        record.role(Role::Register, format!("{name:>3}")).text("=").cell(name, cell)
    }

    /// Registers in rows, so many blanks between two of them.
    fn rows<'n>(
        &self,
        record: Record,
        rows: impl IntoIterator<Item = &'n [&'static str]>,
        gap: &str,
    ) -> Record {
        rows.into_iter().fold(record, |record, names| {
            names.iter().enumerate().fold(record.line(Line::new()), |record, (index, name)| {
                let record = if index == 0 { record } else { record.text(gap) };
                self.register(record, name)
            })
        })
    }

    fn amd64(&self, record: Record, segments: Segments) -> Record {
        let record = self.rows(record, AMD64_ROWS, " ");
        if self.is_lost("efl") && self.shown == Lost::AsUnknown {
            let record = record.line(Line::new()).role(Role::Register, "efl").text("=");
            return record.cell("efl", self.cell("efl", " ".repeat(16)));
        }
        let flags = self.value("efl");
        let record = record
            .line("iopl=")
            .cell("iopl", Cell::new(flags >> 12 & 3).role(Role::Text))
            .text(" ")
            .cell("efl", self.cell("efl", flag_words(flags)).role(Role::Text));
        if segments == Segments::Hidden {
            return record;
        }
        let record =
            ["cs", "ss", "ds", "es", "fs", "gs"].iter().fold(record.line(Line::new()), |record, name| {
                let cell = self.cell(name, format!("{:04x}", self.value(name))).role(Role::Text);
                record.text(format!("{name}=")).cell(*name, cell).text("  ")
            });
        record.text("           efl=").show(self.cell("efl", format!("{flags:08x}")).role(Role::Text))
    }

    fn arm64(&self, record: Record) -> Record {
        const NAMES: [&str; 32] = [
            "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
            "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28",
            "fp", "lr", "sp",
        ];
        let record = self.rows(record, NAMES.chunks(4), "  ").line(Line::new());
        let psr = self.value("psr");
        let flag = |bit: u32, name: char| if psr >> bit & 1 == 1 { name } else { '-' };
        let flags: String =
            [(31, 'N'), (30, 'Z'), (29, 'C'), (28, 'V')].map(|(bit, name)| flag(bit, name)).iter().collect();
        let psr_cell = self.cell("psr", format!("{psr:08x}")).role(Role::Text);
        self.register(record, "pc")
            .text("  psr=")
            .cell("psr", psr_cell)
            .text(format!(" {flags} EL{}", psr >> 2 & 3))
    }
}

/// `nv up ei ng nz na po nc`, with the bits of virtual interrupts before them.
fn flag_words(flags: u64) -> String {
    let bit =
        |bit: u32, set: &'static str, clear: &'static str| if flags >> bit & 1 == 1 { set } else { clear };
    format!(
        "{} {} {} {} {} {} {} {} {} {}",
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
    )
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
        let block = |segments| {
            Block { registers: &context, lost: Vec::new(), shown: Lost::AsStored }.record(segments)
        };
        let record = block(Segments::Shown);
        let lines: Vec<String> = record.lines.iter().map(Line::plain).collect();
        assert_eq!(lines[0], "rax=4141414141414139 rbx=0000000000000000 rcx=0000000000000000");
        assert_eq!(lines[3], " r8=3be6192c0436d050  r9=0000000000000000 r10=0000000000000000");
        assert_eq!(lines[6], "iopl=0         nv up ei pl nz na po nc");
        assert_eq!(lines[7], "cs=0010  ss=0000  ds=0000  es=0000  fs=0000  gs=0000             efl=00050206");
        assert_eq!(block(Segments::Hidden).lines.len(), 7);
    }
}
