//! Which events matter, and what they say.
//!
//! Providers, numbers and fields are those of the events themselves; what the numbers mean stands in the public documentation of
//! Windows (System log: WER-SystemErrorReporting 1001, Kernel-Power 41, EventLog 6008, WHEA-Logger, disk, Ntfs, volmgr, Display,
//! Service Control Manager 7045, UserPnp 20001, Kernel-PnP 219, WindowsUpdateClient 19, 20, 43).

use super::entry::{Check, Entry, Kind};
use crate::events::Event;

/// Characters of a value that are kept.
const LONGEST: usize = 240;
/// The worst level of an event that is no complaint any more: information.
const INFORMATION: u8 = 4;
/// The level of an error.
const ERROR: u8 = 2;
/// Names of display drivers that write to the System log under their own.
const DISPLAY: [&str; 5] = ["nvlddmkm", "amdkmdag", "amdwddmg", "igfx", "igfxn"];
/// What a record of the hardware's errors tells that says where it was.
const WHERE: [&str; 12] = [
    "ErrorSource",
    "ApicId",
    "MCABank",
    "MciStat",
    "MciAddr",
    "ErrorType",
    "PhysicalAddress",
    "Bus",
    "Device",
    "Function",
    "PrimaryDeviceName",
    "SecondaryDeviceName",
];

/// The entry that an event is; `None` for those that do not matter.
pub fn classify(event: &Event) -> Option<Entry> {
    let provider = event.provider.strip_prefix("Microsoft-Windows-").unwrap_or(&event.provider);
    match (provider, event.id) {
        ("WER-SystemErrorReporting" | "BugCheck", 1001) => bug_check(event),
        ("Kernel-Power", 41) => Some(restart(event)),
        ("EventLog", 6008) => Some(unexpected(event)),
        ("volmgr", 161) => Some(entry(event, Kind::NoDump, "history.no_dump", &[])),
        ("volmgr", 46 | 45 | 49) => Some(entry(event, Kind::NoDump, "history.no_dump_setup", &[])),
        ("WHEA-Logger", 1 | 17..=20 | 46 | 47) => Some(hardware(event)),
        ("Service Control Manager", 7045) => Some(service(event)),
        ("UserPnp", 20001) => Some(device(event)),
        ("Kernel-PnP", 219) => Some(not_loaded(event)),
        ("WindowsUpdateClient", 19 | 20 | 43) => Some(update(event)),
        ("Display", 4101) => {
            Some(entry(event, Kind::Display, "history.display_recovered", &[("driver", &first(event))]))
        }
        (name, _) if DISPLAY.iter().any(|driver| name.eq_ignore_ascii_case(driver)) => {
            complaint(event).then(|| {
                entry(
                    event,
                    Kind::Display,
                    "history.display",
                    &[("driver", &event.provider), ("text", &texts(event))],
                )
            })
        }
        (name, id) => storage(name, id).filter(|_| complaint(event)).map(|wording| {
            entry(event, Kind::Storage, wording, &[("device", &texts(event)), ("driver", &event.provider)])
        }),
    }
}

/// Whether it is more than information.
fn complaint(event: &Event) -> bool {
    event.level < INFORMATION
}

fn entry(event: &Event, kind: Kind, wording: &'static str, values: &[(&'static str, &str)]) -> Entry {
    let values = values.iter().map(|(name, value)| (*name, value.chars().take(LONGEST).collect()));
    Entry {
        time: event.time,
        record: event.record,
        provider: event.provider.clone(),
        id: event.id,
        kind,
        check: None,
        wording,
        values: values.collect(),
    }
}

fn text<'e>(event: &'e Event, name: &str, place: usize) -> &'e str {
    event.value(name, place).unwrap_or_default().trim()
}

fn first(event: &Event) -> String {
    event.nth(0).unwrap_or_default().trim().to_owned()
}

