//! A stack location, in the lines of `!irp`.

use crate::command::show::device::{driver_name, leading, pointer};
use crate::command::show::processor::name;
use crate::debuggee::{Lack, Scope};
use crate::kernel::irp_function::{
    DEVICE_CONTROL, FILE_SYSTEM_CONTROL, INTERNAL_DEVICE_CONTROL, POWER, READ, WRITE, major_name, minor_name,
};
use crate::kernel::{ControlCode, StackLocation, power};
use crate::output::{Action, Cell, Field, Record, Role};

/// When the completion routine is called, by the bits SL_INVOKE_ON_... of wdm.h.
const ON_SUCCESS: u64 = 0x40;
const ON_ERROR: u64 = 0x80;
const ON_CANCEL: u64 = 0x20;

/// What stands before the driver's name, and before the arguments: where a debugger's tabs lead.
const DRIVER_INDENT: usize = 15;
const ARGUMENTS_INDENT: usize = 24;

/// The four lines of a location.
pub fn record(location: &StackLocation<'_>, current: u64, scope: &Scope<'_>) -> Record {
    let is_current = location.number() == current;
    let (major, minor) = (location.major(), location.minor());
    let record = Record::new("stack_location")
        .field("number", location.number())
        .field("current", is_current)
        .field("address", Field::Address(location.address()))
        .text(if is_current { ">[" } else { " [" });
    let record = function(record, location, &major, &minor);
    let record = record
        .line(" ".repeat(9))
        .cell("flags", Cell::new(location.flags().map(Field::Hex)).right(4).mark("??"))
        .cell("control", Cell::new(location.control().map(Field::Hex)).right(3).mark("??"))
        .text(" ")
        .cell("device", leading(location.device(), Action::Device))
        .text(" ")
        .cell("file", leading(location.file(), Action::File))
        .text(" ")
        .cell("completion_routine", leading(location.completion_routine(), Action::Code))
        .text("-")
        .cell("context", pointer(location.context()));
    let record = cases(record, location);
    let record = driver(record, location, scope);
    arguments(record, location, &major)
}

/// `IRP_MJ_POWER(16), IRP_MN_SET_POWER(2)]`; a location that nobody uses has no function.
fn function(
    record: Record,
    location: &StackLocation<'_>,
    major: &Result<u64, Lack>,
    minor: &Result<u64, Lack>,
) -> Record {
    // An unused location is all zeros, which would be IRP_MJ_CREATE.
    let unused = matches!(major, Ok(0))
        && matches!((location.device(), location.control()), (Ok(0), Ok(0)))
        && location.parameters().iter().all(|parameter| matches!(parameter, Ok(0)));
    let named = |name: Option<String>, number: u64| {
        format!("{}({number:x})", name.unwrap_or_else(|| "N/A".to_owned()))
    };
    let of_major = major.as_ref().ok().map(|&number| match unused {
        true => named(None, number),
        false => named(major_name(number), number),
    });
    let of_minor = match (major, minor) {
        (Ok(major), Ok(minor)) => Some(named(minor_name(*major, *minor), *minor)),
        _ => None,
    };
    let number = |value: &Result<u64, Lack>, text: Option<String>| {
        Cell::new(value.clone().map(Field::Hex)).shown(text.unwrap_or_default()).role(Role::Text)
    };
    record
        .cell("major", number(major, of_major))
        .field("major_name", major.as_ref().ok().filter(|_| !unused).and_then(|&major| major_name(major)))
        .text(", ")
        .cell("minor", number(minor, of_minor))
        .text("]")
}

/// `Success Error Cancel pending`; a blank stands for each word that is not there, as where nothing is to be called.
fn cases(record: Record, location: &StackLocation<'_>) -> Record {
    let Ok(control) = location.control() else { return record };
    let is_called = location.completion_routine().is_ok_and(|routine| routine != 0);
    let word = |bit: u64, word: &str| match is_called && control & bit != 0 {
        true => format!("{word} "),
        false => " ".to_owned(),
    };
    record
        .text(" ")
        .text(word(ON_SUCCESS, "Success"))
        .text(word(ON_ERROR, "Error"))
        .text(word(ON_CANCEL, "Cancel"))
        .text(if location.is_pending().unwrap_or(false) { "pending" } else { "" })
        .field("pending", location.is_pending())
}

/// The line of the driver and the completion routine; empty where there is no device.
fn driver(record: Record, location: &StackLocation<'_>, scope: &Scope<'_>) -> Record {
    let device = location.device_object();
    if matches!(device, Err(Lack::Null { .. })) {
        return record.line("");
    }
    let record = record.line(" ".repeat(DRIVER_INDENT)).cell("driver", driver_name(&device).left(16));
    match location.completion_routine() {
        Ok(routine) if routine != 0 => {
            record.text(" ").cell("completion", name(scope.target(), &Ok(routine)))
        }
        _ => record,
    }
}

/// The four parameters, and what they mean.
fn arguments(record: Record, location: &StackLocation<'_>, major: &Result<u64, Lack>) -> Record {
    let is_control = matches!(major, Ok(FILE_SYSTEM_CONTROL | DEVICE_CONTROL | INTERNAL_DEVICE_CONTROL));
    let cells = location.parameters().into_iter().enumerate().map(|(index, value)| match value {
        Ok(code) if is_control && index == 2 => {
            let cell = Cell::new(Field::Hex(code)).shown(format!("0x{code:x}"));
            match u32::try_from(code) {
                Ok(code) if code != 0 => cell.link(Action::ControlCode(code)),
                _ => cell,
            }
        }
        value => pointer(value),
    });
    let record = record.line(" ".repeat(ARGUMENTS_INDENT)).text("Args: ").list("arguments", " ", cells);
    match major.as_ref().ok().and_then(|&major| meaning(location, major)) {
        Some(text) => record.text("  ").cell("meaning", Cell::new(text).role(Role::Dim)),
        None => record,
    }
}

/// What the parameters of some functions say, by IO_STACK_LOCATION.Parameters of wdm.h.
fn meaning(location: &StackLocation<'_>, major: u64) -> Option<String> {
    let [first, second, third, fourth] = location.parameters().map(Result::ok);
    let low = |value: Option<u64>| Some(value? & u64::from(u32::MAX));
    Some(match major {
        READ | WRITE if location.device().ok()? != 0 => {
            format!("length {:#x} at offset {:#x}", low(first)?, third?)
        }
        // Parameters.WaitWake holds the state alone; SetPower and QueryPower have context, type, state, action.
        POWER => match location.minor().ok()? {
            0 => format!("from {}", power::system_state(low(first)?)?),
            2 | 3 => {
                let kind = if low(second)? == 0 { "system" } else { "device" };
                let state = power::state(low(second)?, low(third)?)?;
                match power::action(low(fourth)?) {
                    Some("None") | None => format!("{kind} to {state}"),
                    Some(action) => format!("{kind} to {state}, action {action}"),
                }
            }
            _ => return None,
        },
        DEVICE_CONTROL | INTERNAL_DEVICE_CONTROL | FILE_SYSTEM_CONTROL => {
            ControlCode(u32::try_from(third?).ok()?).name()?.to_owned()
        }
        _ => return None,
    })
}
