//! Power states and actions, by their names in the public header wdm.h.

/// `D0` for PowerDeviceD0 and so on; `None` for a number that is no state.
pub fn device_state(state: u64) -> Option<&'static str> {
    ["Unspecified", "D0", "D1", "D2", "D3"].get(usize::try_from(state).ok()?).copied()
}

/// `S0` for PowerSystemWorking and so on: PowerSystemSleeping1 is S1, hibernation S4, shutting down S5.
pub fn system_state(state: u64) -> Option<&'static str> {
    ["Unspecified", "S0", "S1", "S2", "S3", "S4", "S5"].get(usize::try_from(state).ok()?).copied()
}

/// `Working` for PowerSystemWorking and so on.
pub fn system_state_name(state: u64) -> Option<&'static str> {
    ["Unspecified", "Working", "Sleeping1", "Sleeping2", "Sleeping3", "Hibernate", "Shutdown"]
        .get(usize::try_from(state).ok()?)
        .copied()
}

/// `Sleep` for PowerActionSleep and so on.
pub fn action(action: u64) -> Option<&'static str> {
    [
        "None",
        "Reserved",
        "Sleep",
        "Hibernate",
        "Shutdown",
        "ShutdownReset",
        "ShutdownOff",
        "WarmEject",
        "DisplayOff",
    ]
    .get(usize::try_from(action).ok()?)
    .copied()
}

/// A power state as a request names it: type 0 (SystemPowerState) or 1 (DevicePowerState), and the state.
pub fn state(kind: u64, state: u64) -> Option<&'static str> {
    match kind {
        0 => system_state(state),
        1 => device_state(state),
        _ => None,
    }
}
