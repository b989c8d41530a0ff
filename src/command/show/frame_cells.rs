//! What the rows of every stack are made of, whoever lays them out.

use crate::memory::Memory;
use crate::output::{Action, Cell, Field, Record, Role};
use crate::unwind::{Frame, FrameKind, Trust};

/// What stands for an address where there is none.
pub const NO_ADDRESS: &str = "--------`--------";
/// What stands for one that could not be read.
const UNREAD: &str = "????????`????????";

/// A stack pointer or a return address. An inlined function has no frame of its own: what is known of it is the frame that
/// it is in, and `none` stands for it.
pub fn place(frame: &Frame, value: u64, follow: fn(u64) -> Action, none: &str) -> Cell {
    match frame.kind {
        FrameKind::Inline => Cell::new(Field::Hex(value)).shown(none).role(Role::Text),
        _ => Cell::new(Field::Address(value)).follow(follow),
    }
}

/// The four qwords that the caller set aside for register arguments; inlined functions have none. What the dump does not
/// hold shows as question marks, where WinDbg shows zeros: a zero is a value.
pub fn arguments(frame: &Frame, memory: &(impl Memory + ?Sized)) -> Cell {
    let values = [0u64, 8, 16, 24].map(|offset| {
        if frame.kind == FrameKind::Inline {
            return Cell::new(Field::Null).absent(NO_ADDRESS);
        }
        let value = match frame.caller_sp {
            None => Field::unreadable("where the caller's stack begins is not known"),
            Some(sp) => match memory.u64(sp.wrapping_add(offset)) {
                Ok(value) => Field::Address(value),
                Err(why) => Field::unreadable(why.to_string()),
            },
        };
        Cell::new(value).mark(UNREAD)
    });
    Cell::list(values, |_| " ")
}

/// The trap frame behind a call site.
pub fn trap_frame(record: Record, frame: &Frame, shown: impl FnOnce(Cell) -> Cell) -> Record {
    match frame.trap_frame() {
        Some(address) => {
            let cell = shown(Cell::new(Field::Address(address)).follow(Action::Trap));
            record.text(" (TrapFrame @ ").cell("trap_frame", cell).text(")")
        }
        None => record.field("trap_frame", Field::Null),
    }
}

/// Adds what speaks for a frame that no unwind data tell of; of one that was searched for how much.
pub fn evidence(frame: &Frame, record: Record) -> Record {
    let (record, evidence) = match &frame.trust {
        Trust::Scan { score, evidence } => {
            let score = Cell::new(u64::from(*score)).role(Role::Warning);
            let record = record.role(Role::Warning, " [scan ").cell("score", score).role(Role::Warning, "]");
            (record, evidence)
        }
        Trust::TrapFrame(evidence) => (record, evidence),
        _ => return record,
    };
    let texts: Vec<String> = evidence.iter().map(ToString::to_string).collect();
    record.field("evidence", texts)
}
