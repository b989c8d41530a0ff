//! Rows of the stack of any thread, named as the process sees it that the thread is attached to: nothing that the user
//! looks at has a part in it.

use super::frame_cells::{self, NO_ADDRESS};
use crate::command::CommandError;
use crate::command::line::Out;
use crate::debuggee::Scope;
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};
use crate::unwind::{End, Frame, FrameKind, Stack};
use crate::util::hex;

/// How the rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `!thread`: stack pointer, return address, the four argument slots, the call site.
    Arguments,
    /// `!thread` with flag 8: the same without the argument slots.
    Plain,
    /// `!mex.t`: number, stack pointer, return address, the call site.
    Numbered,
}

/// A stack with the address space that it stands in.
#[derive(Clone, Copy)]
pub struct ThreadStack<'f> {
    /// The frames.
    pub stack: &'f Stack,
    /// The address space.
    pub space: &'f Scope<'f>,
}

impl ThreadStack<'_> {
    /// Says the rows, so many columns from the left, and why the stack ends where that is not its end.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn say(self, layout: Layout, indent: usize, out: &mut Out<'_>) -> Result<(), CommandError> {
        let frames = &self.stack.frames;
        let digits = frames.last().map_or(1, |last| format!("{:x}", last.number).len());
        // Numbered rows have source lines in a column of their own, as wide as the call sites.
        let has_sources =
            layout == Layout::Numbered && frames.iter().any(|frame| source(frame, self.space).is_some());
        let sites = if has_sources { self.widest_site() } else { 0 };
        out.within(table(layout, indent, digits, sites), |out| {
            let mut warned = false;
            for frame in frames {
                if frame.trust.is_scan() && !warned {
                    warned = true;
                    let text =
                        "WARNING: Stack unwind information not available. Following frames may be wrong.";
                    out.emit(Line::of(" ".repeat(indent)).role(Role::Warning, text))?;
                }
                out.emit(self.row(frame, layout, indent, digits, sites))?;
            }
            Ok(())
        })?;
        match &self.stack.end {
            End::Complete | End::Limit(_) | End::UserModeMissing { .. } | End::NothingFound { .. } => Ok(()),
            End::Failed(_)
            | End::NoProgress { .. }
            | End::Cycle { .. }
            | End::OutsideStack { .. }
            | End::NotCode { .. } => {
                let text = format!("The stack ends here: {}.", self.stack.end);
                out.emit(Line::of(" ".repeat(indent)).role(Role::Warning, text))
            }
        }
    }

    /// How wide the call sites are, with their notes.
    fn widest_site(self) -> usize {
        let site = |frame: &Frame| {
            let name = name(frame, self.space).map_or(19, |name| name.chars().count());
            name + frame.trap_frame().map_or(0, |_| " (TrapFrame @ 0123456789abcdef)".len())
        };
        self.stack.frames.iter().map(site).max().unwrap_or(0)
    }

    fn row(self, frame: &Frame, layout: Layout, indent: usize, digits: usize, sites: usize) -> Record {
        let inline = frame.kind == FrameKind::Inline;
        let record = Record::new("frame").text(" ".repeat(indent));
        let number = Cell::new(frame.number).shown(format!("{:x}", frame.number)).role(Role::Text);
        let record = match layout {
            Layout::Numbered => record.cell("number", number.right(digits)).text(" "),
            _ => record.field("number", frame.number),
        };
        let record = record.field("trust", frame.trust.word()).field("ip", Field::Hex(frame.ip));
        let place = |value: u64, follow: fn(u64) -> Action, none: &str| {
            let cell = frame_cells::place(frame, value, follow, none);
            // MEX writes addresses without a tick.
            if layout == Layout::Numbered && !inline { cell.digits(16) } else { cell }
        };
        let (no_sp, no_return) = match layout {
            Layout::Numbered => ("(Inline)        ", "----------------"),
            _ => ("(Inline Function)", NO_ADDRESS),
        };
        let record = record
            .cell("sp", place(frame.sp, Action::Pointers, no_sp))
            .text(" ")
            .cell("return_address", place(frame.return_address, Action::Code, no_return));
        let record = match layout {
            Layout::Numbered => record.text(" "),
            Layout::Plain => record.text("     "),
            Layout::Arguments => {
                let values = frame_cells::arguments(frame, self.space.memory());
                record.text("     : ").cell("arguments", values).text(" : ")
            }
        };
        let record = self.call_site(frame, layout, record);
        let record = frame_cells::trap_frame(record, frame, |cell| match layout {
            Layout::Numbered => cell.digits(16),
            _ => cell,
        });
        let record = match source(frame, self.space) {
            Some((file, line)) if layout == Layout::Numbered => record
                .pad_to(indent + digits + NUMBERED + sites + 1)
                .cell("file", Cell::new(file).role(Role::Dim))
                .role(Role::Dim, " @ ")
                .cell("line", Cell::new(line).role(Role::Dim)),
            Some((file, line)) => record
                .role(Role::Dim, " [")
                .cell("file", Cell::new(file).role(Role::Dim))
                .role(Role::Dim, " @ ")
                .cell("line", Cell::new(line).role(Role::Dim))
                .role(Role::Dim, "]"),
            None => record,
        };
        frame_cells::evidence(frame, record)
    }

    fn call_site(self, frame: &Frame, layout: Layout, record: Record) -> Record {
        let symbol = self.space.name_address(frame.ip).map(|named| named.text());
        match name(frame, self.space) {
            None => {
                let bare = match layout {
                    Layout::Numbered => format!("0x{:x}", frame.ip),
                    _ => format!("0x{}", hex::tick(frame.ip)),
                };
                let cell = Cell::new(symbol).absent(bare);
                record.cell("symbol", cell.role(Role::Address)).field("inline", Field::Null)
            }
            Some(shown) => {
                let link = Action::Code(frame.ip);
                let site = |value: Option<String>| {
                    Cell::new(value).shown(&shown).role(Role::Symbol).link(link.clone())
                };
                match &frame.inline {
                    None => record.cell("symbol", site(symbol)).field("inline", Field::Null),
                    Some(inline) => {
                        record.field("symbol", symbol).cell("inline", site(Some(inline.name.clone())))
                    }
                }
            }
        }
    }
}

