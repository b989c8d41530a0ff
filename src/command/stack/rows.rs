//! Rows of a stack in the layouts of the `k` commands.

use crate::command::Context;
use crate::debuggee::SymbolStatus;
use crate::memory::Memory;
use crate::output::{Action, Column, Field, Line, Record, Role, Table};
use crate::unwind::{Frame, FrameKind, Trust};
use crate::util::hex;

/// Which columns a stack has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Columns {
    /// Distance to the frame before (`kf`).
    pub(crate) memory: bool,
    /// The stack pointer.
    pub(crate) child_sp: bool,
    /// The return address.
    pub(crate) return_address: bool,
    /// The four home slots of arguments (`kb`, `kv`).
    pub(crate) arguments: bool,
    /// Trap frames behind the call site (`kv`).
    pub(crate) notes: bool,
    /// Offsets behind names (not in `kc`); without a name they stay.
    pub(crate) offsets: bool,
    /// Source file and line behind the call site, where private symbols tell (not with `L`).
    pub(crate) source: bool,
}

impl Columns {
    /// The columns of plain `k`.
    pub(crate) const PLAIN: Columns = Columns {
        memory: false,
        child_sp: true,
        return_address: true,
        arguments: false,
        notes: false,
        offsets: true,
        source: true,
    };

    /// The table that the frames are rows of.
    pub(crate) fn table(self) -> Table {
        let shown = [
            (true, Column::left("number", "#", 2)),
            (self.memory, Column::right("distance", "Memory", 9)),
            (self.child_sp, Column::left("sp", "Child-SP", 17)),
            (self.return_address, Column::left("return_address", "RetAddr", 17)),
            (self.arguments, Column::left("arguments", "Args to Child", 71)),
            (true, Column::left("symbol", "Call Site", 0)),
        ];
        let columns: Vec<Column> =
            shown.into_iter().filter(|(is, _)| *is).map(|(_, column)| column).collect();
        Table::new("frame", &columns).headed(self.heading())
    }

    /// The heading.
    fn heading(self) -> Line {
        let mut text = " #".to_owned();
        if self.memory {
            text.push_str("   Memory ");
        }
        if self.child_sp {
            text.push_str(" Child-SP         ");
        }
        if self.return_address {
            text.push_str(" RetAddr              ");
        }
        if self.arguments {
            text.push_str(" : Args to Child                                                           :");
        }
        text.push_str(" Call Site");
        Line::new().role(Role::Label, text)
    }

    /// One frame. `before` is the stack pointer of the physical frame inside it, for `kf`.
    pub(crate) fn row(self, frame: &Frame, before: Option<u64>, context: &Context<'_>) -> Record {
        let inline = frame.kind == FrameKind::Inline;
        let number = format!("{:02x}", frame.number);
        let mut line = Line::new().link(Role::Value, number, Action::Frame(frame.number));
        if self.memory {
            let distance =
                before.filter(|_| !inline).map(|before| format!("{:x}", frame.sp.wrapping_sub(before)));
            line = line.text(format!(" {:>9}", distance.unwrap_or_default()));
        }
        if self.child_sp {
            line = line.text(" ");
            line = match inline {
                true => line.text("(Inline Function)"),
                false => line.link(Role::Address, hex::tick(frame.sp), Action::Pointers(frame.sp)),
            };
        }
        if self.return_address {
            line = line.text(" ");
            line = match inline {
                true => line.text("--------`--------"),
                false => line.link(
                    Role::Address,
                    hex::tick(frame.return_address),
                    Action::Code(frame.return_address),
                ),
            };
            line = line.text("    ");
        }
        let arguments = self.arguments.then(|| arguments(frame, context));
        if let Some(arguments) = &arguments {
            line = line.text(" :");
            for value in arguments {
                line = line.text(" ");
                line = match value {
                    _ if inline => line.text("--------`--------"),
                    Some(value) => line.address(*value),
                    None => line.role(Role::Unreadable, hex::tick(0)),
                };
            }
            line = line.text(" :");
        }
        line = call_site(frame, line.text(" "), self.offsets, context);
        if self.notes
            && let Some(address) = frame.trap_frame()
        {
            line = line.text(" (TrapFrame @ ").link(Role::Address, hex::tick(address), Action::Trap(address));
            line = line.text(")");
        }
        let source = source(frame, context);
        if self.source
            && let Some((file, number)) = &source
        {
            line = line.role(Role::Dim, format!(" [{file} @ {number}]"));
        }
        if let Trust::Scan { score, .. } = &frame.trust {
            line = line.role(Role::Warning, format!(" [scan {score}]"));
        }
        let mut record = facts(frame, context);
        if self.memory {
            let distance = before.filter(|_| !inline).map(|before| frame.sp.wrapping_sub(before));
            record = record.field("distance", distance.map(Field::Hex));
        }
        if let Some((file, number)) = source {
            record = record.field("file", file).field("line", u64::from(number));
        }
        if let Some(arguments) = arguments {
            let values = arguments.into_iter().map(|value| value.map_or(Field::Null, Field::Hex));
            record = record.field("arguments", Field::List(values.collect()));
        }
        record.line(line)
    }
}

