//! Devices and requests that the bug check is about, and whose drivers they are.

use super::modules::{described, origin_word};
use super::stack::{is_believed, is_solid};
use super::{Crash, Fact, Value};
use crate::analysis::bugcheck::{Argument, ParameterKind};
use crate::debuggee::Lack;
use crate::kernel::stack::walk_thread;
use crate::kernel::{DeviceObject, DriverObject, Irp, PowerIrp, Thread};
use crate::output::Action;
use crate::unwind::Frame;

/// Requests of the power manager that are looked at.
const MOST: usize = 64;
/// Frames of a thread that are looked at.
const FRAMES: usize = 64;

/// `device` of a parameter, `irp_holder` for the request of one; `power_holder` for the other requests that the power
/// manager waits for.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let Some(explained) = crash.explanation() else { return Vec::new() };
    let mut facts = Vec::new();
    let mut asked = None;
    for (number, argument) in (1usize..).zip(&explained.arguments) {
        match argument.kind {
            ParameterKind::DeviceObject => {
                facts.extend(device(crash, argument.value).map(|fact| fact.with("number", number)))
            }
            ParameterKind::Irp | ParameterKind::IrpOrNull if argument.value != 0 => {
                asked = Some(argument.value);
                facts.extend(
                    holder(crash, "irp_holder", argument.value).map(|fact| fact.with("number", number)),
                );
            }
            _ => {}
        }
    }
    if [0x9f, 0x1d5].contains(&crash.code()) {
        facts.extend(lock_holder(crash, &explained.arguments));
    }
    if crash.code() == 0x9f {
        facts.extend(others(crash, asked));
    }
    facts
}

/// The driver of a device that a parameter names.
fn device(crash: &Crash<'_>, address: u64) -> Option<Fact> {
    let device = DeviceObject::at(crash.scope, address).ok()?;
    let fact = Fact::new("device").with("address", Value::Address(address));
    Some(of_driver(crash, fact, device.driver()).worded("evidence.device").link(Action::Device(address)))
}

/// Adds the driver: its name, and the module that it is.
fn of_driver(crash: &Crash<'_>, fact: Fact, driver: Result<DriverObject<'_>, Lack>) -> Fact {
    let target = crash.scope.target();
    let driver = match driver {
        Ok(driver) => driver,
        Err(_) => return fact.with("origin", "unknown").with("driver", "?"),
    };
    let module = driver.number("DriverStart").ok().and_then(|start| target.modules().at(start));
    let name = driver.name().ok();
    // Without the object's own name the driver's file names it.
    let shown = name.clone().or_else(|| module.map(|module| module.image_name.clone()));
    let by_name = || {
        let bare = name.as_deref()?.rsplit('\\').next()?;
        target.modules().iter().find(|module| module.name.eq_ignore_ascii_case(bare))
    };
    let fact = fact
        .with("driver", shown.unwrap_or_else(|| "?".to_owned()))
        .with("driver_object", Value::Address(driver.address()));
    match module.or_else(by_name) {
        Some(module) => fact
            .with("module", module.name.as_str())
            .with("image", module.image_name.as_str())
            .with("origin", origin_word(target, module)),
        None => fact.with("origin", "unknown"),
    }
}

/// The driver that has a request now: that of the device at its current location.
fn holder(crash: &Crash<'_>, kind: &'static str, address: u64) -> Option<Fact> {
    let irp = Irp::at(crash.scope, address).ok()?;
    let current = irp.current().ok()?;
    let device = current.device_object().ok()?;
    let fact = Fact::new(kind)
        .with("address", Value::Address(address))
        .with("device", Value::Address(device.address()));
    Some(of_driver(crash, fact, device.driver()).worded("evidence.irp_holder").link(Action::Irp(address)))
}

/// The thread that a power transition waited for, which holds the Plug and Play lock, or that an operation of Plug and Play
/// waits for: the first driver on its stack that is somebody else's.
fn lock_holder(crash: &Crash<'_>, arguments: &[Argument; 4]) -> Option<Fact> {
    let target = crash.scope.target();
    let thread = arguments.iter().find(|argument| argument.kind == ParameterKind::Thread)?.value;
    let stack = walk_thread(&Thread::at(crash.scope, thread).ok()?, FRAMES).ok()?;
    let frames: Vec<Frame> = stack.physical().cloned().collect();
    let (index, frame) = frames.iter().enumerate().find(|(_, frame)| {
        let module = target.modules().at(frame.lookup_ip());
        is_believed(frame) && module.is_some_and(|module| origin_word(target, module) == "third_party")
    })?;
    let fact = Fact::new("lock_holder")
        .with("thread", Value::Address(thread))
        .with("solid", is_solid(target, &frames, index))
        .with("address", Value::Address(frame.ip));
    Some(described(fact, target, frame.ip).worded("evidence.lock_holder").link(Action::Thread(thread)))
}

/// The requests of the power manager but the one that is known.
fn others(crash: &Crash<'_>, known: Option<u64>) -> Vec<Fact> {
    let list = PowerIrp::list(crash.scope);
    let Ok(all) = list.and_then(|list| PowerIrp::all(&list)) else { return Vec::new() };
    let irps = all.take(MOST).filter_map(|found| found.ok()?.number("Irp").ok());
    irps.filter(|&irp| irp != 0 && Some(irp) != known)
        .filter_map(|irp| holder(crash, "power_holder", irp))
        .map(|fact| fact.worded("evidence.power_holder"))
        .collect()
}