/// Where a frame stands: `nt!KiSwapThread+0xae5`, or an inlined function; `None` outside all modules.
pub fn name(frame: &Frame, space: &Scope<'_>) -> Option<String> {
    let Some(inline) = &frame.inline else {
        return Some(space.name_address(frame.ip)?.text());
    };
    let module = space.modules().at(frame.ip).map(|module| format!("{}!", module.name)).unwrap_or_default();
    let offset = inline.begin.map(|begin| frame.ip.wrapping_sub(begin)).filter(|&offset| offset != 0);
    let offset = offset.map(|offset| format!("+{offset:#x}")).unwrap_or_default();
    Some(format!("{module}{}{offset}", inline.name))
}

/// The source line that a frame stands in, where private symbols tell.
pub fn source(frame: &Frame, space: &Scope<'_>) -> Option<(String, u32)> {
    if let Some(inline) = &frame.inline {
        return inline.source.clone();
    }
    let module = space.modules().at(frame.lookup_ip())?;
    let rva = u32::try_from(frame.lookup_ip().wrapping_sub(module.base)).ok()?;
    let symbols = space.module_symbols(module);
    let line = symbols.names.as_ref()?.line(rva)?;
    Some((line.file, line.line))
}

/// Columns of a numbered row between its number and its call site.
const NUMBERED: usize = " 0123456789abcdef 0123456789abcdef ".len();

fn table(layout: Layout, indent: usize, digits: usize, sites: usize) -> Table {
    let columns = match layout {
        Layout::Numbered if sites > 0 => vec![
            Column::right("number", "#", digits),
            Column::left("sp", "Child-SP", 16),
            Column::left("return_address", "Return", 16),
            Column::left("symbol", "Call Site", sites),
            Column::left("file", "Source", 0),
        ],
        Layout::Numbered => vec![
            Column::right("number", "#", digits),
            Column::left("sp", "Child-SP", 16),
            Column::left("return_address", "Return", 16),
            Column::left("symbol", "Call Site", 0),
        ],
        Layout::Plain => vec![
            Column::left("sp", "Child-SP", 17),
            Column::left("return_address", "RetAddr", 21),
            Column::left("symbol", "Call Site", 0),
        ],
        Layout::Arguments => vec![
            Column::left("sp", "Child-SP", 17),
            Column::left("return_address", "RetAddr", 21),
            Column::left("arguments", ": Args to Child", 73),
            Column::left("symbol", ": Call Site", 0),
        ],
    };
    Table::new("frame", &columns).indented(indent)
}
