//! A request, as the list of a thread's requests shows it.

use crate::debuggee::Lack;
use crate::kernel::{Irp, IrpState};
use crate::output::{Action, Cell, Field, Record, Role};

/// `ffffcb0891d30c10: (0006,03a0) Flags: 00060900  Mdl: ffffcb088bf05880  pending in \Driver\volsnap`
pub fn request(irp: &Irp<'_>, indent: usize) -> Record {
    let record = Record::new("irp");
    let at = Cell::new(Field::Address(irp.address())).digits(16).link(Action::Irp(irp.address()));
    let kind = match irp.kind() {
        Ok(kind) => kind,
        Err(why) => {
            return record
                .text(" ".repeat(indent))
                .role(Role::Unreadable, "Unable to read nt!_IRP @ ")
                .cell("address", at)
                .field("why", why);
        }
    };
    let record = record
        .text(" ".repeat(indent + 4))
        .cell("address", at)
        .text(": (")
        .cell("type", Cell::new(Field::Hex(kind)).digits(4))
        .text(",")
        .cell("size", Cell::new(irp.size().map(Field::Hex)).digits(4))
        .text(") Flags: ")
        .cell("flags", Cell::new(irp.flags().map(Field::Hex)).digits(8))
        .text("  Mdl: ");
    let mdl = Cell::new(irp.mdl().map(Field::Address)).digits(8);
    let mdl = match irp.mdl() {
        Ok(at) if at != 0 => mdl.link(Action::object("nt!_MDL", at)),
        _ => mdl,
    };
    let state = irp.state();
    let word = state.as_ref().map(|state| irp_word(*state)).map_err(Clone::clone);
    let record = record.cell("mdl", mdl).text("  ").cell("state", Cell::new(word));
    match state {
        Ok(IrpState::Pending | IrpState::Active) => {
            record.text(" in ").cell("driver", driver(irp, irp.driver_name()))
        }
        _ => record,
    }
}

/// A word for how far a request has come.
pub fn irp_word(state: IrpState) -> &'static str {
    match state {
        IrpState::Completed => "completed",
        IrpState::Pending => "pending",
        IrpState::Active => "active",
    }
}

/// The name of the driver that has a request, which leads to the device that it serves.
pub fn driver(irp: &Irp<'_>, name: Result<String, Lack>) -> Cell {
    let cell = Cell::new(name).absent("no device").role(Role::Module);
    match irp.device() {
        Ok(device) if device != 0 => cell.link(Action::Device(device)),
        _ => cell,
    }
}