/// What an event of a driver says: its texts, without the bytes that stand beside them.
fn texts(event: &Event) -> String {
    let data = event.data.iter().filter(|(name, value)| name != "Binary" && !value.trim().is_empty());
    data.map(|(_, value)| value.trim()).take(4).collect::<Vec<_>>().join(", ")
}

/// `0x0000001a (0x0000000000041792, 0x..., 0x..., 0x...)`, the path of the dump, the report's id.
fn bug_check(event: &Event) -> Option<Entry> {
    let check = stated(text(event, "param1", 0))?;
    let (dump, report) = (text(event, "param2", 1), text(event, "param3", 2));
    let wording = if dump.is_empty() { "history.bug_check_bare" } else { "history.bug_check" };
    let mut entry = entry(event, Kind::BugCheck, wording, &[("dump", dump), ("report", report)]);
    state(&mut entry, check);
    Some(entry)
}

/// The code and the arguments of a bug check as event 1001 writes them.
fn stated(text: &str) -> Option<Check> {
    let numbers = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut numbers = numbers.map_while(|word| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok());
    let code = u32::try_from(numbers.next()?).ok()?;
    let mut parameters = [0; 4];
    for parameter in &mut parameters {
        *parameter = numbers.next()?;
    }
    Some(Check { code, parameters })
}

fn state(entry: &mut Entry, check: Check) {
    entry.check = Some(check);
    entry.values.splice(0..0, check.told());
}

/// Kernel-Power 41: the code is zero where Windows did not stop by itself.
fn restart(event: &Event) -> Entry {
    let number = |name: &str| event.number(name).unwrap_or(0);
    let code = u32::try_from(number("BugcheckCode")).unwrap_or(0);
    if code != 0 {
        let parameter = |name| event.number(name).unwrap_or(0);
        let names = ["BugcheckParameter1", "BugcheckParameter2", "BugcheckParameter3", "BugcheckParameter4"];
        let mut entry = entry(event, Kind::Restart, "history.restart_checked", &[]);
        state(&mut entry, Check { code, parameters: names.map(parameter) });
        return entry;
    }
    // What speaks for a person who held the button, or for a machine that was on its way to sleep.
    let wording = match (number("PowerButtonTimestamp"), number("SleepInProgress")) {
        (0, 0) => "history.restart",
        (0, _) => "history.restart_asleep",
        _ => "history.restart_button",
    };
    entry(event, Kind::Restart, wording, &[])
}

/// EventLog 6008: time and date of the end that was not expected, as text of the machine's language.
fn unexpected(event: &Event) -> Entry {
    let (time, date) = (event.nth(0).unwrap_or_default(), event.nth(1).unwrap_or_default());
    // Windows puts marks of direction around the parts of a date.
    let date: String = date.chars().filter(|c| !matches!(c, '\u{200e}' | '\u{200f}')).collect();
    entry(event, Kind::Restart, "history.unexpected", &[("time", time), ("date", &date)])
}

fn hardware(event: &Event) -> Entry {
    let told = WHERE.iter().filter_map(|name| {
        event.get(name).filter(|value| !value.trim().is_empty()).map(|value| format!("{name} {value}"))
    });
    let told = told.collect::<Vec<_>>().join(", ");
    let is_bad = (1..=ERROR).contains(&event.level);
    let wording = match (is_bad, told.is_empty()) {
        (true, false) => "history.hardware",
        (true, true) => "history.hardware_bare",
        (false, false) => "history.hardware_corrected",
        (false, true) => "history.hardware_corrected_bare",
    };
    entry(event, Kind::Hardware, wording, &[("told", &told)])
}

