//! Devices and drivers in lines of other things.

use crate::command::{Args, CommandError, Context};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{DeviceObject, ObjectDirectory};
use crate::output::{Action, Cell, Field, Role};

/// A pointer in the manner of the I/O commands: 16 digits, or eight zeros where it is null.
pub fn pointer(value: Result<u64, Lack>) -> Cell {
    Cell::new(value.map(Field::Address)).digits(8)
}

/// A pointer to a thing, which leads to it; a null one to nothing.
pub fn leading(value: Result<u64, Lack>, link: impl FnOnce(u64) -> Action) -> Cell {
    match value {
        Ok(0) => pointer(value),
        known => pointer(known).follow(link),
    }
}

/// The name of a device's driver, which leads to the driver.
pub fn driver_name(device: &Result<DeviceObject<'_>, Lack>) -> Cell {
    let driver = device.as_ref().map_err(Clone::clone).and_then(DeviceObject::driver);
    let name = driver.as_ref().map_err(Clone::clone).and_then(|driver| driver.name());
    let cell = Cell::new(name).role(Role::Module);
    match driver {
        Ok(driver) => cell.link(Action::Driver(driver.address())),
        Err(_) => cell,
    }
}

/// The device that was typed: an address, or a path of the object manager; a name alone is looked up in `\Device`.
///
/// # Errors
/// The expression has no value; there is no such object.
pub fn typed_address(args: &Args<'_>, context: &Context<'_>) -> Result<u64, CommandError> {
    let text = args.text.trim();
    if text.is_empty() {
        return Err(CommandError::Syntax(args.name.to_owned()));
    }
    let found = |scope: &Scope<'_>, path: &str| match ObjectDirectory::find(scope, path) {
        Ok(body) => Ok(body),
        Err(Lack::NoName { name }) => Err(CommandError::Missing(format!("{name} of {path} is not there"))),
        Err(why) => Err(why.into()),
    };
    if text.starts_with('\\') {
        return found(&context.session.scope(), text);
    }
    match context.evaluate(text) {
        Ok(address) => Ok(address),
        Err(error) => {
            let scope = context.session.scope();
            found(&scope, &format!("\\Device\\{text}")).map_err(|_| error)
        }
    }
}