/// The four qwords that the caller set aside for register arguments; all missing for inlined functions.
fn arguments(frame: &Frame, context: &Context<'_>) -> [Option<u64>; 4] {
    let memory = context.session.target.memory();
    [0u64, 8, 16, 24].map(|offset| {
        let at = frame.caller_sp?.wrapping_add(offset);
        (frame.kind != FrameKind::Inline).then(|| memory.u64(at).ok())?
    })
}

/// Adds where a frame stands: a symbol, or the bare address.
fn call_site(frame: &Frame, line: Line, offsets: bool, context: &Context<'_>) -> Line {
    if let Some(inline) = &frame.inline {
        let modules = context.session.target.modules();
        let module = modules.at(frame.ip).map(|module| format!("{}!", module.name));
        let offset =
            inline.begin.filter(|_| offsets).map(|begin| format!("+{:#x}", frame.ip.wrapping_sub(begin)));
        let text = format!("{}{}{}", module.unwrap_or_default(), inline.name, offset.unwrap_or_default());
        return line.link(Role::Symbol, text, Action::Code(frame.ip));
    }
    // The nearest export is seldom the function itself, so its name alone would mislead.
    let target = &context.session.target;
    let exports_only = target
        .modules()
        .at(frame.ip)
        .is_none_or(|module| target.symbols().status(module) == SymbolStatus::Export);
    if !offsets
        && !exports_only
        && let Some(named) = target.name_address(frame.ip)
        && named.symbol.is_some()
    {
        return line.link(Role::Symbol, named.name(), Action::Code(frame.ip));
    }
    match context.symbol_text(frame.ip) {
        Some(_) => context.with_symbol(line, frame.ip),
        None => line.role(Role::Address, format!("0x{}", hex::tick(frame.ip))),
    }
}

/// Source file and line of a frame.
fn source(frame: &Frame, context: &Context<'_>) -> Option<(String, u32)> {
    if let Some(inline) = &frame.inline {
        return inline.source.clone();
    }
    let target = &context.session.target;
    let module = target.modules().at(frame.lookup_ip())?;
    let rva = u32::try_from(frame.lookup_ip().wrapping_sub(module.base)).ok()?;
    let line = target.module_symbols(module).names.as_ref()?.line(rva)?;
    Some((line.file, line.line))
}

/// A frame's facts for JSON.
fn facts(frame: &Frame, context: &Context<'_>) -> Record {
    let mut record = Record::new("frame")
        .field("number", u64::from(frame.number))
        .field("trust", frame.trust.word())
        .field("ip", Field::Hex(frame.ip))
        .field("sp", Field::Hex(frame.sp))
        .field("return_address", Field::Hex(frame.return_address))
        .field("symbol", context.symbol_text(frame.ip))
        .field("inline", frame.inline.as_ref().map(|inline| inline.name.clone()))
        .field("trap_frame", frame.trap_frame().map(Field::Hex));
    let evidence = match &frame.trust {
        Trust::Scan { score, evidence } => {
            record = record.field("score", u64::from(*score));
            evidence
        }
        Trust::TrapFrame(evidence) => evidence,
        _ => return record,
    };
    let texts: Vec<String> = evidence.iter().map(ToString::to_string).collect();
    record.field("evidence", texts)
}
