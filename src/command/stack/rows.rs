//! Rows of a stack in the layouts of the `k` commands.

use super::parameters::Parameters;
use crate::command::Context;
use crate::command::show::code_name::{source_line, with_source};
use crate::command::show::frame_cells::{NO_ADDRESS, arguments, evidence, place, trap_frame};
use crate::command::show::maker;
use crate::debuggee::SymbolStatus;
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};
use crate::unwind::{Frame, FrameKind};
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
    /// Parameters in the call site (`kp`, `kP`).
    pub(super) parameters: Parameters,
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
        parameters: Parameters::Hidden,
    };

    /// The table that the frames are rows of.
    pub(crate) fn table(self) -> Table {
        let shown = [
            (true, Column::left("number", "#", 2)),
            (self.memory, Column::right("distance", "Memory", 9).yields(2)),
            (self.child_sp, Column::left("sp", "Child-SP", 17)),
            (self.return_address, Column::left("return_address", "RetAddr", 17).yields(1)),
            (self.arguments, Column::left("arguments", "Args to Child", 71).yields(3)),
            (true, Column::left("symbol", "Call Site", 0).after(if self.return_address { 5 } else { 1 })),
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
        let number = Cell::new(frame.number).shown(format!("{:02x}", frame.number));
        let mut record = Record::new("frame")
            .cell("number", number.link(Action::Frame(frame.number)))
            .field("trust", frame.trust.word())
            .field("ip", Field::Hex(frame.ip));
        if self.memory {
            let distance = before.filter(|_| !inline).map(|before| Field::Hex(frame.sp.wrapping_sub(before)));
            record = record.text(" ").cell("distance", Cell::new(distance).role(Role::Text).right(9));
        }
        let sp = place(frame, frame.sp, Action::Pointers, "(Inline Function)");
        record = blank(record, self.child_sp).cell_where(self.child_sp, "sp", sp);
        let back = place(frame, frame.return_address, Action::Code, NO_ADDRESS);
        record = blank(record, self.return_address).cell_where(self.return_address, "return_address", back);
        record = if self.return_address { record.text("    ") } else { record };
        if self.arguments {
            let values = arguments(frame, context.session.target.memory());
            record = record.text(" : ").cell("arguments", values).text(" :");
        }
        record = self.call_site(frame, record.text(" "), context);
        record = match self.notes {
            true => trap_frame(record, frame, |cell| cell),
            false => record.field("trap_frame", frame.trap_frame().map(Field::Address)),
        };
        if let Some((file, line)) = source(frame, context) {
            record = with_source(record, &file, line, self.source);
        }
        evidence(frame, record)
    }

    /// Adds where a frame stands: a symbol, with its parameters if they are wanted, or the bare address.
    fn call_site(self, frame: &Frame, record: Record, context: &Context<'_>) -> Record {
        let symbol = context.symbol_text(frame.ip);
        let Some(site) = Site::of(frame, self.offsets, context) else {
            let address = Cell::new(symbol).absent(format!("0x{}", hex::tick(frame.ip)));
            return record.cell("symbol", address.role(Role::Address)).field("inline", Field::Null);
        };
        let parameters = self.parameters.of(frame, context);
        let shown = match parameters {
            Some(_) => site.name,
            None => format!("{}{}", site.name, site.offset),
        };
        let target = &context.session.target;
        let maker = target.modules().at(frame.ip).map(|module| target.origin(module).maker);
        let role = maker::role(maker, Role::Symbol);
        let cell =
            |value: Option<String>| Cell::new(value).shown(&shown).role(role).link(Action::Code(frame.ip));
        let record = match &frame.inline {
            None => record.cell("symbol", cell(symbol)).field("inline", Field::Null),
            Some(inline) => record
                .field("symbol", symbol)
                .cell("inline", cell(Some(inline.name.clone())))
                .field("inline_offset", inline.begin.map(|begin| Field::Hex(frame.ip.wrapping_sub(begin)))),
        };
        match parameters {
            Some(parameters) => self.parameters.add(record, parameters, &site.offset, context),
            None => record,
        }
    }
}

fn blank(record: Record, shown: bool) -> Record {
    if shown { record.text(" ") } else { record }
}

/// Where a frame stands, in words.
struct Site {
    /// `nwifi!Send`
    name: String,
    /// `+0x45`, or nothing.
    offset: String,
}

impl Site {
    fn of(frame: &Frame, offsets: bool, context: &Context<'_>) -> Option<Site> {
        let target = &context.session.target;
        let module = target.modules().at(frame.ip);
        if let Some(inline) = &frame.inline {
            let offset =
                inline.begin.filter(|_| offsets).map(|begin| format!("+{:#x}", frame.ip.wrapping_sub(begin)));
            let module = module.map(|module| format!("{}!", module.name)).unwrap_or_default();
            return Some(Site {
                name: format!("{module}{}", inline.name),
                offset: offset.unwrap_or_default(),
            });
        }
        let named = context.named(frame.ip)?;
        // The nearest export is seldom the function itself, so its name alone would mislead.
        let exports_only =
            module.is_none_or(|module| target.symbols().status(module) == SymbolStatus::Export);
        let is_bare = !offsets && !exports_only && named.symbol.is_some();
        let offset = match named.offset {
            0 => String::new(),
            _ if is_bare => String::new(),
            offset => format!("+{offset:#x}"),
        };
        Some(Site { name: named.name(), offset })
    }
}

/// Source file and line of a frame.
fn source(frame: &Frame, context: &Context<'_>) -> Option<(String, u32)> {
    if let Some(inline) = &frame.inline {
        return inline.source.clone();
    }
    let line = source_line(frame.lookup_ip(), &context.session.target)?;
    Some((line.file, line.line))
}