/// The wording of what storage complained of.
fn storage(provider: &str, id: u32) -> Option<&'static str> {
    let is = |names: &[&str]| names.iter().any(|name| provider.eq_ignore_ascii_case(name));
    let is_controller = is(&["storahci", "stornvme", "atapi", "ahci", "storport", "vioscsi", "viostor"])
        || provider.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("iastor"));
    Some(match id {
        7 if is(&["disk"]) => "history.disk_block",
        11 if is(&["disk"]) || is_controller => "history.disk_controller",
        15 if is(&["disk"]) => "history.disk_not_ready",
        51 if is(&["disk"]) => "history.disk_paging",
        52 if is(&["disk"]) => "history.disk_failing",
        153 if is(&["disk"]) => "history.disk_retried",
        154 if is(&["disk"]) => "history.disk_failed",
        157 if is(&["disk"]) => "history.disk_removed",
        129 if is_controller => "history.storage_reset",
        55 if is(&["Ntfs"]) => "history.ntfs_corrupt",
        98 if is(&["Ntfs"]) => "history.ntfs_check",
        _ => return None,
    })
}

/// Whether the path of a service is a driver's. What the log calls the service's kind is in the machine's language.
fn is_driver(path: &str) -> bool {
    path.trim().get(path.trim().len().saturating_sub(4)..).is_some_and(|end| end.eq_ignore_ascii_case(".sys"))
}

fn service(event: &Event) -> Entry {
    let (name, path) = (text(event, "ServiceName", 0), text(event, "ImagePath", 1));
    // The virus scanner of Windows loads a driver with all that it learns.
    let is_daily = path.to_ascii_lowercase().contains(r"\windows defender\definition updates\");
    let wording = match (is_driver(path), is_daily) {
        (true, true) => "history.driver_daily",
        (true, false) => "history.driver",
        (false, _) => "history.service",
    };
    entry(event, Kind::Installed, wording, &[("name", name), ("path", path)])
}

fn device(event: &Event) -> Entry {
    let of = |name: &str| event.get(name).unwrap_or_default().trim();
    let status = event.number("InstallStatus").unwrap_or(0);
    let code = format!("{status:08x}");
    // The folder of the driver store says no more than the file.
    let driver = of("DriverName").rsplit('\\').next().unwrap_or_default();
    // Where the folder alone is named: `netkvm.inf_amd64_b8f1c67cd7b18412`.
    let driver =
        driver.split_once(".inf_").map_or_else(|| driver.to_owned(), |(name, _)| format!("{name}.inf"));
    let values = [
        ("driver", driver.as_str()),
        ("version", of("DriverVersion")),
        ("provider", of("DriverProvider")),
        ("description", of("DriverDescription")),
        ("device", of("DeviceInstanceID")),
        ("status", code.as_str()),
    ];
    match status {
        0 => entry(event, Kind::Installed, "history.device", &values),
        _ => entry(event, Kind::Failed, "history.device_failed", &values),
    }
}

fn not_loaded(event: &Event) -> Entry {
    let status = event.number("Status").map(|status| format!("{status:08x}")).unwrap_or_default();
    let (driver, device) = (text(event, "FailureName", 4), text(event, "DriverName", 1));
    entry(
        event,
        Kind::Failed,
        "history.not_loaded",
        &[("driver", driver), ("device", device), ("status", &status)],
    )
}

/// Whether an update changes no code of the kernel, and comes every day: what a virus scanner knows (KB2267602), and programs of
/// the store, whose titles begin with the twelve signs of their product.
fn is_daily(title: &str) -> bool {
    let is_program = title.split_once('-').is_some_and(|(product, _)| {
        product.len() == 12 && product.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    });
    is_program || title.contains("KB2267602")
}

fn update(event: &Event) -> Entry {
    let title = text(event, "updateTitle", 0);
    match event.id {
        19 if is_daily(title) => entry(event, Kind::Update, "history.updated_daily", &[("title", title)]),
        19 => entry(event, Kind::Update, "history.updated", &[("title", title)]),
        43 => entry(event, Kind::Update, "history.update_begun", &[("title", title)]),
        _ => entry(event, Kind::Failed, "history.update_failed", &[("title", title)]),
    }
}

#[cfg(test)]
mod tests;
