//! `!wdfkd.*`: drivers of the driver framework (KMDF) and their devices.

pub mod device;
pub mod driver;

use crate::command::CommandError;
use crate::command::show::driver_symbols;
use crate::debuggee::{Lack, Scope};
use crate::kernel::wdf::WdfDevice;
use crate::output::{Action, Cell, Field, Record, Structure};

/// Why nothing of the framework can be shown.
fn untold(scope: &Scope<'_>, why: Lack) -> CommandError {
    driver_symbols::untold(scope, "Wdf01000", why)
}

/// A device in a line, by its handle.
fn handle(device: &WdfDevice<'_>) -> Cell {
    let link = Action::Structure(Structure::WdfDevice, device.handle());
    Cell::new(Field::Address(device.handle())).shown(format!("{:#018x}", device.handle())).link(link)
}

/// `119 ( WdfDevStatePnpStarted )`
fn state(record: Record, key: &'static str, state: Result<(u64, Option<String>), Lack>) -> Record {
    match state {
        Ok((number, name)) => {
            let record = record.cell(key, Cell::new(Field::Hex(number)));
            match name {
                Some(name) => record.text(" ( ").cell(format!("{key}_name"), name).text(" )"),
                None => record.field(format!("{key}_name"), Field::Null),
            }
        }
        Err(why) => record.cell(key, Field::from(why)),
    }
}
