//! What the bug check's parameters point to: modules, and drivers that they name.

use super::modules::{described, origin_word};
use super::{Crash, Fact, Value};
use crate::analysis::bugcheck::ParameterKind;
use crate::kernel::DriverObject;
use crate::memory::Memory;
use crate::output::Action;
use crate::util::bounded::utf16_lossy;

/// DRIVER_PNP_WATCHDOG: its first parameter is the first characters of the name of the device's service.
const PNP_WATCHDOG: u32 = 0x1d5;
/// Fewer characters than these tell no drivers apart.
const LEAST: usize = 4;
/// The longest name that is read.
const LONGEST: usize = 256;

/// `parameter_module` for each parameter that lies in a module; `parameter_driver` for each that names a driver.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let explained = crash.explanation();
    let kinds =
        explained.map(|explained| explained.arguments.map(|argument| argument.kind)).unwrap_or_default();
    let values = crash.header.bug_check_parameters;
    let found = values.into_iter().zip(kinds).enumerate().flat_map(|(index, (value, kind))| {
        let number = index + 1;
        module(crash, number, value).into_iter().chain(named(crash, number, value, &kind))
    });
    found.collect()
}

fn module(crash: &Crash<'_>, number: usize, value: u64) -> Option<Fact> {
    let target = crash.scope.target();
    target.modules().at(value)?;
    let fact = Fact::new("parameter_module").with("number", number).with("address", Value::Address(value));
    Some(described(fact, target, value).worded("evidence.parameter_module").link(Action::Code(value)))
}

/// The driver that a parameter of that kind names, if a module is called so.
fn named(crash: &Crash<'_>, number: usize, value: u64, kind: &ParameterKind) -> Option<Fact> {
    let target = crash.scope.target();
    let memory = crash.scope.memory();
    let module = match kind {
        ParameterKind::DriverObject => {
            let driver = DriverObject::at(crash.scope, value).ok()?;
            target.modules().at(driver.number("DriverStart").ok()?)?
        }
        ParameterKind::String => {
            let mut bytes = [0u8; LONGEST];
            memory.read(value, &mut bytes).ok()?;
            let text: Vec<u8> = bytes.into_iter().take_while(|&byte| byte != 0).collect();
            of_name(crash, &String::from_utf8_lossy(&text))?
        }
        ParameterKind::UnicodeString => {
            let length = usize::from(memory.u16(value).ok()?).min(LONGEST);
            let mut bytes = vec![0u8; length];
            memory.read(memory.u64(value.wrapping_add(8)).ok()?, &mut bytes).ok()?;
            of_name(crash, &utf16_lossy(&bytes))?
        }
        // What form the name has is not documented: it must be that of a driver.
        ParameterKind::Address if is_leak(crash) && number == 2 => of_any_name(crash, value)?,
        _ if crash.code() == PNP_WATCHDOG && number == 1 => of_beginning(crash, value)?,
        _ => return None,
    };
    Some(
        Fact::new("parameter_driver")
            .with("number", number)
            .with("address", Value::Address(value))
            .with("module", module.name.as_str())
            .with("image", module.image_name.as_str())
            .with("origin", origin_word(target, module))
            .worded("evidence.parameter_driver")
            .link(Action::Module(module.name.as_str().into())),
    )
}

/// DRIVER_VERIFIER_DETECTED_VIOLATION for a driver that unloads and leaves pool behind: its second parameter is "the name of the
/// driver" (its page in the public driver documentation).
fn is_leak(crash: &Crash<'_>) -> bool {
    crash.code() == 0xc4 && crash.header.bug_check_parameters[0] == 0x62
}

/// The module whose name stands at an address: as a UNICODE_STRING, as text in UTF-16 or in bytes, ended by zero.
fn of_any_name<'c>(crash: &Crash<'c>, address: u64) -> Option<&'c crate::debuggee::Module> {
    let memory = crash.scope.memory();
    let text = |from: u64| {
        let mut bytes = vec![0u8; LONGEST];
        let (read, _) = memory.read_partial(from, &mut bytes);
        bytes.truncate(read);
        bytes
    };
    let wide = |bytes: &[u8]| {
        let pairs = bytes.chunks_exact(2).take_while(|pair| *pair != [0, 0]);
        utf16_lossy(&pairs.flatten().copied().collect::<Vec<u8>>())
    };
    let narrow = |bytes: &[u8]| {
        let bytes: Vec<u8> = bytes.iter().copied().take_while(|byte| *byte != 0).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let bytes = text(address);
    let string = || {
        let length = usize::from(memory.u16(address).ok()?).min(LONGEST);
        let mut bytes = text(memory.u64(address.wrapping_add(8)).ok()?);
        bytes.truncate(length);
        of_name(crash, &utf16_lossy(&bytes))
    };
    of_name(crash, &wide(&bytes)).or_else(|| of_name(crash, &narrow(&bytes))).or_else(string)
}

/// The one module whose name begins with the characters that a parameter itself holds.
fn of_beginning<'c>(crash: &Crash<'c>, value: u64) -> Option<&'c crate::debuggee::Module> {
    let bytes = value.to_le_bytes();
    let text: Vec<u8> = bytes.into_iter().take_while(u8::is_ascii_graphic).collect();
    let begun = String::from_utf8(text).ok()?.to_ascii_lowercase();
    let modules = crash.scope.target().modules();
    let mut found = modules.iter().filter(|module| module.name.to_ascii_lowercase().starts_with(&begun));
    (begun.len() >= LEAST).then(|| found.next().filter(|_| found.next().is_none())).flatten()
}

/// The module of a file name, with a path or without.
fn of_name<'c>(crash: &Crash<'c>, text: &str) -> Option<&'c crate::debuggee::Module> {
    let file = text.rsplit(['\\', '/']).next().filter(|file| !file.is_empty())?;
    crash.scope.target().modules().iter().find(|module| module.image_name.eq_ignore_ascii_case(file))
}
