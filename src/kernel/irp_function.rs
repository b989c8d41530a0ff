//! The functions of requests, by their names in the public header wdm.h.

/// Functions whose minor ones have names.
pub const PNP: u64 = 0x1b;
/// IRP_MJ_POWER
pub const POWER: u64 = 0x16;
/// IRP_MJ_SYSTEM_CONTROL, which is WMI.
pub const WMI: u64 = 0x17;
/// IRP_MJ_READ
pub const READ: u64 = 0x03;
/// IRP_MJ_WRITE
pub const WRITE: u64 = 0x04;
/// IRP_MJ_FILE_SYSTEM_CONTROL
pub const FILE_SYSTEM_CONTROL: u64 = 0x0d;
/// IRP_MJ_DEVICE_CONTROL
pub const DEVICE_CONTROL: u64 = 0x0e;
/// IRP_MJ_INTERNAL_DEVICE_CONTROL
pub const INTERNAL_DEVICE_CONTROL: u64 = 0x0f;

/// `IRP_MJ_...` by number.
const MAJOR: [&str; 28] = [
    "CREATE",
    "CREATE_NAMED_PIPE",
    "CLOSE",
    "READ",
    "WRITE",
    "QUERY_INFORMATION",
    "SET_INFORMATION",
    "QUERY_EA",
    "SET_EA",
    "FLUSH_BUFFERS",
    "QUERY_VOLUME_INFORMATION",
    "SET_VOLUME_INFORMATION",
    "DIRECTORY_CONTROL",
    "FILE_SYSTEM_CONTROL",
    "DEVICE_CONTROL",
    "INTERNAL_DEVICE_CONTROL",
    "SHUTDOWN",
    "LOCK_CONTROL",
    "CLEANUP",
    "CREATE_MAILSLOT",
    "QUERY_SECURITY",
    "SET_SECURITY",
    "POWER",
    "SYSTEM_CONTROL",
    "DEVICE_CHANGE",
    "QUERY_QUOTA",
    "SET_QUOTA",
    "PNP",
];

/// `IRP_MN_...` of Plug and Play; an empty name is a number without one.
const PNP_MINOR: [&str; 26] = [
    "START_DEVICE",
    "QUERY_REMOVE_DEVICE",
    "REMOVE_DEVICE",
    "CANCEL_REMOVE_DEVICE",
    "STOP_DEVICE",
    "QUERY_STOP_DEVICE",
    "CANCEL_STOP_DEVICE",
    "QUERY_DEVICE_RELATIONS",
    "QUERY_INTERFACE",
    "QUERY_CAPABILITIES",
    "QUERY_RESOURCES",
    "QUERY_RESOURCE_REQUIREMENTS",
    "QUERY_DEVICE_TEXT",
    "FILTER_RESOURCE_REQUIREMENTS",
    "",
    "READ_CONFIG",
    "WRITE_CONFIG",
    "EJECT",
    "SET_LOCK",
    "QUERY_ID",
    "QUERY_PNP_DEVICE_STATE",
    "QUERY_BUS_INFORMATION",
    "DEVICE_USAGE_NOTIFICATION",
    "SURPRISE_REMOVAL",
    "",
    "DEVICE_ENUMERATED",
];

/// `IRP_MN_...` of power.
const POWER_MINOR: [&str; 4] = ["WAIT_WAKE", "POWER_SEQUENCE", "SET_POWER", "QUERY_POWER"];

/// `IRP_MN_...` of WMI.
const WMI_MINOR: [&str; 12] = [
    "QUERY_ALL_DATA",
    "QUERY_SINGLE_INSTANCE",
    "CHANGE_SINGLE_INSTANCE",
    "CHANGE_SINGLE_ITEM",
    "ENABLE_EVENTS",
    "DISABLE_EVENTS",
    "ENABLE_COLLECTION",
    "DISABLE_COLLECTION",
    "REGINFO",
    "EXECUTE_METHOD",
    "",
    "REGINFO_EX",
];

/// How many functions a driver has routines for.
pub const MAJOR_FUNCTIONS: u64 = MAJOR.len() as u64;

/// `IRP_MJ_READ` and the like; `None` for a number that is no function.
pub fn major_name(major: u64) -> Option<String> {
    Some(format!("IRP_MJ_{}", named(&MAJOR, major)?))
}

/// `IRP_MN_SET_POWER` and the like; `None` where the function has no minor ones, or none of that number.
pub fn minor_name(major: u64, minor: u64) -> Option<String> {
    let names: &[&str] = match major {
        PNP => &PNP_MINOR,
        POWER => &POWER_MINOR,
        WMI => &WMI_MINOR,
        _ => return None,
    };
    Some(format!("IRP_MN_{}", named(names, minor)?))
}

fn named<'n>(names: &[&'n str], number: u64) -> Option<&'n str> {
    let name = names.get(usize::try_from(number).ok()?)?;
    (!name.is_empty()).then_some(*name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of wdm.h, https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-major-function-codes.
    #[test]
    fn names_stand_at_their_numbers() {
        assert_eq!(major_name(0x16).as_deref(), Some("IRP_MJ_POWER"));
        assert_eq!(major_name(0x1b).as_deref(), Some("IRP_MJ_PNP"));
        assert_eq!(major_name(0x1c), None);
        assert_eq!(minor_name(PNP, 0x17).as_deref(), Some("IRP_MN_SURPRISE_REMOVAL"));
        assert_eq!(minor_name(PNP, 0x19).as_deref(), Some("IRP_MN_DEVICE_ENUMERATED"));
        assert_eq!(minor_name(PNP, 0x0e), None);
        assert_eq!(minor_name(POWER, 2).as_deref(), Some("IRP_MN_SET_POWER"));
        assert_eq!(minor_name(WMI, 0x0b).as_deref(), Some("IRP_MN_REGINFO_EX"));
        assert_eq!(minor_name(READ, 0), None);
    }
}
